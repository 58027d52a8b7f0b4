"""A network on one chip of the image core through its driver: trimmed by images alone, programmed, images told.

    with Chip.open("emulator:image64?seed=3") as chip:
        form(chip)                                          # on_chip.py
        trims = find_trims(chip)
        plan = write(chip, network)
        winners = tell(chip, plan, trims, images)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from neusoc.analog.front_end.model import CODES, STEP
from neusoc.analog.neuron.model import TRIM_CODES
from neusoc.base.errors import UserError
from neusoc.digital.model.images import PLANES, ImageSettings
from neusoc.software.calibration import stuck_cells
from neusoc.software.driver.chip import Chip, Watch
from neusoc.software.driver.images import PAIR_MIDDLE
from neusoc.software.driver.registers import MASK_BITS, masks
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import shown_pixels
from neusoc.software.levels import level_us
from neusoc.software.mapping.image_plan import LEVELS, ImagePlan, image_plan
from neusoc.software.mapping.on_chip import Told, read_us, write_levels
from neusoc.software.network.network import Network

MIDDLE_LEVEL, SUM_US = 8, 300.0             # of all cells while pairs are trimmed; of a line's cells then: what images come to
PLACES, SEED = 4, 1                         # sets of rows whose codes are averaged, and what draws them
SOUND = 0.25                                # share by which a cell may miss that level and still count
HIGHEST = 1 << PLANES - 1                   # a pixel of the highest plane alone
ONE_PLANE = PLANES - 1                      # lowest plane that is shown: the highest alone
FAINT, STRONG = ImageSettings(windows=(1, 1, 1, 1)), ImageSettings(ratios=(7, 0, 0, 0))


class Trim(NamedTuple):
    """Codes of a neuron's latches."""

    pair: int
    threshold: int


def find_trims(chip: Chip, told: Told | None = None) -> list[Trim | None]:
    """Codes of both trims of each neuron, from who answers images. Its cells get one level: program them again.

    A threshold's code is the least with which a membrane at rest meets the falling threshold's end. A pair's lies where equal sums on both
    lines leave the membrane at rest: by some sets of rows, less what READ tells of their cells' difference.

    Args:
        chip: formed; its neurons are stopped behind it.
        told: called after each neuron.

    Returns:
        A neuron each; None where no code is right: one that never answers, or always. Masks and image settings are as they were.

    Raises:
        DriverError: as of Chip.run() and Images.classify().
    """
    neurons, rows = chip.identity.neurons, chip.identity.rows
    level = np.full((rows, neurons), MIDDLE_LEVEL)
    write_levels(chip, level, level, LEVELS)
    pairs = read_us(chip).reshape(rows, neurons, 2)
    draw = np.random.default_rng(SEED)
    found: list[Trim | None] = []
    (settings, lowest, rest), masked = chip.images.settings(), {name: chip.registers.read(name) for name in masks(neurons)}
    try:
        for neuron in range(neurons):
            found.append(_trim(chip, neuron, pairs[:, neuron], draw))
            if told:
                told(neuron + 1, neurons)
    finally:
        chip.disable()
        chip.images.configure(settings, lowest=lowest, rest=rest)
        for name, value in masked.items():
            chip.registers.write(name, value)
    return found


