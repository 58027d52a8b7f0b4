"""The string of 10 mV: its resistors below, over them the trim's with their tree, on top amplifier and
capacitors.

::

    | capacitor of the   | capacitor of the gate                     |
    | filter             |                                           |
    | amplifier          |                                           |
    | channel: level, held, gate, bg, pg                             |
    | resistors of the trim, 64                  | pass transistor   |
    | tree over their 64 taps                    | filter            |
    | channel: t[120] to t[128], top                                 |
    | 120 resistors                      | t[121..127] | 64          |
      |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |  |      t[1] to t[191]: met3, every 0.84 um

Trees of other cells stand under the pins, their taps every 0.84 um as well, so that lines to them are
straight.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.references.cells.amplifiers import level_ota
from neusoc.analog.references.cells.composite import (
    RING,
    SIDE,
    Parts,
    bring_out,
    channel,
    filter_bank,
    lead_right,
    pass_transistor,
    plates,
    ringed,
    risers,
    supplies,
    to_tracks,
)
from neusoc.analog.references.cells.trees import FIRST_TAP, TRIM_WIDTH, wide_tree
from neusoc.layout.primitives.mim import mim_bank
from neusoc.layout.primitives.resistors import PITCH, pitch_of, resistor_bank
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import box, pin, positions, strap
from neusoc.layout.routing.bands import RISER
from neusoc.layout.routing.harness import Terminal, landings, pins_of
from neusoc.pdk import rules

UNIT, TRIM = 6.0, 2.6  # um: a resistor of 10 mV, one of the trim
LOW, HIGH, LAST = 120, 128, 192  # taps at both ends of the trim, top
X_TAP = 2.40  # where t[0] would stand
X_TREE, X_FILTER, X_PASS = 2.40, 137.00, 146.00
X_LEVEL, X_GATE = 0.60, 57.00  # left edges of the capacitors' plates
LANDING, CLEAR = 0.45, 0.56  # centre of a landing over its bank's lower edge; to a line of met2 beside it
RIGHT, BOTTOM = 166.40, -0.60
BITS = tuple(f"{half}[{i}]" for half in ("trim", "trim_b") for i in range(6))


def tap_x(index: int) -> float:
    """x of a tap's line, um."""
    return round(X_TAP + PITCH * index, 3)


def _trim_net(index: int) -> str:
    """Node of the trim's resistors: every eighth is a tap of the string."""
    return f"t[{LOW + index // 8}]" if index % 8 == 0 else f"z[{index - index // 8 - 1}]"


@gf.cell
def reference_string() -> gf.Component:
    """The string; supplies at the left (met3, vertical), taps below (met3), top, bg, pg and the trim's bits
    at the right (met2)."""
    component = gf.Component()
    string = _string(component)
    edge = RIGHT - rules.BAR / 2
    lower, trim = channel(
        component, rules.on_grid(component.dbbox().top + 0.2), string, _trim, {"top": [edge], **SIDE}
    )
    upper, _ = channel(
        component,
        rules.on_grid(component.dbbox().top + 0.2),
        trim.up,
        _top,
        {"bg": [edge], "pg": [edge], **SIDE},
    )
    top = rules.on_grid(component.dbbox().top + 0.6)
    supplies(component, BOTTOM, top, lower, upper)
    bring_out(component, lower | upper, ("top", "bg", "pg"), RIGHT)
    box(component, "prbndry", component.dbbox().left - 0.6, BOTTOM, RIGHT, top)
    return component


