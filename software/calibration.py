"""What is known of one chip: trims of its neurons and its stuck cells, found by images and READ alone
(mapping/on_chip.py), in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from neusoc.analog.front_end.model import CODES
from neusoc.analog.neuron.model import TRIM_CODES
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.digital.model.ispp import Outcome
from neusoc.software.emulator.pulse import Floats, Ints

FORMAT = 3
READS = 8  # of each cell
MOST_ZERO_US = 100.0  # of a current without a cell, far beyond what is looked for


class Trim(NamedTuple):
    """Codes of a neuron's latches."""

    pair: int
    threshold: int

    def sound(self) -> bool:
        """Whether the latches can hold them."""
        codes = ((self.pair, CODES), (self.threshold, TRIM_CODES))
        return all(type(code) is int and 0 <= code < end for code, end in codes)


@dataclass(frozen=True)
class Calibration:
    """What is known of one chip.

    Attributes:
        chip: its variant.
        name: name of the chip.
        registers: hash of the register map.
        trims: trims of its neurons; None: no code is right.
        faults: row, column and conductance in uS of each cell that is stuck.
        zero_us: addition of an event to each neuron without a cell, as a sum of cells, uS; empty: it was not
            looked for.
    """

    chip: str
    name: str
    registers: str
    trims: tuple[Trim | None, ...]
    faults: tuple[tuple[int, int, float], ...] = ()
    zero_us: tuple[float, ...] = ()

    def _sound(self) -> bool:
        """Whether its cells and neurons are those of its variant, and its numbers those of cells and
        latches."""
        array = load_chip(self.chip)
        at = all(
            0 <= row < array.rows and 0 <= column < array.columns and 0 <= us < np.inf
            for row, column, us in self.faults
        )
        at = (
            at
            and len(self.zero_us) in (0, array.neurons)
            and all(abs(us) <= MOST_ZERO_US for us in self.zero_us)
        )
        return (
            at
            and len(self.trims) == array.neurons
            and all(trim is None or trim.sound() for trim in self.trims)
        )

    def save(self, path: Path) -> None:
        """Write the file of the chip."""
        write_atomic(path, json.dumps({"format": FORMAT} | asdict(self)) + "\n")

    @classmethod
    def load(cls, path: Path, chip: str, registers: str, name: str | None = None) -> Self:
        """Read the file of a chip.

        Args:
            path: path of the file.
            chip: variant that it must be of.
            registers: hash of the register map that it must be of.
            name: chip that it must be of; None: any.

        Raises:
            UserError: no such file, not a calibration, cut short, or of another chip or other registers.
        """
        again = "calibrate again: neusoc calibrate ADDRESS -o FILE"
        try:
            data = json.loads(path.read_text())
            faults = tuple((int(row), int(column), float(us)) for row, column, us in data["faults"])
            trims = tuple(None if trim is None else Trim(*trim) for trim in data["trims"])
            zero_us = tuple(float(us) for us in data["zero_us"])
            known = cls(data["chip"], data["name"], data["registers"], trims, faults, zero_us)
            right = data["format"] == FORMAT and all(
                isinstance(text, str) for text in (known.chip, known.name, known.registers)
            )
            right = right and (known.chip != chip or known._sound())
        except OSError as error:
            raise UserError(f"{path}: {error.strerror}; {again}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
            right = False
        if not right:
            raise UserError(f"{path}: is cut short or no calibration of format {FORMAT}; {again}")
        for what, have, want in (
            ("chip", known.chip, chip),
            ("registers", known.registers, registers),
            ("name", known.name, name),
        ):
            if want is not None and have != want:
                raise UserError(f"{path}: {what} {have}, not {want}; {again}")
        return known


def stuck_cells(outcome: Ints, told_us: Floats) -> tuple[tuple[int, int, float], ...]:
    """Cells that are stuck, as of Calibration.

    Args:
        outcome: outcome of each cell's last job, (rows, columns).
        told_us: conductance that READ tells of each cell, uS, (rows, columns).
    """
    stuck = np.isin(outcome, [Outcome.STUCK_LOW, Outcome.STUCK_HIGH])
    return tuple(
        (int(row), int(column), max(0.0, round(float(told_us[row, column]), 2)))
        for row, column in np.argwhere(stuck)
    )
