"""The schematic's figures at the typical condition and the worst two, the twins beside them; the whole datasheet in the full tier."""


import pytest
from neusoc.analog.bench.characterise import characterise, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.line_driver import benches, model
from neusoc.analog.line_driver.layout import ROWS, line_driver
from neusoc.base.report import read_report
from neusoc.pdk.spice.ngspice import deck, run

QUICK = [("tt", 27), ("ss", 125), ("ff", 125)]
RAILS = {"vsl_dac": 2.6, "vsl": 0.85, "vwl_dac": 1.7, "vpp": 3.3}
STATES = [{a, b} - {""} for a in ("", *model.STROBES[:3]) for b in ("", *model.STROBES[3:])]


def test_line_driver_static_figures_quick():
    sheet = datasheet("line_driver")
    found = measure("line_driver", netlist_text("line_driver"), sheet.at(QUICK), "schematic", sheet.names("static"))
    assert {c.corner for c in found["leak_open"]} == {"tt", "ss", "ff"}
    assert not sheet.missed(found)
    nominal = {name: values[sheet.conditions["nominal"][0]] for name, values in found.items()}
    assert {name: nominal[f"{name}_resistance"] for name in model.RESISTANCE} == pytest.approx(model.RESISTANCE, rel=0.02)


def test_line_driver_break_before_make_quick():
    sheet = datasheet("line_driver")
    assert not sheet.missed(measure("line_driver", netlist_text("line_driver"), sheet, "schematic", sheet.names("swap"), "nominal"))


def test_line_driver_bench_sees_two_switches_at_once():
    """A ground switch that hangs on the program strobe: the bench must show what the DAC then drives into ground."""
    sheet = datasheet("line_driver")
    broken = netlist_text("line_driver").replace("sl sl_ground_vpp vss vss", "sl sl_program_vpp vss vss")
    assert broken != netlist_text("line_driver")
    with pytest.raises(RuntimeError, match="does not rise"):
        benches.swap(broken, sheet, sheet.conditions["nominal"][0])


def test_line_driver_twins_agree_with_ngspice(tmp_path):
    circuit = netlist_text("line_driver") + "vss vss 0 0\n" + "".join(f"v{name} {name} 0 {level}\n" for name, level in RAILS.items())
    for i, state in enumerate(STATES):
        high = " ".join("vpp" if name in state else "vss" for name in model.STROBES)
        circuit += f"x{i} {high} sl{i} vsl_dac vsl vwl{i} vwl_dac vpp vss line_driver\n"
        circuit += "".join(f"v{net}o{i} {net}o{i} 0 1.2\nr{net}{i} {net}o{i} {net}{i} 10meg\n" for net in ("sl", "vwl"))
    names = [f"v({net}{i})" for i in range(len(STATES)) for net in ("sl", "vwl")]
    found = run(deck(circuit, ["op", *(f"print {name}" for name in names)]), timeout=300).measures
    for i, state in enumerate(STATES):
        wanted = [1.2 if level is None else level for level in model.levels(state, RAILS)]
        assert [found[f"v(sl{i})"], found[f"v(vwl{i})"]] == pytest.approx(wanted, abs=0.05), state

    # the Verilog twin: of each line the supply that is high, one at a time
    lines = ""
    for state in STATES:
        bits = "".join(str(int(name in state)) for name in model.STROBES)
        lines += f"s = 5'b{bits};\n"
        lines += "".join(f"r = 3'b{1 << (2 - k):03b}; #10 $write(\"%b%b\", sl, vwl);\n" for k in range(3)) + '$write("\\n");\n'
    ports = ", ".join(f".{name}_vpp(s[{4 - i}])" for i, name in enumerate(model.STROBES))
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\nreg [4:0] s; reg [2:0] r; wire sl, vwl;\n"
        "wire vsl_dac = r[2], vsl = r[1], vwl_dac = r[0], one = 1'b1, zero = 1'b0;\n"
        f"line_driver dut({ports}, .sl(sl), .vsl_dac(vsl_dac), .vsl(vsl), .vwl(vwl), .vwl_dac(vwl_dac), .vpp(one), .vss(zero));\n"
        f"initial begin\n{lines}$finish(0); end\nendmodule\n"
    )
    text = simulated("line_driver", bench_text, tmp_path)
    line_of = {"100": "sl_program", "010": "sl_neuron", "000": "sl_ground", "zzz": None}
    rail_of = {"001": "wl_dac", "111": "wl_full", "zzz": None}
    shown = [(line_of.get(bits[0::2], bits), rail_of.get(bits[1::2], bits)) for bits in text.split()]
    assert shown == [model.closed(state) for state in STATES]


@pytest.mark.full
def test_line_driver_figures_extracted(tmp_path):
    report, _ = characterise("line_driver")
    again = read_report(report.write(tmp_path))
    assert again.verdict == "pass", [f for f in again.figures if not f.passes]


def test_line_driver_pins_lie_on_the_edges():
    ports = {p.name: p.center for p in line_driver().ports}
    assert {name for name, (x, _) in ports.items() if x == ROWS.width} == {"vwl", "vwl_dac"}
    assert all(x in (0.0, ROWS.width) and 0 <= y <= ROWS.height for x, y in ports.values())
