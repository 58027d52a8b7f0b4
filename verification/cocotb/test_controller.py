"""The controller's RTL in two simulators and two sizes."""

from __future__ import annotations

import pytest
from neusoc.flow.config import load_chip
from neusoc.verification.cocotb.run import SIMULATORS, check_controller


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("chip", ["mini", "tapeout"])
def test_controller(chip: str, simulator: str) -> None:
    report = check_controller(load_chip(chip), simulator)
    assert report.verdict == "pass", f"{[f.name for f in report.figures if not f.passes]}; see build/{report.files['log']}"
