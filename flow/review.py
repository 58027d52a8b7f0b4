"""The review's tables II, III and IV, read from review.yaml: what V. Saxena 2020 says of other neurons, algorithms and chips."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_model
from pydantic import BaseModel, ConfigDict, model_validator

FILE = Path(__file__).with_name("review.yaml")
PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "μ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_AMOUNT = re.compile(r"(?<![\w.])([\d.,]+)(?:-[\d.,]+)?\s?([fpnμm]?)[JW%]|^([\d,]+)$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Strict):
    """A line of a table: the heading of a section, or cells.

    Attributes:
        section: heading of the lines below it.
        cites: numbers of its sources in the review.
        cells: cells as they stand there; one without a name belongs to the line above it.
    """

    section: str = ""
    cites: tuple[int, ...] = ()
    cells: tuple[str, ...] = ()


class Table(_Strict):
    """One of the review's tables.

    Attributes:
        caption: its text.
        head: names of the columns, the first that of the row's name.
        notes: below it.
        rows: its lines.
    """

    caption: str
    head: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]

    @model_validator(mode="after")
    def _whole(self) -> Table:
        for row in self.rows:
            if bool(row.section) == bool(row.cells) or (row.cells and len(row.cells) != len(self.head)):
                raise ValueError(f"a row of {len(row.cells)} cells under a head of {len(self.head)}: {row.section or row.cells[:1]}")
        return self

    def lines(self) -> list[list[str]]:
        """Cells of all lines, sources in brackets behind the name."""
        rest = [""] * (len(self.head) - 1)
        return [
            [f"*{row.section}*", *rest] if row.section else [" ".join((row.cells[0], *(f"[{n}]" for n in row.cites))), *row.cells[1:]]
            for row in self.rows
        ]


class Review(_Strict):
    """The three tables."""

    II: Table
    III: Table
    IV: Table


@cache
def review(path: Path = FILE) -> dict[str, Table]:
    """Number of the table -> the table.

    Raises:
        UserError: the file cannot be read, lacks a table, or a row has too few or too many cells.
    """
    found = read_model(path, Review, "tables II, III and IV, each with caption, head, notes and rows of as many cells as the head")
    return {"II": found.II, "III": found.III, "IV": found.IV}


def cell_of(table: str, design: str, column: str) -> str:
    """A cell of the first row with that name.

    Raises:
        UserError: there is no such row or column.
    """
    one = review()[table]
    row = next((row for row in one.rows if row.cells and row.cells[0] == design), None)
    if row is None or column not in one.head:
        raise UserError(f"{FILE.name}: table {table} has no {design!r} with {column!r}; give it back or correct flow/comparison.py")
    return row.cells[one.head.index(column)]


def amount(cell: str) -> float:
    """The first amount in a cell: J, W or percent, the lower end of a range; or the whole cell as a number.

    Raises:
        UserError: it holds none.
    """
    found = _AMOUNT.search(cell)
    if found is None:
        raise UserError(f"{FILE.name}: {cell!r} holds no amount; compare with a cell that has one")
    if found[3]:
        return float(found[3].replace(",", ""))
    return float(found[1].replace(",", "")) * PREFIXES[found[2]]
