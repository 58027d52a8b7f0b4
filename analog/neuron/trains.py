"""Random input trains: row pulses on three cells of one column, for the transistor neuron and for its twin.

    neusoc trains [COUNT [OTHERS]]

gives the greatest relative error of the twin's spike times over COUNT trains that it was fitted to (100), and over OTHERS that it was not
(8); seed = number of the train. The report: verification/device/trains.py.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

import numpy as np
from neusoc.analog.bench.characterise import Condition, Datasheet, datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron.benches import bench
from neusoc.analog.neuron.model import INPUT_LAG, Neuron, answered, input_current
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run, run_many

CELLS = (100e3, 150e3, 250e3)        # ohm, behind one transistor each
BEGIN, LATENCY, STOP = 200e-9, 200e-9, 5e-6
EDGE = 2e-9                          # s, of a word line
PULSE = (60e-9, 600e-9)              # s, shortest and longest pulse
PAUSE = (20e-9, 300e-9)


@dataclass(frozen=True)
class Train:
    """One train.

    Attributes:
        threshold: vth less vref, V.
        pulses: pulses of each cell, (rise, fall) of its word line, s, ascending.
    """

    threshold: float
    pulses: tuple[tuple[tuple[float, float], ...], ...]


def train(seed: int) -> Train:
    """A random train; the same for the same seed."""
    draw = random.Random(seed)
    lines = []
    for _ in CELLS:
        now, pulses = BEGIN + draw.uniform(*PAUSE), []
        while now < STOP:
            width = draw.uniform(*PULSE)
            pulses.append((now, min(now + width, STOP)))
            now += width + draw.uniform(*PAUSE)
        lines.append(tuple(pulses))
    return Train(draw.choice((0.2, 0.25, 0.3, 0.35)), tuple(lines))


def transistor_run(
    netlist: str, sheet: Datasheet, condition: Condition, one: Train, column: str = ""
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Waveforms of the circuit (V, s) and its spike times (s).

    Args:
        netlist: subcircuit neuron, and what column calls.
        one: the train.
        column: call of a subcircuit on bl_p, bl_n, vsl and wl0 to wl2; without it the cells are on bl_p beside a lumped line.
    """
    lines = []
    phi = sheet.setup["phi"]
    for index, (resistance, pulses) in enumerate(zip(CELLS, one.pulses, strict=True)):
        points = " ".join(f"{rise:.5g} 0 {rise + EDGE:.9g} {phi} {fall:.9g} {phi} {fall + EDGE:.9g} 0" for rise, fall in pulses)
        if not column:
            lines.append(f"xcell{index} te{index} wl{index} bl_p 0 {NFET_5V} w=1 l=0.5 nf=1 m=1")
            lines.append(f"rcell{index} te{index} vsl {resistance:g}")
        lines.append(f"vwl{index} wl{index} 0 pwl(0 0 {points})")
    values = {"begin": BEGIN, "latency": LATENCY, "stop": STOP, "vlk": 0, "threshold": one.threshold, "cells": "\n".join([column, *lines])}
    text = bench("train", netlist, sheet, condition, **values | ({"line_load": 1e-18} if column else {}))
    if column:                                                       # a layout's inner nodes have no names
        text = text.replace(" v(xdut.vm)", "")
    found = run(text, timeout=1200).arrays["train"]
    spike, half = found["v(spike)"], condition.vdd1v8 / 2
    before = np.flatnonzero((spike[1:] > half) & (spike[:-1] <= half))
    return found, [float(np.interp(half, spike[i : i + 2], found["time"][i : i + 2])) for i in before]


@cache
def conductances() -> tuple[float, ...]:
    """Of each cell with its transistor at the bench's read voltage, S."""
    setup = datasheet("neuron").setup
    lines, commands = [f"vwl wl 0 {setup['phi']}", f"vsl vsl 0 {setup['vref'] - setup['read_voltage']}"], ["op"]
    for index, resistance in enumerate(CELLS):
        lines += [f"v{index} bl{index} 0 {setup['vref']}", f"r{index} te{index} vsl {resistance:g}"]
        lines.append(f"x{index} te{index} wl bl{index} 0 {NFET_5V} w=1 l=0.5 nf=1 m=1")
        commands.append(f"print i(v{index})")
    found = run(deck("\n".join(lines), commands)).measures
    return tuple(-found[f"i(v{index})"] / setup["read_voltage"] for index in range(len(CELLS)))


def twin(one: Train) -> list[float]:
    """Spike times of the event-driven twin, s."""
    pulses = [[(rise + INPUT_LAG, fall + INPUT_LAG) for rise, fall in line] for line in one.pulses]
    events = sorted({BEGIN, STOP, *(min(t, STOP) for line in pulses for pulse in line for t in pulse)})
    read = datasheet("neuron").setup["read_voltage"]
    inputs, before = [], 0
    for start, end in zip(events, events[1:], strict=False):
        on = [g for g, line in zip(conductances(), pulses, strict=True) if any(rise <= start < fall for rise, fall in line)]
        inputs.append((end - start, input_current(sum(on), read), len(on) - before))
        before = len(on)
    neuron = Neuron(threshold=one.threshold)
    neuron.advance(BEGIN, discharge=True)
    return answered(neuron, inputs, LATENCY, LATENCY)


def errors(seeds: range, netlist: str | None = None) -> list[float]:
    """Relative error of each spike time, counted from the end of the first discharge; all trains one after the other.

    Raises:
        ValueError: the twin and the circuit do not fire equally often (the last spike, near the end of the train, may be in one alone).
    """
    sheet = datasheet("neuron")
    netlist = netlist or netlist_text("neuron")
    conductances()
    found = run_many(lambda seed: transistor_run(netlist, sheet, sheet.conditions["nominal"][0], train(seed))[1], seeds)
    result = []
    for seed, times in zip(seeds, found, strict=True):
        ours = twin(train(seed))
        if abs(len(ours) - len(times)) > 1 or not times:
            raise ValueError(f"train {seed}: {len(times)} spikes in the circuit, {len(ours)} in the twin")
        result += [(a - BEGIN) / (b - BEGIN) - 1 for a, b in zip(ours, times, strict=False)]
    return result
