"""Why a figure misses its limits: `missed:` beside the limit in a datasheet; docs/results/reasons.yaml for figures of no datasheet.

Those of the second simulator stand in verification/cross/differences.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from neusoc.analog.bench.characterise import blocks, datasheet
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results
from neusoc.base.tables import limits
from neusoc.base.yaml_file import read_yaml
from neusoc.digital.harden.figures import target_figures
from neusoc.verification.cross.compare import known_reasons

REASONS = ROOT / "docs" / "results" / "reasons.yaml"


def changed_limits(report: Report) -> list[str]:
    """Figures of a block's report that were judged by other limits than its datasheet has now, by name."""
    block = report.step.removeprefix("analog.")
    if not report.step.startswith("analog.") or block not in blocks():
        return []
    parameters = datasheet(block).parameters
    mine = [f for f in report.figures if f.name in parameters]
    return list(dict.fromkeys(f.name for f in mine if (f.min, f.max) != (parameters[f.name].minimum, parameters[f.name].maximum)))


def _noted(entry: Entry, figures: list[Figure], said: str) -> Entry:
    """An entry with its figures judged anew, and what is said of it."""
    note = f"{entry.note} {said}" if entry.note else said
    return Entry(entry.report.model_copy(update={"figures": figures}), entry.stale, note)


def judged_today(results: Results) -> Results:
    """The results judged by the limits of today: what misses them shows before it is run again. The entry's note says what has moved.

    Of each block by its datasheet's limits; where its conditions have become more, the value is that of the former ones. Of a hardened
    macro by what is asked of it, from figures of the same run alone.
    """
    steps = dict(results.steps)
    for step, entry in results.steps.items():
        if changed := changed_limits(entry.report):
            parameters = datasheet(step.removeprefix("analog.")).parameters
            figures = [
                f.model_copy(update={"min": parameters[f.name].minimum, "max": parameters[f.name].maximum}) if f.name in changed else f
                for f in entry.report.figures
            ]
            names = ", ".join(f"`{name}`" for name in changed)
            steps[step] = _noted(entry, figures, f"Judged by limits that the datasheet got after the run: {names}.")
        kind, _, chip = step.partition(".")
        hardened = results.report(f"harden.{chip}") if kind == "harden_targets" else None
        if hardened and _same_run(hardened, entry.report):
            figures = target_figures(chip, hardened.figures)
            before = {f.name: (f.min, f.max) for f in entry.report.figures}
            if moved := [f"`{f.name}`" for f in figures if before.get(f.name) != (f.min, f.max)]:
                steps[step] = _noted(entry, figures, f"Judged by what was asked after the run: {', '.join(moved)}.")
    return Results(steps)


def judged(step: str, figure: Figure) -> str:
    """A figure's limits, and what was asked where its datasheet says that it differs."""
    block = step.removeprefix("analog.")
    parameter = datasheet(block).parameters.get(figure.name) if step.startswith("analog.") and block in blocks() else None
    return limits(figure) + (f" (asked: {parameter.target})" if parameter and parameter.target else "")


def _same_run(one: Report, other: Report) -> bool:
    """Whether two reports are of one run of one step: of the same inputs and tree, and as long."""
    parts = [(report.inputs_hash, report.commit, report.seconds) for report in (one, other)]
    return bool(one.inputs_hash) and parts[0] == parts[1] and not one.not_run and not other.not_run


@dataclass(frozen=True)
class Reasons:
    """given: (report, figure) -> why."""

    given: dict[tuple[str, str], str]

    @classmethod
    def load(cls, path: Path = REASONS) -> Reasons:
        """Reasons of all datasheets and of the file.

        Raises:
            UserError: the file is no map of report -> figure -> text, has one of them twice, or gives a reason for a figure of a datasheet.
        """
        sheets = {f"analog.{block}": datasheet(block).parameters for block in blocks()}
        given = known_reasons()
        try:
            other = read_yaml(path) or {}
            pairs = [(str(step), str(figure), why) for step, figures in other.items() for figure, why in figures.items()]
        except (OSError, yaml.YAMLError, AttributeError) as error:
            raise UserError(f"{path.name}: not a map of report, figure and reason ({str(error).splitlines()[0]}); correct it") from None
        for step, figure, why in pairs:
            if not isinstance(why, str) or not why.strip():
                raise UserError(f"{path.name}: {step}, {figure}: the reason is {why!r}; write a sentence")
            if figure in sheets.get(step, {}):
                sheet = step.removeprefix("analog.")
                raise UserError(f"{path.name}: {step}, {figure} stands in {sheet}.yaml; give the reason there as `missed:`")
            given[step, figure] = why.strip()
        return cls(given)

    def of(self, report: str, figure: str) -> str | None:
        """The reason for a figure of a report, None if nobody gave one."""
        return self.given.get((report, figure))

    def unused(self, results: Results, missed: Iterable[tuple[str, str]]) -> list[str]:
        """Reasons for figures of reports that ran and do not miss them, by name: to be taken back.

        What a step that nobody ran would miss, nobody knows.
        """
        known = set(missed)
        ran = {step for step, entry in results.steps.items() if not entry.report.not_run}
        return [f"{report} {figure}" for report, figure in self.given if report in ran and (report, figure) not in known]
