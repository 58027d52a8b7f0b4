"""Tasks on workers: one that fails takes no other's result with it."""

from __future__ import annotations

from concurrent.futures import CancelledError

import distributed
import pytest
from neusoc.base.errors import UserError
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
    monkeypatch.setattr(distributed, "wait", lambda asked, timeout, return_when: (sorted(asked, key=lambda one: one.number), set()))

    def run(fails):
        found = []
        try:
            for one in _gathered(_Scheduler(fails), print, {"a": None}, [("a", number) for number in range(6)], POOL):
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
