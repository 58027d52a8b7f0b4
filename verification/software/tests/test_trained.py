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
from neusoc.verification.software.trained import CHIPS, trained, trained_with

CHIP = load_chip("image64")
CIRCUIT = ImageCircuit.of(CHIP)
DATA = digits("stratified")


def test_chips_that_choose_are_not_those_that_are_measured():
    assert not set(CHIPS) & set(range(1, 1 + report.CHIPS))


def test_settings_are_chosen_without_the_test_part_and_kept(monkeypatch, tmp_path):
    """A test part that cannot be read changes nothing; the second time nothing is trained."""
    monkeypatch.setattr(module, "BUILD", tmp_path / "first")
    monkeypatch.setattr(module, "CHOICES", {"spread": (1.0, 20.0)})
    monkeypatch.setattr(module, "CHIPS", (103,))
    monkeypatch.setattr(module, "FOLD_ROUNDS", 60)
    given = Settings(rounds=60)
    network, settings = trained(DATA, CHIP, CIRCUIT, 1, given)
    assert settings.spread == 1.0 and network.layers[0].outputs == 10
    plain = trained_with(DATA, 1, settings)
    monkeypatch.setattr(module, "BUILD", tmp_path / "second")
    blind, chosen = trained(replace(DATA, test=None, test_labels=None), CHIP, CIRCUIT, 1, given)
    monkeypatch.setattr(module, "train_winners", None)
    again, kept = trained(DATA, CHIP, CIRCUIT, 1, given)
    assert settings == chosen == kept
    assert all(np.array_equal(other.layers[0].weights, network.layers[0].weights) for other in (blind, again, plain))
