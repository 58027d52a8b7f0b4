"""The controller at 10 MHz: what it does is counted in cycles, so the same tests must hold at five times the period."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.verification.cocotb.bench import clock_ns
from neusoc.verification.cocotb.run import all_tests, simulate

SLOW_NS = 100
ENVIRONMENT = {"NEUSOC_CLOCK_NS": str(SLOW_NS), "NEUSOC_JOBS": "6", "NEUSOC_STOPS": "24", "NEUSOC_IMAGES": "20"}
# Jobs and images bit for bit, events in and their rate by the simulator's time, spikes out, a chip over SPI alone, STOP amid jobs.
SLOW = ["jobs_as_the_twin", "images_as_the_twin", "events_one_by_one", "rates_of_reset_timing", "spikes_to_pins", "spi_alone_runs_a_chip",
        "stop_at_every_moment"]


@pytest.mark.full
def test_controller_at_10_mhz() -> None:
    outcome = simulate(load_chip("mini"), "verilator", BUILD / "cocotb" / "slow", tests=SLOW, environment=ENVIRONMENT)
    assert not outcome.failed and sorted(outcome.passed) == sorted(SLOW), f"see {BUILD}/cocotb/slow/run.log"
    assert outcome.figures["event_rate_reset_timing"]["value"] == pytest.approx(1000 / (10 * SLOW_NS), rel=0.02)


def test_tests_at_10_mhz_are_there() -> None:
    assert set(SLOW) <= set(all_tests())


def test_clock_of_the_benches_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEUSOC_CLOCK_NS", raising=False)
    assert clock_ns() == load_chip().clock_ns
    monkeypatch.setenv("NEUSOC_CLOCK_NS", "100")
    assert clock_ns() == SLOW_NS
    for bad in ("", "10", "21", "1002", "-20", "2e1", "slow"):
        monkeypatch.setenv("NEUSOC_CLOCK_NS", bad)
        with pytest.raises(UserError, match="^NEUSOC_CLOCK_NS is '.*'; give an even whole number from 20 to 1000, ns$"):
            clock_ns()
