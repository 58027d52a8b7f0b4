"""Chips learn by whole images: two rules on patterns, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.by_images import (
    ByImages,
    ImageLearner,
    classes_of,
    learn_alone,
    learn_by_images,
)
from neusoc.software.mapping.chips import SampledCells

CHIP = load_chip("mini")
CIRCUIT = ImageCircuit.of(CHIP)


@pytest.fixture(scope="module")
def patterns():
    """Four classes of two rows each, with some light elsewhere."""
    random = np.random.default_rng(3)
    labels = random.integers(0, 4, 200)
    images = random.integers(0, 4, (200, 8)).astype(float)
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] = random.integers(10, 17, 2)
    return images, labels


def _begun(how, alone=False):
    return ImageLearner.begin(SampledCells.pristine(CHIP, 5).form(), CIRCUIT, how, 4, 5, alone)


def test_images_teach_patterns(patterns):
    images, labels = patterns
    learner, seen = _begun(ByImages(each=1, passes=4)), []
    assert learner.share(images[150:], labels[150:]) < 0.7
    learn_by_images(
        learner, images[:150], labels[:150], watch=lambda number, share: seen.append((number, share))
    )
    assert learner.share(images[150:], labels[150:]) > 0.9
    assert [number for number, _ in seen] == [1, 2, 3, 4] and learner.writes > 20


def test_images_that_are_right_move_nothing(patterns):
    images, labels = patterns
    learner = learn_by_images(_begun(ByImages(each=1, passes=4)), images[:150], labels[:150])
    winners = learner.winners(images)
    right = learner.names[winners] == labels
    before, cells = learner.due.copy(), learner.chip.siemens()
    learner.lesson(images[right][:20], labels[right][:20])
    assert np.array_equal(learner.due, before) or np.abs(learner.due - before).max() < 3, (
        "read noise may turn an image over"
    )
    learner.write()
    assert np.mean(learner.chip.siemens() != cells) < 0.2


def test_winners_alone_share_the_patterns(patterns):
    images, labels = patterns
    learner = learn_alone(_begun(ByImages(rate=0.3, passes=3), alone=True), images)
    names = classes_of(learner.winners(images), labels, CHIP.neurons)
    learner.names = names
    assert len(set(names.tolist())) >= 3 and learner.share(images, labels) > 0.6


def test_neurons_are_named_by_what_they_win():
    winners, labels = np.array([0, 0, 1, 1, -1, 1]), np.array([0, 0, 1, 1, 1, 0])
    assert classes_of(winners, labels, 2).tolist() == [0, 1]


@pytest.mark.parametrize("change", [{"passes": 0}, {"rate": 0.0}, {"held": 1.0}])
def test_learning_refuses_settings_that_cannot_be(change):
    with pytest.raises(UserError, match="counts are at least 1"):
        ByImages(**change)


def test_learning_refuses_more_neurons_than_there_are():
    with pytest.raises(UserError, match="8 neurons for 4 classes: mini has 4"):
        _begun(ByImages(each=2))
