"""Spread and loop margins of the buffer."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bl_buffer import benches


def test_bl_buffer_spread_of_a_few_samples():
    sheet = datasheet("bl_buffer")
    drawn = [
        benches.sample(netlist_text("bl_buffer"), sheet, sheet.conditions["nominal"][0], seed)
        for seed in (1, 2, 1)
    ]
    assert drawn[0] == drawn[2] != drawn[1] and all(abs(error) < 0.05 for error in drawn)


def test_bl_buffer_loop_sees_an_inner_resonance():
    """Without damp the loop of compensation, cascode and output rings at 0.35 mA, and its gain comes back
    above 1."""
    sheet, dut = datasheet("bl_buffer"), netlist_text("bl_buffer")
    bare, count = re.subn(r"^xc_damp .*\n", "", dut, flags=re.M)
    assert count == 1
    with pytest.raises(ValueError, match="gain crosses 1 2 times"):
        benches.loop_margins(bare, sheet, sheet.conditions["nominal"][0])


def test_bl_buffer_margins_by_hand():
    """Two equal poles a decade above a gain of 10: at the crossing each has turned by atan(crossing /
    pole)."""
    frequency = np.logspace(0, 9, 2000)
    pole = 1e4
    gain = 1e3 / (1 + 1j * frequency / 10) / (1 + 1j * frequency / pole) ** 2
    crossing = frequency[np.flatnonzero(np.abs(gain) <= 1)[0]]
    phase, room = benches.margins(frequency, gain)
    assert phase == pytest.approx(
        180 - np.degrees(np.arctan(crossing / 10) + 2 * np.arctan(crossing / pole)), abs=0.5
    )
    turned = pole * np.sqrt(1 + 20 / pole)  # sum of the three angles is 180 deg there
    assert room == pytest.approx(
        -20 * np.log10(np.abs(1e3 / (1 + 1j * turned / 10) / (1 + 1j * turned / pole) ** 2)), abs=0.2
    )
    with pytest.raises(ValueError, match="crosses 1 0 times"):
        benches.margins(frequency, gain / 1e4)
