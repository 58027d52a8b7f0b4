"""Pictures of learning: membranes with the patterns that are presented, and the weights that they leave."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from matplotlib.figure import Figure as Sheet
from neusoc.analog.bench.pictures import Picture
from neusoc.verification.mixed.learning.judge import LearnOutcome

POINTS = 1200  # in the table and of a curve of weights
SHOWN = 1.0  # uS: weights that never reach it are of cells that are fully reset


def picture(outcome: LearnOutcome) -> Picture:
    """Membranes over time, shaded while a waveform runs; below them the mean weight of each pattern's rows on
    each neuron."""
    scenario, told, waves = outcome.scenario, outcome.result["presented"], outcome.waves
    begins, threshold = told[0]["begin"], outcome.threshold
    time = np.linspace(begins, waves["time"][-1], POINTS)
    patterns = {
        p.name: list(p.rows)
        for p in scenario.presentations
        if len(p.rows) == min(len(q.rows) for q in scenario.presentations)
    }
    weights = np.array([outcome.weights(t) for t in time]) * 1e6
    curves = {
        (name, k): weights[:, rows, k].mean(axis=1)
        for name, rows in patterns.items()
        for k in scenario.neurons
    }
    curves = {key: curve for key, curve in curves.items() if np.abs(curve).max() > SHOWN}
    if (
        scenario.shows == "factors"
    ):  # each neuron has rows of its own; what the others learn of them would hide those
        curves = {(name, k): curve for (name, k), curve in curves.items() if patterns[name][0] // 2 == k}
    table = {"time (us)": time * 1e6}
    table |= {f"vm[{k}] (V)": np.interp(time, waves["time"], waves[f"vm[{k}]"]) for k in scenario.neurons}
    table |= {f"weight of {name} on neuron {k} (uS)": curve for (name, k), curve in curves.items()}

    def draw(sheet: Sheet) -> None:
        above, below = sheet.subplots(2, 1, sharex=True, height_ratios=[1.3, 1])
        style = dict(zip(patterns, cycle(("-", "--", "-.", ":")), strict=False))
        colour = {k: f"C{i}" for i, k in enumerate(scenario.neurons)}
        for k in scenario.neurons:
            above.plot(
                waves["time"] * 1e6, waves[f"vm[{k}]"], color=colour[k], linewidth=0.9, label=f"neuron {k}"
            )
        above.axhline(threshold, color="0.4", linestyle="--", linewidth=0.8, label="threshold")
        for p, t in zip(scenario.presentations, told, strict=True):
            spike = outcome.spike(t)
            above.annotate(p.name, ((t["begin"] + spike) / 2e-6, threshold + 0.13), ha="center", fontsize=8)
            for k in t["fired"]:
                above.plot(spike * 1e6, threshold + 0.05, marker="v", color=colour.get(k, "k"))
            if p.learn and p.factor and t["fired"]:
                for axes in (above, below):
                    axes.axvspan(spike * 1e6, t["end"] * 1e6, color="0.85")
        lowest = min(waves[f"vm[{k}]"][waves["time"] >= begins].min() for k in scenario.neurons)
        above.set_ylim(lowest - 0.15, threshold + 0.2)  # room for the legend
        above.set_xlim(begins * 1e6, waves["time"][-1] * 1e6)
        above.set_ylabel("membranes (V)")
        above.legend(loc="lower right", ncol=3, fontsize=8)
        for (name, k), curve in curves.items():
            below.plot(time * 1e6, curve, style[name], color=colour[k], label=f"{name} on neuron {k}")
        below.set_ylabel("G+ - G- (uS)")
        below.set_xlabel("time (us)")
        below.legend(loc="best", ncol=2, fontsize=8)

    caption = (
        "Above: membranes, spikes, patterns presented; shaded: the learning waveform. Below: mean weight of"
        " each pattern's rows."
    )
    return Picture(f"learning_{scenario.name}", caption, table, [], draw, (9.0, 5.0))
