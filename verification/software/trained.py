"""Networks of the workloads, trained with hyper-parameters that cross-validation inside the training part chose; kept below build/.

Training takes long and knows no chip: what was trained of the same images by the same code is read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.emulator.pulse import Floats
from neusoc.software.learning.training import USUAL, CellSpread, Settings, cross_validated, train_hidden, train_winners, winners
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import CLASSES, Split
from neusoc.software.workloads.fleet import contents

CHOICES: dict[str, tuple[float, ...]] = {"spread": (1.0, 2.0, 3.0), "moved": (0.0, 0.2)}
FOLDS, CV_ROUNDS = 3, 800
CODE = (ROOT / "software" / "learning" / "training.py", ROOT / "software" / "workloads" / "digits.py")     # that trains, and makes folds
RELAXED = 5                             # draws of relaxed weights for a score
Weights = list[Floats]                  # from the input on
Train = Callable[[Floats, Ints, Settings], Weights]
Tell = Callable[[Floats, Weights], Ints]


def _chosen(data: Split, spread: CellSpread, train: Train, tell: Tell, settings: Settings) -> Settings:
    """Settings that tell most of what was held back, with weights as a day's relaxation leaves them."""

    def score(tried: Settings, images: Floats, labels: Ints, held: Floats, held_labels: Ints) -> float:
        weights = train(images, labels, replace(tried, rounds=CV_ROUNDS))
        random = np.random.default_rng(7)
        events = np.floor(held + 0.5)
        relaxed = ([w + spread.at(w) * random.standard_normal(w.shape) for w in weights] for _ in range(RELAXED))
        return float(np.mean([np.mean(tell(events, some) == held_labels) for some in relaxed]))

    folds = ((f.train, f.train_labels, f.test, f.test_labels) for f in data.folds(FOLDS))
    return cross_validated(folds, score, CHOICES, settings)[0]


def _kept(what: str, data: Split, spread: CellSpread, settings: Settings, facts: Mapping[str, float], train: Train, tell: Tell) -> Any:
    """Settings and weights of all layers; what is there of the same images, facts and code is read."""

    def make() -> str:
        best = _chosen(data, spread, train, tell, settings)
        weights = train(data.train, data.train_labels, best)
        return json.dumps({"settings": asdict(best), "weights": [w.tolist() for w in weights]}) + "\n"

    given = contents([data.train, data.train_labels, spread, settings, *facts, *facts.values()])
    key = content_hash([*needs(*CODE), Path(__file__)], what, np.__version__, *given)
    kept = json.loads(Entry(BUILD / "fleet" / f"{what}.json", key).made(make).read_text())
    return Settings(**kept["settings"]), [np.array(w) for w in kept["weights"]]


def trained(data: Split, spread: CellSpread, each: int, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """Winners of a split, with settings that cross-validation chose.

    Args:
        data: of it the training part.
        spread: of the weights.
        each: neurons a class.
        settings: of what is not chosen.
    """

    def train(images: Floats, labels: Ints, chosen: Settings) -> Weights:
        return [train_winners(images, labels, spread, each, chosen)]

    def tell(events: Floats, weights: Weights) -> Ints:
        return winners(events @ weights[0])

    best, weights = _kept("winners", data, spread, settings, {"each": each}, train, tell)
    return Network.from_numpy(weights[0], labels=[k % CLASSES for k in range(each * CLASSES)]), best


def trained_hidden(data: Split, spread: CellSpread, units: int, threshold: float, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """Two layers, the first of neurons that send whole spikes.

    Args:
        data, spread, settings: as of trained().
        units: hidden neurons.
        threshold: of a hidden neuron, events of full weight.
    """

    def train(images: Floats, labels: Ints, chosen: Settings) -> Weights:
        return list(train_hidden(images, labels, spread, units, threshold, chosen))

    def tell(events: Floats, weights: Weights) -> Ints:
        return winners(np.floor(np.maximum(events @ weights[0] / threshold, 0)) @ weights[1])

    best, weights = _kept("hidden", data, spread, settings, {"units": units, "threshold": threshold}, train, tell)
    return Network.from_numpy(weights), best
