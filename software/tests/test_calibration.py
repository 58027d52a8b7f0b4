"""Offsets and thresholds of neurons from spikes alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from neusoc.analog.neuron.model import TRIM_CODES, TRIM_STANDARD, TRIM_STEP
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Outcome
from neusoc.software import calibration
from neusoc.software.calibration import LEAST_EVENTS, Calibration, counted, neuron_spreads, rates
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Timing
from neusoc.software.emulator.tests.round_line import LINE

COUNT, LEFT_V = 16, 0.3e-3      # neurons; standard deviation that may be left
TIMING = Timing(settle=4, gap=3, phi_p=2, phi_n=2)
CIRCUIT = Circuit(COUNT, LINE, Wiring(250e-15), Spread(3e-3, 9e-3), -0.7, 0.01)     # thresholds before their trim
SIEMENS = np.random.default_rng(4).uniform(8e-6, 38e-6, (64, 2 * COUNT))


def _measure(neurons, siemens=SIEMENS):
    """Spikes of a chip whose host sees nothing else."""

    return lambda rows, board: counted(neurons, board, siemens, TIMING, rows)


def test_calibration_finds_offsets_and_thresholds_from_spikes():
    found, true = [], []
    for seed in (1, 2, 3):
        neurons = Neurons(CIRCUIT, seed)
        read = SIEMENS * np.random.default_rng(seed).normal(1, 0.01, SIEMENS.shape)         # READ has an error of its own
        found.append(neuron_spreads(_measure(neurons), read, CIRCUIT, TIMING))
        true.append((neurons.offset_v.copy(), neurons.shift_v.copy()))
    left, shift_left = (np.concatenate([f[k] - t[k] for f, t in zip(found, true, strict=True)]) for k in (0, 1))
    assert np.std(left) < LEFT_V < 0.2 * np.std([t[0] for t in true]) and np.abs(left).max() < 1.2e-3
    assert np.sqrt(np.mean(shift_left**2)) < TRIM_STEP / 3 < np.std([t[1] for t in true]) / 3


def test_calibration_needs_the_second_level():
    neurons = Neurons(CIRCUIT, 1)
    measure = _measure(neurons)
    found = neuron_spreads(lambda rows, _board: measure(rows, neurons.board), SIEMENS, CIRCUIT, TIMING)
    assert np.isnan(found).all(), "the same level twice tells nothing"


def test_calibration_of_few_events_is_worse():
    neurons = Neurons(CIRCUIT, 1)
    found, _ = neuron_spreads(_measure(neurons), SIEMENS, CIRCUIT, TIMING, LEAST_EVENTS)
    assert np.nanstd(found - neurons.offset_v) > 2 * LEFT_V


def test_calibration_says_where_it_knows_nothing():
    dark = SIEMENS.copy()
    dark[:, 6:8] = 0.0                                   # the cells of neuron 3
    neurons = Neurons(CIRCUIT, 1)
    found = neuron_spreads(_measure(neurons, dark), dark, CIRCUIT, TIMING)
    assert [np.flatnonzero(np.isnan(values)).tolist() for values in found] == [[3], [3]]


def test_calibration_counts_between_spikes():
    spikes = np.array([[10, 0, 5], [12, 1, 5], [30, 0, 5], [50, 0, 5]])
    assert rates(spikes, 3)[0] == pytest.approx(2 / 40) and np.isnan(rates(spikes, 3)[1:]).all()


def test_calibration_refuses_what_tells_nothing():
    for timing, events in ((Timing(signed=True), 1000), (TIMING, 50)):
        with pytest.raises(UserError, match="use at least 100 unsigned events"):
            neuron_spreads(_measure(Neurons(CIRCUIT, 1)), SIEMENS, CIRCUIT, timing, events)


FOUND = np.array([[1e-3, np.nan, -2e-3, 0.0], [-13e-3, np.nan, 40e-3, 2e-3]])
STUCK, TOLD_US = np.full((8, 8), Outcome.OK), np.full((8, 8), 5.0)
STUCK[0, 1], TOLD_US[0, 1] = Outcome.STUCK_HIGH, 60.123
KNOWN = Calibration.found("mini", "chip 3", "abc", *FOUND, STUCK, TOLD_US)


def test_calibration_comes_back_from_its_file(tmp_path):
    KNOWN.save(tmp_path / "a.json")
    again = Calibration.load(tmp_path / "a.json", "mini", "abc", "chip 3")
    assert again == KNOWN and again.known_v.tolist() == [1e-3, 0.0, -2e-3, 0.0]
    assert again.faults == ((0, 1, 60.12),) and again.read_us[0][:3] == (5.0, 60.12, 5.0)
    assert again.trims.tolist() == [TRIM_STANDARD - 2, TRIM_STANDARD, TRIM_CODES - 1, TRIM_STANDARD]


def test_calibration_trims_bring_thresholds_together():
    neurons = Neurons(CIRCUIT, 1)
    none = np.zeros(COUNT)
    known = Calibration.found("mini", "a", "abc", none, neurons.shift_v, np.full((1, 1), Outcome.OK), np.ones((1, 1)))
    before, _ = neurons.limits()
    for neuron, trim in enumerate(known.trims.tolist()):
        neurons.configure(neuron, trim, 0)
    assert np.ptp(neurons.limits()[0]) < 1.01 * TRIM_STEP < np.ptp(before) / 3, "within half a code of the mean"
    assert Calibration("mini", "a", (0.0, None), "abc").trims.tolist() == [TRIM_STANDARD] * 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chip": "tapeout"}, "chip tapeout, not mini"),
        ({"registers": "x"}, "registers x, not abc"),
        ({"name": "chip 4"}, "name chip 4, not chip 3"),
        ({"format": 1}, "no calibration of format 2"),
        ({"shift_v": [0.0]}, "no calibration"),
        ({"read_us": [[1.0, float("inf")]]}, "no calibration"),
        ({"read_us": [[1.0] * 8] * 3}, "no calibration"),
        ({"offset_v": [0.5, None, 0.0, 0.0]}, "no calibration"),
        ({"faults": [[1, 2]]}, "no calibration"),
        ({"faults": [[float("inf"), 1, 2.0]]}, "no calibration"),
        ({"faults": [[0, 1, float("nan")]]}, "no calibration"),
        ({"faults": [[0, 8, 2.0]]}, "no calibration"),
        ({"faults": [[-1, 0, 2.0]]}, "no calibration"),
        ({"read_us": [[1.0], [1.0, 2.0]]}, "no calibration"),
        ({"shift_v": [1e300, None, 0.0, 0.0]}, "no calibration"),
        ({"name": ["chip 3"]}, "no calibration"),
        ({"offset_v": ["a"]}, "no calibration"),
        ({"offset_v": [float("nan")]}, "no calibration"),
    ],
)
def test_calibration_of_something_else_is_refused(change, said, tmp_path):
    path = tmp_path / "a.json"
    KNOWN.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UserError, match=said):
        Calibration.load(path, "mini", "abc", "chip 3")


def test_calibration_cut_short_or_absent_is_refused(tmp_path):
    path = tmp_path / "a.json"
    KNOWN.save(path)
    path.write_text(path.read_text()[:30])
    with pytest.raises(UserError, match="a.json: is cut short"):
        Calibration.load(path, "mini", "abc")
    with pytest.raises(UserError, match=r"b.json: No such file or directory; calibrate again: neusoc calibrate ADDRESS"):
        Calibration.load(tmp_path / "b.json", "mini", "abc")


def test_calibration_takes_ratios_that_turn_at_the_ends_of_the_search():
    """Rates in whole spikes flatten where the offset is large: that is far from the offsets that there are."""
    searched = np.linspace(-15e-3, 15e-3, 31)
    turning = 0.5 + 0.11 * np.sin(searched / 15e-3 * 1.7)                       # falls beyond 14 mV
    assert (np.diff(turning)[-1] < 0) and (np.diff(turning)[2:-2] > 0).all()
    found = calibration._where(np.array([turning[18], 0.3]), searched, np.stack([turning, turning], axis=1))
    assert found[0] == pytest.approx(searched[18], abs=0.3e-3) and np.isnan(found[1])
    falling = calibration._where(np.array([turning[18]]), searched, turning[::-1, None])
    assert falling[0] == pytest.approx(-searched[18], abs=0.3e-3)
