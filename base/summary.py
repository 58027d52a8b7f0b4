"""Reports as tables on the terminal."""

from __future__ import annotations

from neusoc.base.errors import UserError
from neusoc.base.paths import REPORTS
from neusoc.base.report import Report, read_report
from neusoc.base.tables import limits
from rich.console import Console
from rich.table import Table

_COLOUR = {"pass": "green", "fail": "red", "not run": "yellow"}


def _mark(report: Report) -> str:
    colour = _COLOUR[report.verdict]
    return f"[{colour}]{report.verdict}[/{colour}]"


def print_reports(reports: list[Report]) -> None:
    """One line a report; the failing figures below it."""
    console = Console(soft_wrap=True)
    for report in reports:
        console.print(
            f"{_mark(report):20s} {report.step}  ({report.seconds:.1f}"
            f" s){'  ' + report.not_run if report.not_run else ''}"
        )
        for figure in report.figures:
            if not figure.passes:
                console.print(
                    f"        {figure.name} = {figure.value} {figure.unit}  ({limits(figure)},"
                    f" {figure.source})",
                    style="red",
                )
        if report.verdict == "fail":
            for name, path in report.files.items():
                console.print(f"        {name}: {path}")


def print_all() -> None:
    """Every report under build/reports in one table.

    Raises:
        UserError: there is none, or one is not of the schema.
    """
    paths = sorted(REPORTS.rglob("*.json"))
    if not paths:
        raise UserError(
            "build/reports: no report yet; run `make gds`, `make drc`, `make lvs` or `make test` first"
        )
    table = Table("step", "verdict", "figure", "value", "limits", "source", "seconds")
    for path in paths:
        report = read_report(path)
        table.add_section()
        first = (report.step, _mark(report), report.not_run or "", "", "", "", f"{report.seconds:.1f}")
        if report.not_run or not report.figures:
            table.add_row(*first)
        for i, figure in enumerate(report.figures):
            value = "missing" if figure.value is None else f"{figure.value:g} {figure.unit}"
            style = None if figure.passes else "red"
            head, seconds = (first[:2], first[6]) if i == 0 else (("", ""), "")
            table.add_row(*head, figure.name, value, limits(figure), figure.source, seconds, style=style)
    Console().print(table)


def missed(steps: list[str]) -> bool:
    """Print the reports of these steps that do not pass; returns whether there is one."""
    failed = [r for r in (read_report(REPORTS / f"{step}.json") for step in steps) if r.verdict != "pass"]
    print_reports(failed)
    return bool(failed)
