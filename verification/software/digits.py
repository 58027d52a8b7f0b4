"""Digits on sampled chips as figures with limits: the judge of every circuit. `make digits`.

Hyper-parameters are chosen by cross-validation inside the training part; the test part is seen once, by the chips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import content_hash
from neusoc.base.tools import versions
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.emulator.pulse import Floats
from neusoc.software.learning.training import USUAL, CellSpread, Settings, cross_validated, train_winners, winners
from neusoc.software.mapping.plan import SIGNED, UNSIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.network import Network
from neusoc.software.workloads.digits import CLASSES, SPLITS, Split, digits
from neusoc.software.workloads.study import Outcome, Trial, one_chip, summary

CHIP, CHIPS, FIRST_SEED = "tapeout", 20, 1
AGES = {"programmed": 0.0, "1 s": 1.0, "1 day": 86400.0}
EVENTS, FEWER_EVENTS = 312, 80
FEWER_VTH_V = 1.1                                            # fewer events drive a membrane less far
CHOICES: dict[str, tuple[float, ...]] = {"spread": (1.0, 2.0, 3.0), "moved": (0.0, 0.2)}
FOLDS, CV_ROUNDS = 3, 800
# case -> age -> split -> least mean, and of the first also the worst chip's; %
LIMITS: dict[str, dict[str, tuple[float, float]]] = {
    "64-30": {"programmed": (96.5, 91.5), "1 s": (96.0, 91.0), "1 day": (95.5, 90.5)},
    "64-10": {"programmed": (95.0, 88.0)},
    "64-30 unsigned": {"programmed": (95.5, 91.0)},
    "64-30 by 80 events": {"programmed": (95.5, 90.0)},
}
WORST = (95.0, 89.0)
LEFT_MV = 0.3                                                # of the offsets by a calibration


def _score(spread: CellSpread, each: int) -> Callable[[Settings, Floats, Ints, Floats, Ints], float]:
    """Of settings: share told right with weights as a day's relaxation leaves them, on what was held back."""

    def score(settings: Settings, images: Floats, labels: Ints, held: Floats, held_labels: Ints) -> float:
        weights = train_winners(images, labels, spread, each, replace(settings, rounds=CV_ROUNDS))
        random = np.random.default_rng(7)
        events = np.floor(held + 0.5)
        relaxed = (weights + spread.at(weights) * random.standard_normal(weights.shape) for _ in range(5))
        return float(np.mean([np.mean(winners(events @ w) == held_labels) for w in relaxed]))

    return score


def trained(data: Split, spread: CellSpread, each: int) -> tuple[Network, Settings]:
    """Winners of a split, with settings that cross-validation chose."""
    folds = ((f.train, f.train_labels, f.test, f.test_labels) for f in data.folds(FOLDS))
    settings, _ = cross_validated(folds, _score(spread, each), CHOICES)
    weights = train_winners(data.train, data.train_labels, spread, each, settings)
    return Network.from_numpy(weights, labels=[k % CLASSES for k in range(weights.shape[1])]), settings


def cases(trial: Trial, one: Network) -> dict[str, Trial]:
    """What is asked of the chips, by the names of LIMITS."""
    board = replace(trial.board, vth_v=FEWER_VTH_V)
    return {
        "64-30": replace(trial, ages=tuple(AGES.values())),
        "64-10": replace(trial, network=one),
        "64-30 unsigned": replace(trial, timing=UNSIGNED),
        "64-30 by 80 events": replace(trial, events=FEWER_EVENTS, board=board),
    }


def _figures(case: str, split: int, outcomes: list[Outcome]) -> list[Figure]:
    found = []
    for (age, limits), (mean, _, least) in zip(LIMITS[case].items(), summary(outcomes), strict=True):
        name = f"{case} {SPLITS[split]} {age}"
        found.append(Figure(name=f"{name}: mean", value=round(100 * mean, 2), unit="%", min=limits[split], source="simulation"))
        limit = WORST[split] if (case, age) == ("64-30", "programmed") else None
        found.append(Figure(name=f"{name}: worst chip", value=round(100 * least, 2), unit="%", min=limit, source="simulation"))
    return found


def _calibration_figures(outcomes: list[Outcome]) -> list[Figure]:
    """What the calibration of these chips left, and how often they spike."""
    left_mv = 1e3 * np.concatenate([outcome.left_v for outcome in outcomes])
    unknown, spikes = sum(outcome.unknown for outcome in outcomes), float(np.mean([outcome.spikes for outcome in outcomes]))

    def figure(name: str, value: float, unit: str = "", most: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 3), unit=unit, max=most, source="simulation")

    return [
        figure("offset left by calibration", float(np.sqrt(np.mean(left_mv**2))), "mV", LEFT_MV),
        figure("largest offset left by calibration", float(np.abs(left_mv).max()), "mV"),
        figure("neurons whose offset calibration did not find", unknown, f"of {left_mv.size}"),
        figure("spikes an image 64-30", spikes),
    ]


def digits_report(chips: int = CHIPS) -> Report:
    """Train, place on sampled chips, count; written to build/reports/digits.json if as many chips as the figures are stated for.

    Args:
        chips: sampled chips, seeds from 1 up.

    Raises:
        UserError: chips below 1, or the neuron was not characterised.
    """
    if chips < 1:
        raise UserError(f"digits: chips is {chips}; choose 1 or more (the figures are stated for {CHIPS})")
    chip, watch = load_chip(CHIP), Stopwatch()
    circuit = Circuit.of(chip)
    spread = CellSpread.of(charge(circuit, SIGNED))
    seeds = list(range(FIRST_SEED, FIRST_SEED + chips))
    print(f"  {chips} chips of {CHIP}, seeds {seeds[0]} to {seeds[-1]}; trained with seed {USUAL.seed}", flush=True)
    figures: list[Figure] = []
    for k, name in enumerate(SPLITS):
        data = digits(name)
        three, settings = trained(data, spread, 3)
        one, _ = trained(data, spread, 1)
        chosen = f"spread {settings.spread:g}, {settings.moved:g} of the images moved"
        print(f"  {name}: trained with {chosen} ({watch.seconds:.0f} s)", flush=True)
        trial = Trial(chip, circuit, three, data.test, data.test_labels, events=EVENTS)
        for case, asked in cases(trial, one).items():
            outcomes = [one_chip(asked, seed) for seed in seeds]
            figures += _figures(case, k, outcomes)
            print(f"  {name}, {case}: {100 * summary(outcomes)[0, 0]:.2f} % ({watch.seconds:.0f} s)", flush=True)
            if case == "64-30" and k == 0:
                figures += _calibration_figures(outcomes)
    report = Report(
        step="digits",
        figures=figures,
        tools=versions("numpy", "scipy", "numba", "scikit-learn"),
        inputs_hash=content_hash(needs(Path(__file__))),
        seconds=watch.seconds,
        texts={"digits": f"{chips} chips, seeds {seeds[0]} to {seeds[-1]}, {EVENTS} events an image."},
    )
    if chips == CHIPS:
        report.write()
    return report
