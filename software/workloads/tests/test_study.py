"""One sampled chip from FORM to labels: what it loses is what is on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.learning.training import CellSpread, Settings, train_winners
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import SIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import CLASSES, digits
from neusoc.software.workloads.study import CELLS, WITHOUT, Trial, calibrated, later, one_chip, refreshed, sampled, shown_on, summary

CHIP = load_chip("tapeout")
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(90e-15, 0.75, 48.0), Spread(6e-3, 2e-3), -0.7, 0.01)     # offsets that matter


@pytest.fixture(scope="module")
def trial():
    data = digits("stratified")
    weights = train_winners(data.train, data.train_labels, CellSpread.of(charge(CIRCUIT, SIGNED)), 3, Settings(rounds=600, spread=2.0))
    network = Network.from_numpy(weights, labels=[k % CLASSES for k in range(30)])
    return Trial(CHIP, CIRCUIT, network, data.test, data.test_labels, ages=(0.0, 86400.0))


def test_study_calibration_gives_back_what_offsets_take(trial):
    known, blind, even = one_chip(trial, 1), one_chip(replace(trial, calibrated=False), 1), one_chip(replace(trial, without=("offset",)), 1)
    assert np.std(known.left_v) < 0.5e-3 and blind.left_v == () and known.unknown <= 1
    assert known.accuracy[0] > 0.94 and known.accuracy[0] > blind.accuracy[0] + 0.02
    assert abs(known.accuracy[0] - even.accuracy[0]) < 0.03
    assert one_chip(trial, 1) == known, "the seed names the chip"
    assert known.spikes > 30


def test_study_cells_age(trial):
    chip = sampled(trial, 2)
    levels = np.random.default_rng(1).integers(0, 16, (64, 64))
    outcome = chip.program(levels[:, 0::2], levels[:, 1::2])
    assert np.mean(outcome == Outcome.OK) > 0.99
    now, later = chip.siemens(), chip.aged(86400.0).siemens()
    assert np.std(later - now) > 0.5e-6 and np.array_equal(chip.siemens(), now), "the chip itself stays"

    def moved(operation):
        old = chip.aged(86400.0)
        refreshed(old, operation, levels)
        us = 1e6 * old.path.cells.conductance().reshape(64, 64)
        return np.mean(np.abs(level_us(16)[None, None] - us[..., None]).argmin(-1) != levels)

    assert moved(Operation.REFRESH) > 0.15 > 0.02 > moved(Operation.PROGRAM), "REFRESH takes the nearest level, PROGRAM the one remembered"


def test_study_refresh_is_after_each_whole_day_but_the_last(trial):
    chip, levels = sampled(trial, 2), np.full((64, 64), 9)
    chip.program(levels[:, 0::2], levels[:, 1::2])
    before = chip.siemens()
    one = [later(chip, DAY_S, refresh, levels).siemens() for refresh in (None, Operation.PROGRAM)]
    assert np.array_equal(*one), "nothing before the first day is over"
    none, host = (later(chip, 3 * DAY_S, refresh, levels) for refresh in (None, Operation.PROGRAM))
    assert np.array_equal(chip.siemens(), before) and not chip.path.cells._age_s.any(), "the chip itself stays"
    assert none.path.cells._age_s.min() == 3 * DAY_S > host.path.cells._age_s.min() == DAY_S
    assert np.std(host.siemens()) < np.std(none.siemens())


def test_study_stuck_cells_are_as_many_as_asked(trial):
    some, none = (sampled(replace(trial, stuck=share), 3).path.cells.stuck for share in (0.2, 0.0))
    assert np.mean(some == 1) == pytest.approx(0.1, abs=0.02) and np.mean(some == 2) == pytest.approx(0.1, abs=0.02) and not none.any()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("stuck", 1.5, "stuck 1.5: a share"), ("ages", (), "ages"), ("ages", (1.0, 1.0), "ages"),
        ("refresh", Operation.READ, "refresh 3: choose PROGRAM"),
    ],  # fmt: skip
)
def test_study_refuses_a_trial_that_cannot_be(trial, field, value, said):
    with pytest.raises(UserError, match=said):
        replace(trial, **{field: value})


def test_study_without_the_cells_statistics_all_cells_are_alike(trial):
    chip = sampled(replace(trial, without=CELLS), 3)
    assert np.ptp(chip.siemens()) == 0


def test_study_refuses_an_imperfection_that_it_does_not_know(trial):
    with pytest.raises(UserError, match="without gravity: choose from offset, threshold"):
        replace(trial, without=("gravity",))


def test_study_summary_is_by_age():
    from neusoc.software.workloads.study import Outcome as Found

    found = summary([Found(1, (0.9, 0.8), 1.0, (), 0), Found(2, (1.0, 0.9), 1.0, (), 0)])
    assert found == pytest.approx(np.array([[0.95, 0.05, 0.9], [0.85, 0.05, 0.8]]))


@pytest.mark.parametrize("name", [name for name in WITHOUT if name not in CELLS])
def test_study_calibration_knows_what_is_off(name):
    """A chip without an imperfection is calibrated as one."""
    chip = load_chip("tapeout")
    images = np.random.default_rng(1).integers(0, 17, (4, chip.rows)).astype(float)
    network = Network.from_numpy(np.random.default_rng(2).uniform(-1, 1, (chip.rows, chip.neurons)))
    trial = Trial(chip, Circuit.of(chip), network, images, np.zeros(4, np.int64), without=(name,))
    sample = sampled(trial, 1)
    left = calibrated(sample, trial).known_v - sample.neurons.offset_v
    assert np.sqrt(np.mean(left**2)) < 1e-3


def test_study_neurons_have_the_trims_of_the_plan_they_hold(trial):
    """A second plan leaves none of the first one's."""
    on = shown_on(replace(trial, calibrated=False), 4)
    plan = on.place(trial.network)
    used = len(plan.labels)
    for begin, trim in ((0, 6), (trial.chip.neurons - used, 1)):
        on.write(replace(plan, neurons=tuple(range(begin, begin + used)), trims=(trim,) * used))
        wanted = np.full(trial.chip.neurons, TRIM_STANDARD)
        wanted[begin : begin + used] = trim
        assert on.chip.neurons.trim.tolist() == wanted.tolist()
