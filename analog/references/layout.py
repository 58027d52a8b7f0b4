"""Layout of the block: its cells on top of each other, taps straight through them, words in a column beside
what they set.

::

    | bandgap                          |          |      |
    | starter, detector, pad           |          |      |
    | string                           |  lanes   | bits |  d, write
    |   |  |  |  |  |  |  |  |  taps   |  met3    |      |  met3
    | vread, vsense, vdac, leak        |          |      |
    | threshold                        |          |      |
    | currents                         |          |      |
    | rest                             |          |      |
    supplies at the left, joined with those of the bits below

All pins but the supplies are below, at the ends of their lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import gdsfactory as gf
from neusoc.analog.references.cells import small
from neusoc.analog.references.cells.bandgap import bandgap_core
from neusoc.analog.references.cells.composite import SIDE, SUPPLIES, Parts, channel, ringed
from neusoc.analog.references.cells.currents import reference_currents
from neusoc.analog.references.cells.levels import LEAKS, leak_level, threshold_level
from neusoc.analog.references.cells.rest import rest_level
from neusoc.analog.references.cells.string import reference_string, tap_x
from neusoc.layout.primitives.resistors import resistor_bank
from neusoc.layout.primitives.shapes import box, cut_array, pin, via_stack
from neusoc.layout.routing.bands import RISER, SUPPLY
from neusoc.layout.routing.harness import Terminal, draw_lanes, landings, pins_of
from neusoc.pdk import rules

GAP = 1.60  # between cells: nwell.8 and room for taps
X_LANES, X_DETECTOR, X_PAD = 168.40, 80.00, 152.00
STRAP, STRAP_PITCH = 1.60, 2.00  # met2 that joins the supplies of both sides
BOTTOM = -8.00
BIT_GAP = 1.90  # bit to bit: their wells are of two supplies
JUMP, APART = 1.00, 100.00  # from a bit's end of its write line to the jump beside it; bits that share a jump
LEVELS = (("t[15]", "vread"), ("t[20]", "vsense"), ("t[56]", "vdac"))


def _word(name: str, pins: str, bits: int) -> dict[str, str]:
    """Pins of a cell set by a word in two's complement about its middle: the highest bit is turned round."""
    nets = {}
    for i in range(bits):
        turned = i == bits - 1
        nets[f"{pins}[{i}]"] = f"{name}_b[{i}]" if turned else f"{name}[{i}]"
        nets[f"{pins}_b[{i}]"] = f"{name}[{i}]" if turned else f"{name}_b[{i}]"
    return nets


# what each cell's pins at the right are here, cells from below
REST = {net: net for net in ("t[90]", "t[80]", "bbias", "gate", "vref", "vref_in")} | {
    "rest": "option[3]",
    "rest_b": "option_b[3]",
}
CURRENTS = _word("current", "trim", 6) | {
    net: net
    for net in (
        "gate",
        "nbias",
        "cbias",
        "bbias",
        "itest",
        "iadc",
        "idac[0]",
        "idac[1]",
        "idac[2]",
        "pg",
        "job_b",
    )
}
THRESHOLD = _word("code", "code", 6) | {
    "vth": "vth",
    "vth_in": "vth_in",
    "gate": "gate",
    "rest": "option[3]",
    "rest_b": "option_b[3]",
}
LEAK = {f"level{half}[{i}]": f"leak{half}[{i}]" for half in ("", "_b") for i in range(5)} | {
    "leak": "leak[5]",
    "leak_b": "leak_b[5]",
    "vlk": "vlk",
}
STRING = _word("scale", "trim", 6) | {"bg": "bg", "pg": "pg"}
CORE = _word("option", "slope", 3) | {"out": "bg", "pg": "pg"}
# words, from below: name, bits, line that writes them; the latch of job stands open
WORDS = (
    ("option", (3,), "write_1v8[4]"),
    ("job", (), ""),
    ("current", range(6), "write_1v8[1]"),
    ("code", range(6), "write_1v8[2]"),
    ("leak", range(6), "write_1v8[3]"),
    ("scale", range(6), "write_1v8[0]"),
    ("pick", range(5), "write_1v8[5]"),
    ("option", range(3), "write_1v8[4]"),
)
OUTPUTS = (
    "vref",
    "vth",
    "vlk",
    "vread",
    "vsense",
    "vdac",
    "nbias",
    "cbias",
    "iadc",
    "idac[0]",
    "idac[1]",
    "idac[2]",
    "pad",
)


