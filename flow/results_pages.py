"""docs/results/: README.md with one row a step and every miss by name, and a page an area with all figures. Made of figures.json alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from neusoc.analog.bench.characterise import blocks, figures_table
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results
from neusoc.base.tables import limit_list, limits, marked_value, number, table
from neusoc.flow.reasons import Reasons, changed_limits
from neusoc.flow.steps import AREAS, Step, registry

FOLDER = ROOT / "docs" / "results"
MOST_LINES = 150            # of README.md: more than that nobody reads
# Kinds of steps that say the same of several blocks, chips or simulators, or time things: those of a kind that pass share a README.md line.
JOINED = (
    "density", "router_rtl", "rtl", "jobs", "array", "blocks", "contract", "drc", "gates", "gds", "lvs",
    "firmware", "whole", "harden", "harden_check", "release", "mixed_learning", "bench",
)  # fmt: skip
MOST_COLUMNS = 12           # of a table with a line a cell of the chip
NO_REASON = "**no reason given**"
NOT_RUN = "not run: "       # begins a report's text on a check that it could not run
GENERATED = "Written by `make docs` from `figures.json`; do not edit."
ABOUT = {   # area -> what its page says at the top
    "speed": "How long programs take on the machine that ran them; of a job it is the time to simulate it. No time here is the chip's.\n\n",
}


@dataclass(frozen=True)
class Row:
    """What the last runs of a step's reports say.

    Attributes:
        step: step of the registry.
        entries: report -> its last run.
    """

    step: Step
    entries: dict[str, Entry]

    @property
    def reports(self) -> list[Report]:
        return [entry.report for entry in self.entries.values()]

    @property
    def absent(self) -> list[str]:
        """Reports that nobody made, or that say themselves that they were not run."""
        return [name for name in self.step.reports if name not in self.entries or self.entries[name].report.not_run]

    @property
    def verdict(self) -> str:
        """`fail` if a report fails, `not run` if none was made, else `pass`; how many of several are absent stands behind it."""
        found = {r.verdict for r in self.reports if not r.not_run}
        if not found:
            return "not run"
        verdict = "**fail**" if "fail" in found else "pass"
        missing = f", {len(self.absent)} of {len(self.step.reports)} not run" if self.absent else ""
        return verdict + missing

    @property
    def figures(self) -> list[Figure]:
        return [f for r in self.reports for f in r.figures]


def rows(results: Results) -> list[Row]:
    """One of each step that is expected or was made."""
    found = []
    for step in registry().values():
        entries = {name: results.steps[name] for name in step.reports if name in results.steps}
        if entries or step.expected:
            found.append(Row(step, entries))
    return found


def margin(figure: Figure) -> float | None:
    """Distance of a value to its nearer limit over that limit's size: below 0 beyond it.

    Returns:
        None without a value, without a limit other than 0, and for a count, which is right or wrong.
    """
    bounds = [b for b in (figure.min, figure.max) if b]
    if figure.value is None or not bounds or figure.min == figure.max or _counts(figure, bounds):
        return None
    distances = [figure.value - figure.min] if figure.min is not None else []
    distances += [figure.max - figure.value] if figure.max is not None else []
    nearest = min(distances)
    bound = figure.min if figure.min is not None and figure.value - figure.min == nearest else figure.max
    return nearest / abs(bound) if bound else None


def _counts(figure: Figure, bounds: list[float]) -> bool:
    """Whether a figure is a number of things: whole, as its limits, its unit none or their name."""
    thing = not figure.unit or (figure.unit.isalpha() and len(figure.unit) > len("LSB"))
    return thing and all(float(b).is_integer() for b in (figure.value, *bounds) if b is not None)


def worst_margin(figures: Iterable[Figure]) -> str:
    """The least margin and its figure; of a miss that has none, such as a slack below 0, its value; empty if no figure has one."""
    figures = list(figures)
    failed = [f for f in figures if not f.passes]
    if failed and all(margin(f) is None for f in failed):
        return f"{number(failed[0].value)} {failed[0].unit}".strip() + f": {failed[0].name}"
    known = [(m, f) for f in figures if (m := margin(f)) is not None]
    if not known:
        return ""
    least, figure = min(known, key=lambda pair: pair[0])
    return f"{100 * least:.3g} %: {figure.name}"


def _anchor(name: str) -> str:
    """The anchor that a heading gets on the usual hosts."""
    return re.sub(r"[^\w-]", "", name.lower())


def _date(row: Row) -> str:
    """Last date of a step's reports."""
    return max((r.date or "" for r in row.reports), default="")


