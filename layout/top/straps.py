"""Supplies and analog nets as wide drawn straps, from the frame's pads to the macros' pins.

Three metals, each in one role: met3 from a pad to its column, met4 down in a column, met5 across in a track
above the core; met4 drops end on pins of the core and of the pads' protection, met5 rails cross the
controller's own met4 straps. Where no foreign met5 is in the way a column is doubled in met5. The outermost
column takes the lowest track, so most crossings do not arise at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL as PADS
from neusoc.base.cores import PARTS
from neusoc.layout.top.floorplan import COLUMN, Placed, north_column
from neusoc.layout.top.frame import DIE, frame
from neusoc.layout.top.netlist import CLAMPS, TopNet, analog_macros, top_nets
from neusoc.layout.top.shapes import Rect, near, nm
from neusoc.pdk.rules import VIAS

GAP = nm(5)  # between neighbouring columns or tracks
TRACK = nm(20)  # width of the met5 tracks
LEVEL_TRACK = nm(
    6
)  # of those from the references to the core: gates and microamperes; supplies drop past them
RAIL = nm(10)  # width of the met5 rails over the controller
RAILS = 3  # rails a supply
FIRST_TRACK = nm(40)  # above the core's top edge
STITCH = nm(300)  # distance of the via arrays that join met4 and met5 of a column
CLAMP_BARS = {"vss": (nm(3465), nm(3485)), "vpp": (nm(3435), nm(3455))}  # met3 and met5, bottom and top
PAD_FOOT = nm(3495)  # north pads are widened in met3 down to here
EDGE = DIE[0] - nm(20)  # right end of the eastern columns; the western ones mirror it

_SPARSE = {"via3": (0.80, 0.20)}  # pitch and enclosure used here where they are not the rule's, um
# cut size, pitch, enclosure, nm; metals below and above
CUTS = {
    cut: (
        nm(VIAS[cut][0]),
        *(nm(value) for value in _SPARSE.get(cut, VIAS[cut][1:3])),
        f"met{level}",
        f"met{level + 1}",
    )
    for level, cut in enumerate(("via", "via2", "via3", "via4"), 1)
}
SPACE = {
    "met1": 140,
    "met2": 140,
    "met3": 400,
    "met4": 400,
    "met5": 1600,
}  # met1.2, met2.2, wide met3 and met4 (m3.3d, m4.5b), met5.2


@dataclass
class Straps:
    """What is to be drawn.

    Attributes:
        bars: (net, rectangle).
        arrays: (net, cut layer, left, bottom, right, top): the overlap that an array of cuts fills.
        columns: net -> its met4 columns.
        tracks: net -> its met5 track.
    """

    bars: list[tuple[str, Rect]] = field(default_factory=list)
    arrays: list[tuple[str, str, int, int, int, int]] = field(default_factory=list)
    columns: dict[str, list[Rect]] = field(default_factory=lambda: defaultdict(list))
    tracks: dict[str, Rect] = field(default_factory=dict)

    def bar(self, net: str, metal: str, left: int, bottom: int, right: int, top: int) -> Rect:
        rect = Rect(metal, left, bottom, right, top)
        self.bars.append((net, rect))
        return rect

    def join(self, net: str, cut: str, one: Rect, other: Rect) -> None:
        """Fill the overlap of two rectangles with cuts."""
        low = max(one.left, other.left), max(one.bottom, other.bottom)
        high = min(one.right, other.right), min(one.top, other.top)
        self.arrays.append((net, cut, *low, *high))


def cut_positions(cut: str, left: int, bottom: int, right: int, top: int) -> list[tuple[int, int]]:
    """Lower left corners (nm, 5 nm grid) of the cuts of an array, centred in its overlap.

    Raises:
        ValueError: the overlap is too small for one cut.
    """
    size, pitch, margin, _, _ = CUTS[cut]
    corners: list[list[int]] = []
    for low, high in ((left, right), (bottom, top)):
        room = high - low - 2 * margin - size
        if room < 0:
            raise ValueError(f"{cut} does not fit between {low} and {high} nm")
        count = room // pitch + 1
        start = (low + high - (count - 1) * pitch - size) // 2 // 5 * 5
        corners.append([start + i * pitch for i in range(count)])
    return [(x, y) for x in corners[0] for y in corners[1]]


def _side(rect: Rect) -> str:
    """Side of the frame on which a pad lies: n, e or w."""
    if rect.top > DIE[1]:
        return "n"
    return "e" if rect.right > DIE[0] else "w"


def track_width(net: TopNet) -> int:
    """Of a net above the core, nm."""
    return TRACK if net.frame_pins or any(t.macro == PADS for t in net.terminals) else LEVEL_TRACK


def strap_reserve(chip: Chip) -> tuple[int, int]:
    """Height above the core that tracks and drops take, width at the right that the columns of the pads there
    take, nm."""
    drawn = [net for net in top_nets(chip) if net.drawn]
    east = sum(
        any(_side(r) == "e" for name in net.frame_pins for r in frame().pins[name].shapes) for net in drawn
    )
    return FIRST_TRACK + sum(track_width(net) + GAP for net in drawn) + nm(100), DIE[0] - EDGE + east * (
        COLUMN + GAP
    ) + nm(100)


@dataclass(frozen=True)
class _Column:
    """Left edge of a column and the pads that feed it, from the north or from a side."""

    left: int
    pads: tuple[Rect, ...]
    north: bool


class _Planner:
    """Draws the straps of one chip, step by step."""

    def __init__(self, chip: Chip, placed: dict[str, Placed]) -> None:
        self.chip = chip
        self.placed = placed
        self.analog, self.controller, self.core = analog_macros(chip), PARTS.controller, PARTS.core
        self.ground, self.high = chip.supplies["vss"], chip.pads["vpp"]
        self.nets = {net.name: net for net in top_nets(chip) if net.drawn}
        self.pads = {
            net.name: [
                (r.clipped(*DIE), _side(r)) for r in frame().pins[net.name].shapes if r.metal == "met3"
            ]
            for net in self.nets.values()
            if net.frame_pins
        }
        self.straps = Straps()

    def plan(self) -> Straps:
        columns = self._choose_columns()
        track_y = self._choose_tracks(columns)
        for name, net in self.nets.items():
            self._draw_net(net, columns.get(name, []), track_y)
        self._tie_low_clamps()
        self._tie_high_clamps()
        self._double_columns()
        self._anchor_open_pins()
        self._check()
        return self.straps

    def _choose_columns(self) -> dict[str, list[_Column]]:
        """Columns of each net: one under each north pad; one in the next free slot for all pads of a side."""
        chosen: dict[str, list[_Column]] = defaultdict(list)
        for name, pads in self.pads.items():
            for pad in (p for p, side in pads if side == "n"):
                chosen[name].append(_Column(north_column(pad), (pad,), True))
        # the pad nearest to the top takes the outermost column
        for side, start, way in (("e", EDGE - COLUMN, -1), ("w", DIE[0] - EDGE, 1)):
            found = {name: tuple(p for p, s in pads if s == side) for name, pads in self.pads.items()}
            for name in sorted(
                (n for n, pads in found.items() if pads), key=lambda n: -max(p.top for p in found[n])
            ):
                left = start
                while any(abs(left - c.left) < COLUMN + GAP for columns in chosen.values() for c in columns):
                    left += way * nm(5)
                chosen[name].append(_Column(left, found[name], False))
        return chosen

    def _choose_tracks(self, columns: dict[str, list[_Column]]) -> dict[str, int]:
        """Bottom edge of each net's track above the core: nets without a column the lowest, then the
        outermost column."""
        box = self.placed[self.core].box
        middle = (box[0] + box[2]) // 2
        names = [n for n, net in self.nets.items() if any(t.macro in self.analog for t in net.terminals)]
        order = sorted(
            names, key=lambda n: -max((abs(c.left - middle) for c in columns.get(n, ())), default=DIE[0])
        )
        found, y = {}, box[3] + FIRST_TRACK
        for name in order:
            found[name] = y
            y += track_width(self.nets[name]) + GAP
        return found

    def _draw_net(self, net: TopNet, columns: list[_Column], track_y: dict[str, int]) -> None:
        straps, name = self.straps, net.name
        levels: list[int] = []  # y to which the columns must come down
        crossings: list[Rect] = []  # met5 that the columns must meet
        core_pins = [
            (t.macro, r)
            for t in net.terminals
            if t.macro in self.analog
            for r in self.placed[t.macro].pin_shapes(t.pin)
        ]
        edges = [x for c in columns for x in (c.left, c.left + COLUMN)]
        if core_pins:
            low = track_y[name]
            xs = [*edges, *(x for _, r in core_pins for x in (r.left, r.right))]
            track = straps.bar(name, "met5", min(xs), low, max(xs), low + track_width(net))
            straps.tracks[name] = track
            self._drop(name, core_pins, track)
            levels.append(low)
            crossings.append(track)
        for terminal in net.terminals:
            if terminal.macro == self.controller:
                rails = self._rails(name, terminal.pin, edges)
                levels.append(min(r.bottom for r in rails))
                crossings += rails
        for plan in columns:
            # a tall core has its tracks above the pads of a side
            top = DIE[1] - nm(1) if plan.north else max(r.top for r in (*plan.pads, *crossings))
            if name == self.ground:
                top = max(top, CLAMP_BARS["vss"][1])
            if name == self.high:
                top = max(top, CLAMP_BARS["vpp"][1])
            bottom = min([*levels, *(p.bottom for p in plan.pads)])
            column = straps.bar(name, "met4", plan.left, bottom, plan.left + COLUMN, top)
            straps.columns[name].append(column)
            for pad in plan.pads:
                if plan.north:
                    stub = straps.bar(name, "met3", pad.left, PAD_FOOT, pad.right, pad.top)
                else:
                    stub = straps.bar(
                        name,
                        "met3",
                        min(plan.left, pad.left),
                        pad.bottom,
                        max(plan.left + COLUMN, pad.right),
                        pad.top,
                    )
                straps.join(name, "via3", stub, column)
            for bar in crossings:
                straps.join(name, "via4", column, bar)

    def _drop(self, name: str, pins: list[tuple[str, Rect]], track: Rect) -> None:
        """met4 from a macro's top edge up through the track."""
        for macro, pin in pins:
            if pin.metal != "met4" or pin.top != self.placed[macro].box[3]:
                raise ValueError(
                    f"pin of {name} on {macro}: a met4 strap at the top edge is wanted, found {pin}"
                )
            drop = self.straps.bar(name, "met4", pin.left, pin.bottom, pin.right, track.top)
            self.straps.join(name, "via4", drop, track)

    def _rails(self, name: str, pin: str, edges: list[int]) -> list[Rect]:
        """met5 rails over the controller, joined to each of its met4 straps of this supply."""
        macro = self.placed[self.controller]
        straps = [r for r in macro.pin_shapes(pin) if r.metal == "met4" and r.height > r.width]
        if not straps:
            raise ValueError(
                f"pin {pin} of {self.controller}: vertical met4 straps are wanted, found"
                f" {macro.pin_shapes(pin)}"
            )
        supplies = [t.pin for n in self.nets.values() for t in n.terminals if t.macro == self.controller]
        every = [r for p in supplies for r in macro.pin_shapes(p) if r.metal == "met4"]
        low, high = max(r.bottom for r in every), min(r.top for r in every)
        rails = []
        for i in range(RAILS):
            share = 2 * (len(supplies) * i + supplies.index(pin)) + 1
            middle = low + (high - low) * share // (2 * len(supplies) * RAILS) // 5 * 5
            xs = [*edges, *(r.left for r in straps), *(r.right for r in straps)]
            rail = self.straps.bar(name, "met5", min(xs), middle - RAIL // 2, max(xs), middle + RAIL // 2)
            for strap in straps:
                if strap.bottom > rail.bottom or strap.top < rail.top:
                    raise ValueError(
                        f"pin {pin} of {self.controller}: strap {strap} does not reach the rail at"
                        f" {middle} nm"
                    )
                self.straps.join(name, "via4", strap, rail)
            rails.append(rail)
        return rails

    def _clamp_pads(self, end: str) -> list[Rect]:
        return [r.clipped(*DIE) for pin in CLAMPS[end] for r in frame().pins[pin].shapes]

    def _tie_high_clamps(self) -> None:
        """One met5 bar along the north edge from the clamps' upper ends to the columns of vpp; met4 crosses
        the bar of the lower ends."""
        straps, name = self.straps, self.high
        clamps, columns = self._clamp_pads("vpp"), straps.columns[name]
        xs = [x for r in [*clamps, *columns] for x in (r.left, r.right)]
        bar = straps.bar(name, "met5", min(xs), CLAMP_BARS["vpp"][0], max(xs), CLAMP_BARS["vpp"][1])
        for clamp in clamps:
            foot = straps.bar(name, "met3", clamp.left, PAD_FOOT, clamp.right, clamp.top)
            line = straps.bar(name, "met4", clamp.left, bar.bottom, clamp.right, clamp.top - nm(1))
            straps.join(name, "via3", foot, line)
            straps.join(name, "via4", line, bar)
        for column in columns:
            straps.join(name, "via4", bar, column)

    def _tie_low_clamps(self) -> None:
        """One met3 bar along the north edge from the clamps' lower ends to the analog ground's columns."""
        straps, name = self.straps, self.ground
        clamps, columns = self._clamp_pads("vss"), straps.columns[name]
        xs = [x for r in [*clamps, *columns] for x in (r.left, r.right)]
        bar = straps.bar(name, "met3", min(xs), CLAMP_BARS["vss"][0], max(xs), CLAMP_BARS["vss"][1])
        for clamp in clamps:
            straps.bar(name, "met3", clamp.left, bar.bottom, clamp.right, clamp.top)
        for column in columns:
            straps.join(name, "via3", bar, column)

    def _double_columns(self) -> None:
        """A second column in met5 wherever no other net's met5 comes near, stitched to the first."""
        space = SPACE["met5"]
        foreign = [(n, r) for n, r in self.straps.bars if r.metal == "met5"]
        foreign += [
            (n, r.clipped(*DIE)) for n, pin in frame().pins.items() for r in pin.shapes if r.metal == "met5"
        ]
        for name, columns in self.straps.columns.items():
            for column in columns:
                blocks = sorted(
                    (r.bottom - space, r.top + space)
                    for n, r in foreign
                    if n != name and r.left - space < column.right and column.left < r.right + space
                )
                low = column.bottom
                for block_low, block_high in [*blocks, (column.top, column.top)]:
                    self._double(name, column, low, min(block_low, column.top))
                    low = max(low, block_high)

    def _double(self, name: str, column: Rect, low: int, high: int) -> None:
        if high - low < 3 * COLUMN:
            return
        bar = self.straps.bar(name, "met5", column.left, low, column.right, high)
        there = [Rect("via4", *box) for net, cut, *box in self.straps.arrays if net == name and cut == "via4"]
        count = max(2, (high - low) // STITCH + 1)
        for i in range(count):
            bottom = low + (high - low - COLUMN) * i // (count - 1) // 5 * 5
            array = Rect("via4", bar.left, bottom, bar.right, bottom + COLUMN)
            if not any(array.touches(other, CUTS["via4"][1]) for other in there):
                self.straps.arrays.append((name, *array))

    def _anchor_open_pins(self) -> None:
        """Pins that nothing uses: one via to a pad below (the decks refuse metal without any); several
        rectangles become one piece."""
        used = {pin for net in top_nets(self.chip) for pin in net.frame_pins}
        for name, pin in frame().pins.items():
            if name in used:
                continue
            shapes = [r.clipped(*DIE) for r in pin.shapes]
            for rect in shapes:
                stack = {r.metal for r in shapes if r[1:] == rect[1:]}
                cut, below = next((cut, low) for cut, (*_, low, high) in CUTS.items() if high == rect.metal)
                if below in stack:
                    self.straps.arrays.append((name, cut, *rect[1:]))
                elif stack == {rect.metal}:
                    half = CUTS[cut][0] // 2 + CUTS[cut][2]
                    x, y = rect.center_x // 5 * 5, (rect.bottom + rect.top) // 2 // 5 * 5
                    pad = self.straps.bar(name, below, x - half, y - half, x + half, y + half)
                    self.straps.join(name, cut, pad, rect)
            highest = [r for r in shapes if r.metal == max(shape.metal for shape in shapes)]
            if len(highest) > 1:
                self._join_pieces(name, highest)

    def _join_pieces(self, name: str, pieces: list[Rect]) -> None:
        """One bar over the pieces of an open pin; pads of a side may have other pins between them, so those
        meet in met4."""
        side = {_side(r) for r in frame().pins[name].shapes}
        low = min(r.left for r in pieces), min(r.bottom for r in pieces)
        high = max(r.right for r in pieces), max(r.top for r in pieces)
        if len(side) > 1:
            raise ValueError(f"{name} is left open, but its pads on two sides must be one net")
        if side == {"n"}:
            self.straps.bar(name, pieces[0].metal, *low, *high)
            return
        bar = self.straps.bar(name, "met4", *low, *high)
        for piece in pieces:
            self.straps.join(name, "via3", piece, bar)

    def _check(self) -> None:
        """No two nets closer than the metal's rule, frame pins included."""
        tied = {pin: net.name for net in self.nets.values() for pin in net.frame_pins}
        pins = [
            (tied.get(name, name), r.clipped(*DIE)) for name, pin in frame().pins.items() for r in pin.shapes
        ]
        for metal, space in SPACE.items():
            here = [(name, rect) for name, rect in (*pins, *self.straps.bars) if rect.metal == metal]
            names, boxes = (
                np.array([name for name, _ in here]),
                np.array([rect[1:] for _, rect in here]).reshape(-1, 4),
            )
            for name, rect in ((name, rect) for name, rect in self.straps.bars if rect.metal == metal):
                if (close := near(boxes, rect[1:], space) & (names != name)).any():
                    other, against = here[int(close.argmax())]
                    raise ValueError(
                        f"straps of {name} {rect} and {other} {against} are too close; the floorplan does not"
                        " suit these pads"
                    )


def plan_straps(chip: Chip, placed: dict[str, Placed]) -> Straps:
    """Straps of all drawn nets.

    Raises:
        ValueError: a macro's pins are not where straps can reach them, or two nets would come too close.
    """
    return _Planner(chip, placed).plan()
