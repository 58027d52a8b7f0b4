"""One list of samples over blocks, views, conditions and seeds: what is kept is not computed again, what is
lost is made anew."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neusoc.analog.bench.datasheet import Condition
from neusoc.base.errors import UserError
from neusoc.base.progress import Bar
from neusoc.base.row_table import RowTable
from neusoc.base.workers import Pool, computed
from neusoc.verification.mc.samples import FOLDER, OF_CONDITION, Sample, Subject, names_of, rows_of, simulate

SAMPLE_S = 1800.0  # longest wait for the next sample of all that are computed
KEEP_S = 5.0  # between two writings of a table: what an end of this program costs
LINES = 20  # of progress in a log


@dataclass(frozen=True)
class Value:
    """Of a parameter in a sample.

    Attributes:
        seed: seed of the sample.
        value: SI units; None: the simulation gave none.
        reason: why then.
        seconds: time of the run, s.
    """

    seed: int
    value: float | None
    reason: str
    seconds: float


Values = dict[tuple[str, str, Condition], dict[int, Value]]  # bench, parameter, condition -> seed -> value


def values_of(rows: Sequence[Mapping[str, Any]]) -> Values:
    """Rows of a table by what they are of; of rows of one sample the last counts, but one with a value before
    those without."""
    found: Values = {}
    conditions: dict[tuple[Any, ...], Condition] = {}
    for row in rows:
        at = tuple(row[name] for name in OF_CONDITION)
        if at not in conditions:
            conditions[at] = Condition(**{name: row[name] for name in OF_CONDITION})
        value = Value(row["seed"], row["value"], row["reason"], row["seconds"])
        there = found.setdefault((row["bench"], row["parameter"], conditions[at]), {})
        if value.value is not None or row["seed"] not in there or there[row["seed"]].value is None:
            there[row["seed"]] = value
    return found


def with_values(kept: Values) -> Values:
    """Those that a simulation gave: one that was stopped or killed may give a value the next time."""
    return {
        at: {seed: one for seed, one in found.items() if one.value is not None} for at, found in kept.items()
    }


def lacking(subject: Subject, samples: Sequence[Sample], kept: Values) -> list[Sample]:
    """Samples of which a parameter is not kept."""
    return [
        sample
        for sample in samples
        if any(
            sample.seed not in kept.get((sample.bench, name, sample.condition), {})
            for name in names_of(subject, sample)
        )
    ]


def run_samples(
    asked: Sequence[tuple[Subject, Sequence[Sample]]], *, workers: int = 1, folder: Path = FOLDER
) -> dict[str, Values]:
    """All samples, those that are kept and those that lack; one that is kept without a value is tried again,
    once a run.

    Args:
        asked: each netlist with its samples.
        workers: processes; 1: in this one. Of no effect where the environment has DASK_SCHEDULER.
        folder: folder of the tables.

    Returns:
        Name of the subject -> values.

    Raises:
        UserError: as of computed(), or a table that cannot be written or was replaced meanwhile.
    """
    subjects = {subject.name: subject for subject, _ in asked}
    tables: dict[str, RowTable] = {name: subject.table(folder) for name, subject in subjects.items()}
    kept = {name: with_values(values_of(table.without_damage())) for name, table in tables.items()}
    jobs = [
        (subject.name, sample)
        for subject, samples in asked
        for sample in lacking(subject, samples, kept[subject.name])
    ]
    if there := sum(len(samples) for _, samples in asked) - len(jobs):
        print(f"  {there} of {there + len(jobs)} samples are in {folder}", file=sys.stderr, flush=True)
    waiting: dict[str, list[dict[str, Any]]] = {}
    done, last = 0, time.monotonic()

    def keep() -> None:
        for name in list(waiting):
            tables[name].add(waiting[name])
            del waiting[name]  # after it: what could not be written still waits

    pool = Pool("sample", workers, SAMPLE_S)
    try:
        with (
            Bar("samples", len(jobs), every=-(-len(jobs) // LINES)) as bar,
            closing(computed(simulate, subjects, jobs, pool)) as results,
        ):
            for (name, sample), found in results:
                waiting.setdefault(name, []).extend(rows_of(subjects[name], sample, found))
                done += 1
                bar.step(f"{name} {sample.bench}, {sample.condition}, seed {sample.seed}")
                if time.monotonic() - last > KEEP_S:
                    keep()
                    last = time.monotonic()
        keep()
    except BaseException:
        keep()  # raises where it cannot: then the sentence is not said
        print(
            f"  {done} of {len(jobs)} samples were computed and are kept in {folder}; the same command"
            " goes on",
            file=sys.stderr,
        )
        raise
    whole = {name: values_of(table.read()) for name, table in tables.items()}
    if lost := [subject.name for subject, samples in asked if lacking(subject, samples, whole[subject.name])]:
        raise UserError(
            f"{tables[lost[0]].path}: was replaced while samples were computed; start the same command again"
        )
    return whole
