"""Chips of any size: lines in series with their cells, inputs on several rows, circuits of chips that were not assembled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread, known, line_load
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.network.encoding import Events
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import trial_key
from neusoc.software.workloads.passes import in_passes
from neusoc.software.workloads.sized import LinedChip, LinedTrial, circuit_of, in_turns, one_sized, without_lines
from neusoc.software.workloads.study import one_chip, sampled

CHIP = load_chip("mini").model_copy(update={"name": "16x16", "rows": 16, "columns": 16, "neurons": 8})
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(60e-15, 0.75, 48.0), Spread(1e-3, 2e-3), -0.7, 0.01)


@pytest.fixture(scope="module")
def trial():
    """Images of four kinds: one of four groups of inputs is bright; noise on all."""
    random = np.random.default_rng(3)
    labels = np.arange(120) % 4
    images = np.repeat(np.eye(4), 2, axis=1)[labels] * 4 + random.uniform(0, 3, (120, 8))
    network = Network.from_numpy(np.repeat(np.eye(4), 2, axis=0) - 0.25)
    return LinedTrial(CHIP, CIRCUIT, network, images, labels, events=80, calibrated=False)


def test_sized_events_of_an_input_take_turns_on_its_rows():
    found = in_turns(Events(np.array([1, 0, 1, 1, 0, 1]), np.array([3, 6])), 2, 3)
    assert found.rows.tolist() == [1, 0, 3, 5, 2, 1] and found.ends.tolist() == [3, 6]
    same = in_turns(found, 6, 1)
    assert np.array_equal(same.rows, found.rows)
    random = np.random.default_rng(1).integers(0, 4, 4000)
    spread = in_turns(Events(random, np.array([4000])), 4, 2)
    assert np.array_equal(spread.rows % 4, random) and np.ptp(np.bincount(spread.rows).reshape(2, 4), axis=0).max() <= 1


def test_sized_lines_stand_in_series_with_their_cells(trial):
    chip = sampled(trial, 1)
    assert np.array_equal(LinedChip.of(chip, trial).siemens(), chip.siemens())
    out = tuple(np.linspace(5.0, 60.0, CHIP.columns))
    lined = LinedChip.of(chip, replace(trial, row_ohm=2.0, out_ohm=out))
    assert lined.siemens()[9, 5] == pytest.approx(1 / (1 / chip.siemens()[9, 5] + 9 * 2.0 + out[5]), rel=1e-12)
    assert np.array_equal(lined.aged(0.0).siemens(), lined.siemens())


def test_sized_chip_without_lines_is_a_chip_that_is_asked_once(trial):
    found, plain = one_sized(trial, 1), one_chip(trial, 1)
    assert found == plain and found.accuracy[0] > 0.8


def test_sized_network_in_passes_is_that_of_passes(trial):
    small = replace(trial, chip=CHIP.model_copy(update={"rows": 4, "columns": 8, "neurons": 4}), circuit=replace(CIRCUIT, count=4))
    assert one_sized(small, 2) == in_passes(small, 2)


def test_sized_lines_that_hide_the_cells_are_seen(trial):
    whole, hidden = one_sized(trial, 1), one_sized(replace(trial, row_ohm=1e5), 1)
    assert hidden.spikes < 0.8 * whole.spikes
    assert trial_key(trial, one_sized) != trial_key(replace(trial, row_ohm=0.5), one_sized), "a table of chips would give the other's"


def test_sized_inputs_on_several_rows_tell_the_same(trial):
    both = one_sized(replace(trial, row_copies=2), 1)
    assert both.accuracy[0] > 0.8 and both.spikes == pytest.approx(one_sized(trial, 1).spikes, rel=0.25)
    with pytest.raises(UserError, match="3 copies of 4 outputs; 16x16 has 8 neurons, give 1 to 2"):
        one_sized(replace(trial, copies=3), 1)


def test_sized_circuit_of_an_assembled_chip_is_its_own():
    tapeout, large = load_chip("tapeout"), load_chip("large")
    own = Circuit.of(tapeout)
    assert circuit_of(tapeout, tapeout) == own
    found = circuit_of(large, tapeout)
    assert found.count == 64 and found.wiring.load_f == line_load(known(), 256) > 2 * own.wiring.load_f
    assert replace(found, count=32, wiring=own.wiring) == own
    assert without_lines(found).wiring == Wiring(found.wiring.load_f)
    assert Circuit.of(large).count == 64 and Circuit.of(large).wiring != own.wiring         # assembled since, its metal is its own
    with pytest.raises(UserError, match="gds.mine has no figure 'strap_vsl'"):
        Circuit.of(large.model_copy(update={"name": "mine"}))
    with pytest.raises(UserError, match="image64: has the image core"):
        circuit_of(large, load_chip("tapeout"))
