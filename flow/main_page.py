"""The main README's table of figures: rows that were chosen by hand, with limits and values from figures.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.page import read_page
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, with_marked
from neusoc.base.results import Results
from neusoc.base.tables import marked_value, table
from neusoc.flow.reasons import judged

PAGE = ROOT / "README.md"
REACHED = ("<!-- reached: written by make docs; the first four columns by hand -->", "<!-- reached: end -->")
_HEAD = ("what", "step", "figure", "source", "limit", "value")


@dataclass(frozen=True)
class Chosen:
    """A row of the README's first table.

    Attributes:
        what: it says.
        step, name, source: key of its figure, as the row has it.
        said: its last two cells as they stand there: limit and value.
        figure: figure of the results; None if its step has no report.
        stale: flag of a figure that is known to be off.
        wanted: contents of its last two cells as they should be; `not run` without a figure.
    """

    what: str
    step: str
    name: str
    source: str
    said: tuple[str, str]
    figure: Figure | None
    stale: bool = False

    @property
    def wanted(self) -> tuple[str, str]:
        if self.figure is None:
            return "", "not run"
        return judged(self.step, self.figure), marked_value(self.figure) + " (stale)" * self.stale


def _is_stale(results: Results, step: str) -> bool:
    return step in results.steps and results.steps[step].stale is not None


def chosen(page: str, results: Results) -> list[Chosen]:
    """The rows that the README's first table names.

    Raises:
        UserError: a marker is missing, a row has too few cells, or its report has no such figure.
    """
    with_marked(page, PAGE.name, {REACHED: ""})          # without its end the rows of the next table would be taken for its own
    found = {
        (step, figure.name.replace("|", "/"), figure.source): figure
        for step, entry in results.steps.items()
        for figure in entry.report.figures
    }
    rows = []
    for line in page.partition(REACHED[0])[2].partition(REACHED[1])[0].strip().splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 4:
            raise UserError(f"README.md: {line[:60]!r}: a row of its first table needs {', '.join(_HEAD[:4])}; complete it")
        what, step, name, source = cells[0], cells[1].strip("`"), cells[2], cells[3]
        figure = found.get((step, name, source))
        if figure is None and step in results.steps:
            raise UserError(f"README.md: {what!r}: the report `{step}` has no figure {name!r} ({source}); correct the row")
        rows.append(Chosen(what, step, name, source, (*cells[4:6], "", "")[:2], figure, _is_stale(results, step)))
    return rows


def _reached(page: str, results: Results) -> str:
    """The table with its last two columns made anew; errors as of chosen()."""
    return table(_HEAD, [(row.what, f"`{row.step}`", row.name, row.source, *row.wanted) for row in chosen(page, results)])


def main_page(results: Results, page: Path = PAGE) -> str:
    """Text of the main README.

    Raises:
        UserError: the page is gone, a marker is missing, or a row names a figure that its report has not.
    """
    text = read_page(page)
    return with_marked(text, page.name, {REACHED: _reached(text, results)})
