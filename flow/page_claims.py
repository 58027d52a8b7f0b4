"""What the page shows, as claims: figures and verdicts that it marks, texts that are made of figures, and whether every miss is there.

`make claims` grades them (flow/claims.py). Figures of a report that keep their limits and those that do not are two claims: what misses
does not hide what holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report
from neusoc.base.results import Results
from neusoc.base.tables import number
from neusoc.flow import made
from neusoc.flow.made import BESIDE
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import misses
from neusoc.flow.shown import unit

INDEX = BUILD / "page" / "index.html"
STEP = "claims"


@dataclass(frozen=True)
class Claim:
    """Something that a document says.

    Attributes:
        where: the document.
        says: statement that it makes.
        steps: reports that it rests on.
        figures: figures of those reports; None: the report has none, or there is no report.
        wrong: difference between the text and the report, empty if there is none.
    """

    where: str
    says: str
    steps: tuple[str, ...]
    figures: tuple[Figure | None, ...]
    wrong: str = ""


class _Figures(HTMLParser):
    """Every element of a figure or verdict in a page: its attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str], str]] = []
        self._inside: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "data":
            self._inside = {key: value or "" for key, value in attrs}
            self.found.append((self._inside, ""))

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.found[-1] = (self._inside, self.found[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "data":
            self._inside = None


@dataclass
class _Shown:
    """What the page shows of one step, or of one check on one chip: what it rests on, and what differs."""

    steps: list[str] = field(default_factory=list)
    figures: list[Figure | None] = field(default_factory=list)
    count: int = 0
    wrong: list[str] = field(default_factory=list)

    def claim(self, says: str) -> Claim:
        told = "; ".join([*self.wrong[:3], "run `make page` again if the report is newer than it"] if self.wrong else [])
        return Claim("page", says.format(self.count), tuple(dict.fromkeys(self.steps)), tuple(self.figures), told)


def of_page(results: Results, index: Path = INDEX) -> list[Claim]:
    """What the page shows: a claim for the figures of a report that keep their limits, for those that do not, for verdicts, for made texts.

    None if there is no page. The number of claims itself is none: the run that counts them anew would call it wrong.
    """
    if not index.exists():
        return []
    reader, figures, verdicts = _Figures(), dict[str, _Shown](), dict[str, _Shown]()
    reader.feed(index.read_text())
    for attributes, text in reader.found:
        step = attributes.get("data-step", "")
        if (verdict_of := attributes.get("data-verdict")) is not None:
            _verdict(verdicts.setdefault(verdict_of.rpartition(".")[0], _Shown()), results.report(verdict_of), verdict_of, text.strip())
        elif attributes.get("data-name") and step != STEP:
            figure = results.figure(step, attributes["data-name"], attributes.get("data-source"))
            says = f"{{}} figures of {step}" + (", missed" if figure and not figure.passes else "")
            _figure(figures.setdefault(says, _Shown(steps=[step])), figure, attributes, text.strip())
    claims = [one.claim(says) for says, one in sorted(figures.items())]
    claims += [one.claim(f"{{}} verdicts of {check}") for check, one in sorted(verdicts.items()) if one.count]
    return claims + _of_made(results, index, {(a.get("data-step"), a.get("data-name"), a.get("data-source")) for a, _ in reader.found})


def _of_made(results: Results, index: Path, shown: set[tuple[str | None, str | None, str | None]]) -> list[Claim]:
    """Texts of the page that are made of figures, made again; and whether each figure that misses is among those that it shows."""
    text = index.read_text()
    chip = re.search(r'<html[^>]* data-chip="(\w+)"', text)
    if not chip:
        return []
    beside = index.with_name(BESIDE)
    pages = ((text, made.of_index(results, load_chip(chip[1]))), (beside.read_text() if beside.exists() else "", [made.sheet(results)[1]]))
    found = dict[str, _Shown]()
    for said, wanted in pages:
        wrong = made.differing(said, wanted)
        for one in wanted:
            kind = found.setdefault(one.of, _Shown())
            kind.steps += one.steps
            kind.count += 1
            kind.wrong += [f"{one.name}: {wrong.pop(one.name)}"] if one.name in wrong else []
        if wrong:
            found["{} texts that nothing gives"] = _Shown(count=len(wrong), wrong=[f"{name}: {why}" for name, why in wrong.items()])
    every = [(one.report, f) for one in misses(results, Reasons.load()) if one.report not in made.OWN for f in one.figures]
    absent = [f"{step}, {f.name} ({f.source}): is not there" for step, f in every if (step, f.name, f.source) not in shown]
    listed = _Shown([step for step, _ in every], [], len(every), absent)
    return [one.claim(of) for of, one in found.items()] + [listed.claim("{} figures that miss are all shown")]


def _figure(shown: _Shown, figure: Figure | None, attributes: Mapping[str, str], text: str) -> None:
    """Put a figure of the page beside its report's."""
    name = attributes["data-name"]
    shown.figures.append(figure)
    shown.count += 1
    value = number(figure.value) if figure and figure.value is not None else None
    if figure is not None and value is None:
        shown.wrong += [f"{name}: says {text!r}, the report has no value"] if attributes["value"] else []
    elif figure is None or text != f"{value} {unit(figure.unit)}".strip() or float(attributes["value"]) != figure.value:
        shown.wrong.append(f"{name}: says {text!r}, the report {value}")
    elif ("miss" in attributes.get("class", "").split()) == figure.passes:
        shown.wrong.append(f"{name}: {'red' if figure.passes else 'not red'}")


def _verdict(shown: _Shown, report: Report | None, step: str, text: str) -> None:
    """Put a verdict of the page beside its report's; `not run` says nothing that can hold, but it can be wrong."""
    wanted = report.verdict if report else "not run"
    if text != wanted:
        shown.wrong.append(f"{step}: says {text!r}, the report {wanted!r}")
    if report and wanted != "not run":
        shown.steps.append(step)
        shown.figures += report.figures
        shown.count += 1
