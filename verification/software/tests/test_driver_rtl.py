"""One script, two backends, two drivers: what each sees of the RTL and of the emulator is the same, pulse for
pulse."""

from __future__ import annotations

import json

import pytest
from neusoc.base.chip import load_chip
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.software.driver.backends.array import PortArray, integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.verification.software.c_chip import CChip
from neusoc.verification.software.rtl_backend import RtlChip
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
    assert sum(line.startswith("P") for line in trace) > 20
    assert seen["registers"]["events"]["received"] == 1 and seen["spikes"] == []
    resets = [line.split() for line in trace if line.startswith("P 2 ")]
    assert len({line[4] for line in resets}) > 3 and {line[7] for line in resets} == {"0"}, (
        "the word line is the staircase"
    )


def test_script_sees_other_cells():
    assert _emulated(SEED + 1)[0]["map"] != _emulated()[0]["map"]


@pytest.mark.parametrize("driver", [Chip, CChip])
def test_script_sees_the_same_of_rtl_and_emulator(driver):
    """Codes, pulses and outcomes of integer cells, each of which draws from what all pulses and reads before
    it have left."""
    with RtlChip(MINI, integer_array(MINI, SEED)) as transport:
        seen = json.loads(json.dumps(run_script(transport, driver)))
    wanted, _ = _emulated()
    assert seen.keys() == wanted.keys()
    for what, value in wanted.items():
        assert seen[what] == value, what
