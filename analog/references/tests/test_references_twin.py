"""The twin's levels and codes against ngspice, the Verilog twin against it."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import ANALOG, netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.references import benches, levels, model
from neusoc.analog.references.netlists import Codes
from neusoc.base.chip import load_chip, read_chip_file
from neusoc.software.emulator.parameters import measured


@pytest.fixture(scope="module")
def nominal():
    sheet = datasheet("references")
    return netlist_text("references"), sheet, sheet.conditions["nominal"][0]


@pytest.mark.parametrize(
    ("scale", "current", "slope", "rest", "threshold", "leak"),
    [(32, 32, 4, 0, 32, None), (28, 28, 4, 1, 63, 0), (4, 60, 1, 0, 0, 16), (60, 4, 7, 1, 16, 31)],
)
def test_references_levels(nominal, scale, current, slope, rest, threshold, leak):
    twin = model.References(scale, current, slope, rest)
    found = levels.levels(
        *nominal, Codes(scale=scale, current=current, slope=slope, rest=rest, threshold=threshold, leak=leak)
    )
    assert found["level"] == pytest.approx(twin.level, rel=1e-3)
    assert found["vref"] == pytest.approx(twin.vref, abs=2e-3)
    assert found["vth"] == pytest.approx(twin.vth(threshold), abs=8e-3)
    assert found["vlk"] == pytest.approx(twin.vlk(leak), abs=4e-3)
    assert found["vread"] == pytest.approx(twin.vread, abs=0.5e-3)
    assert found["vsense"] == pytest.approx(twin.vsense, abs=0.5e-3)
    assert found["vdac"] == pytest.approx(twin.vdac, abs=1e-3)
    assert found["nbias"] == pytest.approx(twin.line, rel=0.01)


def test_references_codes_of_a_typical_chip(nominal):
    """What the test finds from ngspice's readings is what the twin says of itself, and it is right within
    half a code."""
    codes = levels.trimmed(*nominal)
    twin = model.References()
    assert codes.slope == model.slope_for(model.STEEP) == model.SLOPE_MIDDLE
    assert abs(codes.scale - model.scale_for(twin.level)) <= 1
    trimmed = model.References(codes.scale, codes.current, codes.slope)
    assert trimmed.level == pytest.approx(model.LEVEL * model.BOW, rel=0.7e-3)
    assert trimmed.line == pytest.approx(model.CURRENT * model.CURRENT_BOW, rel=6e-3)


@pytest.mark.parametrize("wrong", [{"scale": 64}, {"current": -1}, {"slope": 8}, {"rest": 2}])
def test_references_refuses(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        model.References(**wrong)


LEVELS = ("vref", "vth", "vlk", "vread", "vsense", "vdac")
WORDS = ("scale", "current", "threshold", "leak", "option", "pick")
HEAD = """`timescale 1ns / 10ps
module bench;
  reg [5:0] d = 0, write = 0; reg vdd3v3 = 0, vdd1v8 = 0; wire zero = 0; wire high = vdd3v3, lower = vdd1v8;
    wire pad;
  wire vref, vth, vlk, vread, vsense, vdac, nbias, cbias, iadc; wire [2:0] idac; reg job = 0;
  references dut(.d_1v8(d), .write_1v8(write), .job_1v8(job), .vref(vref), .vth(vth), .vlk(vlk),
    .vread(vread), .vsense(vsense), .vdac(vdac), .nbias(nbias), .cbias(cbias), .iadc(iadc),
    .idac(idac), .pad(pad), .vdd3v3(high), .vdd1v8(lower), .vss(zero));
  task word(input integer k, input [5:0] data); begin d = data; write[k] = 1; #10 write[k] = 0; #10;
    end endtask
  task tell;
    $display("levels %f %f %f %f %f %f",
      dut.vref_level, dut.vth_level, dut.vlk_level, dut.vread_level, dut.vsense_level,
      dut.vdac_level); endtask
"""


def verilog_levels(folder: Path, lines: list[str]) -> list[dict[str, float]]:
    """Levels as often as the statements of a bench ask for them; both supplies are there, and long enough."""
    start = "vdd3v3 = 1; vdd1v8 = 1; write = 63; #200000 write = 0; #1\n"
    text = simulated(
        "references",
        f"{HEAD}initial begin {start}" + "\n".join(lines) + "\n$finish; end\nendmodule\n",
        folder,
    )
    found = [line.split()[1:] for line in text.splitlines() if line.startswith("levels ")]
    return [dict(zip(LEVELS, map(float, one), strict=True)) for one in found]


def test_references_verilog_has_the_numbers_of_the_model():
    text = (ANALOG / "references" / "references.v").read_text()
    found = {name: float(value) for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e+-]+)", text)}
    assert (found["Bandgap"], found["SlopeLevel"]) == (model.BANDGAP, model.SLOPE_LEVEL)
    assert (found["Rest"], found["RestLow"]) == model.REST
    assert [found[name] for name in ("Read", "Sense", "Dac")] == [model.READ, model.SENSE, model.DAC]
    assert [found[name] for name in ("Leak", "LeakStep")] == [model.LEAK, model.LEAK_STEP]
    times = {
        "Settling": model.SETTLING,
        "SettlingNeuron": model.SETTLING_NEURON,
        "SettlingMore": model.SETTLING_MORE,
    }
    times["StartNs"] = model.START
    assert {name: found[name] for name in times} == pytest.approx(
        {name: 1e9 * seconds for name, seconds in times.items()}
    )
    assert f"parameter integer Neurons = {model.NEURONS}," in text
    assert pytest.approx(1e6 * model.START) == measured("analog.references", "start nominal", "schematic")


@pytest.mark.parametrize(
    ("scale", "slope", "rest", "threshold", "leak"),
    [(32, 4, 0, 32, None), (28, 4, 1, 63, 0), (4, 1, 0, 0, 16), (60, 7, 1, 16, 31)],
)
def test_references_verilog_levels(tmp_path, scale, slope, rest, threshold, leak):
    data = {
        "scale": scale ^ 32,
        "threshold": threshold ^ 32,
        "leak": 0 if leak is None else 32 | leak,
        "option": rest << 3 | slope ^ 4,
    }
    lines = [f"word({WORDS.index(name)}, {value});" for name, value in data.items()]
    (found,) = verilog_levels(tmp_path, [*lines, "#2000 tell;"])
    twin = model.References(scale=scale, slope=slope, rest=rest)
    wanted = {name: getattr(twin, name) for name in ("vref", "vread", "vsense", "vdac")}
    wanted |= {"vth": twin.vth(threshold), "vlk": twin.vlk(leak)}
    assert found == pytest.approx(wanted, abs=2e-5)


def test_references_verilog_words_are_latches(tmp_path):
    """Data beside a word's own write line change nothing; an open word follows its data; a word that nobody
    wrote is unknown."""
    twin = model.References()
    kept, opened = verilog_levels(
        tmp_path, ["d = 21; word(1, 9); #2000 tell; write[2] = 1; d = 5; #10 d = 28; #2000 tell;"]
    )
    assert kept["vth"] == pytest.approx(twin.vth(32), abs=2e-5) and opened["vth"] == pytest.approx(
        twin.vth(60), abs=2e-5
    )
    text = (
        f"{HEAD}initial begin vdd3v3 = 1; vdd1v8 = 1; write = 59; #200000 tell; $display(\"there %b\", vref);"
        " $finish; end\nendmodule\n"
    )
    assert "levels 0.000000" in (told := simulated("references", text, tmp_path)) and "there 0" in told


def test_references_verilog_threshold_follows_with_its_time_constant(tmp_path):
    times = (50, 100, 300)
    waits = [b - a for a, b in zip((0, *times), times, strict=False)]
    found = verilog_levels(
        tmp_path, ["write[2] = 1; #2000 d = 63; " + " ".join(f"#{wait} tell;" for wait in waits)]
    )
    twin = model.References()
    wanted = [
        twin.vth(31) + (twin.vth(32) - twin.vth(31)) * math.exp(-t * 1e-9 / model.settling(model.NEURONS))
        for t in times
    ]
    assert [one["vth"] for one in found] == pytest.approx(wanted, abs=3e-4)


@pytest.mark.full
@pytest.mark.parametrize("neurons", sorted({chip.neurons for chip in read_chip_file().variants.values()}))
def test_references_threshold_falls_behind_its_code(nominal, neurons):
    """A code each clock cycle, as an image is read after a reset: a ramp behind one time constant, until it
    has come to rest."""
    cycle = load_chip().clock_ns / 1e9
    dut, sheet, condition = nominal
    hung = sheet.model_copy(
        update={"setup": sheet.setup | {"vth_load": sheet.setup["vth_load"] * neurons / model.NEURONS}}
    )
    waves = benches.threshold_waves(
        dut, hung, condition, codes=list(range(60, -1, -1)), hold=cycle, later=400e-9
    )
    time, vth = waves["time"], waves["v(vth)"]
    twin = model.References()
    level, wanted, step = twin.vth(60), [], cycle / 40
    grid = np.arange(0, 61 * cycle + 300e-9, step)
    for t in grid:
        target = twin.vth(max(0, 60 - int((t + step / 2) / cycle)))
        level += (target - level) * (1 - math.exp(-step / model.settling(neurons)))
        wanted.append(level)
    found, end = np.interp(grid, time, vth), int(60.5 * cycle / step)
    assert np.abs(found - wanted).max() < 0.025
    assert found[end] - twin.vth(0) > (wanted[end] - twin.vth(0)) / 2, "no lag"