@gf.cell
def references() -> gf.Component:
    """The block.

    Returns:
        Component references: supplies at the lower left (met3, vertical), all other pins below (met3).
    """
    component = gf.Component()
    left: list[Terminal] = []
    placed: dict[str, gf.ComponentReference] = {}
    y = 0.0
    for draw, names in (
        (rest_level, REST),
        (reference_currents, CURRENTS),
        (threshold_level, THRESHOLD),
        (leak_level, LEAK),
    ):
        cell = _on(component, draw(), y)
        placed[draw.__name__] = cell
        left += pins_of(cell, names)
        y = cell.dbbox().top + GAP
    y = _levels(component, y, left)
    string = _on(component, reference_string(), y)
    left += pins_of(string, STRING)
    _taps(component, string, placed)
    y = _small(component, string.dbbox().top + GAP, left)
    core = _on(component, bandgap_core(), y)
    left += pins_of(core, CORE)
    _words(component, left, core.dbbox().top)
    return component


def _on(component: gf.Component, cell: gf.Component, y: float) -> gf.ComponentReference:
    """A cell with its lower edge at y."""
    placed = component << cell
    placed.move((0, rules.on_grid(y - placed.dbbox().bottom)))
    return placed


def _taps(
    component: gf.Component, string: gf.ComponentReference, placed: dict[str, gf.ComponentReference]
) -> None:
    """Lines from the string down to the trees."""
    for name, taps in (
        ("leak_level", LEAKS),
        ("threshold_level", range(80, 154)),
        ("reference_currents", range(70, 134)),
    ):
        low = placed[name].dbbox().top - 1.0
        for i in taps:
            box(
                component,
                "met3",
                tap_x(i) - RISER / 2,
                low,
                tap_x(i) + RISER / 2,
                string.dbbox().bottom + 1.0,
            )


def _levels(component: gf.Component, y: float, left: list[Terminal]) -> float:
    """The resistors behind three taps, and the channel under the string; returns y of the string."""
    path = " | ".join(f"{tap} {level}" for tap, level in LEVELS)
    bank = component << resistor_bank("references_levels", path, (1.0,) * 3, width=2.85)
    ring = ringed(component, bank, "references_levels_ring", 8.0, y)
    below = [*ring, *landings(bank, [net for pair in LEVELS for net in pair])]
    out = [level for _, level in LEVELS] + ["t[80]", "t[90]", "t[120]"]
    drops = [tap for tap, _ in LEVELS] + ["t[80]", "t[90]", "t[120]"]

    def string_above(_: gf.Component, top: float) -> Parts:
        return Parts([Terminal(net, tap_x(int(net[2:-1])), top) for net in drops])

    start = rules.on_grid(bank.dbbox().top + 2.4)
    levels, parts = channel(
        component, start, below, string_above, {net: [X_LANES - 2.0 - rules.BAR / 2] for net in out} | SIDE
    )
    left += [Terminal(net, X_LANES - 2.0, levels[net]) for net in out]
    _join(component, levels)
    return parts.down[0].y


def _small(component: gf.Component, y: float, left: list[Terminal]) -> float:
    """Starter, detector and the pad's switches, and the channel over them; returns where the core may
    stand."""
    start, detect, pad = (
        _on(component, draw(), y) for draw in (small.starter, small.supply_detector, small.reference_pad)
    )
    detect.move((X_DETECTOR, 0))
    pad.move((X_PAD, 0))
    inner = {
        net: net for net in ("vref_in", "vth_in", "vread", "itest", "pad", *(f"pick[{i}]" for i in range(5)))
    } | {"level": "t[120]"}
    below = (
        pins_of(start, {"out": "bg", "pg": "pg"})
        + pins_of(detect, {"vdd1v8": "vdd1v8", "off": "off"})
        + pins_of(pad, inner)
    )
    below += [
        Terminal(net, X_DETECTOR + SUPPLIES[net], rules.on_grid(detect.dbbox().top))
        for net in ("vss", "vdd3v3")
    ]
    below.append(Terminal("vss", X_PAD + SUPPLIES["vss"], rules.on_grid(pad.dbbox().top)))
    top = rules.on_grid(max(cell.dbbox().top for cell in (start, detect, pad)))
    out = ("bg", "pg", "off", *inner.values())
    reach = {net: [X_LANES - 2.0 - rules.BAR / 2] for net in out} | SIDE
    levels, parts = channel(
        component, top, below, lambda _, high: Parts([], [Terminal("top", 0.0, high)]), reach
    )
    left += [Terminal(net, X_LANES - 2.0, levels[net]) for net in out]
    _join(component, levels)
    return parts.up[0].y + GAP


def _join(component: gf.Component, levels: dict[str, float]) -> None:
    """Tracks of supplies, to those at the left."""
    for net, x in SUPPLIES.items():
        if net in levels:
            y = levels[net]
            cut_array(
                component,
                ("via2",),
                x - SUPPLY / 2 + 0.1,
                y - 0.1,
                x + SUPPLY / 2 - 0.1,
                y + 0.1,
                rules.VIA2,
                0.4,
            )


