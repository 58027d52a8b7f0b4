"""Figures of what must not happen: reads that move the state, and pulses for one cell that reach another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, verdict
from neusoc.analog.reram.equations import Parameters, current, current_scale, filament, heating, speed
from neusoc.analog.synapse.bench import READ_BL, READ_WL, Setup, current_sweeps, transient
from scipy.integrate import solve_ivp

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Sheet

READS, READ_TIME = 1e6, 40e-9  # events, and two clocks each
LINE = 0.15  # V, of a neuron's bit lines (vread of front_end.yaml)
TEMPERATURES = (27.0, 85.0, 125.0)  # degrees Celsius
STATE = 20e-6  # S, a middle level
ALLOWED = 0.01  # share of the conductance
SCALE_NM = float(
    Parameters.of().tox_nm - Parameters.of().xref_nm
)  # filament that multiplies the conductance by e


def cell_voltages(
    x_nm: float, volts: np.ndarray, p: Parameters, setup: Setup, wl: float = READ_WL
) -> np.ndarray:
    """Voltage across the ReRAM (V) while the filament is held, from ngspice's current; the lower line is at 0
    V.

    Args:
        volts: bit line less source line, of one sign, evenly spaced.
    """
    current_ = current_sweeps(
        [x_nm], volts, wl=wl, common=0.0, swept="bl" if volts[-1] > 0 else "sl", setup=setup
    )[0]
    return np.asarray(p.vref_v * np.arcsinh(current_ / current_scale(x_nm, p)))


def rate(x_nm: float, v: np.ndarray | float, p: Parameters) -> np.ndarray:
    """dx/dt (nm/s) by the numpy twin; v across the ReRAM."""
    return np.asarray(speed(x_nm, v, heating(v, current(x_nm, v, p), p), p)) * 1e9


def _compare(x_nm: float, volts: float, setup: Setup, p: Parameters) -> tuple[float, float]:
    """Change of ln G after READS reads in one piece: by ngspice, and by the twin integrated by scipy under
    ngspice's cell voltage."""
    hold, ramp = READS * READ_TIME, 1e-6
    up = [(0, 0), (ramp, abs(volts)), (ramp + hold, abs(volts))]
    off = [(0, 0), (ramp + hold, 0)]
    waves = {
        "wl": [(0, READ_WL), (ramp + hold, READ_WL)],
        "bl": up if volts > 0 else off,
        "sl": off if volts > 0 else up,
    }
    data = transient(waves, hold / 50, x0_nm=x_nm, setup=setup)

    def motion(time: float, x: np.ndarray) -> list[float]:
        return [float(rate(x[0], float(np.interp(time, data["time"], data["v"])), p))]

    done = solve_ivp(
        motion, (0, ramp + hold), [x_nm], method="LSODA", rtol=1e-8, atol=1e-11, max_step=hold / 200
    )
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
        across = np.concatenate(
            [cell_voltages(x0, part, p, Setup(temperature=t)) for part in (-up[::-1], up)]
        )
        straight[t] = rate(x0, across, p) * hold / SCALE_NM
    checks = {27.0: (1.05, 1.1, 1.15, -1.0, -1.05, -1.1), 125.0: (0.7, 0.75, 0.8, -0.7, -0.75, -0.8)}
    rows = [
        (t, v, *_compare(x0, v, Setup(temperature=t), sets[t]))
        for t, wanted in checks.items()
        for v in wanted
    ]
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
                    axes.semilogy(
                        *zip(*points, strict=True), mark, color=colour, mfc="none", ms=7, label=label
                    )
        axes.axhline(ALLOWED, color="k", ls="--", lw=1)
        axes.text(-1.55, ALLOWED * 2, "1 %", va="bottom")
        axes.axvline(LINE, color="tab:green", lw=1, label=f"neuron, {LINE:g} V")
        axes.axvline(READ_BL, color="tab:purple", lw=1, label="verify, 0.2 V")
        axes.set(
            xlabel="v_bl - v_sl of the read (V)",
            ylabel="change of ln G after 1e6 reads of 40 ns",
            ylim=(1e-16, 100),
        )
        sheet.legend(loc="outside right upper")
        axes.set_title(f"Read disturb of a {STATE * 1e6:g} uS cell, WL {READ_WL} V")

    table = {
        "temperature_C": np.repeat(TEMPERATURES, len(volts)),
        "v_V": np.tile(volts, len(TEMPERATURES)),
        "change_of_lnG": np.concatenate([straight[t] for t in TEMPERATURES]),
    }
    figures = [
        verdict("read_disturb: change after 1e6 reads at 0.2 V, 27 C", 100 * at_read[27.0], "%", high=1),
        verdict("read_disturb: change after 1e6 reads at 0.2 V, 125 C", 100 * at_read[125.0], "%", high=1),
        verdict("read_disturb: read voltage that costs 1 %, 27 C", limit[27.0], "V", low=2 * READ_BL),
        verdict("read_disturb: read voltage that costs 1 %, 125 C", limit[125.0], "V", low=2 * READ_BL),
        verdict("read_disturb: points of ngspice compared with the twin", len(errors), "", low=6),
        verdict("read_disturb: ngspice against the twin, worst", 100 * max(errors), "%", high=5),
    ]
    caption = (
        "Read disturb: change of a middle level after a million reads, by the rate at the read bias, checked"
        " by ngspice."
    )
    return Picture("read_disturb", caption, table, figures, draw, (9.6, 4.4))