def _taken(row: Row) -> str:
    """Commits and last date of a step's reports."""
    commits = list(dict.fromkeys(r.commit or "unknown" for r in row.reports))
    return f"{', '.join(c[:7] + ('+' if c.endswith('+') else '') for c in commits)} {_date(row)}".strip()


def _link(row: Row) -> str:
    """A step's name, which leads to its section."""
    return f"[{row.step.name}]({row.step.area}.md#{_anchor(row.step.name)})"


@dataclass(frozen=True)
class Miss:
    """A figure outside its limits, of all its sources that miss: figures, values: themselves and as text; reason: None without one."""

    step: str
    report: str
    figure: str
    values: str
    limit: str
    reason: str | None
    figures: tuple[Figure, ...] = ()


def misses(results: Results, reasons: Reasons) -> list[Miss]:
    """Every figure that misses, in the order of the registry."""
    return [miss for row in rows(results) for miss in misses_of(row, reasons)]


def misses_of(row: Row, reasons: Reasons) -> list[Miss]:
    """Every figure of a step that misses."""
    found = []
    for report in row.reports:
        failed: dict[str, list[Figure]] = {}
        for figure in report.figures:
            if not figure.passes and not report.not_run:
                failed.setdefault(figure.name, []).append(figure)
        for name, ones in failed.items():
            values = ", ".join(f"{number(f.value)} ({f.source})" if len(ones) > 1 else number(f.value) for f in ones)
            text = f"{values} {ones[0].unit}".strip()
            limit = limit_list(ones[0].min, ones[0].max) or "a value"
            found.append(Miss(row.step.name, report.step, name, text, limit, reasons.of(report.step, name), tuple(ones)))
    return found


def _by_reason(missed: Iterable[Miss]) -> list[list[Miss]]:
    """Misses that share a row: those of one report that have one reason."""
    together: dict[tuple[str, str | None, str], list[Miss]] = {}
    for miss in missed:
        together.setdefault((miss.report, miss.reason, "" if miss.reason else miss.figure), []).append(miss)
    return list(together.values())


def _miss_row(ones: list[Miss]) -> tuple[str, ...]:
    """The row of misses that share one."""
    joined = ("; ".join(getattr(m, field) for m in ones) for field in ("figure", "values", "limit"))
    return (ones[0].report, *joined, ones[0].reason or NO_REASON)


def missed_table(row: Row, reasons: Reasons) -> str:
    """Why figures of a step miss: a line a reason, with all figures that have it; empty if none misses.

    Of a step with several reports the report's name stands before its figures.
    """
    why: dict[str, dict[str, list[str]]] = {}
    for miss in misses_of(row, reasons):
        why.setdefault(miss.reason or NO_REASON, {}).setdefault(miss.report, []).append(f"`{miss.figure}`")
    if not why:
        return ""
    several = len(row.step.reports) > 1
    lines = [
        ("; ".join(f"{report}: {', '.join(names)}" if several else ", ".join(names) for report, names in by_report.items()), reason)
        for reason, by_report in why.items()
    ]
    return table(("missed", "reason"), lines)


def _further(missed: Iterable[Miss]) -> str:
    """Misses that have no row: a line an area, each step linked to where its reasons stand."""
    named: dict[str, dict[str, list[str]]] = {}
    for miss in missed:
        named.setdefault(miss.step, {}).setdefault(miss.report, []).append(miss.figure)
    lines: dict[str, list[str]] = {}
    for step, by_report in named.items():
        area = registry()[step].area
        figures = "; ".join(f"{report}: {', '.join(names)}" if report != step else ", ".join(names) for report, names in by_report.items())
        lines.setdefault(area, []).append(f"[{step}]({area}.md#{_anchor(step)}): {figures}")
    return "".join(f"- {AREAS[area]}. {'. '.join(ones)}.\n" for area, ones in lines.items())


def _is_stale(row: Row) -> bool:
    return any(entry.stale or changed_limits(entry.report) for entry in row.entries.values())


def _joins(row: Row) -> bool:
    return row.verdict == "pass" and not _is_stale(row)


def _said(row: Row) -> str | None:
    """Why a step could not run, as its report says; None of one that nobody ran."""
    return next((report.not_run for report in row.reports if report.not_run), None)


