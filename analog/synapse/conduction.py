"""Figures of the programmed cell: i(v) and G(v) of ten states, and the hand equations against ngspice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, colours, decreases, verdict
from neusoc.analog.reram.equations import Parameters, filament
from neusoc.analog.synapse.bench import current_sweeps

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

STATES = np.array([0.3, 1, 2, 5, 10, 20, 35, 50, 70, 95]) * 1e-6  # S, of the ReRAM alone
VREF, WL_ON = 0.9, 3.3  # V: source line, so high that both signs are seen; word line


def states() -> Picture:
    """i(v) and G(v) of ten states, for both signs of the voltage."""
    volts = np.linspace(-0.4, 0.4, 81)
    x = filament(STATES, Parameters.of())
    current = current_sweeps(x, volts, wl=WL_ON, common=VREF)
    slope = np.gradient(current, volts, axis=1, edge_order=2)
    middle = slope[:, 40]
    read = np.abs(volts) < 0.0501
    linear = (np.ptp(slope[:, read], axis=1) / middle).max()
    wide = np.ptp(slope[:, np.abs(volts) < 0.201], axis=1) / middle
    symmetry = np.abs((current[:, -1] + current[:, 0]) / (current[:, -1] - current[:, 0])).max()
    order = decreases(middle) + int((np.diff(current, axis=1) <= 0).sum())

    def draw(sheet: Sheet) -> None:
        left, right = sheet.subplots(1, 2)
        for colour, state, i, g in zip(colours(len(STATES)), STATES, current, slope, strict=True):
            left.plot(volts, i * 1e6, color=colour, label=f"{state * 1e6:g}")
            right.semilogy(volts, g * 1e6, color=colour)
        left.set(xlabel="v = v_bl - v_sl (V)", ylabel="i (uA)", title="current")
        right.set(xlabel="v = v_bl - v_sl (V)", ylabel="di/dv (uS)", title="conductance")
        right.axvspan(-0.05, 0.05, color="tab:orange", alpha=0.15, label="+-50 mV")
        right.legend(loc="center", bbox_to_anchor=(0.5, 0.2))
        left.legend(title="ReRAM (uS)", ncol=2)
        sheet.suptitle(
            f"Ten states of the 1T1R synapse, v_sl = {VREF} V, WL {WL_ON} V, farthest cell of 64 x 64"
        )

    table = {
        "reram_uS": np.repeat(STATES * 1e6, len(volts)),
        "v_V": np.tile(volts, len(STATES)),
        "i_uA": current.ravel() * 1e6,
        "didv_uS": slope.ravel() * 1e6,
    }
    figures = [
        verdict("states: steps that fail to rise, in v or from state to state", order, "", high=0),
        verdict("states: largest 1T1R conductance", middle[-1] * 1e6, "uS", low=40),
        verdict("states: largest over smallest conductance", middle[-1] / middle[0], "", low=100),
        verdict("states: change of di/dv within +-50 mV, worst", 100 * linear, "%", high=5),
        verdict("states: change of di/dv within +-200 mV, worst", 100 * wide.max(), "%", high=20),
        verdict("states: asymmetry of i at +-0.4 V, worst", 100 * symmetry, "%", high=10),
    ]
    caption = "i(v) and di/dv of ten programmed states (the review's figure 8 for this process)."
    return Picture("states", caption, table, figures, draw, (8.6, 4.2))
