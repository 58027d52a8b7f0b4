"""Measurements made by the converged integrator from a known set, with noise: what a fit must find again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.reram.current_limit import CurrentLimit
from neusoc.analog.reram.equations import Parameters, Resistor, conductance, current, divide, filament
from neusoc.analog.reram.integrate import integrate_reference


def pulses_csv(path: Path, p: Parameters, count: int, seed: int, noise: float = 0.01) -> None:
    """Random pulses of either sign on cells of random state, reads with relative noise."""
    random = np.random.default_rng(seed)
    grows = random.random(count) < 0.5
    before = np.where(grows, random.uniform(0.4e-6, 30e-6, count), random.uniform(20e-6, 90e-6, count))
    volts = np.round(np.where(grows, random.uniform(1.8, 2.6, count), -random.uniform(1.2, 2.0, count)), 3)
    width = np.round(np.exp(random.uniform(np.log(50e-9), np.log(2e-6), count)), 9)
    edge, ohms = np.full(count, 10e-9), random.choice([2e3, 10e3], count)
    times = np.stack([0 * width, edge, edge + width, 2 * edge + width], axis=1)
    wave = np.stack([0 * volts, volts, volts, 0 * volts], axis=1)
    end = integrate_reference(
        p, filament(before, p), times, wave[..., None], Resistor(ohms), tolerance=1e-6
    ).x_nm
    after = conductance(end, p) * np.exp(random.normal(0, noise, count))
    lines = ["cell,begin_s,amplitude_v,width_s,edge_s,series_ohm,before_siemens,after_siemens"]
    for k in range(count):
        row = (k * 1e-3, volts[k], width[k], edge[k], ohms[k], before[k], after[k])
        lines.append(f"c{k % 4}," + ",".join(f"{value:.9g}" for value in row))
    path.write_text("\n".join(lines) + "\n")


def sweeps_csv(
    path: Path, p: Parameters, limits: list[float], seed: int, noise: float = 0.02, samples: int = 480
) -> None:
    """Triangular sweeps, 2.2 V up and down, then -1.8 V, at 1 kV/s, one a current limit."""
    random = np.random.default_rng(seed)
    corners = np.cumsum([0.0, 2.2e-3, 2.2e-3, 1.8e-3, 1.8e-3])
    times = np.linspace(0, corners[-1], samples + 1)[1:-1]
    volts = np.interp(times, corners, [0, 2.2, 0, -1.8, 0])
    lines = ["sweep,time_s,source_v,series_ohm,limit_a,current_a"]
    series = CurrentLimit(np.array(limits), 100.0)
    trace = integrate_reference(
        p, np.full(len(limits), 3.35), corners, [0, 2.2, 0, -1.8, 0], series, tolerance=1e-5, record=True
    )
    for k, limit in enumerate(limits):
        x = np.interp(times, trace.time_s[:, k], trace.path_nm[:, k])
        v = divide(x, volts[:, None], CurrentLimit(limit, 100.0), p)
        measured = current(x, v, p) * np.exp(random.normal(0, noise, times.size))
        lines += [
            f"s{k},{t:.9g},{u:.6g},100,{limit:g},{i:.6g}"
            for t, u, i in zip(times, volts, measured, strict=True)
        ]
    path.write_text("\n".join(lines) + "\n")
