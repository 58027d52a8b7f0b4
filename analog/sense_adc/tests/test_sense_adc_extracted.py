"""The twin of the extracted converter against ngspice: whole conversions of its netlist at tt, of cells that
rise one by one."""

import numpy as np
import pytest
from neusoc.analog.bench.characterise import device
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.sense_adc.conversions import convert
from neusoc.analog.sense_adc.extracted import HELD, LACKS, ExtractedAdc
from neusoc.analog.sense_adc.model import BIT_ERRORS, STEP, SenseAdc
from neusoc.base.tables import table

# cells in steps: dense over the levels of a cell, each elsewhere between two codes
STEPS = np.concatenate([np.arange(0, 118, 1.5), np.arange(122, 252, 12)])
CELLS = STEP * (STEPS + 0.618 * np.arange(len(STEPS)) % 1)


@pytest.mark.full
def test_sense_adc_extracted_twin_lacks_what_conversions_lack():
    """`pytest -s`: the table of extracted.py. A code at a time is within two of ngspice, their mean over a
    stretch within half a one."""
    sheet = datasheet("sense_adc")
    found = convert(
        device("sense_adc", "extracted"), sheet, sheet.conditions["nominal"][0], list(CELLS)
    ).codes
    bits = np.array(BIT_ERRORS)
    drawn, twin = SenseAdc(bit_errors=bits), ExtractedAdc(bit_errors=bits)
    held, left = drawn.held(CELLS), found - twin.codes(CELLS)
    near = np.abs(held[:, None] - np.array(HELD)).argmin(axis=1)
    lacks = [float(np.mean((drawn.codes(CELLS) - found)[near == k])) for k in range(len(HELD))]
    counts = [str((near == k).sum()) for k in range(len(HELD))]
    rows = [
        (f"{at:g}", f"{given:g}", f"{one:.2f}", count)
        for at, given, one, count in zip(HELD, LACKS, lacks, counts, strict=True)
    ]
    print(table(("held, LSB", "lacks in the twin", "lacks in ngspice, mean", "conversions"), rows))
    print("codes of ngspice less the twin's:", left.tolist())
    assert np.abs(left).max() <= 2 and np.abs(np.array(lacks) - LACKS).max() <= 0.5
