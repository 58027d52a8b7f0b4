"""The currents: a tap of the string over resistors, and 54 equal transistors that copy what flows there.

::

       |  |  |  |  |  |  |                        t[70] to t[133]: met3, where the string has them
    | amplifier       | tree                  |
    | channel: tap, r, gate, pg                |
    | capacitor, four | resistors    | falling ones | switches
    | channel: all currents                    > nbias, cbias, bbias, itest, iadc, idac[0..2]
    | 54 units in seven rows, those of each current spread over them
    | channel: gate                            |
    | capacitor, twelve plates                 |
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.references.cells.amplifiers import level_ota
from neusoc.analog.references.cells.composite import (
    SIDE,
    Parts,
    bring_out,
    channel,
    lead_right,
    plates,
    ringed,
    risers,
    supplies,
    through,
)
from neusoc.analog.references.cells.string import tap_x
from neusoc.analog.references.cells.trees import FIRST_TAP, tap_tree
from neusoc.layout.primitives.mim import mim_bank
from neusoc.layout.primitives.resistors import resistor_bank
from neusoc.layout.primitives.shapes import box, pin
from neusoc.layout.routing.bands import RISER, draw_bands
from neusoc.layout.routing.harness import Terminal, landings, pins_of
from neusoc.layout.routing.rows import Band, Row, Strip
from neusoc.pdk import rules

UP, DOWN = 20.0, 8.7  # um: resistors that rise with temperature, and those that fall
FIRST, LAST = 70, 133  # taps
X_UP, X_DOWN, X_SWITCHES = 108.10, 150.40, 157.60
X_THROUGH = {"r": 112.0, "gate": 114.0, "pg": 116.0}  # over the resistors
X_UNITS = 1.60  # first node of each row: gates of all rows stand in the same columns
RIGHT, BOTTOM = 167.40, -0.60
# drains of each row of units, lower row first: "x" one unit at an end of the row, "xx" two that share a
#   drain, "" an empty place.
# Found by annealing: the centre of each current is at most 3.5 um in x (a unit is 20 um long) and 0.6 um in y
#   off that of all.
UNITS = (
    ("", "s_iadc s_iadc", "s_idac1 s_idac1", "r r", "s_idac2"),
    ("nbias", "s_idac2 s_idac2", "s_idac0 s_idac0", "s_iadc s_iadc", "cbias"),
    ("s_idac1", "bbias bbias", "s_iadc s_iadc", "itest itest", "s_idac0"),
    ("s_idac2 s_idac2", "s_idac0 s_idac0", "s_iadc s_iadc", "s_iadc s_iadc"),
    ("s_iadc", "cbias cbias", "r r", "nbias nbias", ""),
    ("itest", "r r", "s_idac1 s_idac1", "s_idac1 s_idac1", "bbias"),
    ("s_iadc s_iadc", "s_idac0 s_idac0", "s_iadc s_iadc", "s_idac2 s_idac2"),
)
LENGTH = 20.0  # um, of a unit
CURRENTS = ("nbias", "cbias", "bbias", "itest")
SWITCHED = {"s_iadc": ("iadc", 4.0)} | {f"s_idac{k}": (f"idac[{k}]", 2.0) for k in range(3)}
PINS = (*CURRENTS, *(net for net, _ in SWITCHED.values()), "gate", "pg", "job_b")


def unit_path(drains: tuple[str, ...]) -> str:
    """Euler path of a row of units: their sources are the supply."""
    drains = tuple(filter(None, drains))
    nodes: list[str] = [] if " " not in drains[0] else ["vdd3v3"]
    for drain in drains:
        nodes += [drain.split()[0], "vdd3v3"]
    if " " not in drains[-1]:
        nodes.pop()
    return " gate ".join(nodes)


def _row(index: int, drains: tuple[str, ...]) -> Row:
    first = X_UNITS if drains[0] else X_UNITS + rules.column_pitch(LENGTH)
    return Row(
        "p", "vdd3v3", (Strip(f"units{index}", unit_path(drains), 1.0, LENGTH, etch=True, x=round(first, 3)),)
    )


@gf.cell(set_name=False)
def _units(name: str) -> gf.Component:
    """54 transistors of 1 / 20 in seven rows."""
    component = gf.Component(name)
    rows = [_row(i, drains) for i, drains in enumerate(UNITS)]
    bands = [Band(low, high) for low, high in zip(rows[0:6:2], rows[1:6:2], strict=True)]
    exports = {net: "t" for net in (*CURRENTS, *SWITCHED, "r")} | {"gate": "tb"}
    draw_bands(component, name, [*bands, Band(rows[6])], exports, ())
    return component


@gf.cell(set_name=False)
def _switches(name: str) -> gf.Component:
    """What lets the currents of converter, DACs and buffer out."""
    component = gf.Component(name)
    strips = tuple(
        Strip(source, f"{net} job_b {source}", width, 0.5) for source, (net, width) in SWITCHED.items()
    )
    nets = (*SWITCHED, *(net for net, _ in SWITCHED.values()), "job_b")
    trunks = {net: round(1.4 + 0.7 * i, 3) for i, net in enumerate(nets)}
    draw_bands(
        component, name, [Band(Row("p", "vdd3v3", strips))], dict.fromkeys(nets, "b"), (), trunks=trunks
    )
    return component


@gf.cell
def reference_currents() -> gf.Component:
    """The currents; supplies at the left (met3, vertical), taps above (met3), currents, gate, pg, job_b and
    trim at the right (met2)."""
    component = gf.Component()
    large = component << mim_bank("reference_currents_c_large", 6, 2, 25.0, 25.0, "vdd3v3", "gate")
    large.mirror_y()
    large.move((1.2, rules.on_grid(BOTTOM + 0.6 - large.dbbox().bottom)))
    edge = RIGHT - rules.BAR / 2
    lowest, units = channel(
        component, rules.on_grid(large.dbbox().top + 0.2), plates(large), _placed_units, SIDE
    )
    reach = {net: [edge] for net in PINS} | SIDE
    middle, resistors = channel(
        component, rules.on_grid(component.dbbox().top + 0.2), units.up, _resistors, reach
    )
    upper, _ = channel(component, rules.on_grid(component.dbbox().top + 0.2), resistors.up, _top, SIDE)
    top = rules.on_grid(component.dbbox().top)
    supplies(component, BOTTOM, top, lowest, middle, upper)
    bring_out(component, middle, PINS, RIGHT)
    box(component, "prbndry", component.dbbox().left - 0.6, BOTTOM, RIGHT, top)
    return component


def _placed_units(target: gf.Component, y: float) -> Parts:
    units = target << _units("reference_currents_units")
    units.move((0, rules.on_grid(y - units.dbbox().bottom)))
    rails = Terminal("vdd3v3", 0.8, rules.on_grid(y + 0.6), "met1")
    up = {net: net for net in (*CURRENTS, *SWITCHED, "r", "gate")}
    return Parts([*pins_of(units, {"gate_bottom": "gate"}), rails], pins_of(units, up))


def _resistors(target: gf.Component, y: float) -> Parts:
    """Four plates, both kinds of resistors, the switches."""
    small = target << mim_bank("reference_currents_c_small", 4, 1, 25.0, 25.0, "vdd3v3", "gate")
    small.move((0.8, rules.on_grid(y + 3.2)))
    parts = Parts(plates(small))
    rising = target << resistor_bank(
        "reference_currents_up", " ".join(["r", *["."] * 42, "joint"]), (UP,) * 43
    )
    parts.down += ringed(target, rising, "reference_currents_up_ring", X_UP, y) + landings(
        rising, ("r", "joint")
    )
    falling = target << resistor_bank("reference_currents_down", "joint . . vss", (DOWN,) * 3, sheet="xhigh")
    parts.down += ringed(target, falling, "reference_currents_down_ring", X_DOWN, y) + landings(
        falling, ("joint", "vss")
    )
    switches = target << _switches("reference_currents_switches")
    switches.move((X_SWITCHES, rules.on_grid(y + 0.6)))
    names = [*SWITCHED, *(net for net, _ in SWITCHED.values()), "job_b"]
    parts.down += [
        *pins_of(switches, {net: net for net in names}),
        Terminal("vdd3v3", X_SWITCHES + 0.6, rules.on_grid(y + 0.6), "met1"),
    ]
    for net, x in X_THROUGH.items():
        through(parts, net, x, rules.on_grid(y + 10.0))
    return parts


def _top(target: gf.Component, y: float) -> Parts:
    """Amplifier and tree."""
    ota = target << level_ota()
    ota.move((0, rules.on_grid(y - ota.dbbox().bottom)))
    parts = Parts(
        pins_of(ota, {"inp_bottom": "r", "inm_bottom": "tap", "bias_bottom": "pg", "out_bottom": "gate"})
    )
    tree = target << tap_tree()
    tree.move((rules.on_grid(tap_x(FIRST) - FIRST_TAP), rules.on_grid(y - tree.dbbox().bottom)))
    parts.down.append(Terminal("vss", *tree.ports["vss"].center))
    lead_right(
        target, tree, {f"b{half}[{i}]": f"trim{half}[{i}]" for half in ("", "_b") for i in range(6)}, RIGHT
    )
    parts.down += risers(target, tree, {"out": "tap"}, tree.ports["out"].center[0] + 0.5)
    top = max(ota.dbbox().top, tree.dbbox().top)
    for i in range(FIRST, LAST + 1):
        box(target, "met3", tap_x(i) - RISER / 2, tree.dbbox().top - 0.5, tap_x(i) + RISER / 2, top)
        pin(target, f"t[{i}]", "met3", tap_x(i), top - RISER / 2, RISER, RISER, orientation=90)
    return parts
