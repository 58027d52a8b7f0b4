"""What each step from a trained network to an aged chip loses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads.data import images
from neusoc.software.workloads.losses import losses
from neusoc.software.workloads.study import Trial

STEPS = ["weights", "pixels", "clipped", "levels", "alike", "programmed", "1 s", "1 day"]


@pytest.fixture(scope="module")
def trial():
    """A small chip, and images of four patterns with a network that knows them."""
    chip, random = load_chip("mini"), np.random.default_rng(2)
    weights = random.uniform(-1, 1, (chip.rows, chip.neurons))
    values = random.integers(0, 17, (60, chip.rows)).astype(float)
    return Trial(
        chip, ImageCircuit.of(chip), Network.from_numpy(weights), values, (values @ weights).argmax(1)
    )


def test_losses_has_every_step(trial):
    seen = []
    steps = losses(trial, seeds=[1, 2], told=seen.append)
    assert [loss.step for loss in steps] == STEPS and seen == steps
    assert steps[0].mean == 1.0  # the labels are what its weights say
    assert all(loss.least <= loss.mean <= 1.0 for loss in steps) and steps[5].mean > 0.5
    assert steps == losses(trial, seeds=[1, 2])


def test_losses_see_what_a_step_loses(trial):
    """Weights that are all cut off to their signs lose at that step; few levels at the next; images of other
    scale at the pixels."""
    good, cut, few, dark = (
        {loss.step: loss.mean for loss in losses(changed, seeds=[1])}
        for changed in (
            trial,
            replace(trial, clip=0.05),
            replace(trial, levels=4),
            replace(trial, images=trial.images / 20),
        )
    )
    assert cut["pixels"] == good["pixels"] and cut["clipped"] < good["clipped"] - 0.1
    assert few["clipped"] == good["clipped"] and few["levels"] < good["levels"]
    assert dark["weights"] == good["weights"] and dark["pixels"] < good["pixels"] - 0.1


@pytest.mark.parametrize("clip", [0.0, -1.0, 1.5, float("nan")])
def test_clip_is_a_share(trial, clip):
    with pytest.raises(UserError, match="is no share of the largest weight"):
        losses(replace(trial, clip=clip))


def test_images_by_name(tmp_path):
    assert images("digits:last360").values.shape == (360, 64)
    path = tmp_path / "some.npz"
    np.savez(path, images=np.ones((3, 8)), labels=np.arange(3))
    found = images(str(path)).first(2)
    assert found.values.shape == (2, 8) and found.share([0, 5]) == 0.5
    for name, sentence in [
        ("digits:none", "digits are split as"),
        ("lacks.npz", "No such file"),
        ("digits", "digits are split as"),
    ]:
        with pytest.raises(UserError, match=sentence):
            images(name)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="is damaged or no .npz file"):
        images(str(path))
    np.savez(path, images=np.ones((3, 8)), labels=np.arange(2))
    with pytest.raises(UserError, match="give one an image"):
        images(str(path))
    np.savez(path, pictures=np.ones((3, 8)))
    with pytest.raises(UserError, match="has no array `images`"):
        images(str(path))
    with pytest.raises(UserError, match="choose 1 to 360"):
        images("digits:last360").first(361)
