"""What an array of a given size consists of: the one description that layout, netlist and symbol follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from neusoc.base.errors import UserError
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.rules import HVI_TO_TAP

TILE = 64  # rows and columns of a full tile
LEAST, MOST = 8, 256
RING_SPACE = round(dim.TAP_SPACE - dim.DIFF_SPACE / 2, 3)  # um, edge of the cells to the tap ring
MARGIN = round(RING_SPACE + dim.TAP + HVI_TO_TAP, 3)  # um, edge of the cells to the edge of the array


def _even_size(field: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"array: {field} is {value!r}; choose an even whole number from {LEAST} to {MOST}")
    if value % 2 or not LEAST <= value <= MOST:
        raise UserError(f"array: {field} is {value}; choose an even number from {LEAST} to {MOST}")
    return value


def _split(total: int, part: int, least: int = 1) -> tuple[int, ...]:
    """total as full parts and what remains; a remainder below least takes from the part before it."""
    full, rest = divmod(total, part)
    if not rest:
        return (part,) * full
    if full and rest < least:
        return (part,) * (full - 1) + (part - least + rest, least)
    return (part,) * full + (rest,)


def _starts(lengths: list[float]) -> tuple[float, ...]:
    """Where each of several lengths begins, laid end to end."""
    return tuple(round(sum(lengths[:i]), 3) for i in range(len(lengths)))


@dataclass(frozen=True)
class Tile:
    """A rectangle of synapse pairs with the straps among its columns; origin at its lower left corner.

    Attributes:
        rows: word lines, even.
        columns: bit lines, even.
    """

    rows: int
    columns: int

    @property
    def name(self) -> str:
        return f"array_tile_{self.rows}x{self.columns}"

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """Columns of each strap block, left to right."""
        return _split(self.columns, dim.STRAP_COLUMNS)

    @cached_property
    def runs(self) -> tuple[tuple[float, int], ...]:
        """(x of the left edge, columns) of each uninterrupted run of columns."""
        runs, x = [], 0.0
        for columns in self.blocks:
            left = columns // 2
            runs.append((round(x, 3), left))
            x += left * dim.PITCH_X + dim.STRAP_WIDTH
            runs.append((round(x, 3), columns - left))
            x += (columns - left) * dim.PITCH_X
        return tuple(runs)

    @cached_property
    def straps(self) -> tuple[float, ...]:
        """x of the left edge of each strap."""
        return tuple(round(x + columns * dim.PITCH_X, 3) for x, columns in self.runs[::2])

    @cached_property
    def bit_lines(self) -> tuple[float, ...]:
        """x of each bit line."""
        return tuple(
            round(x + (i + 0.5) * dim.PITCH_X, 3) for x, columns in self.runs for i in range(columns)
        )

    @property
    def width(self) -> float:
        return round(self.columns * dim.PITCH_X + len(self.blocks) * dim.STRAP_WIDTH, 3)

    @property
    def height(self) -> float:
        return round(self.rows // 2 * dim.PAIR_PITCH, 3)


@dataclass(frozen=True)
class Plan:
    """An array; origin at the lower left corner of its cells (the tap ring lies outside).

    Attributes:
        rows: word lines, even, 8 to 256.
        columns: bit lines, even, 8 to 256.

    Raises:
        UserError: a size is odd, out of range or no whole number.
    """

    rows: int
    columns: int

    def __post_init__(self) -> None:
        _even_size("rows", self.rows)
        _even_size("columns", self.columns)

    @property
    def name(self) -> str:
        return f"array_{self.rows}x{self.columns}"

    @cached_property
    def tile_rows(self) -> tuple[int, ...]:
        """Rows of each row of tiles, bottom up."""
        return _split(self.rows, TILE, LEAST)

    @cached_property
    def tile_columns(self) -> tuple[int, ...]:
        """Columns of each column of tiles, left to right."""
        return _split(self.columns, TILE, LEAST)

    @property
    def tiled(self) -> bool:
        """Whether tiles stand between the array and its pairs."""
        return len(self.tile_rows) * len(self.tile_columns) > 1

    @cached_property
    def tile_x(self) -> tuple[float, ...]:
        """x of the left edge of each column of tiles."""
        return _starts([Tile(2, n).width for n in self.tile_columns])

    @cached_property
    def tile_y(self) -> tuple[float, ...]:
        """y of the bottom edge of each row of tiles."""
        return _starts([Tile(n, 2).height for n in self.tile_rows])

    @cached_property
    def bit_lines(self) -> tuple[float, ...]:
        """x of bl[0], bl[1] ..."""
        return tuple(
            round(x + b, 3)
            for x, n in zip(self.tile_x, self.tile_columns, strict=True)
            for b in Tile(2, n).bit_lines
        )

    @cached_property
    def straps(self) -> tuple[float, ...]:
        """x of the left edge of each strap."""
        return tuple(
            round(x + s, 3)
            for x, n in zip(self.tile_x, self.tile_columns, strict=True)
            for s in Tile(2, n).straps
        )

    @cached_property
    def source_lines(self) -> tuple[float, ...]:
        """y of sl[0], sl[1] ..."""
        return tuple(round((i + 0.5) * dim.PAIR_PITCH, 3) for i in range(self.rows // 2))

    @cached_property
    def word_lines(self) -> tuple[float, ...]:
        """y of wl[0], wl[1] ..."""
        return tuple(round(y + side * dim.WL_Y, 3) for y in self.source_lines for side in (-1, 1))

    @property
    def width(self) -> float:
        """um, cells and straps."""
        return round(self.tile_x[-1] + Tile(2, self.tile_columns[-1]).width, 3)

    @property
    def height(self) -> float:
        """um, cells."""
        return round(self.rows // 2 * dim.PAIR_PITCH, 3)

    @property
    def area_per_cell(self) -> float:
        """um2, the whole array with straps, taps and ring over its cells."""
        return (self.width + 2 * MARGIN) * (self.height + 2 * MARGIN) / (self.rows * self.columns)

    @property
    def pins(self) -> list[str]:
        """Pins in the order of the subcircuit."""
        return [
            *(f"wl[{i}]" for i in range(self.rows)),
            *(f"bl[{i}]" for i in range(self.columns)),
            *(f"sl[{i}]" for i in range(self.rows // 2)),
            "vss",
        ]


def cell_area(rows: int, columns: int) -> float:
    """Area of an array over the number of its cells; straps, taps and the tap ring counted.

    Returns:
        um2 a cell.

    Raises:
        UserError: a size is odd or out of range.
    """
    return Plan(rows, columns).area_per_cell
