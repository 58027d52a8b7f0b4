"""Layout of the primary diodes: n stripes in the substrate below, p stripes in their well above, each pair on
one column of met1.

::

      y ^  = p tap, vss ============================================
        |  | n well, vpp  +---+ n tap +---+ n tap +---+            |
        |  |  n tap       | p |   |   | p |   |   | p |  ...  32   |
        |  |              +---+   |   +---+   |   +---+            |
        |  |- n tap -------------------------------------- n tap --|
        |  |  | - p tap ---------------------------------- p tap - |
        |  |  | p +---+ p tap +---+ p tap +---+                |   |
        |  |  | t | n |   |   | n |   |   | n |    ...  32     | p |
        |  |  | a +---+   |   +---+   |   +---+                | t |
        |  |  | p - p tap ------------------------------ p tap -   |
        |  |  n tap in a ring of well, vpp ------------------------|
           = p tap, vss ============================================> x

Double rings: what the n stripes inject is taken by the p taps beside them or by the ring of well around
those; what the p stripes inject, by their well's taps or by the p taps around the well. The well of the p
stripes closes that ring.
met1: columns of pad, vss and vpp. met2: four bands across each array, of pad and of its rail in turn. met3:
    upright straps, those of pad
down to the lower edge. met4: rails of vss and vpp from edge to edge, so that pads side by side share them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.junctions import TAP_GAP, stripe
from neusoc.layout.primitives.rings import tap_box
from neusoc.layout.primitives.shapes import box, contacts, cut_array, pin
from neusoc.pdk import rules
from neusoc.pdk.layers import label_layer, pin_layer

PAIRS, WIDTH, LENGTH = 16, 1.5, 20.0
PAIR = 2 * WIDTH + rules.DIFF_SPACE[5.0]
TAP = {
    "p": 0.345,
    "n": 0.405,
}  # half a tap between pairs: two rows of cuts, as many contacts as a row beside each stripe
PITCH = PAIR + 2 * (TAP_GAP["n"] + TAP["p"])  # n stripes 1.43 apart across a tap; hvdifftap.25: 1.07
LAST = round(PAIRS * PITCH, 3)  # x of the last tap column; the first stands at 0
HALF, WELL = rules.TAP_HALF, rules.WELL_TAP[5.0] - 0.01  # difftap.19: 0.33
TO_WELL = (
    HALF + rules.WELL_TO_PTAP_5V + WELL + HALF
)  # between the centre lines of a p tap and of the n tap of a well beside it
Y_OUTER = 0.0
Y_RING = Y_OUTER + TO_WELL
Y_INNER = Y_RING + TO_WELL
Y_N = round(Y_INNER + HALF + TAP_GAP["n"], 3)  # lower end of the n stripes
Y_INNER_TOP = round(Y_N + LENGTH + TAP_GAP["n"] + HALF, 3)
Y_WELL = round(Y_INNER_TOP + TO_WELL, 3)  # n tap below the p stripes
Y_P = round(Y_WELL + HALF + TAP_GAP["p"], 3)
Y_WELL_TOP = round(Y_P + LENGTH + TAP_GAP["p"] + HALF, 3)
Y_OUTER_TOP = round(Y_WELL_TOP + TO_WELL, 3)
X_RING = round(
    HALF - TAP["p"] - TO_WELL, 3
)  # the first and the last tap column are the sides of the inner ring
X_OUTER = round(X_RING - TO_WELL, 3)
EDGE = HALF + rules.HVI_TO_TAP  # outline past the outer ring's centre line
FINGER = 0.60  # met1 over a tap column
# met1 of a pair stays back from its edge: 0.035 past the cuts (ct.4 0.03), and further from the taps'
TRIM = 0.09
BANDS = {
    "pad": 4.0,
    "rail": 3.0,
}  # met2 across an array, two of each, as wide as their vias need: what crosses is capacitance
STRAPS = ("pad", "vss", "pad", "vpp", "pad", "vss", "pad", "vpp")
STRAP = 3.6  # met3; far from each other for the same reason
RAILS = {"vss": (1.30, 12.30), "vpp": (34.30, 45.30)}  # met4, y


def _bands(low: float, nets: tuple[str, str]) -> list[tuple[str, float, float]]:
    """(net, y0, y1) of the met2 over an array whose stripes begin at low."""
    heights = [BANDS.get(net, BANDS["rail"]) for net in nets * 2]
    space, y, found = (LENGTH - sum(heights)) / 3, low, []
    for net, height in zip(nets * 2, heights, strict=True):
        found.append((net, rules.on_grid(y), rules.on_grid(y + height)))
        y += height + space
    return found


N_BANDS, P_BANDS = _bands(Y_N, ("vss", "pad")), _bands(Y_P, ("pad", "vpp"))


def _vias(component: gf.Component, net: str, x0: float, x1: float) -> None:
    """Vias of a column of met1 on the bands of its net."""
    size, pitch, inset, _ = rules.VIAS["via"]
    for name, y0, y1 in (*N_BANDS, *P_BANDS):
        if name == net:
            cut_array(component, ("via",), x0 + inset, y0 + inset, x1 - inset, y1 - inset, size, pitch)


@gf.cell(set_name=False)
def _pairs() -> gf.Component:
    """Two n stripes and two p stripes on one column of met1, centred at x = 0."""
    component = gf.Component("esd_pad_pairs")
    kinds: tuple[tuple[Literal["n", "p"], float], ...] = (("n", Y_N), ("p", Y_P))
    for kind, low in kinds:
        for x in (-PAIR / 2, PAIR / 2 - WIDTH):
            stripe(component, kind, x, low, x + WIDTH, low + LENGTH)
        box(
            component,
            "nsdm" if kind == "n" else "psdm",
            -PAIR / 2,
            low - rules.IMPLANT,
            PAIR / 2,
            low + LENGTH + rules.IMPLANT,
        )
    half = PAIR / 2 - TRIM
    box(component, "met1", -half, Y_N, half, Y_P + LENGTH)
    _vias(component, "pad", -half, half)
    return component


@gf.cell(set_name=False)
def _taps() -> gf.Component:
    """The taps between two pairs of stripes: p below, whose met1 reaches the outer ring, and n above."""
    component = gf.Component("esd_pad_taps")
    cut = rules.CUT_PITCH / 2 + rules.CUT_ROW_HALF
    spans: tuple[tuple[Literal["n", "p"], float, float, float], ...] = (
        ("p", Y_INNER, Y_INNER_TOP, Y_OUTER),
        ("n", Y_WELL, Y_WELL_TOP, Y_WELL),
    )
    for kind, low, high, reach in spans:
        wide = TAP[kind]
        box(component, "tap", -wide, low, wide, high)
        box(
            component,
            "psdm" if kind == "p" else "nsdm",
            -wide - rules.IMPLANT,
            low,
            wide + rules.IMPLANT,
            high,
        )
        box(component, "li1", -wide, low, wide, high)
        contacts(component, ("licon1", "mcon"), -cut, low + 0.28, cut, high - 0.28)
        box(component, "met1", -FINGER / 2, reach - HALF, FINGER / 2, high + HALF)
    for net in ("vss", "vpp"):
        _vias(component, net, -FINGER / 2, FINGER / 2)
    return component


@gf.cell
def esd_pad() -> gf.Component:
    """The diodes of one pad, 81.4 um wide.

    Returns:
        Component esd_pad with ports pad (met3, lower edge), vss and vpp (met4, from edge to edge).
    """
    component = gf.Component()
    for i in range(PAIRS):
        (component << _pairs()).move(((i + 0.5) * PITCH, 0))
    for i in range(PAIRS + 1):
        (component << _taps()).move((i * PITCH, 0))
    _rings(component)
    _metal(component)
    low, high = X_OUTER - EDGE, LAST - X_OUTER + EDGE
    for layer in ("hvi", "prbndry"):
        box(component, layer, low, Y_OUTER - EDGE, high, Y_OUTER_TOP + EDGE)
    return component


def _ring(
    component: gf.Component, kind: Literal["p", "n"], x: float, levels: Iterable[float], met1: Iterable[float]
) -> None:
    """Taps all round at x and LAST - x, with a bar at each level; met1 on the sides and on the bars named in
    met1."""
    levels, met1 = tuple(levels), tuple(met1)
    right, cut = LAST - x, rules.CUT_ROW_HALF
    for y in levels:
        tap_box(component, kind, x, y, right, y)
        contacts(
            component,
            ("licon1", "mcon") if y in met1 else ("licon1",),
            x + 0.3,
            y - cut,
            right - 0.3,
            y + cut,
        )
    for y in met1:
        box(
            component,
            "met1",
            x - rules.RING_SIDE_HALF,
            y - rules.RING_SIDE_HALF,
            right + rules.RING_SIDE_HALF,
            y + rules.RING_SIDE_HALF,
        )
    for side in (x, right):
        tap_box(component, kind, side, levels[0], side, levels[-1])
        for low, high in zip(levels, levels[1:], strict=False):
            contacts(component, ("licon1", "mcon"), side - cut, low + 0.28, side + cut, high - 0.28)
        reach = rules.RING_SIDE_HALF
        box(component, "met1", side - reach, levels[0] - reach, side + reach, levels[-1] + reach)


def _rings(component: gf.Component) -> None:
    """Outer p ring, ring of well with the well of the p stripes, inner p ring."""
    _ring(component, "p", X_OUTER, (Y_OUTER, Y_OUTER_TOP), (Y_OUTER, Y_OUTER_TOP))
    _ring(component, "n", X_RING, (Y_RING, Y_WELL, Y_WELL_TOP), ())
    for y in (Y_INNER, Y_INNER_TOP):
        tap_box(component, "p", 0, y, LAST, y)
        contacts(component, ("licon1",), 0.4, y - rules.CUT_ROW_HALF, LAST - 0.4, y + rules.CUT_ROW_HALF)
    reach = HALF + WELL
    left, right, inner = X_RING - reach, LAST - X_RING + reach, X_RING + reach
    box(component, "nwell", left, Y_RING - reach, right, Y_RING + reach)
    box(component, "nwell", left, Y_WELL - reach, right, Y_WELL_TOP + reach)
    for x0, x1 in ((left, inner), (LAST - inner, right)):
        box(component, "nwell", x0, Y_RING, x1, Y_WELL)


def _metal(component: gf.Component) -> None:
    """Bands, straps, rails and pins."""
    low, high = X_OUTER - EDGE, LAST - X_OUTER + EDGE
    bands = [*N_BANDS, *P_BANDS]
    for _, y0, y1 in bands:
        box(component, "met2", -FINGER / 2, y0, LAST + FINGER / 2, y1)
    pitch = LAST / len(STRAPS)
    half = STRAP / 2
    bottom, top = Y_OUTER - EDGE, Y_OUTER_TOP + EDGE
    for i, net in enumerate(STRAPS):
        x = rules.on_grid((i + 0.5) * pitch)
        x0, x1 = x - half, x + half
        low_end, high_end = {
            "pad": (bottom, P_BANDS[-2][2]),
            "vss": (bottom, N_BANDS[-2][2]),
            "vpp": (P_BANDS[1][1], top),
        }[net]
        box(component, "met3", x0, low_end, x1, high_end)
        crossings = [("via2", y0, y1) for name, y0, y1 in bands if name == net]
        crossings += [("via3", *RAILS[net])] if net in RAILS else []
        for cut, y0, y1 in crossings:
            size, step, inset, _ = rules.VIAS[cut]
            cut_array(component, (cut,), x0 + inset, y0 + inset, x1 - inset, y1 - inset, size, step)
        if i == 0:
            pin(component, net, "met3", x, bottom + 0.3, STRAP, 0.6, orientation=270)
        elif net == "pad":
            box(component, pin_layer("met3"), x0, bottom, x1, bottom + 0.6)
            component.add_label(net, position=(x, rules.on_grid(bottom + 0.3)), layer=label_layer("met3"))
    for net, (y0, y1) in RAILS.items():
        box(component, "met4", low, y0, high, y1)
        pin(component, net, "met4", (low + high) / 2, (y0 + y1) / 2, high - low, y1 - y0, orientation=180)
