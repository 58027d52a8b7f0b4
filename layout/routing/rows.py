"""What a cell of bands is made of: strips of fingers, rows of strips, bands of rows. bands.py draws them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neusoc.layout.primitives.fingers import Polarity
from neusoc.layout.routing.tracks import ChannelRow
from neusoc.pdk import rules

FIRST = 1.20  # side of a ring to the first node of a row
GAP = 0.80  # last node of a strip to the first of the next: diffusions 0.50 apart (difftap.15a)
ETCH, ETCH_GAP = (
    0.30,
    0.10,
)  # bar of poly beside the last gate of a matched strip, and its distance from diffusion


@dataclass(frozen=True)
class Strip:
    """One finger row.

    Attributes:
        name: name of the row in the cell.
        path: node gate node ... node; a gate called DUMMY is tied off.
        width, length: size of a finger, um.
        shift: room left free before it, um.
        etch: a bar of poly at either end, so that the outer gates have neighbours as the inner ones.
        x: position of the first node, um, where it must stand; behind the strip before it otherwise.
    """

    name: str
    path: str
    width: float
    length: float
    shift: float = 0.0
    etch: bool = False
    x: float | None = None

    def span(self) -> float:
        """First node to last, um."""
        return len(self.path.split()) // 2 * rules.column_pitch(self.length)

    def margin(self) -> float:
        """Room that its ends take beyond what a plain strip's do, um."""
        return ETCH + ETCH_GAP if self.etch else 0.0


@dataclass(frozen=True)
class Row:
    """Strips of one polarity, left to right, between the taps of one net; voltage 1.8 or 5.0 for all."""

    polarity: Polarity
    rail: str
    strips: tuple[Strip, ...]
    voltage: float = 5.0

    @property
    def kind(self) -> tuple[Polarity, str, float]:
        """Rows of one kind may share a ring."""
        return self.polarity, self.rail, self.voltage

    def placed(self) -> list[ChannelRow]:
        """The strips with the x of their first nodes."""
        x, found = FIRST, []
        for strip in self.strips:
            x = strip.x if strip.x is not None else x + strip.shift + strip.margin()
            found.append(
                ChannelRow(strip.name, round(x, 3), strip.path, strip.width, strip.length, self.voltage)
            )
            x += strip.span() + strip.margin() + GAP
        return found

    def reach(self) -> float:
        """Centre of the ring's right side if this row is the longest, um."""
        last = self.placed()[-1]
        return round(last.x + self.strips[-1].span() + self.strips[-1].margin() + FIRST, 3)

    def widest(self) -> float:
        """Of its fingers, um."""
        return max(strip.width for strip in self.strips)


@dataclass(frozen=True)
class Band:
    """A row with its heads up, and one with its heads down above the same channel, or none."""

    low: Row
    high: Row | None = None

    @property
    def top(self) -> Row:
        """The row whose rail is the upper one."""
        return self.high or self.low

    def rows(self) -> list[tuple[str, Row]]:
        """("low", row), ("high", row)."""
        return [("low", self.low), *([("high", self.high)] if self.high else [])]


def centred(row: Row, right: float) -> Row:
    """The row in the middle of its ring, unless a strip has its place."""
    if any(strip.x is not None for strip in row.strips):
        return row
    first, *others = row.strips
    aside = rules.on_grid((right - row.reach()) / 2)
    return replace(row, strips=(replace(first, shift=first.shift + aside), *others))
