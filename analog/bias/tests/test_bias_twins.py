"""The behavioural twins against ngspice: currents, levels, waking; Verilog against Python."""


import pytest
from neusoc.analog.bench.characterise import Condition, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.bias import benches
from neusoc.analog.bias.model import WAKE, Bias

POINTS = [(0.45, 1.8, 0.9), (1.0, 1.62, 0.8), (1.0, 1.8, 0.9), (1.2, 1.98, 0.9)]            # uA, V, V


def _circuit(current, vdd, vref):
    sheet = datasheet("bias")
    sheet = sheet.model_copy(update={"setup": sheet.setup | {"ibias_ua": current}})
    return sheet, Condition(corner="tt", temperature=27, vdd1v8=vdd, vref=vref)


@pytest.mark.parametrize("point", POINTS)
def test_bias_model_at_rest(point):
    found = benches._static(netlist_text("bias"), *_circuit(*point))
    twin = Bias(point[0] * 1e-6, *point[1:])
    assert twin.iadc == pytest.approx(found["iadc"], rel=0.025)
    assert twin.idac == pytest.approx(found["idac"], rel=0.025)
    assert twin.vdac == pytest.approx(found["vdac"], abs=1e-3)
    assert twin.vread == pytest.approx(found["vread"], abs=0.5e-3)


def test_bias_model_wakes_like_the_circuit():
    found = benches._start(netlist_text("bias"), *_circuit(1.0, 1.8, 0.9))
    assert pytest.approx(found["start"], rel=0.2) == WAKE


@pytest.mark.parametrize(("point", "words"), [((2.0, 1.8), "2e-06 A"), ((1.0, 3.3), "vdd1v8 3.3 V")])
def test_bias_model_refuses_what_it_does_not_hold_for(point, words):
    with pytest.raises(ValueError, match=words):
        Bias(point[0] * 1e-6, point[1])


def test_bias_verilog_follows_the_model(tmp_path):
    """Asleep without current; a current that goes before it has woken leaves it asleep; then awake, at another supply too."""
    bench_text = (
        "`timescale 1ns / 10ps\nmodule bench;\n"
        "reg ib, level; wire vdd = level, vref = 1, vss = 0; wire vdac, vread, iadc; wire [2:0] idac;\n"
        "bias #(.Supply(1.62)) dut(.vref(vref), .ibias(ib), .vdac(vdac), .vread(vread), .iadc(iadc), .idac(idac),"
        " .vdd1v8(vdd), .vss(vss));\n"
        'task tell; $display("%b %b %b %b %f %f %f %f", vdac, vread, iadc, idac, dut.iadc_level, dut.idac_level, dut.vdac_level,'
        " dut.vread_level); endtask\n"
        "initial begin level = 1; ib = 0; #500 tell; ib = 1; #100 ib = 0; #10 ib = 1; #100 tell; ib = 0; #500 tell;\n"
        "ib = 1; #100 tell; #100 tell; level = 0; #1 tell; $finish; end\nendmodule\n"
    )
    text = simulated("bias", bench_text, tmp_path)
    lines = [line.split() for line in text.splitlines() if line[0] in "01"]
    assert [line[2] for line in lines] == ["z", "z", "z", "z", "1", "z"]
    twin = Bias(1e-6, 1.62, 0.9)
    assert [float(v) for v in lines[4][4:]] == pytest.approx([twin.iadc * 1e6, twin.idac * 1e6, twin.vdac, twin.vread], rel=1e-4)
    assert [float(v) for v in lines[0][4:]] == pytest.approx([0, 0, twin.vdac, twin.vread], abs=1e-4)
    assert all(line[0] == line[1] == "1" for line in lines)
