"""Trims of a chip's neurons, from who answers images: no analog access, no level from outside.

A threshold's code is the least with which a membrane at rest meets the falling threshold's end. A pair's lies
where equal sums on both
lines leave the membrane at rest: by some sets of rows, less what READ tells of their cells' difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from neusoc.analog.front_end.model import CODES, STEP
from neusoc.analog.neuron.model import TRIM_CODES
from neusoc.digital.model.images import PLANES, ImageSettings
from neusoc.software.calibration import Trim
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.images import PAIR_MIDDLE
from neusoc.software.driver.registers import MASK_BITS, masks
from neusoc.software.emulator.pulse import Floats

SUM_US = 300.0  # of a line's cells while pairs are trimmed: what images come to
PLACES, SEED = 4, 1  # sets of rows whose codes are averaged, and what draws them
SOUND = 0.25  # share by which a cell may miss its level and still count
HIGHEST = 1 << PLANES - 1  # a pixel of the highest plane alone
ONE_PLANE = PLANES - 1  # lowest plane that is shown: the highest alone
FAINT, STRONG = ImageSettings(windows=(1, 1, 1, 1)), ImageSettings(ratios=(7, 0, 0, 0))


def trims_of(
    chip: Chip, told_us: Floats, wanted_us: float, told: Callable[[int, int], None] | None = None
) -> list[Trim | None]:
    """Trims of all neurons.

    Args:
        chip: all of whose cells have one level; its neurons are stopped behind it.
        told_us: conductance that READ tells of each cell, uS, (rows, columns).
        wanted_us: conductance of the level, uS.
        told: called after each neuron.

    Returns:
        A neuron each; None where no code is right: one that never answers, or always. Masks and image
        settings are as they were.

    Raises:
        DriverError: as of Images.classify().
    """
    neurons = chip.identity.neurons
    pairs, draw = told_us.reshape(len(told_us), neurons, 2), np.random.default_rng(SEED)
    trims: list[Trim | None] = []
    (settings, lowest, rest), masked = (
        chip.images.settings(),
        {name: chip.registers.read(name) for name in masks(neurons)},
    )
    try:
        for neuron in range(neurons):
            trims.append(_trim(chip, neuron, pairs[:, neuron], wanted_us, draw))
            if told:
                told(neuron + 1, neurons)
    finally:
        chip.disable()
        chip.images.configure(settings, lowest=lowest, rest=rest)
        for name, value in masked.items():
            chip.registers.write(name, value)
    return trims


def _trim(chip: Chip, neuron: int, us: Floats, wanted_us: float, draw: np.random.Generator) -> Trim | None:
    """Codes of a neuron; us: what READ tells of its cells, (rows, 2); draw: what draws its sets of rows."""
    chip.disable()
    let_answer(chip, [neuron])
    chip.images.configure(FAINT, lowest=ONE_PLANE)
    threshold = _threshold(chip, neuron)
    if threshold is None:
        return None
    chip.images.configure(STRONG, lowest=ONE_PLANE)
    sound = np.flatnonzero((np.abs(us / wanted_us - 1) < SOUND).all(axis=1))
    if not sound.size:
        return Trim(PAIR_MIDDLE, threshold)
    codes = []
    for _ in range(PLACES):
        lit = draw.choice(sound, max(1, min(sound.size // 2, round(SUM_US / wanted_us))), replace=False)
        image = np.zeros(len(us), np.int64)
        image[lit] = HIGHEST
        positive, negative = us[lit].sum(axis=0)
        apart = (positive - negative) / ((positive + negative) / 2) / STEP
        if (code := _pair(chip, neuron, threshold, image.tolist())) is not None:
            codes.append(code - 0.5 + apart)  # its sign changes half a code below
    return Trim(min(max(round(float(np.mean(codes))), 0), CODES - 1), threshold) if codes else None


def _threshold(chip: Chip, neuron: int) -> int | None:
    """The least code with which a neuron answers a dark image; None: it never does."""
    dark = [0] * chip.identity.rows
    return _least(TRIM_CODES, lambda code: _answers(chip, Trim(PAIR_MIDDLE, code), neuron, dark))


def _pair(chip: Chip, neuron: int, threshold: int, image: Sequence[int]) -> int | None:
    """The least code of a pair with which an image drives its neuron above rest; None: all codes do, or
    none."""
    return _least(CODES, lambda code: _answers(chip, Trim(code, threshold), neuron, image)) or None


def _least(count: int, holds: Callable[[int], bool]) -> int | None:
    """The least of some codes from which on something holds; None if it does not even with the last one."""
    low, high = 0, count - 1
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _answers(chip: Chip, trim: Trim, neuron: int, image: Sequence[int]) -> bool:
    """Whether a neuron with these codes wins an image."""
    chip.disable()
    chip.images.trim(neuron, pair=trim.pair, threshold=trim.threshold)
    chip.enable()
    return chip.images.show(image) == neuron


def let_answer(chip: Chip, neurons: Sequence[int]) -> None:
    """Mask all but some neurons."""
    for k, name in enumerate(masks(chip.identity.neurons)):
        chip.registers.write(name, sum(1 << n for n in range(MASK_BITS) if k * MASK_BITS + n not in neurons))
