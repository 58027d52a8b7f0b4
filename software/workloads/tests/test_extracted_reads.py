"""Chips whose cells are verified by the extracted converter."""

import numpy as np
import pytest
from neusoc.analog.sense_adc import extracted
from neusoc.analog.sense_adc.extracted import ExtractedAdc
from neusoc.analog.sense_adc.model import STEP, SenseAdc
from neusoc.base.chip import load_chip
from neusoc.software.mapping.chips import SampledCells
from neusoc.software.workloads.extracted_reads import ExtractedPath


@pytest.fixture
def five_lost(monkeypatch):
    """A converter that lacks five codes of a hundred."""
    monkeypatch.setattr(extracted, "HELD", (0.0, 100.0))
    monkeypatch.setattr(extracted, "LACKS", (0.0, 5.0))


def test_extracted_reads_program_other_cells(five_lost):
    """What the converter does not see of a cell, ISPP puts there: a level is higher by what it lacks
    there."""
    chip, levels = load_chip("mini"), np.repeat(np.arange(8)[:, None], 4, 1) * 2
    plain, read = (SampledCells.pristine(chip, 3).form() for _ in range(2))
    read.path = ExtractedPath(read.path)
    found = []
    for cells in (plain, read):
        cells.program(levels, levels)
        found.append(1e6 * cells.path.cells.conductance().reshape(chip.rows, chip.columns).mean(axis=1))
    assert found[1][-1] - found[0][-1] == pytest.approx(5e6 * STEP, abs=0.8e6 * STEP), found
    assert abs(found[1][0] - found[0][0]) < 0.8e6 * STEP, found


def test_extracted_converter_lacks_what_its_table_says(five_lost):
    cells = np.linspace(0, 60e-6, 200)
    lacks = SenseAdc().codes(cells) - ExtractedAdc().codes(cells)
    assert lacks[0] == 0 and lacks[-1] == 5 and lacks[100] in (3, 4, 5)
    with pytest.raises(ValueError, match="range 1"):
        ExtractedAdc(fine=True)
