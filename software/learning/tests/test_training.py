"""Networks trained for the chip: they learn, stay within a pair of cells, and feel the cells' spread."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.errors import UserError
from neusoc.software.learning.training import (
    CellSpread,
    Settings,
    train_hidden,
    train_winners,
    winners,
    with_moved,
)
from neusoc.software.levels import level_us
from neusoc.software.workloads.digits import digits

SHORT = Settings(rounds=300)


def _charge(us):
    """What a neuron behind 27 kohm takes of a cell."""
    return us / (1 + us * 1e-6 * 27e3)


SPREAD = CellSpread.of(_charge)


@pytest.fixture(scope="module")
def data():
    return digits("stratified")


def test_training_spread_of_a_weight_is_that_of_its_cell():
    us = np.array([5.0, 12.0, 30.0])
    low, high = _charge(level_us(16)[[0, -1]])
    weight, slope = (
        (_charge(us) - low) / (high - low),
        (_charge(us + 0.01) - _charge(us - 0.01)) / 0.02 / (high - low),
    )
    sigma = np.sqrt(load_statistics().relaxation.variances(us)[1]) * slope
    assert SPREAD.at(-weight) == pytest.approx(sigma, rel=0.02)


def test_training_refuses_a_charge_that_falls():
    with pytest.raises(UserError, match="falls as a cell conducts more"):
        CellSpread.of(lambda us: us * (40 - us))


def test_training_winners_learn_and_stay_within_a_pair(data):
    weights = train_winners(data.train, data.train_labels, SPREAD, 3, SHORT)
    assert weights.shape == (64, 30) and np.abs(weights).max() <= 1
    right = np.mean(winners(np.floor(data.test + 0.5) @ weights) == data.test_labels)
    assert right > 0.93
    unlike = train_winners(
        data.train, np.random.default_rng(1).permutation(data.train_labels), SPREAD, 3, SHORT
    )
    assert np.mean(winners(data.test @ unlike) == data.test_labels) < 0.4


def test_training_hidden_layer_learns(data):
    first, second = train_hidden(
        data.train, data.train_labels, SPREAD, 32, 4.0, Settings(rounds=500, rate=0.01)
    )
    assert (first.shape, second.shape) == ((64, 32), (32, 10)) and max(
        np.abs(first).max(), np.abs(second).max()
    ) <= 1
    spikes = np.floor(np.maximum(np.floor(data.test + 0.5) @ first / 4, 0))
    assert np.mean((spikes @ second).argmax(1) == data.test_labels) > 0.9


def test_training_with_the_cells_spread_loses_less_by_it(data):
    random, classes = np.random.default_rng(3), data.test_labels

    def kept(spread):
        weights = train_winners(data.train, data.train_labels, SPREAD, 1, Settings(rounds=600, spread=spread))
        relaxed = [
            weights + 3 * SPREAD.at(weights) * random.standard_normal(weights.shape) for _ in range(10)
        ]
        return np.mean([np.mean((data.test @ w).argmax(1) == classes) for w in relaxed])

    assert kept(3.0) > kept(0.0) + 0.01


def test_training_same_seed_same_weights(data):
    first, again, other = (
        train_winners(data.train, data.train_labels, SPREAD, 1, Settings(rounds=20, seed=s))
        for s in (5, 5, 6)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rounds": 0}, "at least 1"),
        ({"rate": 0.0}, "above 0"),
        ({"spread": -1.0}, "not negative"),
        ({"moved": 1.5}, "0 to 1"),
    ],
)
def test_training_refuses_bad_settings(change, said):
    with pytest.raises(UserError, match=said):
        Settings(**change)


@pytest.mark.parametrize("images", [np.full((3, 64), np.nan), np.zeros((2, 64)), np.full((3, 64), -1.0)])
def test_training_refuses_bad_images(images):
    with pytest.raises(UserError, match="one finite, not negative image a label"):
        train_winners(images, np.arange(3), SPREAD, 1, SHORT)


def test_training_moves_images_by_a_share_of_a_pixel():
    image = np.zeros((1, 9))
    image[0, 4] = 1.0
    images, labels = with_moved(image, np.array([3]), 0.25)
    assert images.shape == (8, 9) and labels.tolist() == [3] * 8 and (images[:4] == image).all()
    for moved, place in zip(images[4:], (7, 1, 5, 3), strict=True):
        assert (moved[4], moved[place], moved.sum()) == (0.75, 0.25, 1.0)
    assert with_moved(image, labels, 0.0)[0] is image
    with pytest.raises(UserError, match="8 values each are no square"):
        with_moved(np.zeros((2, 8)), labels, 0.5)
