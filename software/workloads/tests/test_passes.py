"""Networks that are larger than an array on one chip, tile after tile."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.training import CellSpread, Settings, train_hidden, train_winners
from neusoc.software.mapping.plan import EVENTS as MODE
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.event_chips import EventTrial, by_events, event_chip
from neusoc.software.workloads.passes import fired, in_passes, layers, threshold_events

CHIP = load_chip("tapeout")
CIRCUIT = ImageCircuit.of(CHIP)
SPREAD = CellSpread.of(lambda us: us)


@pytest.fixture(scope="module")
def trial():
    data = digits("stratified")
    weights = train_hidden(
        data.train, data.train_labels, SPREAD, 32, threshold_events(CIRCUIT), Settings(rounds=600)
    )
    return EventTrial(
        CHIP, CIRCUIT, Network.from_numpy(list(weights)), data.test[:200], data.test_labels[:200]
    )


@pytest.fixture(scope="module")
def result(trial):
    return in_passes(trial, 1)


def test_passes_classify_digits(trial, result):
    assert result.accuracy[0] > 0.85 and result.spikes > 20 and in_passes(trial, 1) == result
    blind = replace(
        trial,
        network=Network.from_numpy(
            [trial.network.layers[0].matrix() * 0.0 + 0.01, trial.network.layers[1].matrix()]
        ),
    )
    assert in_passes(blind, 1).accuracy[0] < 0.5, "hidden neurons that are all alike know little"


def test_passes_spikes_in_order_are_those_that_are_counted(trial):
    quiet = replace(trial, circuit=replace(CIRCUIT, noise=0.0))
    first, _ = layers(trial.network)
    events = first.encode(trial.images[:50], trial.events)
    chips = [event_chip(quiet, 2) for _ in range(2)]
    for chip in chips:
        chip.program(first)
    hidden, causes = chips[0].spikes(events)
    counts, _ = chips[1].counts(events)
    assert np.array_equal(hidden.counts(32), counts) and counts.sum() > 150
    image = np.repeat(np.arange(50), np.diff(hidden.ends, prepend=0))
    assert (
        np.array_equal(np.searchsorted(events.ends, causes, side="right"), image)
        and (np.diff(causes) >= 0).all()
    )
    assert np.array_equal(fired(event_chip(quiet, 2), first, events).counts(32), counts)


def test_passes_threshold_is_what_an_ideal_neuron_needs():
    short, long = threshold_events(CIRCUIT), threshold_events(CIRCUIT, replace(MODE, window=2 * MODE.window))
    assert short == pytest.approx(2 * long, rel=0.01) and long > 0.5


def test_passes_refuse_ages_and_a_later_bias(trial):
    with pytest.raises(UserError, match="an array holds one tile at a time"):
        in_passes(replace(trial, ages=(0.0, 1.0)), 1)
    matrices = [layer.matrix() for layer in trial.network.layers]
    with pytest.raises(UserError, match="layer 2 has a bias, and its events are spikes"):
        layers(Network.from_numpy(matrices, [None, np.ones(10)]))
    tall = Network.from_numpy([np.vstack([matrices[0], matrices[0]]), matrices[1]])
    with pytest.raises(UserError, match="an output of a hidden layer has more inputs than rows"):
        in_passes(replace(trial, network=tall, images=np.hstack([trial.images, trial.images])), 1)


def test_passes_of_one_tile_are_a_chip_by_events(trial):
    first, _ = layers(trial.network)
    alone = replace(trial, network=Network(first.layers, np.arange(32) % 10))
    assert in_passes(alone, 3) == by_events(alone, 3)


def test_passes_of_tiles_side_by_side_know_what_one_tile_does(trial, result):
    """The hidden neurons' weights twice, the second time of other labels and too weak to win: 64 outputs on
    32 neurons."""
    matrix, second = (layer.matrix() for layer in trial.network.layers)
    twice = Network.from_numpy([np.hstack([matrix, matrix]), np.vstack([second, second]) / 2])
    wide = in_passes(replace(trial, network=twice), 1)
    assert wide.accuracy[0] > result.accuracy[0] - 0.03
    assert wide.spikes > 1.8 * result.spikes - 20


def test_passes_of_three_layers(trial):
    """A third layer that gives each class on; it was not trained, and each layer rounds."""
    matrices = [layer.matrix() for layer in trial.network.layers]
    deep = in_passes(replace(trial, network=Network.from_numpy([*matrices, np.eye(10)])), 1)
    assert deep.accuracy[0] > 0.8


def test_passes_add_the_counts_of_blocks(trial):
    """Each pixel twice, half of its weight each time: 128 inputs on 64 rows."""
    data = digits("stratified")
    weights = train_winners(data.train, data.train_labels, SPREAD, 3, Settings(rounds=600))
    labels = np.arange(30) % 10
    single = replace(trial, network=Network.from_numpy(weights, labels=labels))
    images = np.repeat(trial.images, 2, axis=1)
    double = replace(
        trial, network=Network.from_numpy(np.repeat(weights, 2, axis=0), labels=labels), images=images
    )
    exact = double.share(double.network.decide(np.maximum(images @ double.network.layers[0].matrix(), 0)))
    share = in_passes(double, 1).accuracy[0]
    assert exact > 0.94 and exact + 0.02 > share > in_passes(single, 1).accuracy[0] - 0.1


def test_passes_of_a_locally_connected_layer_lose_nothing(trial, result):
    """Two patches of 64 pixels, 32 features each, then a layer that sums them: as many tiles as patches."""
    matrix, second = (layer.matrix() for layer in trial.network.layers)
    apart = np.zeros((128, 64))
    apart[:64, :32] = apart[64:, 32:] = matrix
    network = Network.from_numpy([apart, np.vstack([second, second]) / 2])
    assert network.require(CHIP.rows, CHIP.neurons, 3) == 3
    images = np.hstack([trial.images, trial.images])
    patches = in_passes(replace(trial, network=network, images=images, events=2 * trial.events), 1)
    assert patches.accuracy[0] > result.accuracy[0] - 0.03
