"""The Verilog twin compared with ngspice: levels for every supply state, delays of the extracted layout."""

import functools

import pytest
from neusoc.analog.bench.characterise import device, measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.row_driver.benches import bench
from neusoc.pdk.spice.ngspice import deck, run

VDD, VWL = 1.8, 3.3
# (row, vdd1v8, vpp, vwl): no signal without its supply, no rail above vpp
STATES = [
    (r, d, p, w)
    for r in (0, 1)
    for d in (0, 1)
    for p in (0, 1)
    for w in (0, 1)
    if (d or not r) and (p or not w)
]


@functools.cache
def _nominal():
    """Extracted delays at the nominal condition, ns."""
    sheet = datasheet("row_driver")
    condition = sheet.conditions["nominal"][0]
    sheet = sheet.model_copy(update={"conditions": {name: [condition] for name in sheet.conditions}})
    found = measure(
        "row_driver", device("row_driver", "extracted"), sheet, "extracted", ("delay_on", "delay_off")
    )
    return {name: values[condition] for name, values in found.items()}


@functools.cache
def _verilog(tmp):
    """Levels of wl for each state, and (rising, falling) delay in ns, from Icarus."""
    lines = "".join(
        f"in_1v8 = {row}; vdd = {vdd}; vpp = {vpp}; vwl = {vwl}; #10 $display(\"level %b\", wl);\n"
        for row, vdd, vpp, vwl in STATES
    )
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg in_1v8, vdd, vpp, vwl; reg vss; wire wl; realtime start;\n"
        "wire v1 = vdd, v2 = vwl, v3 = vss, v4 = vpp;\n"
        "row_driver dut(.in_1v8(in_1v8), .wl(wl), .vdd1v8(v1), .vpp(v4), .vwl(v2), .vss(v3));\n"
        f"initial begin\nvss = 0;\n{lines}"
        "in_1v8 = 0; vdd = 1; vpp = 1; vwl = 1; #10 start = $realtime; in_1v8 = 1;\n"
        "@(posedge wl) $display(\"delay %f\", $realtime - start);\n"
        "#10 start = $realtime; in_1v8 = 0; @(negedge wl) $display(\"delay %f\", $realtime - start);\n"
        "vss = 1'bz; #10 $display(\"floating %b\", wl);\n$finish; end\nendmodule\n"
    )
    text = simulated("row_driver", bench_text, tmp)
    words = [line.split() for line in text.splitlines()]
    return (
        [w[1] for w in words if w[0] == "level"],
        [float(w[1]) for w in words if w[0] == "delay"],
        [w[1] for w in words if w[0] == "floating"],
    )


@pytest.fixture(scope="module")
def verilog(tmp_path_factory):
    return _verilog(tmp_path_factory.mktemp("twins"))


def test_row_driver_verilog_levels(verilog):
    circuit = device("row_driver", "schematic") + "vss vss 0 0\n"
    for i, (row, vdd, vpp, vwl) in enumerate(STATES):
        ramp, line = f"pwl(0 0 1u {vpp * VWL})", f"pwl(0 0 1u {vwl * VWL})"
        circuit += (
            f"vdd{i} vdd{i} 0 {vdd * VDD}\nvin{i} in{i} 0 {row * VDD}\nvpp{i} vpp{i} 0 {ramp}\nvwl{i} vwl{i}"
            f" 0 {line}\n"
        )
        circuit += f"x{i} in{i} wl{i} vdd{i} vpp{i} vwl{i} vss row_driver\n"
    commands = ["tran 5n 4u", *(f"meas tran level{i} find v(wl{i}) at=4u" for i in range(len(STATES)))]
    found = run(deck(circuit, commands)).measures
    analog = [
        "1" if found[f"level{i}"] > 0.9 * VWL else "0" if found[f"level{i}"] < 0.1 else "x"
        for i in range(len(STATES))
    ]
    levels, _, floating = verilog
    assert levels == analog
    assert "1" in levels and "0" in levels
    assert floating == ["x"]


def test_row_driver_verilog_delays(verilog):
    _, delays, _ = verilog
    assert delays == pytest.approx([_nominal()["delay_on"], _nominal()["delay_off"]], rel=0.1)


def test_row_driver_bench_sees_a_broken_driver():
    """A driver without its pull-down never turns on: the bench must fail, not report a number."""
    sheet = datasheet("row_driver")
    broken = "\n".join(
        line for line in device("row_driver", "schematic").splitlines() if not line.startswith("xn_pull_off")
    )
    with pytest.raises(RuntimeError):
        run(bench("pulse", broken, sheet, sheet.conditions["nominal"][0]))
