"""The twins' delays compared with the schematic."""

import functools

import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.strobe_driver import benches, model


@functools.cache
def _nominal():
    sheet = datasheet("strobe_driver")
    names = [name for name, p in sheet.parameters.items() if p.bench != "layout"]
    found = measure("strobe_driver", netlist_text("strobe_driver"), sheet, "schematic", names, "nominal")
    return {name: next(iter(values.values())) for name, values in found.items()}


def test_strobe_driver_twins_have_its_delays(tmp_path):
    assert [model.DELAY_ON * 1e9, model.DELAY_OFF * 1e9] == pytest.approx(
        [_nominal()["delay_on"], _nominal()["delay_off"]], rel=0.1
    )
    names = ", ".join(f".{n}_1v8(s[{i}]), .{n}_vpp(h[{i}])" for i, n in enumerate("abcde"))
    moves = "".join(
        f"s = 5'b{sum(1 << i for i, n in enumerate('abcde') if n in state.split()):05b}; #40;\n"
        for state in benches.STATES
    )
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [4:0] s; wire [4:0] h; wire one = 1'b1, zero = 1'b0;\n"
        f"strobe_driver dut({names}, .vdd1v8(one), .vpp(one), .vss(zero));\n"
        "always @(h) if (^h !== 1'bx) $display(\"%f %b\", $realtime, h);\n"
        f"initial begin\n{moves}$finish(0); end\nendmodule\n"
    )
    text = simulated("strobe_driver", bench_text, tmp_path)
    shown = [
        (float(time), {n for i, n in enumerate("abcde") if bits[4 - i] == "1"})
        for time, bits in map(str.split, text.splitlines())
    ]
    high, expected = set(), []
    for time, name, now in model.edges(
        [(i * 40e-9, state.split()) for i, state in enumerate(benches.STATES)]
    ):
        high = high | {name} if now else high - {name}
        expected.append((round(time * 1e9, 2), set(high)))
    merged = {time: state for time, state in expected}  # changes at one moment show once
    assert [pair for pair in shown if pair[0] > 40] == sorted(
        merged.items()
    )  # before, it comes out of the unknown
    assert all(len(state & set(group)) <= 1 for _, state in shown for group in model.GROUPS)
