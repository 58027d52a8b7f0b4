"""Arrays of sampled chips: each core's cells behind its own path, programmed as the chip's driver programs them."""

from __future__ import annotations

import numpy as np
import pytest
from neusoc.base.chip import FIRST, IMAGE, load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import Outcome
from neusoc.software.driver.backends.array import rail_array, twin_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.image_emulator import ImageEmulator
from neusoc.software.driver.chip import Chip
from neusoc.software.emulator.code_path import CodePath, RailPath
from neusoc.software.mapping.chips import SampledCells, SampledChip
from neusoc.software.mapping.on_chip import form, write_levels

SEED, LEVELS = 5, 16
FIRST_CHIP, IMAGE_CHIP = load_chip("mini"), load_chip("image")


def test_cells_stand_behind_the_path_of_their_core():
    first, image = (SampledCells.pristine(chip, SEED) for chip in (FIRST_CHIP, IMAGE_CHIP))
    assert type(first.path) is CodePath and type(image.path) is RailPath and image.path.full_at == 63
    assert first.chip.core == FIRST and image.chip.core == IMAGE
    # the source lines of the image core have no DAC: nothing of it stands in its settings
    assert first.registers.reset.line.stop > 0 == image.registers.reset.line.stop


@pytest.mark.parametrize(("chip", "emulator", "array"), [(FIRST_CHIP, Emulator, twin_array), (IMAGE_CHIP, ImageEmulator, rail_array)])
def test_cells_are_programmed_as_the_driver_programs_them(chip, emulator, array):
    positive, negative = np.random.default_rng(SEED).integers(0, LEVELS, (2, chip.rows, chip.neurons))
    cells = SampledCells.pristine(chip, SEED, LEVELS).form()
    outcome = cells.program(positive, negative)
    assert np.mean(outcome == Outcome.OK) > 0.9
    behind = array(chip, SEED)
    driven = Chip(emulator(chip, behind, seed=SEED))
    form(driven)
    write_levels(driven, positive, negative, LEVELS)
    assert np.array_equal(behind.path.cells.conductance(), cells.path.cells.conductance())


def test_cells_age_and_stay():
    cells = SampledCells.pristine(IMAGE_CHIP, SEED).form()
    fresh = cells.path.cells.conductance()
    old = cells.aged(86400.0)
    assert type(old) is SampledCells and type(old.path) is RailPath and not np.array_equal(old.path.cells.conductance(), fresh)
    assert np.array_equal(cells.path.cells.conductance(), fresh)


def test_neurons_of_the_first_core_stand_on_no_other():
    with pytest.raises(UserError, match=r"variants.image.core \(value 'image'\): the emulation by events knows the first core alone"):
        SampledChip.formed(IMAGE_CHIP, SEED)