def _trim(chip: Chip, neuron: int, us: Floats, draw: np.random.Generator) -> Trim | None:
    """Codes of a neuron; us: what READ tells of its cells, (rows, 2); draw: what draws its sets of rows."""
    chip.disable()
    _alone(chip, [neuron])
    chip.images.configure(FAINT, lowest=ONE_PLANE)
    threshold = _threshold(chip, neuron)
    if threshold is None:
        return None
    chip.images.configure(STRONG, lowest=ONE_PLANE)
    wanted = float(level_us(LEVELS)[MIDDLE_LEVEL])
    sound = np.flatnonzero((np.abs(us / wanted - 1) < SOUND).all(axis=1))
    if not sound.size:
        return Trim(PAIR_MIDDLE, threshold)
    codes = []
    for _ in range(PLACES):
        lit = draw.choice(sound, max(1, min(sound.size // 2, round(SUM_US / wanted))), replace=False)
        image = np.zeros(len(us), np.int64)
        image[lit] = HIGHEST
        positive, negative = us[lit].sum(axis=0)
        apart = (positive - negative) / ((positive + negative) / 2) / STEP
        if (code := _pair(chip, neuron, threshold, image.tolist())) is not None:
            codes.append(code - 0.5 + apart)                                # its sign changes half a code below
    return Trim(min(max(round(float(np.mean(codes))), 0), CODES - 1), threshold) if codes else None


def _threshold(chip: Chip, neuron: int) -> int | None:
    """The least code with which a neuron answers a dark image; None: it never does."""
    dark = [0] * chip.identity.rows
    return _least(TRIM_CODES, lambda code: _answers(chip, Trim(PAIR_MIDDLE, code), neuron, dark))


def _pair(chip: Chip, neuron: int, threshold: int, image: Sequence[int]) -> int | None:
    """The least code of a pair with which an image drives its neuron above rest; None: all codes do, or none."""
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


def _alone(chip: Chip, neurons: Sequence[int]) -> None:
    """Mask all but some neurons."""
    for k, name in enumerate(masks(chip.identity.neurons)):
        chip.registers.write(name, sum(1 << n for n in range(MASK_BITS) if k * MASK_BITS + n not in neurons))


def write(chip: Chip, network: Network, watch: Watch | None = None) -> ImagePlan:
    """Program a network, and once more around the cells that were stuck.

    Args:
        chip: formed.
        network: network of one layer without bias.
        watch: callback as of Chip.run().

    Raises:
        UserError: as of image_plan(), or a network of more inputs than rows.
        DriverError: as of Chip.run(), with .progress.
    """
    rows, neurons = chip.identity.rows, chip.identity.neurons
    network.require(rows, neurons)
    plan = image_plan(network, neurons)
    done = write_levels(chip, plan.positive, plan.negative, LEVELS, watch)
    outcome = np.array([cell.outcome for cell in done.results]).reshape(rows, -1)
    if faults := stuck_cells(outcome, read_us(chip)):
        plan = image_plan(network, neurons, [fault for fault in faults if fault[0] < len(plan.positive)])
        write_levels(chip, plan.positive, plan.negative, LEVELS, watch)
    return plan


def tell(
    chip: Chip, plan: ImagePlan, trims: Sequence[Trim | None], images: Floats, settings: ImageSettings | None = None,
    told: Told | None = None,
) -> list[int]:  # fmt: skip
    """Show images; each is loaded while the one before runs.

    Args:
        chip: programmed.
        plan: plan of the chip; neurons without an output are masked.
        trims: trims of all neurons; one without is masked.
        images: (count, inputs), 0 to 16.
        settings: settings of the images; by default as after a reset.
        told: called after each image.

    Returns:
        The output that won each, -1: none answered.

    Raises:
        UserError: a pixel beyond 0 to 16, or images of another size than the plan's.
        DriverError: as of Images.classify().
    """
    inputs = len(plan.positive)
    if images.ndim != 2 or images.shape[1] != inputs:
        raise UserError(f"images: shape {images.shape} is not images by the {inputs} inputs of the network; give those")
    pixels = np.zeros((len(images), chip.identity.rows), np.int64)
    pixels[:, :inputs] = shown_pixels(images)
    chip.disable()
    chip.images.configure(settings or ImageSettings())
    for neuron, trim in enumerate(trims):
        if trim:
            chip.images.trim(neuron, pair=trim.pair, threshold=trim.threshold)
    _alone(chip, [neuron for neuron in plan.neurons.tolist() if trims[neuron]])
    chip.enable()
    output: dict[int | None, int] = {int(neuron): k for k, neuron in enumerate(plan.neurons)}
    found: list[int] = []
    try:
        for winner in chip.images.answers(pixels.tolist()):
            found.append(output.get(winner, -1))
            if told:
                told(len(found), len(pixels))
    finally:
        chip.disable()
    return found


def best_trims(codes: tuple[Ints, Ints]) -> list[Trim]:
    """Codes as of ImageNeurons.best_codes(), a neuron each."""
    return [Trim(int(pair), int(threshold)) for pair, threshold in zip(*codes, strict=True)]
