"""The behavioural twins: model.py against ngspice (static transfer, conversions), sense_adc.v against
model.py."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.sense_adc import figures
from neusoc.analog.sense_adc.conversions import convert, transfer
from neusoc.analog.sense_adc.model import BIT_ERRORS, BITS, READ, STEP, SenseAdc, approximate, sampled_bits
from neusoc.software.emulator.parameters import measured

CELLS = np.array([0.3e-6, 3e-6, 11e-6, 33e-6, 60e-6, 88e-6])


@pytest.fixture(scope="module")
def spice():
    return netlist_text("sense_adc"), datasheet("sense_adc"), datasheet("sense_adc").conditions["nominal"][0]


@pytest.mark.parametrize("fine", [False, True])
def test_sense_adc_model_transfer(spice, fine):
    """Codes over the range within one of the static transfer of the schematic."""
    cells = CELLS / (8 if fine else 1)
    found = transfer(*spice, fine)[0].codes(cells)
    twin = [SenseAdc(fine=fine).convert(cell) for cell in cells]
    assert np.abs(found - twin).max() <= 1, (found, twin)


@pytest.mark.full
def test_sense_adc_model_conversions(spice):
    """Whole conversions in ngspice: comparator and hold add an offset of a code or two, the same for both
    cells."""
    cells = [20e-6, 70e-6]
    found = convert(*spice, cells)
    twin = np.array([SenseAdc().convert(cell) for cell in cells])
    difference = found.codes - twin
    assert np.abs(difference).max() <= 2 and abs(int(np.diff(difference)[0])) <= 2, (found.codes, twin)


def test_sense_adc_sar_finds_every_code():
    assert [approximate(lambda trial, level=level: level > trial) for level in np.arange(256) + 0.5] == list(
        range(256)
    )
    assert SenseAdc().convert(0.0) == 0 and SenseAdc().convert(1e-3) == 255


@pytest.mark.parametrize("fine", [False, True])
def test_sense_adc_bits_are_those_of_the_schematic(spice, fine):
    dac = transfer(*spice, fine)[0].dac
    bits = (dac[2 ** np.arange(BITS)] - dac[0]) / ((dac[255] - dac[0]) / 255) / 2.0 ** np.arange(BITS) - 1
    assert bits == pytest.approx(BIT_ERRORS, abs=0.0005)


def test_sense_adc_sampled_bits_spread_as_the_datasheet_says():
    """INL and DNL of many converters, against the Monte Carlo of the transistors."""
    normal = np.random.default_rng(3).standard_normal((4000, BITS))
    weights = 2.0 ** np.arange(BITS) * (1 + np.array([sampled_bits(row) for row in normal]))
    found = figures.spread(weights, np.ones((4000, 3)) * [0, 1, 2], np.zeros(4000), np.zeros(255), 0.0)
    for name in ("inl_sigma", "dnl_sigma"):
        assert found[name] == pytest.approx(measured("analog.sense_adc", name, "schematic"), rel=0.05)


def test_sense_adc_codes_of_many_cells_are_those_of_the_loop():
    bits = sampled_bits(np.array([2.0, -2.0, 1.0, -1.0, 2.0, -2.0, 1.0, -2.0]))
    cells = np.linspace(0, 92e-6, 300)
    for adc in (
        SenseAdc(bit_errors=bits),
        SenseAdc(fine=True, bit_errors=bits),
        SenseAdc(ideal=True),
        SenseAdc(bias=2e-6),
    ):
        assert adc.codes(cells).tolist() == [adc.convert(cell) for cell in cells]
    ideal = SenseAdc(ideal=True)
    assert ideal.codes(STEP * np.arange(256)).tolist() == list(range(256)) and ideal.step == STEP
    assert ideal.codes(np.array([[0.0, 3 * STEP]]), 1.0).tolist() == [[1, 4]]


def test_sense_adc_model_inverts():
    for fine in (False, True):
        adc = SenseAdc(fine=fine)
        cells = np.linspace(2e-6, 80e-6, 40) / (8 if fine else 1)
        back = np.array([adc.conductance(adc.convert(cell)) for cell in cells])
        assert np.abs(back - cells).max() <= 0.51 * STEP / (8 if fine else 1)


def test_sense_adc_model_bad_input():
    with pytest.raises(ValueError, match="negative"):
        SenseAdc().sample(-1e-6)
    with pytest.raises(ValueError, match="negative"):
        SenseAdc().codes(np.array([1e-6, -1e-6]))
    with pytest.raises(ValueError, match="trial 256"):
        SenseAdc().above(256)


def test_sense_adc_verilog_agrees_with_the_model(tmp_path):
    """The SAR loop in Verilog over both ranges; no answer without enable, nor a change of the held value
    after sampling."""
    cases = [(cell / (8 if fine else 1), fine) for fine in (False, True) for cell in (0.0, *CELLS, 1e-3)]
    body = "".join(f"convert({cell * 1e6:.6f}, {int(fine)});\n" for cell, fine in cases)
    bench_text = (
        "`timescale 1ns / 1ps\nmodule bench;\nreg enable = 1, range = 0, sample = 0, strobe = 0; reg [7:0]"
        " trial = 0, code;\nwire one = 1'b1; wire zero = 1'b0; wire above, valid; integer k;\nsense_adc"
        " dut(.sense(zero), .vread(one), .vref(one), .ibias(one), .adc_enable_1v8(enable),"
        " .adc_range_1v8(range), .adc_sample_1v8(sample), .adc_trial_1v8(trial), .adc_strobe_1v8(strobe),"
        " .adc_above_1v8(above), .adc_valid_1v8(valid), .vdd1v8(one), .vss(zero));\ntask convert(input real"
        " us, input fine); begin\n range = fine; dut.cell_us = us; sample = 1; #160 sample = 0;\n #1"
        " dut.cell_us = 50.0;\n code = 0;\n for (k = 7; k >= 0; k = k - 1) begin trial = code | (8'd1 << k);"
        " #40 strobe = 1; #50;\n  if (!valid) $display(\"silent\"); if (above) code = trial; strobe = 0;"
        " #10; end\n $display(\"code %0d\", code); end endtask\n task current(input real ua); begin #1"
        " dut.sense_ua = ua; #1 $display(\"cell %f\", dut.cell_us); end endtask\ninitial"
        f" begin\n{body}current(8.0); enable = 0; #10 strobe = 1; #100 $display(\"disabled %b\", valid);"
        " $finish; end\nendmodule\n"
    )
    text = simulated("sense_adc", bench_text, tmp_path)
    codes = [int(line.split()[1]) for line in text.splitlines() if line.startswith("code ")]
    assert codes == [SenseAdc(fine=fine).convert(cell) for cell, fine in cases]
    assert "silent" not in text and "disabled 0" in text
    assert re.findall(r"cell (\S+)", text) == [f"{8.0 / READ:f}"]
