"""The behavioural twins against ngspice: levels, settling, and Verilog against numpy; and the level of a bit line behind the buffer."""

import functools
import re

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.bl_buffer.model import BlBuffer
from neusoc.analog.dac6.bench_parts import SEQUENCE, code_at, code_bits, settling
from neusoc.analog.dac6.model import COARSE
from neusoc.analog.string_dac import benches, model
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.pdk.spice.ngspice import deck, run

TIME = np.arange(0, benches.STEP * len(SEQUENCE), 0.5e-9)


@functools.cache
def _spice():
    sheet = datasheet("string_dac")
    found = run(benches.bench("settle", netlist_text("string_dac"), sheet, sheet.conditions["nominal"][0]), timeout=600).arrays["settle"]
    return np.interp(TIME, found["time"], found["v(vout)"])


def _twin(tau):
    """The twin with another time constant."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "TAU", tau)
        return model.StringDac().vout(TIME, code_at(TIME, benches.STEP))


def test_string_dac_model_has_the_static_levels():
    ends = np.arange(1, len(SEQUENCE) + 1) * benches.STEP - 2e-9
    wanted = model.StringDac().levels()[list(SEQUENCE)]
    assert np.interp(ends, TIME, _spice()) == pytest.approx(wanted, abs=0.1 * model.STEP)


def test_string_dac_model_settles_like_the_circuit():
    out = model.StringDac().vout(TIME, code_at(TIME, benches.STEP))
    for i in (1, 2):
        times = [settling(TIME, wave, i * benches.STEP, model.STEP / 2, benches.STEP) for wave in (out, _spice())]
        assert times[0] == pytest.approx(times[1], rel=0.35), i
    # 2.5 % of the scale over 0.3 us behind each change of all of it: taps differ in resistance, and no one time constant is that of all
    near = np.any([(TIME >= i * benches.STEP) & (TIME < i * benches.STEP + 0.3e-6) for i in (1, 2)], axis=0)
    off = {tau: np.abs(_twin(tau) - _spice())[near].mean() for tau in (model.TAU, 2 * model.TAU, model.TAU / 2)}
    assert off[model.TAU] < 0.025 * 1.2 < min(off[2 * model.TAU], off[model.TAU / 2]), off


def test_string_dac_model_refuses_a_code():
    with pytest.raises(ValueError, match="DAC code 64: give 0 to 63"):
        model.StringDac().vout(TIME[:4], np.array([0, 1, 64, 2]))
    with pytest.raises(ValueError, match="DAC code -1: give 0 to 63"):
        model.StringDac().volts(-1)


def test_string_dac_levels_are_those_of_the_other_dac_over_the_gain_of_the_buffer():
    assert datasheet("bl_buffer").setup["gain"] == model.GAIN
    dac = model.StringDac()
    assert model.GAIN * dac.levels() == pytest.approx(COARSE[0] + COARSE[1] * np.arange(64))
    assert dac.volts([0, 63]) == pytest.approx([0.16, 1.36])


def test_string_dac_verilog_follows_the_model(tmp_path):
    text = (benches.FOLDER / "string_dac.v").read_text()
    found = {name: float(value) for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e-]+)", text)}
    assert [found[n] * 1e-9 for n in ("Tau", "Delay")] == pytest.approx([model.TAU, model.DELAY])
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [5:0] code; reg enable; integer i;\n"
        "wire driven; wire vdd = 1, vpp = 1, vss = 0, ib = 1;\n"
        "string_dac dut(.code_1v8(code), .enable_1v8(enable), .vout(driven), .vref(1'b1), .ibias(ib),"
        " .vdd1v8(vdd), .vpp(vpp), .vss(vss));\n"
        'initial begin code = 0; enable = 0; #100 $display("off %b %f", driven, dut.vout_level); enable = 1; #900;\n'
        "for (i = 0; i < 900; i = i + 1) begin if (i == 300) code = 63; if (i == 600) code = 10;"
        ' #0.9 $display("level %f", dut.vout_level); #0.1; end $finish; end\nendmodule\n'
    )
    words = [line.split() for line in simulated("string_dac", bench_text, tmp_path).splitlines()]
    assert [w[1:] for w in words if w[0] == "off"] == [["0", "0.000000"]]
    levels, time = np.array([float(w[1]) for w in words if w[0] == "level"]), np.arange(900) * 1e-9
    fine = np.arange(0, 900e-9, 0.5e-9)
    code = np.where(fine < 299.5e-9, 0, np.where(fine < 599.5e-9, 63, 10))
    wave = np.interp(time + 0.9e-9, fine, model.StringDac().vout(fine, code))
    assert len(levels) == len(time) and np.abs(levels - wave).max() < 0.08 and np.abs(levels - wave).mean() < 0.005


# the same current of a cell as in bl_buffer.yaml, and the level asked for, V
BEHIND = """
{dac}
{buffer}
vpp vpp 0 3.55
vdd vdd1v8 0 1.8
vss vss 0 0
vref vref 0 0.56
venable enable_1v8 0 1.8
ione vpp ione 1u
itwo vpp itwo 1u
{bits}
xdac {pins} enable_1v8 vref ione vin vdd1v8 vpp vss string_dac
xbuffer {buffer_nets} bl_buffer
icell vbl 0 {current}
cline vbl 0 2p
"""


def _behind(codes, step, current):
    """Deck of both blocks as the core joins them."""
    parts = [netlist_text(name) for name in ("string_dac", "bl_buffer")]
    order = re.search(r"^\.subckt bl_buffer (.*)$", parts[1], re.M)[1].split()
    nets = {"vin": "vin", "enable_1v8": "enable_1v8", "vout": "vbl", "vsense": "vbl", "ibias": "itwo", "vpp": "vpp", "vss": "vss"}
    return BEHIND.format(
        dac=parts[0], buffer=parts[1], bits=code_bits(codes, 1.8, step), pins=" ".join(f"code_1v8[{b}]" for b in range(6)), current=current,
        buffer_nets=" ".join(nets[pin] for pin in order),
    )  # fmt: skip


@pytest.mark.parametrize(("corner", "celsius"), [("tt", 27), pytest.param("ss_hh", 125, marks=pytest.mark.full)])
@pytest.mark.parametrize("code", [34, 54])
def test_string_dac_and_the_buffer_settle_within_28_cycles(code, corner, celsius):
    """What bl_buffer's README asks of PATH_TIMING.program_settle has this DAC in it, from code 0 as behind a RESET."""
    circuit = _behind((0, code), 4e-6, 0)
    found = run(deck(circuit, ["tran 2n 8u", "write joint.raw v(vbl)"], corner=corner, temperature=celsius)).arrays["joint"]
    took = settling(found["time"], found["v(vbl)"], 4e-6, COARSE[1] / 2, 4e-6)
    assert 0.2e-6 < took < 28 * CLOCK_S, took


@pytest.mark.parametrize(("code", "current"), [(0, 0), (19, 0), (34, 166e-6), (54, 350e-6)])
def test_string_dac_gives_the_bit_lines_the_level_that_its_code_says(code, current):
    """Both blocks in transistors, as the core joins them; a buffer more had the bit lines at vpp from code 19 on."""
    circuit = _behind((code,), 1e-6, current)
    level = run(deck(circuit, ["tran 20n 6u", "meas tran level find v(vbl) at=5.9u"], corner="tt", temperature=27)).measures["level"]
    assert level == pytest.approx(float(BlBuffer().volts(model.StringDac().volts(code), current)), abs=5e-3)
    assert level == pytest.approx(COARSE[0] + COARSE[1] * code, abs=8e-3)
