"""Networks of the workloads, kept below build/.

Training takes long: what was trained of the same images by the same code is read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import shown_pixels
from neusoc.software.learning.training import CellSpread, Settings, train_hidden, train_winners, with_moved
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import contents
from neusoc.software.workloads.digits import CLASSES, Split

# Chosen by cross-validation within the training parts of both splits of the digits, by chips that no report
# measures.
USUAL = Settings(rounds=8000, spread=1.5, count_noise=8.0, shrink=0.01, moved=0.4)
HIDDEN = Settings(rounds=8000, spread=1.0, count_noise=2.0, rate=0.01)
CODE = ROOT / "software" / "learning" / "training.py"
Weights = list[Floats]  # from the input on
Train = Callable[[Floats, Ints, Settings], Weights]


def _kept(what: str, data: Split, facts: Mapping[str, Any], train: Train, settings: Settings) -> Weights:
    """Weights of all layers; what is there of the same images, facts and code is read."""

    def make() -> str:
        return (
            json.dumps([weights.tolist() for weights in train(data.train, data.train_labels, settings)])
            + "\n"
        )

    given = contents([data.train, data.train_labels, settings, *facts, *facts.values()])
    key = content_hash([*needs(CODE), Path(__file__)], what, np.__version__, *given)
    kept = json.loads(Entry(BUILD / "chip_runs" / f"{what}.json", key).made(make).read_text())
    return [np.array(weights) for weights in kept]


def winners_network(weights: Floats) -> Network:
    """A layer whose strongest neuron decides; neuron k speaks for class k % CLASSES, as train_winners() has
    it."""
    return Network.from_numpy(weights, labels=[k % CLASSES for k in range(weights.shape[1])])


def _winners(each: int) -> Train:
    """Training of a layer for whole images: a weight is a conductance, a pixel what planes can show."""

    def train(images: Floats, labels: Ints, settings: Settings) -> Weights:
        images, labels = with_moved(images, labels, settings.moved)
        return [
            train_winners(
                shown_pixels(images).astype(np.float64), labels, CellSpread.of(lambda us: us), each, settings
            )
        ]

    return train


def trained(data: Split, each: int, settings: Settings = USUAL) -> Network:
    """Winners of a split, for chips that are shown whole images.

    Args:
        data: split of which the training part is taken.
        each: neurons a class.
        settings: settings of the training.
    """
    return winners_network(_kept("winners", data, {"each": each}, _winners(each), settings)[0])


def trained_hidden(data: Split, units: int, threshold: float, settings: Settings = HIDDEN) -> Network:
    """Two layers, the first of neurons that send whole spikes.

    Args:
        data: split of which the training part is taken.
        units: hidden neurons.
        threshold: threshold of a hidden neuron, events of full weight.
        settings: settings of the training.
    """
    spread = CellSpread.of(lambda us: us)

    def train(images: Floats, labels: Ints, given: Settings) -> Weights:
        return list(train_hidden(images, labels, spread, units, threshold, given))

    return Network.from_numpy(
        _kept("hidden", data, {"units": units, "threshold": threshold}, train, settings)
    )
