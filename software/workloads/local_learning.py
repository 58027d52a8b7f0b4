"""Digits learnt by a sampled chip itself, from the first image on: tasks of run_chips().

    run_chips({"three factors": trial}, seeds, one=with_labels)

A trial's images are told after learning from the training part of `SPLIT`; its network does not count.
"""

from __future__ import annotations

import numpy as np
from neusoc.software.learning.on_array import Learner, Local, classes_of, learn_alone, learn_factors
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.encoding import encoded
from neusoc.software.workloads.digits import CLASSES, digits
from neusoc.software.workloads.study import Outcome, Trial, sampled

SPLIT = "stratified"
# Both were tried by hand, on a fifth of the training part and on chip 1; they are no optimum.
FACTORS = Local()
# Without labels: a window of a third of an image, both phases, and writing often, or G- of rows that are seldom in a window takes all.
ALONE = Local(window=100, outside=20, bias_us=4.0, rewrite=50, passes=1)


def with_labels(trial: Trial, seed: int) -> Outcome:
    """A chip that learnt by the three-factor rule."""
    data = digits(SPLIT)
    learner = learn_factors(sampled(trial, seed), data.train, data.train_labels, FACTORS, seed)
    return _told(learner, trial, seed, [k % CLASSES for k in range(CLASSES * FACTORS.each)])


def without_labels(trial: Trial, seed: int) -> Outcome:
    """A chip that learnt by STDP with one winner."""
    return _named(learn_alone(sampled(trial, seed), digits(SPLIT).train, ALONE, seed), trial, seed)


def before(trial: Trial, seed: int) -> Outcome:
    """A chip that has not learnt: what chance and the naming give."""
    return _named(Learner.begin(sampled(trial, seed), ALONE, seed), trial, seed)


def _named(learner: Learner, trial: Trial, seed: int) -> Outcome:
    """Neurons are named by what they answer to the training part."""
    data = digits(SPLIT)
    counts, _ = learner.counts(encoded(data.train, learner.how.events))
    return _told(learner, trial, seed, classes_of(counts, data.train_labels).tolist())


def _told(learner: Learner, trial: Trial, seed: int, names: list[int]) -> Outcome:
    counts, last = learner.counts(encoded(trial.images, learner.how.events))
    counts, last = counts[:, : len(names)], last[:, : len(names)]
    share = trial.share(strongest(counts, last, tuple(names)))
    return Outcome(seed, (share,), float(np.mean(counts.sum(axis=1))), (), 0)
