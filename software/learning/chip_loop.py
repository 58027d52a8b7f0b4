"""Chip in the loop: the chip counts, numpy learns. Spikes of the chip itself go forward, a surrogate gradient
goes back.

    chip = event_chip(trial, seed=3)            # workloads.event_chips: a sampled chip; another is a function
                                                that counts
    network = tuned(network, chip.shown, images, labels)

What calibration and mapping do not know of a chip (lines, gains, what is left of a current without a cell) is
in its counts, so the weights learn around it. Backward a count is taken for the share of a threshold that its
neuron's sum is: straight through, as in hxtorch and in arXiv:1901.09948.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.learning.training import Adam, winner_error
from neusoc.software.mapping.plan import strongest
from neusoc.software.network.encoding import EVENTS, Events
from neusoc.software.network.network import Network, right


class Counting(Protocol):
    """A chip: EventChip.shown of workloads.event_chips, or a function around place(), write() and
    count_images() of mapping."""

    def __call__(self, network: Network, events: Events) -> tuple[Ints, Floats]:
        """Write a network of one layer, show images; spikes and when the last one came, (images, outputs)."""
        ...


@dataclass(frozen=True)
class LoopSettings:
    """How it learns.

    Attributes:
        rounds: number of rounds of programming, showing, learning.
        batch: images a round.
        rate: Adam's.
        scale: scale of the counts in the softmax, over thresholds.
        held: share of the images that is held back: the weights that tell most of it on the chip are those
            that stay.
        every: rounds between two looks at these.
        events: number of events of an image.
        seed: seed of batches.
    """

    rounds: int = 40
    batch: int = 256
    rate: float = 0.004
    scale: float = 1.0
    held: float = 0.2
    every: int = 5
    events: int = EVENTS
    seed: int = 0

    def __post_init__(self) -> None:
        if (
            min(self.rounds, self.batch, self.every, self.events) < 1
            or self.rate <= 0
            or self.scale <= 0
            or not 0 < self.held < 1
        ):
            raise UserError(
                f"{self}: counts are at least 1, rate and scale above 0, held is a share between 0 and 1;"
                " correct them"
            )


@dataclass(frozen=True)
class Looked:
    """Accuracy on the images that were held back, on the chip, after some rounds."""

    rounds: int
    accuracy: float


def tuned(
    network: Network,
    chip: Counting,
    images: Floats,
    labels: Ints,
    settings: LoopSettings | None = None,
    told: Callable[[Looked], None] | None = None,
) -> Network:
    """The network after learning on a chip, which is left with other levels: program it.

    Args:
        network: network of one layer without a bias; its labels are classes.
        chip: counts.
        images: (count, inputs), of the training part.
        labels: (count,).
        settings: settings of the learning; by default LoopSettings().
        told: called after each look at what was held back.

    Returns:
        Of all that were looked at, the one that tells most; the first of them is the network as it came.

    Raises:
        UserError: several layers, a bias, or images without labels.
    """
    how = settings or LoopSettings()
    (layer,) = network.layers if len(network.layers) == 1 else (None,)
    if layer is None or layer.bias is not None:
        raise UserError(f"{network.source}: one layer without bias learns on the chip; give such a network")
    if len(images) != len(labels) or len(images) < 2:
        raise UserError(
            f"images {images.shape}, labels {labels.shape}: two labelled images at least; correct them"
        )
    random = np.random.default_rng([how.seed, 11])
    order = random.permutation(len(images))
    held, kept = np.split(order, [max(1, round(how.held * len(order)))])
    network.require_labels(labels)
    names = np.array([str(label) for label in network.labels.tolist()])
    wanted = np.array([str(label) for label in labels.tolist()])
    hot = (names[None, :] == wanted[:, None]).astype(np.float64)  # a class may have several neurons
    weights = layer.weights / np.abs(layer.weights).max()
    adam = Adam([weights], 1)
    best: tuple[float, Network] = (-1.0, network)
    for number in range(how.rounds + 1):
        now = replace(network, layers=(replace(layer, weights=weights.copy()),))
        if number % how.every == 0 or number == how.rounds:
            shown = network.encode(images[held], how.events)
            answers = strongest(*chip(now, shown), tuple(network.labels.tolist()))
            found = float(np.mean(right(answers, labels[held])))
            best = max(best, (found, now), key=lambda pair: pair[0])
            if told:
                told(Looked(number, found))
        if number == how.rounds:
            break
        pick = random.choice(kept, min(how.batch, len(kept)), replace=False)
        shown = network.encode(images[pick], how.events)
        counts, _ = chip(now, shown)
        error = winner_error(how.scale * counts.astype(np.float64), hot[pick])
        adam.step([shown.counts(layer.inputs).T @ error / how.events], how.rate)
    return best[1]
