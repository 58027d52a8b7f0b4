"""A network placed on a chip that computes a whole image at once: weights as conductance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Ints
from neusoc.software.levels import level_us
from neusoc.software.mapping.plan import SIGNED, as_placed
from neusoc.software.mapping.steps import PairSteps, choose, go_around, take_neurons
from neusoc.software.network.network import Network

LEVELS = 16


@dataclass(frozen=True)
class ImagePlan:
    """A network's cells.

    Attributes:
        positive, negative: levels of all columns, (rows, neurons).
        neurons: neurons of the outputs.
    """

    positive: Ints
    negative: Ints
    neurons: Ints


def image_plan(network: Network, neurons: int, faults: Sequence[tuple[int, int, float]] = ()) -> ImagePlan:
    """Levels by conductance; neurons that have no output get the lowest.

    Args:
        network: network of one layer without bias.
        neurons: number of neurons of the chip.
        faults: row, column and conductance in uS of cells that are stuck: outputs take the neurons on which these harm least, and the other
            cell of such a pair what is left to it.

    Raises:
        UserError: several layers, a bias, or more outputs than neurons.
    """
    if len(network.layers) > 1 or network.layers[0].bias is not None or network.layers[0].outputs > neurons:
        raise UserError(f"{network.source}: whole images take one layer of at most {neurons} outputs, without bias; make it such")
    us, up = level_us(LEVELS), np.arange(LEVELS)
    positive = np.concatenate([up, np.zeros(LEVELS - 1, np.int64)])
    negative = np.concatenate([np.zeros(LEVELS, np.int64), up[1:]])
    weights = as_placed(network.layers[0].matrix(), SIGNED, 1.0)
    made = np.repeat((us[positive] - us[negative])[:, None], neurons, axis=1)
    outputs = weights.shape[1]
    pairs = PairSteps(positive, negative, made[:, :outputs])
    up_levels, down_levels, full = choose(weights, pairs)
    taken = np.arange(outputs)
    if faults:
        taken = take_neurons(faults, np.zeros(neurons), weights * full, made, LEVELS)
        output = {neuron: k for k, neuron in enumerate(taken.tolist())}
        mine = [(row, 2 * output[at // 2] + at % 2, stuck_us) for row, at, stuck_us in faults if at // 2 in output]
        go_around(mine, up_levels, down_levels, weights * full, pairs.volts, LEVELS)
    sides = np.zeros((2, len(weights), neurons), np.int64)
    sides[:, :, taken] = up_levels, down_levels
    return ImagePlan(sides[0], sides[1], taken)
