"""Text on the page that is made of figures and is no figure of a report itself. The page marks it; `make claims` makes it again.

Time and energy of an image, the review's tables with this chip's rows, the verdict of each step, how many figures miss, the datasheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from neusoc.base.chip import Chip, load_chip
from neusoc.base.page import read_page
from neusoc.base.results import Entry, NoFigure, Results, figures_text
from neusoc.flow import shown
from neusoc.flow.chip_sheet import PAGE as DATASHEET
from neusoc.flow.comparison import SMALL, WHOLE, Rows, not_run, prefixed
from neusoc.flow.inline import with_figures
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import misses
from neusoc.software.workloads import energy

BEGIN, END = "<!--made {}-->", "<!--made-->"
BESIDE = "datasheet.html"                       # page that stands beside the page
OWN = ("page", "page_try", "claims")            # steps that look at the page: their verdicts come after it
WAYS: dict[str, Callable[[Rows, Chip], str]] = {
    "an image event by event": lambda rows, chip: prefixed(energy.seconds(chip, WHOLE.image), "s"),
    "an image event by event, analog core": lambda rows, chip: prefixed(rows.analog_j(WHOLE), "J"),
    "an image event by event, with the controller": lambda rows, chip: prefixed(rows.total_j(WHOLE), "J"),
}
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


def _said(way: Callable[[Rows, Chip], str], chip: Chip, known: Results) -> str:
    """What a way of counting gives, or the command of what it lacks."""
    try:
        return escape(way(Rows(known, chip, load_chip(SMALL)), chip).replace("μ", "µ"))
    except NoFigure as lacks:
        return escape(not_run(lacks).replace("`", ""))


def counted(results: Results, chip: Chip) -> list[Made]:
    """Time and energy of an image, counted from figures: the ways are in software/workloads/energy.py."""
    return [_by(results, name, "{} figures of an image event by event", partial(_said, way, chip)) for name, way in WAYS.items()]


def compared(results: Results, chip: Chip) -> list[Made]:
    """The review's tables with this chip's rows."""
    asked = _Asked(results.steps)
    tables = shown.comparison(Results(asked), chip, load_chip(SMALL))
    steps = tuple(step for step in asked.names if step in results.steps)
    return [Made(title, html, steps, "{} tables beside others") for title, html in tables]


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


def of_index(results: Results, chip: Chip) -> list[Made]:
    """All of the page, but for its datasheet."""
    return [*counted(results, chip), missed(results), *verdicts(results), *compared(results, chip)]


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
    """All figures but those of the steps that look at the page, as figures.json has them: what page and claims are made of."""
    return figures_text(Results({step: entry for step, entry in results.steps.items() if step not in OWN}))


def differing(text: str, wanted: list[Made]) -> dict[str, str]:
    """Name -> what is wrong with it on a page: it is not there, or says another thing. Texts of the page that nothing gives, too."""
    found = {m[1]: m[2] for m in re.finditer(r"(?s)<!--made ([^>]+?)-->(.*?)<!--made-->", text)}
    names = {one.name for one in wanted}
    wrong = {one.name: "is not there" for one in wanted if one.name not in found}
    wrong |= {one.name: "is not what the reports give" for one in wanted if one.name in found and found[one.name] != one.html}
    return wrong | {name: "stands there, and nothing gives it" for name in found if name not in names}
