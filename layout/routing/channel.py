"""A block of two transistor rows with a routing channel between them.

::

      ==== vdd1v8 ===========================   met1 over the well taps
       |p strips|    heads below
      ----------------------------------------   met2 tracks: one a net, or shared by nets that do not overlap
       |n strips|    heads above
      ==== vss ================================   met1 over the substrate taps

Strips (finger rows) stand side by side on a grid of 0.40 um; met1 runs vertically from a landing to the track
of its net, met2 horizontally. Where an n and a p landing of different nets share an x, the n net takes the
lower track. No doglegs: a cycle of such demands is an error, and the block's author moves a strip.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Component, bar, box, pin, strap
from neusoc.pdk import rules

INSIDE = 0.70  # from a head into the diffusion of a node: ends on the met1 of strips down to 0.42 um
GRID = 0.40  # half a column: nodes and gates of a 0.80 um pitch
TRACK = 0.48  # met2 0.32 wide, 0.16 apart
END_GAP = 0.80  # last node of a strip to the first of the next: diffusion 0.50 apart (difftap.3 asks 0.27)
FIRST = 1.20  # side of the ring to the first column
HEAD_TO_TRACK = 0.52  # gate head to the nearest track
HEAD_TO_TAP = 0.68  # gate head to the tap bar in the channel
ROW_TO_RAIL = 0.75  # edge of the widest strip to the centre of its rail
OVER = 0.16  # met1 past the centre of a via
EDGE = 0.60  # side of the ring to the outline
RAILS = {"n": "vss", "p": "vdd1v8"}


@dataclass(frozen=True)
class Strip:
    """One finger row. `shift`: further columns of 0.40 um left free before it; `quiet`: gates tied off as
    dummies."""

    name: str
    path: str
    width: float
    length: float
    shift: int = 0
    quiet: tuple[str, ...] = ()

    @property
    def pitch(self) -> float:
        """Distance of its nodes, um."""
        pitch = rules.column_pitch(self.length)
        if abs(pitch / (2 * GRID) - round(pitch / (2 * GRID))) > 1e-6:
            raise ValueError(
                f"strip {self.name}: length {self.length} gives a pitch of {pitch}; choose 0.50 or less, or"
                " 0.80 n - 0.30 um"
            )
        return pitch

    @property
    def fingers(self) -> int:
        return len(self.path.split()) // 2


@dataclass(frozen=True)
class Landing:
    """A node or gate: its net, x, and which row ("n", "p") it belongs to; `rail`: it is strapped to its row's
    own rail."""

    net: str
    x: float
    row: str
    gate: bool

    @property
    def rail(self) -> bool:
        return not self.gate and RAILS[self.row] == self.net


@dataclass
class Plan:
    """Where everything goes, um: landings, track of each net (0 lowest), x of the rails' risers, total width
    of the ring."""

    landings: list[Landing]
    tracks: dict[str, int]
    risers: dict[str, float]
    width: float
    starts: dict[str, float] = field(default_factory=dict)


def plan(
    n_strips: Sequence[Strip],
    p_strips: Sequence[Strip],
    exports: Mapping[str, str],
    over: Sequence[tuple[str, str]] = (),
) -> Plan:
    """Place the strips and give every net a track.

    Args:
        n_strips, p_strips: strips of each row, left to right.
        exports: net -> "l", "r" or "lr": edges to which its track runs.
        over: (upper, lower): nets that the author wants in this order, as one of them would disturb what lies
            between or beside.

    Raises:
        ValueError: vertical demands in a cycle, or an order of a net that has no track; the nets are named.
    """
    landings: list[Landing] = []
    starts: dict[str, float] = {}
    foreign = _foreign(n_strips, p_strips)
    first = FIRST + 2 * GRID * len(foreign)
    end = 0.0
    for row, strips in (("n", n_strips), ("p", p_strips)):
        x = first
        for strip in strips:
            x += GRID * strip.shift
            starts[strip.name] = x
            tokens = strip.path.split()
            for index, net in enumerate(tokens):
                gate = index % 2 == 1
                if not (gate and net in strip.quiet):
                    landings.append(Landing(net, round(x + index * strip.pitch / 2, 3), row, gate))
            x += strip.fingers * strip.pitch + END_GAP
        end = max(end, x - END_GAP)
    width = round(end + FIRST, 3)
    risers = {net: round(FIRST + 2 * GRID * i, 3) for i, net in enumerate(foreign)}
    return Plan(landings, _tracks(landings, risers, exports, width, over), risers, width, starts)


def _foreign(n_strips: Sequence[Strip], p_strips: Sequence[Strip]) -> list[str]:
    """Rails that are needed in the channel: on the other row, or at a gate that is no dummy."""
    found = set()
    for row, strips in (("n", n_strips), ("p", p_strips)):
        for strip in strips:
            for index, net in enumerate(strip.path.split()):
                gate = index % 2 == 1
                if net in RAILS.values() and (
                    gate and net not in strip.quiet or not gate and net != RAILS[row]
                ):
                    found.add(net)
    return sorted(found)


def _tracks(
    landings: list[Landing],
    risers: Mapping[str, float],
    exports: Mapping[str, str],
    width: float,
    over: Sequence[tuple[str, str]],
) -> dict[str, int]:
    spans: dict[str, list[float]] = defaultdict(list)
    at: dict[str, dict[float, set[str]]] = {"n": defaultdict(set), "p": defaultdict(set)}
    for landing in landings:
        if not landing.rail:
            spans[landing.net].append(landing.x)
            at[landing.row][landing.x].add(landing.net)
    for net, x in risers.items():
        spans[net].append(x)
        at["n" if net == RAILS["n"] else "p"][x].add(net)
    for net, sides in exports.items():
        spans[net] += [{"l": -10.0, "r": width + 10.0}[side] for side in sides]
    # only two landings or more, or an export, make a track
    nets = {net for net, xs in spans.items() if len(xs) > 1}
    below: dict[str, set[str]] = {net: set() for net in nets}  # nets that must lie under it
    for x, lower in at["n"].items():
        for low in lower & nets:
            for high in at["p"].get(x, set()) & nets:
                if low != high:
                    below[high].add(low)
    for high, low in over:
        if lost := {high, low} - nets:
            raise ValueError(f"{', '.join(sorted(lost))}: no net with a track; correct the order")
        below[high].add(low)
    tracks: dict[str, int] = {}
    track = 0
    while len(tracks) < len(nets):
        ready = sorted(
            (n for n in nets if n not in tracks and below[n] <= tracks.keys()),
            key=lambda n: (min(spans[n]), n),
        )
        if not ready:
            raise ValueError(
                f"nets that each must lie under another: {', '.join(sorted(nets - tracks.keys()))}; shift a"
                " strip"
            )
        end, chosen = -1e9, []
        for net in ready:
            if min(spans[net]) > end + 0.6:  # bars 0.16 past their vias, 0.14 apart
                chosen.append(net)
                end = max(spans[net])
        tracks |= dict.fromkeys(chosen, track)
        track += 1
    return tracks


@dataclass(frozen=True)
class Levels:
    """y of what the block's author may want to reach, um: rails, heads, lowest track; outline."""

    vss: float
    n_head: float
    track: float
    p_head: float
    vdd: float
    x0: float
    x1: float

    def of(self, track: int) -> float:
        """Centre of a track."""
        return round(self.track + track * TRACK, 3)


