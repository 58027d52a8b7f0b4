"""Sampled chips: an array whose cells are formed and programmed by the chip's own algorithm. Its neurons are
those of the same seed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from neusoc.analog.reram.statistics import Statistics
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.chip import Chip
from neusoc.digital.model.ispp import Operation, Registers
from neusoc.digital.model.ispp_many import Ints, run_cells
from neusoc.software.calibration import READS
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.pulse import Floats
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS
from neusoc.software.levels import array_levels, plan


@dataclass
class SampledCells:
    """The array of one chip.

    Attributes:
        chip: its variant.
        seed: names it: spreads and faults of its cells, spreads of its neurons.
        path: its cells behind DACs and converter.
        registers: registers with which its cells are programmed.
    """

    chip: Chip
    seed: int
    path: CodePath
    registers: Registers

    @staticmethod
    def pristine(
        chip: Chip,
        seed: int,
        levels: int = 16,
        statistics: Statistics | None = None,
        celsius: float = ROOM_CELSIUS,
    ) -> SampledCells:
        """An array as it leaves the fab.

        Args:
            chip: variant.
            seed: names the chip.
            levels: number of levels of a cell.
            statistics: statistics of the cells; by default all of statistics.yaml.
            celsius: temperature, degrees.
        """
        cells = CellArray(chip.rows * chip.columns, seed, statistics, celsius=celsius)
        return SampledCells(chip, seed, CodePath(cells), plan(levels)[0])

    def form(self) -> Self:
        """FORM of all cells; itself."""
        run_cells(self.path, self.registers, Operation.FORM, np.arange(self.chip.rows * self.chip.columns))
        return self

    def program(self, positive: Ints, negative: Ints) -> Ints:
        """Write levels; columns beyond them get the lowest.

        Args:
            positive, negative: (rows, neurons), as many rows as the array has at most.

        Returns:
            Outcome of each cell of the array, (rows, columns).
        """
        levels = self.levels(positive, negative)
        done = run_cells(self.path, self.registers, Operation.PROGRAM, np.arange(levels.size), levels.ravel())
        return done.outcome.reshape(levels.shape)

    def levels(self, positive: Ints, negative: Ints) -> Ints:
        """Levels of all cells, (rows, columns); arguments as of program()."""
        return array_levels(positive, negative, self.chip.rows, self.chip.columns)

    def aged(self, seconds: float, celsius: float | None = None) -> Self:
        """The same chip later; this one stays as it is. Neurons are shared: they do not age."""
        path = copy.deepcopy(self.path)
        if seconds:
            path.cells.wait(seconds, celsius)
        return replace(self, path=path)

    def read_us(self) -> Floats:
        """What the converter tells of all cells in the coarse range, which ends above every cell: mean of
        READS, uS, (rows, columns)."""
        cells = np.arange(self.chip.rows * self.chip.columns)
        codes = self.path.read(cells, 0, READS) / READS
        return 1e6 * SenseAdc().conductance(codes).reshape(self.chip.rows, self.chip.columns)

    def siemens(self) -> Floats:
        """Conductances of the cells as they are now, S, (rows, columns)."""
        return self.path.cells.conductance().reshape(self.chip.rows, self.chip.columns)