def readme_page(results: Results, reasons: Reasons) -> str:
    """docs/results/README.md."""
    every, missed = rows(results), misses(results, reasons)
    lines, of_kind = [], {kind: [row for row in every if row.step.name.partition(".")[0] == kind and _joins(row)] for kind in JOINED}
    unsaid = [row for row in every if row.verdict == "not run" and not _said(row)]
    for row in every:
        joined = of_kind.get(row.step.name.partition(".")[0], [])
        if row in joined[1:]:
            continue
        if len(joined) > 1 and row is joined[0]:
            dates = sorted({_date(one) for one in joined})
            figures = [figure for one in joined for figure in one.figures]
            taken = " to ".join(dict.fromkeys((dates[0], dates[-1])))
            lines.append((", ".join(map(_link, joined)), "pass", str(len(figures)), "", worst_margin(figures), taken))
            continue
        link = _link(row)
        if row.verdict == "not run":
            if why := _said(row):
                lines.append((link, "not run", "", "", why, ""))
            elif row is unsaid[0]:
                lines.append((", ".join(map(_link, unsaid)), "not run", "", "", ", ".join(f"`{one.step.command}`" for one in unsaid), ""))
            continue
        count = sum(m.step == row.step.name for m in missed)
        stale = ", stale" if _is_stale(row) else ""
        lines.append((link, row.verdict, str(len(row.figures)), str(count or ""), worst_margin(row.figures), _taken(row) + stale))
    verdicts = ["in part" if row.verdict.startswith("pass,") else row.verdict.split(",")[0].strip("*") for row in every]
    counts = {verdict: verdicts.count(verdict) for verdict in ("pass", "in part", "fail", "not run")}
    silent = sum(m.reason is None for m in missed)
    some = sum("not run" in row.verdict and not row.verdict.startswith(("pass", "not")) for row in every)
    parts = f" ({some} of them with parts that were not run)" if some else ""
    head = (
        f"# Results\n\n{GENERATED} One row a step of `flow/steps.py`, one\n"
        f"for all of some kinds that pass: {counts['pass']} pass, {counts['in part']} pass as far as they were run,\n"
        f"{counts['fail']} fail{parts}, {counts['not run']} not run (with what runs them).\n\n"
        "Worst margin: of the figure nearest to, or farthest beyond, its limit, relative to the limit; counts have none. Taken: commit\n"
        "and its date, `+`: with changes. Some commits are of branches that were written anew: they are in no history any more, and\n"
        "their trees cannot be had. Whether a step's inputs have changed since, `neusoc docs --changed` says, by a hash of the inputs.\n"
        "Stale: its figures are known to be off, the area's page says why.\n"
        "All figures: "
        + ", ".join(f"[{title}]({area}.md)" for area, title in AREAS.items())
        + ".\n\n"
        + table(("step", "verdict", "figures", "missed", "worst margin", "taken"), lines, right=(2, 3))
    )
    unused = reasons.unused(results, [(m.report, m.figure) for m in missed])
    foot = f"\nReasons given for what its last run does not miss: {', '.join(unused)}.\n" if unused else ""
    about = (
        f"\n## Missed\n\n{len(missed)} figures miss their limits, {silent} without a reason. "
        "Each stands with it at its step. The first:\n\n"
    )
    groups = _by_reason(missed)
    room = max(0, MOST_LINES - (head + about + foot).count("\n") - 2)

    def further(begin: int) -> str:
        return f"\nThe others, by step:\n\n{_further(miss for ones in groups[begin:] for miss in ones)}"

    if len(groups) > room:
        room = max(0, room - further(0).count("\n"))           # with a line for each area that has one
        foot = further(room) + foot
    return head + about + table(("step", "figure", "value", "limit", "reason"), map(_miss_row, groups[:room])) + foot


def provenance(entry: Entry) -> str:
    """Where an entry's figures come from, as sentences on one line."""
    report = entry.report
    parts = [f"Commit {report.commit or 'unknown'}{f', {report.date}' if report.date else ''}."]
    if report.pdk_hash:
        parts.append(f"PDK {report.pdk_hash[:12]} ({report.pdk_source}).")
    if report.tools:
        parts.append(f"Tools: {', '.join(f'{name} {version}' for name, version in sorted(report.tools.items()))}.")
    if changed := changed_limits(report):
        parts.append(f"Judged by limits that the datasheet has changed since: {', '.join(f'`{name}`' for name in changed)}.")
    return " ".join([*parts, *filter(None, (entry.stale, entry.note))])


