"""A job on its way: what was asked, what is done, and what is left, as cells and regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from neusoc.base.chip import read_chip_file
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation, Outcome
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Identity(NamedTuple):
    """What a chip tells of itself: sizes of the array, neurons, places for results and levels."""

    rows: int
    columns: int
    neurons: int
    results: int
    levels: int

    @property
    def variant(self) -> str | None:
        """The variant of chip.yaml that has these sizes; None: none has."""
        told = (self.rows, self.columns, self.neurons)
        return next(
            (name for name, v in read_chip_file().variants.items() if (v.rows, v.columns, v.neurons) == told),
            None,
        )


class Region(NamedTuple):
    """A rectangle of cells, both ends included: as register REGION."""

    row_first: int
    row_last: int
    col_first: int
    col_last: int

    @property
    def columns(self) -> int:
        return self.col_last - self.col_first + 1

    @property
    def size(self) -> int:
        """Number of cells."""
        return (self.row_last - self.row_first + 1) * self.columns

    def cell(self, index: int) -> tuple[int, int]:
        """Row and column of a cell, counted row by row."""
        return self.row_first + index // self.columns, self.col_first + index % self.columns

    def rest(self, done: int) -> Iterator[Region]:
        """What is left of it, as rectangles in the order of the cells: the end of a row, then whole rows.

        Args:
            done: cells that are done, from the first on.
        """
        row, col = self.cell(done)
        if col > self.col_first:
            yield Region(row, row, col, self.col_last)
            row += 1
        if row <= self.row_last:
            yield Region(row, self.row_last, self.col_first, self.col_last)


class Cell(NamedTuple):
    """Result of one cell: outcome, pulses that it took, the last code read."""

    row: int
    col: int
    outcome: Outcome
    pulses: int
    code: int


@dataclass
class Progress:
    """One operation on a region, and the results so far. Chip.run() takes it on from where it is, at the
    first call as after an interrupt.

    Attributes:
        operation: FORM, SET, RESET, READ, PROGRAM, REFRESH or OFFSET.
        region: the cells.
        chip: the chip that it is for.
        levels: PROGRAM: one a cell, row by row; otherwise empty.
        results: results in the order of the cells.
    """

    operation: Operation
    region: Region
    chip: Identity
    levels: list[int] = field(default_factory=list)
    results: list[Cell] = field(default_factory=list)

    def __post_init__(self) -> None:
        r, size = self.region, self.chip
        if not (0 <= r.row_first <= r.row_last < size.rows and 0 <= r.col_first <= r.col_last < size.columns):
            raise UserError(
                f"{self.title}: not inside {size.rows} rows and {size.columns} columns; choose cells that the"
                " chip has"
            )
        wanted = r.size if self.operation == Operation.PROGRAM else 0
        if len(self.levels) != wanted:
            raise UserError(f"{self.title}: {len(self.levels)} levels for {r.size} cells; give {wanted}")
        if bad := [level for level in self.levels if not 0 <= level <= 0xFF]:
            raise UserError(f"{self.title}: {bad[0]} is no level; give numbers from 0 to GRID.max_level")

    @property
    def title(self) -> str:
        """For sentences."""
        r = self.region
        return (
            f"{self.operation.name} of rows {r.row_first} to {r.row_last}, columns {r.col_first} to"
            f" {r.col_last}"
        )

    @property
    def finished(self) -> bool:
        """Whether all cells have a result."""
        return len(self.results) == self.region.size

    def rest(self) -> Iterator[tuple[Region, list[int]]]:
        """Regions that are left, with the levels of each."""
        at = len(self.results)
        for region in self.region.rest(at):
            yield region, self.levels[at : at + region.size]
            at += region.size

    def codes(self) -> Ints:
        """Last code of each cell, (rows, columns) of the region.

        Raises:
            UserError: cells are left.
        """
        if not self.finished:
            raise UserError(
                f"{self.title}: {len(self.results)} of {self.region.size} cells are done; run the rest first"
            )
        return np.array([cell.code for cell in self.results], np.int64).reshape(-1, self.region.columns)

    def faults(self) -> dict[tuple[int, int], Outcome]:
        """(row, column) -> outcome of the cells that did not come to where they should."""
        return {(cell.row, cell.col): cell.outcome for cell in self.results if cell.outcome != Outcome.OK}


def known_regions(levels: Ints) -> list[Region]:
    """Rectangles that cover all cells of a map whose entry is not negative, each once: equal stretches of
    neighbouring rows are joined."""
    found: list[Region] = []
    open_until: dict[
        tuple[int, int], int
    ] = {}  # stretch of columns -> index of the rectangle that the row before ended
    for row, line in enumerate(levels):
        now: dict[tuple[int, int], int] = {}
        for first, last in _stretches(line >= 0):
            at = open_until.get((first, last))
            if at is None:
                at = len(found)
                found.append(Region(row, row, first, last))
            else:
                found[at] = found[at]._replace(row_last=row)
            now[first, last] = at
        open_until = now
    return found


def _stretches(known: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(end) - 1
