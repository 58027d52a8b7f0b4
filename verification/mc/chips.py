"""Chips put together of sampled blocks, and whether they classify: neurons, converter and bias of the samples, cells of the statistics.

A chip is named by its seed: it takes one sample of the converter's front end, one of its units and one of the bias block, and for every
neuron a sample of the neuron. The rest (cells, noise, faults, DACs) is as in the judge of all circuits (software/workloads/study.py), which
draws neurons and converter from normal distributions with the spreads of the datasheets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.sense_adc.model import BIAS, BIT_ERRORS, SenseAdc
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.neurons import Neurons
from neusoc.software.levels import plan
from neusoc.software.mapping.chips import SampledChip
from neusoc.software.workloads.study import Outcome, Shown, Trial, calibrated

_STREAM = 24                    # of the draws, beside those of cells and neurons


@dataclass(frozen=True)
class Pools:
    """Samples of blocks, as differences from what all have in common.

    Attributes:
        offset_v: offset of a neuron's virtual ground, V, (neurons,).
        shift_v: shift of its threshold at the standard code of the trim, V, (neurons,); the same neurons.
        offset_lsb: offset of the converter's front end, LSB of each range, (fronts, 2).
        gain: gain of it, relative to that of all, the sense line's level in it, (fronts,).
        bits: errors of its units, relative, least bit first, (units, 8).
        current: current of the bias block into it, relative, (biases,).
        read: read level of the bias block, relative, (biases,); the same blocks.
    """

    offset_v: Floats
    shift_v: Floats
    offset_lsb: Floats
    gain: Floats
    bits: Floats
    current: Floats
    read: Floats


@dataclass(frozen=True)
class Drawn:
    """Of one chip, as Pools: a value a neuron, one of each other."""

    offset_v: Floats
    shift_v: Floats
    offset_lsb: Floats
    gain: float
    bits: Floats
    current: float


def drawn(pools: Pools, seed: int, neurons: int) -> Drawn:
    """What a chip has; no neuron twice where there are enough.

    Args:
        pools: samples to draw from.
        seed: names the chip.
        neurons: number of neurons of the chip.
    """
    random = np.random.default_rng([seed, _STREAM])
    chosen = random.choice(len(pools.offset_v), neurons, replace=neurons > len(pools.offset_v))
    front, unit, bias = (int(random.integers(len(pool))) for pool in (pools.gain, pools.bits, pools.current))
    return Drawn(
        pools.offset_v[chosen], pools.shift_v[chosen], pools.offset_lsb[front], float(pools.gain[front] * pools.read[bias]),
        pools.bits[unit], float(pools.current[bias]),
    )  # fmt: skip


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
        """As of SenseAdc."""
        return super().offset + self.further_offset

    @property
    def step(self) -> float:
        """As of SenseAdc."""
        return super().step / self.own_gain


class SampledPath(CodePath):
    """Cells behind a sampled converter.

    Args:
        cells: the array.
        found: values of the chip.
    """

    def __init__(self, cells: CellArray, found: Drawn) -> None:
        super().__init__(cells)
        self._adcs = tuple(
            SampledAdc(fine=fine, bias=BIAS * found.current, bit_errors=np.array(BIT_ERRORS) + found.bits,
                       further_offset=float(found.offset_lsb[int(fine)]), own_gain=found.gain)
            for fine in (False, True)
        )  # fmt: skip


@dataclass(frozen=True)
class BlockTrial(Trial):
    """A trial on chips of sampled blocks.

    Attributes:
        pools: pools of the blocks.
    """

    pools: Pools = field(kw_only=True)


def chip_of(trial: BlockTrial, seed: int) -> SampledChip:
    """A formed chip."""
    chip, found = trial.chip, drawn(trial.pools, seed, trial.chip.neurons)
    count = chip.rows * chip.columns
    path = SampledPath(CellArray(count, seed, load_statistics(), celsius=trial.celsius), found)
    registers, _ = plan(trial.levels)
    run_cells(path, registers, Operation.FORM, np.arange(count))
    neurons = Neurons(trial.circuit, seed, trial.board)
    neurons.offset_v, neurons.shift_v = found.offset_v, found.shift_v
    return SampledChip(chip, seed, path, registers, neurons)


def one_chip(trial: Trial, seed: int) -> Outcome:
    """Put together, calibrate by its own spikes, place, program, tell the images: as of study.one_chip().

    Raises:
        TypeError: a trial without pools.
    """
    if not isinstance(trial, BlockTrial):
        raise TypeError("chips of blocks need a BlockTrial")
    chip = chip_of(trial, seed)
    on = Shown(trial, chip, calibrated(chip, trial) if trial.calibrated else None)
    return on.outcome(*on.told(trial.network))
