"""The table of all chips that were computed: one file, a row for each chip, trial and age.

    table = ChipTable(BUILD / "chip_runs" / "chips.jsonl.gz")
    table.outcomes()[key, seed]
    table.add([row_of(key, "64-30", trial, outcome, 0) for outcome in outcomes])

Several programs may add to it at once: each takes the file's lock, and adds to what is there then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from neusoc.base.row_table import RowTable
from neusoc.software.workloads.study import Outcome, Trial

# key: of all that decides a chip's result (chip_runs.trial_key()); case: what it was called when it was
#   computed
COLUMNS = ("key", "case", "seed", "age_s", "accuracy", "silent", "column_s", "spikes", "celsius")


def row_of(key: str, case: str, trial: Trial, outcome: Outcome, number: int) -> dict[str, Any]:
    """A chip at one of the trial's ages."""
    return {
        "key": key,
        "case": case,
        "seed": outcome.seed,
        "age_s": float(trial.ages[number]),
        "accuracy": outcome.accuracy[number],
        "silent": outcome.silent,
        "column_s": outcome.column_s,
        "spikes": outcome.spikes,
        "celsius": float(trial.celsius),
    }


class ChipTable(RowTable):
    """The file; path: of it, need not be there."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, COLUMNS, "its chips")

    def outcomes(self) -> dict[tuple[str, int], dict[float, Outcome]]:
        """(key, seed) -> age -> what was found of the chip then."""
        found: dict[tuple[str, int], dict[float, Outcome]] = {}
        for row in self.read():
            outcome = Outcome(row["seed"], (row["accuracy"],), row["silent"], row["column_s"], row["spikes"])
            found.setdefault((row["key"], row["seed"]), {})[row["age_s"]] = outcome
        return found


def together(found: dict[float, Outcome], ages: Sequence[float]) -> Outcome | None:
    """A chip's outcome at all ages of a trial; None if one lacks."""
    if any(age not in found for age in ages):
        return None
    first = found[ages[0]]
    return replace(first, accuracy=tuple(found[age].accuracy[0] for age in ages))