def _string(component: gf.Component) -> list[Terminal]:
    """Both banks in one ring, the lines of their taps, and those that come from the trim between them."""
    y = BOTTOM + 0.6 + RING + 0.4
    taps = [f"t[{i}]" for i in range(LAST)]
    found = [Terminal(f"t[{i}]", tap_x(i), BOTTOM) for i in range(LOW + 1, HIGH)]
    low = component << resistor_bank(
        "reference_string_low", " ".join(["vss", *taps[1 : LOW + 1]]), (UNIT,) * LOW
    )
    high = component << resistor_bank(
        "reference_string_high", " ".join([*taps[HIGH:], "top"]), (UNIT,) * (LAST - HIGH)
    )
    for bank, first in ((low, 0), (high, HIGH)):
        bank.move((rules.on_grid(tap_x(first) + PITCH / 2), rules.on_grid(y)))
    ring = rules.on_grid(low.dbbox().left - RING), rules.on_grid(high.dbbox().right + RING)
    levels = rules.on_grid(low.dbbox().bottom - RING), rules.on_grid(low.dbbox().top + RING)
    place_ring(component, "reference_string_ring", ring, levels, "p", rails="tb")
    x, y_end = positions(low, "vss")[0]
    strap(component, x, levels[0], y_end)
    found += [*landings(low, [taps[LOW]]), *landings(high, [taps[HIGH], "top"])]
    found.append(Terminal("vss", rules.on_grid(ring[0] + 1.4), levels[1], "met1"))
    for bank, nets in ((low, taps[1 : LOW + 1]), (high, taps[HIGH:])):
        ends = landings(bank, nets)
        to_tracks(component, [end for end in ends if end.net not in (taps[LOW], taps[HIGH])])
        for end in ends:
            box(component, "met3", end.x - RISER / 2, BOTTOM, end.x + RISER / 2, end.y + 0.245)
    for i in range(1, LAST):
        pin(component, f"t[{i}]", "met3", tap_x(i), BOTTOM + RISER / 2, RISER, RISER, orientation=270)
    return found


def _trim(target: gf.Component, y: float) -> Parts:
    """The tree, over it the resistors whose joints are its taps; beside them filter and pass transistor."""
    parts = Parts()
    tree = target << wide_tree()
    tree.move((X_TREE, rules.on_grid(y + 0.6)))
    pitch, top = pitch_of(TRIM_WIDTH), tree.dbbox().top
    nets = [_trim_net(i) for i in range(65)]
    bank = target << resistor_bank("reference_string_trim", " ".join(nets), (TRIM,) * 64, width=TRIM_WIDTH)
    parts.down += ringed(target, bank, "reference_string_trim_ring", X_TREE + FIRST_TAP + pitch / 2, top)
    ends = landings(bank, nets)
    for end in ends[:-1]:
        box(target, "met3", end.x - RISER / 2, top - 0.5, end.x + RISER / 2, end.y)
    to_tracks(target, [end for end in ends if end.net.startswith("z")])
    parts.down += [end for end in ends if end.net.startswith("t")]
    parts.down.append(Terminal("vss", *tree.ports["vss"].center))
    lead_right(
        target, tree, {f"b{half}[{i}]": f"trim{half}[{i}]" for half in ("", "_b") for i in range(6)}, RIGHT
    )
    parts.up += risers(target, tree, {"out": "held"}, tree.ports["out"].center[0] + 0.5)
    rest = filter_bank(target, "reference_string_filter", "bg", "level")
    # its landings stand between the lines of the bits, which pass over it
    lines = [port.center[1] for port in tree.ports if port.name.startswith("b")]
    above = 0.6 + RING + LANDING - rest.dbbox().bottom
    lift = next(
        d for d in (0.05 * n for n in range(200)) if all(abs(y + d + above - line) > CLEAR for line in lines)
    )
    parts.down += ringed(target, rest, "reference_string_filter_ring", X_FILTER, y + lift)
    parts.up += landings(rest, ("bg", "level"))
    lines = ("gate", "t", 2.6), ("top", "b", 5.4)
    transistor = target << pass_transistor("reference_string_pass", "vdd3v3 gate top", 2.0, 4.0, lines)
    transistor.move((X_PASS, rules.on_grid(top + 1.2)))
    parts.down += pins_of(transistor, {"top": "top"})
    parts.up += pins_of(transistor, {"gate": "gate"})
    parts.up.append(Terminal("vdd3v3", X_PASS + 1.2, rules.on_grid(transistor.dbbox().top - 0.6), "met1"))
    return parts


def _top(target: gf.Component, y: float) -> Parts:
    """Amplifier and capacitors."""
    ota = target << level_ota()
    ota.move((0, rules.on_grid(y - ota.dbbox().bottom)))
    ends = pins_of(
        ota, {"inp_bottom": "held", "inm_bottom": "level", "bias_bottom": "pg", "out_bottom": "gate"}
    )
    gate = target << mim_bank("reference_string_c_gate", 4, 4, 25.0, 25.0, "vdd3v3", "gate")
    gate.move((X_GATE, rules.on_grid(y + 3.2)))
    level = target << mim_bank("reference_string_c_level", 2, 2, 25.0, 25.0, "level", "vss", (6.0, 44.0))
    level.move((X_LEVEL, rules.on_grid(gate.dbbox().top - level.dbbox().top)))
    return Parts([*ends, *plates(gate), *plates(level)])