def figures_of(report: Report) -> str:
    """All figures of a report, a line each."""
    cells = [(f.name, marked_value(f), limits(f), f.source, f.at or "") for f in report.figures]
    if not any(row[4] for row in cells):
        return table(("figure", "value", "limits", "source"), [row[:4] for row in cells])
    return table(("figure", "value", "limits", "source", "at"), cells)


def _checks_not_run(report: Report) -> list[tuple[str, str]]:
    """Checks of a report that were not run, which have a sentence in place of a figure, and why."""
    return [(name, said.removeprefix(NOT_RUN)) for name, said in report.texts.items() if said.startswith(NOT_RUN)]


def _matrix(reports: list[Report], prefix: str) -> str | None:
    """Reports with the same figures: a line a report, a column a figure, whose limit stands in the head where it is one for all."""
    names = list(dict.fromkeys(f.name for r in reports for f in r.figures))
    of_all = {name: [f for r in reports for f in r.figures if f.name == name] for name in names}
    once = all(len({f.name for f in r.figures}) == len(r.figures) for r in reports)
    if len(reports) < 2 or len(names) > MOST_COLUMNS or not once or not all(r.figures for r in reports):
        return None
    common = {name: len({(f.min, f.max, f.unit) for f in ones}) == 1 for name, ones in of_all.items()}
    head = []
    for name in names:
        unit, limit = of_all[name][0].unit, limit_list(of_all[name][0].min, of_all[name][0].max)
        head.append(f"{name}{', ' * bool(unit) + unit}{f' ({limit})' if limit else ''}" if common[name] else name)

    def cell(report: Report, name: str) -> str:
        figure = next((f for f in report.figures if f.name == name), None)
        if figure is None:
            return ""
        if common[name]:
            return number(figure.value) if figure.passes else f"**{number(figure.value)}**"
        return f"{marked_value(figure)}{f' ({limit})' if (limit := limit_list(figure.min, figure.max)) else ''}"

    body = [(r.step.removeprefix(f"{prefix}."), *(cell(r, name) for name in names)) for r in reports]
    return table(("", *head), body)


def _section(row: Row, reasons: Reasons) -> str:
    """A step on its area's page: verdict, where its figures come from, all of them, and why some miss."""
    parts = [f"## {row.step.name}\n", f"{row.verdict}: `{row.step.command}`"]
    if row.absent and row.verdict != "not run":
        parts[-1] += f". Not run: {', '.join(row.absent)}"
    told = {name: provenance(entry) for name, entry in row.entries.items()}
    same = len(set(told.values())) == 1
    if same:
        parts.append("\n" + next(iter(told.values())))
    block = row.step.name.removeprefix("analog.")
    whole = _matrix([r for r in row.reports if not r.not_run], row.step.name)
    if row.step.name.startswith("analog.") and block in blocks() and row.reports:
        parts.append(f"\n[{block}](../../analog/{block}/README.md):\n\n{figures_table(block, row.reports[0])}")
    elif whole:
        parts += ["\n" + f"{name}: {text}" for name, text in told.items() if not same]
        parts.append("\n" + whole)
    else:
        for report in row.reports:
            if len(row.reports) > 1:
                parts.append(f"\n### {report.step}\n")
            if not same:
                parts.append(told[report.step] + "\n")
            parts.append(f"\n{report.not_run}" if report.not_run else f"\n{figures_of(report)}")
            if absent := _checks_not_run(report):
                parts.append("\n" + table(("not run", "why"), absent))
    if missed := missed_table(row, reasons):
        parts.append("\n" + missed)
    return "\n".join(part.rstrip("\n") if part.endswith("\n\n") else part for part in parts).rstrip("\n") + "\n"


def area_page(area: str, results: Results, reasons: Reasons) -> str:
    """docs/results/<area>.md."""
    sections = [_section(row, reasons) for row in rows(results) if row.step.area == area]
    return f"# {AREAS[area]}\n\n{GENERATED} Bold: outside its limits.\n\n{ABOUT.get(area, '')}" + "\n".join(sections)


def result_pages(results: Results) -> dict[Path, str]:
    """Path -> text of every page under docs/results."""
    reasons = Reasons.load()
    pages = {FOLDER / f"{area}.md": area_page(area, results, reasons) for area in AREAS}
    return {FOLDER / "README.md": readme_page(results, reasons), **pages}
