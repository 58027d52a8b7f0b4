"""The metal of one net as a network of resistors, each of which knows the width or the cuts that carry its
current.

Every layer's shapes are cut into slabs, and these along every line on which a neighbour's corner lies, as far
as the metal reaches, and
along the lines of a raster. So pieces meet side to side: a piece is a node at its centre, and two that share
an edge of w are joined by (d1 + d2) / w squares, with d the distance of each centre from that edge. A cut
joins the pieces over and under its centre. It is the finite-volume method on a raster that follows every
edge: exact in straight wires, and elsewhere the better the finer the raster.

A current density is a mean over WINDOW of width, or over the whole wire if it is narrower: that is what the
process limits, and what a corner, where the density has no bound, does not spoil.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from neusoc.pdk.technology import Cut, Wire, cuts, wires

# cut -> the layers that it joins
JOINS = {
    "mcon": ("li1", "met1"),
    "via": ("met1", "met2"),
    "via2": ("met2", "met3"),
    "via3": ("met3", "met4"),
    "via4": ("met4", "met5"),
}
LAYERS = ("li1", "met1", "met2", "met3", "met4", "met5")
RASTER = {"li1": 0.4}  # um, side of a piece at most; of the other layers:
COARSE = 1.0
WINDOW = 1.0  # um of width, over which a current density is a mean
_BIG = np.int64(1) << 32  # apart from each other, in dbu, are lines that a key holds together

type Boxes = np.ndarray  # (pieces, 4): left, bottom, right, top in dbu
type Shapes = Mapping[str, db.Region]


@dataclass(frozen=True)
class Sections:
    """Edges between pieces, side by side along the lines on which they lie: cross-sections of the metal.

    Attributes:
        order: (edges,), resistors, line after line and along each.
        low, high: (edges,), ends of each edge, um; lines are far apart.
        first, last: (edges,), ends of the unbroken cross-section that an edge is part of, um.
    """

    order: np.ndarray
    low: np.ndarray
    high: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def density(self, amperes: np.ndarray) -> np.ndarray:
        """(edges,), A/um in the order of `order`: mean over WINDOW about each edge, within its cross-section.

        Args:
            amperes: (resistors,).
        """
        if not len(self.order):
            return np.zeros(0)
        flow = np.concatenate([[0.0], np.cumsum(amperes[self.order])])
        places = np.stack([self.low, self.high], axis=1).ravel()
        sums = np.stack([flow[:-1], flow[1:]], axis=1).ravel()
        width = np.minimum(WINDOW, self.last - self.first)
        begin = np.clip((self.low + self.high - width) / 2, self.first, self.last - width)
        return np.asarray(
            np.abs(np.interp(begin + width, places, sums) - np.interp(begin, places, sums)) / width
        )


class Finder:
    """Finds the box that holds a point, edges included; boxes do not overlap."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes
        self._size = int(max((boxes[:, 2:] - boxes[:, :2]).max(), 1)) if len(boxes) else 1
        # no box is larger than a cell of this raster, so it lies in the cells of its four corners
        corners = [self._keys(boxes[:, (i, j)]) for i in (0, 2) for j in (1, 3)]
        keys, index = np.concatenate(corners), np.tile(np.arange(len(boxes)), 4)
        order = np.lexsort((index, keys))
        self._keyed, self._index = keys[order], index[order]

    def _keys(self, points: np.ndarray) -> np.ndarray:
        cells = points // self._size
        return np.asarray(cells[:, 0] * _BIG + cells[:, 1])

    def at(self, points: np.ndarray) -> np.ndarray:
        """(points,): index of the box that holds each point (points, 2); -1 where there is none."""
        found = np.full(len(points), -1, dtype=np.int64)
        if not len(self._boxes) or not len(points):
            return found
        wanted = self._keys(points)
        first, last = (
            np.searchsorted(self._keyed, wanted, "left"),
            np.searchsorted(self._keyed, wanted, "right"),
        )
        for step in range(int((last - first).max())):
            index = np.flatnonzero((first + step < last) & (found < 0))
            box = self._index[first[index] + step]
            x, y, b = points[index, 0], points[index, 1], self._boxes[box]
            inside = (b[:, 0] <= x) & (x <= b[:, 2]) & (b[:, 1] <= y) & (y <= b[:, 3])
            found[index[inside]] = box[inside]
        return found


