"""Slow I-V sweeps of the compiled model in ngspice, and the thresholds that they show.

A triangular source voltage of 1 V/s goes up to the SET peak, through zero down to the RESET peak and back.
The source limits the current
of the positive half, as a parameter analyser does. Threshold: the source's voltage at which the filament has
made half of the way that it makes in that half of the sweep.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.integrate import ConvergenceError
from neusoc.analog.reram.osdi import build_osdi
from neusoc.analog.reram.sets import ParameterSet, load_set, model_line
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.pdk.spice.ngspice import SpiceError, deck, run
from numpy.typing import NDArray

RATE_V_PER_S = 1.0
OHMS = 100.0  # of the source below its limit
OPTIONS = "reltol=1e-5 trtol=1 abstol=1e-14"
# set with thresholds of a source -> peaks of its sweep (V), and how near the thresholds must come to the
# source's rounded ones (V)
PEAKS_V = {"oxram_leti": (2.4, -2.4), "cbram_gese": (1.2, -0.6)}
NEAR_V = {"oxram_leti": (0.05, 0.1), "cbram_gese": (0.03, 0.02)}
FORMING_PEAK_V = 3.0
MOST_V, MOST_A = 20.0, 0.1  # what measured sweeps may have, too (analog/reram/measured.py)


@dataclass(frozen=True)
class Loop:
    """One sweep: arrays of shape (T,) and the index of the turn from the positive to the negative half."""

    time_s: NDArray
    source_v: NDArray
    cell_v: NDArray
    cell_a: NDArray
    filament_nm: NDArray
    turn: int

    @property
    def set_v(self) -> float:
        """Threshold of the positive half."""
        return self._threshold(0, self.turn, "SET")

    @property
    def reset_v(self) -> float:
        """Threshold of the negative half."""
        return self._threshold(self.turn, len(self.time_s) - 1, "RESET")

    def csv(self, limit_a: float, samples: int = 400) -> str:
        """The sweep at even times, in the columns that `neusoc device-fit` reads."""
        times = np.linspace(0.0, self.time_s[-1], samples + 2)[1:-1]
        volts, amperes = (np.interp(times, self.time_s, values) for values in (self.source_v, self.cell_a))
        lines = [
            f"s1,{t:.9g},{v:.6g},{OHMS:g},{limit_a:g},{i:.6g}"
            for t, v, i in zip(times, volts, amperes, strict=True)
        ]
        return "\n".join(["sweep,time_s,source_v,series_ohm,limit_a,current_a", *lines, ""])

    def _threshold(self, begin: int, end: int, kind: str) -> float:
        x = self.filament_nm[begin : end + 1]
        if abs(x[-1] - x[0]) < 0.1:
            moved = abs(x[-1] - x[0])
            raise UserError(
                f"{kind} sweep: the filament moves only {moved:.3g} nm; raise the peak voltage or the current"
                " limit"
            )
        beyond = x - 0.5 * (x[0] + x[-1])
        k = int(np.flatnonzero(beyond[:-1] * beyond[1:] <= 0)[0])
        share = beyond[k] / (beyond[k] - beyond[k + 1])
        v = self.source_v[begin : end + 1]
        return float(v[k] + share * (v[k + 1] - v[k]))


def sweep(
    chosen: ParameterSet,
    limit_a: float,
    set_peak_v: float,
    reset_peak_v: float,
    start_nm: float | None = None,
) -> Loop:
    """Sweep one cell.

    Args:
        chosen: parameter set.
        limit_a: current limit of the positive half, A.
        set_peak_v, reset_peak_v: positive and negative peak of the source, V.
        start_nm: filament at the beginning, nm; default fully reset.

    Raises:
        UserError: peaks of the wrong sign or beyond MOST_V, a limit that is not positive or beyond MOST_A.
        ConvergenceError: ngspice gave up; the message names the cell, the time and the bias.
    """
    if not (limit_a > 0 and set_peak_v > 0 > reset_peak_v):
        raise UserError(
            f"sweep: limit {limit_a:g} A, peaks {set_peak_v:g} V and {reset_peak_v:g} V; give positive,"
            " positive, negative"
        )
    if limit_a > MOST_A or max(set_peak_v, -reset_peak_v) > MOST_V:
        told = f"sweep: limit {limit_a:g} A, peaks {set_peak_v:g} V and {reset_peak_v:g} V"
        raise UserError(f"{told}; give at most {MOST_A:g} A and {MOST_V:g} V of either sign")
    times = np.cumsum([0.0, set_peak_v, set_peak_v, -reset_peak_v, -reset_peak_v]) / RATE_V_PER_S
    volts = (0.0, set_peak_v, 0.0, reset_peak_v, 0.0)
    wave = " ".join(f"{t:g} {v:g}" for t, v in zip(times, volts, strict=True))
    start = chosen.model.xmin_nm if start_nm is None else start_nm
    circuit = (
        f"{model_line(chosen, 'cell')}vs s 0 pwl({wave})\nvm m te 0\nn1 te 0 cell x0_nm={start:g}\n"
        f"bs s m i = v(s,m) > 0 ? {limit_a:g}*tanh(v(s,m)/{limit_a * OHMS:g}) : v(s,m)/{OHMS:g}\n"
    )
    commands = [
        f"pre_osdi {build_osdi()}",
        f"tran 1m {times[-1]:g} 0 2m",
        "write loop.raw v(s) v(te) i(vm) v(n1#x)",
    ]
    try:
        data = run(deck(circuit, commands, options=OPTIONS)).arrays["loop"]
    except SpiceError as error:
        cell = f"{chosen.name}: cell of {start:g} nm behind a limit of {limit_a:g} A"
        raise ConvergenceError(
            f"ReRAM model in ngspice: {cell} {failure(str(error), times, volts)}"
        ) from None
    turn = int(np.searchsorted(data["time"], times[2]))
    return Loop(data["time"], data["v(s)"], data["v(te)"], data["i(vm)"], data["v(n1#x)"], turn)


def failure(told: str, times_s: Sequence[float] | NDArray, volts: Sequence[float]) -> str:
    """Where a run of ngspice ended: time and bias, from its complaint and the corners of the source; what may
    help."""
    found = re.search(r"time *= *([-+.\de]+)", told) or re.search(r"ended at ([-+.\de]+) s", told)
    where = "fails at a time that is not told"
    if found:
        time = float(found[1])
        where = f"does not converge at {time:.4g} s, bias {float(np.interp(time, times_s, volts)):.3g} V"
    return f"{where} ({told}); check the parameter set and the pulse"


def threshold_figures() -> list[Figure]:
    """Thresholds of the sets that have a source for them, at both ends of the compliance range and between,
    as figures for a report."""
    found = []
    for name, (set_peak, reset_peak) in PEAKS_V.items():
        chosen = load_set(name)
        wanted, near = chosen.thresholds, NEAR_V[name]
        if wanted is None:
            raise UserError(f"{name}.yaml: thresholds is missing; add it")
        low, high = wanted.compliance_a
        for limit in (low, (low * high) ** 0.5, high):
            loop = sweep(chosen, limit, set_peak, reset_peak)
            for kind, value, goal, margin in (
                ("SET", loop.set_v, wanted.set_v, near[0]),
                ("RESET", loop.reset_v, wanted.reset_v, near[1]),
            ):
                found.append(
                    _figure(f"{name}: {kind} threshold at {limit * 1e6:.3g} uA", value, goal, margin)
                )
        if wanted.forming_v:
            formed = sweep(chosen, high, FORMING_PEAK_V, reset_peak, chosen.pristine_nm)
            found.append(_figure(f"{name}: forming threshold", formed.set_v, wanted.forming_v, 0.1))
    return found


def _figure(name: str, value: float, goal: float, margin: float) -> Figure:
    return Figure(
        name=name,
        value=round(value, 4),
        unit="V",
        min=round(goal - margin, 4),
        max=round(goal + margin, 4),
        source="simulation",
    )
