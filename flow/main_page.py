"""The main README's two tables of figures: rows that were chosen by hand with limits and values from figures.json, and every miss."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import with_marked
from neusoc.base.results import Results
from neusoc.base.tables import limits, marked_value, table

PAGE = ROOT / "README.md"
REACHED = ("<!-- reached: written by make docs; the first four columns by hand -->", "<!-- reached: end -->")
MISSED = ("<!-- missed: written by make docs -->", "<!-- missed: end -->")
_HEAD = ("what", "step", "figure", "source", "limit", "value")


def _reached(page: str, results: Results) -> str:
    """The table with its last two columns made anew; `not run` where its step has no report.

    Raises:
        UserError: the report has no such figure.
    """
    found = {
        (f"`{step}`", figure.name.replace("|", "/"), figure.source): figure
        for step, entry in results.steps.items()
        for figure in entry.report.figures
    }
    rows = []
    for line in page.partition(REACHED[0])[2].partition(REACHED[1])[0].strip().splitlines()[2:]:
        what, *key = [cell.strip() for cell in line.strip().strip("|").split("|")][:4]
        figure = found.get((key[0], key[1], key[2]))
        if figure is None and key[0].strip("`") in results.steps:
            raise UserError(f"README.md: {what!r}: the report {key[0]} has no figure {key[1]!r} ({key[2]}); correct the row")
        rows.append((what, *key, *((limits(figure), marked_value(figure)) if figure else ("", "not run"))))
    return table(_HEAD, rows)


def _missed(results: Results) -> str:
    rows = []
    for step, entry in results.steps.items():
        names = dict.fromkeys(f.name.replace("|", "/") for f in entry.report.figures if not f.passes and not entry.report.not_run)
        if names:
            rows.append((f"`{step}`", ", ".join(names)))
    return table(("step", "figures"), rows)


def main_page(results: Results, page: Path = PAGE) -> str:
    """Text of the main README.

    Raises:
        UserError: a marker is missing, or a row names a figure that its report has not.
    """
    text = page.read_text()
    return with_marked(text, page.name, {REACHED: _reached(text, results), MISSED: _missed(results)})
