"""The Verilog twin compared with ngspice: the rail that the bit line sits at, state by state."""

import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.pdk.spice.ngspice import deck, run

RAILS = {"program": 3.0, "sense": 0.2, "ground": 0.0, "inhibit": 2.6}
OPEN = 1.65  # what pulls a bit line whose switches are open
STROBES = ("sel_program", "sel_sense", "sel_ground", "unsel_ground", "unsel_inhibit")
SELECTED, OTHERS = (None, *STROBES[:3]), (None, *STROBES[3:])
STATES = [(col, {s for s in (one, other) if s}) for col in (0, 1) for one in SELECTED for other in OTHERS]


@pytest.fixture(scope="module")
def closed():
    """Switch that ngspice shows closed in each of STATES, or None."""
    circuit = netlist_text("column_driver") + "vdd vdd1v8 0 1.8\nvpp vpp 0 3.3\nvss vss 0 0\nvo open 0 1.65\n"
    circuit += "".join(f"v{name} {name} 0 {level}\n" for name, level in RAILS.items() if name != "ground")
    for i, (col, strobes) in enumerate(STATES):
        high = " ".join("vpp" if strobe in strobes else "vss" for strobe in STROBES)
        circuit += (
            f"x{i} {'vdd1v8' if col else 'vss'} {high} bl{i} program sense inhibit vdd1v8 vpp vss"
            " column_driver\n"
        )
        circuit += f"r{i} open bl{i} 10meg\n"
    found = run(deck(circuit, ["op", *(f"print v(bl{i})" for i in range(len(STATES)))]), timeout=300).measures
    levels = RAILS | {None: OPEN}
    return [min(levels, key=lambda name: abs(levels[name] - found[f"v(bl{i})"])) for i in range(len(STATES))]


def test_column_driver_verilog_closes_what_ngspice_closes(closed, tmp_path):
    """Each state with all rails low, and with one rail high at a time: the bit line shows which one it is
    on."""
    ports = [f"{strobe}_vpp" for strobe in STROBES]
    lines = ""
    for col, strobes in STATES:
        bits = "".join(str(int(strobe in strobes)) for strobe in STROBES)
        lines += f"col = {col}; {{{', '.join(ports)}}} = 5'b{bits};\n"
        lines += (
            "".join(f"rails = 3'b{1 << (2 - i):03b}; #10 $write(\"%b\", bl);\n" for i in range(3))
            + '$write("\\n");\n'
        )
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg col; reg [2:0] rails;\nreg "
        + ", ".join(ports)
        + ";\nwire bl;\nwire vbl = rails[2], sense = rails[1], sl = rails[0], one = 1'b1, zero ="
        " 1'b0;\ncolumn_driver dut(.col_1v8(col), "
        + ", ".join(f".{p}({p})" for p in ports)
        + ", .bl(bl), .vbl(vbl), .sense_line(sense), .sl(sl), .vdd1v8(one), .vpp(one), .vss(zero));\n"
        f"initial begin\n{lines}$finish(0); end\nendmodule\n"
    )
    text = simulated("column_driver", bench_text, tmp_path)
    meaning = {"100": "program", "010": "sense", "001": "inhibit", "000": "ground", "zzz": None}
    assert [meaning.get(line, line) for line in text.split()] == closed
    assert set(closed) == {None, *RAILS}
