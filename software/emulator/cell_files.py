"""The cells of an emulated chip as a file: what a chip on the bench keeps by itself between two scripts."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.base.store import alone
from neusoc.software.emulator.cells import CellArray

FORMAT = 1


def save_cells(path: Path, chip: Chip, seed: int, cells: CellArray) -> Path:
    """Write the state of a chip's cells, whole or not at all.

    Args:
        path: path of the file, JSON.
        chip: variant.
        seed: names the chip.
        cells: cells of the chip.

    Returns:
        path.

    Raises:
        UserError: it cannot be written.
    """
    state = {name: values.tolist() for name, values in cells.state().items()}
    try:
        return write_atomic(
            path, json.dumps({"format": FORMAT, "chip": chip.name, "seed": seed, "cells": state}) + "\n"
        )
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); make room, and do it again") from None


class CellFile:
    """Cells with their file, which no other process has as long as it is open.

    Attributes:
        cells: cells as they are.

    Args:
        path, chip, seed: file and chip, as of save_cells().

    Raises:
        UserError: as of load_cells(); another process has it; nothing can be written there.
    """

    def __init__(self, path: Path, chip: Chip, seed: int) -> None:
        self._path, self._chip, self._seed, self._held = path, chip, seed, ExitStack()
        if not path.absolute().parent.is_dir() or not os.access(path.absolute().parent, os.W_OK):
            raise UserError(f"{path}: its folder is not there or cannot be written to; choose another state=")
        self._held.enter_context(alone(path.with_name(f".{path.name}.lock"), str(path), 0.0))
        try:
            self.cells = load_cells(path, chip, seed)
        except BaseException:
            self._free()
            raise
        self._before = self.cells.state()

    def close(self) -> None:
        """Write the file if anything of the cells has changed, and give it free; may be called twice."""
        now = self.cells.state()
        try:
            if any(not np.array_equal(now[name], values) for name, values in self._before.items()):
                save_cells(self._path, self._chip, self._seed, self.cells)
                self._before = now
        finally:
            self._free()

    def _free(self) -> None:
        """Let others have the file."""
        self._path.with_name(f".{self._path.name}.lock").unlink(
            missing_ok=True
        )  # while it is held: nobody waits for it
        self._held.close()


def load_cells(path: Path, chip: Chip, seed: int) -> CellArray:
    """The cells as they were; pristine ones where there is no file yet.

    Args:
        path, chip, seed: file and chip, as of save_cells().

    Raises:
        UserError: the file is no such file, cut short, or of another chip.
    """
    cells = CellArray(chip.rows * chip.columns, seed)
    if not path.exists():
        return cells
    way_out = "give state= another name to begin with a new chip"
    try:
        data = json.loads(path.read_text())
        if data["format"] != FORMAT or type(data["seed"]) is not int:
            raise ValueError
        found = data["chip"], data["seed"]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {way_out}") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: is cut short or holds no cells of format {FORMAT}; {way_out}") from None
    if found != (chip.name, seed):
        raise UserError(
            f"{path}: is of {found[0]}, seed {found[1]}, not of {chip.name}, seed {seed}; open that chip, or"
            f" {way_out}"
        )
    try:
        cells.restore(data["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: {error}; {way_out}") from None
    return cells
