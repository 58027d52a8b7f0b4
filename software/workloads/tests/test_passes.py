"""Networks that are larger than an array on one chip, tile after tile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.lines import Wiring
from neusoc.software.emulator.measured import Spread
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.tests.round_line import LINE
from neusoc.software.learning.training import CellSpread, Settings, train_hidden, train_winners
from neusoc.software.mapping.plan import SIGNED, place
from neusoc.software.mapping.steps import charge
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.passes import HIDDEN, in_passes, layers, spikes_in_order, threshold_events
from neusoc.software.workloads.study import Trial, one_chip, sampled

CHIP = load_chip("tapeout")
CIRCUIT = Circuit(CHIP.neurons, LINE, Wiring(90e-15, 0.75, 48.0), Spread(1e-3, 2e-3), -0.7, 0.01)


@pytest.fixture(scope="module")
def trial():
    data, spread = digits("stratified"), CellSpread.of(charge(CIRCUIT, SIGNED))
    weights = train_hidden(data.train, data.train_labels, spread, 32, threshold_events(CIRCUIT), Settings(rounds=600))
    return Trial(CHIP, CIRCUIT, Network.from_numpy(list(weights)), data.test[:200], data.test_labels[:200], calibrated=False)


def test_passes_tell_digits(trial):
    found = in_passes(trial, 1)
    assert found.accuracy[0] > 0.85 and found.spikes > 20 and in_passes(trial, 1) == found
    blind = replace(trial, network=Network.from_numpy([trial.network.layers[0].matrix() * 0.0 + 0.01, trial.network.layers[1].matrix()]))
    assert in_passes(blind, 1).accuracy[0] < 0.5, "hidden neurons that are all alike tell little"


def test_passes_spikes_in_order_are_those_that_are_counted(trial):
    quiet = replace(trial, circuit=replace(CIRCUIT, noise=0.0))
    first, _ = layers(trial.network)
    events = first.encode(trial.images[:50], 312)
    chips = [sampled(quiet, 2) for _ in range(2)]
    for chip in chips:
        plan = place(first, CHIP, chip.neurons.circuit, timing=HIDDEN)
        chip.program(*plan.columns())
    some = [3, 0, 17, 29, 8]
    hidden = spikes_in_order(chips[0], events, HIDDEN, some)
    counts, _ = chips[1].counts(events.rows, events.ends, HIDDEN)
    assert np.array_equal(hidden.events.counts(5), counts[:, some]) and counts[:, some].sum() > 150
    image = np.repeat(np.arange(50), np.diff(hidden.events.ends, prepend=0))
    assert np.array_equal(np.searchsorted(events.ends, hidden.causes, side="right"), image) and (np.diff(hidden.causes) >= 0).all()


def test_passes_threshold_is_what_an_ideal_neuron_needs():
    short, long = threshold_events(CIRCUIT), threshold_events(CIRCUIT, SIGNED)
    assert short > long > 1


def test_passes_refuse_ages_and_a_later_bias(trial):
    with pytest.raises(UserError, match="an array holds one tile at a time"):
        in_passes(replace(trial, ages=(0.0, 1.0)), 1)
    matrices = [one.matrix() for one in trial.network.layers]
    with pytest.raises(UserError, match="layer 2 has a bias, and its events are spikes"):
        layers(Network.from_numpy(matrices, [None, np.ones(10)]))


def test_passes_of_one_tile_are_a_chip_that_is_asked_once(trial):
    first, _ = layers(trial.network)
    alone = replace(trial, network=Network(first.layers, np.arange(32) % 10))
    assert in_passes(alone, 3) == one_chip(alone, 3)


def test_passes_of_tiles_side_by_side_tell_what_one_tile_does(trial):
    """The hidden neurons' weights twice, the second time of other labels and too weak to win: 64 outputs on 32 neurons."""
    matrix, second = (one.matrix() for one in trial.network.layers)
    twice = Network.from_numpy([np.hstack([matrix, matrix]), np.vstack([second, second]) / 2])
    found = in_passes(replace(trial, network=twice), 1)
    assert found.accuracy[0] > in_passes(trial, 1).accuracy[0] - 0.02
    assert found.spikes > 1.8 * in_passes(trial, 1).spikes - 20


def test_passes_of_three_layers(trial):
    """A third layer that gives each class on; it was not trained, and each layer rounds."""
    matrices = [one.matrix() for one in trial.network.layers]
    found = in_passes(replace(trial, network=Network.from_numpy([*matrices, np.eye(10)])), 1)
    assert found.accuracy[0] > 0.8


def test_passes_add_the_counts_of_blocks(trial):
    """Each pixel twice, half of its weight each time: 128 inputs on 64 rows."""
    data = digits("stratified")
    weights = train_winners(data.train, data.train_labels, CellSpread.of(charge(CIRCUIT, SIGNED)), 3, Settings(rounds=600))
    labels = np.arange(30) % 10
    single = replace(trial, network=Network.from_numpy(weights, labels=labels))
    images = np.repeat(trial.images, 2, axis=1)
    double = replace(trial, network=Network.from_numpy(np.repeat(weights, 2, axis=0), labels=labels), images=images)
    exact = double.share(double.network.decide(np.maximum(images @ double.network.layers[0].matrix(), 0)))
    found = in_passes(double, 1).accuracy[0]
    assert exact > 0.94 and exact + 0.02 > found > in_passes(single, 1).accuracy[0] - 0.1


def test_passes_of_a_locally_connected_layer_lose_nothing(trial):
    """Two patches of 64 pixels, 32 features each, then a layer that sums them: as many tiles as patches."""
    matrix, second = (one.matrix() for one in trial.network.layers)
    apart = np.zeros((128, 64))
    apart[:64, :32] = apart[64:, 32:] = matrix
    network = Network.from_numpy([apart, np.vstack([second, second]) / 2])
    assert network.require(CHIP.rows, CHIP.neurons, 3) == 3
    found = in_passes(replace(trial, network=network, images=np.hstack([trial.images, trial.images]), events=624), 1)
    assert found.accuracy[0] > in_passes(trial, 1).accuracy[0] - 0.03
