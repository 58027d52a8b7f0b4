"""Tables II to IV of V. Saxena, "Neuromorphic Computing: From Devices to Integrated Circuits", 2020, with
this chip's rows below.

This chip's rows stand in review.yaml with `{step: figure}` in the place of each number; the numbers are those
of status.json.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.tables import marked_value, table
from neusoc.base.yaml_file import read_model
from neusoc.flow.status import Row, value_of, wanted
from neusoc.flow.steps import registry
from pydantic import BaseModel, ConfigDict, RootModel

FILE = Path(__file__).with_name("review.yaml")
_INTRODUCTION = (
    "All figures of this chip are simulated; most chips of table IV are silicon. Numbers in brackets are the"
    " review's references.\n"
)
_NUMBER = re.compile(r"\{([\w.]+): ([^}]+)\}")


class Line(BaseModel):
    """A row: numbers of its references in the review and its cells; or a heading within the table."""

    model_config = ConfigDict(extra="forbid")
    cites: list[int] = []
    cells: list[str] = []
    section: str = ""


class Table(BaseModel):
    """A table of the review.

    Attributes:
        caption, head, notes, rows: contents of the review's table.
        this_chip: rows of this chip.
    """

    model_config = ConfigDict(extra="forbid")
    caption: str
    head: list[str]
    notes: list[str]
    rows: list[Line]
    this_chip: list[list[str]]


class _File(RootModel[dict[str, Table]]):
    """Number of the table -> table."""


def _cells(line: Line, width: int) -> list[str]:
    if line.section:
        return [f"*{line.section}*", *[""] * (width - 1)]
    cites = f" [{', '.join(map(str, line.cites))}]" if line.cites else ""
    return [line.cells[0] + cites, *line.cells[1:]]


def _filled(cell: str, rows: dict[str, Row]) -> str:
    """A cell with its numbers; the command in place of a number that nobody obtained."""

    def number(match: re.Match[str]) -> str:
        step, name = match[1], match[2]
        if step not in registry() or name not in wanted(step):
            raise UserError(f"{FILE.name}: {match[0]}: not a published figure; name it in judged.yaml")
        figure = value_of(rows, step, name)
        return marked_value(figure).replace("*", "") if figure else f"not run: {registry()[step].command}"

    return _NUMBER.sub(number, cell)


def review_text(rows: dict[str, Row]) -> str:
    """The three tables as Markdown.

    Raises:
        UserError: a row has another number of cells than its head, or names a figure that is not published.
    """
    parts = [_INTRODUCTION]
    for number, one in read_model(
        FILE, _File, f"`git checkout flow/page/{FILE.name}` restores it"
    ).root.items():
        lines = [_cells(line, len(one.head)) for line in one.rows]
        lines += [[_filled(cell, rows) for cell in cells] for cells in one.this_chip]
        if wrong := [line[0] for line in lines if len(line) != len(one.head)]:
            raise UserError(
                f"{FILE.name}: table {number}, {wrong[0]}: {len(one.head)} cells are wanted; complete the row"
            )
        notes = "".join(f"- {note}\n" for note in one.notes)
        parts.append(f"## Table {number}: {one.caption}\n\n{table(one.head, lines)}\n{notes}")
    return "\n".join(parts)
