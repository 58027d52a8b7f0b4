"""The schematic's figures at the typical and the worst corners, the whole datasheet in the full tier, and what the benches must see."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bl_buffer import benches

MISSED = {"settle_up", "settle_down", "settle_up_20pf", "settle_down_20pf"}       # bl_buffer.yaml says why
QUICK = [("tt", 27), ("sf_ll", 125), ("ff_hh", 125)]                              # typical, least phase margin, least gain margin


@pytest.mark.parametrize(
    ("names", "missed"), [(("transfer", "drive", "loop"), set()), pytest.param(("settle",), MISSED, marks=pytest.mark.full)]
)
def test_bl_buffer_figures_quick(names, missed):
    sheet = datasheet("bl_buffer")
    found = measure("bl_buffer", netlist_text("bl_buffer"), sheet.at(QUICK), "schematic", sheet.names(*names))
    assert set(sheet.missed(found)) == missed
    assert all(len(values) == 4 for values in found.values())                     # tt stands at two supplies


def test_bl_buffer_spread_of_a_few_samples():
    sheet = datasheet("bl_buffer")
    drawn = [benches.sample(netlist_text("bl_buffer"), sheet, sheet.conditions["nominal"][0], seed) for seed in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1] and all(abs(error) < 0.05 for error in drawn)


@pytest.mark.parametrize(
    ("good", "bad", "bench", "figure"),
    [
        # the compensation at the gate in place of the cascode: no way past the gate's pole
        ("xc_comp fold_in vout", "xc_comp gate_n vout", "loop", "phase_margin"),
        ("xp_off_out gate_p on", "xp_off_out gate_p vpp", "powerdown", "off_current"),
        ("xr_lower[0] dn[0] vss", "xr_lower[0] dn[0] dn[1]", "transfer", "error_foot"),
        ("w=37.6 l=0.5 nf=8", "w=1 l=0.5 nf=1", "drive", "output_resistance"),
    ],
)  # fmt: skip
def test_bl_buffer_benches_see_faults(good, bad, bench, figure):
    sheet, dut = datasheet("bl_buffer"), netlist_text("bl_buffer")
    assert dut.count(good) == 1
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ff_ll", 125))
    (value,) = (benches.simulate(bench, dut.replace(good, bad), sheet, hot, {figure})[figure],)
    scale = {"off_current": 1e9, "error_foot": 1e3}.get(figure, 1)
    assert not sheet.parameters[figure].allows(value * scale)


def test_bl_buffer_loop_sees_an_inner_resonance():
    """Without damp the loop of compensation, cascode and output rings at 0.35 mA, and its gain comes back above 1."""
    sheet, dut = datasheet("bl_buffer"), netlist_text("bl_buffer")
    bare, count = re.subn(r"^xc_damp .*\n", "", dut, flags=re.M)
    assert count == 1
    with pytest.raises(ValueError, match="gain crosses 1 2 times"):
        benches.loop_margins(bare, sheet, sheet.conditions["nominal"][0])


def test_bl_buffer_margins_by_hand():
    """Two equal poles a decade above a gain of 10: at the crossing each has turned by atan(crossing / pole)."""
    frequency = np.logspace(0, 9, 2000)
    pole = 1e4
    gain = 1e3 / (1 + 1j * frequency / 10) / (1 + 1j * frequency / pole) ** 2
    crossing = frequency[np.flatnonzero(np.abs(gain) <= 1)[0]]
    phase, room = benches.margins(frequency, gain)
    assert phase == pytest.approx(180 - np.degrees(np.arctan(crossing / 10) + 2 * np.arctan(crossing / pole)), abs=0.5)
    turned = pole * np.sqrt(1 + 20 / pole)                                        # sum of the three angles is 180 deg there
    assert room == pytest.approx(-20 * np.log10(np.abs(1e3 / (1 + 1j * turned / 10) / (1 + 1j * turned / pole) ** 2)), abs=0.2)
    with pytest.raises(ValueError, match="crosses 1 0 times"):
        benches.margins(frequency, gain / 1e4)
