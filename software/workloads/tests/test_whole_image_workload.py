"""Digits by whole images on a sampled chip."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit, ImageSpread, ImageWiring
from neusoc.software.learning.training import CellSpread, Settings, train_winners
from neusoc.software.mapping.image_plan import image_plan
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.whole_image import ImageTrial, shown, written

CHIP = load_chip("image64")
ALIKE = ImageSpread(0.0, (0.0, 0.0, 0.0), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 0.0)
CIRCUIT = ImageCircuit(CHIP.neurons, 500e-15, 0.0, ALIKE, ImageWiring(), 0.0)


@pytest.fixture(scope="module")
def trial():
    data = digits("stratified")
    weights = train_winners(data.train, data.train_labels, CellSpread.of(lambda us: us), 3, Settings(rounds=600))
    network = Network.from_numpy(weights, labels=np.arange(30) % 10)
    return ImageTrial(CHIP, CIRCUIT, network, data.test, data.test_labels, (0.0, 86400.0))


def test_whole_images_tell_digits(trial):
    chip = written(trial, 3)
    found = shown(trial, chip)
    weights = np.mean(trial.network.decide(trial.network.scores(trial.images)) == trial.labels)
    assert weights > 0.94 and weights - 0.03 < found.accuracy[0] and found.accuracy[1] > 0.9 and found.silent < 0.02
    assert shown(trial, chip) == found, "a chip is another one after it was asked"
    worse = replace(CIRCUIT, spread=replace(ALIKE, pair=0.5), trimmed=False)
    assert shown(replace(trial, circuit=worse), chip).accuracy[0] < found.accuracy[0] - 0.1


def test_whole_images_by_conductance():
    plan = image_plan(Network.from_numpy(np.array([[1.0, -1.0], [0.5, 0.0]])), 3)
    p, n = plan.positive, plan.negative
    assert p.shape == n.shape == (2, 3) and plan.neurons.tolist() == [0, 1]
    assert p[:, 0].tolist() == [15, 7] or p[:, 0].tolist() == [15, 8]
    assert n[0].tolist() == [0, 15, 0] and not p[:, 2].any() and not n[:, 2].any()


def test_whole_images_go_around_stuck_cells(trial):
    stuck = [(row, 2 * 4, 95.0) for row in range(20)] + [(3, 2 * 7 + 1, 30.0)]
    plan = image_plan(trial.network, 32, stuck)
    assert 4 not in plan.neurons and len(set(plan.neurons.tolist())) == 30
    if 7 in plan.neurons:
        plain = image_plan(trial.network, 32).positive[3, plan.neurons.tolist().index(7)]
        assert plan.positive[3, 7] >= plain


@pytest.mark.parametrize(
    "network",
    [
        Network.from_numpy([np.ones((4, 3)), np.ones((3, 2))]), Network.from_numpy(np.ones((4, 5))),
        Network.from_numpy(np.ones((4, 3)), np.ones(3)),
    ],
)  # fmt: skip
def test_whole_images_refuse_what_the_neurons_have_not(network):
    with pytest.raises(UserError, match="whole images take one layer of at most 4 outputs, without bias"):
        image_plan(network, 4)
