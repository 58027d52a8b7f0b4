"""Figures of what must not happen: reads that move the state, and pulses for one cell that reach another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, verdict
from neusoc.analog.reram.equations import Parameters, current, current_scale, filament, heating, speed
from neusoc.analog.synapse.bench import READ_BL, READ_WL, RESET_FULL, Setup, current_sweeps, pulse_waves, transient
from neusoc.analog.synapse.bench import Pulse as P
from scipy.integrate import solve_ivp

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

READS, READ_TIME = 1e6, 40e-9                   # events, and two clocks each
LINE = 0.15                                     # V, of a neuron's bit lines (vread of front_end.yaml)
TEMPERATURES = (27.0, 85.0, 125.0)              # degrees Celsius
STATE = 20e-6                                   # S, a middle level
ALLOWED = 0.01                                  # share of the conductance
SCALE_NM = float(Parameters.of().tox_nm - Parameters.of().xref_nm)      # filament that multiplies the conductance by e
HALF_SELECT = 1.2                               # V, half of the SET voltage of 2.4 V


def cell_voltages(x_nm: float, volts: np.ndarray, p: Parameters, setup: Setup, wl: float = READ_WL) -> np.ndarray:
    """Voltage across the ReRAM (V) while the filament is held, from ngspice's current; the lower line is at 0 V.

    Args:
        volts: bit line less source line, of one sign, evenly spaced.
    """
    current_ = current_sweeps([x_nm], volts, wl=wl, common=0.0, swept="bl" if volts[-1] > 0 else "sl", setup=setup)[0]
    return np.asarray(p.vref_v * np.arcsinh(current_ / current_scale(x_nm, p)))


def rate(x_nm: float, v: np.ndarray | float, p: Parameters) -> np.ndarray:
    """dx/dt (nm/s) by the numpy twin; v across the ReRAM."""
    return np.asarray(speed(x_nm, v, heating(v, current(x_nm, v, p), p), p)) * 1e9


def _compare(x_nm: float, volts: float, setup: Setup, p: Parameters) -> tuple[float, float]:
    """Change of ln G after READS reads in one piece: by ngspice, and by the twin integrated by scipy under ngspice's cell voltage."""
    hold, ramp = READS * READ_TIME, 1e-6
    up = [(0, 0), (ramp, abs(volts)), (ramp + hold, abs(volts))]
    off = [(0, 0), (ramp + hold, 0)]
    waves = {"wl": [(0, READ_WL), (ramp + hold, READ_WL)], "bl": up if volts > 0 else off, "sl": off if volts > 0 else up}
    data = transient(waves, hold / 50, x0_nm=x_nm, setup=setup)

    def motion(time: float, x: np.ndarray) -> list[float]:
        return [float(rate(x[0], float(np.interp(time, data["time"], data["v"])), p))]

    done = solve_ivp(motion, (0, ramp + hold), [x_nm], method="LSODA", rtol=1e-8, atol=1e-11, max_step=hold / 200)
    if not done.success:
        raise RuntimeError(f"read disturb: {done.message}")
    return float(data["x"][-1] - data["x"][0]) / SCALE_NM, float(done.y[0, -1] - x_nm) / SCALE_NM


