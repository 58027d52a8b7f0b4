"""Mismatch and linearity of the DAC's string."""

import re

import numpy as np
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.dac6.bench_parts import linearity, sample


def test_dac6_mismatch_of_a_few_samples():
    condition = datasheet("dac6").conditions["nominal"][0]
    drawn = np.array([sample(netlist_text("dac6"), condition, seed) for seed in (1, 2, 1)])
    assert np.array_equal(drawn[0], drawn[2]) and not np.array_equal(drawn[0], drawn[1])
    inl, dnl = linearity(drawn, 1.0)
    assert 0.001 < np.abs(inl).max() < 0.4 and 0.001 < np.abs(dnl).max() < 0.2


def test_dac6_mismatch_sees_a_bad_resistor():
    bad, count = re.subn(r"^(xr_unit\[40\] .* l=)6 ", r"\g<1>12 ", netlist_text("dac6"), flags=re.M)
    assert count == 1
    taps = sample(bad, datasheet("dac6").conditions["nominal"][0], 1)
    assert 0.7 < np.abs(linearity(taps, 1.0)[1]).max() < 1.3


def test_dac6_linearity_by_hand():
    inl, dnl = linearity(np.array([0.0, 1.0, 3.0, 3.0]), 1.0)
    assert inl.tolist() == [0, 0, 1, 0] and dnl.tolist() == [0, 1, -1]
