"""One list of tasks on several processes or machines, results as they end. What a lost worker had is done by
another.

    with closing(computed(one, {"neuron": netlist}, [("neuron", seed) for seed in range(20)], Pool("sample",
    workers=2))) as results:
        for (name, seed), found in results: ...

DASK_SCHEDULER=tcp://host:8786 takes the workers of that scheduler (dask.distributed) in place of processes of
this machine.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TYPE_CHECKING, Any

from neusoc.base.errors import UserError

if TYPE_CHECKING:
    from distributed import Client, Future

SCHEDULER = "DASK_SCHEDULER"
ANSWER_S, START_S = 10.0, 60.0  # longest wait for a scheduler, and for the first worker
TRIES = 3  # times that processes end one after the other without a result
AHEAD, LEAST_AHEAD = (
    4,
    200,
)  # tasks with the scheduler at a time: for each thread of the workers, and at least
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")  # of a process: 1 each
TOO_LITTLE = "workers ended at the same {} again and again: too little memory for so many; take fewer"
TOO_LONG = "no {} ended within {:g} s; look after the workers, then start again"

_shared: dict[str, Any] = {}  # in a process of this machine: what its tasks have in common


@dataclass(frozen=True)
class Pool:
    """Who computes.

    Attributes:
        what: name of a task in messages.
        workers: number of processes; 1: in this one. Of no effect where the environment has DASK_SCHEDULER.
        longest_s: longest wait for the next task of all that are computed, s.
    """

    what: str
    workers: int = 1
    longest_s: float = 900.0


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
        UserError: workers below 1, a scheduler that does not answer, that was lost or that has no worker, a
            worker without the project, no task for too long, or a task at which workers end again and again;
            or as of `one`.
    """
    if pool.workers < 1:
        raise UserError(f"workers {pool.workers}: choose 1 or more")
    if not jobs:
        return
    if os.environ.get(SCHEDULER):
        with _client() as client:
            yield from _gathered(client, one, shared, jobs, pool)
    elif pool.workers == 1:
        for name, own in jobs:
            yield (name, own), one(shared[name], own)
    else:
        yield from _here(one, shared, jobs, pool)


@contextmanager
def _single_threads() -> Iterator[None]:
    """Processes that begin in here compute in one thread each."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _begin(shared: Mapping[str, Any]) -> None:
    """In a new process: keep what its tasks share, leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _shared.update(shared)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _task[S, A, R](one: Callable[[S, A], R], name: str, own: A) -> R:
    return one(_shared[name], own)


def _here[S, A, R](
    one: Callable[[S, A], R], shared: Mapping[str, S], jobs: Sequence[tuple[str, A]], pool: Pool
) -> Iterator[tuple[tuple[str, A], R]]:
    """As computed(), on processes of this machine. When one is lost new ones do what is left."""
    left, lost = dict(enumerate(jobs)), 0
    while left:
        try:
            for number, result in _round(one, shared, left, pool):
                lost = 0
                yield left.pop(number), result
        except BrokenProcessPool:
            lost += 1
            if lost == TRIES:
                raise UserError(TOO_LITTLE.format(pool.what)) from None


def _round[S, A, R](
    one: Callable[[S, A], R], shared: Mapping[str, S], jobs: Mapping[int, tuple[str, A]], pool: Pool
) -> Iterator[tuple[int, R]]:
    """Numbers of jobs and their results, until all are done or a process is lost; no process stays."""
    number = min(pool.workers, len(jobs))
    executor = ProcessPoolExecutor(number, get_context("spawn"), initializer=_begin, initargs=(dict(shared),))
    try:
        with _single_threads():
            asked = {executor.submit(_task, one, name, own): k for k, (name, own) in jobs.items()}
        while asked:
            ready, _ = wait(asked, timeout=pool.longest_s, return_when=FIRST_COMPLETED)
            if not ready:
                raise UserError(TOO_LONG.format(pool.what, pool.longest_s))
            for future in sorted(ready, key=lambda future: future.exception() is not None):  # failures last
                yield asked.pop(future), future.result()
    finally:
        processes = list((executor._processes or {}).values())
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


@contextmanager
def _client() -> Iterator[Client]:
    """Of the scheduler of the environment.

    Raises:
        UserError: it does not answer, or has no worker.
    """
    import logging

    from distributed import Client

    address = os.environ.get(SCHEDULER)
    way_out = f"start one (dask scheduler, dask worker), or leave {SCHEDULER} out"
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=ANSWER_S)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError):
        raise UserError(
            f"{SCHEDULER}={address}: no scheduler answers there within {ANSWER_S:g} s; {way_out}"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=START_S)
        except TimeoutError:
            raise UserError(
                f"{SCHEDULER}={address}: no worker came to it within {START_S:g} s; {way_out}"
            ) from None
        yield client


def _same[S](shared: S) -> S:
    """A task of its own: where the worker that has it is lost the scheduler makes it again, which it cannot
    with scattered data."""
    return shared


def _gathered[S, A, R](
    client: Client,
    one: Callable[[S, A], R],
    shared: Mapping[str, S],
    jobs: Sequence[tuple[str, A]],
    pool: Pool,
) -> Iterator[tuple[tuple[str, A], R]]:
    """As computed()."""
    from distributed import KilledWorker, wait

    what, left = pool.what, iter(jobs)
    common = {
        name: client.submit(_same, shared[name], pure=False)
        for name in dict.fromkeys(name for name, _ in jobs)
    }
    ahead = max(LEAST_AHEAD, AHEAD * sum(client.ncores().values()))  # type: ignore[no-untyped-call]
    asked: dict[Future[R], tuple[str, A]] = {}
    try:
        while True:
            for name, own in islice(left, ahead - len(asked)):
                asked[client.submit(one, common[name], own, pure=False)] = (name, own)
            if not asked:
                return
            ready, _ = wait(list(asked), timeout=pool.longest_s, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
            for future in sorted(
                ready, key=lambda one: one.status != "finished"
            ):  # one that failed takes no other's result with it
                yield asked.pop(future), future.result(timeout=pool.longest_s)
    except TimeoutError:
        raise UserError(TOO_LONG.format(what, pool.longest_s)) from None
    except CancelledError:
        raise UserError("the scheduler was lost; start it and this command again") from None
    except KilledWorker:
        raise UserError(TOO_LITTLE.format(what)) from None
    except ModuleNotFoundError as error:
        raise UserError(
            f"{SCHEDULER}: a worker lacks {error.name}; install the project where it runs"
        ) from None
