"""status.json: what a release is judged by. A line a step: verdict, numbers of figures, commit, and the few
figures that are published.

`neusoc publish` takes the steps of build/reports into it; all other figures of a run stay in build/, where
`make docs` shows them. Which figures are published stands in judged.yaml, and in the `key` of each block's
datasheet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Literal

from neusoc.analog.bench.datasheet import blocks, datasheet
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.tables import limits, marked_value, table
from neusoc.base.yaml_file import read_model
from neusoc.flow.steps import Step, registry
from pydantic import BaseModel, ConfigDict, RootModel

FILE = ROOT / "status.json"
JUDGED = Path(__file__).with_name("judged.yaml")
STRONGEST = (
    "extracted",
    "gds",
    "netlist",
    "sta",
    "simulation",
    "rtl",
    "lef",
    "measured",
    "schematic",
)  # of a figure's sources


class Headline(BaseModel):
    """A row of README's table: its words, and the figure of a step."""

    model_config = ConfigDict(extra="forbid")
    what: str
    step: str
    figure: str


class Judged(BaseModel):
    """judged.yaml: README's rows, and step -> further figures."""

    model_config = ConfigDict(extra="forbid")
    headlines: list[Headline]
    others: dict[str, list[str]]


class Row(BaseModel):
    """The published state of a step.

    Attributes:
        verdict: verdict over all reports of the step.
        figures, missed: number of figures with limits, and of those that do not keep them.
        commit, date: newest of its reports.
        judged: published figures, named `<cell> <figure>` where the step has a report for each of several
            cells.
    """

    model_config = ConfigDict(extra="forbid")
    verdict: Literal["pass", "fail", "not run"]
    figures: int = 0
    missed: int = 0
    commit: str | None = None
    date: str | None = None
    judged: list[Figure] = []


class _File(RootModel[dict[str, Row]]):
    """Step -> row."""


@cache
def judged() -> Judged:
    """judged.yaml; errors as of read_model()."""
    return read_model(JUDGED, Judged, f"`git checkout flow/{JUDGED.name}` restores it")


def read_status(path: Path = FILE) -> dict[str, Row]:
    """Step -> row of status.json; errors as of read_model()."""
    return read_model(path, _File, f"`git checkout {FILE.name}` restores it").root


def wanted(step: str) -> list[str]:
    """Names of a step's published figures."""
    names = [row.figure for row in judged().headlines if row.step == step] + judged().others.get(step, [])
    block = step.removeprefix("analog.")
    if step != block and block in blocks():
        names += datasheet(block).key
    return list(dict.fromkeys(names))


def row_of(step: Step, reports: Iterable[Report]) -> Row:
    """The state of a step by its reports; of a figure with several sources the strongest source counts.

    Raises:
        UserError: judged.yaml names a figure that none of the reports has.
    """
    reports = list(reports)
    run = [report for report in reports if not report.not_run]
    if not run:
        return Row(verdict="not run")
    named: dict[str, Figure] = {}
    for report in run:
        cell = "" if report.step == step.name else report.step.rpartition(".")[2] + " "
        for figure in sorted(report.figures, key=lambda f: STRONGEST.index(f.source), reverse=True):
            named[cell + figure.name] = figure.model_copy(update={"name": cell + figure.name})
    if lost := [name for name in wanted(step.name) if name not in named]:
        raise UserError(
            f"{JUDGED.name}: {step.name} has no figure {lost[0]!r}; correct the name, or run the step again"
        )
    limited = [
        f
        for report in run
        for f in report.figures
        if f.value is None or f.min is not None or f.max is not None
    ]
    newest = max(run, key=lambda report: report.date or "")
    missed = sum(not figure.passes for figure in limited)
    verdict: Literal["pass", "fail"] = "fail" if any(report.verdict == "fail" for report in run) else "pass"
    return Row(
        verdict=verdict,
        figures=len(limited),
        missed=missed,
        commit=newest.commit,
        date=newest.date,
        judged=[named[name] for name in wanted(step.name)],
    )


def published(reports: dict[str, Report], before: dict[str, Row]) -> dict[str, Row]:
    """Rows with those of the steps renewed of which every report is there; others stay as they were, and gone
    steps go."""
    rows = {}
    for step in registry().values():
        complete = all(name in reports for name in step.reports)
        if complete:
            rows[step.name] = row_of(step, [reports[name] for name in step.reports])
        elif step.name in before:
            rows[step.name] = before[step.name]
    return dict(sorted(rows.items()))


def status_text(rows: dict[str, Row]) -> str:
    """The file's text: a line a step, a line a published figure, without fields that say nothing."""

    def line(row: Row) -> str:
        head = json.dumps(row.model_dump(exclude={"judged"}, exclude_defaults=True))
        figures = [
            json.dumps(f.model_dump(exclude={"passes"}, exclude_defaults=True), ensure_ascii=False)
            for f in row.judged
        ]
        inside = ",\n".join(f"   {figure}" for figure in figures)
        return f'{head[:-1]}, "judged": [\n{inside}\n  ]}}' if figures else head

    return (
        "{\n"
        + ",\n".join(f" {json.dumps(name)}: {line(row)}" for name, row in sorted(rows.items()))
        + "\n}\n"
    )


def value_of(rows: dict[str, Row], step: str, name: str) -> Figure | None:
    """A published figure; None where nobody ran the step."""
    return (
        next((figure for figure in rows[step].judged if figure.name == name), None) if step in rows else None
    )


def shown(figure: Figure | None) -> tuple[str, str]:
    """Limit and value of a figure as a table has them; bold where the limit is not kept."""
    return ("", "not run") if figure is None else (limits(figure), marked_value(figure))


def headlines_table(rows: dict[str, Row]) -> str:
    """README's table."""
    lines = [
        (row.what, *shown(value_of(rows, row.step, row.figure)), f"`{row.step}`")
        for row in judged().headlines
    ]
    return table(("what", "limit", "value", "step"), lines, right=(2,))


def key_table(rows: dict[str, Row], block: str) -> str:
    """The key figures of a block's README: the worst over the datasheet's conditions, on the extracted
    netlist where it has one."""
    lines = []
    for name in datasheet(block).key:
        figure = value_of(rows, f"analog.{block}", name)
        lines.append(
            (
                f"{name}: {datasheet(block).parameters[name].description}",
                *shown(figure),
                figure.source if figure else "",
            )
        )
    return table(("figure", "limit", "value", "of the"), lines, right=(2,))
