"""Sampled chips: an array whose cells were formed and programmed by the chip's own algorithm, and its neurons."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from neusoc.analog.reram.statistics import Statistics
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.chip import Chip, with_first_core
from neusoc.digital.model.ispp import Operation, Registers
from neusoc.digital.model.ispp_many import Ints, run_cells
from neusoc.software.calibration import READS
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.neurons import Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Floats, Timing
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
        chip: Chip, seed: int, levels: int = 16, statistics: Statistics | None = None, celsius: float = ROOM_CELSIUS
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
        """What the converter tells of all cells in the coarse range, which ends above every cell: mean of READS, uS, (rows, columns)."""
        cells = np.arange(self.chip.rows * self.chip.columns)
        codes = self.path.read(cells, 0, READS) / READS
        return 1e6 * SenseAdc().conductance(codes).reshape(self.chip.rows, self.chip.columns)


@dataclass
class SampledChip(SampledCells):
    """One chip of the first core.

    Attributes:
        neurons: neurons of the chip.
    """

    neurons: Neurons

    @classmethod
    def formed(
        cls, chip: Chip, seed: int, levels: int = 16, circuit: Circuit | None = None, board: Board | None = None,
        statistics: Statistics | None = None, celsius: float = ROOM_CELSIUS,
    ) -> Self:
        """A chip after FORM of all its cells.

        Args:
            chip: variant, with the first core.
            seed: names the chip.
            levels: number of levels of a cell.
            circuit: circuit of the neurons; by default as measured.
            board: levels from outside.
            statistics: statistics of the cells; by default all of statistics.yaml.
            celsius: temperature, degrees.
        """
        with_first_core(chip, "the emulation by events")
        cells = SampledCells.pristine(chip, seed, levels, statistics, celsius).form()
        return cls(chip, seed, cells.path, cells.registers, Neurons(circuit or Circuit.of(chip), seed, board))

    def siemens(self) -> Floats:
        """What the neurons see of the cells, (rows, columns)."""
        return self.path.cells.neuron_conductance().reshape(self.chip.rows, self.chip.columns)

    def connect(self, timing: Timing) -> None:
        """Neurons on the cells as they are."""
        siemens = self.siemens()
        self.neurons.connect(siemens[:, 0::2], siemens[:, 1::2], timing)

    def ready(self, rows: Ints, timing: Timing) -> None:
        """As connect(), with their bit lines up as the driver's priming brings them: by the first of some events."""
        self.connect(timing)
        self.neurons.run(rows[:1])

    def counts(self, rows: Ints, ends: Ints, timing: Timing, lost: int = 0) -> tuple[Ints, Floats]:
        """Spikes of images, and when the last came; arguments as of Neurons.counts()."""
        self.ready(rows, timing)
        return self.neurons.counts(rows, ends, lost=lost)
