"""The controller's RTL in two simulators and two sizes."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.verification.cocotb.run import SIMULATORS, check_controller, simulate

# Verilator, which says the same of the same tests, and all tests of the large chip run in `make rtl` and in the full tier.
FAST = ("mini", "icarus")
PAIRS = [(chip, simulator) for chip in ("mini", "tapeout") for simulator in SIMULATORS]
CASES = [pytest.param(*pair, marks=[] if pair == FAST else [pytest.mark.full]) for pair in PAIRS]
# Where rows, columns and neurons are addressed, masked and sent: what a width could break.
OF_WIDTH = ["register_access", "every_corner", "one_hot_random", "multi_hot_random", "bad_address", "masked_neurons", "spikes_to_pins"]


@pytest.mark.parametrize(("chip", "simulator"), CASES)
def test_controller(chip: str, simulator: str) -> None:
    report = check_controller(load_chip(chip), simulator)
    assert report.verdict == "pass", f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"


def test_controller_of_the_large_chip() -> None:
    outcome = simulate(load_chip("tapeout"), "icarus", BUILD / "cocotb" / "tapeout_widths", tests=OF_WIDTH)
    assert not outcome.failed and sorted(outcome.passed) == sorted(OF_WIDTH)


@pytest.mark.full
def test_controller_converter_skew() -> None:
    """Ten thousand conversions with answers of the converter that come apart, none wrong; STOP at six hundred moments."""
    outcome = simulate(
        load_chip("mini"), "verilator", BUILD / "cocotb" / "skew", tests=["converter_skew", "stop_at_every_moment"],
        environment={"NEUSOC_CONVERSIONS": "10000", "NEUSOC_STOPS": "600"},
    )  # fmt: skip
    assert not outcome.failed and len(outcome.passed) == 2
    assert outcome.figures["conversions_with_skew"]["value"] == 10000 and outcome.figures["wrong_codes_with_skew"]["value"] == 0


@pytest.mark.full
def test_controller_jobs_as_the_twin() -> None:
    """A thousand random jobs: pulses, reads and results equal the normative algorithm's."""
    outcome = simulate(
        load_chip("mini"), "verilator", BUILD / "cocotb" / "jobs", tests=["jobs_as_the_twin"], environment={"NEUSOC_JOBS": "1000"}
    )
    assert outcome.passed == ["jobs_as_the_twin"] and not outcome.failed
