"""What other chips reach beside what this one does: others.yaml with its figures filled in, for docs/02-chip/comparison.md."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import cast

from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Source
from neusoc.base.results import NoFigure, Results, figure_value, find_figure
from neusoc.base.tables import marked_value, table
from neusoc.base.yaml_file import read_model
from neusoc.flow.image_sums import area_figures, energy_figures, figure
from neusoc.flow.steps import step_of_report
from pydantic import BaseModel, ConfigDict, RootModel

FILE = Path(__file__).with_name("others.yaml")
SUMS = {"area": area_figures, "energy": energy_figures}        # of flow/image_sums.py
STEP = "adc step"
_FIGURE = re.compile(r"\{([^{}]+)\}")


class Other(BaseModel):
    """A row.

    Attributes:
        who: chip, and where it was published.
        there: figures that it reaches.
        here: figures of this chip.
        note: reason why they differ, or cannot be set against each other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    who: str
    there: str
    here: str
    note: str


class Others(RootModel[list[Other]]):
    """All rows."""


@cache
def others(path: Path = FILE) -> list[Other]:
    """The rows.

    Raises:
        UserError: the file cannot be read, or a row lacks a cell.
    """
    return read_model(path, Others, "rows of who, there, here and note").root


def converter_step(results: Results) -> Figure:
    """Energy of a conversion over the steps that it tells apart.

    Raises:
        NoFigure: the converter was not measured.
    """
    energy = figure_value(results, "analog.sense_adc", "energy nominal", "extracted")
    return figure(STEP, energy / 2 ** figure_value(results, "analog.sense_adc", "enob_sine nominal", "extracted"), "pJ")


def _found(results: Results, name: str) -> Figure:
    """A figure by its name in the file; errors as of with_values()."""
    if name == STEP:
        return converter_step(results)
    step, _, rest = name.partition(": ")
    if step in SUMS:
        for one in SUMS[step](results):
            if one.name == rest:
                return one
    elif step in step_of_report():
        wanted, _, source = rest.rpartition(", ")
        return find_figure(results, step, wanted, cast("Source", source))
    raise UserError(f"{FILE.name}: {name!r} is neither a sum nor a figure of a step; correct it")


def with_values(text: str, results: Results) -> str:
    """A cell with its figures in place of their names; `not run` where one was not obtained.

    Raises:
        UserError: a name is of no step and of no sum.
    """

    def value(match: re.Match[str]) -> str:
        try:
            return marked_value(_found(results, match[1]))
        except NoFigure as missing:
            return f"not run (`{step_of_report()[missing.step].command}`)"

    return _FIGURE.sub(value, text)


def others_table(results: Results) -> str:
    """All rows as Markdown; errors as of with_values()."""
    rows = [(one.who, one.there, *(with_values(text, results) for text in (one.here, one.note))) for one in others()]
    return table(("who", "there", "this chip, simulated", "so it is"), rows)
