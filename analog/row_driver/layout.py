"""Layout of the row driver: 1.8 V inverter, level shifter and line buffer between a vss and a vwl rail.

::

      y 8.42  ---- vdd1v8 -------------------------------------------   met1, mirrored rows share it
      y 7.72  ==== vwl ==============================================   met1 over the well taps
              | p_inv |  |          p_default                       |
              | 1.8 V |  |  p_shift                  p_out          |
         in_1v8 >--------- four met2 tracks between the rings -------> wl
              |   n_inv        n_off   n_on          n_out          |
      y 0.00  ==== vss ==============================================   met1 over the substrate taps, shared as well

All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. Two met2 links run vertically, over the vwl
rail, to vdd1v8. The lower left corner is the origin; the cell abuts its own mirror image at y = 0 and y = 8.42.
"""

from __future__ import annotations

from typing import NamedTuple

import gdsfactory as gf
from neusoc.layout.primitives import rules
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, contacts, pin, positions, strap

WIDTH, HEIGHT = 13.00, 8.42
LENGTH = 0.50                          # all 5 V devices but the default
WIDTH_N, WIDTH_OUT, WIDTH_SHIFT = 2.00, 1.70, 0.42
LENGTH_DEFAULT = 2.90                  # its nodes stand on columns 0 and 4
X_INVERTER, X_COLUMN0 = 1.50, 6.14     # 2.0 um between the 1.8 V and the 5 V well
Y_VSS, Y_PTAP, Y_NTAP, Y_VWL, Y_VDD1V8 = 0.0, 3.46, 4.64, 7.72, HEIGHT
Y_NROW_TOP, Y_PROW_BOTTOM, Y_DEFAULT_BOTTOM = 2.58, 5.47, 6.75
VDD_RAIL_HALF = 0.15
RING_INVERTER = (0.47, 2.53)           # centres of the left and right side of each ring
RING_NFETS, RING_PFETS = (5.40, 12.47), (5.48, 12.40)


class _Tracks(NamedTuple):
    """met2 tracks between the rows, um."""

    inputs: float = 2.93               # in_1v8 from the left, wl to the right: the heads of the n rows
    in_n: float = 3.66
    off: float = 4.39
    on: float = 5.12                   # the heads of the p rows


TRACK = _Tracks()


def _column(index: float) -> float:
    """x of a column of the 5 V part, um."""
    return X_COLUMN0 + index * rules.column_pitch(LENGTH)


