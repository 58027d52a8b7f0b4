"""Figures of the programmed cell: i(v) and G(v) of ten states, and the hand equations against ngspice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, colours, decreases, verdict
from neusoc.analog.reram.equations import Parameters, filament
from neusoc.analog.synapse import model
from neusoc.analog.synapse.bench import READ_BL, current_sweeps, line_resistance, set_series
from neusoc.analog.synapse.fit import fit_transistor

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

STATES = np.array([0.3, 1, 2, 5, 10, 20, 35, 50, 70, 95]) * 1e-6         # S, of the ReRAM alone
VREF, WL_ON = 0.9, 3.3                                                  # V: source line, so high that both signs are seen; word line


def states() -> Picture:
    """i(v) and G(v) of ten states, for both signs of the voltage."""
    volts = np.linspace(-0.4, 0.4, 81)
    x = filament(STATES, Parameters.of())
    current = current_sweeps(x, volts, wl=WL_ON, common=VREF)
    slope = np.gradient(current, volts, axis=1, edge_order=2)
    middle = slope[:, 40]
    read = np.abs(volts) < 0.0501
    linear = (np.ptp(slope[:, read], axis=1) / middle).max()
    wide = (np.ptp(slope[:, np.abs(volts) < 0.201], axis=1) / middle)
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
        sheet.suptitle(f"Ten states of the 1T1R synapse, v_sl = {VREF} V, WL {WL_ON} V, farthest cell of 64 x 64")

    table = {
        "reram_uS": np.repeat(STATES * 1e6, len(volts)), "v_V": np.tile(volts, len(STATES)),
        "i_uA": current.ravel() * 1e6, "didv_uS": slope.ravel() * 1e6,
    }  # fmt: skip
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


def equations() -> Picture:
    """Equations (5) to (8) and (C) of model.py against ngspice."""
    p, device, lines = Parameters.of(), fit_transistor(), line_resistance()
    ohms = lines.bl + lines.sl
    x = filament(STATES, p)
    small, word_lines = np.array([-0.01, 0.0, 0.01]), (2.0, 2.4, 3.3)
    simulated = {wl: (lambda i: (i[:, 2] - i[:, 0]) / 0.02)(current_sweeps(x, small, wl=wl, common=0.0)) for wl in word_lines}
    by_hand = {wl: model.synapse_conductance(x, float(device.on(wl)), ohms, p) for wl in word_lines}
    errors = {wl: 100 * (by_hand[wl] / simulated[wl] - 1) for wl in word_lines}

    read = current_sweeps(x, np.array([0.0, 0.05, 0.1, 0.15, READ_BL]), wl=WL_ON, common=0.0)[:, -1]
    on = float(device.on(WL_ON))
    linear = 100 * (by_hand[WL_ON] * READ_BL / read - 1)
    exact = 100 * (np.array([model.synapse_current(s, READ_BL, on, ohms, p) for s in x]) / read - 1)

    wl_set = np.arange(1.2, 2.41, 0.1)
    series = set_series(wl_set)
    compliance = device.compliance(wl_set)
    ended = np.array([model.after_set(float(i), 1e-6, p) for i in compliance])
    predicted = model.synapse_conductance(ended, on, ohms, p)
    set_error = 100 * (predicted / series.conductance - 1)
    current_error = 100 * (compliance / series.peak - 1)

    def draw(sheet: Sheet) -> None:
        first, second, third = sheet.subplots(1, 3)
        for colour, wl in zip(("tab:green", "tab:orange", "tab:blue"), word_lines, strict=True):
            first.semilogx(STATES * 1e6, by_hand[wl] / STATES, color=colour, label=f"WL {wl:g} V")
            first.semilogx(STATES * 1e6, simulated[wl] / STATES, "o", color=colour, mfc="none")
        first.set(xlabel="ReRAM conductance (uS)", ylabel="synapse over ReRAM conductance", title="(7): lines; ngspice: circles")
        first.legend()
        for colour, wl in zip(("tab:green", "tab:orange", "tab:blue"), word_lines, strict=True):
            second.semilogx(STATES * 1e6, errors[wl], "o-", color=colour, label=f"(7), WL {wl:g} V")
        second.semilogx(STATES * 1e6, linear, "s--", color="tab:red", label="(8) at 0.2 V, WL 3.3 V")
        second.semilogx(STATES * 1e6, exact, "^--", color="k", label="(5) and (6) at 0.2 V")
        second.set(xlabel="ReRAM conductance (uS)", ylabel="equation over ngspice - 1 (%)", title="error")
        second.legend(loc="best")
        third.plot(wl_set, compliance * 1e6, color="tab:blue", label="(C) current (uA)")
        third.plot(wl_set, series.peak * 1e6, "o", mfc="none", color="tab:blue", label="peak, ngspice")
        third.plot(wl_set, predicted * 1e6, color="tab:red", label="conductance after SET (uS)")
        third.plot(wl_set, series.conductance * 1e6, "o", mfc="none", color="tab:red", label="ngspice")
        third.set(xlabel="WL during SET (V)", ylabel="uA, uS", title="SET, BL 2.4 V, 1 us")
        third.legend()
        sheet.suptitle("Equations of the 1T1R transconductor against simulation")

    rows = [("conductance (7)", wl, g * 1e6, h * 1e6, s * 1e6) for wl in word_lines
            for g, h, s in zip(STATES, by_hand[wl], simulated[wl], strict=True)]  # fmt: skip
    currents = zip(STATES, by_hand[WL_ON] * READ_BL, read, strict=True)
    rows += [("current (8) at 0.2 V", WL_ON, g * 1e6, h * 1e6, s * 1e6) for g, h, s in currents]
    rows += [("compliance (C)", wl, 0.0, h * 1e6, s * 1e6) for wl, h, s in zip(wl_set, compliance, series.peak, strict=True)]
    rows += [("after SET", wl, 0.0, h * 1e6, s * 1e6) for wl, h, s in zip(wl_set, predicted, series.conductance, strict=True)]
    table = dict(zip(("quantity", "wl_V", "reram_uS", "equation_u", "ngspice_u"), map(list, zip(*rows, strict=True)), strict=True))
    figures = [
        verdict("equations: beta of the transistor", device.beta * 1e6, "uA/V2", low=50, high=500),
        verdict("equations: threshold of the transistor", device.threshold, "V", low=0.5, high=1.1),
        verdict("equations: threshold gained by a volt of source", device.body, "V/V", low=0.05, high=0.5),
        verdict("equations: theta, fall of the mobility", device.theta, "1/V", low=0, high=1),
        verdict("equations: k of the compliance", device.saturation * 1e6, "uA/V^alpha"),
        verdict("equations: Vc of the compliance", device.corner, "V", low=0.5, high=1.2),
        verdict("equations: alpha of the compliance", device.alpha, "", low=1, high=2),
        verdict("equations: (7) against ngspice, worst", max(np.abs(e).max() for e in errors.values()), "%", high=5),
        verdict("equations: (8) at 0.2 V, cell taken as linear, worst", np.abs(linear).max(), "%", high=10),
        verdict("equations: (5) with (6) at 0.2 V, worst", np.abs(exact).max(), "%", high=5),
        verdict("equations: compliance current (C), worst", np.abs(current_error).max(), "%", high=10),
        verdict("equations: conductance after SET, worst from 1.3 V", np.abs(set_error[wl_set > 1.25]).max(), "%", high=15),
    ]
    caption = "Equations (5) to (8) and the compliance (C) against ngspice, with the error of each."
    return Picture("equations", caption, table, figures, draw, (11.5, 4.2))


