"""Trims found by images alone, cells that are stuck meanwhile, neurons without a code."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.software.driver.backends.array import TwinArray
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons, ImageSpread, ImageWiring
from neusoc.software.levels import level_us
from neusoc.software.mapping.on_chip import MIDDLE_LEVEL, best_trims, calibrate, find_trims
from neusoc.software.mapping.plan import LEVELS

SEED = 3
CHIP = load_chip("tapeout").model_copy(update={"rows": 32, "columns": 8, "neurons": 4})
SPREAD = ImageSpread(0.042, (0.003, 0.003, 0.003), (100e-6, 300e-6, 600e-6), 0.0, 0.0, 2e-3, 7.4e-3, 7e-3)
CIRCUIT = ImageCircuit(CHIP.neurons, 570e-15, 0.0, SPREAD, ImageWiring(), 0.01)
LEVEL_US = level_us(LEVELS)[MIDDLE_LEVEL]


class BrokenCells(CellArray):
    """Cells of which some conduct as they do whatever is done to them; broken: their conductances, uS, NaN of
    a sound one."""

    def __init__(self, broken):
        super().__init__(broken.size, SEED)
        self._broken = broken.ravel()

    def _us(self, cells=None):
        broken = self._broken if cells is None else self._broken[cells]
        return np.where(np.isnan(broken), super()._us(cells), broken)


def at_level(cells=None):
    """A chip whose cells are where trims want them, so that PROGRAM costs a verify each; and its cells."""
    cells = cells or CellArray(CHIP.rows * CHIP.columns, SEED)
    nm, siemens = read_table()
    cells.x_nm[cells.stuck == 0], cells.formed[:] = np.interp(LEVEL_US * 1e-6, siemens, nm), True
    array = TwinArray(CodePath(cells), CHIP.columns)
    return Chip(Emulator(CHIP, array, seed=SEED, circuit=CIRCUIT)), cells


@pytest.fixture(scope="module")
def trimmed():
    chip, _ = at_level()
    return chip, find_trims(chip)


def test_trims_are_those_of_the_chip(trimmed):
    best = best_trims(ImageNeurons(CIRCUIT, SEED).best_codes())
    assert len({trim.pair for trim in best}) > 2, "nothing is to be found"
    for trim, wanted in zip(trimmed[1], best, strict=True):
        assert abs(trim.pair - wanted.pair) <= 1 and 0 <= trim.threshold - wanted.threshold <= 1, (
            trim,
            wanted,
        )
    assert not trimmed[0].registers.field("ctrl", "enable") and trimmed[0].registers.read("mask0") == 0


def test_trims_of_other_neurons_are_others(trimmed):
    chip, _ = at_level()
    chip.registers.transport._spikes._seed = SEED + 1
    assert find_trims(chip) != trimmed[1]


def test_cells_that_are_stuck_move_no_trim(trimmed):
    """Four cells of one column at three times the level: they would take 30 % from what a pair is worth."""
    chip, cells = at_level()
    strong = [row * CHIP.columns for row in (3, 11, 20, 30)]
    cells.stuck[strong], cells.x_nm[strong] = 2, np.interp(60e-6, read_table()[1], read_table()[0])
    assert abs(find_trims(chip)[0].pair - trimmed[1][0].pair) <= 1


def test_neuron_without_a_sound_pair_keeps_its_middle():
    chip, cells = at_level()
    column = np.arange(CHIP.rows) * CHIP.columns
    cells.stuck[column], cells.x_nm[column] = 2, np.interp(60e-6, read_table()[1], read_table()[0])
    assert find_trims(chip)[0].pair == 16


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_neuron_that_never_answers_or_always_has_no_trim(shift, monkeypatch):
    """A comparator that is off by a volt: told; masks and settings are as they were."""
    made = ImageNeurons.__init__

    def off(self, *given):
        made(self, *given)
        self._comparator[0] = shift / self.circuit.spread.comparator_v

    monkeypatch.setattr(ImageNeurons, "__init__", off)
    chip, _ = at_level()
    chip.registers.write("mask0", 0b10)
    before = chip.images.settings()
    trims = find_trims(chip)
    assert trims[0] is None and all(trims[1:])
    assert chip.registers.read("mask0") == 0b10 and chip.images.settings() == before


@pytest.mark.parametrize(("column", "rows", "us"), [(2, (5,), 900.0), (3, tuple(range(32)), 1e-6)])
def test_calibration_knows_broken_lines_and_the_others_keep_their_trims(
    trimmed, column, rows, us, monkeypatch
):
    """A shorted cell, an open column: the file of the chip has their cells, and they move no other neuron's
    trim."""
    broken = np.full((CHIP.rows, CHIP.columns), np.nan)
    broken[list(rows), column] = us
    chip, _ = at_level(BrokenCells(broken))
    monkeypatch.setattr(Identity, "variant", "mini")
    known = calibrate(chip, "broken", events=0)
    for neuron in (0, 2, 3):
        assert abs(known.trims[neuron].pair - trimmed[1][neuron].pair) <= 1
        assert known.trims[neuron].threshold == trimmed[1][neuron].threshold
    faults = {(row, at) for row, at, _ in known.faults}
    assert {(row, column) for row in rows} <= faults and (known.name, known.chip) == ("broken", "mini")
