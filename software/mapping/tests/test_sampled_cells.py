"""Arrays of sampled chips: programmed as the chip's driver programs them, older, read."""

from __future__ import annotations

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.digital.model.ispp import Outcome
from neusoc.software.driver.backends.array import twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.mapping.cells_on_chip import write_levels
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.mapping.on_chip import form

SEED, LEVELS = 5, 16
CHIP = load_chip("mini")


def test_cells_are_programmed_as_the_driver_programs_them():
    positive, negative = np.random.default_rng(SEED).integers(0, LEVELS, (2, CHIP.rows, CHIP.neurons))
    cells = SampledCells.pristine(CHIP, SEED, LEVELS).form()
    assert cells.path.full_at == 63, "RESET ends with vpp on the rail of the word lines"
    outcome = cells.program(positive, negative)
    assert np.mean(outcome == Outcome.OK) > 0.9
    behind = twin_array(CHIP, SEED)
    driven = Chip(Emulator(CHIP, behind, seed=SEED))
    form(driven)
    write_levels(driven, positive, negative, LEVELS)
    assert np.array_equal(behind.path.cells.conductance(), cells.siemens().ravel())


def test_cells_age_and_stay():
    cells = SampledCells.pristine(CHIP, SEED).form()
    fresh = cells.siemens()
    old = cells.aged(86400.0)
    assert type(old) is SampledCells and not np.array_equal(old.siemens(), fresh)
    assert np.array_equal(cells.siemens(), fresh)
