"""Waveforms of a run as a picture: `neusoc mixed plot build/mini/mixed/pattern [--from us] [--to us]`."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import numpy as np
from neusoc.base.errors import UserError

LANE = 1.25                  # height of a digital trace with its space


def _digital(axes, time: np.ndarray, traces: dict[str, np.ndarray], colours: list[str]) -> None:
    """Traces of 0 to 1, one above the other, the first on top."""
    for lane, (values, colour) in enumerate(zip(reversed(traces.values()), reversed(colours), strict=True)):
        axes.fill_between(time, lane * LANE, lane * LANE + values, step=None, color=colour, linewidth=0.8, alpha=0.6)
    axes.set_yticks([lane * LANE + 0.4 for lane in range(len(traces))], list(reversed(traces)), fontsize=8)
    axes.set_ylim(-0.2, len(traces) * LANE)


def plot(folder: Path, target: Path, begin_us: float | None = None, end_us: float | None = None) -> Path:
    """Draw the address events in, the word lines, the integrators, the spikes and discharges and the address events out of a run.

    Args:
        folder: folder of the run: result.json, job.json, waves.npz.
        target: the PNG.
        begin_us, end_us: section of the time; all of it without.

    Raises:
        UserError: the folder has no finished run.
    """
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for name in ("result.json", "job.json", "waves.npz"):
        if not (folder / name).exists():
            raise UserError(f"{folder}/{name}: not found; run the mixed test first (`neusoc mixed events`)")
    result, job = json.loads((folder / "result.json").read_text()), json.loads((folder / "job.json").read_text())
    with np.load(folder / "waves.npz") as data:
        waves = dict(data)
    time, clock_time = waves["time"] * 1e6, waves["clock_time"] * 1e6
    neurons = sorted(name for name in waves if name.startswith("vm["))
    rows = sorted({burst["row"] for burst in result["bursts"]})
    palette = plt.get_cmap("tab10").colors
    figure, parts = plt.subplots(5, 1, figsize=(14, 11), sharex=True, height_ratios=[1.2, 2.2, 3, 2.4, 1.2], layout="constrained")

    for lane, name in enumerate(("aer_in_ack", "aer_in_req")):
        parts[0].fill_between(clock_time, lane * LANE, lane * LANE + waves[name], step="post", color="0.4", linewidth=0.8)
    parts[0].set_yticks([0.4, LANE + 0.4], ["ack", "req"], fontsize=8)
    parts[0].set_ylabel("events in")

    lines = {f"wl[{r}]": waves[f"wl[{r}]"] / waves[f"wl[{r}]"].max() for r in rows}
    lines |= {"phi_p": waves["phi_p_1v8"] / job["levels"]["vdd1v8"]}
    if job["signed"]:
        lines |= {"phi_n": waves["phi_n_1v8"] / job["levels"]["vdd1v8"]}
    _digital(parts[1], time, lines, ["tab:blue"] * len(rows) + ["tab:orange"] * (len(lines) - len(rows)))
    parts[1].set_ylabel("word lines, phases")

    for k, name in enumerate(neurons):
        parts[2].plot(time, waves[name], color=palette[k % 10], linewidth=1.0, label=name)
    levels = job["levels"]
    parts[2].axhline(levels["vth"], color="0.3", linestyle="--", linewidth=0.8, label="vth")
    parts[2].axhline(levels["vref"], color="0.6", linestyle=":", linewidth=0.8, label="vref")
    if job["signed"]:
        parts[2].plot(time, waves["vsl"], color="0.8", linewidth=0.8, label="vsl")
    parts[2].legend(ncol=len(neurons) + 3, fontsize=8, loc="upper left")
    parts[2].set_ylabel("integrators, V")
    shown = np.concatenate([waves[name] for name in neurons])
    parts[2].set_ylim(shown.min() - 0.05, shown.max() + 0.12)

    traces, colours = {}, []
    for k in range(len(neurons)):
        for what in ("spike", "discharge"):
            traces[f"{what}[{k}]"] = waves[f"{what}_1v8[{k}]"] / levels["vdd1v8"]
            colours.append(palette[k % 10])
    _digital(parts[3], time, traces, colours)
    parts[3].set_ylabel("spikes, discharges")

    for lane, name in enumerate(("aer_out_ack", "aer_out_req")):
        parts[4].fill_between(clock_time, lane * LANE, lane * LANE + waves[name], step="post", color="0.4", linewidth=0.8)
    for at, neuron in result["requests"]:
        if begin_us is None or begin_us <= at * 1e6 <= (end_us or np.inf):
            parts[4].annotate(f"{neuron}", (at * 1e6, 2 * LANE), ha="center", fontsize=9, color=palette[neuron % 10], fontweight="bold")
    parts[4].set_yticks([0.4, LANE + 0.4], ["ack", "req"], fontsize=8)
    parts[4].set_ylim(-0.2, 3 * LANE)
    parts[4].set_ylabel("events out")
    parts[4].set_xlabel("time, us")
    parts[4].set_xlim(begin_us if begin_us is not None else 0, end_us if end_us is not None else time[-1])
    figure.align_ylabels(parts)
    figure.suptitle(f"{folder.name}: controller RTL and analog core in lock-step")
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, dpi=110, metadata={"Software": None})
    plt.close(figure)
    return target
