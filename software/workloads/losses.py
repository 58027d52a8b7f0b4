"""What each step from a trained network to an aged chip loses: accuracy after each of them.

    for loss in losses(trial, seeds=[1, 2, 3]):
        print(loss.step, loss.mean)

Everybody sees that a network is worse on a chip. Here every step is measured by itself, on the same images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.whole_image import MOST, shown_pixels
from neusoc.software.mapping.plan import as_placed
from neusoc.software.mapping.steps import made_us
from neusoc.software.workloads.study import WITHOUT, Trial, one_chip


@dataclass(frozen=True)
class Loss:
    """Accuracy after one step.

    Attributes:
        step: its name.
        meaning: property that it adds to the one before.
        mean, least: share of images classified correctly; over chips, where there are any.
    """

    step: str
    meaning: str
    mean: float
    least: float


def losses(
    trial: Trial, seeds: Sequence[int] = (1, 2, 3), told: Callable[[Loss], None] | None = None
) -> list[Loss]:
    """Accuracy of the weights, then with one more of the chip's properties after the other.

    Args:
        trial: network of one layer, images and chip; its ages do not count.
        seeds: seeds of the sampled chips.
        told: called after each step.

    Returns:
        In their order: weights, pixels, clipped, levels, alike, programmed, a second later, a day later.

    Raises:
        UserError: as of mapping.plan.place(), or a pixel is not from 0 to 16.
    """
    steps: list[Loss] = []

    def add(step: str, meaning: str, shares: Sequence[float]) -> None:
        steps.append(Loss(step, meaning, float(np.mean(shares)), float(np.min(shares))))
        if told:
            told(steps[-1])

    def decided(scores: Floats) -> list[float]:
        return [trial.share(trial.network.decide(scores).tolist())]

    plan, weights = trial.place(), trial.network.layers[0].matrix()
    pixels = shown_pixels(plan.widened(trial.images)).astype(np.float64)
    add("weights", "as trained, no chip", decided(trial.network.scores(trial.images)))
    add("pixels", f"16 values from 0 to {MOST:g}", decided(pixels @ weights))
    add(
        "clipped",
        f"weights beyond {100 * trial.clip:g} % of the largest cut off",
        decided(pixels @ as_placed(weights, trial.clip)),
    )
    outputs = list(plan.neurons[: len(plan.labels)])
    add(
        "levels",
        f"the nearest of {trial.levels} levels",
        decided(pixels @ made_us(plan.positive, plan.negative, plan.levels)[:, outputs]),
    )
    add(
        "alike",
        "a chip without spreads, faults, noise and wires",
        one_chip(replace(trial, without=WITHOUT, ages=(0.0,)), 1).accuracy,
    )
    shares = np.array([one_chip(replace(trial, ages=(0.0, 1.0, DAY_S)), seed).accuracy for seed in seeds])
    add("programmed", f"{len(shares)} sampled chips: spreads, faults, noise, wires", shares[:, 0].tolist())
    add("1 s", "a second later", shares[:, 1].tolist())
    add("1 day", "a day later", shares[:, 2].tolist())
    return steps
