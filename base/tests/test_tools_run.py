"""Programs with a bound on their time: on the clock, or of the processor."""

import sys

import pytest
from neusoc.base.errors import UserError
from neusoc.base.tools import run

BUSY, ASLEEP = "while True: pass", "import time; time.sleep(4); print('awake')"


def test_run_is_bounded_on_the_clock(tmp_path):
    with pytest.raises(UserError, match=r"no end after 1 s; see"):
        run([sys.executable, "-c", ASLEEP], log=tmp_path / "log", timeout=1)


def test_run_is_bounded_by_processor_time(tmp_path):
    with pytest.raises(UserError, match=r"no end after 1 s of processor time; see"):
        run([sys.executable, "-c", BUSY], log=tmp_path / "log", timeout=1, wall=300)


def test_run_that_waits_for_the_processor_is_not_late(tmp_path):
    """Four seconds on the clock with three of the processor's allowed, of which it takes a part of one."""
    assert "awake" in run([sys.executable, "-c", ASLEEP], log=tmp_path / "log", timeout=3, wall=300)


def test_run_that_sleeps_is_bounded_too(tmp_path):
    with pytest.raises(UserError, match=r"no end after 1 s; see"):
        run([sys.executable, "-c", ASLEEP], log=tmp_path / "log", timeout=60, wall=1)