def read_disturb() -> Picture:
    """Change of a middle level after a million reads against the read voltage, at three temperatures."""
    x0 = float(filament(STATE, Parameters.of()))
    up = np.arange(0.01, 1.601, 0.01)
    volts = np.concatenate([-up[::-1], up])
    hold = READS * READ_TIME
    sets = {t: Parameters.of().with_(celsius=t) for t in TEMPERATURES}
    straight = {}
    for t, p in sets.items():
        across = np.concatenate([cell_voltages(x0, part, p, Setup(temperature=t)) for part in (-up[::-1], up)])
        straight[t] = rate(x0, across, p) * hold / SCALE_NM
    checks = {27.0: (1.05, 1.1, 1.15, -1.0, -1.05, -1.1), 125.0: (0.7, 0.75, 0.8, -0.7, -0.75, -0.8)}
    rows = [(t, v, *_compare(x0, v, Setup(temperature=t), sets[t])) for t, wanted in checks.items() for v in wanted]
    # below 2 % ngspice's tolerance (1e-4 of 4.5 nm) is in the way
    errors = [abs(ngspice / twin - 1) for _, _, ngspice, twin in rows if abs(twin) > 0.02]
    read = int(np.argmin(np.abs(volts - READ_BL)))
    at_read = {t: abs(straight[t][read]) for t in TEMPERATURES}
    limit = {t: np.abs(volts[np.abs(straight[t]) > ALLOWED]).min() for t in TEMPERATURES}

    def draw(sheet: Sheet) -> None:
        axes = sheet.subplots()
        for colour, t in zip(("tab:blue", "tab:orange", "tab:red"), TEMPERATURES, strict=True):
            for side, text in ((volts < 0, f"dx/dt of the twin times 40 ms, {t:g} C"), (volts > 0, None)):
                axes.semilogy(volts[side], np.abs(straight[t][side]), color=colour, label=text)
            for name, mark in ((2, "o"), (3, "+")):
                points = [(r[1], abs(r[name])) for r in rows if r[0] == t]
                if points:
                    label = f"{'ngspice' if name == 2 else 'twin, integrated'}, {t:g} C"
                    axes.semilogy(*zip(*points, strict=True), mark, color=colour, mfc="none", ms=7, label=label)
        axes.axhline(ALLOWED, color="k", ls="--", lw=1)
        axes.text(-1.55, ALLOWED * 2, "1 %", va="bottom")
        axes.axvline(LINE, color="tab:green", lw=1, label=f"neuron, {LINE:g} V")
        axes.axvline(READ_BL, color="tab:purple", lw=1, label="verify, 0.2 V")
        axes.set(xlabel="v_bl - v_sl of the read (V)", ylabel="change of ln G after 1e6 reads of 40 ns", ylim=(1e-16, 100))
        sheet.legend(loc="outside right upper")
        axes.set_title(f"Read disturb of a {STATE * 1e6:g} uS cell, WL {READ_WL} V")

    table = {
        "temperature_C": np.repeat(TEMPERATURES, len(volts)), "v_V": np.tile(volts, len(TEMPERATURES)),
        "change_of_lnG": np.concatenate([straight[t] for t in TEMPERATURES]),
    }  # fmt: skip
    figures = [
        verdict("read_disturb: change after 1e6 reads at 0.2 V, 27 C", 100 * at_read[27.0], "%", high=1),
        verdict("read_disturb: change after 1e6 reads at 0.2 V, 125 C", 100 * at_read[125.0], "%", high=1),
        verdict("read_disturb: read voltage that costs 1 %, 27 C", limit[27.0], "V", low=2 * READ_BL),
        verdict("read_disturb: read voltage that costs 1 %, 125 C", limit[125.0], "V", low=2 * READ_BL),
        verdict("read_disturb: points of ngspice compared with the twin", len(errors), "", low=6),
        verdict("read_disturb: ngspice against the twin, worst", 100 * max(errors), "%", high=5),
    ]
    caption = "Read disturb: change of a middle level after a million reads, by the rate at the read bias, checked by ngspice."
    return Picture("read_disturb", caption, table, figures, draw, (9.6, 4.4))


SCENES = {      # what is done to another cell: levels of wl, bl, sl that this cell sees
    "SET, other row\n(WL off)": P(0.0, 2.4),
    "SET, same row\n(BL at 0)": P(2.2, 0.0),
    "RESET, row partner\n(WL off)": P(0.0, 0.0, RESET_FULL.sl),
    "RESET, same row\n(BL = SL)": P(RESET_FULL.wl, RESET_FULL.sl, RESET_FULL.sl),
    "RESET, same row\n(BL = SL/2)": P(RESET_FULL.wl, RESET_FULL.sl / 2, RESET_FULL.sl),
    "RESET, same row\n(BL at 0.9 V)": P(RESET_FULL.wl, 0.9, RESET_FULL.sl),
    "RESET itself\n(BL at 0)": RESET_FULL,
}
ALLOWED_SCENES = 5                              # the first ones: what the column drivers may do
CELLS = {"0.3 uS": 0.3e-6, "20 uS": 20e-6, "45 uS": 45e-6}
FLOOR = 1e-24                                   # least change drawn


