"""neuron.v against the front end's model and the figures that were measured of the schematic."""

import re
from pathlib import Path

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.front_end import model as front_end
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.neuron.benches import CLOCK, LEAKS, LEVELS
from neusoc.analog.neuron.circuit import FOLDER, STEP, TOP
from neusoc.analog.neuron.model import TRIM_STANDARD
from neusoc.software.emulator.parameters import measured as of_circuit

VREF, VREAD = (float(datasheet("neuron").setup[name]) for name in ("vref", "vread"))
HEAD = """`timescale 1ns / 1ps
module bench;
  reg con = 1, wake = 0, integ = 0, hold = 1, discharge = 1, load = 0; reg [2:0] ratio_b = 7, trim = 3;
    reg [4:0] pair = 16;
  wire one = 1, zero = 0, supply = 1; wire spike, pad, bl_p, bl_n; integer k;
  neuron dut(.bl_p(bl_p), .bl_n(bl_n), .con_vpp(con), .wake_1v8(wake), .integ_1v8(integ),
    .ratio_b_1v8(ratio_b), .hold_1v8(hold), .discharge_1v8(discharge), .pair_1v8(pair),
    .trim_1v8(trim), .test_1v8(zero), .config_1v8(load), .spike_1v8(spike), .vref(supply),
    .vread(one), .vth(one), .vlk(zero), .nbias(one), .cbias(one), .vtest(pad), .vdd1v8(supply), .vss(zero));
  task window(input real p, input real n, input integer ns);
    begin
      dut.bl_p_us = p; dut.bl_n_us = n; dut.bl_p_ua = p * dut.vread_volts; dut.bl_n_ua = n * dut.vread_volts;
      wake = 1; #60 integ = 1; #(ns) integ = 0; #20 wake = 0; #5;
    end
  endtask
  task let_go; begin discharge = 0; #1; end endtask
  task tell; begin dut.follow; $display("is %f", dut.membrane); end endtask
  always @(posedge spike)
    $display("spike %f %f", $realtime, dut.membrane - 1000.0 * (dut.vth_volts - dut.vref_volts));
"""


def told(folder: Path, lines: list[str], word: str = "is") -> list[list[float]]:
    """Numbers behind a word that a bench of the twin displays, from a discharged membrane."""
    levels = f"dut.vref_volts = {VREF}; dut.vread_volts = {VREAD}; dut.vth_volts = {VREF + TOP};"
    text = simulated(
        "neuron",
        f"{HEAD}initial begin {levels} #100\n" + "\n".join(lines) + "\n$finish; end\nendmodule\n",
        folder,
    )
    return [
        [float(one) for one in line.split()[1:]] for line in text.splitlines() if line.startswith(f"{word} ")
    ]


def parameters() -> dict[str, float]:
    """Numbers of the twin."""
    text = (FOLDER / "neuron.v").read_text()
    return {name: float(value) for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e+-]+)", text)}


def measured(name: str, block: str = "neuron") -> float:
    """A nominal figure of the schematic."""
    return of_circuit(f"analog.{block}", f"{name} nominal", "schematic")


def test_neuron_verilog_has_the_numbers_of_models_and_figures():
    found = parameters()
    assert (found["Gain"], found["LineOhm"], found["Units"]) == (
        front_end.GAIN,
        front_end.RESISTANCE,
        front_end.UNITS,
    )
    assert (found["PairStep"], found["PairMiddle"], found["Standard"]) == (
        front_end.STEP,
        front_end.MIDDLE,
        TRIM_STANDARD,
    )
    names = {"MembraneFf": "capacitance", "TrimMv": "trim_step", "ReleaseMv": "discharge_step"}
    assert {name: found[name] for name in names} == {name: measured(figure) for name, figure in names.items()}
    assert found["Loss"] == pytest.approx(measured("loss") / 100) and found["LetGoNs"] == measured("let_go")
    # that figure has no sign; the membrane falls by a window without a cell
    assert (
        abs(found["ZeroUs"]) == measured("zero", "front_end") and measured("empty_step") < 0 > found["ZeroUs"]
    )
    assert found["LeakV"] == LEAKS["leak_fast"][0] and found["LeakNs"] == pytest.approx(
        1e3 * measured("leak_fast")
    )


