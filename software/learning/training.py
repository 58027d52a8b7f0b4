"""Small networks trained for the chip: weights within what a pair of cells gives, the cells' relaxation and
counted spikes in the loop.

A weight of 1 is the charge of the highest level against the lowest. While it trains, each weight is moved by
what relaxation will do to the cell (`CellSpread`), and each sum by a noise that stands for counting in whole
spikes. Adam (arXiv:1412.6980), in numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp_many import Ints
from neusoc.software.levels import level_us

Charge = Callable[[Floats], Floats]  # of a cell's conductance in uS: charge of an event, in any unit
_POINTS = 200  # of the table from weight to spread
_MOMENTUM, _SECOND, _EPSILON = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Settings:
    """What is chosen by cross-validation inside the training part.

    Attributes:
        spread: spread of the weights while training, in spreads of a day's relaxation.
        count_noise: noise of a sum, in events of full weight.
        rounds: steps.
        rate: Adam's, falls to 1 % along half a cosine.
        batch: images a step.
        shrink: share of a winner's weight lost in each step, in rates: what does not help is left out, and
            cells conduct less.
        moved: pixels by which half of the images of a winner's training are moved, one of four ways; 0: none
            is.
        seed: seed of first weights, batches and noises.
    """

    spread: float = 1.0
    count_noise: float = 2.0
    rounds: int = 2500
    rate: float = 0.02
    batch: int = 256
    shrink: float = 0.0
    moved: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.rounds < 1 or self.batch < 1 or self.rate <= 0:
            raise UserError(f"{self}: rounds and batch are at least 1, rate is above 0; correct them")
        if min(self.spread, self.count_noise, self.shrink) < 0:
            raise UserError(f"{self}: spread, count_noise and shrink are not negative; correct them")
        if not 0 <= self.moved <= 1:
            raise UserError(f"{self}: moved is a share of a pixel, 0 to 1; correct it")

    def text(self) -> str:
        """What cross-validation chooses, and the seed."""
        said = (
            f"{self.rounds} steps, seed {self.seed}, spread {self.spread:g}, sums off by {self.count_noise:g}"
            " events"
        )
        return f"{said}, shrink {self.shrink:g}, moved {self.moved:g}"

    def rate_at(self, count: int) -> float:
        """After so many steps."""
        return float(self.rate * (0.01 + 0.5 * (1 + np.cos(np.pi * count / self.rounds))))


USUAL = Settings()


@dataclass(frozen=True)
class CellSpread:
    """Spread of a weight by a day's relaxation, interpolated over its size.

    Attributes:
        weight: sizes, from 0 to 1.
        sigma: standard deviations there.
    """

    weight: Floats
    sigma: Floats

    @classmethod
    def of(cls, charge: Charge, levels: int = 16) -> CellSpread:
        """From the statistics of the cells, through the neuron's own charge."""
        ends = level_us(levels)[[0, -1]]
        us = np.linspace(float(ends[0]), float(ends[1]), _POINTS)
        low, high = charge(ends)
        weight = (charge(us) - low) / (high - low)
        if not np.all(np.diff(weight) > 0):
            raise UserError(
                "charge: falls as a cell conducts more, so no level stands for a weight; give one that rises"
            )
        _, day = load_statistics().relaxation.variances(us)
        return cls(weight, np.sqrt(day) * np.gradient(weight, us))

    def at(self, weights: Floats) -> Floats:
        """Standard deviation of each weight."""
        return np.interp(np.abs(weights), self.weight, self.sigma)


class Adam:
    """Steps of arXiv:1412.6980 for several arrays.

    Args:
        values: the arrays; changed.
        bounded: number of them, from the first on, that stay within -1 and 1.
    """

    def __init__(self, values: list[Floats], bounded: int) -> None:
        self.values, self.bounded, self.count = values, bounded, 0
        self.mean = [np.zeros_like(value) for value in values]
        self.square = [np.zeros_like(value) for value in values]

    def step(self, gradients: list[Floats], rate: float) -> None:
        """Each array moves against its gradient."""
        self.count += 1
        for value, gradient, mean, square in zip(self.values, gradients, self.mean, self.square, strict=True):
            mean += (1 - _MOMENTUM) * (gradient - mean)
            square += (1 - _SECOND) * (gradient**2 - square)
            size = np.sqrt(square / (1 - _SECOND**self.count)) + _EPSILON
            value -= rate * mean / (1 - _MOMENTUM**self.count) / size
        for value in self.values[: self.bounded]:
            np.clip(value, -1, 1, out=value)


