"""Half of the DAC's switch tree: 32 taps of the string to one node, five bits, in a ring of its own.

::

      ======= ring ===============================================
          [ ]      [ ]      [ ]      [ ]        row b: 15 pairs, bits 2 to 5, each between the pairs that it
                                                chooses from
      ------------------------------------     15 met2 tracks: bit and complement of each row,
                                                and the nodes of each level
       [ ]      [ ]      [ ]      [ ]     ..    row a: 16 pairs, bit 1, over their two taps
      ======= ring ===============================================
        |  |   |  |   |  |                      taps of the resistor string, met1
"""

from __future__ import annotations

from dataclasses import dataclass

import gdsfactory as gf
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.resistors import PITCH
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import bar, box, net_port, positions, strap
from neusoc.pdk import rules

WIDTH, LENGTH = 0.42, 0.54  # L + 0.30 um is the pitch of the string: a pair stands over its taps
PAIR = 4 * PITCH  # from pair to pair of row a
TRACK = 0.46
Y_ROW_A = 0.81  # centre of row a over the centre of the ring's bar: difftap.15b 0.37
Y_TRACKS = Y_ROW_A + WIDTH / 2 + rules.HEAD_CENTRE
TRACKS = ("b1n", "b1", "e1", "b2n", "b2", "e2", "b3n", "b3", "e3", "b4n", "b4", "e4", "b5n", "b5", "e5")
Y_ROW_B = Y_TRACKS + TRACK * (len(TRACKS) - 1) + rules.HEAD_CENTRE + WIDTH / 2
HEIGHT = round(Y_ROW_B + Y_ROW_A, 3)  # between the centres of the ring's bars
RING_LEFT, RING_RIGHT = -1.2, 15 * PAIR + 2 * PITCH + 1.2


@dataclass(frozen=True)
class _Pair:
    """One pair: centre, level (1 to 5) and its number in the level."""

    x: float
    level: int
    number: int


def track(name: str) -> float:
    """y of a track over the lower bar of the ring, um."""
    return round(Y_TRACKS + TRACK * TRACKS.index(name), 3)


def _pairs() -> list[_Pair]:
    """Row a, then row b: between 2**(level - 2) pairs of row a to either side, as in a tree read from left to
    right."""
    found = [_Pair(PITCH + PAIR * j, 1, j) for j in range(16)]
    for slot in range(1, 16):
        level = 2 + (slot & -slot).bit_length() - 1
        found.append(_Pair(round(PITCH + PAIR * slot - PAIR / 2, 3), level, slot >> (level - 1)))
    return found


@gf.cell(set_name=False)
def tree_half(name: str, tap_depth: float) -> gf.Component:
    """32 to 1 from taps at x = 0, 2 PITCH, 4 PITCH ... 62 PITCH.

    Ports (role "node"): bit[1] .. bit_n[5] at the right end of their met2 tracks, "out" on the met2 of the
    last level.

    Args:
        name: name of the GDS cell.
        tap_depth: reach of the straps of the taps below the lower bar, um.
    """
    component = gf.Component(name)
    pair_cell = finger_row(f"{name}_pair", "a low m high b", "n", WIDTH, LENGTH, "low:t high:t", 5.0)
    pair_cell_b = finger_row(f"{name}_pair_b", "a low m high b", "n", WIDTH, LENGTH, "low:b high:b", 5.0)
    ring = component << guard_ring(f"{name}_ring", round(RING_RIGHT - RING_LEFT, 3), HEIGHT, "p", voltage=5.0)
    ring.move((rules.on_grid((RING_LEFT + RING_RIGHT) / 2), rules.on_grid(HEIGHT / 2)))
    gates: dict[str, list[float]] = {}
    ends: dict[tuple[int, int], list[float]] = {}  # (level, number) of a node -> its straps
    for pair in _pairs():
        first = pair.level == 1
        cell = component << (pair_cell if first else pair_cell_b)
        y = Y_ROW_A if first else Y_ROW_B
        cell.move((rules.on_grid(pair.x), rules.on_grid(y)))
        for net, line in (("low", f"b{pair.level}n"), ("high", f"b{pair.level}")):
            x, y_head = positions(cell, net, "gate")[0]
            strap(component, x, y_head, track(line) + (rules.BAR / 2 if first else -rules.BAR / 2))
            gates.setdefault(line, []).append(x)
        (x_low, _), (x_high, _), (x_out, _) = (
            positions(cell, "a")[0],
            positions(cell, "b")[0],
            positions(cell, "m")[0],
        )
        if first:
            for x in (x_low, x_high):
                strap(component, x, -tap_depth, y)
        else:
            for side, x in enumerate((x_low, x_high)):
                ends.setdefault((pair.level - 1, 2 * pair.number + side), []).append(x)
                strap(component, x, y, track(f"e{pair.level - 1}") - rules.BAR / 2)
        ends.setdefault((pair.level, pair.number), []).append(x_out)
        strap(component, x_out, y, track(f"e{pair.level}") + (rules.BAR / 2 if first else -rules.BAR / 2))
    for line, xs in gates.items():
        bar(component, track(line), xs, [RING_RIGHT])
        bit = f"bit_n[{line[1]}]" if line.endswith("n") else f"bit[{line[1]}]"
        net_port(component, f"line_{line}", bit, "node", RING_RIGHT, track(line), "met2")
    for (level, _), xs in ends.items():
        bar(component, track(f"e{level}"), xs)
    x_out = ends[5, 0][0]
    net_port(component, "out", "out", "node", x_out, track("e5"), "met2")
    _merge_implants(component)
    return component


def _merge_implants(component: gf.Component) -> None:
    """One implant over each row: its pairs are nearer than nsd.1 (0.38)."""
    for y, first, last in (
        (Y_ROW_A, 0.0, 15 * PAIR + 2 * PITCH),
        (Y_ROW_B, PAIR / 2, 14 * PAIR + PAIR / 2 + 2 * PITCH),
    ):
        box(component, "nsdm", first, y - WIDTH / 2 - rules.IMPLANT, last, y + WIDTH / 2 + rules.IMPLANT)
