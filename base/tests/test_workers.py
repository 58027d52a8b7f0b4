"""Tasks on workers: one that fails takes no other's result with it."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import CancelledError

import distributed
import pytest
from neusoc.base.errors import UserError
from neusoc.base.tests.worker_tasks import square
from neusoc.base.workers import Pool, _gathered, computed

POOL = Pool("chip", workers=2)


class _Ended:
    """A task that has ended, with its number or with an error."""

    def __init__(self, number, fault):
        self.number, self.fault, self.status = number, fault, "error" if fault else "finished"

    def result(self, timeout=None):
        if self.fault:
            raise self.fault
        return 10 * self.number


class _Scheduler:
    """At which every task has ended; `fails`: number -> error."""

    def __init__(self, fails):
        self.fails = fails

    def submit(self, one, *given, pure):
        return _Ended(given[-1], self.fails.get(given[-1]))

    def ncores(self):
        return {"a": 1}


@pytest.fixture
def told(monkeypatch):
    """What comes of six tasks, and how it ends."""
    monkeypatch.setattr(
        distributed,
        "wait",
        lambda asked, timeout, return_when: (sorted(asked, key=lambda one: one.number), set()),
    )

    def run(fails):
        found = []
        try:
            for one in _gathered(
                _Scheduler(fails), print, {"a": None}, [("a", number) for number in range(6)], POOL
            ):
                found.append(one)
        except (ValueError, UserError) as error:
            return found, error
        return found, None

    return run


def test_workers_give_every_result_before_one_that_failed(told):
    whole, error = told({})
    assert whole == [(("a", number), 10 * number) for number in range(6)] and error is None
    found, error = told({1: ValueError("a task")})
    assert found == [one for one in whole if one[0][1] != 1] and str(error) == "a task"
    found, error = told({0: CancelledError(), 5: CancelledError()})
    assert len(found) == 4 and isinstance(error, UserError) and "the scheduler was lost" in str(error)


def test_workers_below_one_are_one_sentence():
    with pytest.raises(UserError, match="workers 0: choose 1 or more"):
        next(computed(print, {"a": None}, [("a", 1)], Pool("chip", workers=0)))


def test_processes_give_every_result_and_end():
    done = dict(computed(square, {"a": None}, [("a", number) for number in range(5)], POOL))
    assert done == {("a", number): (number * number, "1") for number in range(5)}
    with pytest.raises(ValueError, match="a task"):
        dict(computed(square, {"a": None}, [("a", -1), ("a", -2)], POOL))
    until = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.05)
    assert multiprocessing.active_children() == []


def test_task_at_which_processes_end_again_and_again_is_one_sentence():
    with pytest.raises(UserError, match="workers ended at the same chip again and again: too little memory"):
        dict(computed(square, {"a": 3}, [("a", 3), ("a", 3)], POOL))


def test_task_without_an_end_is_one_sentence():
    with pytest.raises(UserError, match="no chip ended within 0.01 s; look after the workers"):
        dict(computed(square, {"a": None}, [("a", 1), ("a", 2)], Pool("chip", workers=2, longest_s=0.01)))
