"""Guard rings: tap bars all round, with their well."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box, contacts
from neusoc.pdk import rules


@gf.cell(set_name=False)
def guard_ring(
    name: str,
    width: float,
    height: float,
    kind: Literal["p", "n"] = "p",
    rails: str = "",
    bars: tuple[float, ...] = (),
    voltage: float = 1.8,
    side_metal: bool = True,
) -> gf.Component:
    """Tap ring whose centre line is width x height, centred on the origin.

    ::

          ====================   rail "t": met1, 0.80 um, over the tap
          |  |            |  |   sides: tap, li1, met1
          |  |            |  |
          +--+------------+--+   no rail: tap and li1 only, met1 straps may cross

    Args:
        name: name of the GDS cell; unique in the block.
        width: centre to centre of the sides, um.
        height: centre to centre of the top and bottom, um.
        kind: "p": substrate taps; "n": well taps with their well.
        rails: "t", "b" or both: sides that carry a met1 supply rail.
        bars: y of further horizontal tap bars, um.
        voltage: 1.8, or 5.0 for a well of thick-oxide devices (hvi is drawn over all of it).
        side_metal: met1 on the sides; without it li1 alone ties the ring together.

    Source: rules.py.
    """
    component = gf.Component(name)
    half_w, half_h = width / 2, height / 2
    levels = sorted((-half_h, half_h, *bars))
    outlines = [(-half_w, y, half_w, y) for y in levels] + [
        (x, -half_h, x, half_h) for x in (-half_w, half_w)
    ]
    for x0, y0, x1, y1 in outlines:
        tap_box(component, kind, x0, y0, x1, y1)
    cut, side = rules.CUT_ROW_HALF, rules.RING_SIDE_HALF
    for x in (-half_w, half_w):
        if side_metal:
            box(component, "met1", x - side, -half_h - side, x + side, half_h + side)
        for low, high in pairwise(levels):
            contacts(
                component,
                ("licon1", "mcon") if side_metal else ("licon1",),
                x - cut,
                low + 0.28,
                x + cut,
                high - 0.28,
            )
    for y in levels:
        rail = (y == -half_h and "b" in rails) or (y == half_h and "t" in rails)
        contacts(
            component,
            ("licon1", "mcon") if rail else ("licon1",),
            -half_w - cut,
            y - cut,
            half_w + cut,
            y + cut,
        )
        if rail:
            reach = rules.RAIL_HALF
            box(component, "met1", -half_w - reach, y - reach, half_w + reach, y + reach)
    reach = rules.TAP_HALF + rules.WELL_TAP[voltage]
    if kind == "n":
        box(component, "nwell", -half_w - reach, -half_h - reach, half_w + reach, half_h + reach)
    if voltage > 1.8:
        box(component, "hvi", -half_w - reach, -half_h - reach, half_w + reach, half_h + reach)
    return component


def place_ring(
    component: gf.Component,
    name: str,
    sides: tuple[float, float],
    levels: tuple[float, float],
    kind: Literal["p", "n"],
    **options: object,
) -> None:
    """A guard_ring by the centres of its left and right side and of its lower and upper one, um; options as
    for guard_ring."""
    (left, right), (low, high) = sides, levels
    ring = component << guard_ring(name, round(right - left, 3), round(high - low, 3), kind, **options)  # type: ignore[arg-type]
    ring.move((rules.on_grid((left + right) / 2), rules.on_grid((low + high) / 2)))


def tap_box(
    component: gf.Component, kind: Literal["p", "n"], x0: float, y0: float, x1: float, y1: float
) -> None:
    """Tap, implant and li1 along the centre line from (x0, y0) to (x1, y1); contacts are the caller's."""
    implant = "psdm" if kind == "p" else "nsdm"
    for layer, grow in (
        ("tap", rules.TAP_HALF),
        (implant, rules.TAP_HALF + rules.IMPLANT),
        ("li1", rules.TAP_LI_HALF),
    ):
        box(component, layer, x0 - grow, y0 - grow, x1 + grow, y1 + grow)


def tap_bar(
    component: gf.Component, kind: Literal["p", "n"], x0: float, x1: float, y: float, rail: bool = True
) -> None:
    """One horizontal row of well or substrate taps from x0 to x1 (centres of its first and last cut), with
    met1 if rail."""
    cut = rules.CUT_ROW_HALF
    tap_box(component, kind, x0, y, x1, y)
    contacts(component, ("licon1", "mcon") if rail else ("licon1",), x0 - cut, y - cut, x1 + cut, y + cut)
    if rail:
        box(
            component,
            "met1",
            x0 - rules.RAIL_HALF,
            y - rules.RAIL_HALF,
            x1 + rules.RAIL_HALF,
            y + rules.RAIL_HALF,
        )
