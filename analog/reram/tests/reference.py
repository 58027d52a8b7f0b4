"""Independent reference of the ReRAM cell behind a series resistor: the same physics, another solver, hard
stops.

Written from the equations of the README for scipy's implicit solver with tight tolerances; shares no code
with reram.va.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

BOLTZMANN_EV = 8.617333262e-5
TOX, X_MIN, X_MAX, HOP = 5.0, 3.3, 4.9, 0.25  # nm
SPEED, GENERATION, RECOMBINATION = 150.0, 1.501, 1.500  # nm/ns, eV
GAMMA_0, GAMMA_1 = 16.5, -1.25  # 1, 1/nm3
I_1, X_REF, V_REF = 61.4e-6, 4.7249, 0.43  # A, nm, V
T_0, HEAT_CAPACITY, TAU = 300.0, 3.1825e-16, 0.23  # K at 27 C, J/K, ns
HOPPING, METAL, METALLIC = 0.06, -0.0005, 4.57  # eV, 1/K, nm: what the ambient does to the current


def scale_at(length: float, celsius: float) -> float:
    """Current before sinh, A: of a reset cell it hops, of a long filament it flows as in a metal."""
    rest = T_0 + celsius - 27.0
    reset = np.clip((METALLIC - length) / (METALLIC - X_MIN), 0.0, 1.0)
    hopping = np.exp(HOPPING * reset * (rest - T_0) / (BOLTZMANN_EV * T_0 * rest))
    return (
        I_1 * np.exp(-(TOX - length) / (TOX - X_REF)) * hopping * (1.0 + METAL * (1.0 - reset) * (rest - T_0))
    )


def cell_voltage(source: float, length: float, resistance: float, celsius: float = 27.0) -> float:
    """Voltage across the cell when source drives it through resistance (ohm)."""
    scale = scale_at(length, celsius) * resistance
    if source == 0.0:
        return 0.0
    low, high = sorted((0.0, source))
    return brentq(lambda v: v + scale * np.sinh(v / V_REF) - source, low - 1e-9, high + 1e-9, xtol=1e-12)


def end_state(
    times_ns: list[float], volts: list[float], start_nm: float, resistance: float, celsius: float = 27.0
) -> float:
    """Filament length (nm) after a piecewise linear source voltage at a temperature, degrees."""

    def rates(time: float, state: np.ndarray) -> list[float]:
        length, heat = min(max(state[0], X_MIN), X_MAX), max(state[1], 0.0)
        source = float(np.interp(time, times_ns, volts))
        v = cell_voltage(source, length, resistance, celsius)
        current = scale_at(length, celsius) * np.sinh(v / V_REF)
        kt = BOLTZMANN_EV * (T_0 + celsius - 27.0 + heat)
        lowering = (GAMMA_0 + GAMMA_1 * (TOX - length) ** 3) * HOP / TOX * v
        motion = SPEED * (np.exp((lowering - GENERATION) / kt) - np.exp((-lowering - RECOMBINATION) / kt))
        if (length >= X_MAX and motion > 0) or (length <= X_MIN and motion < 0):
            motion = 0.0
        return [motion, v * current * 1e-9 / HEAT_CAPACITY - heat / TAU]

    state = np.array([start_nm, 0.0])
    for begin, end in zip(times_ns, times_ns[1:], strict=False):  # no step across a corner of the source
        if end > begin:
            done = solve_ivp(rates, (begin, end), state, method="LSODA", rtol=1e-8, atol=[1e-9, 1e-4])
            if not done.success:
                raise RuntimeError(f"reference: {done.message}")
            state = np.array([min(max(done.y[0, -1], X_MIN), X_MAX), done.y[1, -1]])
    return float(state[0])
