"""Spikes of the transistor neuron and of its Verilog twin under a train of random events."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.bench.verilog import simulated
from neusoc.analog.front_end.benches import EDGE, LEAD, OPEN, TAIL, wave
from neusoc.analog.front_end.circuit import cells
from neusoc.analog.neuron.circuit import CLOSE, DISCHARGED, FIRST, STANDARD, bench
from neusoc.pdk.spice.ngspice import run

SEED = 101  # a train without a sum so near to the threshold that one of both would wait
CELLS = (("p", 120e-6), ("p", 200e-6), ("n", 100e-6))  # bit line and conductance (S) of each row's cell
UNITS, THRESHOLD = 4, 0.4  # of the mirrors: 1:8; V above rest
APART = (260e-9, 500e-9)  # s, from event to event
# s: from a spike to its discharge, which is as long, so that no window falls on its end; end of the run
LATENCY, STOP = 60e-9, 8e-6
PULSE = OPEN + STANDARD + CLOSE  # s, of a row
HEAD = """`timescale 1ns / 1ps
module bench;
  reg wake = 0, integ = 0, discharge = 1, load = 1; reg [2:0] ratio_b = {ratio_b}, trim = {trim};
    reg [4:0] pair = {pair};
  wire one = 1, zero = 0, supply = 1; wire spike, pad, bl_p, bl_n;
  neuron dut(.bl_p(bl_p), .bl_n(bl_n), .con_vpp(one), .wake_1v8(wake), .integ_1v8(integ),
    .ratio_b_1v8(ratio_b), .hold_1v8(zero), .discharge_1v8(discharge), .pair_1v8(pair),
    .trim_1v8(trim), .test_1v8(zero), .config_1v8(load), .spike_1v8(spike), .vref(supply),
    .vread(one), .vth(one), .vlk(zero), .nbias(one), .cbias(one), .vtest(pad), .vdd1v8(supply), .vss(zero));
  task row(input real p, input real n);
    begin dut.bl_p_us = p; dut.bl_n_us = n; dut.bl_p_ua = p * dut.vread_volts;
      dut.bl_n_ua = n * dut.vread_volts; end
  endtask
  always @(posedge spike) begin $display("spike %f", $realtime);
    #({latency}) discharge = 1; #({latency}) discharge = 0; end
  initial begin dut.vref_volts = {vref}; dut.vread_volts = {vread}; dut.vth_volts = {vref} + {threshold};
    row(0, 0);
"""
# what the controller does with a spike, in the deck: it discharges LATENCY later, for as long
ANSWER = """vth vth 0 {vth}
vhold hold 0 0
bsent sent 0 v=v(spike)>{half}?{vdd}:0
tline sent 0 late 0 z0=1k td={latency}
rline late 0 1k
tlength late 0 end 0 z0=1meg td={latency}
rlength end 0 1meg
vstart start 0 pulse({vdd} 0 {begin} 1n 1n 1)
bdis answer 0 v=(v(start)>{half}||(v(late)>{half}&&v(end)<{half}))?{vdd}:0
rdis answer discharge 1k
cdis discharge 0 50f"""


class Event(NamedTuple):
    """A row that is on once.

    Attributes:
        row: number of the row.
        begin: time at which it goes on, s.
    """

    row: int
    begin: float


def train(seed: int) -> list[Event]:
    """Random events; the same for the same seed."""
    draw, now, events = random.Random(seed), FIRST, []
    while now < STOP - PULSE - TAIL:
        events.append(Event(draw.randrange(len(CELLS)), now))
        now += draw.uniform(*APART)
    return events


def circuit(netlist: str, events: list[Event]) -> list[float]:
    """Spike times (s) of the circuit at its nominal condition.

    Args:
        netlist: subcircuit neuron.
        events: events in their order.

    Raises:
        SpiceError: the simulation failed.
    """
    sheet = datasheet("neuron")
    condition = sheet.conditions["nominal"][0]
    vdd, vref = condition.vdd1v8, float(sheet.setup["vref"])
    on = [[(e.begin, e.begin + EDGE + PULSE) for e in events if e.row == row] for row in range(len(CELLS))]
    rows = [wave(f"wl{row}", float(sheet.setup["row"]), pulses, EDGE) for row, pulses in enumerate(on)]
    waves = [
        wave("wake", vdd, [(e.begin - LEAD, e.begin + PULSE + EDGE + TAIL) for e in events], 1e-9),
        wave("integ", vdd, [(e.begin + OPEN, e.begin + OPEN + STANDARD) for e in events], 0.3e-9),
        ANSWER.format(vth=vref + THRESHOLD, half=vdd / 2, vdd=vdd, latency=LATENCY, begin=DISCHARGED),
    ]
    text = bench(
        "image",
        netlist,
        sheet,
        condition,
        ratio=UNITS,
        rows="\n".join(rows),
        waves="\n".join(waves),
        stop=f"{STOP:g}",
        cells="\n".join(
            cells(f"cell{row}", f"bl_{line}", total, f"wl{row}") for row, (line, total) in enumerate(CELLS)
        ),
        measures="write traces.raw v(spike)",
    )
    found = run(text, timeout=600).arrays["traces"]
    spike, half = found["v(spike)"], vdd / 2
    before = np.flatnonzero((spike[1:] > half) & (spike[:-1] <= half))
    return [float(np.interp(half, spike[i : i + 2], found["time"][i : i + 2])) for i in before]


def twin(events: list[Event]) -> list[float]:
    """Spike times of the Verilog twin, s.

    Raises:
        UserError: as of simulated().
    """
    setup = datasheet("neuron").setup
    steps = [(DISCHARGED, "discharge = 0; load = 0;"), (STOP, "$finish;")]
    for row, begin in events:
        line, total = CELLS[row]
        both = f"{1e6 * total}, 0" if line == "p" else f"0, {1e6 * total}"
        steps += [(begin - LEAD, "wake = 1;"), (begin, f"row({both});"), (begin + OPEN, "integ = 1;")]
        steps += [
            (begin + OPEN + STANDARD, "integ = 0;"),
            (begin + PULSE, "row(0, 0);"),
            (begin + PULSE + TAIL, "wake = 0;"),
        ]
    values = {
        "ratio_b": 8 - UNITS,
        "trim": int(setup["trim"]),
        "pair": int(setup["pair"]),
        "latency": 1e9 * LATENCY,
    }
    lines, now = [HEAD.format(**values, vref=setup["vref"], vread=setup["vread"], threshold=THRESHOLD)], 0.0
    for time, statement in sorted(steps):
        lines.append(f"#({1e9 * (time - now):.3f}) {statement}")
        now = time
    with tempfile.TemporaryDirectory() as folder:
        text = simulated("neuron", "\n".join([*lines, "end", "endmodule", ""]), Path(folder))
    return [1e-9 * float(line.split()[1]) for line in text.splitlines() if line.startswith("spike ")]


def errors(netlist: str) -> list[float]:
    """Relative errors of the twin's spike times, from the first discharge on.

    Raises:
        ValueError: the twin has another number of spikes.
    """
    events = train(SEED)
    ours, times = twin(events), circuit(netlist, events)
    return [abs((a - DISCHARGED) / (b - DISCHARGED) - 1) for a, b in zip(ours, times, strict=True)]


def test_neuron_twin_spikes_as_the_circuit():
    found = errors(netlist_text("neuron"))
    assert len(found) >= 4 and max(found) < 0.02


@pytest.mark.full
def test_neuron_train_sees_a_membrane_that_is_larger():
    """Twice the capacitance: the circuit spikes less often than the twin, or later."""
    whole = netlist_text("neuron")
    plates = [line for line in whole.splitlines() if "sky130_fd_pr__cap_mim" in line]
    assert plates
    more = "".join(f"\nxmore{k} {line.split(maxsplit=1)[1]}" for k, line in enumerate(plates))
    with pytest.raises(ValueError, match="zip"):
        errors(whole.replace(plates[0], plates[0] + more))
