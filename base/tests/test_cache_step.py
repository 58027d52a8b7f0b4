"""Steps run once for the same inputs, and again after an interruption."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from neusoc.base import cache


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "BUILD", tmp_path / "build")
    source = tmp_path / "a.py"
    source.write_text("1")
    return tmp_path, source, tmp_path / "out"


def test_cache_runs_once_and_on_change(place):
    _, source, out = place
    runs = []

    def make():
        runs.append(1)
        out.write_text("x")

    assert cache.step("s", [source], [out], make) is True
    assert cache.step("s", [source], [out], make) is False
    source.write_text("2")
    assert cache.step("s", [source], [out], make) is True
    assert cache.step("s", [source], [out], make, "new fact") is True
    out.unlink()
    assert cache.step("s", [source], [out], make, "new fact") is True
    assert len(runs) == 4


def test_cache_interrupted_step_runs_again(place):
    _, source, out = place

    def interrupted():
        out.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.step("s", [source], [out], interrupted)
    assert cache.step("s", [source], [out], lambda: None) is True


def test_cache_missing_output_is_an_error(place):
    _, source, out = place
    with pytest.raises(RuntimeError, match="did not write"):
        cache.step("s", [source], [out], lambda: None)


def test_cache_makes_a_step_once_for_all_that_ask_at_once(place):
    """Threads hold locks of their own, as processes do."""
    _, source, out = place
    inside, runs = threading.Event(), []

    def make():
        runs.append(1)
        inside.set()
        time.sleep(0.2)
        out.write_text("x")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.step, "s", [source], [out], make)
        assert inside.wait(10)
        second = pool.submit(cache.step, "s", [source], [out], make)
        assert (first.result(10), second.result(10), len(runs)) == (True, False, 1)


def test_cache_lock_ends_with_a_step_that_fails(place):
    _, source, out = place
    with pytest.raises(RuntimeError, match="did not write"):
        cache.step("s", [source], [out], lambda: None)
    assert cache.step("s", [source], [out], lambda: out.write_text("x")) is True
