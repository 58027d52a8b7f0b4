"""MNIST on one large array beside passes: what is asked of which chip, and the figures; data and chips are played."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Report
from neusoc.software.emulator.measured import known, line_load
from neusoc.software.learning.training import Settings
from neusoc.software.workloads.digits import Split
from neusoc.software.workloads.passes import in_passes
from neusoc.software.workloads.study import Outcome, one_chip
from neusoc.verification.size.tables import mnist_table
from neusoc.verification.software import mnist_large


@pytest.fixture
def played(monkeypatch):
    """Images of nothing, and chips that tell more on one array than in passes."""
    asked = []

    def images(_, side=8):
        return Split(np.ones((10, side * side)), np.arange(10), np.ones((10, side * side)), np.arange(10))

    def run_chips(trials, seeds, workers, one):
        told = {name: (of.chip.name, of.copies, of.ages, of.circuit.wiring.load_f) for name, of in trials.items()}
        asked.append((one, told))
        right = 0.95 if one is one_chip else 0.93
        return {name: [Outcome(seed, tuple(right - 0.01 * k for k in range(len(trial.ages))), 300.0, (), 0) for seed in seeds]
                for name, trial in trials.items()}  # fmt: skip

    monkeypatch.setattr(mnist_large.images_of, "read", lambda place: place)
    monkeypatch.setattr(mnist_large.images_of, "split_of", images)
    monkeypatch.setattr(mnist_large, "run_chips", run_chips)
    return asked


def test_mnist_large_figures(played, tmp_path):
    report = mnist_large.mnist_large_report(2, data=tmp_path, settings=Settings(rounds=2))
    heavy, light = (line_load(known(), rows) for rows in (256, 64))
    assert played == [
        (one_chip, {
            mnist_large.ONE: ("large", 1, (0.0, 86400.0), heavy), mnist_large.TWICE: ("large", 2, (0.0, 86400.0), heavy),
            mnist_large.LIGHT: ("large", 1, (0.0, 86400.0), light),
        }),
        (in_passes, {mnist_large.PASSES: ("tapeout", 1, (0.0,), light)}),
    ]
    found = {figure.name: figure.value for figure in report.figures}
    assert found[f"{mnist_large.ONE} programmed: mean"] == 95 and found[f"{mnist_large.ONE} 1 day: mean"] == 94
    assert found["one array more than passes, programmed"] == 2 and f"{mnist_large.PASSES} 1 day: mean" not in found
    assert 0 <= found["196-30 weights alone"] <= 100
    assert report.texts["mnist_large"].startswith("2 chips, seeds 1 to 2, 10 test images")


def test_mnist_large_table(played, tmp_path):
    report = mnist_large.mnist_large_report(2, data=tmp_path, settings=Settings(rounds=2))
    text = mnist_table(Report(**report.model_dump(exclude={"verdict", "figures"}), figures=report.figures))
    assert f"| {mnist_large.PASSES} | 93 | 93 | - | - | 300 |" in text and f"| {mnist_large.ONE} | 95 | 95 | 94 | 94 | 300 |" in text


def test_mnist_large_trains_with_the_settings_of_mnist(played, monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(mnist_large, "trained", lambda *_: (None, Settings(rounds=2, spread=3.0, moved=0.2)))
    train = mnist_large.train_winners

    def seen(images, labels, spread, each, settings):
        given.append(settings)
        return train(images, labels, spread, each, settings)

    monkeypatch.setattr(mnist_large, "train_winners", seen)
    mnist_large.mnist_large_report(1, data=tmp_path)
    assert given == [Settings(rounds=2, spread=3.0, moved=0.0)], "moving by a pixel knows 8 x 8 alone"


def test_mnist_large_without_data_is_not_run(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    report = mnist_large.mnist_large_report()
    assert report.verdict == "not run" and report.not_run.startswith("npm is missing, which gives the data; install it, or name a folder")
    with pytest.raises(UserError, match="chips is 0"):
        mnist_large.mnist_large_report(0)
    with pytest.raises(UserError, match="holds no train-images-idx3-ubyte"):
        mnist_large.mnist_large_report(data=tmp_path)
