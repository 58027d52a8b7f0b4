"""Chip in the loop: what mapping does not know of a chip is learned around."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.chip_loop import LoopSettings, tuned
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.network import Network
from neusoc.software.workloads.event_chips import EventTrial, event_chip

FEW = LoopSettings(rounds=30, batch=64, every=5, events=80, rate=0.02)


@pytest.fixture(scope="module")
def mini():
    """A chip whose currents without a cell nobody told the mapper, with a network of four patterns and their
    images."""
    chip, random = load_chip("mini"), np.random.default_rng(3)
    weights = random.uniform(-1, 1, (chip.rows, chip.neurons))
    images = random.integers(0, 17, (600, chip.rows)).astype(float)
    scores = np.sort(images @ weights, axis=1)
    images = images[scores[:, -1] - scores[:, -2] > 0.15 * np.abs(scores).max()]
    circuit = ImageCircuit.of(chip)
    far = replace(circuit, spread=replace(circuit.spread, zero_s=3 * circuit.spread.zero_s))
    labels = (images @ weights).argmax(1)
    trial = EventTrial(
        chip, far, Network.from_numpy(weights), images[::2], labels[::2], events=80, calibrated=False
    )
    return event_chip(trial, 5, trial.mode, calibrated=False), images[1::2], labels[1::2]


def test_loop_learns_around_a_chip_that_nobody_calibrated(mini):
    on, images, labels = mini
    before, told = on.accuracy(on.trial.network, 80), []
    better = tuned(on.trial.network, on.shown, images, labels, FEW, told=told.append)
    assert before < 0.9 and on.accuracy(better, 80) > before + 0.05
    assert [looked.rounds for looked in told] == list(range(0, 31, 5))
    assert max(looked.accuracy for looked in told) > told[0].accuracy


def test_loop_keeps_what_told_most(mini):
    """Where the chip tells all as it is, learning in leaps only harms, and the network stays as it came."""
    far, images, _ = mini
    network, trial = far.trial.network, replace(far.trial, circuit=ImageCircuit.of(far.trial.chip))
    on = event_chip(trial, 5, trial.mode, calibrated=False)
    labels = np.array(
        strongest(*on.shown(network, network.encode(images, 80)), tuple(network.labels.tolist()))
    )
    assert len(set(labels.tolist())) > 2
    told = []
    kept = tuned(network, on.shown, images, labels, replace(FEW, rate=5.0, rounds=10), told=told.append)
    assert told[0].accuracy > max(looked.accuracy for looked in told[1:]) + 0.1
    weights = network.layers[0].weights
    assert np.array_equal(kept.layers[0].weights, weights / np.abs(weights).max())


def test_loop_refuses_what_does_not_learn_on_a_chip(mini):
    on, images, labels = mini
    two = Network.from_numpy([np.ones((8, 4)), np.ones((4, 4))])
    biased = Network.from_numpy(np.ones((7, 4)), bias=np.ones(4))
    for network in (two, biased):
        with pytest.raises(UserError, match="one layer without bias"):
            tuned(network, on.shown, images, labels)
    with pytest.raises(UserError, match="two labelled images at least"):
        tuned(on.trial.network, on.shown, images, labels[:-1])
    with pytest.raises(UserError, match="rate and scale above 0"):
        LoopSettings(rate=0)
