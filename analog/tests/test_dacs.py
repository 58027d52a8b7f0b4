"""Both DACs: their twins compared with ngspice and Verilog, and the mismatch of their strings."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.dac6 import bench_parts
from neusoc.analog.dac6 import benches as dac6_benches
from neusoc.analog.dac6.bench_parts import SEQUENCE, linearity, sample, settling
from neusoc.analog.dac6.model import COARSE, FINE, Dac, Dac6
from neusoc.analog.string_dac import benches as string_benches
from neusoc.analog.string_dac import model as string_model
from neusoc.analog.string_dac.model import StringDac
from neusoc.analog.tests.netlists import changed
from neusoc.pdk.spice.ngspice import run


class Case(NamedTuple):
    """A DAC.

    Attributes:
        benches: module of its benches.
        twin: class of its twin.
        step: ideal step, V.
        off: largest error of its levels at rest, steps.
        mean: largest error of its output over 0.3 us after a change, of the whole scale.
        changes: changes of the code that settle alike.
        ports: further ports of its Verilog twin.
    """

    benches: ModuleType
    twin: type[Dac]
    step: float
    off: float
    mean: float
    changes: tuple[int, ...]
    ports: str


CASES = {
    "dac6": Case(dac6_benches, Dac6, COARSE[1], 0.25, 0.04, (1, 2, 3), ".fine_1v8(fine), "),
    "string_dac": Case(string_benches, StringDac, string_model.STEP, 0.1, 0.025, (1, 2), ""),
}


@pytest.fixture(params=CASES)
def dac(request):
    return request.param, CASES[request.param]


@functools.cache
def _spice(name):
    """Times (s), and the output of the schematic (V) after the codes of SEQUENCE."""
    sheet, benches = datasheet(name), CASES[name].benches
    time = np.arange(0, benches.STEP * len(SEQUENCE), 0.5e-9)
    text = benches.bench("settle", netlist_text(name), sheet, sheet.conditions["nominal"][0])
    waves = run(text, timeout=600).arrays["settle"]
    return time, np.interp(time, waves["time"], waves["v(vout)"])


def test_dac_twin_has_the_levels_of_the_schematic(dac):
    name, case = dac
    ends = np.arange(1, len(SEQUENCE) + 1) * case.benches.STEP - 2e-9
    wanted = case.twin().levels()[list(SEQUENCE)]
    assert np.interp(ends, *_spice(name)) == pytest.approx(wanted, abs=case.off * case.step)


@pytest.mark.parametrize("fine", [pytest.param(False, marks=pytest.mark.full), True])
def test_dac6_twin_has_the_static_levels_of_both_ranges(fine):
    sheet = datasheet("dac6")
    nominal = sheet.conditions["nominal"][0]
    levels = dac6_benches.transfer(netlist_text("dac6"), sheet, nominal, fine=fine)["levels"]
    assert levels == pytest.approx(Dac6(fine=fine).levels(), abs=0.15 * (FINE if fine else COARSE)[1])


def test_dac_twin_settles_like_the_schematic(dac):
    name, case = dac
    time, spice = _spice(name)
    out = case.twin().vout(time, bench_parts.code_at(time, case.benches.STEP))
    for i in case.changes:
        start = i * case.benches.STEP
        times = [settling(time, wave, start, case.step / 2, case.benches.STEP) for wave in (out, spice)]
        assert times[0] == pytest.approx(times[1], rel=0.35), i
    # taps differ, and no time constant is right for all
    starts = [i * case.benches.STEP for i in case.changes]
    near = np.any([(time >= start) & (time < start + 0.3e-6) for start in starts], axis=0)
    assert np.abs(out - spice)[near].mean() < case.mean * 63 * case.step


def test_dac_twin_refuses_a_code(dac):
    _, case = dac
    time = np.arange(4) * 1e-9
    with pytest.raises(ValueError, match="DAC code 64: give 0 to 63"):
        case.twin().vout(time, np.array([0, 1, 64, 2]))
    for code, words in (
        (-1, "DAC code -1: give 0"),
        (1.5, "type float64: give integers"),
        ([3, 70], "code 70:"),
    ):
        with pytest.raises(ValueError, match=words):
            case.twin().volts(code)


def test_dac_twin_gives_its_levels(dac):
    _, case = dac
    codes = np.arange(64)[::-1].reshape(8, 8)
    for twin in (case.twin(), Dac6(fine=True)):
        assert np.array_equal(twin.volts(codes), twin.levels()[codes]) and twin.volts(5) == twin.levels()[5]


def test_string_dac_levels_are_those_of_dac6_over_the_gain_of_the_buffer():
    assert datasheet("bl_buffer").setup["gain"] == string_model.GAIN
    assert string_model.GAIN * StringDac().levels() == pytest.approx(COARSE[0] + COARSE[1] * np.arange(64))


def test_dac_verilog_follows_the_twin(dac, tmp_path):
    name, case = dac
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [5:0] code; reg fine, enable; integer i;\n"
        "wire driven; wire vdd = 1, vpp = 1, vss = 0, ib = 1;\n"
        f"{name} dut(.code_1v8(code), {case.ports}.enable_1v8(enable), .vout(driven), .vref(1'b1),"
        " .ibias(ib), .vdd1v8(vdd), .vpp(vpp), .vss(vss));\n"
        "initial begin code = 0; fine = 0; enable = 0;\n"
        "#100 $display(\"off %b %f\", driven, dut.vout_level); enable = 1;\n"
        "#900; for (i = 0; i < 900; i = i + 1) begin if (i == 300) code = 63; if (i == 600) code = 10;"
        " #0.9 $display(\"level %f\", dut.vout_level); #0.1; end\n"
        "fine = 1; code = 63; #400 $display(\"fine %f\", dut.vout_level); $finish; end\nendmodule\n"
    )
    words = [line.split() for line in simulated(name, bench_text, tmp_path).splitlines()]
    assert [w[1:] for w in words if w[0] == "off"] == [["0", "0.000000"]]
    levels, time = np.array([float(w[1]) for w in words if w[0] == "level"]), np.arange(900) * 1e-9
    grid = np.arange(0, 900e-9, 0.5e-9)
    code = np.where(grid < 299.5e-9, 0, np.where(grid < 599.5e-9, 63, 10))
    wave = np.interp(time + 0.9e-9, grid, case.twin().vout(grid, code))
    assert len(levels) == len(time) and np.abs(levels - wave).max() < 0.08
    assert np.abs(levels - wave).mean() < 0.0042 * 63 * case.step
    last = Dac6(fine=True) if case.ports else case.twin()
    assert float(next(w[1] for w in words if w[0] == "fine")) == pytest.approx(last.levels()[63], abs=1e-3)


def test_dac6_mismatch_of_a_few_samples():
    condition = datasheet("dac6").conditions["nominal"][0]
    drawn = np.array([sample(netlist_text("dac6"), condition, seed) for seed in (1, 2, 1)])
    assert np.array_equal(drawn[0], drawn[2]) and not np.array_equal(drawn[0], drawn[1])
    inl, dnl = linearity(drawn, 1.0)
    assert 0.001 < np.abs(inl).max() < 0.4 and 0.001 < np.abs(dnl).max() < 0.2


def test_dac_mismatch_sees_a_bad_resistor(dac):
    name, _ = dac
    bad = changed(netlist_text(name), r"^(xr_unit\[40\] .* l=)6 ", r"\g<1>12 ", 1)
    taps = sample(bad, datasheet(name).conditions["nominal"][0], 1)
    assert 0.7 < np.abs(linearity(taps, 1.0)[1]).max() < 1.3


def test_dac_linearity_by_hand():
    inl, dnl = linearity(np.array([0.0, 1.0, 3.0, 3.0]), 1.0)
    assert inl.tolist() == [0, 0, 1, 0] and dnl.tolist() == [0, 1, -1]
