"""One script, two backends, two drivers: what each sees of the RTL and of the emulator is the same, and so is what reaches the cells."""

from __future__ import annotations

import json

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import TraceDevice
from neusoc.software.driver.backends.array import PortArray
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.verification.cocotb.run import all_tests
from neusoc.verification.software.run import DRIVERS, TESTS, run_driver
from neusoc.verification.software.script import LEVELS, SEED, STOP_AT, run_script

MINI = load_chip("mini")


def _emulated(seed: int = SEED):
    """What the script sees of the emulator, as JSON has it, and the trace of its cells."""
    cells = TraceDevice(WordLineCell(MINI.rows, MINI.columns, seed, pristine=True))
    return json.loads(json.dumps(run_script(Emulator(MINI, PortArray(cells))))), cells.lines


def test_script_does_on_the_emulator_what_it_is_there_for():
    seen, trace = _emulated()
    assert seen["identity"][:3] == [MINI.rows, MINI.columns, MINI.neurons] and seen["variant"] == "mini"
    assert [text.split(":")[0] for text in seen["refusals"]] == ["7", "8", "9", "6", "5", "job 8", "job 2"]
    assert len(seen["program"]) == sum(map(len, LEVELS)) and len(seen["interrupted"]) == 12 > STOP_AT
    assert sum(line.startswith("P") for line in trace) == seen["registers"]["pulses"]["count"] > 20
    assert seen["registers"]["events"]["received"] == 1 and seen["spikes"] == []


def test_script_sees_other_cells():
    assert _emulated(SEED + 1)[0]["map"] != _emulated()[0]["map"]


@pytest.fixture(scope="module")
def rtl():
    return run_driver(MINI, BUILD / "software" / "mini")


def test_driver_on_the_rtl(rtl):
    outcome, _ = rtl
    assert not outcome.failed and sorted(outcome.passed) == sorted(all_tests([TESTS]))


@pytest.mark.parametrize("driver", DRIVERS)
def test_script_sees_the_same_of_rtl_and_emulator(rtl, driver):
    found = rtl[1][driver]
    seen, trace = _emulated()
    assert found["seen"].keys() == seen.keys()
    for what, wanted in seen.items():
        assert found["seen"][what] == wanted, what
    assert found["trace"] == trace and len(trace) > 200
