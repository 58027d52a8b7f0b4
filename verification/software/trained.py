"""Networks of the workloads, trained with hyper-parameters that cross-validation inside the training part chose; kept below build/.

Winners are chosen by what sampled chips tell of the images that were held back, right after programming and a day later: chips that no
report judges. Training takes long: what was trained of the same images by the same code is read again.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD, ROOT
from neusoc.base.store import Entry, content_hash
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import ImageCircuit, shown_pixels
from neusoc.software.learning.training import USUAL, CellSpread, Settings, cross_validated, train_hidden, train_winners, winners
from neusoc.software.mapping.plan import SIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import contents
from neusoc.software.workloads.digits import CLASSES, Split
from neusoc.software.workloads.study import Shown, Trial, shown_on
from neusoc.software.workloads.whole_image import ImageTrial, shown, written

CHOICES: dict[str, tuple[float, ...]] = {"spread": (1.0, 2.0, 3.0), "moved": (0.0, 0.2)}
COUNTED: dict[str, tuple[float, ...]] = {"count_noise": (2.0, 6.0)}     # of what chips count, too
FOLDS, CV_ROUNDS, CHIP_ROUNDS = 3, 800, 1500
CHIPS = (101, 102)                      # seeds of those that choose
HELD = 1000                             # images that they are shown of each fold, at most
SOFTWARE = ROOT / "software"
CODE = (SOFTWARE / "learning" / "training.py", *(SOFTWARE / "workloads" / f"{name}.py" for name in ("digits", "study")))
IMAGE_CODE = (*CODE, SOFTWARE / "workloads" / "whole_image.py")
RELAXED = 5                             # draws of relaxed weights for a score
Weights = list[Floats]                  # from the input on
Train = Callable[[Floats, Ints, Settings], Weights]
Score = Callable[[Weights, Floats, Ints], float]


def _chosen(data: Split, train: Train, score: Score, rounds: int, choices: Mapping[str, Sequence[float]], settings: Settings) -> Settings:
    """Settings whose weights score best on what was held back."""

    def tried(now: Settings, images: Floats, labels: Ints, held: Floats, held_labels: Ints) -> float:
        return score(train(images, labels, replace(now, rounds=rounds)), held[:HELD], held_labels[:HELD])

    folds = ((f.train, f.train_labels, f.test, f.test_labels) for f in data.folds(FOLDS))
    return cross_validated(folds, tried, choices, settings)[0]


def _kept(
    what: str, data: Split, facts: Mapping[str, Any], train: Train, choose: Callable[[], Settings], code: Sequence[Path] = CODE
) -> Any:
    """Settings and weights of all layers; what is there of the same images, facts and code is read."""

    def make() -> str:
        best = choose()
        weights = train(data.train, data.train_labels, best)
        return json.dumps({"settings": asdict(best), "weights": [w.tolist() for w in weights]}) + "\n"

    given = contents([data.train, data.train_labels, *facts, *facts.values()])
    key = content_hash([*needs(*code), Path(__file__)], what, np.__version__, *given)
    kept = json.loads(Entry(BUILD / "chip_runs" / f"{what}.json", key).made(make).read_text())
    return Settings(**kept["settings"]), [np.array(w) for w in kept["weights"]]


def winners_network(weights: Floats) -> Network:
    """A layer whose strongest neuron decides; neuron k speaks for class k % CLASSES, as train_winners() has it."""
    return Network.from_numpy(weights, labels=[k % CLASSES for k in range(weights.shape[1])])


def on_chips(shown: Sequence[Shown], network: Network, images: Floats, labels: Ints) -> float:
    """Share of images that a network tells right, mean of some chips at the ages of their trials.

    Args:
        shown: calibrated chips; they stay as they are.
        network: network of one layer.
        images: (count, inputs).
        labels: (count,).
    """
    asked = (replace(one, trial=replace(one.trial, images=images, labels=labels)) for one in copy.deepcopy(list(shown)))
    return float(np.mean([one.told(network)[0] for one in asked]))


def _trained_winners(
    what: str, data: Split, facts: Mapping[str, Any], spread: CellSpread, each: int, settings: Settings, judge: Callable[[], Score],
    coded: Callable[[Floats], Floats] = lambda images: images, code: Sequence[Path] = CODE,
) -> tuple[Network, Settings]:  # fmt: skip
    """Winners of a split, with settings that cross-validation chose; kept as `what`.

    Args:
        facts: facts that decide beside data, each and settings.
        judge: makes what scores weights on what was held back.
        coded: images as the rows see them.
        code: files that the result depends on.
    """

    def train(images: Floats, labels: Ints, chosen: Settings) -> Weights:
        return [train_winners(coded(images), labels, spread, each, chosen)]

    def choose() -> Settings:
        return _chosen(data, train, judge(), CHIP_ROUNDS, CHOICES | COUNTED, settings)

    best, weights = _kept(what, data, {**facts, "each": each, "settings": settings}, train, choose, code)
    return winners_network(weights[0]), best


def trained(data: Split, chip: Chip, circuit: Circuit, each: int, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """Winners of a split, for chips that hear one row at a time.

    Args:
        data: split of which the training part is taken.
        chip: variant.
        circuit: circuit of its neurons.
        each: neurons a class.
        settings: values of what is not chosen.
    """

    def judge() -> Score:
        any_network = winners_network(np.ones((data.train.shape[1], each * CLASSES)))
        trial = Trial(chip, circuit, any_network, data.train, data.train_labels, ages=(0.0, DAY_S))
        shown = [shown_on(trial, seed) for seed in CHIPS]
        return lambda weights, held, labels: on_chips(shown, winners_network(weights[0]), held, labels)

    spread = CellSpread.of(charge(circuit, SIGNED))
    return _trained_winners("winners", data, {"chip": chip, "circuit": circuit}, spread, each, settings, judge)


def trained_for_images(data: Split, chip: Chip, circuit: ImageCircuit, each: int, settings: Settings = USUAL) -> tuple[Network, Settings]:
    """As trained(), for chips that compute a whole image at once: a cell's charge is its conductance, a pixel what planes can show."""

    def judge() -> Score:
        def score(weights: Weights, held: Floats, labels: Ints) -> float:
            trial = ImageTrial(chip, circuit, winners_network(weights[0]), held, labels, (0.0, DAY_S))
            return float(np.mean([shown(trial, written(trial, seed)).accuracy for seed in CHIPS]))

        return score

    spread, facts = CellSpread.of(lambda us: us), {"chip": chip, "circuit": circuit}
    return _trained_winners("images", data, facts, spread, each, settings, judge, shown_pixels, IMAGE_CODE)


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
            told = winners(np.floor(np.maximum(events @ first / threshold, 0)) @ second)
            shares.append(float(np.mean(told == labels)))
        return float(np.mean(shares))

    facts = {"spread": spread, "units": units, "threshold": threshold, "settings": settings}
    best, weights = _kept("hidden", data, facts, train, lambda: _chosen(data, train, score, CV_ROUNDS, CHOICES, settings))
    return Network.from_numpy(weights), best
