"""Layout of the row driver: 1.8 V inverter, level shifter on vpp and line switches between a vss and a vpp
rail.

::

      y 8.42  ---- vdd1v8 ---------------------------------------   met1, mirrored rows share it
      y 7.72  ==== vpp ==========================================   met1 over the well taps
              | p_inv |  |          p_default                       |
              | 1.8 V |  |  p_shift        p_on_b         p_up      |
         in_1v8 >--------- four met2 tracks between the rings -------> wl
         vwl ------------------------------------------------------- vwl   met2, y 2.33
              |   n_inv        n_off   n_on               n_line    |
      y 0.00  ==== vss ==========================================   met1 over the substrate taps, shared too

All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. Two met2 links run
vertically, over the vpp rail, to vdd1v8. The lower left corner is the origin; the cell abuts its own mirror
image at y = 0 and y = 8.42.
"""

from __future__ import annotations

from typing import NamedTuple

import gdsfactory as gf
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, contacts, pin, positions, strap, xs_of
from neusoc.pdk import rules

WIDTH, HEIGHT = 16.20, 8.42
LENGTH = 0.50  # all 5 V devices but the default
WIDTH_N, WIDTH_INV, WIDTH_P, WIDTH_SHIFT = 2.00, 1.00, 1.70, 0.42
LENGTH_DEFAULT = 2.90  # its nodes stand on columns 0 and 4
X_INVERTER, X_COLUMN0 = 1.50, 6.14  # 2.0 um between the 1.8 V and the 5 V well
Y_VSS, Y_VWL, Y_PTAP, Y_NTAP, Y_VPP, Y_VDD1V8 = 0.0, 2.33, 3.46, 4.64, 7.72, HEIGHT
Y_NROW_TOP, Y_PROW_BOTTOM, Y_DEFAULT_BOTTOM = 2.58, 5.47, 6.75
VDD_RAIL_HALF = 0.15
RING_INVERTER = (0.47, 2.53)  # centres of the left and right side of each ring
RING_NFETS, RING_PFETS = (5.40, 15.67), (5.48, 15.60)


class _Tracks(NamedTuple):
    """met2 tracks between the rows, um."""

    inputs: float = 2.93  # in_1v8 from the left, wl to the right: the heads of the n rows
    in_n: float = 3.66  # right of it, on
    off: float = 4.39
    on: float = 5.12  # the heads of the p rows
    on_b: float = 6.40  # over the p rows


TRACK = _Tracks()


def _column(index: float) -> float:
    """x of a column of the 5 V part, um."""
    return X_COLUMN0 + index * rules.column_pitch(LENGTH)


@gf.cell
def row_driver() -> gf.Component:
    """Row driver, 16.20 x 8.42 um between its abutment lines.

    Returns:
        Component row_driver with ports in_1v8 (left, met2), wl (right, met2), vwl (left, a met2 bar over the
        whole width), vdd1v8, vpp and vss (left, met1 rails over the whole width). met3 and above are free.
    """
    component = gf.Component()
    rows = _place_rows(component)
    _place_rings(component)
    _wire(component, rows)
    _wire_supplies(component)
    _pins(component)
    return component


def _place_rows(component: gf.Component) -> dict[str, Reference]:
    """The strips of transistors, heads of the n rows on top and of the p rows below."""

    def row(
        name: str,
        path: str,
        polarity: str,
        width: float,
        length: float,
        heads: str,
        voltage: float,
        x: float,
        y: float,
    ) -> Reference:
        reference = component << finger_row(
            f"row_driver_{name}", path, polarity, width, length, heads, voltage
        )
        reference.move((x, y - width / 2 if polarity == "n" else y + width / 2))
        return reference

    n, p = Y_NROW_TOP, Y_PROW_BOTTOM
    path = "off in_1v8 mid_off on vpp off mid_on in_n on"
    return {
        "n_inv": row("n_inv", "vss in_1v8 in_n", "n", WIDTH_INV, 0.15, "in_1v8:t", 1.8, X_INVERTER, n),
        "p_inv": row("p_inv", "vdd1v8 in_1v8 in_n", "p", WIDTH_P, 0.15, "in_1v8:b", 1.8, X_INVERTER, p),
        "n_off": row("n_off", "off in_1v8 vss", "n", WIDTH_N, LENGTH, "in_1v8:t", 5.0, _column(0.5), n),
        "n_on": row(
            "n_on",
            "vss in_n on off vss on on_b",
            "n",
            WIDTH_N,
            LENGTH,
            "in_n:t off:t on:t",
            5.0,
            _column(4.5),
            n,
        ),
        "n_line": row(
            "n_line", "wl off vss off wl on vwl on wl", "n", WIDTH_N, LENGTH, "off:t on:t", 5.0, _column(9), n
        ),
        "p_shift": row(
            "p_shift", path, "p", WIDTH_SHIFT, LENGTH, "in_1v8:b on:b off:b in_n:b", 5.0, _column(2), p
        ),
        "p_default": row(
            "p_default",
            "off vdd1v8 vpp",
            "p",
            WIDTH_SHIFT,
            LENGTH_DEFAULT,
            "vdd1v8:b",
            5.0,
            _column(2),
            Y_DEFAULT_BOTTOM,
        ),
        "p_on_b": row("p_on_b", "vpp on on_b", "p", WIDTH_P, LENGTH, "on:b", 5.0, _column(5.5), p),
        "p_up": row("p_up", "wl on_b vwl on_b wl", "p", WIDTH_P, LENGTH, "on_b:b", 5.0, _column(10), p),
    }


