"""What the page says, of figures.json, reports, datasheets and drawings. Its template only puts it in order.

What was not obtained says so with the command that gives it; nothing is left blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from neusoc.base.chip import Chip
from neusoc.base.page import read_page
from neusoc.base.report import Figure, Report
from neusoc.base.results import Results, figures_text
from neusoc.base.tables import limits, number
from neusoc.base.text import must_match
from neusoc.flow.chip_sheet import PAGE as DATASHEET
from neusoc.flow.inline import with_figures
from neusoc.flow.main_page import PAGE, chosen
from neusoc.flow.results_pages import rows
from neusoc.flow.steps import step_of_report

_UNITS = {"um2": "µm²", "mm2": "mm²", "ohm": "Ω", "kohm": "kΩ"}
CHECKS = ("drc", "lvs", "erc")
NONE = "\N{EN DASH}"             # where there is nothing by definition, or nothing yet
BESIDE = "datasheet.html"       # page beside the page
OWN = ("page", "page_try")      # steps that look at the page


@dataclass(frozen=True)
class Shown:
    """A figure as the page shows it; without one, what stands in its place.

    Attributes:
        step: step of its report.
        figure: itself; None: not obtained.
        instead: text in its place: `-` where there is none by definition, or the command that gives it.
        stale: why it is known to be off, if it is.
    """

    step: str
    figure: Figure | None
    instead: str = "not run"
    stale: str = ""

    @classmethod
    def of(cls, results: Results, step: str, figure: Figure | None, instead: str | None = None) -> Shown:
        """A figure of a step as it is known; instead: the step's command without."""
        known = step_of_report().get(step)
        entry = results.steps.get(step)
        return cls(step, figure, instead or (f"not run: {known.command}" if known else "not run"), (entry.stale or "") if entry else "")

    @property
    def text(self) -> str:
        if self.figure is None or self.figure.value is None:
            return self.instead
        return f"{number(self.figure.value)} {unit(self.figure.unit)}".strip()

    @property
    def limit(self) -> str:
        return asked(limits(self.figure), self.figure.unit) if self.figure else ""

    @property
    def missed(self) -> bool:
        return self.figure is not None and not self.figure.passes


def asked(limit: str, name: str) -> str:
    """Limits as print has them, with their unit."""
    return f"{limit.replace('>=', '≥').replace('<=', '≤')} {unit(name)}".strip() if limit else ""


def unit(name: str) -> str:
    """A unit as print has it."""
    return _UNITS.get(name) or re.sub(r"^u(?=[A-Z]|m\b|s\b)", "µ", name)


def headlines(results: Results) -> list[tuple[str, str, Shown]]:
    """The README's chosen figures: what each is, of which source, and its value."""
    return [(row.what.replace("`", ""), row.source, Shown.of(results, row.step, row.figure)) for row in chosen(read_page(PAGE), results)]


@dataclass(frozen=True)
class Case:
    """A network's accuracy on sampled chips at one age: mean and worst chip."""

    name: str
    mean: Shown
    worst: Shown


def accuracies(results: Results, step: str) -> list[Case]:
    """All of a step; figures `<case>: mean` and `<case>: worst chip`."""
    report = results.report(step)
    named = {f.name: f for f in report.figures} if report else {}
    names = [name.removesuffix(": mean") for name in named if name.endswith(": mean")]
    return [Case(n, Shown.of(results, step, named[f"{n}: mean"]), Shown(step, named.get(f"{n}: worst chip"), "–")) for n in names]


def chosen_figures(results: Results, step: str, wanted: str) -> list[Shown]:
    """Figures of a step whose names match a pattern."""
    report = results.report(step)
    return [Shown.of(results, step, f) for f in report.figures if re.fullmatch(wanted, f.name)] if report else []


@dataclass(frozen=True)
class Verdict:
    """A row of the sign-off: a cell and the verdict of each check, with what stands behind it."""

    cell: str
    verdicts: tuple[tuple[str, str], ...]


def sign_off(results: Results, chip: Chip) -> list[Verdict]:
    """Cells of a chip with the verdicts of CHECKS; the command where one was not run."""
    cells: dict[str, dict[str, tuple[str, str]]] = {}
    for name, step in step_of_report().items():
        check, _, rest = name.partition(".")
        if check in CHECKS and rest.startswith(f"{chip.name}."):
            report = results.report(name)
            verdict = report.verdict if report else "not run"
            bad = [f.name for f in report.figures if not f.passes] if report else []
            stale = results.steps[name].stale if report else None
            why = ", ".join(bad) if verdict == "fail" else step.command if verdict == "not run" else f"stale: {stale}" if stale else ""
            cells.setdefault(rest.partition(".")[2], {})[check] = (verdict, why)
    return [Verdict(cell, tuple(found.get(check, ("-", "")) for check in CHECKS)) for cell, found in sorted(cells.items())]


def signed_with(results: Results, chip: Chip) -> list[tuple[str, int, str, str, str]]:
    """Of each of CHECKS on a chip: its name, number of reports, tools with their versions, processes with their hashes, newest date."""
    found = []
    for check in CHECKS:
        reports = [entry.report for name, entry in results.steps.items() if name.startswith(f"{check}.{chip.name}.")]
        tools = sorted({f"{name} {version}" for report in reports for name, version in report.tools.items()})
        process = sorted({f"{report.pdk_hash[:12]} ({report.pdk_source})" for report in reports if report.pdk_hash})
        newest = max((report.date or "" for report in reports), default="")
        found.append((check.upper(), len(reports), ", ".join(tools) or NONE, ", ".join(process) or NONE, newest or NONE))
    return found


