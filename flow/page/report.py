"""Verdict on the page: its size and what a browser finds."""

from __future__ import annotations

from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import size
from neusoc.base.tools import version
from neusoc.flow.npm import VIEWER, Absent
from neusoc.flow.page.browser import Found, check
from neusoc.flow.page.build import build_page

MOST_MB = 15.0
NOT_RUN = "not run: "
CHECKS = {
    "errors": "errors and warnings of the browser",
    "links": "links that lead nowhere",
    "pictures": "pictures that do not load",
    "keyboard": "faults of operation by keyboard",
    "narrow": "faults on a narrow screen",
    "viewer": "layouts that cannot be zoomed",
    "paper": "faults on paper",
    "axe": "violations of accessibility rules, dark and light",
}


def report_of(index: Path, found: Found | str, seconds: float) -> Report:
    """A report of a page.

    Args:
        index: its index.html.
        found: findings of the browser; or why there is none.
        seconds: time that it all took, s.
    """
    figures = [
        Figure(
            name="size", value=round(size(index.parent) / 1e6, 2), unit="MB", max=MOST_MB, source="measured"
        )
    ]
    texts, tools = {}, {"openseadragon": VIEWER.name.partition("@")[2], "klayout": version("klayout")}
    for key, says in CHECKS.items():
        reason = found if isinstance(found, str) else found.absent.get(key)
        if reason:
            texts[says] = NOT_RUN + reason
        value = None if reason or isinstance(found, str) else len(getattr(found, key))
        figures.append(Figure(name=says, value=value, max=0, source="measured"))
    if isinstance(found, Found):
        tools |= found.versions
    return Report(step="page", figures=figures, texts=texts, tools=tools, seconds=seconds)


def page_report(chip: Chip, shots: Path | None = None) -> tuple[Path, Report]:
    """Make the page, look at it and write the report; says on the terminal what is wrong.

    Args:
        chip: whose layouts are shown.
        shots: folder for screenshots; none without.
    """
    watch = Stopwatch()
    index = build_page(chip)
    found: Found | str
    try:
        found = check(index, shots)
    except Absent as error:
        found = str(error)
        print(f"  page: not looked at in a browser: {error}")
    else:
        for key, says in CHECKS.items():
            for line in getattr(found, key):
                print(f"  {says}: {line}")
    report = report_of(index, found, watch.seconds)
    report.write()
    return index, report