def _place_rings(component: gf.Component) -> None:
    """A substrate ring and a well ring for either supply; wells and thick oxide reach the upper abutment
    line."""
    for name, (left, right), low, high, kind, rails, voltage, side_metal in (
        ("ring_n_inv", RING_INVERTER, Y_VSS, Y_PTAP, "p", "b", 1.8, True),
        ("ring_p_inv", RING_INVERTER, Y_NTAP, Y_VPP, "n", "", 1.8, False),
        ("ring_n", RING_NFETS, Y_VSS, Y_PTAP, "p", "b", 5.0, True),
        ("ring_p", RING_PFETS, Y_NTAP, Y_VPP, "n", "t", 5.0, True),
    ):
        width, height = round(right - left, 3), round(high - low, 3)
        ring = component << guard_ring(
            f"row_driver_{name}", width, height, kind, rails, voltage=voltage, side_metal=side_metal
        )
        ring.move((rules.on_grid((left + right) / 2), rules.on_grid((low + high) / 2)))
    for (left, right), voltage in ((RING_INVERTER, 1.8), (RING_PFETS, 5.0)):
        reach = rules.TAP_HALF + rules.WELL_TAP[voltage]
        if voltage == 1.8:
            box(
                component, "nwell", 0.0, Y_NTAP - reach, right + reach, HEIGHT
            )  # to the left edge: a cell may abut there
        else:
            box(component, "nwell", left - reach, Y_NTAP, right + reach, HEIGHT)
            box(component, "hvi", left - reach, Y_VSS, right + reach, HEIGHT)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    for layer, low, high in (
        ("nsdm", Y_NROW_TOP - WIDTH_N, Y_NROW_TOP),
        ("psdm", Y_PROW_BOTTOM, Y_PROW_BOTTOM + WIDTH_P),
    ):
        box(component, layer, _column(4) + 0.1, low - rules.IMPLANT, _column(10), high + rules.IMPLANT)


