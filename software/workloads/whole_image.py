"""A network on a sampled chip that computes a whole image at once: weights as conductance, four bit planes, a falling threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.chip import Chip
from neusoc.software.calibration import stuck_cells
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, bit_planes
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.image_plan import LEVELS, image_plan
from neusoc.software.network.network import Network, right


@dataclass(frozen=True)
class ImageTrial:
    """What is asked of every chip.

    Attributes:
        chip: variant, with the image core.
        circuit: circuit of the neurons.
        network: network that was trained.
        images, labels: images to be told and their labels, (count, inputs) of 0 to 16, and (count,).
        ages: times at which the images are told, s after programming.
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


@dataclass(frozen=True)
class ImageChip:
    """A chip that holds a network.

    Attributes:
        chip: array of the chip.
        neurons: neurons of the outputs.
    """

    chip: SampledCells
    neurons: Ints


def written(trial: ImageTrial, seed: int, around: bool = True) -> ImageChip:
    """A formed chip, programmed.

    Args:
        trial: whose network.
        seed: names the chip.
        around: cells that PROGRAM did not bring to their level are read, and the network is placed around those that are stuck.
    """
    chip = SampledCells.pristine(trial.chip, seed, LEVELS).form()
    plan = image_plan(trial.network, trial.chip.neurons)
    outcome = chip.program(plan.positive, plan.negative)
    if around and (faults := stuck_cells(outcome, chip.read_us())):
        plan = image_plan(trial.network, trial.chip.neurons, faults)
        chip.program(plan.positive, plan.negative)
    return ImageChip(chip, plan.neurons)


def shown(trial: ImageTrial, held: ImageChip) -> ImageOutcome:
    """Tell the images at each age on a chip that holds the network; no calibration but the trims."""
    chip, labels = held.chip, trial.network.labels
    neurons, planes = ImageNeurons(trial.circuit, chip.seed), bit_planes(trial.images)
    shares, sums, silent = [], 0.0, 0.0
    for age in trial.ages:
        cells = chip.aged(age).path.cells.conductance().reshape(trial.chip.rows, trial.chip.columns)
        first = neurons.first(neurons.membranes(planes, cells[:, 0::2], cells[:, 1::2]), used=held.neurons)
        told = ["" if k < 0 else labels[k] for k in first.tolist()]
        shares.append(float(np.mean(right(told, trial.labels))))
        if age == trial.ages[0]:
            columns = np.concatenate([2 * held.neurons, 2 * held.neurons + 1])
            sums, silent = float((planes @ cells[:, columns]).mean()), float(np.mean(first < 0))
    return ImageOutcome(tuple(shares), sums, silent)
