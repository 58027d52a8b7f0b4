"""Rectangles on metals, in nanometres: the currency of frame, macros, straps and router."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UM = 1000  # nm in one um; also the database units of all GDS and DEF files here


def nm(value_um: float) -> int:
    """Micrometres to nanometres, on the 5 nm manufacturing grid."""
    return round(value_um * UM / 5) * 5


class Rect(NamedTuple):
    """One rectangle: metal name, then left, bottom, right, top in nm."""

    metal: str
    left: int
    bottom: int
    right: int
    top: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.top - self.bottom

    @property
    def center_x(self) -> int:
        return (self.left + self.right) // 2

    def moved(self, dx: int, dy: int) -> Rect:
        return Rect(self.metal, self.left + dx, self.bottom + dy, self.right + dx, self.top + dy)

    def grown(self, by: int) -> Rect:
        return Rect(self.metal, self.left - by, self.bottom - by, self.right + by, self.top + by)

    def clipped(self, width: int, height: int) -> Rect:
        """The part inside a die from the origin to (width, height)."""
        return Rect(
            self.metal, max(0, self.left), max(0, self.bottom), min(width, self.right), min(height, self.top)
        )

    def touches(self, other: Rect, space: int = 0) -> bool:
        """Whether both are on the same metal and closer than space (overlap with space 0)."""
        return self.metal == other.metal and bool(near(np.array([other[1:]]), self[1:], space).any())


def near(boxes: NDArray[np.int64], box: Sequence[int], space: int) -> NDArray[np.bool_]:
    """Which boxes, rows of left, bottom, right and top (nm), are closer to a box than space."""
    left, bottom, right, top = box
    low, high = (left - space, bottom - space), (right + space, top + space)
    return ((boxes[:, :2] < high) & (boxes[:, 2:] > low)).all(axis=1)
