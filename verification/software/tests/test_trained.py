"""How networks of the workloads are chosen: by chips, and by nothing of the test part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.learning.training import Settings
from neusoc.software.workloads.digits import digits
from neusoc.verification.software import digits as report
from neusoc.verification.software import trained as module
from neusoc.verification.software.trained import CHIPS, chosen, trained

DATA = digits("stratified")
BLIND = replace(DATA, test=None, test_labels=None)      # a test part that cannot be read


def test_chips_that_choose_are_not_those_that_are_measured():
    assert not set(CHIPS) & set(range(1, 1 + report.CHIPS))


def test_settings_are_chosen_without_the_test_part(monkeypatch):
    monkeypatch.setattr(module, "CHOICES", {"spread": (1.0, 20.0)})
    monkeypatch.setattr(module, "CHIPS", (103,))
    chip = load_chip("tapeout")
    best, tried = chosen(BLIND, chip, ImageCircuit.of(chip), 1, Settings(rounds=60))
    assert best.spread == 1.0 and len(tried) == 2 and tried[best] == max(tried.values()) > 0.7


def test_networks_are_trained_without_the_test_part_and_kept(monkeypatch, tmp_path):
    """The second time nothing is trained."""
    monkeypatch.setattr(module, "BUILD", tmp_path / "first")
    network = trained(DATA, 1, Settings(rounds=60))
    monkeypatch.setattr(module, "BUILD", tmp_path / "second")
    blind = trained(BLIND, 1, Settings(rounds=60))
    monkeypatch.setattr(module, "train_winners", None)
    again = trained(DATA, 1, Settings(rounds=60))
    assert network.layers[0].outputs == 10
    assert all(np.array_equal(other.layers[0].weights, network.layers[0].weights) for other in (blind, again))