def channel_block(
    component: Component,
    name: str,
    n_strips: Sequence[Strip],
    p_strips: Sequence[Strip],
    exports: Mapping[str, str],
    *,
    pins: bool = True,
    over: Sequence[tuple[str, str]] = (),
) -> tuple[Plan, Levels]:
    """Draw a block; the left side of its ring is at x = 0, the centre of its vss rail at y = 0.

    Args:
        component: component to draw into.
        name: prefix of the child cells.
        exports: nets and edges, as in plan(); exported nets get a met2 pin at the outline (0.60 um outside
            the ring).
        pins: choice of labelling rails and exports.
        over: (upper, lower): order of tracks, as in plan().

    Returns:
        The plan, and the levels.
    """
    made = plan(n_strips, p_strips, exports, over)
    top_n = ROW_TO_RAIL + max(s.width for s in n_strips)
    n_head = round(top_n + rules.HEAD_CENTRE, 3)
    count = max(made.tracks.values(), default=0) + 1
    p_head = round(n_head + max(2 * HEAD_TO_TRACK + (count - 1) * TRACK, 2 * HEAD_TO_TAP + 1.3), 3)
    bottom_p = p_head + rules.HEAD_CENTRE
    vdd = rules.on_grid(bottom_p + max(s.width for s in p_strips) + ROW_TO_RAIL)
    levels = Levels(
        0.0, n_head, round(n_head + HEAD_TO_TRACK, 3), p_head, vdd, -EDGE, round(made.width + EDGE, 3)
    )
    for row, strips in (("n", n_strips), ("p", p_strips)):
        for strip in strips:
            _strip(component, name, row, strip, made.starts[strip.name], top_n if row == "n" else bottom_p)
        _implant(component, row, strips, made, top_n if row == "n" else bottom_p)
    for ring, low, high, kind, rail in (
        ("ring_n", 0.0, round(n_head + HEAD_TO_TAP, 3), "p", "b"),
        ("ring_p", round(p_head - HEAD_TO_TAP, 3), vdd, "n", "t"),
    ):
        drawn = guard_ring(f"{name}_{ring}", made.width, rules.on_grid(high - low), kind, rail)
        (component << drawn).move((rules.on_grid(made.width / 2), rules.on_grid((low + high) / 2)))
    _wire(component, made, levels, {s.name: s for s in (*n_strips, *p_strips)})
    _exports(component, made, levels, exports, pins)
    return made, levels


