"""Digits that a sampled chip learns by itself, from the first image on: tasks of run_chips().

    run_chips({"with labels": trial}, seeds, one=with_labels)

A trial's images are shown after learning from the training part of `SPLIT`; its network does not count.
"""

from __future__ import annotations

import numpy as np
from neusoc.software.learning.by_images import (
    ByImages,
    ImageLearner,
    classes_of,
    learn_alone,
    learn_by_images,
)
from neusoc.software.workloads.digits import CLASSES, digits
from neusoc.software.workloads.study import Outcome, Trial, sampled

SPLIT = "stratified"
# Both were tried by hand on a fifth of the training part and chip 11; they are no optimum.
TAUGHT = ByImages(rate=0.05, passes=8)
ALONE = ByImages(rate=0.05, passes=2)


def begun(trial: Trial, seed: int, how: ByImages) -> ImageLearner:
    """A formed chip that has learnt nothing; without labels all of its neurons learn."""
    return ImageLearner.begin(sampled(trial, seed), trial.neurons, how, CLASSES, seed, alone=how == ALONE)


def with_labels(trial: Trial, seed: int) -> Outcome:
    """A chip that was taught: of wrong images the winner's weights fall, those of the best neuron of the
    class rise."""
    data = digits(SPLIT)
    return _outcome(learn_by_images(begun(trial, seed, TAUGHT), data.train, data.train_labels, seed), trial)


def without_labels(trial: Trial, seed: int) -> Outcome:
    """A chip whose winners learn what they win, and are named by what they answer to the training part."""
    return _outcome(_named(learn_alone(begun(trial, seed, ALONE), digits(SPLIT).train, seed)), trial)


def before(trial: Trial, seed: int) -> Outcome:
    """A chip that has not learnt: what chance and the naming give."""
    return _outcome(_named(begun(trial, seed, ALONE)), trial)


def _named(learner: ImageLearner) -> ImageLearner:
    data = digits(SPLIT)
    learner.names = classes_of(learner.winners(data.train), data.train_labels, learner.names.size)
    return learner


def _outcome(learner: ImageLearner, trial: Trial) -> Outcome:
    chip, shares, silent = learner.chip, list[float](), 0.0
    for k, age in enumerate(trial.ages):
        learner.chip = chip.aged(age)
        winners = learner.winners(trial.images)
        shares.append(float(np.mean((winners >= 0) & (learner.names[winners] == trial.labels))))
        silent = silent if k else float(np.mean(winners < 0))
    return Outcome(chip.seed, tuple(shares), silent)