@dataclass(frozen=True)
class Run:
    """A step's last run, for the table of all: verdict, counts, where its figures come from."""

    name: str
    command: str
    verdict: str
    figures: int
    missed: int
    commits: str
    date: str
    tools: str
    pdk: str
    inputs: str
    stale: str
    reports: tuple[str, ...]


def runs(results: Results) -> list[Run]:
    """Every step that is expected or was made."""
    found = []
    for row in rows(results):
        reports = row.reports
        commits = list(dict.fromkeys((r.commit or "unknown")[:7] + ("+" if (r.commit or "").endswith("+") else "") for r in reports))
        tools = sorted({f"{name} {version}" for r in reports for name, version in r.tools.items()})
        hashes = {r.inputs_hash[:12] for r in reports if r.inputs_hash}
        stale = next((e.stale for e in row.entries.values() if e.stale), "") or ""
        bad = sum(len({f.name for f in r.figures if not f.passes}) for r in reports if not r.not_run)
        found.append(Run(
            row.step.name, row.step.command, row.verdict.replace("*", ""), len(row.figures), bad, ", ".join(commits),
            max((r.date or "" for r in reports), default=""), ", ".join(tools),
            ", ".join(sorted({f"{r.pdk_hash[:12]} ({r.pdk_source})" for r in reports if r.pdk_hash})),
            min(hashes, default="") + (f" and {len(hashes) - 1} more" if len(hashes) > 1 else ""), stale, tuple(r.step for r in reports),
        ))  # fmt: skip
    return found


def states(reports: Iterable[Report]) -> list[tuple[str, int]]:
    """Commit of the sources -> number of reports that were taken at it, most first."""
    counts: dict[str, int] = {}
    for report in reports:
        counts[report.commit or "unknown"] = counts.get(report.commit or "unknown", 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def versions(results: Results) -> list[tuple[str, str, int]]:
    """Tool, its version, and how many reports it had a part in; the process as a row of its own."""
    counts: dict[tuple[str, str], int] = {}
    for entry in results.steps.values():
        named = dict(entry.report.tools)
        if entry.report.pdk_hash:
            named["process sky130B"] = f"{entry.report.pdk_source}, SHA-256 {entry.report.pdk_hash}"
        for pair in named.items():
            counts[pair] = counts.get(pair, 0) + 1
    return [(tool, version, count) for (tool, version), count in sorted(counts.items())]


def sampled(results: Results) -> list[tuple[str, Shown, str]]:
    """Yields of sampled blocks and chips: what, its figure, and of how many samples at which condition."""
    report = results.report("mc")
    figures = report.figures if report and not report.not_run else []
    return [(f.name, Shown.of(results, "mc", f), f.at or "") for f in figures]


def standing_page(place: Path, text: str) -> tuple[str, str]:
    """Title and HTML of a document of the repository that stands alone.

    Its headings can be linked to; of links to other files the words alone are left. A wide table can be scrolled by keyboard.
    """
    html = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(re.sub(r"(?s)<!--.*?-->\n?", "", text)))
    title = must_match(r"<h1>(.*?)</h1>\n", html, f"{place.name}: has no title; give it one")
    found: set[str] = set()

    def heading(match: re.Match[str]) -> str:
        name = re.sub(r"[^\w\- ]", "", re.sub("<.*?>", "", match[2])).strip().lower().replace(" ", "-")
        found.add(name)
        return f'<h{match[1]} id="{name}">{match[2]}</h{match[1]}>'

    html = re.sub(r"<h([2-6])>(.*?)</h\1>", heading, html.replace(title[0], "", 1))
    html = re.sub(r'<a href="(?!https?:)([^"]*)">(.*?)</a>', lambda m: m[0] if m[1].removeprefix("#") in found else m[2], html)
    html = re.sub(r"(<td[^\n]*?)<strong>(.*?)</strong>", r'\1<strong class="miss">\2</strong>', html)
    html = html.replace("<td></td>", "<td>&nbsp;</td>").replace("</table>", "</table></div>")
    label = iter(range(1, html.count("<table>") + 1))
    html = re.sub("<table>", lambda _: f'<div class="scroll" role="region" aria-label="Table {next(label)}" tabindex="0"><table>', html)
    return title[1], html


def sheet(results: Results) -> tuple[str, str]:
    """Title and HTML of the datasheet of the chip, which stands beside the page."""
    return standing_page(DATASHEET, with_figures(read_page(DATASHEET), DATASHEET.name, results))


def others_text(results: Results) -> str:
    """All figures but those of the steps that look at the page, as figures.json has them: what the page is made of."""
    return figures_text(Results({step: entry for step, entry in results.steps.items() if step not in OWN}))


def with_code(text: str) -> str:
    """HTML of a sentence: words between backticks are code, everything else in it is text."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def markdown(text: str) -> str:
    """HTML of a generated Markdown text: what was bold as a miss is marked as one, tables can be scrolled by keyboard."""
    html = str(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))
    html = re.sub(r"<strong>(?!This chip)(.*?)</strong>", r'<strong class="miss">\1</strong>', html)
    return html.replace("<td></td>", "<td>&nbsp;</td>")
