"""Picture of images: membranes against the falling threshold, word lines, spikes."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure as Sheet
from neusoc.analog.bench.pictures import Picture
from neusoc.verification.mixed.images.judge import ImageOutcome

POINTS = 1200                   # in the table
LANE = 1.25                     # height of a digital trace with its space


def picture(outcome: ImageOutcome) -> Picture:
    """Membranes and threshold above, word lines and windows below, over all images of a run."""
    scenario, waves, images = outcome.scenario, outcome.waves, outcome.result["images"]
    begin, end = (f(found[at] for found in images.values()) for f, at in ((min, "begin"), (max, "end")))
    time = np.linspace(begin, end, POINTS)
    membranes = [f"vm[{k}]" for k in range(outcome.chip.neurons)]
    table = {"time (us)": time * 1e6} | {f"{name} (V)": np.interp(time, waves["time"], waves[name]) for name in (*membranes, "vth")}

    def draw(sheet: Sheet) -> None:
        above, below = sheet.subplots(2, 1, sharex=True, height_ratios=[1.5, 1])
        inside = (waves["time"] >= begin) & (waves["time"] <= end)
        at = waves["time"][inside] * 1e6
        for k, name in enumerate(membranes):
            above.plot(at, waves[name][inside], linewidth=0.9, label=f"neuron {k}")
        above.plot(at, waves["vth"][inside], color="0.4", linestyle="--", linewidth=0.8, label="threshold")
        for name, found in images.items():
            winner = "nobody" if found["winner"] is None else found["winner"]
            above.annotate(f"{name}: {winner}", (found["begin"] * 1e6, 1.62), fontsize=8)
            for axes in (above, below):
                axes.axvline(found["begin"] * 1e6, color="0.8", linewidth=0.6)
        above.set_ylim(0.5, 1.75)
        above.set_ylabel("membranes (V)")
        above.legend(loc="lower right", ncol=5, fontsize=8)
        lanes = [f"wl[{r}]" for r in reversed(range(outcome.chip.rows))] + ["integ_1v8"]
        for lane, name in enumerate(lanes):
            full = scenario.bias.vdd1v8 if name == "integ_1v8" else scenario.bias.vpp
            colour = "tab:orange" if name == "integ_1v8" else "tab:blue"
            below.fill_between(at, lane * LANE, lane * LANE + waves[name][inside] / full, color=colour, linewidth=0, alpha=0.7)
        below.set_yticks([lane * LANE + 0.4 for lane in range(len(lanes))], [*lanes[:-1], "window"], fontsize=7)
        below.set_xlabel("time (us)")

    caption = "Above: membranes and the threshold that falls, each image's winner. Below: word lines, and windows of the membranes."
    return Picture(f"images_{scenario.name}", caption, table, [], draw, (12.0, 5.5))
