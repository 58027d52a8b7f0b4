"""The report of digits: its cases, limits, time and energy; chips are played."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.software.emulator.parameters import parameter
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads.energy import image_time
from neusoc.software.workloads.study import Outcome, Trial
from neusoc.verification.software import digits


@pytest.fixture
def fast(monkeypatch):
    """Chips that classify nine of ten, without trim eight; what was specified for them."""
    specified = []

    def run_chips(trials, seeds, workers, one):
        specified.extend((trial, one) for trial in trials.values())
        lost = 0.02 if one is digits.chip_of_extracted_reads else 0.0
        return {
            name: [
                Outcome(
                    seed,
                    tuple(
                        (0.9 if trial.circuit.trimmed else 0.8) - lost - 0.01 * k
                        for k in range(len(trial.ages))
                    ),
                    0.0,
                    2e-4,
                )
                for seed in seeds
            ]
            for name, trial in trials.items()
        }

    monkeypatch.setattr(digits, "trained", lambda *_: Network.from_numpy(np.eye(64, 30)))
    monkeypatch.setattr(digits, "run_chips", run_chips)
    return specified


def test_digits_figures(fast):
    report = digits.digits_report(2)
    values = {figure.name: (figure.value, figure.min, figure.max) for figure in report.figures}
    assert values["64-30 everything on stratified programmed: mean"] == (90, 96.5, None)
    assert values["64-30 everything on last360 1 day: mean"] == (88, 90.5, None)
    assert values["64-30 everything on stratified 1 s: mean"] == (89, 96, None)
    assert values["64-30 everything on last360 programmed: worst chip"] == (90, 89.5, None)
    assert values["64-30 not trimmed stratified programmed: mean"] == (80, None, None)
    assert values[f"64-30 lost by a {digits.LATE} last360"] == (0, None, 0.3)
    assert values[f"64-30 lost by {digits.READS} last360"] == (2, None, 0.3)
    time, _, most = values["image: time without loading"]
    assert (
        most == 2.5
        and time == pytest.approx(1e6 * image_time())
        and values["image: front ends and rows"][2] == 3
    )
    assert len(values) == len(report.figures) and report.verdict == "fail"
    assert sum(len(trial.ages) == 3 for trial, _ in fast) == 2 and len(fast) == 2 * 6


def test_digits_cases_change_one_thing():
    chip = load_chip("tapeout")
    trial = Trial(
        chip, ImageCircuit.of(chip), Network.from_numpy(np.eye(64, 30)), np.ones((3, 64)), np.zeros(3, int)
    )
    found = digits.cases(trial)
    late = parameter("references.fall_lag.extracted")
    assert found[digits.LATE].circuit.last_v == pytest.approx(late * 10e-3) and late > 8
    assert (
        len({repr((case.circuit, case.around)) for case in found.values()}) == len(found) == 5
        and found[digits.BASE] == trial
    )
