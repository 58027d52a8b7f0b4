"""What each step from a trained network to an aged chip loses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.mapping.plan import place
from neusoc.software.network.network import Network
from neusoc.software.workloads.data import Images, images
from neusoc.software.workloads.losses import losses

STEPS = ["weights", "events", "clipped", "levels", "neuron", "programmed", "aged"]


@pytest.fixture(scope="module")
def mini():
    """Chip, circuit, and images of four patterns with a network that knows them."""
    chip = load_chip("mini")
    random = np.random.default_rng(2)
    weights = random.uniform(-1, 1, (chip.rows, chip.neurons))
    values = random.integers(0, 17, (60, chip.rows)).astype(float)
    return chip, Circuit.of(chip), Network.from_numpy(weights), Images("patterns", values, (values @ weights).argmax(1))


def test_losses_tell_every_step(mini):
    chip, circuit, network, shown = mini
    told = []
    found = losses(network, place(network, chip, circuit), shown, circuit, chip, events=80, seeds=[1, 2], told=told.append)
    assert [loss.step for loss in found] == STEPS and told == found
    assert found[0].mean == 1.0                                   # the labels are what its weights say
    assert all(loss.least <= loss.mean <= 1.0 for loss in found) and found[5].mean > 0.5
    assert found == losses(network, place(network, chip, circuit), shown, circuit, chip, events=80, seeds=[1, 2])


def test_losses_see_what_a_step_loses(mini):
    """Weights that are all cut off to their signs lose at that step; a plan without its negative levels at the next."""
    chip, circuit, network, shown = mini
    right, cut = place(network, chip, circuit), place(network, chip, circuit, clip=0.05)
    wrong = replace(right, negative=np.zeros_like(right.negative))
    good, clipped, planted = (
        {loss.step: loss.mean for loss in losses(network, plan, shown, circuit, chip, events=80, seeds=[1])} for plan in (right, cut, wrong)
    )
    assert clipped["events"] == good["events"] and clipped["clipped"] < good["clipped"] - 0.1
    assert planted["clipped"] == good["clipped"] and planted["levels"] < good["levels"] - 0.1


def test_losses_need_labels(mini):
    chip, circuit, network, shown = mini
    with pytest.raises(UserError, match="patterns: has no labels"):
        losses(network, place(network, chip, circuit), Images("patterns", shown.values, None), circuit, chip)


@pytest.mark.parametrize("clip", [0.0, -1.0, 1.5, float("nan")])
def test_clip_is_a_share(mini, clip):
    chip, circuit, network, _ = mini
    with pytest.raises(UserError, match="is no share of the largest weight"):
        place(network, chip, circuit, clip=clip)


def test_images_by_name(tmp_path):
    assert images("digits:last360").values.shape == (360, 64)
    path = tmp_path / "some.npz"
    np.savez(path, images=np.ones((3, 8)), labels=np.arange(3))
    found = images(str(path)).first(2)
    assert found.values.shape == (2, 8) and found.share([0, 5]) == 0.5
    for name, sentence in [("digits:none", "digits are split as"), ("lacks.npz", "No such file"), ("digits", "digits are split as")]:
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
