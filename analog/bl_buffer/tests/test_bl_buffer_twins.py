"""The behavioural twins against ngspice: levels, load, slewing and settling, and Verilog against numpy."""

import functools
import re

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.bl_buffer import benches, model
from neusoc.pdk.spice.ngspice import deck, run

TIME = np.arange(0, 3.5e-6, 1e-9)
VIN = np.where((benches.UP <= TIME) & (benches.DOWN > TIME), 1.2, 0.16)


@functools.cache
def _arrays(name):
    sheet = datasheet("bl_buffer")
    condition = sheet.conditions["nominal"][0]
    circuit, commands = benches.bench(name, netlist_text("bl_buffer"), sheet, condition)
    return run(
        deck(circuit, commands, corner=condition.corner, temperature=condition.temperature), timeout=300
    ).arrays[name]


def test_bl_buffer_model_has_the_static_levels():
    found = _arrays("transfer")
    inside = found["v(vin)"] <= 1.2 + 1e-6
    assert found["v(vout)"][inside] == pytest.approx(
        model.BlBuffer().volts(found["v(vin)"][inside]), abs=1e-3
    )


def test_bl_buffer_model_sags_like_the_circuit():
    found = _arrays("drive")
    at = np.abs(found["v(vin)"] - 0.96) < 1e-3
    out = model.BlBuffer().volts(0.96, np.array([0, 0.5, 1]) * model.MOST)
    assert found["v(vout)"][at] == pytest.approx(out, abs=2e-3)


def test_bl_buffer_model_settles_like_the_circuit():
    found = _arrays("settle")
    spice, out = np.interp(TIME, found["time"], found["v(vout)"]), model.BlBuffer().vout(TIME, VIN)
    half = datasheet("bl_buffer").setup["half_step_mv"] * 1e-3
    for start, stop in ((benches.UP, benches.DOWN), (benches.DOWN, TIME[-1])):
        times = [benches.settling(TIME, wave, start, stop, half) for wave in (out, spice)]
        assert times[0] == pytest.approx(times[1], rel=0.15), start
    assert np.abs(out - spice).max() < 0.1 * 2.6 and np.abs(out - spice).mean() < 0.01 * 2.6


def test_bl_buffer_model_refuses_what_it_does_not_know():
    for vin, current, words in (
        (1.5, 0, "vin 1.5 V: give 0.16 to 1.36 V"),
        (0.1, 0, "vin 0.1 V"),
        (1.0, 1e-3, "0.001 A drawn: give 0 to"),
    ):
        with pytest.raises(ValueError, match=words):
            model.BlBuffer().volts(vin, current)
    assert model.BlBuffer(enabled=False).volts(1.0) == 0


def test_bl_buffer_verilog_has_the_models_numbers():
    text = (benches.FOLDER / "bl_buffer.v").read_text()
    found = {name: float(value) for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e-]+)", text)}
    assert (found["Offset"], found["Gain"]) == (model.OFFSET, model.GAIN)
    assert [found[n] * 1e9 for n in ("SlewUp", "SlewDown")] == pytest.approx([model.SLEW_UP, model.SLEW_DOWN])
    assert [found[n] * 1e-9 for n in ("Tau", "Delay")] == pytest.approx([model.TAU, model.DELAY])


def test_bl_buffer_verilog_follows_the_model(tmp_path):
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg enable; integer i; wire driven; wire one = 1, zero = 0;"
        " wire open;\nbl_buffer dut(.vin(one), .enable_1v8(enable), .vout(driven), .vsense(driven),"
        " .ibias(one), .vpp(one), .vss(zero));\nbl_buffer loose(.vin(one), .enable_1v8(enable), .vout(),"
        " .vsense(open), .ibias(one), .vpp(one), .vss(zero));\ninitial begin enable = 0; #100 $display(\"off"
        " %b %f\", driven, dut.vout_level); enable = 1;\n#1000 $display(\"loose %b\", loose.vout);\nfor (i ="
        " 0; i < 3500; i = i + 1) begin if (i == 500) dut.vin_volts = 1.2; if (i == 2000) dut.vin_volts ="
        " 0.16;\n#0.9 $display(\"level %f\", dut.vout_level); #0.1; end $finish; end\nendmodule\n"
    )
    text = simulated("bl_buffer", bench_text, tmp_path)
    words = [line.split() for line in text.splitlines()]
    assert [w[1:] for w in words if w[0] == "off"] == [["0", "0.000000"]] and [
        w[1] for w in words if w[0] == "loose"
    ] == ["0"]
    levels = np.array([float(w[1]) for w in words if w[0] == "level"])
    assert len(levels) == len(TIME) and np.abs(levels - model.BlBuffer().vout(TIME, VIN)).max() < 0.05


def test_bl_buffer_verilog_ends_at_its_supply(tmp_path):
    """A level above what vin may be: the output is at vpp, and comes back."""
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nwire driven; wire one = 1, zero = 0;\nbl_buffer dut(.vin(one),"
        " .enable_1v8(one), .vout(driven), .vsense(driven), .ibias(one), .vpp(one), .vss(zero));\ninitial"
        " begin dut.vpp_volts = 3.3; dut.vin_volts = 2.6; #2000 $display(\"level %f\","
        " dut.vout_level);\ndut.vin_volts = 0.4; #2000 $display(\"level %f\", dut.vout_level); $finish;"
        " end\nendmodule\n"
    )
    text = simulated("bl_buffer", bench_text, tmp_path)
    found = [float(line.split()[1]) for line in text.splitlines() if line.startswith("level ")]
    assert found == pytest.approx([3.3, float(model.BlBuffer().volts(0.4))], abs=1e-4)
