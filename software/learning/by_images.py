"""Digits learnt around a chip by whole images: the chip says who wins, the host adds up what weights should
move, PROGRAM writes levels.

    learner = ImageLearner.begin(chip, circuit, ByImages(), seed=1)
    learn_by_images(learner, images, labels)

No gradient and no model of the chip: of an image that is classified wrongly, the winner's weights are to fall
and those of the best neuron of its class to rise by its pixels. Who is best of a class the chip says too,
with all others masked. What adds up to a level is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, bit_planes, shown_pixels
from neusoc.software.levels import level_us
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.plan import LEVELS

Watch = Callable[[int, float], None]


@dataclass(frozen=True)
class ByImages:
    """How it learns.

    Attributes:
        each: neurons a class.
        rate: levels that a pixel of 1 adds.
        every: images from one writing to the next.
        passes: over the images.
        held: share of the images that is held back: of all passes the weights stay that classify most of it.
            With labels.
        lead: wins by which a neuron may lead the mean, or it is masked. Without labels.
    """

    each: int = 3
    rate: float = 0.05
    every: int = 10
    passes: int = 8
    held: float = 0.2
    lead: float = 1.5

    def __post_init__(self) -> None:
        if min(self.each, self.every, self.passes) < 1 or self.rate <= 0 or not 0 < self.held < 1:
            raise UserError(
                f"{self}: counts are at least 1, rate is above 0, held is a share between 0 and 1; correct"
                " them"
            )


@dataclass
class ImageLearner:
    """A chip that is taught.

    Attributes:
        chip: its cells.
        neurons: its neurons.
        how: way it learns.
        names: class of each neuron that has one, (neurons,).
        due: levels that each weight is still to move, (rows, neurons).
        images: images that were shown.
        writes: cells that were written.
    """

    chip: SampledCells
    neurons: ImageNeurons
    how: ByImages
    names: Ints
    due: Floats = field(repr=False)
    images: int = 0
    writes: int = 0

    @classmethod
    def begin(
        cls,
        chip: SampledCells,
        circuit: ImageCircuit,
        how: ByImages,
        classes: int,
        seed: int,
        alone: bool = False,
    ) -> ImageLearner:
        """All cells at the lowest level, but for a chance level on one side of each pair; alone the positive
        one: a neuron that never
        wins never learns.

        Args:
            chip: formed.
            circuit: circuit of its neurons.
            how: way it learns.
            classes: number of classes.
            seed: seed of the first levels.
            alone: all neurons of the chip learn, without labels.

        Raises:
            UserError: the chip has fewer neurons.
        """
        count = chip.chip.neurons if alone else classes * how.each
        if count > chip.chip.neurons:
            raise UserError(
                f"{count} neurons for {classes} classes: {chip.chip.name} has {chip.chip.neurons}; give fewer"
                " each"
            )
        draw = np.random.default_rng([seed, 41]).integers(
            *((0, 5) if alone else (-1, 2)), (chip.chip.rows, count)
        )
        chip.program(np.maximum(draw, 0), np.maximum(-draw, 0))
        return cls(
            chip, ImageNeurons(circuit, chip.seed), how, np.arange(count) % classes, np.zeros(draw.shape)
        )

    def winners(self, images: Floats, used: Ints | None = None) -> Ints:
        """Neuron that wins each image, -1: none; used: neurons that are not masked, (neurons,), by default
        all with a class."""
        cells, free = self.chip.siemens(), np.arange(self.names.size) if used is None else used
        planes = bit_planes(images)
        planes = np.pad(planes, ((0, 0), (0, 0), (0, self.chip.chip.rows - planes.shape[2])))
        first = self.neurons.first(self.neurons.membranes(planes, cells[:, 0::2], cells[:, 1::2]), used=free)
        self.images += len(images)
        return np.where(first < 0, -1, free[first])

    def share(self, images: Floats, labels: Ints) -> float:
        """Share of images that are classified correctly."""
        winners = self.winners(images)
        return float(np.mean((winners >= 0) & (self.names[winners] == labels)))

    def lesson(self, images: Floats, labels: Ints) -> None:
        """Show images, add up what weights are to move, write what has come to whole levels."""
        winners, pixels = self.winners(images), shown_pixels(images)
        for k in np.flatnonzero((winners < 0) | (self.names[winners] != labels)):
            own = np.flatnonzero(self.names == labels[k])
            best = int(self.winners(images[k : k + 1], own)[0])
            self.due[: pixels.shape[1], best if best >= 0 else own[0]] += self.how.rate * pixels[k]
            if winners[k] >= 0:
                self.due[: pixels.shape[1], winners[k]] -= self.how.rate * pixels[k]
        self.write()

    def write(self) -> None:
        """READ the pairs that are to move by a level or more, PROGRAM them."""
        whole = np.trunc(self.due).astype(np.int64)
        rows, outputs = np.nonzero(whole)
        if not rows.size:
            return
        self.due -= whole
        us, columns = level_us(LEVELS), self.chip.chip.columns
        read_us = self.chip.read_us()
        now = (read_us[rows, 2 * outputs] - read_us[rows, 2 * outputs + 1]) / (us[1] - us[0])
        wanted = np.clip(np.rint(now).astype(np.int64) + whole[rows, outputs], 1 - LEVELS, LEVELS - 1)
        cells = np.concatenate([rows * columns + 2 * outputs, rows * columns + 2 * outputs + 1])
        levels = np.concatenate([np.maximum(wanted, 0), np.maximum(-wanted, 0)])
        run_cells(self.chip.path, self.chip.registers, Operation.PROGRAM, cells, levels)
        self.writes += cells.size

    def differences(self) -> Ints:
        """Weights as READ tells them, in levels, (rows, neurons with a class)."""
        us, read_us = level_us(LEVELS), self.chip.read_us()
        found: Ints = np.rint((read_us[:, 0::2] - read_us[:, 1::2]) / (us[1] - us[0])).astype(np.int64)
        return found[:, : self.names.size].clip(1 - LEVELS, LEVELS - 1)


def learn_alone(learner: ImageLearner, images: Floats, seed: int = 1) -> ImageLearner:
    """Without labels: the winner of an image moves toward it, against the mean image, which leaves its sum as
    it is.

    Neurons that have won more often than the others are masked by the host until those have caught up, or one
    would win always.

    Args:
        learner: learner as of ImageLearner.begin(), alone.
        images: (count, inputs) of 0 to 16.
        seed: seed of the order.

    Returns:
        The same; of which class each neuron is, classes_of() says.
    """
    how, random, pixels = learner.how, np.random.default_rng([seed, 43]), shown_pixels(images)
    wins, mean = np.zeros(learner.names.size), pixels.mean(axis=0)
    for _ in range(how.passes):
        order = random.permutation(len(images))
        for begin in range(0, len(order), how.every):
            some = order[begin : begin + how.every]
            free = np.flatnonzero(wins <= wins.mean() + how.lead)
            for k, winner in zip(some, learner.winners(images[some], free), strict=True):
                if winner >= 0:
                    learner.due[: pixels.shape[1], winner] += how.rate * (pixels[k] - mean)
                    wins[winner] += 1
            learner.write()
    return learner


def classes_of(winners: Ints, labels: Ints, neurons: int) -> Ints:
    """The class of which each neuron wins most images, by the share of the class, (neurons,).

    Args:
        winners: winner of each image, -1: none, (images,).
        labels: class of each image, (images,).
        neurons: number of neurons.
    """
    classes = int(labels.max()) + 1
    counts = np.zeros((neurons, classes))
    np.add.at(counts, (winners[winners >= 0], labels[winners >= 0]), 1)
    return np.asarray((counts / np.bincount(labels, minlength=classes)).argmax(axis=1))


def learn_by_images(
    learner: ImageLearner, images: Floats, labels: Ints, seed: int = 1, watch: Watch | None = None
) -> ImageLearner:
    """Pass over images as often as the learner does, each time in another order.

    Args:
        learner: learner as of ImageLearner.begin().
        images: (count, inputs) of 0 to 16.
        labels: (count,), classes from 0 up.
        seed: seed of the order, and of what is held back.
        watch: called after each pass with its number and the share of what was held back that is classified
            correctly.

    Returns:
        The same, with the weights of the pass that classified most of what was held back.
    """
    how, random = learner.how, np.random.default_rng([seed, 42])
    held, kept = np.split(random.permutation(len(images)), [max(1, round(how.held * len(images)))])
    best = -1.0, np.zeros(0, np.int64)
    for number in range(1, how.passes + 1):
        order = random.permutation(kept)
        for begin in range(0, len(order), how.every):
            some = order[begin : begin + how.every]
            learner.lesson(images[some], labels[some])
        share = learner.share(images[held], labels[held])
        best = max(best, (share, learner.differences()), key=lambda pair: pair[0])
        if watch:
            watch(number, share)
    learner.chip.program(np.maximum(best[1], 0), np.maximum(-best[1], 0))
    return learner
