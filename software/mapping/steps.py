"""Which pair of levels stands for a weight, which neuron takes which output, and what is left to the other
cell of one that is stuck.

A weight is a difference of conductances: both columns of a pair are summed onto one membrane, and the front
    end is linear in them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.levels import level_us
from scipy.optimize import linear_sum_assignment

Faults = Sequence[tuple[int, int, float]]  # row, column and conductance in uS of each cell that is stuck


def choose(wanted_us: Floats, levels: int) -> tuple[Ints, Ints]:
    """Levels of both cells of each weight, at least one of them the lowest.

    Args:
        wanted_us: conductance of the positive cell less that of the negative one, uS, any shape.
        levels: number of levels of a cell.

    Returns:
        Levels on the positive and on the negative columns.

    Raises:
        UserError: a number is none.
    """
    if not np.isfinite(wanted_us).all():
        raise UserError("weights: one is no number; train again with a lower rate, or repair it")
    us = level_us(levels)
    level = np.abs(np.abs(wanted_us)[..., None] - (us - us[0])).argmin(axis=-1)
    return np.where(wanted_us > 0, level, 0), np.where(wanted_us > 0, 0, level)


def made_us(positive: Ints, negative: Ints, levels: int) -> Floats:
    """What pairs of levels stand for, uS."""
    us = level_us(levels)
    return np.asarray(us[positive] - us[negative])


def reach_us(levels: int) -> float:
    """Greatest weight, uS."""
    us = level_us(levels)
    return float(us[-1] - us[0])


def _beside(levels: int, below: int, stuck_us: float) -> Floats:
    """What a pair of which one cell is stuck makes, with the other at each level, uS; below: 1: the negative
    cell is stuck."""
    return np.asarray((level_us(levels) - stuck_us) * (1 if below else -1))


def go_around(faults: Faults, positive: Ints, negative: Ints, wanted_us: Floats, levels: int) -> None:
    """Where one cell of a pair is stuck, the other gets the level with which both together come nearest to
    what is wanted.

    Args:
        faults: stuck cells, in the columns of these weights.
        positive, negative: levels, (rows, outputs); changed.
        wanted_us: conductance that each weight is to make, uS, (rows, outputs).
        levels: number of levels of a cell.
    """
    us, rows = level_us(levels), len(wanted_us)
    for row, column, stuck_us in faults:
        output, below = divmod(column, 2)
        if row >= rows or output >= wanted_us.shape[1]:
            continue
        errors = np.abs(_beside(levels, below, stuck_us) - wanted_us[row, output])
        (negative, positive)[below][row, output] = int(errors.argmin())
        (positive, negative)[below][row, output] = int(np.abs(us - stuck_us).argmin())


def take_neurons(faults: Faults, lost: Floats, wanted_us: Floats, levels: int) -> Ints:
    """The neuron of each output with which, over all outputs, least of what is wanted is missed.

    A stuck cell that conducts costs little where a weight is to be large, and much where it is to be
    negative; where there are more neurons than outputs, the worst take none. Nothing is known of the images:
    inputs are taken for alike, with a spread as large as their mean, so several errors of one neuron count by
    their sum too.

    Args:
        faults: stuck cells.
        lost: share by which all that a neuron answers is uncertain, (neurons,).
        wanted_us: conductance that each weight is to make, uS, (rows, outputs).
        levels: number of levels of a cell.

    Returns:
        (outputs,), all different.
    """
    rows, outputs = wanted_us.shape
    missed = np.outer(
        (wanted_us**2).sum(axis=0) + wanted_us.sum(axis=0) ** 2, lost**2
    )  # uS^2, (outputs, neurons)
    together = np.zeros_like(missed)  # uS
    for row, column, stuck_us in faults:
        neuron, below = divmod(column, 2)
        if row >= rows or neuron >= lost.size:
            continue
        errors = _beside(levels, below, stuck_us)[:, None] - wanted_us[row]
        least = errors[np.abs(errors).argmin(axis=0), np.arange(outputs)]
        missed[:, neuron] += least**2
        together[:, neuron] += least
    _, neurons = linear_sum_assignment(missed + together**2)
    return np.asarray(neurons[:outputs], np.int64)
