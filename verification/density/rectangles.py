"""Sets of rectangles in numpy: their area in every window of a grid, and the squares of a pattern that keep
clear of them.

A set is an array of (left, bottom, right, top), nm, one row a rectangle. A pattern of fill has millions of
squares, so none of this goes through boolean operations on polygons.
"""

from __future__ import annotations

from typing import NamedTuple

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from numpy.typing import NDArray

Rectangles = NDArray[np.int64]
Grid = NDArray[np.float64]
NONE: Rectangles = np.empty((0, 4), dtype=np.int64)
_CHUNK = 1_000_000  # rectangles that are shared out at once


def rectangles(region: db.Region, what: str) -> Rectangles:
    """A region cut into rectangles that do not overlap.

    Args:
        region: region to cut.
        what: name of it for the message.

    Raises:
        UserError: an edge is neither horizontal nor vertical; an area of such shapes is not what this
            measures.
    """
    merged = region.merged()
    if slanted := merged.non_rectilinear().count():
        raise UserError(
            f"{what}: {slanted} shapes have slanted edges; draw them with horizontal and vertical ones"
        )
    boxes = (polygon.bbox() for polygon in merged.decompose_trapezoids_to_region().each())
    return np.array([(b.left, b.bottom, b.right, b.top) for b in boxes], dtype=np.int64).reshape(-1, 4)


def as_region(found: Rectangles) -> db.Region:
    """The region that rectangles cover."""
    return db.Region([db.Box(*map(int, row)) for row in found])


def grown(found: Rectangles, distance: int) -> Rectangles:
    """Each rectangle with its sides moved out by a distance, nm."""
    return found + np.array([-distance, -distance, distance, distance], dtype=np.int64)


def touching(found: Rectangles, box: db.Box) -> Rectangles:
    """Those that reach into a box."""
    inside = (
        (found[:, 0] < box.right)
        & (found[:, 2] > box.left)
        & (found[:, 1] < box.top)
        & (found[:, 3] > box.bottom)
    )
    return found[inside]


class Windows(NamedTuple):
    """Square windows over an area: those of a step, and one flush with the far edge.

    Attributes:
        size: length of a side, nm.
        left, bottom: places of their corners along each axis, nm.
    """

    size: int
    left: NDArray[np.int64]
    bottom: NDArray[np.int64]


def windows(area: tuple[int, int], size: int, step: int) -> Windows:
    """Windows over an area whose corner is at 0, 0; of a smaller area one, as large as its shorter side."""
    size = min(size, *area)
    return Windows(
        size, *(np.unique(np.append(np.arange(0, extent - size + 1, step), extent - size)) for extent in area)
    )


def _area_in_cells(found: Rectangles, x: NDArray[np.int64], y: NDArray[np.int64]) -> Grid:
    """Area of disjoint rectangles in each cell between lines x and lines y, nm2; exact, as no sum comes near
    2 ** 53."""
    across, up = len(x) - 1, len(y) - 1
    total = np.zeros(across * up)
    for begin in range(0, len(found), _CHUNK):
        part = found[begin : begin + _CHUNK]
        first = [
            np.clip(np.searchsorted(lines, part[:, side], "right") - 1, 0, len(lines) - 1)
            for side, lines in ((0, x), (1, y))
        ]
        beyond = [
            np.clip(np.searchsorted(lines, part[:, side]), 0, len(lines) - 1)
            for side, lines in ((2, x), (3, y))
        ]
        high = np.maximum(beyond[1] - first[1], 0)
        count = np.maximum(beyond[0] - first[0], 0) * high  # cells that it reaches into: of nearly all, one
        which = np.repeat(np.arange(len(part)), count)
        place = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        column, row = first[0][which] + place // high[which], first[1][which] + place % high[which]
        wide = np.minimum(part[which, 2], x[column + 1]) - np.maximum(part[which, 0], x[column])
        tall = np.minimum(part[which, 3], y[row + 1]) - np.maximum(part[which, 1], y[row])
        total += np.bincount(column * up + row, wide * tall, across * up)
    return total.reshape(across, up)


