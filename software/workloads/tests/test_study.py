"""One sampled chip from FORM to labels: what it loses is what is on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp import Outcome as Result
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.whole_image import ImageCircuit, ImageSpread, ImageWiring
from neusoc.software.learning.training import CellSpread, Settings, train_winners
from neusoc.software.levels import level_us
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.study import (
    CELLS,
    CIRCUIT,
    WITHOUT,
    Outcome,
    Trial,
    later,
    one_chip,
    refreshed,
    sampled,
    shown,
    summary,
    written,
)

CHIP = load_chip("tapeout")
ALIKE = ImageSpread(0.0, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 0.0)
PLAIN = ImageCircuit(CHIP.neurons, 500e-15, 0.0, ALIKE, ImageWiring(), 0.0)


@pytest.fixture(scope="module")
def trial():
    data = digits("stratified")
    weights = train_winners(
        data.train, data.train_labels, CellSpread.of(lambda us: us), 3, Settings(rounds=600)
    )
    network = Network.from_numpy(weights, labels=np.arange(30) % 10)
    return Trial(CHIP, PLAIN, network, data.test, data.test_labels, (0.0, DAY_S))


@pytest.fixture(scope="module")
def held(trial):
    return written(trial, 3)


def test_study_chips_classify_digits(trial, held):
    outcome = shown(trial, held)
    weights = np.mean(trial.network.decide(trial.network.scores(trial.images)) == trial.labels)
    assert (
        weights > 0.94
        and weights - 0.03 < outcome.accuracy[0]
        and outcome.accuracy[1] > 0.9
        and outcome.silent < 0.02
    )
    assert shown(trial, held) == outcome and one_chip(trial, 3) == outcome, (
        "the seed names the chip, which stays as it is"
    )
    worse = replace(PLAIN, spread=replace(ALIKE, pair=0.5), trimmed=False)
    assert shown(replace(trial, circuit=worse), held).accuracy[0] < outcome.accuracy[0] - 0.1


def test_study_images_of_few_inputs_leave_rows_off(trial):
    few = Network.from_numpy(np.eye(5, 3) - 0.2)
    small = Trial(CHIP, PLAIN, few, np.array([[16.0, 0, 0, 0, 0], [0, 0, 16, 0, 0]]), np.array([0, 2]))
    assert small.planes().shape == (4, 2, 64) and not small.planes()[:, :, 5:].any()
    assert one_chip(small, 1).accuracy == (1.0,)


def test_study_refuses_a_network_that_the_array_does_not_hold(trial):
    with pytest.raises(UserError, match="65 x 3"):
        one_chip(
            replace(
                trial, network=Network.from_numpy(np.ones((65, 3))), images=np.ones((len(trial.labels), 65))
            ),
            1,
        )


def test_study_cells_age(trial):
    chip = sampled(trial, 2)
    levels = np.random.default_rng(1).integers(0, 16, (64, 64))
    outcome = chip.program(levels[:, 0::2], levels[:, 1::2])
    assert np.mean(outcome == Result.OK) > 0.99
    now, old = chip.siemens(), chip.aged(DAY_S).siemens()
    assert np.std(old - now) > 0.5e-6 and np.array_equal(chip.siemens(), now), "the chip itself stays"

    def moved(operation):
        aged = chip.aged(DAY_S)
        refreshed(aged, operation, levels)
        return np.mean(
            np.abs(level_us(16)[None, None] - 1e6 * aged.siemens()[..., None]).argmin(-1) != levels
        )

    assert moved(Operation.REFRESH) > 0.15 > 0.02 > moved(Operation.PROGRAM), (
        "REFRESH takes the nearest level, PROGRAM the one remembered"
    )


def test_study_refresh_is_after_each_whole_day_but_the_last(trial):
    chip, levels = sampled(trial, 2), np.full((64, 64), 9)
    chip.program(levels[:, 0::2], levels[:, 1::2])
    before = chip.siemens()
    day = [later(chip, DAY_S, refresh, levels).siemens() for refresh in (None, Operation.PROGRAM)]
    assert np.array_equal(*day), "nothing before the first day is over"
    none, host = (later(chip, 3 * DAY_S, refresh, levels) for refresh in (None, Operation.PROGRAM))
    assert np.array_equal(chip.siemens(), before) and np.std(host.siemens()) < np.std(none.siemens())


def test_study_stuck_cells_are_as_many_as_specified(trial):
    some, none = (sampled(replace(trial, stuck=share), 3).path.cells.stuck for share in (0.2, 0.0))
    assert (
        np.mean(some == 1) == pytest.approx(0.1, abs=0.02)
        and np.mean(some == 2) == pytest.approx(0.1, abs=0.02)
        and not none.any()
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("stuck", 1.5, "stuck 1.5: a share"),
        ("ages", (), "ages"),
        ("ages", (1.0, 1.0), "ages"),
        ("refresh", Operation.READ, "refresh 3: choose PROGRAM"),
        ("without", ("gravity",), "without gravity: choose from pairs, gains"),
    ],
)
def test_study_refuses_a_trial_that_cannot_be(trial, field, value, said):
    with pytest.raises(UserError, match=said):
        replace(trial, **{field: value})


def test_study_each_name_takes_one_thing_away(trial):
    """Of the circuit each changes it, and all together leave neurons alike; without the cells' statistics all
    cells are alike."""
    measured = replace(trial, circuit=ImageCircuit.of(CHIP))
    circuits = [replace(measured, without=(name,)).neurons for name in CIRCUIT]
    assert len({repr(circuit) for circuit in (measured.circuit, *circuits)}) == len(CIRCUIT) + 1
    bare = replace(measured, without=WITHOUT).neurons
    assert (
        bare.spread.pair
        == bare.spread.gain
        == bare.zero_s
        == bare.loss
        == bare.noise
        == bare.wiring.source
        == 0
    )
    assert np.ptp(sampled(replace(trial, without=CELLS), 3).siemens()) == 0


def test_study_summary_is_by_age():
    found = summary([Outcome(1, (0.9, 0.8)), Outcome(2, (1.0, 0.9))])
    assert found == pytest.approx(np.array([[0.95, 0.05, 0.9], [0.85, 0.05, 0.8]]))
