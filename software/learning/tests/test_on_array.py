"""Rules of the chip itself learn what they can: two patterns by labels, and nothing where the factor is 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.on_array import Learner, Local, classes_of, learn_alone, learn_factors
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.encoding import encoded

CHIP = load_chip("tapeout")
CLASSES = 10
BRIEF = Local(each=1, events=120, passes=1, rewrite=40)
NAMES = tuple(range(CLASSES))


@pytest.fixture(scope="module")
def patterns():
    """Ten classes of six rows each, with some light elsewhere."""
    random = np.random.default_rng(3)
    labels = random.integers(0, CLASSES, 260)
    images = random.integers(0, 3, (260, 64)).astype(float)
    for image, label in zip(images, labels, strict=True):
        image[6 * label : 6 * label + 6] += random.integers(6, 14, 6)
    return images, labels


def _chip(seed):
    return SampledChip.formed(CHIP, seed, circuit=Circuit.of(CHIP))


def _share(learner, images, labels, names=NAMES):
    counts, last = (values[:, : len(names)] for values in learner.counts(encoded(images, learner.how.events)))
    return float(np.mean(np.array(strongest(counts, last, tuple(names))) == labels))


def test_factors_teach_patterns(patterns):
    images, labels = patterns
    told = []
    found = learn_factors(_chip(1), images[:200], labels[:200], BRIEF, seed=1, told=lambda number, _: told.append(number))
    begun = Learner.begin(_chip(1), BRIEF, 1)
    assert _share(begun, images[200:], labels[200:]) < 0.4
    assert _share(found, images[200:], labels[200:]) > 0.8
    assert told == list(range(1, 201)) and found.fire.count > 20


def test_factors_do_nothing_where_all_is_told_right(patterns, monkeypatch):
    """An image that its class leads by the margin moves no cell: learning has an end."""
    images, labels = patterns
    first = learn_factors(_chip(2), images[:150], labels[:150], replace(BRIEF, passes=2), seed=1)
    before = first.fire.count
    monkeypatch.setattr(Learner, "begin", classmethod(lambda cls, *_: first))
    learn_factors(first.chip, images[:150], labels[:150], replace(BRIEF, margin=0, rewrite=1000), seed=2)
    assert first.fire.count - before < before / 3


def test_rewriting_keeps_the_weights_and_makes_room():
    """Pairs that both have risen come back to the middle, their difference stays within what programming allows."""
    learner = Learner.begin(_chip(4), BRIEF, 1)
    random = np.random.default_rng(9)
    wanted = random.uniform(-12, 12, (64, 32))
    cells = learner.chip.path.cells
    us = np.stack([30 + wanted / 2, 30 - wanted / 2], axis=-1).reshape(64, 64)
    sound = cells.stuck.reshape(64, 64) == 0
    cells.x_nm[sound.ravel()] = cells._filament(us[sound])
    learner.rewrite()
    found = 1e6 * cells.conductance().reshape(64, 64)
    pairs = sound[:, 0::2] & sound[:, 1::2]
    left = (found[:, 0::2] - found[:, 1::2] - wanted)[pairs]
    assert np.sqrt(np.mean(left**2)) < 3.5 and np.corrcoef(left + wanted[pairs], wanted[pairs])[0, 1] > 0.9
    assert abs(np.median(found[sound]) - BRIEF.middle_us) < 2 and np.percentile(found[sound], 95) < 22


def test_window_is_one_to_two_ticks(monkeypatch):
    learner, windows = Learner.begin(_chip(5), replace(BRIEF, window=10), 1), []
    fire = learner.fire
    monkeypatch.setattr(fire, "run", lambda neuron, window, factor: windows.append((window.size, fire.phi_1, fire.phi_2)))
    rows = np.arange(64)
    for factor in (1, -1) * 100:
        learner.learn(0, rows, 40, factor)
    cycles = np.array([size for size, _, _ in windows]) * learner.timing.cycles
    assert cycles.min() >= 161 - learner.timing.cycles and cycles.max() <= 322 + learner.timing.cycles and np.ptp(cycles) > 100
    assert {(phi_1, phi_2) for _, phi_1, phi_2 in windows} == {(BRIEF.inside, BRIEF.outside), (BRIEF.outside, BRIEF.inside)}


def test_winners_share_the_images(patterns, monkeypatch):
    """No neuron wins always: those that lead are masked."""
    images, _ = patterns
    wins, learn = np.zeros(32, int), Learner.learn

    def counted(self, neuron, rows, event, factor):
        wins[neuron] += 1
        learn(self, neuron, rows, event, factor)

    monkeypatch.setattr(Learner, "learn", counted)
    learn_alone(_chip(3), images[:120], replace(BRIEF, outside=10, window=60), seed=1)
    assert wins.sum() > 60 and wins.max() <= wins.mean() + BRIEF.lead + 1


def test_neurons_are_named_by_what_they_answer():
    counts = np.array([[5, 0], [4, 1], [0, 3], [1, 9]])
    labels = np.array([0, 0, 7, 7])
    assert classes_of(np.vstack([counts, np.zeros((8, 2), int)]), np.append(labels, [1, 2, 3, 4, 5, 6, 8, 9])).tolist() == [0, 7]


@pytest.mark.parametrize(("change", "said"), [({"passes": 0}, "counts are at least 1"), ({"middle_us": 70.0}, "leave the range of a cell")])
def test_learning_refuses_what_there_is_not(change, said):
    with pytest.raises(UserError, match=said):
        replace(BRIEF, **change)
