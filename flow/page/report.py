"""Verdict on the page: its size, what a browser finds, and that it shows what the reports say."""

from __future__ import annotations

import json
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.results import Results
from neusoc.base.store import made_by, size
from neusoc.base.tools import version
from neusoc.flow.npm import VIEWER, Absent
from neusoc.flow.page.browser import Found, check
from neusoc.flow.page.build import LEARNING, build_page
from neusoc.flow.page.parts import parts_of_page
from neusoc.flow.page.try_check import CHECKS as TRY_CHECKS
from neusoc.flow.page.try_check import Tried, check_try, try_report
from neusoc.flow.reasons import REASONS, Reasons
from neusoc.flow.results_pages import NOT_RUN
from neusoc.flow.shown import headlines, others_text, sheet

MOST_MB = 15.0
CHECKS = {
    "errors": "errors and warnings of the browser", "links": "links that lead nowhere", "pictures": "pictures that do not load",
    "keyboard": "faults of operation by keyboard", "narrow": "faults on a narrow screen", "viewer": "layouts that cannot be zoomed",
    "paper": "faults on paper", "axe": "violations of accessibility rules, dark and light",
}  # fmt: skip


def report_of(index: Path, found: Found | str, seconds: float) -> Report:
    """A report of a page.

    Args:
        index: its index.html.
        found: findings of the browser; or why there is none.
        seconds: time that it all took, s.
    """
    figures = [Figure(name="size", value=round(size(index.parent) / 1e6, 2), unit="MB", max=MOST_MB, source="measured")]
    texts, tools = {}, {"openseadragon": VIEWER.name.partition("@")[2], "klayout": version("klayout")}
    for key, says in CHECKS.items():
        reason = found if isinstance(found, str) else found.absent.get(key)
        if reason:
            texts[says] = NOT_RUN + reason
            figures.append(Figure(name=says, value=None, max=0, source="measured"))
        else:
            figures.append(Figure(name=says, value=len(getattr(found, key)), max=0, source="measured"))
    if isinstance(found, Found):
        tools |= found.versions
    return Report(step="page", figures=figures, texts=texts, tools=tools, seconds=seconds)


def report_inputs(chip: Chip, results: Results) -> tuple[list[Path], tuple[str, ...]]:
    """What the page is made of, for the hash that its reports keep: files, and facts.

    Layouts come from the drawing's sources. A hardened controller does not count, nor a chip that was built: their reports do. Of pages
    that `make docs` writes it is what the page takes, so that a figure written into one changes nothing by itself.
    """
    parts = parts_of_page(chip, {}, results, Reasons.load())
    words = [(one.name, one.title, one.text, one.diagram, one.diagram_says) for one in parts]
    chosen = [(what, source, one.step, one.figure.name if one.figure else "") for what, source, one in headlines(results)]
    here, analog = Path(__file__).parent, ROOT / "analog"
    places = ((here, ("*.j2", "*.css", "*.js")), (LEARNING, ("*.png",)), (analog, ("*/*.sch", "*/*.yaml")))
    files = [*needs(Path(__file__)), REASONS, *(path for place, names in places for name in names for path in sorted(place.glob(name)))]
    return files, (chip.model_dump_json(), others_text(results), sheet(results)[1], json.dumps([words, chosen]))


def page_report(chip: Chip, shots: Path | None = None) -> tuple[Path, list[Report]]:
    """Make the page, look at it, run its circuits, and write the reports of both; says on the terminal what is wrong.

    Args:
        chip: whose layouts are shown.
        shots: folder for screenshots; none without.
    """
    watch = Stopwatch()
    index, results = build_page(chip)
    found: Found | str
    tried: Tried | str
    try:
        found = check(index, shots)
    except Absent as error:
        found = tried = str(error)
        print(f"  page: not looked at in a browser: {error}")
    else:
        _say(CHECKS, found)
    report = report_of(index, found, watch.seconds)
    watch = Stopwatch()
    if isinstance(found, Found):
        tried = check_try(index, shots)
        _say(TRY_CHECKS, tried)
    reports = [report, try_report(index, tried, watch.seconds)]
    for report in reports:
        report.inputs_hash = made_by(__name__, chip, results)
        report.write()
    return index, reports


def _say(checks: dict[str, str], found: Found | Tried) -> None:
    for key, says in checks.items():
        for line in getattr(found, key):
            print(f"  {says}: {line}")
