"""Planar river router: parallel lines change their pitch in one layer, none crosses another.

Each line runs straight from its start, jogs once on a track across the channel and runs straight to its end:

    far    |   |        |   |         ends
           |   |        |   |
           +-- | --+    +-+ |         tracks, space + width apart
               +-+ |      | +----+
    near         | |      |      |    starts

A line that goes right (end > start) jogs beyond the start of its right neighbour wherever their jogs would
meet, so it takes a track farther than that neighbour's; lines that go left mirror this. Lines of opposite
direction never meet, because starts and ends are in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.pdk.rules import GRID

_TOLERANCE = 1e-6
Point = tuple[float, float]


@dataclass(frozen=True)
class River:
    """Lines through one channel; all in um.

    Attributes:
        starts: position of each line across the channel at its near side, ascending.
        ends: position of each line at its far side, ascending.
        width: width of a line.
        space: least distance of two lines.

    Raises:
        ValueError: unequal numbers of starts and ends, or two lines closer than width + space, or out of
            order.
    """

    starts: tuple[float, ...]
    ends: tuple[float, ...]
    width: float
    space: float

    def __post_init__(self) -> None:
        if len(self.starts) != len(self.ends):
            raise ValueError(
                f"river: {len(self.starts)} starts but {len(self.ends)} ends; give one end for each start"
            )
        if self.width <= 0 or self.space <= 0:
            raise ValueError(f"river: width {self.width} and space {self.space} must be positive")
        for side, values in (("starts", self.starts), ("ends", self.ends)):
            for i, (a, b) in enumerate(zip(values, values[1:], strict=False)):
                if b - a < self.pitch - _TOLERANCE:
                    raise ValueError(
                        f"river: {side}[{i}] = {a:g} and {side}[{i + 1}] = {b:g} are less than {self.pitch:g}"
                        " um apart or out of order"
                    )

    @property
    def pitch(self) -> float:
        """Least distance of two centre lines."""
        return self.width + self.space

    @property
    def tracks(self) -> list[int]:
        """Track of each line's jog, 0 nearest to the starts; lines that run straight have 0 and use none."""
        count = len(self.starts)
        track = [0] * count
        for i in reversed(range(count)):
            if self.ends[i] > self.starts[i]:
                j = i + 1
                while j < count and self.starts[j] - self.pitch < self.ends[i] - _TOLERANCE:
                    track[i] = max(track[i], track[j] + 1)
                    j += 1
        for i in range(count):
            if self.ends[i] < self.starts[i]:
                j = i - 1
                while j >= 0 and self.starts[j] + self.pitch > self.ends[i] + _TOLERANCE:
                    track[i] = max(track[i], track[j] + 1)
                    j -= 1
        return track

    @property
    def length(self) -> float:
        """Least distance between the near and the far side of the channel."""
        jogs = [t for t, a, b in zip(self.tracks, self.starts, self.ends, strict=True) if a != b]
        return (max(jogs) + 1) * self.pitch + self.space if jogs else 0.0

    def points(self, near: float, far: float) -> list[list[Point]]:
        """Centre line of each line as (across, along) points; the tracks stand in the middle of the channel.

        Args:
            near: position of the starts along the channel.
            far: position of the ends along the channel; may be below near.

        Raises:
            ValueError: the channel is shorter than `length`.
        """
        available = abs(far - near)
        if available < self.length - _TOLERANCE:
            raise ValueError(
                f"river: the channel is {available:g} um long; {len(self.starts)} lines need"
                f" {self.length:g} um"
            )
        sign = 1 if far >= near else -1
        slack = (available - self.length) / 2
        first = round((self.space + self.width / 2 + slack) / GRID) * GRID
        lines = []
        for track, start, end in zip(self.tracks, self.starts, self.ends, strict=True):
            jog = near + sign * (first + track * self.pitch)
            lines.append(
                [(start, near), (end, far)]
                if start == end
                else [(start, near), (start, jog), (end, jog), (end, far)]
            )
        return lines


def river(
    pen: CellWriter,
    metal: str,
    starts: Sequence[float],
    ends: Sequence[float],
    near: float,
    far: float,
    *,
    width: float,
    space: float,
    along: Literal["x", "y"],
) -> None:
    """Draw parallel lines that change their pitch between near and far.

    Args:
        pen: writer of the cell that is drawn.
        metal: layer of all lines.
        starts: y (along "x") or x (along "y") of each line at near, ascending, um.
        ends: the same at far.
        near: x or y of the starts, um.
        far: x or y of the ends, um; above or below near.
        width: width of a line, um.
        space: least distance of two lines, um.
        along: the axis along which the lines run.

    Raises:
        ValueError: the lines are out of order or too close, or the channel is too short.
    """
    for line in River(tuple(starts), tuple(ends), width, space).points(near, far):
        pen.path(metal, [(a, c) if along == "x" else (c, a) for c, a in line], width)