def _wire(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Signals: one met1 strap a column, one met2 bar a net."""
    head_n, head_p = TRACK.inputs, TRACK.on
    level_n, level_p = (
        (Y_NROW_TOP - WIDTH_INV / 2),
        (Y_PROW_BOTTOM + WIDTH_SHIFT / 2),
    )  # met1 of every node reaches these
    through = {"in_n": "n_inv", "off": "n_off", "on": "n_on", "on_b": "n_on"}
    above = {
        "in_n": level_p,
        "off": positions(rows["p_default"], "off")[0][1],
        "on": level_p,
        "on_b": level_p,
    }
    for net, row in through.items():
        for x in xs_of(rows[row], net):
            strap(component, x, level_n, above[net])
    for x in xs_of(rows["p_up"], "wl") + xs_of(rows["p_up"], "vwl"):
        strap(component, x, level_n, level_p)
    for row, net in (("n_inv", "in_1v8"), ("n_off", "in_1v8"), ("n_on", "in_n"), ("n_on", "on")):
        for x in xs_of(rows[row], net, "gate"):
            strap(component, x, head_n, head_p)
    wl, on = xs_of(rows["n_line"], "wl"), xs_of(rows["n_line"], "on", "gate")
    off = xs_of(rows["n_on"], "off", "gate") + xs_of(rows["n_line"], "off", "gate")
    on_b, shift_off = xs_of(rows["p_up"], "on_b", "gate"), xs_of(rows["p_shift"], "off", "gate")
    inverter = xs_of(rows["n_on"], "on", "gate")
    half = rules.BAR / 2
    for xs, low, high in (
        (wl, level_n, TRACK.inputs + half),
        (on, head_n, TRACK.in_n + half),
        (off, head_n, TRACK.off + half),
        (shift_off, TRACK.off - half, head_p),
        (on_b, head_p, TRACK.on_b + half),
    ):
        for x in xs:
            strap(component, x, low, high)

    bar(
        component,
        TRACK.inputs,
        [x for row in ("n_inv", "n_off") for x in xs_of(rows[row], "in_1v8", "gate")],
        [0.0],
    )
    bar(component, TRACK.inputs, wl, [WIDTH])
    bar(component, TRACK.in_n, xs_of(rows["n_inv"], "in_n") + xs_of(rows["n_on"], "in_n", "gate"))
    bar(component, TRACK.in_n, inverter + on)
    bar(component, TRACK.off, [*xs_of(rows["n_off"], "off"), *shift_off, *off])
    bar(component, TRACK.on, [*xs_of(rows["p_shift"], "on", "gate"), *xs_of(rows["n_on"], "on"), *inverter])
    bar(component, TRACK.on_b, xs_of(rows["n_on"], "on_b") + on_b)
    bar(component, Y_VWL, xs_of(rows["n_line"], "vwl"), [0.0, WIDTH])

    for row in ("n_inv", "n_off", "n_on", "n_line"):
        for x, y in positions(rows[row], "vss"):
            strap(component, x, Y_VSS, y)
    for row in ("p_default", "p_on_b"):
        for x, y in positions(rows[row], "vpp"):
            strap(component, x, y, Y_VPP)
    bar(component, level_p, xs_of(rows["p_shift"], "vpp") + xs_of(rows["p_on_b"], "vpp"))

    # vdd1v8: met2 links over the vpp rail, from the inverter's source (which also ties its well ring) and
    #   from the default's gate
    source, y_inv = positions(rows["p_inv"], "vdd1v8")[0]
    side = RING_INVERTER[0]
    box(component, "met1", side - rules.RING_SIDE_HALF, y_inv - 0.6, source, y_inv + 0.6)
    contacts(
        component, ("mcon",), side - rules.CUT_ROW_HALF, y_inv - 0.54, side + rules.CUT_ROW_HALF, y_inv + 0.54
    )
    gate, y_gate = positions(rows["p_default"], "vdd1v8", "gate")[0]
    for x, y in ((source, y_inv), (gate, y_gate)):
        _link(component, x, y, Y_VDD1V8)


def _link(component: gf.Component, x: float, y0: float, y1: float) -> None:
    """Vertical met2 with a via to met1 at either end."""
    half, via = rules.BAR / 2, rules.VIA1 / 2
    box(component, "met2", x - half, y0 - half, x + half, y1 + half)
    for y in (y0, y1):
        box(component, "via", x - via, y - via, x + via, y + via)


def _wire_supplies(component: gf.Component) -> None:
    """Rails over the whole width."""
    for y, half in ((Y_VSS, rules.RAIL_HALF), (Y_VPP, rules.RAIL_HALF), (Y_VDD1V8, VDD_RAIL_HALF)):
        box(component, "met1", 0, y - half, WIDTH, y + half)


def _pins(component: gf.Component) -> None:
    for net, y, half in (
        ("vss", Y_VSS, rules.RAIL_HALF),
        ("vpp", Y_VPP, rules.RAIL_HALF),
        ("vdd1v8", Y_VDD1V8, VDD_RAIL_HALF),
    ):
        pin(component, net, "met1", WIDTH / 2, y, WIDTH, 2 * half, orientation=180)
    pin(component, "in_1v8", "met2", rules.BAR / 2, TRACK.inputs, orientation=180)
    pin(component, "vwl", "met2", WIDTH / 2, Y_VWL, WIDTH, rules.BAR, orientation=180)
    pin(component, "wl", "met2", WIDTH - rules.BAR / 2, TRACK.inputs, orientation=0)
    box(component, "prbndry", 0, 0, WIDTH, HEIGHT)
