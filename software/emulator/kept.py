"""The cells of an emulated chip as a file: what a chip on the bench keeps by itself between two scripts."""

from __future__ import annotations

import json
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.software.emulator.cells import CellArray

FORMAT = 1


def save_cells(path: Path, chip: Chip, seed: int, cells: CellArray) -> Path:
    """Write the state of a chip's cells, whole or not at all.

    Args:
        path: of the file, JSON.
        chip: variant.
        seed: names the chip.
        cells: of it.

    Returns:
        path.
    """
    state = {name: values.tolist() for name, values in cells.state().items()}
    return write_atomic(path, json.dumps({"format": FORMAT, "chip": chip.name, "seed": seed, "cells": state}) + "\n")


def load_cells(path: Path, chip: Chip, seed: int) -> CellArray:
    """The cells as they were; pristine ones where there is no file yet.

    Args:
        path, chip, seed: as of save_cells().

    Raises:
        UserError: the file is no such file, cut short, or of another chip.
    """
    cells = CellArray(chip.rows * chip.columns, seed)
    if not path.exists():
        return cells
    way_out = "give state= another name to begin with a new chip"
    try:
        data = json.loads(path.read_text())
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']}")
        found = data["chip"], data["seed"]
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; {way_out}") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path}: is cut short or holds no cells of format {FORMAT}; {way_out}") from None
    if found != (chip.name, seed):
        raise UserError(f"{path}: is of {found[0]}, seed {found[1]}, not of {chip.name}, seed {seed}; open that chip, or {way_out}")
    try:
        cells.restore(data["cells"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: {error}; {way_out}") from None
    return cells
