"""Membrane and spikes of the transistor neuron under a random input train, and of its twin (the review's figure 2), from ngspice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.pictures import Picture, verdict
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.neuron.trains import BEGIN, CELLS, STOP, train, transistor_run, twin

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

SEED = 101                      # a train that no constant of the twin was fitted to
BESIDE = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}


def traces() -> Picture:
    """Word lines of three cells, membrane, spikes and discharge; spike times of the twin beside them."""
    sheet_of_limits = datasheet("neuron")
    one = train(SEED)
    data, times = transistor_run(netlist_text("neuron"), sheet_of_limits, sheet_of_limits.conditions["nominal"][0], one)
    ours = twin(one)
    vref = sheet_of_limits.setup["vref"]
    time = data["time"] * 1e6

    def draw(sheet: Sheet) -> None:
        words, membrane, spikes = sheet.subplots(3, 1, sharex=True, height_ratios=(1, 2, 1))
        for index, pulses in enumerate(one.pulses):
            for rise, fall in pulses:
                words.fill_between([rise * 1e6, fall * 1e6], index + 0.1, index + 0.9, color="tab:blue", lw=0)
        words.set(yticks=[i + 0.5 for i in range(len(CELLS))], yticklabels=[f"{r / 1e3:.0f} kohm" for r in CELLS], title="word lines")
        membrane.plot(time, data["v(xdut.vm)"], label="vm")
        membrane.plot(time, data["v(bl_p)"], label="bl_p")
        membrane.axhline(vref + one.threshold, color="0.4", ls="--", lw=0.8, label="vth")
        membrane.legend(**BESIDE)
        membrane.set_ylabel("V")
        spikes.plot(time, data["v(spike)"], label="spike_1v8")
        spikes.plot(time, data["v(discharge)"], "--", label="discharge_1v8")
        spikes.plot(np.array(ours) * 1e6, np.full(len(ours), 2.0), "kv", label="twin")
        spikes.set(xlabel="time (us)", ylabel="V", xlim=(0, STOP * 1e6))
        spikes.legend(**BESIDE)

    errors = [100 * abs((a - BEGIN) / (b - BEGIN) - 1) for a, b in zip(ours, times, strict=False)]
    every = slice(None, None, max(1, len(time) // 1000))
    table = {"time_us": time[every]}
    vectors = {"vm_V": "v(xdut.vm)", "bl_p_V": "v(bl_p)", "spike_V": "v(spike)", "discharge_V": "v(discharge)"}
    table |= {name: data[vector][every] for name, vector in vectors.items()}
    figures = [
        verdict("traces: spikes", len(times), low=4),
        verdict("traces: spikes of the twin less those of the circuit", len(ours) - len(times), low=-1, high=1),
        verdict("traces: greatest error of the twin's spike times", max(errors), "%", high=2),
    ]
    caption = "A neuron under random row pulses on three cells: membrane, spikes, and those of the twin (the review's figure 2)."
    return Picture("traces", caption, table, figures, draw, (8.0, 5.4))
