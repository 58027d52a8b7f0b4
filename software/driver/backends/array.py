"""What stands behind the emulated controller's ports: cells that a job visits, in the order of their rows and
columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from neusoc.base.chip import Chip
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Device, Operation, Outcome, Registers, Result, program_cell
from neusoc.digital.model.ispp_many import run_cells
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CellPort, CodePath
from neusoc.software.emulator.pulse import Floats
from numpy.typing import NDArray

Places = Sequence[tuple[int, int]]  # row and column of each


class Array(Protocol):
    """Cells of one chip."""

    def visit(
        self,
        settings: Registers,
        operation: Operation,
        cells: Places,
        levels: Sequence[int],
        coming: Places = (),
    ) -> list[Result]:
        """Do a job's operation to some cells, one after the other; up to the one at which the converter did
        not answer.

        Args:
            settings: registers of the algorithm.
            operation: operation of the job.
            cells: row and column of each.
            levels: PROGRAM: one a cell; otherwise not looked at.
            coming: cells that the job may visit next: nothing happens to them yet.
        """
        ...

    def wait(self, seconds: float) -> None:
        """Time passes, s."""
        ...

    def neuron_conductances(self) -> Floats | None:
        """What the neurons see of all cells, S, (rows, columns); None: nothing is known of it."""
        ...


class Cells(Array, Protocol):
    """Cells that also stand behind the ports of a simulated controller."""

    @property
    def device(self) -> Device:
        """One pulse or conversion at a time."""
        ...

    def rail(self, full_at: int | None) -> None:
        """What RESET does from now on; full_at: code of the word line at which vpp itself is on the rail,
        None: at none."""
        ...


class PortArray:
    """A device of the scalar algorithm: its cells may depend on the order of all that happens, and do not
    age.

    Attributes:
        device: the cells, one pulse or conversion at a time.

    Args:
        device: the cells.
    """

    def __init__(self, device: Device) -> None:
        self.device = device

    def visit(
        self,
        settings: Registers,
        operation: Operation,
        cells: Places,
        levels: Sequence[int],
        coming: Places = (),
    ) -> list[Result]:
        found: list[Result] = []
        for k, (row, col) in enumerate(cells):
            level = levels[k] if operation == Operation.PROGRAM else 0
            found.append(program_cell(self.device, settings, operation, row, col, level))
            if found[-1].outcome == Outcome.NO_ANSWER:
                break
        return found

    def wait(self, seconds: float) -> None:
        """Nothing happens."""

    def rail(self, full_at: int | None) -> None:
        """As Cells says: nothing changes, these cells do not know volts."""

    def neuron_conductances(self) -> Floats | None:
        """Integer cells have no conductance."""
        return None


class TwinArray:
    """The numpy twin of the cells behind DACs and converter. Its random numbers depend on cell and event
    alone, so cells of one call go in
    step, which gives the same as one after the other (digital/model/ispp_many.py). So cells that come are
    visited early, all at once, and put back to what they were if the job does not come to them.

    Attributes:
        device: the same cells, one pulse or conversion at a time.

    Args:
        path: cells with their DACs and converter.
        columns: number of columns of the array.
    """

    def __init__(self, path: CodePath, columns: int) -> None:
        self._path, self._columns = path, columns
        self._early: dict[int, Result] = {}  # results of cells that the job has not come to
        self._of: tuple[Registers, Operation] | None = None
        self._before: dict[str, NDArray[np.generic]] = {}
        self.device: Device = CellPort(path, columns)

    @property
    def path(self) -> CodePath:
        """Cells as the jobs so far have left them."""
        self.put_back()
        return self._path

    def visit(
        self,
        settings: Registers,
        operation: Operation,
        cells: Places,
        levels: Sequence[int],
        coming: Places = (),
    ) -> list[Result]:
        index = [row * self._columns + col for row, col in cells]
        if self._of != (settings, operation) or any(cell not in self._early for cell in index):
            self.put_back()
            # OFFSET visits no cell early: its noise goes on from one to the next, whichever they are.
            early = (
                []
                if operation in (Operation.PROGRAM, Operation.OFFSET)
                else [row * self._columns + col for row, col in coming]
            )
            if early:
                self._before = self._path.cells.state()
            wanted = np.array(levels, np.int64) if operation == Operation.PROGRAM else None
            found = run_cells(self._path, settings, operation, np.array(index + early, np.int64), wanted)
            parts = np.stack(
                [found.outcome, found.pulses, found.code, found.wl, found.target], axis=1
            ).tolist()
            self._of = settings, operation
            self._early = {
                cell: Result(*divmod(cell, self._columns), Outcome(outcome), pulses, code, wl, target)
                for cell, (outcome, pulses, code, wl, target) in zip(index + early, parts, strict=True)
            }
        return [self._early.pop(cell) for cell in index]

    def put_back(self) -> None:
        """Cells that were visited early are as they were."""
        if self._early:
            cells = list(self._early)
            now = self._path.cells.state()
            for name, values in now.items():
                values[cells] = self._before[name][cells]
            self._path.cells.restore(now)
            self._early.clear()
        self._of = None

    def wait(self, seconds: float) -> None:
        """Cells relax and drift, s."""
        self.path.cells.wait(seconds)

    def rail(self, full_at: int | None) -> None:
        self.path.full_at = full_at

    def neuron_conductances(self) -> Floats | None:
        """As Array says: lines at 0.15 V with their source lines at ground see what the converter sees at 0.2
        V."""
        return self.path.cells.conductance().reshape(-1, self._columns)


def twin_array(chip: Chip, seed: int, cells: CellArray | None = None) -> TwinArray:
    """Cells with spreads, faults and the converter of one sampled chip.

    Args:
        chip: its sizes.
        seed: names it.
        cells: cells of the array; by default as they leave the fab: pristine.
    """
    return TwinArray(CodePath(cells or CellArray(chip.rows * chip.columns, seed)), chip.columns)


def integer_array(chip: Chip, seed: int) -> PortArray:
    """Pristine integer cells (digital/model/integer_cell.py)."""
    return PortArray(WordLineCell(chip.rows, chip.columns, seed, pristine=True))
