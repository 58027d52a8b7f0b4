"""Text on the page that is made of figures and is no figure of a report itself: the verdict of each step, how many miss, the datasheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from neusoc.base.page import read_page
from neusoc.base.results import Entry, Results, figures_text
from neusoc.flow import shown
from neusoc.flow.chip_sheet import PAGE as DATASHEET
from neusoc.flow.inline import with_figures
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import misses

BEGIN, END = "<!--made {}-->", "<!--made-->"
BESIDE = "datasheet.html"                       # page that stands beside the page
OWN = ("page", "page_try")            # steps that look at the page: their verdicts come after it
SHEET, MISSED, VERDICT = "the datasheet of the chip", "how many figures miss", "verdict of "


class _Asked(dict[str, Entry]):
    """Steps that keep which of them were asked for."""

    def __init__(self, steps: dict[str, Entry]) -> None:
        super().__init__(steps)
        self.names: dict[str, None] = {}

    def get(self, key: str, default: Any = None) -> Any:
        self.names[key] = None
        return super().get(key, default)

    def __getitem__(self, key: str) -> Entry:
        self.names[key] = None
        return super().__getitem__(key)


@dataclass(frozen=True)
class Made:
    """A text of the page.

    Attributes:
        name: name in the page's mark.
        html: text itself.
        steps: reports that it was made of, where they are known.
        of: words of the claim on it and the others of its kind, with {} for their number.
    """

    name: str
    html: str
    steps: tuple[str, ...]
    of: str

    def marked(self) -> str:
        """HTML for the page."""
        return f"{BEGIN.format(self.name)}{self.html}{END}"


def _by(results: Results, name: str, of: str, make: Callable[[Results], str]) -> Made:
    """A text with the reports that were asked for it."""
    asked = _Asked(results.steps)
    html = make(Results(asked))
    return Made(name, html, tuple(step for step in asked.names if step in results.steps), of)


def verdicts(results: Results) -> list[Made]:
    """The verdict of each step of the table of all of them."""
    return [
        Made(f"{VERDICT}{run.name}", escape(run.verdict), run.reports, "{} verdicts of the table of steps")
        for run in shown.runs(results) if run.name not in OWN
    ]  # fmt: skip


def missed(results: Results) -> Made:
    """How many figures miss."""
    found = misses(results, Reasons.load())
    return Made(MISSED, str(len(found)), tuple(dict.fromkeys(one.report for one in found)), "number of figures that miss")


def sheet(results: Results) -> tuple[str, Made]:
    """Title and text of the datasheet beside the page."""
    titles = []

    def make(known: Results) -> str:
        title, html = shown.standing_page(DATASHEET, with_figures(read_page(DATASHEET), DATASHEET.name, known))
        titles.append(title)
        return html

    one = _by(results, SHEET, "datasheet beside the page", make)
    return titles[0], one


def others_text(results: Results) -> str:
    """All figures but those of the steps that look at the page, as figures.json has them: what the page is made of."""
    return figures_text(Results({step: entry for step, entry in results.steps.items() if step not in OWN}))