def _other(name: str) -> str:
    """The complement of a bit's name."""
    return name.replace("[", "_b[", 1) if "[" in name else f"{name}_b"


def _words(component: gf.Component, left: Sequence[Terminal], top: float) -> None:
    """Bits in a column, each as near as may be to what it sets, lanes on both sides of it, pins below,
    supplies."""
    bit = small.reference_bit()
    pitch = rules.on_grid(bit.dbbox().height() + BIT_GAP)
    heights: dict[str, list[float]] = {}
    for terminal in left:
        heights.setdefault(terminal.net, []).append(terminal.y)
    bits = [
        (f"{name}[{i}]" if indices else name, i, line)
        for name, indices, line in WORDS
        for i in indices or (0,)
    ]
    y, cells = BOTTOM + 3 * STRAP_PITCH + 1.0, []
    for number, (name, index, line) in enumerate(bits):
        ys = [y for net in (name, _other(name)) for y in heights.get(net, [])]
        y = rules.on_grid(max(y, min(sum(ys) / len(ys) - pitch / 2, top - pitch * (len(bits) - number))))
        cell = component << bit
        cell.move((0, rules.on_grid(y - cell.dbbox().bottom)))
        cells.append((cell, name, index, line))
        y += pitch

    def outputs() -> list[Terminal]:
        found = []
        for cell, name, _, _ in cells:
            found += pins_of(
                cell,
                {"off": "off"}
                | {pin: net for pin, net in (("q", name), ("q_b", _other(name))) if net in heights},
            )
        return found

    ends = dict.fromkeys(OUTPUTS, [BOTTOM])
    lanes = draw_lanes(gf.Component(), X_LANES, left, [Terminal(t.net, 1000.0, t.y) for t in outputs()], ends)
    x_bits = rules.on_grid(max(lanes.values()) + 0.8 - cells[0][0].dbbox().left)
    for cell, *_ in cells:
        cell.move((x_bits, 0))
    draw_lanes(component, X_LANES, left, outputs(), ends)
    data: list[Terminal] = []
    for cell, _, index, line in cells:
        if line:
            data += pins_of(cell, {"d": f"d_1v8[{index}]", "write": line})
        else:
            data += pins_of(cell, {"d": "job_1v8"})
            half, (x, _), (_, level) = rules.VIA2 / 2, cell.ports["vdd1v8"].center, cell.ports["write"].center
            box(component, "via2", x - half, level - half, x + half, level + half)
    inputs = {terminal.net: [BOTTOM] for terminal in data}
    jumps = {
        line: _jumps([terminal.y for terminal in data if terminal.net == line])
        for _, _, line in WORDS
        if line
    }
    lanes |= draw_lanes(component, rules.on_grid(cells[0][0].dbbox().right + 0.6), data, [], inputs, jumps)
    for net in (*OUTPUTS, *inputs):
        pin(component, net, "met3", lanes[net], BOTTOM + RISER / 2, RISER, RISER, orientation=270)
    _supplies(component, cells[0][0], top, cells[-1][0].dbbox().top)
    right = rules.on_grid(component.dbbox().right + 0.4)
    box(
        component,
        "prbndry",
        SUPPLIES["vdd1v8"] - 1.4,
        BOTTOM,
        right,
        max(top, rules.on_grid(component.dbbox().top)),
    )


def _jumps(ys: Sequence[float]) -> list[float]:
    """Where a write line goes over met4: beside its bits, whose gates are all that it ends on. The line of a
    word is longer than they bear.

    Args:
        ys: positions of its ends at the bits, um.
    """
    ys = sorted(ys)
    splits = [(a, b) for a, b in pairwise(ys) if b - a > APART]
    return [ys[0] - JUMP, *(y for low, high in splits for y in (low + JUMP, high - JUMP))]


def _supplies(component: gf.Component, bit: gf.ComponentReference, top: float, end: float) -> None:
    """Supplies at the left and beside the bits over their heights, joined below."""
    for i, (net, x) in enumerate(SUPPLIES.items()):
        y, x_bits, half = BOTTOM + 1.0 + STRAP_PITCH * i, bit.ports[net].center[0], SUPPLY / 2
        box(component, "met3", x - half, BOTTOM, x + half, top)
        box(component, "met3", x_bits - half, y - STRAP / 2, x_bits + half, end)
        box(component, "met2", x - half, y - STRAP / 2, x_bits + half, y + STRAP / 2)
        for at in (x, x_bits):
            via_stack(component, at, y, "met2", "met3", SUPPLY, STRAP)
        pin(component, net, "met3", x, BOTTOM + 0.3, SUPPLY, 0.6, orientation=270)
