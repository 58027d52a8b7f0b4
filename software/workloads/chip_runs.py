"""Many chips of many trials, on several processes or machines; what was computed stays in one table, and is
not computed again.

    found = run_chips({"64-30": trial, "64-10": other}, seeds=range(1, 21), workers=2)
    summary(found["64-30"])

One task is one chip of one trial. A task's result depends on the trial, the seed and the code alone: its key
is their hash, so a run that was interrupted goes on, and any number of workers gives the same numbers. What a
lost worker had is done by another. DASK_SCHEDULER=tcp://host:8786 takes the workers of that scheduler
(dask.distributed) in place of processes of this machine.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import fields, is_dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numba
import numpy as np
import scipy
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.progress import Bar
from neusoc.base.store import content_hash
from neusoc.base.workers import SCHEDULER, Pool, computed
from neusoc.software.workloads.chip_table import ChipTable, row_of, together
from neusoc.software.workloads.study import Outcome, Trial, one_chip
from pydantic import BaseModel

One = Callable[[Trial, int], Outcome]  # computes one chip of a trial; a function of a module
TABLE = BUILD / "chip_runs" / "chips.jsonl.gz"
CHIP_S = 900.0  # longest wait for the next chip of all that are computed
LINES = 20  # of progress in a log


def contents(value: Any) -> Iterator[str]:
    """What a value is made of, as texts to be hashed; of equal values they are equal.

    Raises:
        TypeError: something whose content is not known.
    """
    if is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__
        for field in fields(value):
            yield field.name
            yield from contents(getattr(value, field.name))
    elif isinstance(value, BaseModel):
        yield f"{type(value).__name__} {value.model_dump_json()}"
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield (
            f"{value.dtype} {value.shape} {hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        )
    elif isinstance(value, tuple | list | np.ndarray):
        yield f"{len(value)} values"
        for one in value:
            yield from contents(one)
    elif value is None or isinstance(value, str | bool | int | float):
        yield f"{type(value).__name__} {value!r}"
    else:
        raise TypeError(f"a trial holds a {type(value).__name__}: its content is not known")


@cache
def code_key(one: One) -> str:
    """Hash of the code and the data with which a chip is computed, and of the versions of what computes."""
    versions = (numba.__version__, np.__version__, scipy.__version__)
    return content_hash(needs(Path(inspect.getfile(one))), one.__qualname__, *versions)


def trial_key(trial: Trial, one: One = one_chip) -> str:
    """Hash of all that decides what a trial's chips give, but for their seeds."""
    return content_hash([], code_key(one), *contents(trial))


def run_chips(
    trials: Mapping[str, Trial],
    seeds: Iterable[int],
    *,
    workers: int = 1,
    one: One = one_chip,
    place: Path = TABLE,
) -> dict[str, list[Outcome]]:
    """Every trial on every chip.

    Args:
        trials: trials by name.
        seeds: seeds of the chips.
        workers: processes; 1: in this one. Of no effect where the environment has DASK_SCHEDULER.
        one: computes a chip.
        place: path of the table.

    Returns:
        Name -> outcomes in the order of the seeds.

    Raises:
        UserError: workers below 1, a table that is damaged, a scheduler that does not answer or whose workers
            have other code, no chip for a quarter of an hour, or a chip at which workers end again and again.
    """
    pool = Pool("chip", workers, CHIP_S)
    chips, table = list(seeds), ChipTable(place)
    keys = {name: trial_key(trial, one) for name, trial in trials.items()}
    kept = table.outcomes()

    def known(name: str, seed: int) -> Outcome | None:
        return together(kept.get((keys[name], seed), {}), trials[name].ages)

    lacking = {
        (keys[name], seed): (name, seed) for name in trials for seed in chips if known(name, seed) is None
    }
    jobs, done = list(lacking.values()), 0
    if asked := len(trials) * len(chips) - len(jobs):
        print(f"  {asked} of {len(trials) * len(chips)} chips are in {place}", file=sys.stderr, flush=True)
    asked_of = partial(_chip, one=one, code=code_key(one))
    try:
        with (
            Bar("chips", len(jobs), every=-(-len(jobs) // LINES)) as bar,
            closing(computed(asked_of, trials, jobs, pool)) as results,
        ):
            for (name, _), found in results:
                table.add(
                    [row_of(keys[name], name, trials[name], found, k) for k in range(len(trials[name].ages))]
                )
                done += 1
                bar.step(f"{name}, seed {found.seed}")
    except BaseException:
        if jobs:
            print(
                f"  {done} of {len(jobs)} chips were computed and are kept in {place}; the same command"
                " goes on",
                file=sys.stderr,
            )
        raise
    if jobs:
        kept = table.outcomes()
    whole = {name: [outcome for seed in chips if (outcome := known(name, seed))] for name in trials}
    if any(len(outcomes) < len(chips) for outcomes in whole.values()):
        raise UserError(f"{place}: was replaced while chips were computed; start the same command again")
    return whole


def _chip(trial: Trial, seed: int, one: One, code: str) -> Outcome:
    """One task.

    Raises:
        UserError: this worker's code is not that which asks.
    """
    if code_key(one) != code:
        raise UserError(
            f"{SCHEDULER}: a worker has other code or libraries; update its checkout and start it again"
        )
    return one(trial, seed)
