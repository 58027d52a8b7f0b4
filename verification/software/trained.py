"""Networks of the workloads, trained with hyper-parameters that cross-validation inside the training part chose; kept below build/.

Winners are chosen by how sampled chips classify the images that were held back, right after programming and a day later: chips that no
report measures. What was held back follows what is trained with in the data, so that as few writers as can be are in both. Training takes
long: what was trained of the same images by the same code is read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import ImageCircuit, shown_pixels
from neusoc.software.learning.training import CellSpread, Settings, cross_validated, train_hidden, train_winners, winners
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import contents
from neusoc.software.workloads.digits import CLASSES, Split
from neusoc.software.workloads.study import Trial, program, sampled, shown

USUAL = Settings(rounds=8000)
CHOICES: dict[str, tuple[float, ...]] = {"spread": (1.0, 2.0), "count_noise": (4.0, 8.0, 16.0)}
FOLDS, FOLD_ROUNDS = 4, 1500
CHIPS = (101, 102)                      # seeds of those that choose
HELD = 1000                             # images that they are shown of each fold, at most
SOFTWARE = ROOT / "software"
CODE = (SOFTWARE / "learning" / "training.py", *(SOFTWARE / "workloads" / f"{name}.py" for name in ("digits", "study")))
RELAXED = 5                             # draws of relaxed weights for a score
Weights = list[Floats]                  # from the input on
Train = Callable[[Floats, Ints, Settings], Weights]
Score = Callable[[Weights, Floats, Ints], float]


def _chosen(data: Split, train: Train, score: Score, settings: Settings) -> Settings:
    """Settings whose weights score best on what was held back."""

    def tried(now: Settings, images: Floats, labels: Ints, held: Floats, held_labels: Ints) -> float:
        return score(train(images, labels, replace(now, rounds=FOLD_ROUNDS)), held[:HELD], held_labels[:HELD])

    folds = ((f.train, f.train_labels, f.test, f.test_labels) for f in data.folds(FOLDS))
    return cross_validated(folds, tried, CHOICES, settings)[0]


def _kept(
    what: str, data: Split, facts: Mapping[str, Any], train: Train, score: Score | None, settings: Settings
) -> tuple[Weights, Settings]:
    """Weights of all layers and settings; what is there of the same images, facts and code is read. Without a score nothing is chosen."""

    def make() -> str:
        best = _chosen(data, train, score, settings) if score else settings
        weights = train(data.train, data.train_labels, best)
        return json.dumps({"settings": asdict(best), "weights": [w.tolist() for w in weights]}) + "\n"

    given = contents([data.train, data.train_labels, settings, *facts, *facts.values()])
    key = content_hash([*needs(*CODE), Path(__file__)], what, np.__version__, *given)
    kept = json.loads(Entry(BUILD / "chip_runs" / f"{what}.json", key).made(make).read_text())
    return [np.array(w) for w in kept["weights"]], Settings(**kept["settings"])


def winners_network(weights: Floats) -> Network:
    """A layer whose strongest neuron decides; neuron k speaks for class k % CLASSES, as train_winners() has it."""
    return Network.from_numpy(weights, labels=[k % CLASSES for k in range(weights.shape[1])])


def trained(data: Split, chip: Chip, circuit: ImageCircuit, each: int, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """Winners of a split, for chips that are shown whole images: a weight is a conductance, a pixel what planes can show.

    Args:
        data: split of which the training part is taken.
        chip: variant.
        circuit: circuit of its neurons.
        each: neurons a class.
        settings: values of what is not chosen.
    """

    def train(images: Floats, labels: Ints, chosen: Settings) -> Weights:
        return [train_winners(shown_pixels(images).astype(np.float64), labels, CellSpread.of(lambda us: us), each, chosen)]

    @cache
    def formed(seed: int) -> SampledCells:
        return sampled(Trial(chip, circuit, winners_network(np.ones((1, CLASSES))), data.train[:1, :1], data.train_labels[:1]), seed)

    def score(weights: Weights, held: Floats, labels: Ints) -> float:
        trial = Trial(chip, circuit, winners_network(weights[0]), held, labels, (0.0, DAY_S))
        return float(np.mean([shown(trial, program(trial, formed(seed).aged(0.0))).accuracy for seed in CHIPS]))

    weights, best = _kept("winners", data, {"chip": chip, "circuit": circuit, "each": each}, train, score, settings)
    return winners_network(weights[0]), best


def trained_with(data: Split, each: int, settings: Settings) -> Network:
    """As trained(), with given settings."""

    def train(images: Floats, labels: Ints, given: Settings) -> Weights:
        return [train_winners(shown_pixels(images).astype(np.float64), labels, CellSpread.of(lambda us: us), each, given)]

    weights, _ = _kept("winners given", data, {"each": each}, train, None, settings)
    return winners_network(weights[0])


def trained_hidden(data: Split, spread: CellSpread, units: int, threshold: float, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """Two layers, the first of neurons that send whole spikes; chosen by weights as a day's relaxation leaves them.

    Args:
        data: split of which the training part is taken.
        spread: spread of the weights.
        units: hidden neurons.
        threshold: threshold of a hidden neuron, events of full weight.
        settings: values of what is not chosen.
    """

    def train(images: Floats, labels: Ints, chosen: Settings) -> Weights:
        return list(train_hidden(images, labels, spread, units, threshold, chosen))

    def score(weights: Weights, held: Floats, labels: Ints) -> float:
        random, events, shares = np.random.default_rng(7), np.floor(held + 0.5), []
        for _ in range(RELAXED):
            first, second = (w + spread.at(w) * random.standard_normal(w.shape) for w in weights)
            answers = winners(np.floor(np.maximum(events @ first / threshold, 0)) @ second)
            shares.append(float(np.mean(answers == labels)))
        return float(np.mean(shares))

    facts = {"spread": spread, "units": units, "threshold": threshold}
    weights, best = _kept("hidden", data, facts, train, score, settings)
    return Network.from_numpy(weights), best
