"""Faults of an array while images are told, against hand calculation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, ImageSpread, ImageWiring, bit_planes
from neusoc.software.network.network import Network
from neusoc.software.workloads.image_faults import (
    KINDS,
    OPEN,
    RANGE_V,
    ROW_OFF,
    ROW_ON,
    SHORTED,
    ImageFault,
    accuracy,
    change,
    drawn,
    short_s,
    written_again,
)
from neusoc.software.workloads.study import Trial, written

CHIP = load_chip("tapeout").model_copy(update={"rows": 16, "columns": 8, "neurons": 4})
ALIKE = ImageSpread(0.0, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 0.0)
PLAIN = ImageCircuit(CHIP.neurons, 1e-12, 0.0, ALIKE, ImageWiring(), 0.0)


@pytest.fixture(scope="module")
def trial():
    draw = np.random.default_rng(4)
    weights = draw.uniform(-1, 1, (16, 3))
    network = Network.from_numpy(weights - weights.mean(axis=0), labels=["0", "1", "2"])
    images = draw.integers(0, 17, (60, 16)).astype(float)
    return Trial(CHIP, PLAIN, network, images, np.array([int(k) for k in network.scores(images).argmax(axis=1)]))


@pytest.fixture(scope="module")
def held(trial):
    return written(trial, 1)


def test_faults_of_a_line_reach_the_others_through_the_way_to_ground_alone(trial, held):
    """A shorted cell takes its share of 15 ohm from all; without that, and for an open column, nothing or next to nothing."""
    shorted = ImageFault(SHORTED, 3, int(2 * held.neurons[0]))
    assert 300e-6 < short_s() < 600e-6 and change(trial, held, shorted) == 0
    wired = replace(trial, circuit=replace(PLAIN, wiring=ImageWiring(source=15.0)))
    cells = held.chip.path.cells.conductance().reshape(CHIP.rows, -1)
    one_line = ImageNeurons(PLAIN, 1).membranes(bit_planes(trial.images), cells[:, 0::2], 0 * cells[:, 1::2])
    most = 15 * short_s() * one_line.max() / RANGE_V
    assert 0.05 * most < change(wired, held, shorted) < most
    assert change(trial, held, ImageFault(OPEN, 0, int(2 * held.neurons[0]))) == 0


def test_faults_of_a_row_reach_all(trial, held):
    for kind in (ROW_OFF, ROW_ON):
        assert ImageFault(kind, 3, 0).neuron is None and change(trial, held, ImageFault(kind, 3, 0)) > 0.01


def test_faults_of_a_line_are_found(trial, held):
    for kind in (SHORTED, OPEN):
        fault = drawn(kind, trial, held)
        again, found = written_again(trial, fault, 1)
        assert fault.neuron in held.neurons and fault.neuron not in again.neurons and found > 0.3
        assert accuracy(trial, again, fault) > 0.8
    # of those that are to have the lowest level PROGRAM says that they timed out
    assert 0.3 < written_again(trial, drawn(ROW_OFF, trial, held), 1)[1] < 1


def test_row_that_is_on_cannot_be_programmed_around(trial, held):
    assert set(KINDS) == {SHORTED, OPEN, ROW_OFF, ROW_ON}
    with pytest.raises(ValueError, match="takes part in every pulse"):
        written_again(trial, drawn(ROW_ON, trial, held), 1)
