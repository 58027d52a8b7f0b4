"""Trees of switches: one of many taps to one node, the highest bit nearest to the taps.

::

    taps   |  |  |  |  |  |  |  |        met3, as the string has them, from above
          [ ]   [ ]   [ ]   [ ]          odd taps, highest bit
          ====================           tracks: bits, and the nodes of each level
          [ ]   [ ]   [ ]   [ ]          lower bits of the odd taps
          [ ]   [ ]   [ ]   [ ]          lower bits of the even taps, and the last
          ====================
          [ ]   [ ]   [ ]   [ ]          even taps, highest bit

The lowest bit is the last, so even and odd taps are two trees until then: each has a band. Where taps stand
far apart one band takes all. A switch stands under its tap. Those of a level that choose the lower half stand
left of those that choose the upper one, and each level
stands outside the one before it: in half of its places, on both sides. Then a node's track is as long as its
switches are apart. The last level has two gates alone, each the only one of its line. Both stand at the
right, where the lines of the bits come in: at the far end of its met2 a gate would have more of it than
antennas allow.
"""

from __future__ import annotations

from collections.abc import Sequence

import gdsfactory as gf
from neusoc.layout.primitives.fingers import Polarity
from neusoc.layout.primitives.resistors import PITCH, pitch_of
from neusoc.layout.routing.bands import TRUNK_PITCH, draw_bands
from neusoc.layout.routing.rows import Band, Row, Strip

WIDTH, LENGTH = 0.42, 0.50
SWITCH_PITCH = 1.60  # least distance of two switches of a row: two nodes 0.80 apart, and as much to the next
TRIM_WIDTH = 1.41  # of the resistors between the taps of trim and slope
FIRST_TAP = 1.60  # x of tap 0 in a tree
ASIDE = 0.40  # of the far row: its nodes then ask for no order of the near row's nodes


def _node(level: int, bits: int, k: int) -> str:
    """Node k behind a level; level 0 are the taps."""
    if level == 0:
        return f"in[{k}]"
    return "out" if level == bits else f"n{2 ** (bits - level)}[{k}]"