def half_select() -> Picture:
    """Voltage and change of cells that share a line with the one being programmed."""
    p = Parameters.of()
    shape = (len(SCENES), len(CELLS))
    voltage, by_rate, simulated = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for i, scene in enumerate(SCENES.values()):
        corners, reads, spans = pulse_waves([scene])
        for j, state in enumerate(CELLS.values()):
            x0 = float(filament(state, p))
            data = transient(corners, 20e-9, x0_nm=x0)
            inside = (data["time"] >= spans[0][0]) & (data["time"] <= spans[0][1])
            voltage[i, j] = np.abs(data["v"][inside]).max()
            time, v = data["time"][inside], data["v"][inside]
            by_rate[i, j] = abs(np.trapezoid(rate(x0, v, p), time)) / SCALE_NM
            g = np.interp(reads, data["time"], data["i_bl"])
            simulated[i, j] = abs(np.log(g[1] / g[0]))
    worst = by_rate[:ALLOWED_SCENES].max()

    def draw(sheet: Sheet) -> None:
        top, bottom = sheet.subplots(2, 1, sharex=True)
        for j, (colour, name) in enumerate(zip(("tab:blue", "tab:orange", "tab:red"), CELLS, strict=True)):
            at = np.arange(len(SCENES)) + 0.27 * (j - 1)
            top.bar(at, np.maximum(voltage[:, j], 1e-4), 0.25, color=colour, label=f"cell at {name}")
            bottom.bar(at[:-1], np.maximum(by_rate[:-1, j], FLOOR), 0.25, color=colour)     # a RESET does not run at its first rate
            seen = simulated[:, j] > 1e-6
            bottom.plot(at[seen], simulated[seen, j], "k_", ms=9, label="ngspice" if j == 0 else None)
        top.axhline(HALF_SELECT, color="k", ls="--", lw=1, label="half of 2.4 V")
        top.set(ylabel="largest voltage across\nthe ReRAM (V)", yscale="log", ylim=(1e-4, 30))
        bottom.set(ylabel="change of ln G by one\npulse of 1 us", yscale="log", ylim=(FLOOR, 1e4))
        bottom.set_xticks(range(len(SCENES)), SCENES, fontsize=7.5)
        bottom.axhline(ALLOWED, color="k", ls=":", lw=1, label="1 %")
        top.axvline(ALLOWED_SCENES - 0.5, color="k", lw=0.8)
        bottom.axvline(ALLOWED_SCENES - 0.5, color="k", lw=0.8)
        top.text(ALLOWED_SCENES - 0.55, 14, "drivers may do", ha="right", va="center", fontsize=8)
        top.text(ALLOWED_SCENES - 0.45, 14, "for comparison", ha="left", va="center", fontsize=8)
        top.legend(ncol=4, loc="upper left", fontsize=7, framealpha=1)
        bottom.legend(ncol=2, loc="upper left", fontsize=7)
        top.set_title("Cells that share a line with the one being programmed; bars below: dx/dt of the twin at ngspice's voltage")

    table = {
        "scene": [name.replace("\n", " ").replace(",", ":") for name in SCENES for _ in CELLS], "cell": list(CELLS) * len(SCENES),
        "voltage_V": voltage.ravel(), "change_of_lnG_by_rate": by_rate.ravel(), "change_of_lnG_ngspice": simulated.ravel(),
    }  # fmt: skip
    resolved = simulated[-1, 2]
    figures = [
        verdict("half_select: voltage of a half-selected cell, worst", voltage[:ALLOWED_SCENES].max(), "V", high=HALF_SELECT),
        verdict("half_select: change by 1e4 pulses, worst", 100 * (1e4 * worst), "%", high=1),
        verdict("half_select: ngspice sees a change by one pulse, worst", 100 * simulated[:ALLOWED_SCENES].max(), "%", high=0.1),
        verdict("half_select: voltage when RESET leaves BL at 0.9 V", voltage[ALLOWED_SCENES].max(), "V"),
        verdict("half_select: the RESET itself, change of ln G at 45 uS", resolved, "", low=3),
    ]
    caption = "Half-select: what the pulses for one cell do to the others on its lines."
    return Picture("half_select", caption, table, figures, draw, (9.6, 5))
