"""What a host remembers of a chip: the level of each cell, and which cells failed. The chip keeps neither."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.model.ispp import READS, Operation, Outcome
from neusoc.software.driver.jobs import Cell, Identity, Ints, damaged, read_driver_file
from neusoc.software.driver.registers import map_hash

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
        elif cell.pulses:                    # without a pulse it may be there by chance: an unformed cell is at level 0
            self.faults.pop(at, None)
        if level is not None:
            self.levels[at] = level
        elif operation in (Operation.SET, Operation.RESET):     # its level is gone
            self.levels[at] = UNKNOWN

    def save(self, path: Path) -> Path:
        """Write it to a JSON file; returns path."""
        faults = [[row, col, int(outcome)] for (row, col), outcome in sorted(self.faults.items())]
        data = {"map": map_hash(), "chip": self.chip._asdict(), "levels": self.levels.tolist(), "faults": faults}
        return write_atomic(path, json.dumps(data) + "\n")

    @classmethod
    def load(cls, path: Path, chip: Identity) -> Memory:
        """Read what save() wrote.

        Args:
            path: the file.
            chip: chip that it must be of.

        Raises:
            UserError: the file is missing, damaged, or of another chip or register map.
        """
        data = read_driver_file(path)
        try:
            kept = Identity(**data["chip"])
            levels = np.array(data["levels"], np.int64)
            faults = {(int(row), int(col)): Outcome(outcome) for row, col, outcome in data["faults"]}
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(path, error) from None
        if kept != chip:
            raise UserError(f"{path.name}: is of a chip of {kept}, not {chip}; take the file of this chip")
        if levels.shape != (chip.rows, chip.columns):
            raise damaged(path, f"levels of {' x '.join(map(str, levels.shape))} cells")
        return cls(chip, levels, faults)