def _places(level: int, slots: int) -> list[int]:
    """Slots of the switches of a level from 2 on, left to right: those of the lower half, those of the
    upper."""
    half = slots // 2 ** (level - 1)
    outer = range(half // 2, half) if level > 2 else range(slots // 4, slots // 2)
    return [*outer, *(slots - 1 - slot for slot in reversed(outer))]


def _switches(bits: int, level: int, parity: int, step: int) -> list[tuple[str, str, str]]:
    """(from, gate, to) of a level, for the taps parity, parity + step, ...; lower half first."""
    sources = 2 ** (bits - level + 1)
    found = []
    for k in range(parity, sources, step):
        upper = k >= sources // 2
        gate = f"b[{bits - level}]" if upper else f"b_b[{bits - level}]"
        found.append((_node(level - 1, bits, k), gate, _node(level, bits, k - sources // 2 if upper else k)))
    return found


def _row(
    name: str,
    switches: Sequence[tuple[str, str, str]],
    slots: Sequence[int],
    first: float,
    pitch: float,
    polarity: Polarity = "n",
) -> Row:
    """A row of switches at slots; p switches have the other line of the bit at their gates."""
    strips = []
    for slot, (source, gate, drain) in sorted(zip(slots, switches, strict=True)):
        line = (
            gate
            if polarity == "n"
            else gate.replace("b_b[", "b[")
            if gate.startswith("b_b")
            else gate.replace("b[", "b_b[")
        )
        strips.append(
            Strip(
                f"{name}{slot}", f"{source} {line} {drain}", WIDTH, LENGTH, x=round(first + pitch * slot, 3)
            )
        )
    return Row(polarity, "vss" if polarity == "n" else "vdd3v3", tuple(strips))


@gf.cell(set_name=False)
def switch_tree(name: str, bits: int, pitch: float) -> gf.Component:
    """2**bits to 1.

    Args:
        name: name of the GDS cell.
        bits: number of bits, at least 3.
        pitch: pitch of the taps, um.

    Returns:
        Component with in[k] at FIRST_TAP + pitch k (met3, top), b[i], b_b[i], out at the right (met2), vss at
        the right (met3, vertical).
    """
    component = gf.Component(name)
    taps = 2**bits
    step = 1 if pitch >= SWITCH_PITCH else 2
    slots, bands = taps // step, []
    for parity in range(step):
        first = FIRST_TAP + pitch * parity
        low = _row("tap", _switches(bits, 1, parity, step), range(slots), first, step * pitch)
        switches, places = [], []
        for level in range(2, bits + 1 if step == 1 or parity == 0 else bits):
            found = _switches(bits, level, 0 if level == bits else parity, 1 if level == bits else step)
            switches += found
            places += (
                [slots - 2, slots - 1]
                if level == bits
                else [place - (step - 1) for place in _places(level, slots)]
            )
        high = _row("bit", switches, places, first + ASIDE, step * pitch)
        bands.append(Band(low, high))
    lines = [f"{net}[{i}]" for i in reversed(range(bits)) for net in ("b_b", "b")]
    right = FIRST_TAP + pitch * taps + 1.2
    margin = (
        {net: round(right + TRUNK_PITCH * i, 3) for i, net in enumerate((*lines[:-2], "n2[1]"))}
        if step == 2
        else {}
    )
    trunks = {f"in[{k}]": round(FIRST_TAP + pitch * k, 3) for k in range(taps)} | margin
    exports = dict.fromkeys(trunks.keys() - margin.keys(), "t") | dict.fromkeys((*lines, "out"), "r")
    exports = {net: exports[net] for net in sorted(exports)}
    draw_bands(
        component,
        name,
        bands,
        exports,
        ("vss",),
        trunks=trunks,
        supply_side="r",
        right=right + TRUNK_PITCH * len(margin),
    )
    return component


@gf.cell(set_name=False)
def both_tree(name: str, bits: int, pitch: float) -> gf.Component:
    """2**bits to 1 through switches of both kinds, in one band, so that lines of other taps may pass over it.

    The switches of the highest bit stand under the taps, the others left of them, each level outside the one
    before it.

    Args, returns: as switch_tree, but in[k] at first_of_both(bits, pitch) + pitch k; vdd3v3 besides.
    """
    component = gf.Component(name)
    taps, first = 2**bits, first_of_both(bits, pitch)
    switches, places = _switches(bits, 1, 0, 1), [*range(taps)]
    for level in range(2, bits + 1):
        found = _switches(bits, level, 0, 1)
        places += range(min(places) - len(found), min(places))
        switches += found
    band = Band(
        _row("n", switches, places, first, pitch), _row("p", switches, places, first + ASIDE, pitch, "p")
    )
    lines = [f"{net}[{i}]" for i in reversed(range(bits)) for net in ("b_b", "b")]
    trunks = {f"in[{k}]": round(first + pitch * k, 3) for k in range(taps)}
    exports = dict.fromkeys(trunks, "t") | dict.fromkeys((*lines, "out"), "r")
    draw_bands(
        component,
        name,
        [band],
        exports,
        ("vss", "vdd3v3"),
        trunks=trunks,
        supply_side="r",
        right=first + pitch * taps + 1.2,
    )
    return component


def first_of_both(bits: int, pitch: float) -> float:
    """x of tap 0 of a both_tree, um."""
    return round(FIRST_TAP + pitch * (2**bits - 2), 3)


def tap_tree() -> gf.Component:
    """One of 64 taps as the string has them, every 0.84 um."""
    return switch_tree("tap_tree_narrow", 6, PITCH)


def wide_tree() -> gf.Component:
    """The same circuit under the trim's taps, every 1.90 um."""
    return switch_tree("tap_tree_wide", 6, pitch_of(TRIM_WIDTH))


def slope_tree() -> gf.Component:
    """One of eight taps of the slope, every 1.90 um."""
    return switch_tree("slope_tree", 3, pitch_of(TRIM_WIDTH))


def leak_tree() -> gf.Component:
    """One of every other tap of the string, 32 of them."""
    return both_tree("leak_tree", 5, 2 * PITCH)