@pytest.mark.parametrize(
    ("positive", "negative", "units", "pair"),
    [(100, 0, 1, 16), (0, 300, 2, 16), (300, 200, 8, 16), (300, 300, 4, 0), (300, 300, 4, 31)],
)
def test_neuron_verilog_sums_as_the_front_end(tmp_path, positive, negative, units, pair):
    """The charge of one window over the membrane's capacitance, beside that of a window without a cell."""
    lines = [
        f"pair = {pair}; ratio_b = {8 - units}; load = 1; #5 load = 0; let_go; window({positive}, {negative},"
        " 40); tell;"
    ]
    lines += ["discharge = 1; #5 let_go; window(0, 0, 40); tell;"]
    (full,), (empty,) = told(tmp_path, lines)
    charge = FrontEnd(vread=VREAD, units=units, trim=pair).charge(positive * 1e-6, negative * 1e-6, 40e-9)
    assert full - empty == pytest.approx(
        1e3 * charge / (parameters()["MembraneFf"] * 1e-15), rel=1e-3, abs=0.01
    )


def test_neuron_verilog_steps_as_measured(tmp_path):
    """A window of 40 ns at 1:16 with 100 uS, one without a cell, and what one takes of a membrane."""
    lines = [
        "ratio_b = 6; let_go; window(100, 0, 40); tell; discharge = 1; #5 let_go; window(0, 0, 40); tell;"
    ]
    lines += ["discharge = 1; #5 let_go; dut.membrane = 400.0; window(0, 0, 40); tell;"]
    (step,), (empty,), (lost,) = told(tmp_path, lines)
    release = parameters()["ReleaseMv"]
    assert step - empty == pytest.approx(measured("step"), rel=0.02) and empty - release == pytest.approx(
        measured("empty_step"), abs=0.3
    )
    assert (400 + empty - release - lost) / 4 == pytest.approx(measured("loss"), rel=0.02)


def test_neuron_verilog_listens_in_its_window_alone(tmp_path):
    """Nothing without wake, without con, or while it is discharged; a line that something else pulls down
    gives nothing."""
    lines = [
        "let_go; force wake = 0; window(300, 0, 40); release wake; tell; con = 0; window(300, 0, 40); con ="
        " 1; tell;"
    ]
    lines += [
        "force bl_p = 0; window(300, 0, 40); release bl_p; tell; discharge = 1; window(300, 0, 40); tell;"
    ]
    first, *others = [value for (value,) in told(tmp_path, lines)]
    zero = parameters()["ReleaseMv"]
    assert first == others[0] == others[2] == zero and zero - 2 < others[1] < zero


@pytest.mark.parametrize("volts", LEVELS)
def test_neuron_verilog_answers_a_falling_threshold_as_late_as_measured(tmp_path, volts):
    """Membrane less threshold at the spike, within a step of what the bench of the circuit found."""
    fall = (
        f"for (k = 0; k < {round(TOP / STEP)}; k = k + 1) begin repeat (5) begin dut.vth_volts ="
        f" dut.vth_volts - {STEP / 5}; #1; end "
    )
    lines = [f"let_go; dut.membrane = {1e3 * volts}; #50 hold = 0;", f"{fall} #{1e9 * CLOCK - 5}; end"]
    ((_, lag),) = told(tmp_path, lines, "spike")
    wanted = measured("lag") - (measured("lag_difference") if volts == max(LEVELS) else 0)
    assert lag == pytest.approx(wanted, abs=1e3 * STEP)


def test_neuron_verilog_holds_and_latches(tmp_path):
    """hold_1v8 keeps a spike back, which lasts until the discharge; a code more of the trim lowers the
    threshold."""
    lines = [
        "let_go; dut.membrane = 300.0; dut.vth_volts = 1.0; #200 hold = 0; #50 dut.vth_volts = 1.5; #50;"
    ]
    lines += ["if (spike) discharge = 1; #10; if (!spike) $display(\"is %f\", $realtime);"]
    assert len(told(tmp_path, lines)) == 1
    ((at, _),) = told(tmp_path, lines, "spike")
    assert at == pytest.approx(301 + measured("let_go"), abs=0.01)
    trimmed = (
        "hold = 0; trim = 7; load = 1; #5 load = 0; trim = 3; let_go; dut.membrane = {}; dut.vth_volts = 1.0;"
        " #500;"
    )
    assert [len(told(tmp_path, [trimmed.format(mv)], "spike")) for mv in (68.0, 80.0)] == [0, 1]


@pytest.mark.parametrize("name", LEAKS)
def test_neuron_verilog_leaks_as_measured(tmp_path, name):
    volts, _ = LEAKS[name]
    tau = 1e3 * measured(name)
    lines = [f"dut.vlk_volts = {volts}; let_go; dut.membrane = 300.0; #({tau}) tell;"]
    assert told(tmp_path, lines)[0][0] == pytest.approx(300 / 2.71828, rel=0.03)
