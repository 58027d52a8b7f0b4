"""SET abrupt or gradual: what holds the current decides. Staircases of pulses on one cell, in ngspice and on the numpy twin.

    SET by voltage    each pulse a little higher, a stiff source: field and heat run away, one pulse makes most of the way
    SET by current    pulses of one height, each with a little more current: the source gives way as the cell conducts, every pulse adds a
                      little (a 1T1R cell's word line does the same)
    RESET by voltage  each pulse a little higher: the gap takes the voltage off its own field, every pulse removes a little

A step is the change of conductance from one pulse to the next as a share of the whole staircase's; a staircase whose greatest step is
most of it is abrupt, one whose greatest step is a small share is gradual. The review's text (section III, B) and G. Wang et al.,
Nanoscale Research Letters 10, 39 (2015), doi:10.1186/s11671-014-0721-2, tell the same of measured HfO2 cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.current_limit import CurrentLimit
from neusoc.analog.reram.equations import Floats, Parameters, conductance, filament
from neusoc.analog.reram.integrate import integrate_reference
from neusoc.analog.reram.osdi import build_osdi
from neusoc.analog.reram.sets import DEFAULT, ParameterSet, load_set, model_line
from neusoc.analog.reram.sweep import OHMS
from neusoc.base.report import Figure
from neusoc.pdk.spice.ngspice import deck, run

WIDTH_S, EDGE_S, PAUSE_S = 100e-9, 5e-9, 20e-9
HELD_V = 2.6                            # of the staircase of currents
OPTIONS = "reltol=1e-6 trtol=1"
ABRUPT_PERCENT, GRADUAL_PERCENT, TWINS_PERCENT = 60.0, 25.0, 1.0


@dataclass(frozen=True)
class Staircase:
    """Pulses on one cell.

    Attributes:
        name: name of its figures.
        start_us: conductance before, uS.
        volts: height of each pulse, (P,); negative: RESET.
        limit_a: current limit of each pulse in the SET direction, A, (P,).
        gradual: behaviour that it must show; False: abrupt.
    """

    name: str
    start_us: float
    volts: Floats
    limit_a: Floats
    gradual: bool


def staircases() -> list[Staircase]:
    """The three of the head of this file; the stiff source's limit is never reached."""
    up, down, current = np.arange(1.6, 2.31, 0.05), -np.arange(1.0, 2.21, 0.05), np.linspace(5e-6, 100e-6, 20)
    return [
        Staircase("SET by voltage", 0.4, up, np.full(up.size, 10e-3), gradual=False),
        Staircase("SET by current", 0.4, np.full(current.size, HELD_V), current, gradual=True),
        Staircase("RESET by voltage", 90.0, down, np.full(down.size, 10e-3), gradual=True),
    ]


def numpy_states(stairs: Staircase, chosen: ParameterSet) -> Floats:
    """Filament (nm) before the first pulse and after each, (P + 1,)."""
    p = Parameters.of(chosen.model)
    times = np.cumsum([0.0, EDGE_S, WIDTH_S, EDGE_S, PAUSE_S])
    states = [float(filament(stairs.start_us * 1e-6, p))]
    for volts, limit in zip(stairs.volts, stairs.limit_a, strict=True):
        wave = [0.0, float(volts), float(volts), 0.0, 0.0]
        states.append(float(integrate_reference(p, states[-1], times, wave, CurrentLimit(float(limit), OHMS), tolerance=1e-6).x_nm[0]))
    return np.array(states)


def spice_states(stairs: Staircase, chosen: ParameterSet) -> Floats:
    """The same in ngspice: one transient, height and limit of the source piecewise linear in time."""
    start = float(filament(stairs.start_us * 1e-6, Parameters.of(chosen.model)))
    period = 2 * EDGE_S + WIDTH_S + PAUSE_S
    volts, limits, reads = ["0 0"], [], [0.0]
    for k, (level, limit) in enumerate(zip(stairs.volts, stairs.limit_a, strict=True)):
        begin = k * period
        corners = ((begin + EDGE_S, level), (begin + EDGE_S + WIDTH_S, level), (begin + 2 * EDGE_S + WIDTH_S, 0.0), (begin + period, 0.0))
        volts += [f"{time:.6g} {value:.6g}" for time, value in corners]
        limits += [f"{begin + (1e-10 if k else 0.0):.6g} {limit:.6g}", f"{begin + period:.6g} {limit:.6g}"]
        reads.append(begin + period)
    circuit = (
        f"{model_line(chosen, 'cell')}vs s 0 pwl({' '.join(volts)})\nvl lim 0 pwl({' '.join(limits)})\nn1 te 0 cell x0_nm={start:.9g}\n"
        f"bs s te i = v(s,te) > 0 ? v(lim)*tanh(v(s,te)/({OHMS:g}*v(lim))) : v(s,te)/{OHMS:g}\n"
    )
    commands = [f"pre_osdi {build_osdi()}", f"tran 0.5n {reads[-1]:.6g} 0 1n", "write stairs.raw v(n1#x)"]
    data = run(deck(circuit, commands, options=OPTIONS)).arrays["stairs"]
    return np.interp(reads, data["time"], data["v(n1#x)"])


def greatest_step(siemens: Floats) -> float:
    """Percent of the whole change that the greatest step of a staircase makes; NaN where nothing moves."""
    whole = siemens[-1] - siemens[0]
    return float(100 * np.max(np.diff(siemens) / whole)) if whole else float("nan")


def regime_figures(set_name: str = DEFAULT) -> list[Figure]:
    """Greatest step of each staircase in ngspice with its limit, steps above 2 % of the whole, both twins beside each other."""
    chosen = load_set(set_name)
    p, found = Parameters.of(chosen.model), []
    for stairs in staircases():
        seen, twin = spice_states(stairs, chosen), numpy_states(stairs, chosen)
        siemens = np.asarray(conductance(seen, p))
        step, moved = greatest_step(siemens), np.diff(siemens) / (siemens[-1] - siemens[0]) > 0.02
        bound = {"max": GRADUAL_PERCENT} if stairs.gradual else {"min": ABRUPT_PERCENT}
        name = f"{set_name}, {stairs.name}"
        found += [
            Figure(name=f"{name}: greatest step", value=round(step, 2), unit="%", source="simulation", **bound),
            Figure(name=f"{name}: steps above 2 %", value=int(moved.sum()), source="simulation"),
            Figure(name=f"{name}: conductance at the end", value=round(1e6 * float(siemens[-1]), 3), unit="uS", source="simulation"),
            Figure(
                name=f"{name}: twins, worst", value=float(f"{100 * float(np.max(np.abs(twin / seen - 1))):.2g}"), unit="%",
                max=TWINS_PERCENT, source="simulation",
            ),
        ]  # fmt: skip
    return found
