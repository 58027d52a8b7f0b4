"""The controller's RTL in two simulators and two sizes, and at a slow clock."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.verification.cocotb.bench import clock_ns
from neusoc.verification.cocotb.run import SIMULATORS, all_tests, check_controller, simulate

# All tests, in both simulators and sizes, run in `make rtl` and in the full tier.
PAIRS = [(chip, simulator) for chip in ("mini", "tapeout") for simulator in SIMULATORS]
# A third of the time: the longest waits, every level.
LONG = {"longest_waits", "every_level"}
FEWER = {
    "NEUSOC_POWER_UPS": "50",
    "NEUSOC_STOPS": "12",
    "NEUSOC_JOBS": "6",
    "NEUSOC_CONVERSIONS": "60",
    "NEUSOC_IMAGES": "6",
}
# Where rows, columns and neurons are addressed, masked and sent: what a width could break; every register and
# flip-flop after a reset.
OF_WIDTH = [
    "reset_values",
    "reset_state",
    "register_access",
    "every_corner",
    "one_hot_random",
    "multi_hot_random",
    "bad_address",
    "masked_neurons",
    "spikes_to_pins",
    "learning_waveform",
]
SLOW_NS = 100
SLOW_ENVIRONMENT = {
    "NEUSOC_CLOCK_NS": str(SLOW_NS),
    "NEUSOC_JOBS": "6",
    "NEUSOC_STOPS": "24",
    "NEUSOC_IMAGES": "20",
}
# Jobs and images bit for bit, events in and their rate by the simulator's time, spikes out, SPI alone, STOP
# amid jobs.
SLOW = [
    "jobs_as_the_twin",
    "images_as_the_twin",
    "one_hot_random",
    "rates_of_reset_timing",
    "spikes_to_pins",
    "spi_alone_runs_a_chip",
    "stop_at_every_moment",
]


@pytest.mark.full
@pytest.mark.parametrize(("chip", "simulator"), PAIRS)
def test_controller(chip: str, simulator: str) -> None:
    report = check_controller(load_chip(chip), simulator)
    assert report.verdict == "pass", (
        f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"
    )


def test_controller_of_the_small_chip() -> None:
    tests = [name for name in all_tests() if name not in LONG]
    assert set(all_tests()) >= LONG and len(tests) > 100
    outcome = simulate(
        load_chip("mini"), "icarus", BUILD / "cocotb" / "mini_fast", tests=tests, environment=FEWER
    )
    assert not outcome.failed and sorted(outcome.passed) == sorted(tests), (
        f"see {BUILD}/cocotb/mini_fast/run.log"
    )


def test_controller_of_the_large_chip() -> None:
    outcome = simulate(load_chip("tapeout"), "icarus", BUILD / "cocotb" / "tapeout_widths", tests=OF_WIDTH)
    assert not outcome.failed and sorted(outcome.passed) == sorted(OF_WIDTH)


@pytest.mark.full
def test_controller_converter_skew() -> None:
    """Ten thousand conversions with answers of the converter that come apart, none wrong; STOP at six hundred
    moments."""
    outcome = simulate(
        load_chip("mini"),
        "verilator",
        BUILD / "cocotb" / "skew",
        tests=["converter_skew", "stop_at_every_moment"],
        environment={"NEUSOC_CONVERSIONS": "10000", "NEUSOC_STOPS": "600"},
    )
    assert not outcome.failed and len(outcome.passed) == 2
    assert (
        outcome.figures["conversions_with_skew"]["value"] >= 10000
        and outcome.figures["wrong_codes_with_skew"]["value"] == 0
    )


@pytest.mark.full
def test_controller_jobs_as_the_twin() -> None:
    """A thousand random jobs: pulses, reads and results equal the normative algorithm's."""
    outcome = simulate(
        load_chip("mini"),
        "verilator",
        BUILD / "cocotb" / "jobs",
        tests=["jobs_as_the_twin"],
        environment={"NEUSOC_JOBS": "1000"},
    )
    assert outcome.passed == ["jobs_as_the_twin"] and not outcome.failed


@pytest.mark.full
def test_controller_at_10_mhz() -> None:
    """What it does is counted in cycles, so the same tests must hold at five times the period."""
    outcome = simulate(
        load_chip("mini"), "verilator", BUILD / "cocotb" / "slow", tests=SLOW, environment=SLOW_ENVIRONMENT
    )
    assert not outcome.failed and sorted(outcome.passed) == sorted(SLOW), f"see {BUILD}/cocotb/slow/run.log"
    assert outcome.figures["event_rate_reset_timing"]["value"] == pytest.approx(
        1000 / (7 * SLOW_NS), rel=0.02
    )


def test_controller_clock_of_the_benches_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEUSOC_CLOCK_NS", raising=False)
    assert clock_ns() == load_chip().clock_ns and set(SLOW) <= set(all_tests())
    for bad in ("", "10", "21", "1002", "-20", "2e1", "slow"):
        monkeypatch.setenv("NEUSOC_CLOCK_NS", bad)
        with pytest.raises(
            UserError, match="^NEUSOC_CLOCK_NS is '.*'; give an even whole number from 20 to 1000, ns$"
        ):
            clock_ns()
