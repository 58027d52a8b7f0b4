"""Networks of the workloads are trained without the test part, once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.software.learning.training import Settings
from neusoc.software.workloads.digits import digits
from neusoc.verification.software import trained as module
from neusoc.verification.software.trained import trained

DATA = digits("stratified")
BLIND = replace(DATA, test=None, test_labels=None)  # a test part that cannot be read


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
