"""The twins against ngspice: what source lines and rail are connected to in every legal state, and the resistances."""

import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.source_driver import benches, model
from neusoc.pdk.spice.ngspice import deck, run

RAILS = {"vwl_dac": 1.9, "vpp": 3.55}
STATES = [{a, b} - {""} for a in ("", *model.STROBES[:2]) for b in ("", *model.STROBES[2:])]


def test_source_driver_resistances_of_the_twin():
    sheet = datasheet("source_driver")
    found = benches.static(netlist_text("source_driver"), sheet, sheet.conditions["nominal"][0])
    assert {name: found[f"{name}_resistance"] for name in model.RESISTANCE} == pytest.approx(model.RESISTANCE, rel=0.02)


def test_source_driver_two_strobes_of_a_line_are_none():
    assert model.closed(["sl_program", "sl_ground", "wl_dac"]) == (None, "wl_dac")
    assert model.closed(["wl_dac", "wl_full"]) == (None, None)


def test_source_driver_twins_agree_with_ngspice(tmp_path):
    circuit = netlist_text("source_driver") + "vss vss 0 0\n" + "".join(f"v{name} {name} 0 {level}\n" for name, level in RAILS.items())
    for i, state in enumerate(STATES):
        high = " ".join("vpp" if name in state else "vss" for name in model.STROBES)
        circuit += f"x{i} {high} sl{i} vwl{i} vwl_dac vpp vss source_driver\n"
        circuit += "".join(f"v{net}o{i} {net}o{i} 0 1.2\nr{net}{i} {net}o{i} {net}{i} 10meg\n" for net in ("sl", "vwl"))
    names = [f"v({net}{i})" for i in range(len(STATES)) for net in ("sl", "vwl")]
    found = run(deck(circuit, ["op", *(f"print {name}" for name in names)]), timeout=300).measures
    for i, state in enumerate(STATES):
        wanted = [1.2 if level is None else level for level in model.levels(state, RAILS)]
        assert [found[f"v(sl{i})"], found[f"v(vwl{i})"]] == pytest.approx(wanted, abs=0.05), state

    # the Verilog twin, with the DAC's level low and high
    lines = ""
    for state in STATES:
        bits = "".join(str(int(name in state)) for name in model.STROBES)
        lines += f"s = 4'b{bits};\n" + "".join(f"dac = {level}; #10 $write(\"%b%b\", sl, vwl);\n" for level in (0, 1)) + '$write("\\n");\n'
    ports = ", ".join(f".{name}_vpp(s[{3 - i}])" for i, name in enumerate(model.STROBES))
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [3:0] s; reg dac; wire sl, vwl; wire level = dac, one = 1'b1, zero = 1'b0;\n"
        f"source_driver dut({ports}, .sl(sl), .vwl(vwl), .vwl_dac(level), .vpp(one), .vss(zero));\n"
        f"initial begin\n{lines}$finish(0); end\nendmodule\n"
    )
    text = simulated("source_driver", bench_text, tmp_path)
    line_of = {"11": "sl_program", "00": "sl_ground", "zz": None}
    rail_of = {"01": "wl_dac", "11": "wl_full", "zz": None}
    shown = [(line_of.get(bits[0::2], bits), rail_of.get(bits[1::2], bits)) for bits in text.split()]
    assert shown == [model.closed(state) for state in STATES]
