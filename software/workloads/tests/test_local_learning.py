"""Tasks of chips that learn digits: by the training part alone, and told on the trial's images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads import local_learning
from neusoc.software.workloads.digits import digits
from neusoc.software.workloads.local_learning import ALONE, TAUGHT, before, with_labels, without_labels
from neusoc.software.workloads.study import Trial

CHIP = load_chip("tapeout")


@pytest.mark.full
def test_tasks_learn_from_the_training_part_alone(monkeypatch):
    whole = digits("stratified")
    small = replace(
        whole, train=whole.train[:250], train_labels=whole.train_labels[:250], test=None, test_labels=None
    )
    monkeypatch.setattr(local_learning, "digits", lambda _: small)
    monkeypatch.setattr(local_learning, "TAUGHT", replace(TAUGHT, passes=1))
    monkeypatch.setattr(local_learning, "ALONE", replace(ALONE, passes=1))
    names = Network.from_numpy(np.ones((64, 10)), labels=range(10))
    trial = Trial(CHIP, ImageCircuit.of(CHIP), names, whole.test[:100], whole.test_labels[:100])
    learnt, begun, alone = (task(trial, 7) for task in (with_labels, before, without_labels))
    assert learnt.accuracy[0] > begun.accuracy[0] + 0.15 and learnt.seed == 7
    assert alone.accuracy != begun.accuracy and without_labels(trial, 7) == alone, (
        "learning changes the chip, and is repeatable"
    )
    assert with_labels(replace(trial, labels=(trial.labels + 1) % 10), 7).accuracy[0] < learnt.accuracy[0], (
        "told by other labels"
    )
