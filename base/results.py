"""docs/results/figures.json: the figures of every step's last run, with where each comes from. Every table of a document is made of it.

A line a figure, so that a change of one shows as one line. `neusoc docs` merges the reports of build/reports into it, step by step: a step
that was not run keeps its figures. Results are outputs: what software takes as measured stands in software/emulator/parameters.json.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, Source, parse_report, write_atomic

FIGURES = ROOT / "docs" / "results" / "figures.json"
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """The last run of one step.

    Attributes:
        report: figures, limits, verdict; commit, date, PDK and tools, as far as they are known.
        stale: reason why the figures are no longer those of the tree, if that is known.
        note: remark on where they come from, if a reader must know more of it.
    """

    report: Report
    stale: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Results:
    """step -> its last run, in the order of the steps' names."""

    steps: dict[str, Entry] = field(default_factory=dict)

    def report(self, step: str) -> Report | None:
        """The report of a step that ran."""
        entry = self.steps.get(step)
        return entry.report if entry else None

    def figure(self, step: str, name: str, source: str | None = None) -> Figure | None:
        """A figure of a step that ran, with or without a value; source: the one that is wanted, if the figure has several."""
        report = self.report(step)
        return next((f for f in report.figures if f.name == name and source in (None, f.source)), None) if report else None


def stale_reason(report: Report) -> str | None:
    """Why figures of a report are not those of the tree: extracted before the extractor told its identity (neusoc.pdk.extractor)."""
    if "extractor" in report.tools or not any(f.source == "extracted" for f in report.figures):
        return None
    return (
        "The figures with the source `extracted` were taken before the coupling of neighbouring wires was put right "
        "(`pdk/extractor.py`): with about half of it, they are too good."
    )


def merged(results: Results, reports: Iterable[Report], by_scenario: Collection[str] = ()) -> Results:
    """The results with these reports in place of those of the same steps; steps without one stay as they are.

    Args:
        by_scenario: steps whose figures are named <scenario>.<figure>: scenarios that a new report has not stay, and the note names them.
    """
    steps = dict(results.steps)
    for report in map(published, reports):
        known = steps.get(report.step)
        if known is not None and report.step in by_scenario and not report.not_run:
            steps[report.step] = _with_other_scenarios(known, report)
        elif known is None or known.report != report:
            steps[report.step] = Entry(report, stale_reason(report))
    return Results(dict(sorted(steps.items())))


def published(report: Report) -> Report:
    """A report without what only its machine knows: the files of the run, and the repository's place in a reason."""
    reason = report.not_run.replace(f"{ROOT}/", "") if report.not_run else None
    return report.model_copy(update={"files": {}, "not_run": reason})


def is_older(results: Results, report: Report) -> bool:
    """Whether a report is of an older commit, by its date, than what is known of its step; unknown dates are not older."""
    known = results.report(report.step)
    return bool(known and known.date and report.date and report.date < known.date)


def _with_other_scenarios(known: Entry, report: Report) -> Entry:
    """A report with the figures of the scenarios that it has not, from the run before."""

    def scenario(figure: Figure) -> str:
        return figure.name.partition(".")[0]

    new: dict[str, list[Figure]] = {}
    for figure in report.figures:
        new.setdefault(scenario(figure), []).append(figure)
    old = [f for f in known.report.figures if scenario(f) not in new]
    if not old:
        return known if known.report == report else Entry(report, stale_reason(report))
    order = list(dict.fromkeys([*map(scenario, known.report.figures), *new]))
    figures = [f for name in order for f in new.get(name, [f for f in old if scenario(f) == name])]
    whole = report.model_copy(update={"figures": figures})
    if known.report == whole:
        return known
    earlier = ", ".join(dict.fromkeys(map(scenario, old)))
    return Entry(whole, stale_reason(whole), f"Of an earlier run (commit {known.report.commit or 'unknown'}): {earlier}.")


class NoFigure(UserError):
    """A figure that is wanted was not obtained.

    Attributes:
        step: step that has the figure when it ran.
    """

    def __init__(self, step: str, name: str, source: Source | None = None) -> None:
        super().__init__(f"figures.json: {step} has no figure {name!r}{f' ({source})' if source else ''}; run the step and `make docs`")
        self.step = step


def find_figure(results: Results, step: str, name: str, source: Source | None = None) -> Figure:
    """A figure that was measured; its value is not None.

    Args:
        source: the one that is wanted, if the figure has several.

    Raises:
        NoFigure: the step did not run, or has no such figure with a value.
    """
    found = results.figure(step, name, source)
    if found is None or found.value is None:
        raise NoFigure(step, name, source)
    return found


def figure_value(results: Results, step: str, name: str, source: Source | None = None) -> float:
    """Value of find_figure() in its unit; arguments and errors as there."""
    value = find_figure(results, step, name, source).value
    assert value is not None
    return value


def figures_text(results: Results) -> str:
    """The file's text: sorted, a line a figure, without fields and blanks that say nothing."""

    def one(entry: Entry) -> str:
        head = entry.report.model_dump(exclude={"figures", "step"}, exclude_defaults=True) | {"verdict": entry.report.verdict}
        fields = [*((key, getattr(entry, key)) for key in ("stale", "note") if getattr(entry, key)), *head.items()]
        figures = ",\n".join("   " + json.dumps(_said(f), ensure_ascii=False, separators=(",", ":")) for f in entry.report.figures)
        lines = [f"   {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields]
        return ",\n".join([*lines, f'   "figures": [\n{figures}\n   ]' if figures else '   "figures": []'])

    steps = ",\n".join(f"  {json.dumps(step)}: {{\n{one(entry)}\n  }}" for step, entry in sorted(results.steps.items()))
    return f'{{\n "format": {FORMAT},\n "steps": {{\n{steps}\n }}\n}}\n'


def _said(figure: Figure) -> dict[str, object]:
    """A figure's fields that say something; a value that was not obtained does."""
    return {"name": figure.name, "value": figure.value, **figure.model_dump(exclude={"name", "value", "passes"}, exclude_defaults=True)}


def write_results(results: Results, path: Path = FIGURES) -> Path:
    """Write figures.json."""
    return write_atomic(path, figures_text(results))


def read_results(path: Path | None = None) -> Results:
    """Read figures.json, or another file of its kind; every verdict is checked against the figures.

    Raises:
        UserError: the file is missing, is no JSON, has another format, or a step in it is not a report.
    """
    path = path or FIGURES
    way_out = f"restore it with `git checkout docs/results/{path.name}`"
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise UserError(f"{path.name}: cannot be read ({str(error).splitlines()[0]}); {way_out}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("steps"), dict):
        raise UserError(f"{path.name}: not a file of format {FORMAT} with steps; {way_out}")
    steps = {}
    for step, fields in data["steps"].items():
        if not isinstance(fields, dict):
            raise UserError(f"{path.name}: {step} has no fields; {way_out}")
        own = {key: value for key, value in fields.items() if key not in ("stale", "note")}
        report = parse_report(own | {"step": step}, f"{path.name}, {step}", way_out)
        steps[step] = Entry(report, fields.get("stale"), fields.get("note"))
    return Results(dict(sorted(steps.items())))
