"""Channel between a row of devices below and one above: a horizontal track for each net, met1 straps to it,
no crossing of straps.

Straps of both rows come from their own side. Where a strap from below (net a) and one from above (net b)
stand in the same column, the track of a must lie below that of b. Tracks are filled from below, left edge
first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from neusoc.layout.primitives.fingers import DUMMY, Polarity, place_row
from neusoc.layout.primitives.shapes import Component, Reference, positions, strap
from neusoc.pdk.rules import BAR, MET1_SPACE, MET2_SPACE, STRAP, column_pitch

COLUMN = round(STRAP + MET1_SPACE, 3)  # straps nearer than this touch
GAP = round(BAR + MET2_SPACE, 3)  # ends of two bars on one track, centre of last tap to centre of first


@dataclass
class ChannelNet:
    """One net of a channel: x of its straps from below and above, and further x that its track reaches;
    um."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    reach: list[float] = field(default_factory=list)

    def span(self) -> tuple[float, float]:
        """Leftmost and rightmost x."""
        xs = [*self.low, *self.high, *self.reach]
        return min(xs), max(xs)


@dataclass(frozen=True)
class ChannelRow:
    """One strip beside a channel: name, x of its first node (um), Euler path, width of a finger and length
    (um), voltage."""

    name: str
    x: float
    path: str
    width: float
    length: float
    voltage: float = 5.0

    def nodes(self) -> list[tuple[str, float]]:
        """(net, x) of its nodes."""
        return [
            (net, round(self.x + i * column_pitch(self.length), 3))
            for i, net in enumerate(self.path.split()[0::2])
        ]

    def gates(self) -> list[tuple[str, float]]:
        """(net, x) of its gates, dummies left out."""
        gates = enumerate(self.path.split()[1::2])
        return [
            (net, round(self.x + (i + 0.5) * column_pitch(self.length), 3))
            for i, net in gates
            if net != DUMMY
        ]

    def place(self, component: Component, block: str, polarity: Polarity, edge: float) -> Reference:
        """Draw it, its heads on the channel's side; edge: y of its diffusion's edge there, um."""
        name = f"{block}_{polarity}_{self.name}"
        return place_row(
            component, name, self.path, polarity, self.x, edge, self.width, self.length, self.voltage
        )

    def wire(
        self,
        component: Component,
        polarity: Polarity,
        reference: Reference,
        rails: Mapping[str, float],
        tracks: Mapping[str, float],
        inner: Collection[str] = (),
    ) -> None:
        """Straps from its nodes and gates to rails, and to the tracks of the channel.

        Args:
            polarity, reference: polarity and strip, as drawn by place().
            rails, tracks: y of a net's rail, and of its track, um.
            inner: nets that the strip joins within itself.
        """
        toward = BAR / 2 if polarity == "n" else -BAR / 2
        ends: tuple[tuple[Literal["node", "gate"], list[tuple[str, float]]], ...] = (
            ("node", self.nodes()),
            ("gate", self.gates()),
        )
        for role, found in ends:
            for net in dict.fromkeys(net for net, _ in found if net not in inner):
                for x, y in positions(reference, net, role):
                    strap(component, x, y, rails[net] if net in rails else tracks[net] + toward)


def _below(nets: Mapping[str, ChannelNet], column: float) -> dict[str, set[str]]:
    """Net -> nets whose tracks must lie below its own."""
    lows = [(x, name) for name, net in nets.items() for x in net.low]
    found: dict[str, set[str]] = {name: set() for name in nets}
    for name, net in nets.items():
        for x in net.high:
            found[name] |= {other for at, other in lows if abs(at - x) < column - 1e-6 and other != name}
    return found


def assign_tracks(
    nets: Mapping[str, ChannelNet],
    quiet: Collection[str] = (),
    loud: Collection[str] = (),
    *,
    column: float = COLUMN,
) -> dict[str, int]:
    """Track of each net, 0 the lowest.

    Args:
        nets: straps and reach of each net, by name.
        column: distance below which straps would touch, um.
        quiet, loud: nets of which none of one kind runs beside one of the other on the next track, where it
            would take up its edges.

    Raises:
        ValueError: straps block each other in a circle; move one of the rows.
    """
    below = _below(nets, column)
    tracks: dict[str, int] = {}

    def disturbed(name: str, track: int) -> bool:
        foes = loud if name in quiet else quiet if name in loud else ()
        left, right = nets[name].span()
        beside = (nets[foe].span() for foe in foes if tracks.get(foe) == track - 1)
        return any(min(right, b) > max(left, a) for a, b in beside)

    track = 0
    while len(tracks) < len(nets):
        end, placed = float("-inf"), []
        ready = [name for name in nets if name not in tracks and below[name] <= tracks.keys()]
        if not ready:
            waiting = sorted(name for name in nets if name not in tracks)
            raise ValueError(
                f"channel: straps of {', '.join(waiting)} block each other; move a row by a column"
            )
        for name in sorted(ready, key=lambda n: (nets[n].span(), n)):
            left, right = nets[name].span()
            if left >= end + GAP and not disturbed(name, track):
                placed.append(name)
                end = right
        tracks |= dict.fromkeys(
            placed, track
        )  # none, if all that are ready must keep away from the track below
        track += 1
    return tracks
