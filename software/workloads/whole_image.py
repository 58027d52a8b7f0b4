"""A network on a sampled chip that computes a whole image at once: weights as conductance, four bit planes, a falling threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, bit_planes
from neusoc.software.levels import level_us
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.mapping.plan import SIGNED, as_placed
from neusoc.software.mapping.steps import PairSteps, choose
from neusoc.software.network.network import Network, right

LEVELS = 16


def levels_of(network: Network, neurons: int) -> tuple[Ints, Ints]:
    """Levels of the cells of all columns, (rows, neurons); neurons that have no output get the lowest.

    Args:
        network: of one layer without bias.
        neurons: of the chip.

    Raises:
        UserError: several layers, a bias, or more outputs than neurons.
    """
    if len(network.layers) > 1 or network.layers[0].bias is not None or network.layers[0].outputs > neurons:
        raise UserError(f"{network.source}: whole images take one layer of at most {neurons} outputs, without bias; make it such")
    us, up = level_us(LEVELS), np.arange(LEVELS)
    positive = np.concatenate([up, np.zeros(LEVELS - 1, np.int64)])
    negative = np.concatenate([np.zeros(LEVELS, np.int64), up[1:]])
    weights = network.layers[0].matrix()
    volts = np.repeat((us[positive] - us[negative])[:, None], weights.shape[1], axis=1)
    found = choose(as_placed(weights, SIGNED, 1.0), PairSteps(positive, negative, volts))[:2]
    spare = neurons - weights.shape[1]
    p, n = (np.pad(side, ((0, 0), (0, spare))) for side in found)
    return p, n


@dataclass(frozen=True)
class ImageTrial:
    """What is asked of every chip.

    Attributes:
        chip: variant.
        circuit: of the neurons.
        network: what was trained.
        images, labels: to be told, (count, inputs) of 0 to 16, and (count,).
        ages: when, s after programming.
    """

    chip: Chip
    circuit: ImageCircuit
    network: Network
    images: Floats
    labels: Ints
    ages: Sequence[float] = (0.0,)


@dataclass(frozen=True)
class ImageOutcome:
    """Of one chip.

    Attributes:
        accuracy: share of images told right at each age.
        column_s: mean sum of the cells of a column that a plane switches on, S.
        silent: share of images of which no neuron came above its rest.
    """

    accuracy: tuple[float, ...]
    column_s: float
    silent: float


def written(trial: ImageTrial, seed: int) -> SampledChip:
    """A formed chip that holds the network; circuits of the neurons do not matter to it."""
    chip = SampledChip.formed(trial.chip, seed, LEVELS)
    chip.program(*levels_of(trial.network, trial.chip.neurons))
    return chip


def shown(trial: ImageTrial, chip: SampledChip) -> ImageOutcome:
    """Tell the images at each age on a chip that holds the network; no calibration but the trims."""
    neurons, planes = ImageNeurons(trial.circuit, chip.seed), bit_planes(trial.images)
    labels, outputs = trial.network.labels, trial.network.layers[0].outputs
    shares, sums, silent = [], 0.0, 0.0
    for age in trial.ages:
        cells = chip.aged(age).path.cells.conductance().reshape(trial.chip.rows, trial.chip.columns)
        first = neurons.first(neurons.membranes(planes, cells[:, 0::2], cells[:, 1::2]), used=outputs)
        told = ["" if k < 0 else labels[k] for k in first.tolist()]
        shares.append(float(np.mean(right(told, trial.labels))))
        if age == trial.ages[0]:
            sums, silent = float((planes @ cells[:, : 2 * outputs]).mean()), float(np.mean(first < 0))
    return ImageOutcome(tuple(shares), sums, silent)