@gf.cell
def row_driver() -> gf.Component:
    """Row driver, 13.00 x 8.42 um between its abutment lines.

    Returns:
        Component row_driver with ports in_1v8 (left, met2), wl (right, met2), vdd1v8, vwl and vss (left, met1 rails over the whole
        width; the rails reach the right edge as well). met3 and above are free.
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

    def row(name: str, path: str, polarity: str, width: float, length: float, heads: str, voltage: float, x: float, y: float) -> Reference:
        reference = component << finger_row(f"row_driver_{name}", path, polarity, width, length, heads, voltage)
        reference.move((x, y - width / 2 if polarity == "n" else y + width / 2))
        return reference

    n, p = Y_NROW_TOP, Y_PROW_BOTTOM
    path = "off in_1v8 mid_off on vwl off mid_on in_n on"
    return {
        "n_inv": row("n_inv", "vss in_1v8 in_n", "n", 1.0, 0.15, "in_1v8:t", 1.8, X_INVERTER, n),
        "p_inv": row("p_inv", "vdd1v8 in_1v8 in_n", "p", WIDTH_OUT, 0.15, "in_1v8:b", 1.8, X_INVERTER, p),
        "n_off": row("n_off", "off in_1v8 vss", "n", WIDTH_N, LENGTH, "in_1v8:t", 5.0, _column(0.5), n),
        "n_on": row("n_on", "vss in_n on", "n", WIDTH_N, LENGTH, "in_n:t", 5.0, _column(3.5), n),
        "n_out": row("n_out", "vss off wl off vss", "n", WIDTH_N, LENGTH, "off:t", 5.0, _column(6), n),
        "p_shift": row("p_shift", path, "p", WIDTH_SHIFT, LENGTH, "in_1v8:b on:b off:b in_n:b", 5.0, _column(2), p),
        "p_default": row("p_default", "off vdd1v8 vwl", "p", WIDTH_SHIFT, LENGTH_DEFAULT, "vdd1v8:b", 5.0, _column(2), Y_DEFAULT_BOTTOM),
        "p_out": row("p_out", "vwl off wl off vwl", "p", WIDTH_OUT, LENGTH, "off:b", 5.0, _column(6), p),
    }


def _place_rings(component: gf.Component) -> None:
    """A substrate ring and a well ring for either supply; wells and thick oxide reach the upper abutment line."""
    for name, (left, right), low, high, kind, rails, voltage, side_metal in (
        ("ring_n_inv", RING_INVERTER, Y_VSS, Y_PTAP, "p", "b", 1.8, True),
        ("ring_p_inv", RING_INVERTER, Y_NTAP, Y_VWL, "n", "", 1.8, False),
        ("ring_n", RING_NFETS, Y_VSS, Y_PTAP, "p", "b", 5.0, True),
        ("ring_p", RING_PFETS, Y_NTAP, Y_VWL, "n", "t", 5.0, True),
    ):
        width, height = round(right - left, 3), round(high - low, 3)
        ring = component << guard_ring(f"row_driver_{name}", width, height, kind, rails, voltage=voltage, side_metal=side_metal)
        ring.move((rules.on_grid((left + right) / 2), rules.on_grid((low + high) / 2)))
    for (left, right), voltage in ((RING_INVERTER, 1.8), (RING_PFETS, 5.0)):
        reach = rules.TAP_HALF + rules.WELL_TAP[voltage]
        box(component, "nwell", left - reach, Y_NTAP, right + reach, HEIGHT)
        if voltage > 1.8:
            box(component, "hvi", left - reach, Y_VSS, right + reach, HEIGHT)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    for layer, low, high in (("nsdm", Y_NROW_TOP - WIDTH_N, Y_NROW_TOP), ("psdm", Y_PROW_BOTTOM, Y_PROW_BOTTOM + WIDTH_OUT)):
        box(component, layer, _column(4) + 0.1, low - rules.IMPLANT, _column(5) - 0.1, high + rules.IMPLANT)


def _wire(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Signals: one met1 strap a column, one met2 bar a net."""
    head_n, head_p = TRACK.inputs, TRACK.on
    drains = {"in_n": ("n_inv", "p_inv"), "off": ("n_off", "p_default"), "on": ("n_on", "p_shift"), "wl": ("n_out", "p_out")}
    for net, (below, above) in drains.items():
        for x, y in positions(rows[below], net):
            strap(component, x, y, positions(rows[above], net)[-1 if net == "on" else 0][1])
    for row, net in (("n_inv", "in_1v8"), ("n_off", "in_1v8"), ("n_on", "in_n"), ("n_out", "off")):
        for x, _ in positions(rows[row], net, "gate"):
            strap(component, x, head_n, head_p)

    gate_off = [x for x, _ in positions(rows["p_shift"], "off", "gate")]
    for x in gate_off:
        strap(component, x, TRACK.off - rules.BAR / 2, head_p)
    gates_out = [x for x, _ in positions(rows["n_out"], "off", "gate")]
    inputs = [x for row in ("n_inv", "n_off") for x, _ in positions(rows[row], "in_1v8", "gate")]
    bar(component, TRACK.inputs, inputs, [0.0])
    bar(component, TRACK.inputs, [x for x, _ in positions(rows["n_out"], "wl")], [WIDTH])
    bar(component, TRACK.in_n, [x for row, role in (("n_inv", "node"), ("n_on", "gate")) for x, _ in positions(rows[row], "in_n", role)])
    bar(component, TRACK.off, [*(x for x, _ in positions(rows["n_off"], "off")), *gate_off, *gates_out])
    bar(component, TRACK.on, [x for x, _ in [*positions(rows["p_shift"], "on", "gate"), *positions(rows["n_on"], "on")]])

    for row in ("n_inv", "n_off", "n_on", "n_out"):
        for x, y in positions(rows[row], "vss"):
            strap(component, x, Y_VSS, y)
    for row in ("p_default", "p_out"):
        for x, y in positions(rows[row], "vwl"):
            strap(component, x, y, Y_VWL)
    source, y_shift = positions(rows["p_shift"], "vwl")[0]
    bar(component, y_shift, [source, positions(rows["p_out"], "vwl")[0][0]])

    # vdd1v8: met2 links over the vwl rail, from the inverter's source (which also ties its well ring) and from the default's gate
    source, y_inv = positions(rows["p_inv"], "vdd1v8")[0]
    side = RING_INVERTER[0]
    box(component, "met1", side - rules.RING_SIDE_HALF, y_inv - 0.6, source, y_inv + 0.6)
    contacts(component, ("mcon",), side - rules.CUT_ROW_HALF, y_inv - 0.54, side + rules.CUT_ROW_HALF, y_inv + 0.54)
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
    for y, half in ((Y_VSS, rules.RAIL_HALF), (Y_VWL, rules.RAIL_HALF), (Y_VDD1V8, VDD_RAIL_HALF)):
        box(component, "met1", 0, y - half, WIDTH, y + half)


def _pins(component: gf.Component) -> None:
    for net, y, half in (("vss", Y_VSS, rules.RAIL_HALF), ("vwl", Y_VWL, rules.RAIL_HALF), ("vdd1v8", Y_VDD1V8, VDD_RAIL_HALF)):
        pin(component, net, "met1", WIDTH / 2, y, WIDTH, 2 * half, orientation=180)
    pin(component, "in_1v8", "met2", rules.BAR / 2, TRACK.inputs, orientation=180)
    pin(component, "wl", "met2", WIDTH - rules.BAR / 2, TRACK.inputs, orientation=0)
    box(component, "prbndry", 0, 0, WIDTH, HEIGHT)
