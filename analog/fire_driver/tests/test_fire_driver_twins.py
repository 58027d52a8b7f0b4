"""The Verilog twin compared with ngspice: what each bit line is on, state by state."""

import itertools

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.pdk.spice.ngspice import deck, run

LEVELS = {"vfire": 2.8, "vref": 0.9, None: 1.8}  # None: what pulls a bit line whose switches are open
STATES = list(itertools.product((0, 1), repeat=3))  # fire, phi_1, phi_2


@pytest.fixture(scope="module")
def closed():
    """(bl_p, bl_n) that ngspice shows in each of STATES."""
    circuit = (
        netlist_text("fire_driver")
        + "vdd vdd1v8 0 1.8\nvpp vpp 0 3.3\nvss vss 0 0\nvo open 0 1.8\nvf vfire 0 2.8\nvr vref 0 0.9\n"
    )
    for i, (fire, *phases) in enumerate(STATES):
        inputs = " ".join(["vdd1v8" if fire else "vss", *("vpp" if phi else "vss" for phi in phases)])
        circuit += (
            f"x{i} {inputs} p{i} n{i} vfire vref vdd1v8 vpp vss fire_driver\nrp{i} open p{i} 10meg\nrn{i}"
            f" open n{i} 10meg\n"
        )
    found = run(
        deck(circuit, ["op", *(f"print v({s}{i})" for i in range(len(STATES)) for s in "pn")]), timeout=300
    ).measures
    return [
        tuple(min(LEVELS, key=lambda rail: abs(LEVELS[rail] - found[f"v({s}{i})"])) for s in "pn")
        for i in range(len(STATES))
    ]


def test_fire_driver_verilog_closes_what_ngspice_closes(closed, tmp_path):
    """Each state with vfire high and vref low, and the other way round: a bit line shows which of them it is
    on."""
    lines = ""
    for state in STATES:
        for levels in ("10", "01"):
            lines += (
                f"{{fire, phi_1, phi_2}} = 3'b{''.join(map(str, state))}; rails = 2'b{levels}; #10"
                " $write(\"%b%b \", p, n);\n"
            )
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg fire, phi_1, phi_2; reg [1:0] rails; wire p, n;\nwire"
        " vfire = rails[1], vref = rails[0], one = 1'b1, zero = 1'b0;\nfire_driver dut(.fire_1v8(fire),"
        " .phi_1_vpp(phi_1), .phi_2_vpp(phi_2), .bl_p(p), .bl_n(n), .vfire(vfire), .vref(vref),"
        f" .vdd1v8(one), .vpp(one), .vss(zero));\ninitial begin\n{lines}$finish(0); end\nendmodule\n"
    )
    words = simulated("fire_driver", bench_text, tmp_path).split()
    meaning = {"10": "vfire", "01": "vref", "zz": None}
    seen = [tuple(meaning[words[2 * i][k] + words[2 * i + 1][k]] for k in (0, 1)) for i in range(len(STATES))]
    assert seen == closed and {rail for pair in closed for rail in pair} == set(LEVELS)
