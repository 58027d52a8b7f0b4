"""How networks of the workloads are chosen: by chips, which stay as they are, and by nothing of the test part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.training import Settings
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.study import Trial, shown_on
from neusoc.verification.software import digits as report
from neusoc.verification.software import trained as module
from neusoc.verification.software.trained import CHIPS, on_chips, trained

CHIP = load_chip("tapeout")
CIRCUIT = Circuit.of(CHIP)
DATA = digits("stratified")


@pytest.fixture(scope="module")
def shown():
    network = Network.from_numpy(np.ones((64, 10)))
    return [shown_on(Trial(CHIP, CIRCUIT, network, DATA.train[:60], DATA.train_labels[:60], calibrated=False), 5)]


def test_chips_that_choose_are_not_those_that_are_judged():
    assert not set(CHIPS) & set(range(1, 1 + report.CHIPS))


def test_chips_score_the_better_network_higher_and_stay_as_they_are(shown):
    means = np.stack([DATA.train[DATA.train_labels == label].mean(axis=0) for label in range(10)], axis=1)
    good = Network.from_numpy((means - means.mean(axis=1, keepdims=True)) / 16)
    blind = Network.from_numpy(np.random.default_rng(1).uniform(-1, 1, (64, 10)))
    images, labels = DATA.train[60:160], DATA.train_labels[60:160]
    first = on_chips(shown, good, images, labels)
    assert first > 0.7 > 0.4 > on_chips(shown, blind, images, labels)
    assert on_chips(shown, good, images, labels) == first


def test_settings_are_chosen_without_the_test_part_and_kept(monkeypatch, tmp_path):
    """A test part that cannot be read changes nothing; the second time nothing is trained."""
    monkeypatch.setattr(module, "BUILD", tmp_path / "first")
    monkeypatch.setattr(module, "CHOICES", {"spread": (1.0, 8.0)})
    monkeypatch.setattr(module, "COUNTED", {})
    monkeypatch.setattr(module, "CHIPS", (103,))
    monkeypatch.setattr(module, "CHIP_ROUNDS", 60)
    given = Settings(rounds=60)
    found, settings = trained(DATA, CHIP, CIRCUIT, 1, given)
    assert settings.spread == 1.0 and found.layers[0].outputs == 10
    monkeypatch.setattr(module, "BUILD", tmp_path / "second")
    blind, chosen = trained(replace(DATA, test=None, test_labels=None), CHIP, CIRCUIT, 1, given)
    monkeypatch.setattr(module, "train_winners", None)
    again, kept = trained(DATA, CHIP, CIRCUIT, 1, given)
    assert settings == chosen == kept
    assert all(np.array_equal(other.layers[0].weights, found.layers[0].weights) for other in (blind, again))
