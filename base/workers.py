"""One list of tasks on several processes or machines, results as they end. What a lost worker had is done by another.

    with closing(computed(one, {"neuron": netlist}, [("neuron", seed) for seed in range(20)], Pool("sample", workers=2))) as results:
        for (name, seed), found in results: ...

DASK_SCHEDULER=tcp://host:8786 takes the workers of that scheduler (dask.distributed) in place of processes of this machine.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

SCHEDULER = "DASK_SCHEDULER"
ANSWER_S, START_S = 10.0, 60.0                  # longest wait for a scheduler, and for the first worker
OWN_START_S = 300.0                             # longest wait for processes of this machine, which may be loaded
START_TRIES = 3                                 # a process that ends while it starts is begun again
AHEAD, LEAST_AHEAD = 4, 200                     # tasks with the scheduler at a time: for each thread of the workers, and at least


@dataclass(frozen=True)
class Pool:
    """Who computes.

    Attributes:
        what: name of a task in messages.
        workers: number of processes; 1: in this one. Of no effect where the environment has DASK_SCHEDULER.
        longest_s: longest wait for the next task of all that are computed, s.
        folder: place where processes of this machine keep what does not fit into memory.
    """

    what: str
    workers: int = 1
    longest_s: float = 900.0
    folder: Path = BUILD / "workers"


def computed[S, A, R](
    one: Callable[[S, A], R], shared: Mapping[str, S], jobs: Sequence[tuple[str, A]], pool: Pool
) -> Generator[tuple[tuple[str, A], R]]:
    """Results as they end, with their tasks.

    Args:
        one: function of a module that computes a task from what it shares with others and what it has alone.
        shared: name -> what tasks of that name have in common, sent once.
        jobs: name of each task and what is its own.
        pool: processes that compute.

    Raises:
        UserError: workers below 1, a scheduler that does not answer, that was lost or that has no worker, a worker without the project, no
            task for too long, or a task at which workers end again and again; or as of `one`.
    """
    if pool.workers < 1:
        raise UserError(f"workers {pool.workers}: choose 1 or more")
    if not jobs:
        return
    if pool.workers == 1 and not os.environ.get(SCHEDULER):
        for name, own in jobs:
            yield (name, own), one(shared[name], own)
        return
    with _client(min(pool.workers, len(jobs)), pool.folder) as client:
        yield from _gathered(client, one, shared, jobs, pool)


def _own(workers: int, folder: Path) -> LocalCluster:
    """As many processes of this machine. What ends while it starts, as a process does that is refused memory, is begun once more.

    Raises:
        UserError: they do not start within OWN_START_S, or end before; with the cause.
    """
    import logging

    import dask
    from distributed import LocalCluster

    begin, tries = time.monotonic(), START_TRIES
    # A client that no scheduler answered ends when it is collected. If that happens while a cluster starts, which holds the lock of
    # distributed's loops, both wait for ever.
    gc.collect()
    while True:
        left = max(begin + OWN_START_S - time.monotonic(), 0.0)
        try:
            # distributed waits 30 s for a connection, less than a process needs to import all on a loaded machine.
            with dask.config.set({"distributed.comm.timeouts.connect": f"{OWN_START_S:g}s"}):
                return LocalCluster(  # type: ignore[no-untyped-call]
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
                    local_directory=str(folder), death_timeout=left,
                )  # fmt: skip
        except (TimeoutError, RuntimeError, AssertionError) as error:     # the last: distributed's answer to a process that is late
            tries -= 1
            if tries and time.monotonic() - begin < OWN_START_S:
                continue
            cause = error.__cause__ or error
            told = f"{type(cause).__name__} {cause}".strip().replace("\n", " ")
            late = f"--workers {workers}: processes did not start within {OWN_START_S:g} s, or ended as they began ({told})"
            raise UserError(f"{late}; wait until the machine is less loaded, or take --workers 1") from None


@contextmanager
def _client(workers: int, folder: Path) -> Iterator[Client]:
    """Of the scheduler of the environment, or of as many processes of this machine.

    Raises:
        UserError: the scheduler does not answer, or has no worker, or the processes do not start.
    """
    import logging

    from distributed import Client

    address = os.environ.get(SCHEDULER)
    if not address:
        made = _own(workers, folder)
        with made as cluster, Client(cluster, timeout=OWN_START_S) as client:  # type: ignore[no-untyped-call]
            yield client
        return
    way_out = f"start one (dask scheduler, dask worker), or leave {SCHEDULER} out"
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=ANSWER_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError):
        raise UserError(f"{SCHEDULER}={address}: no scheduler answers there within {ANSWER_S:g} s; {way_out}") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=START_S)
        except TimeoutError:
            raise UserError(f"{SCHEDULER}={address}: no worker came to it within {START_S:g} s; {way_out}") from None
        yield client


def _same[S](shared: S) -> S:
    """A task of its own: where the worker that has it is lost the scheduler makes it again, which it cannot with scattered data."""
    return shared


def _gathered[S, A, R](
    client: Client, one: Callable[[S, A], R], shared: Mapping[str, S], jobs: Sequence[tuple[str, A]], pool: Pool
) -> Iterator[tuple[tuple[str, A], R]]:
    """As computed()."""
    from distributed import KilledWorker, wait

    what, left = pool.what, iter(jobs)
    common = {name: client.submit(_same, shared[name], pure=False) for name in dict.fromkeys(name for name, _ in jobs)}
    ahead = max(LEAST_AHEAD, AHEAD * sum(client.ncores().values()))  # type: ignore[no-untyped-call]
    asked: dict[Future[R], tuple[str, A]] = {}
    try:
        while True:
            for name, own in islice(left, ahead - len(asked)):
                asked[client.submit(one, common[name], own, pure=False)] = (name, own)
            if not asked:
                return
            ready, _ = wait(list(asked), timeout=pool.longest_s, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
            for future in sorted(ready, key=lambda one: one.status != "finished"):      # one that failed takes no other's result with it
                yield asked.pop(future), future.result(timeout=pool.longest_s)
    except TimeoutError:
        raise UserError(f"no {what} ended within {pool.longest_s:g} s; look after the workers, then start again") from None
    except CancelledError:
        raise UserError("the scheduler was lost; start it and this command again") from None
    except KilledWorker:
        raise UserError(f"workers ended at the same {what} again and again: too little memory for so many; take fewer") from None
    except ModuleNotFoundError as error:
        raise UserError(f"{SCHEDULER}: a worker lacks {error.name}; install the project where it runs") from None
