"""Levels that a word picks from the string: the leak's through switches of both kinds, the threshold's
through two trees.

::

       |  |  |  |  |  |  |  |  |     t[122] to t[184]: met3, where the string has them
    | filter | switches | tree  |
    | channel                       > vlk
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.references.cells.amplifiers import threshold_buffer
from neusoc.analog.references.cells.composite import (
    SIDE,
    SUPPLIES,
    Parts,
    bring_out,
    channel,
    filter_bank,
    lead_right,
    leave_below,
    ringed,
    risers,
    supplies,
    switch_pair,
)
from neusoc.analog.references.cells.string import tap_x
from neusoc.analog.references.cells.trees import FIRST_TAP, first_of_both, leak_tree, tap_tree
from neusoc.layout.primitives.resistors import PITCH
from neusoc.layout.primitives.shapes import Component, box, pin
from neusoc.layout.routing.bands import RISER, TRUNK_PITCH
from neusoc.layout.routing.harness import Terminal, landings, pins_of
from neusoc.layout.routing.rows import Band, Row, Strip
from neusoc.pdk import rules

RIGHT, BOTTOM = 166.40, -0.60
X_FILTER, X_LEAK = 5.00, 26.00
X_PICK = 50.00  # left side of the threshold's switches
LEAKS = tuple(range(122, 186, 2))  # taps of the leak
LEAK_NETS = ("on", "leak", "chosen", "leak_b", "vlk")


def _lines(component: Component, taps: range | tuple[int, ...], low: float, top: float) -> None:
    """Lines of taps from the top of a cell down to a tree, with pins."""
    for i in taps:
        box(component, "met3", tap_x(i) - RISER / 2, low, tap_x(i) + RISER / 2, top)
        pin(component, f"t[{i}]", "met3", tap_x(i), top - RISER / 2, RISER, RISER, orientation=90)


@gf.cell(set_name=False)
def _leak_switches(name: str) -> gf.Component:
    component = gf.Component(name)
    low = Row(
        "n", "vss", (Strip("on", "on leak chosen", 0.42, 0.5), Strip("ground", "vss leak_b vlk", 1.0, 0.5))
    )
    high = Row("p", "vdd3v3", (Strip("on", "on leak_b chosen", 0.42, 0.5),))
    leave_below(component, name, Band(low, high), LEAK_NETS)
    return component


@gf.cell
def leak_level() -> gf.Component:
    """The leak's level; supplies at the left (met3, vertical), taps above (met3), the others at the right
    (met2)."""
    component = gf.Component()
    reach = {net: [RIGHT - rules.BAR / 2] for net in ("leak", "leak_b", "vlk")} | SIDE
    levels, _ = channel(component, BOTTOM, [], _leak_parts, reach)
    top = rules.on_grid(component.dbbox().top)
    supplies(component, BOTTOM, top, levels)
    bring_out(component, levels, ("leak", "leak_b", "vlk"), RIGHT)
    box(component, "prbndry", SUPPLIES["vdd3v3"] - 1.4, BOTTOM, RIGHT, top)
    return component


def _leak_parts(target: gf.Component, y: float) -> Parts:
    tree = target << leak_tree()
    tree.move(
        (rules.on_grid(tap_x(LEAKS[0]) - first_of_both(5, 2 * PITCH)), rules.on_grid(y - tree.dbbox().bottom))
    )
    lead_right(
        target, tree, {f"b{half}[{i}]": f"level{half}[{i}]" for half in ("", "_b") for i in range(5)}, RIGHT
    )
    parts = Parts(risers(target, tree, {"out": "chosen"}, tree.ports["out"].center[0] + 0.5))
    parts.down += pins_of(tree, {"vss": "vss", "vdd3v3": "vdd3v3"})
    bank = filter_bank(target, "leak_level_filter", "on", "vlk")
    parts.down += ringed(target, bank, "leak_level_filter_ring", X_FILTER, y) + landings(bank, ("on", "vlk"))
    switches = target << _leak_switches("leak_level_switches")
    switches.move((X_LEAK, rules.on_grid(y + 0.6)))
    parts.down += pins_of(switches, {net: net for net in LEAK_NETS})
    parts.down.append(Terminal("vss", X_LEAK + 0.4, rules.on_grid(y + 0.6), "met1"))
    parts.down.append(Terminal("vdd3v3", X_LEAK - 0.4, rules.on_grid(switches.dbbox().top - 0.6), "met1"))
    _lines(
        target, LEAKS, tree.dbbox().top - 0.5, max(tree.dbbox().top, rules.on_grid(bank.dbbox().top + 2.3))
    )
    return parts


@gf.cell
def threshold_level() -> gf.Component:
    """The threshold; supplies at the left (met3, vertical), taps above (met3), the others at the right
    (met2).

    ::

           |  |  |  |  |  |        t[80] to t[153]: met3, where the string has them
        | buffer   | tree of 0.9 V |   code: met3 over both trees
        | switches | tree of 0.8 V |
        | channel                       > vth, vth_in, gate, rest, rest_b
    """
    component = gf.Component()
    pins = ("vth", "vth_in", "gate", "rest", "rest_b")
    levels, _ = channel(
        component, BOTTOM, [], _threshold_parts, {net: [RIGHT - rules.BAR / 2] for net in pins} | SIDE
    )
    top = rules.on_grid(component.dbbox().top)
    supplies(component, BOTTOM, top, levels, nets=tuple(SUPPLIES))
    bring_out(component, levels, pins, RIGHT)
    box(component, "prbndry", SUPPLIES["vdd1v8"] - 1.4, BOTTOM, RIGHT, top)
    return component


def _threshold_parts(target: gf.Component, y: float) -> Parts:
    """Trees on top of each other, each under its taps; the buffer and the switches left of them."""
    parts = Parts()
    trees: dict[str, gf.ComponentReference] = {}
    low = y
    for name, first in (("eight", 80), ("nine", 90)):
        trees[name] = tree = target << tap_tree()
        tree.move((rules.on_grid(tap_x(first) - FIRST_TAP), rules.on_grid(low - tree.dbbox().bottom)))
        low = rules.on_grid(tree.dbbox().top + 0.8)
    top = rules.on_grid(trees["nine"].dbbox().top + 0.4)
    _lines(target, range(80, 144), trees["eight"].dbbox().top - 0.5, top)
    _lines(target, range(144, 154), trees["nine"].dbbox().top - 0.5, top)
    x = rules.on_grid(trees["nine"].ports["out"].center[0] + 0.5)
    for name, tree in trees.items():
        at = trees["eight"].ports["out"].center[0] + 0.5 if name == "eight" else x
        parts.down += [*risers(target, tree, {"out": name}, at), *pins_of(tree, {"vss": "vss"})]
    _code(target, trees, x + TRUNK_PITCH)
    buffer = target << threshold_buffer()
    buffer.move((0, rules.on_grid(trees["nine"].dbbox().bottom - buffer.dbbox().bottom)))
    parts.down += pins_of(
        buffer, {"inp_bottom": "vth_in", "inm_bottom": "vth", "bias_bottom": "gate", "out_bottom": "vth"}
    )
    parts.down += switch_pair(
        target, "threshold_level_switches", "nine rest_b vth_in rest eight", X_PICK, y, X_PICK - 0.3
    )
    return parts


def _code(target: gf.Component, trees: dict[str, gf.ComponentReference], x: float) -> None:
    """Lines of the code at the right, over both trees; its pins are the upper tree's, led to the edge."""
    names = {f"b{half}[{i}]": f"code{half}[{i}]" for half in ("", "_b") for i in range(6)}
    ends = {name: risers(target, tree, names, x) for name, tree in trees.items()}
    half = rules.VIA2 / 2
    for low, high in zip(ends["eight"], ends["nine"], strict=True):
        box(target, "met3", low.x - RISER / 2, low.y - 0.245, low.x + RISER / 2, high.y + 0.245)
        for end in (low, high):
            box(target, "via2", end.x - half, end.y - half, end.x + half, end.y + half)
    lead_right(target, trees["nine"], names, RIGHT)