@dataclass(frozen=True)
class Grid:
    """A net as a network.

    Attributes:
        dbu: um of a database unit.
        boxes: (nodes, 4), left, bottom, right, top of each node's piece in dbu.
        layer: (nodes,), index into LAYERS.
        ends: (resistors, 2), nodes: first those of wires, then those of cuts.
        siemens: (resistors,).
        kind: (resistors,), name of the layer of wires or cuts.
        limit: (resistors, 2), mean and root mean square that may flow for ever: A/um of wires, A of cuts;
            infinite where the process states nothing.
        sections: sections of the wires.
        finders: layer -> (its first node, finder of the nodes from there).
        loose: cut -> (cuts, 2), dbu, middles of those that join nothing: a layer is missing over or under
            them.
    """

    dbu: float
    boxes: Boxes
    layer: np.ndarray
    ends: np.ndarray
    siemens: np.ndarray
    kind: np.ndarray
    limit: np.ndarray
    sections: Sections
    finders: Mapping[str, tuple[int, Finder]]
    loose: Mapping[str, np.ndarray]

    @property
    def centres(self) -> np.ndarray:
        """(nodes, 2), um."""
        return np.asarray((self.boxes[:, :2] + self.boxes[:, 2:]) / 2 * self.dbu)

    def nodes_at(self, layer: str, points: np.ndarray) -> np.ndarray:
        """Node of a layer whose piece holds each point (points, 2) in dbu; -1 where there is none."""
        first, finder = self.finders[layer]
        found = finder.at(points)
        return np.asarray(np.where(found < 0, -1, found + first))

    def nodes_in(self, layer: str, box: db.Box) -> np.ndarray:
        """Nodes of a layer whose pieces overlap a box in dbu."""
        b = self.boxes
        hit = (b[:, 0] < box.right) & (b[:, 2] > box.left) & (b[:, 1] < box.top) & (b[:, 3] > box.bottom)
        return np.flatnonzero(hit & (self.layer == LAYERS.index(layer)))


def rectangles(region: db.Region, name: str) -> Boxes:
    """A region as rectangles that do not overlap, in slabs as wide as they are.

    Raises:
        UserError: a slanted edge.
    """
    merged = region.merged()
    found = [
        shape.bbox() for shape in merged.decompose_trapezoids_to_region(db.Polygon.TD_htrapezoids).each()
    ]
    boxes = np.array([(b.left, b.bottom, b.right, b.top) for b in found], dtype=np.int64).reshape(-1, 4)
    area = int(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum())
    if area != merged.area():
        raise UserError(f"{name}: has a slanted edge; the grid of resistors knows right angles alone")
    return boxes[np.lexsort((boxes[:, 0], boxes[:, 1]))]


def _overlaps(
    low: np.ndarray,
    high: np.ndarray,
    line: np.ndarray,
    low2: np.ndarray,
    high2: np.ndarray,
    line2: np.ndarray,
) -> np.ndarray:
    """(pairs, 2): intervals of one set and of another that overlap on the same line; those of a set do not
    overlap each other."""
    order = np.lexsort((low2, line2))
    base = line2[order] * _BIG
    first = np.searchsorted(base + high2[order], line * _BIG + low, "right")
    last = np.searchsorted(base + low2[order], line * _BIG + high, "left")
    counts = np.maximum(last - first, 0)
    one = np.repeat(np.arange(len(low)), counts)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return (
        np.stack([one, order[np.repeat(first, counts) + steps]], axis=1)
        if len(one)
        else np.zeros((0, 2), dtype=np.int64)
    )


def overlapping(one: Boxes, other: Boxes, end: int, begin: int, across: int) -> np.ndarray:
    """(pairs, 2): boxes of one set whose side `end` lies on the side `begin` of a box of another; `across`:
    the axis of that side."""
    return _overlaps(
        one[:, across],
        one[:, across + 2],
        one[:, end],
        other[:, across],
        other[:, across + 2],
        other[:, begin],
    )


def _stacked(boxes: Boxes) -> np.ndarray:
    """(pairs, 2): the lower and the upper of two boxes that share a horizontal edge."""
    return overlapping(boxes, boxes, 3, 1, 0)


def _beside(boxes: Boxes) -> np.ndarray:
    """(pairs, 2): the left and the right of two boxes that share a vertical edge."""
    return overlapping(boxes, boxes, 2, 0, 1)