def _softmax(sums: Floats) -> Floats:
    powers = np.exp(sums - sums.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def winner_error(sums: Floats, hot: Floats) -> Floats:
    """Gradient of the mean cross entropy by the sums, (images, neurons): of a class's neurons the strongest
    learns most.

    Args:
        sums: sum of each neuron.
        hot: 1 for the neurons of an image's class, else 0; of either at least one.
    """
    share = _softmax(sums)
    own = share * hot
    error: Floats = (share - own / np.maximum(own.sum(1, keepdims=True), 1e-12)) / len(sums)
    return error


class _Batches:
    """Images of a step as whole events, and what they are."""

    def __init__(self, images: Floats, labels: Ints, settings: Settings) -> None:
        if len(images) != len(labels) or not np.isfinite(images).all() or images.min(initial=0) < 0:
            raise UserError(
                f"images {images.shape}, labels {labels.shape}: one finite, not negative image a label is"
                " needed; correct them"
            )
        self.images, self.labels, self.settings = images, labels, settings
        self.random = np.random.default_rng(settings.seed)
        self.hot = np.eye(int(labels.max()) + 1)[labels]

    def draw(self) -> tuple[Floats, Floats]:
        pick = self.random.integers(0, len(self.labels), self.settings.batch)
        return np.floor(self.images[pick] + 0.5), self.hot[pick]

    def spread(self, weights: Floats, spread: CellSpread) -> Floats:
        """The weights as relaxed cells have them."""
        return weights + self.settings.spread * spread.at(weights) * self.random.standard_normal(
            weights.shape
        )

    def counted(self, sums: Floats) -> Floats:
        return sums + self.settings.count_noise * self.random.standard_normal(sums.shape)


def with_moved(images: Floats, labels: Ints, pixels: float) -> tuple[Floats, Ints]:
    """Each square image four times, and moved by a share of a pixel up, down, left and right, with zeros from
    beyond the edge.

    Args:
        images: (count, side * side).
        labels: (count,).
        pixels: 0 to 1; 0 gives back what came.

    Raises:
        UserError: images that are no squares.
    """
    side = int(np.sqrt(images.shape[1]))
    if not pixels:
        return images, labels
    if side * side != images.shape[1]:
        raise UserError(f"images: {images.shape[1]} values each are no square; leave moved at 0")
    square, copies = images.reshape(-1, side, side), [images] * 4
    padded = np.pad(square, ((0, 0), (1, 1), (1, 1)))
    for down, right in ((0, 1), (2, 1), (1, 0), (1, 2)):
        beside = padded[:, down : down + side, right : right + side]
        copies.append(((1 - pixels) * square + pixels * beside).reshape(images.shape))
    return np.concatenate(copies), np.tile(labels, len(copies))


def train_winners(
    images: Floats, labels: Ints, spread: CellSpread, each: int = 3, settings: Settings = USUAL
) -> Floats:
    """Weights of a layer whose strongest neuron decides; each = 1: one neuron a class.

    Args:
        images: (count, rows), events of each row.
        labels: (count,), classes from 0 up.
        spread: spread of the weights.
        each: neurons a class; neuron k * classes + c speaks for class c.
        settings: settings of the training.

    Returns:
        (rows, each * classes), -1 to 1.
    """
    batches = _Batches(images, labels, settings)
    classes = batches.hot.shape[1]
    weights, scale = 0.3 * batches.random.standard_normal((images.shape[1], each * classes)), np.array([-2.0])
    adam = Adam([weights, scale], 1)
    for count in range(settings.rounds):
        events, hot = batches.draw()
        sums = batches.counted(events @ batches.spread(weights, spread))
        error = winner_error(np.exp(scale[0]) * sums, np.tile(hot, each)) * np.exp(scale[0])
        rate = settings.rate_at(count)
        adam.step([events.T @ error, np.array([(error * sums).sum()])], rate)
        weights -= np.clip(weights, -rate * settings.shrink, rate * settings.shrink)
    return weights


def train_hidden(
    images: Floats,
    labels: Ints,
    spread: CellSpread,
    units: int = 32,
    threshold: float = 4.0,
    settings: Settings = USUAL,
) -> tuple[Floats, Floats]:
    """Weights of two layers: hidden neurons send whole spikes, one for each threshold that their sum reaches.

    Args:
        images: (count, rows), events of each row.
        labels: (count,), classes from 0 up.
        spread: spread of the weights.
        units: hidden neurons.
        threshold: threshold of a hidden neuron, events of full weight.
        settings: settings of the training.

    Returns:
        (rows, units) and (units, classes), -1 to 1.
    """
    batches = _Batches(images, labels, settings)
    first = 0.15 * batches.random.standard_normal((images.shape[1], units))
    second = 0.3 * batches.random.standard_normal((units, batches.hot.shape[1]))
    scale = np.array([-1.5])
    adam = Adam([first, second, scale], 2)
    for count in range(settings.rounds):
        events, hot = batches.draw()
        drive = events @ batches.spread(first, spread) / threshold
        spikes, relaxed = np.floor(np.maximum(drive, 0)), batches.spread(second, spread)
        sums = batches.counted(spikes @ relaxed)
        error = winner_error(np.exp(scale[0]) * sums, hot) * np.exp(scale[0])
        back = (
            (error @ relaxed.T) * (drive > 0) / threshold
        )  # a whole spike is taken for its share: straight through
        adam.step(
            [events.T @ back, spikes.T @ error, np.array([(error * sums).sum()])], settings.rate_at(count)
        )
    return first, second


def winners(sums: Floats, classes: int = 10) -> Ints:
    """Class of the strongest neuron of each image; sums (count, each * classes)."""
    return np.asarray(sums.argmax(1) % classes)
