"""Tables of README.md, of the reports of all kinds: a line a figure, a column a scenario where these are alike (`make docs`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neusoc.base.report import Figure, Report
from neusoc.base.tables import limit_list, marked_number, table
from neusoc.verification.mixed.jobs.scenarios import JOBS
from neusoc.verification.mixed.supplies.scenarios import ORDERS

KINDS = ("events", "images", "jobs", "learning", "supplies")
MARKERS = {kind: (f"<!-- {kind}: written by make docs -->", f"<!-- {kind}: end -->") for kind in KINDS}


def _by_scenario(report: Report, names: Iterable[str]) -> dict[str, dict[str, Figure]]:
    """scenario -> figure without the scenario's name -> figure; nothing under a scenario that did not run or did not come to its end."""
    found: dict[str, dict[str, Figure]] = {name: {} for name in names}
    for figure in report.figures:
        scenario, _, name = figure.name.partition(".")
        if scenario in found and name != "completed":
            found[scenario][name] = figure
    return found


def _cell(figures: Mapping[str, Figure], name: str) -> str:
    """A scenario's figure in a table of scenarios."""
    if not figures:
        return "not run"
    figure = figures.get(name)
    return "-" if figure is None or figure.value is None else marked_number(figure)


def _across(report: Report, names: Iterable[str]) -> str:
    """All figures of scenarios as Markdown, a column a scenario."""
    cells = _by_scenario(report, names)
    shown = dict.fromkeys(f for of_scenario in cells.values() for f in of_scenario)
    rows = []
    for name in shown:
        ones = [of_scenario[name] for of_scenario in cells.values() if name in of_scenario]
        limits = dict.fromkeys(limit_list(f.min, f.max) or "-" for f in ones)           # some are asked of one scenario alone
        units = dict.fromkeys(f.unit for f in ones)
        rows.append([name, " or ".join(units), " or ".join(limits), *(_cell(of_scenario, name) for of_scenario in cells.values())])
    return table(["figure", "unit", "limit", *cells], rows)


def jobs_table(report: Report) -> str:
    """Figures of every scenario of jobs as Markdown."""
    return _across(report, JOBS)


def supplies_table(report: Report) -> str:
    """Figures of every order as Markdown."""
    return _across(report, ORDERS)


def learning_table(report: Report) -> str:
    """All figures with their limits as Markdown."""
    rows = [(f.name, f.unit, limit_list(f.min, f.max), marked_number(f)) for f in report.figures]
    return table(("figure", "unit", "limit", "value"), rows)
