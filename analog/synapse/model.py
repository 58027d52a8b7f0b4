"""The synapse by hand: the equations that the README states, with the ReRAM's own from its numpy twin.

    (5)  i = Gx Vref sinh(vx / Vref),  Gx = (I1 / Vref) exp(-(tox - x) / (tox - xref))            the cell
    (6)  gt = beta Vov / (1 + theta Vov),  Vov = v_wl - v_sl - Vt(v_sl)                           the transistor, triode
    (7)  1/G = 1/Gx + 1/gt + R_bl + R_sl                                                          the synapse
    (8)  i = G (v_bl - v_sl) while the word line is on; a spike of length t carries Q = G (v_bl - v_sl) t
    (C)  I_C = k (v_wl - v_sl - Vc)^alpha                                                         its compliance in SET

(C) is the alpha-power law of a velocity-saturated transistor (T. Sakurai, A. R. Newton, IEEE JSSC 25, 584, 1990).

All in SI units; lengths of the filament in nm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from neusoc.analog.spice import deck, run
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.devices import NFET_5V
from neusoc.verification.device.equations import Parameters, conductance, current_scale, heating, speed
from scipy.optimize import brentq, least_squares

TRIODE_V = 0.01             # V, drain to source
SATURATION_V = 1.2          # what 2.4 V leaves beside a cell that has just been set
OVERDRIVE_LEAST = 0.4       # V over the guessed threshold: the square law holds from there


@dataclass(frozen=True)
class Transistor:
    """The access transistor, W 1.0 L 0.5 um, as the equations take it.

    Attributes:
        beta: A/V2.
        threshold: V, source at 0 V.
        body: V of threshold for each V of source (linearised).
        theta: 1/V, fall of the mobility.
        saturation: k, A/V^alpha.
        corner: Vc, V, where the saturation current sets in.
        alpha: 2 for a long channel, 1 for a velocity-saturated one.
    """

    beta: float
    threshold: float
    body: float
    theta: float
    saturation: float
    corner: float
    alpha: float

    def overdrive(self, wl: np.ndarray | float, sl: float = 0.0) -> np.ndarray:
        """V."""
        return np.asarray(wl) - sl - self.threshold - self.body * sl

    def on(self, wl: np.ndarray | float, sl: float = 0.0) -> np.ndarray:
        """Triode conductance (6), S."""
        over = self.overdrive(wl, sl)
        return self.beta * over / (1 + self.theta * over)

    def compliance(self, wl: np.ndarray | float, sl: float = 0.0) -> np.ndarray:
        """Saturation current (C), A."""
        over = np.asarray(wl) - sl - self.body * sl - self.corner
        return self.saturation * np.maximum(over, 0.0) ** self.alpha


def transistor_currents(wl: np.ndarray, drain: float, source: float, corner: str = "tt", temperature: float = 27.0) -> np.ndarray:
    """ngspice: drain current (A) of the transistor alone over evenly spaced word line voltages."""
    text = f"vd d 0 {source + drain:g}\nvg g 0 0\nvs s 0 {source:g}\nxcell d g s 0 {NFET_5V} w={dim.WIDTH:g} l={dim.LENGTH:g} nf=1 m=1\n"
    step = (wl[-1] - wl[0]) / (len(wl) - 1)
    commands = [f"dc vg {wl[0]:.6g} {wl[-1] + step / 2:.6g} {step:.6g}", "write d.raw i(vd)"]
    return -run(deck(text, commands, corner=corner, temperature=temperature)).arrays["d"]["i(vd)"]


def fit_transistor(corner: str = "tt", temperature: float = 27.0) -> Transistor:
    """The numbers from two triode curves (source at 0 and 0.9 V) and one saturation curve of the PDK's model."""
    wl = np.arange(1.2, 3.61, 0.1)
    triode = [(source, transistor_currents(wl, TRIODE_V, source, corner, temperature) / TRIODE_V) for source in (0.0, 0.9)]
    used = np.arange(1.2, 2.61, 0.1)
    sat = transistor_currents(used, SATURATION_V, 0.0, corner, temperature)

    def errors(p: np.ndarray) -> np.ndarray:
        device = Transistor(p[0] * 1e-4, *p[1:4], p[4] * 1e-4, *p[5:])
        parts = []
        for source, values in triode:
            strong = device.overdrive(wl, source) > OVERDRIVE_LEAST
            parts.append(np.where(strong, device.on(wl, source) / values - 1, 0.0))
        return np.concatenate([*parts, device.compliance(used) / sat - 1])

    x = [float(value) for value in least_squares(errors, [2.5, 0.8, 0.2, 0.2, 1.0, 0.9, 1.2]).x]
    return Transistor(x[0] * 1e-4, *x[1:4], x[4] * 1e-4, *x[5:])


def synapse_conductance(x_nm: np.ndarray, on: float, lines: float, p: Parameters) -> np.ndarray:
    """Small-signal conductance (7), S; lines in ohm."""
    return 1 / (1 / conductance(x_nm, p) + 1 / on + lines)


def synapse_current(x_nm: float, volts: float, on: float, lines: float, p: Parameters) -> float:
    """Current (A) of (5) behind transistor and lines, without linearising the cell."""
    scale, series = float(current_scale(x_nm, p)), 1 / on + lines
    return brentq(lambda i: p.vref_v * np.arcsinh(i / scale) + i * series - volts, 0.0, volts / series)


def after_set(compliance: float, width: float, p: Parameters) -> float:
    """Filament (nm) at which a SET pulse ends when the transistor holds the current.

    The current is I_C, so the longer the filament, the less voltage is left across it, and the slower it grows. It stops where the growth
    still to come within the pulse is the length over which the speed falls by e.
    """

    def log_speed(x_nm: float) -> float:
        volts = p.vref_v * np.arcsinh(compliance / current_scale(x_nm, p))
        return float(np.log(max(float(speed(x_nm, volts, heating(volts, compliance, p), p)), 1e-30)))

    def excess(x_nm: float) -> float:
        fall = (log_speed(x_nm - 1e-3) - log_speed(x_nm + 1e-3)) / 2e-3
        return log_speed(x_nm) + np.log(width * 1e9 * max(fall, 1e-9))

    # from the long side: the growth that the pulse reaches is bounded by the first length at which it is fast
    grid = np.linspace(p.xmax_nm - 0.01, p.xmin_nm + 0.05, 400)
    if excess(grid[0]) > 0:
        return float(p.xmax_nm)
    for longer, shorter in pairwise(grid):
        if excess(shorter) > 0:
            return brentq(excess, shorter, longer)
    return float(p.xmin_nm)