def _strip(component: Component, name: str, row: str, strip: Strip, start: float, edge: float) -> None:
    side = "t" if row == "n" else "b"
    gates = dict.fromkeys(net for net in strip.path.split()[1::2] if net not in strip.quiet)
    cell = finger_row(
        f"{name}_{strip.name}",
        strip.path,
        row,
        strip.width,
        strip.length,
        " ".join(f"{g}:{side}" for g in gates),
        dummies=side,
    )
    y = edge - strip.width / 2 if row == "n" else edge + strip.width / 2
    (component << cell).move((rules.on_grid(start + strip.fingers * strip.pitch / 2), rules.on_grid(y)))


def _implant(component: Component, row: str, strips: Sequence[Strip], made: Plan, edge: float) -> None:
    """One implant between neighbouring strips (nsd.2, psd.2): as high as the narrowest of the two."""
    ordered = sorted(strips, key=lambda s: made.starts[s.name])
    for left, right in zip(ordered, ordered[1:], strict=False):
        x0 = made.starts[left.name] + left.fingers * left.pitch
        x1 = made.starts[right.name]
        high = min(left.width, right.width) + rules.IMPLANT
        y0, y1 = (edge - high, edge + rules.IMPLANT) if row == "n" else (edge - rules.IMPLANT, edge + high)
        box(component, "nsdm" if row == "n" else "psdm", x0, y0, x1, y1)


def _wire(component: Component, made: Plan, levels: Levels, strips: Mapping[str, Strip]) -> None:
    taps: dict[str, list[float]] = defaultdict(list)
    for landing in made.landings:
        start = levels.n_head if landing.row == "n" else levels.p_head
        inside = -INSIDE if landing.row == "n" else INSIDE
        if landing.rail:
            strap(component, landing.x, start + inside, levels.vss if landing.row == "n" else levels.vdd)
            continue
        if landing.net not in made.tracks:
            continue
        y = levels.of(made.tracks[landing.net])
        begin = start if landing.gate else start + inside
        strap(component, landing.x, begin, y + (OVER if landing.row == "n" else -OVER))
        taps[landing.net].append(landing.x)
    for net, x in made.risers.items():
        y = levels.of(made.tracks[net])
        strap(
            component,
            x,
            levels.vss if net == RAILS["n"] else levels.vdd,
            y + (OVER if net == RAILS["n"] else -OVER),
        )
        taps[net].append(x)
    for net, xs in taps.items():
        bar(component, levels.of(made.tracks[net]), sorted(set(xs)))


def _exports(
    component: Component, made: Plan, levels: Levels, exports: Mapping[str, str], pins: bool
) -> None:
    for net, sides in exports.items():
        y = levels.of(made.tracks[net])
        inner = [
            x for landing in made.landings if landing.net == net and not landing.rail for x in (landing.x,)
        ]
        for side in sides:
            x = levels.x0 if side == "l" else levels.x1
            box(component, "met2", x, y - rules.BAR / 2, inner[0], y + rules.BAR / 2)
        if pins:
            x = levels.x0 + 0.16 if sides[0] == "l" else levels.x1 - 0.16
            pin(component, net, "met2", x, y, orientation=180 if sides[0] == "l" else 0)
    if pins:
        for net, y in (("vss", levels.vss), ("vdd1v8", levels.vdd)):
            pin(component, net, "met1", made.width / 2, y, made.width, 2 * rules.RAIL_HALF, orientation=180)
