"""The report of whole images: its cases, limits, time and energy; chips are played."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.front_end.benches import LEAD, ROW, SUMS, TAIL
from neusoc.base.chip import load_chip
from neusoc.base.results import figure_value
from neusoc.digital.model.images import ImageSettings
from neusoc.software.emulator.measured import known
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.training import USUAL
from neusoc.software.network.network import Network
from neusoc.software.workloads.whole_image import ImageOutcome
from neusoc.verification.software import image_digits


@pytest.fixture
def fast(monkeypatch):
    """Chips that tell nine of ten, without trim eight; what they were asked."""
    asked = []

    def shown(trial, chip):
        asked.append(trial)
        return ImageOutcome(tuple(0.9 - 0.01 * k if trial.circuit.trimmed else 0.8 for k in range(len(trial.ages))), 200e-6, 0.0)

    monkeypatch.setattr(image_digits, "trained_for_images", lambda *_: (Network.from_numpy(np.eye(64, 30)), USUAL))
    monkeypatch.setattr(image_digits, "written", lambda trial, seed, around=True: seed)
    monkeypatch.setattr(image_digits, "shown", shown)
    monkeypatch.setattr(image_digits, "fault_figures", lambda *given: [])
    return asked


def test_image_digits_figures(fast):
    report = image_digits.image_digits_report(2)
    values = {figure.name: (figure.value, figure.min, figure.max) for figure in report.figures}
    assert values["64-30 everything on stratified programmed: mean"] == (90, 96.5, None)
    assert values["64-30 everything on last360 1 day: mean"] == (88, 90.5, None)
    assert values["64-30 everything on last360 programmed: worst chip"] == (90, 89.5, None)
    assert values["64-30 not trimmed stratified programmed: mean"] == (80, None, None)
    assert values[f"64-30 lost by a {image_digits.LATE} last360"] == (0, None, 0.3)
    time, _, most = values["image: time without loading"]
    assert most == 2.5 and time == pytest.approx(1e6 * image_digits.image_time()) and values["image: front ends and rows"][2] == 3
    assert len(values) == len(report.figures) and report.verdict == "fail"
    assert sum(len(one.ages) == 3 for one in fast) == 4 and len(fast) == 2 * 2 * 14


def test_image_digits_cases_change_one_thing():
    circuit = ImageCircuit.of(load_chip("image64"))
    found = image_digits.circuits(circuit)
    late = figure_value(known(), "analog.references", "fall_lag nominal", "extracted")
    assert found[image_digits.LATE].last_v == pytest.approx(late * 10e-3) and late > 8
    assert len({repr(one) for one in found.values()}) == len(found) == 13 and found["everything on"] == circuit


def test_image_energy_is_that_of_the_bench(monkeypatch):
    """Four planes with the bench's own times: its figures, and a row's energy a row."""
    results = known()
    empty, full = (1e-12 * figure_value(results, "analog.front_end", f"{name} nominal") for name in ("empty_energy", "image_energy"))
    row = 1e-12 * figure_value(results, "analog.row_driver", "energy nominal", "extracted")
    bench = ImageSettings(windows=(2, 2, 2, 2), opened=2, close=0, lead=3, tail=1)
    monkeypatch.setattr(image_digits, "SHOWN", bench)
    on, awake = 80e-9 / ROW, 160e-9 / (LEAD + ROW + TAIL)               # cycles of 20 ns come near to the bench's times
    assert 0.85 < on < 1 and 0.9 < awake < 1
    assert image_digits.image_energy(30, SUMS[2], 100) == pytest.approx(120 * (empty * awake + (full - empty) * on) + 100 * row)


def test_image_time_is_the_sequencers():
    """By hand: discharge, planes of 7 cycles and a window, 61 codes, discharge."""
    assert image_digits.image_time() == pytest.approx((10 + 4 * 7 + 15 + 61 + 8 + 10) * 20e-9)
