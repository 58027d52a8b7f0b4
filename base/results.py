"""The reports of a folder, by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.paths import REPORTS
from neusoc.base.report import Figure, Report, read_report


@dataclass(frozen=True)
class Results:
    """Name of a report -> the report."""

    reports: dict[str, Report] = field(default_factory=dict)

    def report(self, step: str) -> Report | None:
        """The report of a step that ran."""
        report = self.reports.get(step)
        return None if report is None or report.not_run else report

    def figure(self, step: str, name: str, source: str | None = None) -> Figure | None:
        """A figure of a step that ran, with or without a value; source: the source that is wanted, if the
        figure has several."""
        report = self.report(step)
        return (
            next((f for f in report.figures if f.name == name and source in (None, f.source)), None)
            if report
            else None
        )


def read_results(folder: Path = REPORTS) -> Results:
    """All reports below a folder; errors as of read_report()."""
    reports = (read_report(path) for path in sorted(folder.rglob("*.json")))
    return Results({report.step: report for report in reports})