def pieces(boxes: Boxes, raster: int) -> Boxes:
    """Slabs cut along the lines of the corners of what is over and under them, and along the lines of a
    raster (dbu)."""
    touching: list[list[int]] = [[] for _ in boxes]
    marks: list[set[int]] = [set() for _ in boxes]
    for low, high in _stacked(boxes).tolist():
        touching[low].append(high)
        touching[high].append(low)
    sides = boxes[:, (0, 2)].tolist()
    queue = [
        (other, x)
        for one, (left, right) in enumerate(sides)
        for other in touching[one]
        for x in (left, right)
    ]
    while queue:
        box, x = queue.pop()
        if sides[box][0] < x < sides[box][1] and x not in marks[box]:
            marks[box].add(x)
            queue += [(other, x) for other in touching[box]]
    found = []
    for (left, bottom, right, top), inner in zip(boxes.tolist(), marks, strict=True):
        xs, ys = (
            np.array(sorted({a, b, *more, *range(raster * (a // raster + 1), b, raster)}))
            for a, b, more in ((left, right, inner), (bottom, top, ()))
        )
        x0, y0 = np.meshgrid(xs[:-1], ys[:-1])
        x1, y1 = np.meshgrid(xs[1:], ys[1:])
        found.append(np.stack([x0, y0, x1, y1], axis=-1).reshape(-1, 4))
    return np.concatenate(found) if found else boxes


@dataclass(frozen=True)
class _Edges:
    """Edges between the pieces of a layer: nodes, siemens, and where each lies: (axis of the line, line, low,
    high), dbu."""

    ends: np.ndarray
    siemens: np.ndarray
    lies: np.ndarray


def _edges(boxes: Boxes, wire: Wire) -> _Edges:
    ends, siemens, lies = [], [], []
    for pairs, along, across in ((_stacked(boxes), 1, 0), (_beside(boxes), 0, 1)):
        a, b = boxes[pairs[:, 0]], boxes[pairs[:, 1]]
        low, high = np.maximum(a[:, across], b[:, across]), np.minimum(a[:, across + 2], b[:, across + 2])
        way = (a[:, along + 2] - a[:, along] + b[:, along + 2] - b[:, along]) / 2
        ends.append(pairs)
        siemens.append((high - low) / way / wire.sheet)
        lies.append(np.stack([np.full(len(a), along), b[:, along], low, high], axis=1))
    return _Edges(np.concatenate(ends), np.concatenate(siemens), np.concatenate(lies))


def _sections(lies: np.ndarray, dbu: float) -> Sections:
    """Of (edges, 5): layer, axis, line, low, high."""
    if not len(lies):
        return Sections(*[np.zeros(0, dtype=np.int64)] * 5)
    order = np.lexsort((lies[:, 3], lies[:, 2], lies[:, 1], lies[:, 0]))
    own = lies[order]
    begins = np.ones(len(own), dtype=bool)
    begins[1:] = (own[1:, :3] != own[:-1, :3]).any(axis=1) | (own[1:, 3] != own[:-1, 4])
    run = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    stops = np.append(starts[1:], len(own)) - 1
    first, last = own[starts, 3], own[stops, 4]
    shift = np.concatenate([[0], np.cumsum(last - first + 1)[:-1]]) - first  # one behind the other
    return Sections(
        order, *((values + shift[run]) * dbu for values in (own[:, 3], own[:, 4], first[run], last[run]))
    )


def middles(region: db.Region) -> np.ndarray:
    """Of the boxes of its shapes, (shapes, 2), dbu."""
    boxes = [shape.bbox() for shape in region.each()]
    return np.array(
        [((b.left + b.right) // 2, (b.bottom + b.top) // 2) for b in boxes], dtype=np.int64
    ).reshape(-1, 2)


def _cut_places(region: db.Region, cut: Cut, dbu: float) -> tuple[np.ndarray, np.ndarray]:
    """(centres in dbu, how many cuts each stands for)."""
    merged = region.merged()
    return middles(merged), np.array([shape.bbox().area() * dbu**2 / cut.side**2 for shape in merged.each()])


def grid_of(shapes: Shapes, dbu: float, raster: float = COARSE) -> Grid:
    """The network of a net's shapes.

    Args:
        shapes: layer of LAYERS or cut of JOINS -> what the net has there; cuts that connect nothing (in a
            capacitor, in a ReRAM) left out.
        dbu: um of a database unit.
        raster: um, side of a piece at most; in RASTER's layers less.

    Raises:
        UserError: a slanted edge, or the process states no resistance.
    """
    known, of_cuts = wires(), cuts()
    boxes, layer, ends, siemens, limit, kind, lies = [], [], [], [], [], [], []
    finders: dict[str, tuple[int, Finder]] = {}
    count = 0
    for index, name in enumerate(LAYERS):
        own = pieces(
            rectangles(shapes.get(name, db.Region()), name), round(raster * RASTER.get(name, COARSE) / dbu)
        )
        edges = _edges(own, known[name])
        densities = [
            np.inf if density is None else 1e-3 * density
            for density in (known[name].average, known[name].rms)
        ]
        ends.append(edges.ends + count)
        siemens.append(edges.siemens)
        limit.append(np.tile(densities, (len(edges.ends), 1)))
        lies.append(np.insert(edges.lies, 0, index, axis=1))
        kind += [name] * len(edges.ends)
        boxes.append(own)
        layer.append(np.full(len(own), index))
        finders[name] = count, Finder(own)
        count += len(own)
    loose = {}
    for name, (below, above) in JOINS.items():
        centres, many = _cut_places(shapes.get(name, db.Region()), of_cuts[name], dbu)
        low, high = (finders[side][1].at(centres) for side in (below, above))
        both = (low >= 0) & (high >= 0)
        loose[name] = centres[~both]
        ends.append(np.stack([low[both] + finders[below][0], high[both] + finders[above][0]], axis=1))
        siemens.append(many[both] / of_cuts[name].ohm)
        limit.append(np.outer(many[both], [1e-3 * of_cuts[name].average, np.inf]))
        kind += [name] * int(both.sum())
    return Grid(
        dbu,
        np.concatenate(boxes),
        np.concatenate(layer),
        np.concatenate(ends),
        np.concatenate(siemens),
        np.array(kind),
        np.concatenate(limit),
        _sections(np.concatenate(lies), dbu),
        finders,
        loose,
    )