def area_in(found: Rectangles, over: Windows) -> Grid:
    """Area of disjoint rectangles in each window, nm2: (windows along x, windows along y)."""
    lines = [np.unique(np.concatenate([begin, begin + over.size])) for begin in (over.left, over.bottom)]
    below = np.zeros([len(one) for one in lines])
    below[1:, 1:] = _area_in_cells(found, *lines).cumsum(axis=0).cumsum(axis=1)
    (x0, x1), (y0, y1) = (
        (np.searchsorted(one, begin), np.searchsorted(one, begin + over.size))
        for one, begin in zip(lines, (over.left, over.bottom), strict=True)
    )
    return below[np.ix_(x1, y1)] - below[np.ix_(x0, y1)] - below[np.ix_(x1, y0)] + below[np.ix_(x0, y0)]


def area_within(found: Rectangles, area: tuple[int, int]) -> float:
    """Area of disjoint rectangles within an area whose corner is at 0, 0, nm2."""
    return float(_area_in_cells(found, *(np.array([0, extent], dtype=np.int64) for extent in area)).sum())


class Pattern(NamedTuple):
    """Squares in rows, each row shifted against the one below it (`slots` of Magic's output styles).

    Attributes:
        size, gap: side of a square and space between two, nm.
        shift: shift of a row against the one below, modulo the pitch, nm.
        start: shift of the whole pattern from where it is centred in its box, along both axes, nm.
    """

    size: int
    gap: int
    shift: int
    start: int

    def free(self, box: db.Box, obstructions: Rectangles) -> Rectangles:
        """The squares of the pattern that lie in the box and overlap no obstruction."""
        pitch = self.size + self.gap
        across, up = (max(0, (extent + self.gap) // pitch) for extent in (box.width(), box.height()))
        if not across or not up:
            return NONE
        row = np.arange(up)
        x0 = (box.left + box.right - across * pitch + self.gap) // 2 + (self.start + row * self.shift) % pitch
        y0 = (box.bottom + box.top - up * pitch + self.gap) // 2 + self.start + row * pitch
        taken = self._taken(touching(obstructions, box), x0, int(y0[0]), across)
        x = x0[:, None] + np.arange(across) * pitch
        y = np.broadcast_to(y0[:, None], x.shape)
        inside = (
            (x >= box.left) & (x + self.size <= box.right) & (y >= box.bottom) & (y + self.size <= box.top)
        )
        x, y = x[inside & ~taken], y[inside & ~taken]
        return np.stack([x, y, x + self.size, y + self.size], axis=1)

    def _taken(
        self, obstructions: Rectangles, x0: NDArray[np.int64], y0: int, across: int
    ) -> NDArray[np.bool_]:
        """Which squares overlap an obstruction: (rows, columns). x0: left of each row; y0: bottom of the
        lowest row."""
        pitch, rows = self.size + self.gap, len(x0)
        lowest = np.clip((obstructions[:, 1] - self.size - y0) // pitch + 1, 0, rows)
        beyond = np.clip(-((y0 - obstructions[:, 3]) // pitch), 0, rows)
        count = np.maximum(beyond - lowest, 0)
        which = np.repeat(np.arange(len(obstructions)), count)
        row = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + lowest[which]
        first = np.clip((obstructions[which, 0] - self.size - x0[row]) // pitch + 1, 0, across)
        last = np.clip(-((x0[row] - obstructions[which, 2]) // pitch), 0, across)
        some = last > first
        edges = np.zeros((rows, across + 1), dtype=np.int64)
        np.add.at(edges, (row[some], first[some]), 1)
        np.add.at(edges, (row[some], last[some]), -1)
        return np.cumsum(edges, axis=1)[:, :across] > 0
