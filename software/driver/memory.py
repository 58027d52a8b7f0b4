"""What a host remembers of a chip: the level of each cell, and which cells failed. The chip keeps neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.digital.model.ispp import READS, Operation, Outcome
from neusoc.software.driver.jobs import Cell, Identity, Ints

UNKNOWN = -1


@dataclass
class Memory:
    """Levels and faults of one chip.

    Attributes:
        chip: whose.
        levels: (rows, columns), -1 where none was programmed.
        faults: (row, column) -> outcome of the last job that should have moved the cell and failed.
    """

    chip: Identity
    levels: Ints
    faults: dict[tuple[int, int], Outcome]

    @classmethod
    def empty(cls, chip: Identity) -> Memory:
        """Nothing is known."""
        return cls(chip, np.full((chip.rows, chip.columns), UNKNOWN, np.int64), {})

    def note(self, operation: Operation, cell: Cell, level: int | None) -> None:
        """A result has come.

        Args:
            operation: operation of its job.
            cell: the result.
            level: level that PROGRAM was to reach; None for other operations.
        """
        at = cell.row, cell.col
        if operation in READS:
            return
        if cell.outcome != Outcome.OK:
            self.faults[at] = cell.outcome
        elif cell.pulses:  # without a pulse it may be there by chance: an unformed cell is at level 0
            self.faults.pop(at, None)
        if level is not None:
            self.levels[at] = level
        elif operation in (Operation.SET, Operation.RESET):  # its level is gone
            self.levels[at] = UNKNOWN
