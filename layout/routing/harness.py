"""Wires between parts that stand below and above a channel, met3 to met2 tracks, or left and right of one,
met2 to met3 lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import gdsfactory as gf
from neusoc.layout.primitives.shapes import Component, Reference, bar, box, positions, via_stack
from neusoc.layout.routing.bands import PAD, RISER, TRUNK_PITCH, VIA_REACH
from neusoc.layout.routing.tracks import ChannelNet, assign_tracks
from neusoc.pdk import rules

TRACK = 0.80  # lines from both sides that end on neighbouring tracks keep their distance (m3.2)


@dataclass(frozen=True)
class Terminal:
    """Where a part offers a net: x, y in um, and the metal that is there; "track" is met2 that goes RISER / 2
    past x on either side."""

    net: str
    x: float
    y: float
    metal: str = "met3"


def landings(
    reference: Reference, nets: Iterable[str], metal: str = "met1", role: str = "node"
) -> list[Terminal]:
    """Terminals at all landings of nets that a placed part has in a role."""
    return [Terminal(net, x, y, metal) for net in nets for x, y in positions(reference, net, role)]  # type: ignore[arg-type]


def pins_of(reference: gf.ComponentReference, names: Mapping[str, str]) -> list[Terminal]:
    """Terminals at pins on met3 of a placed cell; names: its pin -> net here."""
    return [Terminal(net, *reference.ports[pin].center) for pin, net in names.items()]


@dataclass(frozen=True)
class Harness:
    """A channel that is planned: tracks by net, um over its lower edge, and its height."""

    tracks: dict[str, float]
    height: float


def plan_harness(
    below: Sequence[Terminal], above: Sequence[Terminal], reach: Mapping[str, Sequence[float]]
) -> Harness:
    """Tracks of a channel between terminals; reach: net -> further x that its track goes to, um.

    Raises:
        ValueError: from assign_tracks.
    """
    nets = _nets(below, above, reach)
    tracks = {
        net: round(PAD / 2 + 0.30 + TRACK * index, 3)
        for net, index in assign_tracks(nets, column=TRUNK_PITCH).items()
    }
    return Harness(tracks, round(max(tracks.values()) + PAD / 2 + 0.30, 3))


def _nets(
    below: Sequence[Terminal], above: Sequence[Terminal], reach: Mapping[str, Sequence[float]]
) -> dict[str, ChannelNet]:
    nets: dict[str, ChannelNet] = {}
    for terminals, side in ((below, "low"), (above, "high")):
        for terminal in terminals:
            getattr(nets.setdefault(terminal.net, ChannelNet()), side).append(terminal.x)
    for net, xs in reach.items():
        nets.setdefault(net, ChannelNet()).reach.extend(xs)
    for net in nets.values():  # a via2 wants more of the track than a via
        xs = [*net.low, *net.high]
        net.reach += [x + side * VIA_REACH for x in xs for side in (-1, 1)]
    return nets


def draw_harness(
    component: Component,
    y: float,
    below: Sequence[Terminal],
    above: Sequence[Terminal],
    reach: Mapping[str, Sequence[float]],
) -> dict[str, float]:
    """Draw a channel whose lower edge is at y.

    Args:
        component: component to draw into.
        y: lower edge of the channel, um.
        below, above: terminals of the parts on either side; met3 runs over the parts to them.
        reach: net -> further x, as for plan_harness.

    Returns:
        y of each net's track, um.

    Raises:
        ValueError: from assign_tracks.
    """
    harness = plan_harness(below, above, reach)
    nets = _nets(below, above, reach)
    levels = {net: rules.on_grid(y + height) for net, height in harness.tracks.items()}
    half = rules.VIA2 / 2
    for net, level in levels.items():
        bar(component, level, [], [x + side * rules.BAR / 2 for x in nets[net].reach for side in (-1, 1)])
    for terminal in (*below, *above):
        x, level = terminal.x, levels[terminal.net]
        low, high = sorted((terminal.y, level))
        box(component, "met3", x - RISER / 2, low - PAD / 2, x + RISER / 2, max(high + PAD / 2, low + 0.40))
        box(component, "via2", x - half, level - half, x + half, level + half)
        if terminal.metal == "track":
            box(component, "via2", x - half, terminal.y - half, x + half, terminal.y + half)
        elif terminal.metal != "met3":
            via_stack(component, x, terminal.y, terminal.metal, "met3", PAD, PAD)
    return levels


LANE = TRUNK_PITCH  # distance of two lanes
MET2_COLUMN = round(rules.BAR + rules.MET2_SPACE, 3)


def draw_lanes(
    component: Component,
    x: float,
    left: Sequence[Terminal],
    right: Sequence[Terminal],
    reach: Mapping[str, Sequence[float]],
    jumps: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, float]:
    """Vertical lanes from x on: each pin goes to the lane of its net on met2, and the lane runs along all of
    them on met3.

    Args:
        component: component to draw into.
        x: left end of the lanes, um.
        left, right: pins of the parts on either side, at their edges (met2).
        reach: net -> further y that its lane goes to, um.
        jumps: net -> y at which met4 takes its lane over a gap, um: of the lane beyond, a gate has no antenna
            before met4 is there.

    Returns:
        x of each net's lane, um.

    Raises:
        ValueError: from assign_tracks: pins of both sides at one height in a circle; move a part.
    """
    nets: dict[str, ChannelNet] = {}
    for terminals, side in ((left, "low"), (right, "high")):
        for terminal in terminals:
            getattr(nets.setdefault(terminal.net, ChannelNet()), side).append(terminal.y)
    for net, ys in reach.items():
        nets.setdefault(net, ChannelNet()).reach.extend(ys)
    for channel_net in nets.values():
        ends = [*channel_net.low, *channel_net.high]
        channel_net.reach += [y + side * (PAD - rules.BAR / 2) for y in ends for side in (-1, 1)]
    lanes = {
        net: rules.on_grid(x + RISER / 2 + LANE * index)
        for net, index in assign_tracks(nets, column=MET2_COLUMN).items()
    }
    half = rules.VIA2 / 2
    for net, lane in lanes.items():
        ys = [*nets[net].low, *nets[net].high]
        low, high = (
            min([y - PAD / 2 for y in ys] + list(reach.get(net, ()))),
            max([y + PAD / 2 for y in ys] + list(reach.get(net, ()))),
        )
        _lane(component, lane, low, max(high, low + 0.65), (jumps or {}).get(net, ()))
        for y in ys:
            box(component, "via2", lane - half, y - half, lane + half, y + half)
    for terminals, way in ((left, 1), (right, -1)):
        for terminal in terminals:
            box(
                component,
                "met2",
                terminal.x - way * RISER / 2,
                terminal.y - rules.BAR / 2,
                lanes[terminal.net] + way * RISER / 2,
                terminal.y + rules.BAR / 2,
            )
    return lanes


def _lane(component: Component, x: float, low: float, high: float, jumps: Sequence[float]) -> None:
    """Met3 from low to high, but for a gap at each of jumps, which met4 bridges."""
    gap, via, half = rules.MET3_SPACE / 2, rules.VIA3 / 2, RISER / 2
    edges = [low, *(edge for y in sorted(jumps) for edge in (y - gap, y + gap)), high]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        box(component, "met3", x - half, start, x + half, end)
    for y in jumps:
        box(component, "met4", x - half, y - gap - RISER, x + half, y + gap + RISER)
        for middle in (y - gap - half, y + gap + half):
            box(component, "via3", x - via, middle - via, x + via, middle + via)
