"""A chip of two cores runs from its pins by the driver; wires that are exchanged between its cores are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.verification.chip.two_cores import run_two_cores_chip

MINI = load_chip("mini")


def exchanged(net: str, text: str) -> str:
    """The wrapper with a net of both cores exchanged at the cores, not at the digital part."""
    head, first, calls = text.partition("  analog_core u_analog_core0")
    one, other = f"({net}_core0)", f"({net}_core1)"
    assert one in calls and other in calls
    return head + first + calls.replace(one, "(_)").replace(other, one).replace("(_)", other)


def test_two_cores_chip_runs_from_its_pins(tmp_path: Path) -> None:
    outcome = run_two_cores_chip(MINI, tmp_path / "run")
    assert outcome.passed == ["two_cores_chip"] and not outcome.failed, (tmp_path / "run" / "run.log").read_text()[-3000:]


@pytest.mark.full
@pytest.mark.parametrize(("net", "words"), [
    ("spike_1v8", "no spike came to the pins"), ("row_1v8", "no spike came to the pins"), ("col_1v8", "a cell is not at its level"),
])  # fmt: skip
def test_two_cores_chip_sees_an_exchange(net: str, words: str, tmp_path: Path) -> None:
    outcome = run_two_cores_chip(MINI, tmp_path / "run", lambda text: exchanged(net, text))
    log = (tmp_path / "run" / "run.log").read_text()
    assert outcome.failed == ["two_cores_chip"] and words in log, log[-3000:]
