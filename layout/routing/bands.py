"""Cells of transistor rows, drawn from their Euler paths alone: bands, tracks and trunks.

::

    | |  ==== rail ===================================
    | |  | strip | | strip |        high row, heads below
    | |  ------------- met2 tracks --+--------------      a band: one row or two, and the channel between them
    | |  | strip | | strip |         |   low row, heads above
    | |  ==== rail ==================|================
    | |                              |      trunk: met3, a net of several bands
    | |  ==== rail ==================|================
    | |  ------------- met2 tracks --+--------------      a band of one row
    | |  | strip |    | strip |
    +-+--==== rail ===================================
    supplies: met3

Each row stands in a ring of taps of its rail's net, substrate or well; two rows of one kind and net share a
ring, and so do neighbouring bands. Tracks are assigned by neusoc.layout.routing.tracks. Trunks stand near the
middle of their landings, where no other is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from neusoc.layout.primitives.fingers import DUMMY, Polarity, finger_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import Component, bar, box, net_port, pin, strap, via_stack
from neusoc.layout.routing.rows import ETCH, ETCH_GAP, FIRST, Band, Strip, centred
from neusoc.layout.routing.tracks import COLUMN, ChannelNet, ChannelRow, assign_tracks
from neusoc.pdk import rules

TRACK = 0.46
RISER, PAD = 0.40, 0.49  # met3 trunk, and how far it reaches about a via: m3.6, via2.5
VIA_REACH = round((RISER - rules.BAR) / 2, 3)  # a track goes so far past a trunk, beside half a bar: via2.5
TRUNK_PITCH = round(RISER + rules.MET3_SPACE, 3)
SUPPLY, SUPPLY_PITCH = 1.60, 2.00  # met3 of a supply
RAIL_TO_DIFF = 0.90  # centre of a rail to the diffusion behind it
BAR_TO_DIFF = 0.88  # edge of diffusion on the side of its heads to a ring's bar there
HEAD_TO_TRACK = 0.52
# centres of the bars of two rings: taps to a well (hvdifftap.20), well to well (nwell.8), either with another
#   voltage beside it
TAPS_TO_WELL, WELL_TO_WELL, VOLTAGES = 1.25, 3.10, 1.60
EDGES = {0: "right", 90: "top", 180: "left", 270: "bottom"}
EDGE = 0.60  # side of a ring to the outline


@dataclass
class Levels:
    """y of one band, um: rails, edges of the diffusions towards the channel, tracks by net."""

    low_rail: float
    low_edge: float
    tracks: dict[str, float]
    high_edge: float
    high_rail: float


@dataclass
class Drawn:
    """Where everything of a cell is, um.

    Attributes:
        bands: levels of each band, from below.
        trunks: net -> x of its met3.
        spans: net -> lowest and highest y of its met3.
        supplies: net -> x of its met3, beside the rings.
        right: centre of the rings' right side; their left side is at 0.
        bottom, top, left, end: outline.
    """

    bands: list[Levels]
    trunks: dict[str, float] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    supplies: dict[str, float] = field(default_factory=dict)
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0

    @property
    def left(self) -> float:
        """Left edge of the outline."""
        return round(min([0.0, *(x - SUPPLY / 2 for x in self.supplies.values())]) - EDGE, 3)

    @property
    def end(self) -> float:
        """Right edge of the outline."""
        return round(max([self.right, *(x + SUPPLY / 2 for x in self.supplies.values())]) + EDGE, 3)


def _nets(band: Band) -> dict[str, ChannelNet]:
    """What the channel of a band may have to join: all landings but nodes that stand on their own rail."""
    found: dict[str, ChannelNet] = {}
    for side, row in band.rows():
        for strip in row.placed():
            ends = [(net, x) for net, x in strip.nodes() if net != row.rail] + strip.gates()
            for net, x in ends:
                getattr(found.setdefault(net, ChannelNet()), side).append(x)
    return found


def _links(band: Band, wanted: Iterable[str]) -> dict[str, tuple[str, float]]:
    """Of the wanted nets that are a rail of this band: side and x of the node whose strap also goes to the
    track."""
    found: dict[str, tuple[str, float]] = {}
    for side, row in band.rows():
        if row.rail in wanted and row.rail not in found:
            nodes = [x for strip in row.placed() for net, x in strip.nodes() if net == row.rail]
            if nodes:
                found[row.rail] = side, nodes[len(nodes) // 2]
    return found


def _trunk_xs(
    wanted: Mapping[str, tuple[float, int, int]], fixed: Mapping[str, float], right: float
) -> dict[str, float]:
    """net -> x: nearest free place to where it would like to be; (x, first band, last band) of each."""
    placed: list[tuple[float, int, int]] = [(fixed[net], *wanted[net][1:]) for net in wanted if net in fixed]
    found = {net: fixed[net] for net in wanted if net in fixed}
    for net, (x, first, last) in sorted(wanted.items(), key=lambda item: (item[1][0], item[0])):
        if net in found:
            continue
        steps = [0.1 * step for n in range(int(right / 0.1)) for step in (n, -n)]
        free = (
            place
            for place in (rules.on_grid(round(x, 1) + step) for step in steps)
            if FIRST <= place <= right - 0.5
            and all(
                abs(place - other) >= TRUNK_PITCH - 1e-6 or last < a or first > b for other, a, b in placed
            )
        )
        try:
            found[net] = next(free)
        except StopIteration:
            raise ValueError(
                f"no place for the trunk of {net} within {right:g} um; choose a wider cell"
            ) from None
        placed.append((found[net], first, last))
    return found


def draw_bands(
    component: Component,
    name: str,
    bands: Sequence[Band],
    exports: Mapping[str, str],
    supplies: Sequence[str],
    *,
    trunks: Mapping[str, float] | None = None,
    pins: bool = True,
    right: float = 0.0,
    supply_side: Literal["l", "r"] = "l",
) -> Drawn:
    """Draw a cell; the left side of its rings is at x = 0, the centre of its lowest rail at y = 0.

    Args:
        component: component to draw into.
        name: prefix of its children.
        bands: bands of the cell, from below.
        exports: net -> sides: "l" or "r", its track goes to the outline of its (lowest or highest) band on
            met2; "t" or "b", its trunk goes to the outline on met3.
        supplies: rails' nets that get a wide met3 beside the rings, from bottom to top; the first one is
            nearest to them.
        trunks: net -> x, where a trunk must stand; the others find their place.
        pins: choice of drawing pins and labels of exports and supplies.
        right: least x of the rings' right side.
        supply_side: side on which the supplies stand, "l" or "r".

    Returns:
        Drawn: what a parent wants to reach.

    Raises:
        ValueError: straps in a circle; shift a strip. Too many trunks; choose a larger `right`.
    """
    right = max(right, *(row.reach() for band in bands for _, row in band.rows()))
    bands = [replace(band, **{side: centred(row, right) for side, row in band.rows()}) for band in bands]
    nets = [_nets(band) for band in bands]
    rails = {row.rail for band in bands for _, row in band.rows()}
    where: dict[str, list[int]] = {}
    for i, found in enumerate(nets):
        for net in found:
            where.setdefault(net, []).append(i)
    for i, band in enumerate(bands):  # a rail's net that is needed elsewhere is reached from its rail
        for _, row in band.rows():
            if row.rail in where and row.rail not in supplies and i not in where[row.rail]:
                where[row.rail].append(i)
    for net in exports:
        if net in rails and net not in supplies and net not in where:
            where[net] = [i for i, band in enumerate(bands) if net in {row.rail for _, row in band.rows()}]
    links = [_links(band, [net for net in where if net not in supplies]) for band in bands]
    for i, found in enumerate(links):
        for net, (side, x) in found.items():
            getattr(nets[i].setdefault(net, ChannelNet()), side).append(x)
    drawn = Drawn([], right=right)
    for i, net in enumerate(supplies):
        away = EDGE + SUPPLY / 2 + SUPPLY_PITCH * i
        drawn.supplies[net] = round(-away if supply_side == "l" else drawn.right + away, 3)
    wanted = {}
    for net, places in where.items():
        vertical = set(exports.get(net, "")) & set("tb")
        if net not in supplies and (len(set(places)) > 1 or vertical):
            xs = [x for i in places for x in (*nets[i][net].low, *nets[i][net].high)]
            first, last = min(places), max(places)
            wanted[net] = (
                (min(xs) + max(xs)) / 2,
                -1 if "b" in vertical else first,
                len(bands) if "t" in vertical else last,
            )
    drawn.trunks = _trunk_xs(wanted, trunks or {}, drawn.right)
    tracks = []
    for i, found in enumerate(nets):
        for net, channel in found.items():
            if net in drawn.trunks:
                channel.reach += [drawn.trunks[net] - VIA_REACH, drawn.trunks[net] + VIA_REACH]
            if net in drawn.supplies:
                channel.reach += [drawn.supplies[net] - VIA_REACH, drawn.supplies[net] + VIA_REACH]
            for side in set(exports.get(net, "")) & set("lr"):
                if i == (min(where[net]) if side == "l" else max(where[net])):
                    channel.reach.append(
                        drawn.left + rules.BAR / 2 if side == "l" else drawn.end - rules.BAR / 2
                    )
        joined = {
            net: channel
            for net, channel in found.items()
            if len(channel.low) + len(channel.high) + len(channel.reach) > 1
        }
        tracks.append(assign_tracks(joined))
    _levels(drawn, bands, tracks)
    for i, band in enumerate(bands):
        _draw_band(component, f"{name}_{i}", band, drawn, i, nets[i], links[i])
    _rings(component, name, bands, drawn)
    _verticals(component, drawn, where, exports)
    _supplies(component, bands, drawn)
    box(component, "prbndry", drawn.left, drawn.bottom, drawn.end, drawn.top)
    _ports(component, drawn, where, exports, pins)
    return drawn


def _levels(drawn: Drawn, bands: Sequence[Band], tracks: Sequence[Mapping[str, int]]) -> None:
    y = 0.0
    for i, band in enumerate(bands):
        if i and bands[i - 1].top.kind != band.low.kind:
            above, below = bands[i - 1].top, band.low
            y += (
                WELL_TO_WELL
                if above.polarity == below.polarity == "p"
                else TAPS_TO_WELL
                if above.voltage == below.voltage
                else VOLTAGES
            )
        low_edge = round(y + RAIL_TO_DIFF + band.low.widest(), 3)
        first = round(low_edge + rules.HEAD_CENTRE + HEAD_TO_TRACK, 3)
        levels = {net: round(first + TRACK * index, 3) for net, index in tracks[i].items()}
        last = round(first + TRACK * max(tracks[i].values(), default=0), 3)
        if band.high is None:
            high_edge = rail = round(max(last + 0.70, low_edge + BAR_TO_DIFF + 0.40), 3)
        else:
            high_edge = round(last + HEAD_TO_TRACK + rules.HEAD_CENTRE, 3)
            if band.high.kind != band.low.kind:
                least = WELL_TO_WELL if band.high.polarity == band.low.polarity == "p" else TAPS_TO_WELL
                high_edge = max(high_edge, round(low_edge + 2 * BAR_TO_DIFF + least, 3))
            rail = round(high_edge + band.high.widest() + RAIL_TO_DIFF, 3)
        drawn.bands.append(Levels(y, low_edge, levels, high_edge, rail))
        y = rail
    drawn.bottom, drawn.top = -EDGE, round(y + EDGE, 3)


def _draw_band(
    component: Component,
    name: str,
    band: Band,
    drawn: Drawn,
    index: int,
    nets: Mapping[str, ChannelNet],
    links: Mapping[str, tuple[str, float]],
) -> None:
    levels = drawn.bands[index]
    for side, row in band.rows():
        low = side == "low"
        edge, rail = (levels.low_edge, levels.low_rail) if low else (levels.high_edge, levels.high_rail)
        placed = row.placed()
        for strip, plan in zip(placed, row.strips, strict=True):
            _strip(component, f"{name}_{side}", strip, row.polarity, edge, low)
            if plan.etch:
                _etch(component, strip, plan, edge, low)
            deep = edge - strip.width if low else edge + strip.width  # its far edge
            head = edge + rules.HEAD_CENTRE if low else edge - rules.HEAD_CENTRE
            for net, x in strip.nodes():
                if net == row.rail:
                    strap(component, x, edge, rail)
                if net in levels.tracks and (net != row.rail or links.get(net) == (side, x)):
                    strap(component, x, deep, levels.tracks[net] + (rules.BAR / 2 if low else -rules.BAR / 2))
            for net, x in strip.gates():
                if net in levels.tracks:
                    strap(component, x, head, levels.tracks[net] + (rules.BAR / 2 if low else -rules.BAR / 2))
        far = edge - row.widest() if low else edge + row.widest()
        ends = placed[0].x - rules.DIFF_END, placed[-1].x + row.strips[-1].span() + rules.DIFF_END
        implant = rules.IMPLANT
        box(
            component,
            "nsdm" if row.polarity == "n" else "psdm",
            ends[0] - implant,
            min(edge, far) - implant,
            ends[1] + implant,
            max(edge, far) + implant,
        )
    for net, y in levels.tracks.items():
        reach = [x + side * rules.BAR / 2 for x in nets[net].reach for side in (-1, 1)]
        taps: list[float] = []
        for x in sorted({*nets[net].low, *nets[net].high}):
            if (
                taps and x - taps[-1] < COLUMN - 1e-6
            ):  # straps from both rows that nearly meet: one via for both
                box(
                    component,
                    "met1",
                    taps[-1] - rules.STRAP / 2,
                    y - rules.BAR / 2,
                    x + rules.STRAP / 2,
                    y + rules.BAR / 2,
                )
            else:
                taps.append(x)
        bar(
            component,
            y,
            taps,
            [
                *reach,
                *(x + side * rules.BAR / 2 for x in (*nets[net].low, *nets[net].high) for side in (-1, 1)),
            ],
        )


def _strip(
    component: Component, block: str, strip: ChannelRow, polarity: Polarity, edge: float, low: bool
) -> None:
    """A finger_row with a head for every gate but dummies, on the channel's side."""
    up = "t" if low else "b"
    heads = " ".join(f"{net}:{up}" for net in dict.fromkeys(strip.path.split()[1::2]) if net != DUMMY)
    row = component << finger_row(
        f"{block}_{strip.name}", strip.path, polarity, strip.width, strip.length, heads, strip.voltage, up
    )
    middle = strip.x + (len(strip.path.split()) // 2) * rules.column_pitch(strip.length) / 2
    row.move(
        (rules.on_grid(middle), rules.on_grid(edge - strip.width / 2 if low else edge + strip.width / 2))
    )


def _etch(component: Component, strip: ChannelRow, plan: Strip, edge: float, low: bool) -> None:
    y0, y1 = (edge - strip.width, edge) if low else (edge, edge + strip.width)
    for x, side in ((strip.x, -1), (strip.x + plan.span(), 1)):
        inner = x + side * (rules.DIFF_END + ETCH_GAP)
        box(component, "poly", inner, y0 - rules.ENDCAP, inner + side * ETCH, y1 + rules.ENDCAP)


def _rings(component: Component, name: str, bands: Sequence[Band], drawn: Drawn) -> None:
    """One ring for each row, or for both rows of a band; hvi over all that is of 5 V, gaps of neighbours
    included."""
    sides = (0.0, drawn.right)
    for i, (band, levels) in enumerate(zip(bands, drawn.bands, strict=True)):
        if band.high is None or band.high.kind == band.low.kind:
            parts = [(band.low, levels.low_rail, levels.high_rail, "tb")]
        else:
            parts = [
                (band.low, levels.low_rail, round(levels.low_edge + BAR_TO_DIFF, 3), "b"),
                (band.high, round(levels.high_edge - BAR_TO_DIFF, 3), levels.high_rail, "t"),
            ]
        for j, (row, y0, y1, metal) in enumerate(parts):
            kind = "p" if row.polarity == "n" else "n"
            place_ring(
                component, f"{name}_ring{i}_{j}", sides, (y0, y1), kind, rails=metal, voltage=row.voltage
            )
        if band.low.voltage > 1.8:
            up = i + 1 < len(bands) and bands[i + 1].low.voltage > 1.8
            grow = rules.TAP_HALF + rules.WELL_TAP[5.0]
            box(
                component,
                "hvi",
                -grow,
                levels.low_rail - grow,
                drawn.right + grow,
                drawn.bands[i + 1].low_rail if up else levels.high_rail + grow,
            )


def _verticals(
    component: Component, drawn: Drawn, where: Mapping[str, Sequence[int]], exports: Mapping[str, str]
) -> None:
    """Trunks with their vias."""
    half = rules.VIA2 / 2
    for net, x in drawn.trunks.items():
        ys = [drawn.bands[i].tracks[net] for i in sorted(set(where[net]))]
        low = drawn.bottom if "b" in exports.get(net, "") else min(ys) - PAD / 2
        high = drawn.top if "t" in exports.get(net, "") else max(ys) + PAD / 2
        drawn.spans[net] = low, high
        box(component, "met3", x - RISER / 2, low, x + RISER / 2, max(high, low + 0.65))
        for y in ys:
            box(component, "via2", x - half, y - half, x + half, y + half)


def _supplies(component: Component, bands: Sequence[Band], drawn: Drawn) -> None:
    half = rules.VIA2 / 2
    for net, x in drawn.supplies.items():
        box(component, "met3", x - SUPPLY / 2, drawn.bottom, x + SUPPLY / 2, drawn.top)
        rails = {
            y
            for band, levels in zip(bands, drawn.bands, strict=True)
            for row, y in ((band.low, levels.low_rail), (band.top, levels.high_rail))
            if row.rail == net
        }
        for y in sorted(rails):
            box(component, "met1", x - SUPPLY / 2, y - rules.RAIL_HALF, x + SUPPLY / 2, y + rules.RAIL_HALF)
            box(component, "met1", 0 if x < 0 else drawn.right, y - rules.RAIL_HALF, x, y + rules.RAIL_HALF)
            via_stack(component, x, y, "met1", "met3", SUPPLY, 2 * rules.RAIL_HALF)
        for levels in drawn.bands:
            if net in levels.tracks:
                y = levels.tracks[net]
                box(component, "via2", x - half, y - half, x + half, y + half)


def _ports(
    component: Component,
    drawn: Drawn,
    where: Mapping[str, Sequence[int]],
    exports: Mapping[str, str],
    pins: bool,
) -> None:
    """Pins at the outline, a port <net>_<edge> where it has one already; without pins, such ports alone."""
    ends: list[tuple[str, str, float, float, float, int]] = []
    for net, sides in exports.items():
        for side in sides:
            if side in "tb":
                y = drawn.top - RISER / 2 if side == "t" else drawn.bottom + RISER / 2
                ends.append((net, "met3", drawn.trunks[net], y, RISER, 90 if side == "t" else 270))
            else:
                places = where[net]
                y = drawn.bands[min(places) if side == "l" else max(places)].tracks[net]
                x = drawn.left + rules.BAR / 2 if side == "l" else drawn.end - rules.BAR / 2
                ends.append((net, "met2", x, y, rules.BAR, 180 if side == "l" else 0))
    ends += [(net, "met3", x, drawn.bottom + SUPPLY / 2, SUPPLY, 270) for net, x in drawn.supplies.items()]
    seen: set[str] = set()
    for net, metal, x, y, size, way in ends:
        if pins and net not in seen:
            pin(component, net, metal, x, y, size, size, orientation=way)
            seen.add(net)
        else:
            net_port(component, f"{net}_{EDGES[way]}", net, "node", x, y, metal, size)
