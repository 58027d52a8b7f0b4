"""Chips put together of sampled blocks, and whether they classify: the converter of the samples, cells and
neurons of their statistics.

A chip is named by its seed: it takes one sample of the converter's front end and one of its units. The rest
(cells, noise, faults, DACs, and neurons by the spreads of their datasheets) is as in the judge of all
circuits (software/workloads/study.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.sense_adc.model import BIT_ERRORS, SenseAdc
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.levels import plan
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.workloads.study import Outcome, Trial, program, shown

_STREAM = 24  # of the draws, beside those of cells and neurons


@dataclass(frozen=True)
class Pools:
    """Samples of blocks, as differences from what all have in common.

    Attributes:
        offset_lsb: offset of the converter's front end, LSB of each range, (fronts, 2).
        gain: gain of it, relative to that of all, the sense line's level in it, (fronts,).
        bits: errors of its units, relative, least bit first, (units, 8).
    """

    offset_lsb: Floats
    gain: Floats
    bits: Floats


@dataclass(frozen=True)
class Drawn:
    """Of one chip, as Pools: one value of each."""

    offset_lsb: Floats
    gain: float
    bits: Floats


def drawn(pools: Pools, seed: int) -> Drawn:
    """What a chip has; its seed names it."""
    random = np.random.default_rng([seed, _STREAM])
    front, unit = (int(random.integers(len(pool))) for pool in (pools.gain, pools.bits))
    return Drawn(pools.offset_lsb[front], float(pools.gain[front]), pools.bits[unit])


@dataclass
class SampledAdc(SenseAdc):
    """A converter with the offset and the gain of a sample.

    Attributes:
        further_offset: beside that of all, LSB.
        own_gain: over that of all.
    """

    further_offset: float = 0.0
    own_gain: float = 1.0

    @property
    def offset(self) -> float:
        """LSB."""
        return super().offset + self.further_offset

    @property
    def step(self) -> float:
        """S."""
        return super().step / self.own_gain


class SampledPath(CodePath):
    """Cells behind a sampled converter.

    Args:
        cells: the array.
        values: values of the chip.
    """

    def __init__(self, cells: CellArray, values: Drawn) -> None:
        super().__init__(cells)
        self._adcs = tuple(
            SampledAdc(
                fine=fine,
                bit_errors=np.array(BIT_ERRORS) + values.bits,
                further_offset=float(values.offset_lsb[int(fine)]),
                own_gain=values.gain,
            )
            for fine in (False, True)
        )


@dataclass(frozen=True)
class BlockTrial(Trial):
    """A trial on chips of sampled blocks.

    Attributes:
        pools: pools of the blocks.
    """

    pools: Pools = field(kw_only=True)


def chip_of(trial: BlockTrial, seed: int) -> SampledCells:
    """A formed chip."""
    cells = CellArray(trial.chip.rows * trial.chip.columns, seed, trial.statistics, celsius=trial.celsius)
    return SampledCells(
        trial.chip, seed, SampledPath(cells, drawn(trial.pools, seed)), plan(trial.levels)[0]
    ).form()


def one_chip(trial: Trial, seed: int) -> Outcome:
    """Put together, program, show the images: as of study.one_chip().

    Raises:
        TypeError: a trial without pools.
    """
    if not isinstance(trial, BlockTrial):
        raise TypeError("chips of blocks need a BlockTrial")
    return shown(trial, program(trial, chip_of(trial, seed)))
