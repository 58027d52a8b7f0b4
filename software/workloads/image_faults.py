"""What breaks in an array while images are shown: a shorted cell, an open column, a row that is off or on for good.

    fault = drawn("shorted cell", trial, held)
    change(trial, held, fault)                  # of the other neurons, share of the threshold's range
    again, share = written_again(trial, fault, seed)   # PROGRAM and READ find it, the plan goes around it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.synapse.access import access_table
from neusoc.software.emulator.cells import READ_WL_V, CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS
from neusoc.software.emulator.whole_image import ImageNeurons
from neusoc.software.levels import plan
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.workloads.study import Held, Trial, answers, program

SHORTED, OPEN, ROW_OFF, ROW_ON = KINDS = ("shorted cell", "open column", "row stuck off", "row stuck on")
MICRO, RANGE_V = 1e-6, 0.6
OPEN_S = 1e-12                          # of a cell that is cut off


@cache
def short_s() -> float:
    """Conductance of a cell whose filament is a short: its access transistor alone, at the level of a bit line, S."""
    volts = FrontEnd().vread
    return float(access_table("tt", ROOM_CELSIUS).current(READ_WL_V, volts, 0.0)[()].item()) / volts


@dataclass(frozen=True)
class ImageFault:
    """One fault of an array.

    Attributes:
        kind: name of the fault, one of KINDS.
        row: row of the cell, or of the driver; of an open column it does not count.
        column: column of the cell, or the open one; of a row it does not count.
    """

    kind: str
    row: int
    column: int

    @property
    def neuron(self) -> int | None:
        """The neuron whose line it is; None: a row's fault is every neuron's."""
        return self.column // 2 if self.kind in (SHORTED, OPEN) else None

    def cells(self, siemens: Floats) -> Floats:
        """What images then see of cells, S, (rows, columns)."""
        found = siemens.copy()
        if self.kind == SHORTED:
            found[self.row, self.column] = short_s()
        elif self.kind == OPEN:
            found[:, self.column] = OPEN_S
        return found

    def broken_us(self, rows: int, columns: int) -> Floats:
        """Conductances of the cells that cannot be programmed, uS, NaN of all others, (rows, columns).

        Raises:
            ValueError: a row that is on for good: what pulses and READ of other rows do beside it is not emulated.
        """
        if self.kind == ROW_ON:
            raise ValueError("a row that is on for good takes part in every pulse, which is not emulated")
        found = self.cells(np.full((rows, columns), np.nan)) / MICRO
        if self.kind == ROW_OFF:
            found[self.row] = OPEN_S / MICRO
        return found

    def planes(self, planes: Ints) -> Ints:
        """Rows that are then on, (planes, images, rows)."""
        found = planes.copy()
        if self.kind in (ROW_OFF, ROW_ON):
            found[:, :, self.row] = int(self.kind == ROW_ON)
        return found


class BrokenCells(CellArray):
    """Cells of which some conduct as they do whatever is done to them; arguments as of CellArray, and broken.

    Args:
        broken: conductances of those, uS, NaN of a sound one, (count,).
    """

    def __init__(self, count: int, seed: int, broken: Floats) -> None:
        super().__init__(count, seed)
        self._broken = broken

    def _us(self, cells: Ints | None = None) -> Floats:
        own, broken = super()._us(cells), self._broken if cells is None else self._broken[cells]
        return np.where(np.isnan(broken), own, broken)


def drawn(kind: str, trial: Trial, held: Held) -> ImageFault:
    """A fault of a chip: at a neuron that has an output, and at a row that some image of the trial switches on."""
    draw = np.random.default_rng([held.chip.seed, KINDS.index(kind), 9])
    lit = np.flatnonzero(trial.planes().any(axis=(0, 1)))
    return ImageFault(kind, int(draw.choice(lit)), int(2 * draw.choice(held.neurons) + draw.integers(2)))


def change(trial: Trial, held: Held, fault: ImageFault) -> float:
    """The most by which a fault moves the membrane of another neuron that has an output.

    Without read noise; of the worst neuron at the worst image, as a share of the range through which the threshold falls.
    """
    neurons, planes, cells = ImageNeurons(replace(trial.circuit, noise=0.0), held.chip.seed), trial.planes(), held.chip.siemens()
    broken = fault.cells(cells)
    before = neurons.membranes(planes, cells[:, 0::2], cells[:, 1::2])[:, held.neurons]
    after = neurons.membranes(fault.planes(planes), broken[:, 0::2], broken[:, 1::2])[:, held.neurons]
    moved = np.abs(after - before)[:, held.neurons != fault.neuron]
    return float(moved.max() / RANGE_V)


def accuracy(trial: Trial, held: Held, fault: ImageFault) -> float:
    """Share of the images that a chip with a fault classifies correctly, just programmed."""
    return trial.share(answers(trial, held, fault.cells(held.chip.siemens()), fault.planes(trial.planes())))


def written_again(trial: Trial, fault: ImageFault, seed: int) -> tuple[Held, float]:
    """A chip that had the fault before it was programmed: what PROGRAM and READ find is placed around.

    Returns:
        The chip, and the share of the broken cells that PROGRAM says are stuck: one at nothing is near enough to the lowest level.

    Raises:
        ValueError: as of ImageFault.broken_us().
    """
    broken = fault.broken_us(trial.chip.rows, trial.chip.columns)
    cells = BrokenCells(broken.size, seed, broken.ravel())
    chip = SampledCells(trial.chip, seed, CodePath(cells), plan(trial.levels)[0]).form()
    held = program(trial, chip)
    at = {(row, column) for row, column, _ in held.faults}
    wrong = list(zip(*np.nonzero(~np.isnan(broken)), strict=True))
    return held, sum((int(r), int(c)) in at for r, c in wrong) / len(wrong)
