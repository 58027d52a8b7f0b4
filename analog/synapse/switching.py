"""Figures of programming: hysteresis, resistance distributions, staircases of SET."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, colours, decreases, verdict
from neusoc.analog.reram.equations import BOLTZMANN_EV
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.synapse.bench import READ_BL, RESET_FULL, Pulse, Setup, set_series, train, transient
from neusoc.pdk.spice.ngspice import run_many

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

COMPLIANCE_WL = (1.2, 1.4, 1.6, 1.8, 2.0, 2.2)          # V, word line during SET
SET_BL = 2.4
SWEEP = 1e-3                                            # s for one ramp
SAMPLES, SEED = 48, 4                                   # cells of the Monte Carlo run


def _loop(wl: float) -> dict[str, np.ndarray]:
    """BL up and down at a word line, then SL up and down with the word line at RESET_FULL's."""
    half, blink = 2 * SWEEP, 1e-6
    waves = {
        "wl": [(0, 0), (blink, wl), (half, wl), (half + blink, RESET_FULL.wl), (2 * half, RESET_FULL.wl)],
        "bl": [(0, 0), (2 * blink, 0), (SWEEP, SET_BL), (half, 0), (2 * half, 0)],
        "sl": [(0, 0), (half + 2 * blink, 0), (3 * SWEEP, RESET_FULL.sl), (2 * half, 0)],
    }
    return transient(waves, SWEEP / 150)


