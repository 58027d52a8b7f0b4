"""The behavioural twins against ngspice: levels, settling, and Verilog against numpy."""

import functools

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.dac6 import bench_parts, benches, model
from neusoc.pdk.spice.ngspice import run

TIME = np.arange(0, benches.STEP * len(bench_parts.SEQUENCE), 0.5e-9)
CODES = np.repeat(bench_parts.SEQUENCE, len(TIME) // len(bench_parts.SEQUENCE) + 1)[: len(TIME)]


@functools.cache
def _spice():
    sheet = datasheet("dac6")
    found = run(benches.bench("settle", netlist_text("dac6"), sheet, sheet.conditions["nominal"][0]), timeout=600).arrays["settle"]
    return np.interp(TIME, found["time"], found["v(vout)"])


def test_dac6_model_levels():
    ends = np.arange(1, len(bench_parts.SEQUENCE) + 1) * benches.STEP - 2e-9
    wanted = model.Dac6().levels()[list(bench_parts.SEQUENCE)]
    assert np.interp(ends, TIME, _spice()) == pytest.approx(wanted, abs=0.25 * benches.COARSE[1])


@pytest.mark.parametrize("fine", [pytest.param(False, marks=pytest.mark.full), True])
def test_dac6_model_has_the_static_levels_of_both_ranges(fine):
    sheet = datasheet("dac6")
    found = benches.transfer(netlist_text("dac6"), sheet, sheet.conditions["nominal"][0], fine=fine)["levels"]
    step = (benches.FINE if fine else benches.COARSE)[1]
    assert found == pytest.approx(model.Dac6(fine=fine).levels(), abs=0.15 * step)


def test_dac6_model_settles_like_the_circuit():
    out = model.Dac6().vout(TIME, bench_parts.code_at(TIME, benches.STEP))
    for i in range(1, 4):
        times = [bench_parts.settling(TIME, wave, i * benches.STEP, benches.COARSE[1] / 2, benches.STEP) for wave in (out, _spice())]
        assert times[0] == pytest.approx(times[1], rel=0.35), i
    # 3 % of the scale on average, edges included: the circuit starts faster and ends slower than one slew rate and one exponential
    assert np.abs(out - _spice())[TIME < 4 * benches.STEP].mean() < 0.03 * 3.0


def test_dac6_model_refuses_a_code():
    with pytest.raises(ValueError, match="DAC code 64: give 0 to 63"):
        model.Dac6().vout(TIME[:4], np.array([0, 1, 64, 2]))
    for code, words in ((-1, "DAC code -1: give 0 to 63"), (1.5, "DAC codes of type float64: give integers"), ([3, 70], "DAC code 70:")):
        with pytest.raises(ValueError, match=words):
            model.Dac6().volts(code)


def test_dac6_model_volts_are_its_levels():
    for fine in (False, True):
        dac = model.Dac6(fine=fine)
        codes = np.arange(64)[::-1].reshape(8, 8)
        assert np.array_equal(dac.volts(codes), dac.levels()[codes]) and dac.volts(5) == dac.levels()[5]


def test_dac6_verilog_follows_the_model(tmp_path):
    stop = 900
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [5:0] code; reg fine, enable; integer i;\n"
        "wire driven; wire vdd = 1, vpp = 1, vss = 0, ib = 1;\n"
        "dac6 dut(.code_1v8(code), .fine_1v8(fine), .enable_1v8(enable), .vout(driven), .vref(1'b1), .ibias(ib),"
        " .vdd1v8(vdd), .vpp(vpp), .vss(vss));\n"
        'initial begin code = 0; fine = 0; enable = 0; #100 $display("off %b %f", driven, dut.vout_level); enable = 1; #400;\n'
        f'for (i = 0; i < {stop}; i = i + 1) begin if (i == 0) code = 0; if (i == 300) code = 63; if (i == 600) code = 10;'
        ' #0.9 $display("level %f", dut.vout_level); #0.1; end\n'
        'fine = 1; code = 63; #400 $display("fine %f", dut.vout_level); $finish; end\nendmodule\n'
    )
    text = simulated("dac6", bench_text, tmp_path)
    words = [line.split() for line in text.splitlines()]
    assert [w[1:] for w in words if w[0] == "off"] == [["0", "0.000000"]]
    levels = np.array([float(w[1]) for w in words if w[0] == "level"])
    time = np.arange(stop) * 1e-9
    code = np.where(time < 299.5e-9, 0, np.where(time < 599.5e-9, 63, 10))
    fine_time = np.arange(0, stop * 1e-9, 0.5e-9)
    fine_code = np.where(fine_time < 299.5e-9, 0, np.where(fine_time < 599.5e-9, 63, 10))
    wave = np.interp(time + 0.9e-9, fine_time, model.Dac6().vout(fine_time, fine_code))
    assert len(levels) == len(code) and np.abs(levels - wave).max() < 0.08
    assert float(next(w[1] for w in words if w[0] == "fine")) == pytest.approx(model.Dac6(fine=True).levels()[63], abs=1e-3)
