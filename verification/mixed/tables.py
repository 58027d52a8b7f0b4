"""Tables of README.md, of the reports of jobs, supplies, learning and images: a line a figure, a column a scenario (`make docs`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neusoc.base.report import Figure, Report
from neusoc.base.tables import limit_list, marked_number, table
from neusoc.verification.mixed.jobs.scenarios import JOBS
from neusoc.verification.mixed.supplies.scenarios import IMAGE_ORDERS, ORDERS

KINDS = ("jobs", "supplies", "learning", "images", "image_supplies", "image_learning")
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


def jobs_table(report: Report) -> str:
    """Figures of every job as Markdown: those with an upper limit, times, energies."""
    cells = _by_scenario(report, JOBS)
    every = dict.fromkeys(f for of_job in cells.values() for f in of_job)
    ones = {name: [of_job[name] for of_job in cells.values() if name in of_job] for name in every}
    shown = [name for name in every if any(f.max is not None or f.unit in ("us", "pJ", "ns") for f in ones[name])]

    def unit(name: str) -> str:
        units = {f.unit for f in ones[name]}
        return units.pop() if len(units) == 1 else ""

    return table(["figure", "unit", *cells], [[f, unit(f), *(_cell(of_job, f) for of_job in cells.values())] for f in shown])


def supplies_table(report: Report) -> str:
    """Figures of every order as Markdown."""
    cells = _by_scenario(report, IMAGE_ORDERS if report.step == "mixed_supplies.image" else ORDERS)
    shown = dict.fromkeys(f for of_order in cells.values() for f in of_order if f != "cells")
    rows = []
    for name in shown:
        ones = [of_order[name] for of_order in cells.values() if name in of_order]
        limits = dict.fromkeys(limit_list(f.min, f.max) or "-" for f in ones)           # some are asked of a pulse alone
        rows.append([name, ones[0].unit, " or ".join(limits), *(_cell(of_order, name) for of_order in cells.values())])
    return table(["figure", "unit", "limit", *cells], rows)


def learning_table(report: Report) -> str:
    """All figures with their limits as Markdown."""
    rows = [(f.name, f.unit, limit_list(f.min, f.max), marked_number(f)) for f in report.figures]
    return table(("figure", "unit", "limit", "value"), rows)