def hysteresis() -> Picture:
    """i(v) loops at six compliance currents, 1 ms a ramp."""
    loops = [_loop(wl) for wl in COMPLIANCE_WL]
    peak, set_at, reset_at, ratio, left = [], [], [], [], []
    for data in loops:
        v, i, time, x = data["bl"] - data["sl"], data["i_bl"], data["time"], data["x"]
        rising, falling, reset = time < SWEEP, (time > SWEEP) & (time < 2 * SWEEP), time > 2 * SWEEP
        peak.append(i.max())
        steepest = np.argmax(np.diff(np.log(np.maximum(i[rising], 1e-12)))[v[rising][1:] > 0.3]) + int((v[rising][1:] <= 0.3).sum())
        set_at.append(v[rising][steepest + 1])
        down = reset & (time < 3 * SWEEP)
        reset_at.append(v[down][np.argmin(i[down])])
        ratio.append(np.interp(READ_BL, v[falling][::-1], i[falling][::-1]) / np.interp(READ_BL, v[rising], i[rising]))
        left.append(x[-1])

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots()
        for colour, wl, data, top in zip(colours(len(loops)), COMPLIANCE_WL, loops, peak, strict=True):
            v = data["bl"] - data["sl"]
            axes.semilogy(v, np.maximum(np.abs(data["i_bl"]), 1e-9) * 1e6, color=colour, label=f"{wl:.1f} V, {top * 1e6:.0f} uA")
        axes.set(xlabel="v_bl - v_sl (V)", ylabel="|i| (uA)", ylim=(1e-2, 300), xlim=(-3.1, 2.5))
        axes.legend(title="WL in SET, compliance", loc="lower left")
        axes.set_title(f"SET on BL at six word lines, RESET on SL at WL {RESET_FULL.wl} V; {SWEEP * 1e3:g} ms a ramp")
        axes.annotate("SET", (set_at[-1], 3), (1.5, 0.35), arrowprops={"arrowstyle": "->"})
        axes.annotate("RESET", (reset_at[-1], 100), (-2.6, 20), arrowprops={"arrowstyle": "->"})

    every = [slice(None, None, max(1, len(d["time"]) // 500)) for d in loops]
    table = {
        "wl_V": np.concatenate([np.full(len(d["time"][s]), wl) for wl, d, s in zip(COMPLIANCE_WL, loops, every, strict=True)]),
        "v_V": np.concatenate([(d["bl"] - d["sl"])[s] for d, s in zip(loops, every, strict=True)]),
        "i_uA": np.concatenate([d["i_bl"][s] * 1e6 for d, s in zip(loops, every, strict=True)]),
        "filament_nm": np.concatenate([d["x"][s] for d, s in zip(loops, every, strict=True)]),
    }
    figures = [
        verdict("hysteresis: compliance currents that fail to rise with WL", decreases(np.array(peak)), high=0),
        verdict("hysteresis: least compliance", min(peak) * 1e6, "uA", low=10, high=40),
        verdict("hysteresis: largest compliance", max(peak) * 1e6, "uA", low=100, high=200),
        verdict("hysteresis: lowest SET voltage", min(set_at), "V", low=1.5, high=2.3),
        verdict("hysteresis: highest SET voltage", max(set_at), "V", low=1.5, high=2.3),
        verdict("hysteresis: RESET voltage at the largest compliance", reset_at[-1], "V", low=-2.5, high=-0.8),
        verdict("hysteresis: least on/off ratio at 0.2 V", min(ratio), "", low=10),
        verdict("hysteresis: longest filament after RESET", max(left), "nm", high=3.31),
    ]
    caption = "Hysteresis of the synapse at six compliance currents (the review's figure 4 for this process)."
    return Picture("hysteresis", caption, table, figures, draw)


def distributions() -> Picture:
    """Resistance after SET and RESET for six compliance currents, over transistor mismatch and over that and the ReRAM's own spread.

    Mismatch: the PDK's Monte Carlo models. ReRAM: barrier spread of cells and cycles, and what RESET leaves, as in
    analog/reram/statistics.yaml; pulses that miss are left out.
    """

    statistics = load_statistics()
    cells, cycles = statistics.cells, statistics.cycles
    barrier = np.hypot(cells.barrier_sigma_ev.value, cycles.barrier_sigma_ev.value) / (BOLTZMANN_EV * cells.switching_k.value)
    random = np.random.default_rng(SEED)
    slow = barrier * random.standard_normal(SAMPLES)
    # a RESET leaves the filament a little above its stop (twin.py); what is left multiplies the conductance
    rest = np.exp(cycles.hrs_sigma.value * np.abs(random.standard_normal((SAMPLES, len(COMPLIANCE_WL)))))

    def one(job: tuple[int, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pulses = [p for wl in COMPLIANCE_WL for p in (Pulse(wl, SET_BL), RESET_FULL)]
        found = train(pulses, setup=Setup(seed=job[0], slow=job[1]))
        return found.conductance[1::2], found.conductance[2::2], found.peak[::2]

    seeds = range(1, SAMPLES + 1)
    runs = run_many(one, [(seed, 0.0) for seed in seeds], workers=1)
    on, off, peak = (np.array([r[k] for r in runs]) for k in range(3))
    runs = run_many(one, list(zip(seeds, slow, strict=True)), workers=1)
    on_all, off_all = np.array([r[0] for r in runs]), np.array([r[1] for r in runs]) * rest
    spread_all = on_all.std(axis=0, ddof=1) / on_all.mean(axis=0)
    probability = (np.arange(SAMPLES) + 0.5) / SAMPLES
    spread = on.std(axis=0, ddof=1) / on.mean(axis=0)
    overlaps = int((on[:, :-1].max(axis=0) >= on[:, 1:].min(axis=0)).sum())

    def draw(sheet: Sheet) -> None:
        left, right = sheet.subplots(1, 2, width_ratios=(3, 2))
        for k, colour in enumerate(colours(len(COMPLIANCE_WL))):
            left.semilogx(np.sort(1e-3 / on[:, k]), probability, "-", color=colour)
            left.semilogx(np.sort(1e-3 / on_all[:, k]), probability, "o", color=colour, ms=3)
            middle, ends = np.median(1e-3 / on_all[:, k]), np.percentile(1e-3 / on_all[:, k], (5, 95))
            label = f"{COMPLIANCE_WL[k]:.1f} V: {on[:, k].mean() * 1e6:.1f} uS, {100 * spread[k]:.1f} %, {100 * spread_all[k]:.1f} %"
            place = [peak[:, k].mean() * 1e6], [middle]
            right.errorbar(*place, yerr=np.abs(ends - middle)[:, None], fmt="o", color=colour, capsize=3, label=label)
        every = (np.arange(off.size) + 0.5) / off.size
        left.semilogx(np.sort(1e-3 / off.ravel()), every, "k-")
        left.semilogx(np.sort(1e-3 / off_all.ravel()), every, "k.", ms=3)
        left.set(xlabel="resistance at 0.2 V (kohm)", ylabel="share of cells below", ylim=(0, 1), xlim=(13, 6000))
        left.text(420, 0.5, "after SET", ha="center", va="center", rotation=90)
        left.text(1150, 0.5, "after RESET", ha="center", va="center", rotation=90)
        left.set_title("lines: transistor mismatch; dots: with the ReRAM's spread")
        right.set(xlabel="compliance current (uA)", ylabel="resistance at 0.2 V (kohm)", yscale="log", xscale="log", ylim=(12, 8000))
        right.set_xticks([25, 50, 100, 150], ["25", "50", "100", "150"])
        right.set_xticks([], minor=True)
        leaves = 1e-3 / off_all
        right.errorbar(
            peak.mean(axis=0) * 1e6, np.median(leaves, axis=0), fmt="ks", ms=3, capsize=3, label="after RESET",
            yerr=np.abs(np.percentile(leaves, (5, 95), axis=0) - np.median(leaves, axis=0)),
        )  # fmt: skip
        right.set_title("median, 5 to 95 %")
        sheet.legend(title="WL: mean after SET, sigma\n(transistor, with the ReRAM's)", loc="outside right upper")
        sheet.suptitle(f"{SAMPLES} cells, one 1 us SET and one RESET each")

    table = {
        "wl_V": np.repeat(COMPLIANCE_WL, SAMPLES), "seed": np.tile(np.arange(1, SAMPLES + 1), len(COMPLIANCE_WL)),
        "set_uS": on.T.ravel() * 1e6, "reset_uS": off.T.ravel() * 1e6, "compliance_uA": peak.T.ravel() * 1e6,
        "set_with_reram_spread_uS": on_all.T.ravel() * 1e6, "reset_with_reram_spread_uS": off_all.T.ravel() * 1e6,
    }  # fmt: skip
    figures = [
        verdict("distributions: samples", SAMPLES, "transistors", low=40),
        verdict("distributions: means that fail to rise with compliance", decreases(on.mean(axis=0)), high=0),
        verdict("distributions: neighbouring distributions that overlap", overlaps, high=1),
        verdict("distributions: sigma over mean, transistor, at the largest compliance", 100 * spread[-1], "%", low=0.1, high=5),
        verdict("distributions: sigma over mean, transistor, at the least compliance", 100 * spread[0], "%", low=0.1, high=25),
        verdict("distributions: sigma over mean, all spread, at the largest compliance", 100 * spread_all[-1], "%", low=3, high=25),
        verdict("distributions: sigma over mean, all spread, at the least compliance", 100 * spread_all[0], "%", low=3, high=40),
        verdict("distributions: largest conductance after RESET, transistor", off.max() * 1e6, "uS", high=1),
        verdict("distributions: RESET pulses that leave 1 uS or more, all spread", 100 * (off_all > 1e-6).mean(), "%", high=9.2),
    ]
    caption = "Resistance after one SET pulse and after RESET over cells (the review's figure 5 for this process); "
    caption += "at 2.2 V some states are beyond what one RESET clears."
    return Picture("distributions", caption, table, figures, draw, (11.5, 4.2))


def staircases() -> Picture:
    """SET in small steps of the word line, of the bit line, and of the pulse width."""
    short = 100e-9
    wl_steps = {0.05: [], 0.02: [], 0.01: []}
    for step, values in wl_steps.items():
        levels = np.arange(1.0, 2.2001, step)
        values += [levels, train([Pulse(wl, SET_BL, width=short) for wl in levels]).conductance[1:]]
    bls = np.arange(0.8, 3.01, 0.05)
    bl_steps = {wl: train([Pulse(wl, bl, width=short) for bl in bls]).conductance[1:] for wl in (1.4, 1.7, 2.0)}
    widths = np.geomspace(10e-9, 100e-6, 13)
    by_width = {wl: np.array([set_series([wl], width=w).conductance[0] for w in widths]) for wl in (1.4, 1.7, 2.0)}
    largest = {step: np.diff(g).max() for step, (_, g) in wl_steps.items()}

    def draw(sheet: Sheet) -> None:
        first, second, third = sheet.subplots(1, 3, sharey=True)
        for colour, (step, (levels, g)) in zip(("tab:blue", "tab:orange", "tab:green"), wl_steps.items(), strict=True):
            label = f"{step * 1e3:.0f} mV: largest step {largest[step] * 1e6:.1f} uS"
            first.step(levels, g * 1e6, where="post", color=colour, label=label)
        first.set(xlabel="WL of the pulse (V)", ylabel="conductance at 0.2 V (uS)", title="WL staircase, BL 2.4 V, 100 ns")
        for wl, g in bl_steps.items():
            second.step(bls, g * 1e6, where="post", label=f"WL {wl:g} V")
        second.set(xlabel="BL of the pulse (V)", title="BL staircase, 50 mV, 100 ns")
        for wl, g in by_width.items():
            third.semilogx(widths * 1e9, g * 1e6, "o-", label=f"WL {wl:g} V")
        third.set(xlabel="pulse width (ns)", title="one pulse, BL 2.4 V")
        for axes in (first, second, third):
            axes.legend(loc="upper left")
        sheet.suptitle("SET from full RESET: what sets the conductance is the word line")

    rows = [("wl", 1e3 * step, v, g * 1e6) for step, (levels, gs) in wl_steps.items() for v, g in zip(levels, gs, strict=True)]
    rows += [("bl", wl, v, g * 1e6) for wl, gs in bl_steps.items() for v, g in zip(bls, gs, strict=True)]
    rows += [("width", wl, v * 1e9, g * 1e6) for wl, gs in by_width.items() for v, g in zip(widths, gs, strict=True)]
    names = ("staircase", "step_mV_or_wl_V", "level_V_or_width_ns", "conductance_uS")
    decade = {wl: (g[-1] - g[4]) / np.log10(widths[-1] / widths[4]) / g[-1] for wl, g in by_width.items()}
    plateau = max((g[-1] - g[bls > 2.39][0]) / g[-1] for g in bl_steps.values())
    figures = [
        verdict("staircases: steps that fail to rise, 20 mV of WL from 1.2 V", decreases(wl_steps[0.02][1][10:]), high=0),
        verdict("staircases: widths that fail to add", sum(decreases(g) for g in by_width.values()), high=0),
        verdict("staircases: largest step, 50 mV of WL", largest[0.05] * 1e6, "uS", high=4),
        verdict("staircases: largest step, 20 mV of WL", largest[0.02] * 1e6, "uS", high=2),
        verdict("staircases: largest step, 10 mV of WL", largest[0.01] * 1e6, "uS", high=1.5),
        verdict("staircases: change from BL 2.4 to 3.0 V, worst", 100 * plateau, "%", high=30),
        verdict("staircases: conductance for a decade of width, worst", 100 * max(decade.values()), "%", high=30),
    ]
    caption = "SET staircases against word line, bit line and pulse width."
    return Picture("staircases", caption, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), figures, draw, (11, 4.2))
