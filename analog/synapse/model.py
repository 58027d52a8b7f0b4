"""The synapse by hand: the equations that the README states, with the ReRAM's own from its numpy twin.

    (5)  i = Gx Vref sinh(vx / Vref),  Gx = (I1 / Vref) exp(-(tox - x) / (tox - xref))            the cell
    (6)  gt = beta Vov / (1 + theta Vov),  Vov = v_wl - v_sl - Vt(v_sl)              the transistor, triode
    (7)  1/G = 1/Gx + 1/gt + R_bl + R_sl                                             the synapse
    (8)  i = G (v_bl - v_sl) while the word line is on; a spike of length t carries Q = G (v_bl - v_sl) t
    (C)  I_C = k (v_wl - v_sl - Vc)^alpha                                            its compliance in SET

(C) is the alpha-power law of a velocity-saturated transistor (T. Sakurai, A. R. Newton, IEEE JSSC 25, 584,
1990).

All in SI units; lengths of the filament in nm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from neusoc.analog.reram.equations import Parameters, conductance, current_scale, heating, speed
from scipy.optimize import brentq


@dataclass(frozen=True)
class Transistor:
    """The access transistor, W 1.0 L 0.5 um, as the equations take it.

    Attributes:
        beta: gain factor, A/V2.
        threshold: threshold with the source at 0 V, V.
        body: rise of the threshold for each V of source (linearised).
        theta: fall of the mobility, 1/V.
        saturation: factor k of the saturation current, A/V^alpha.
        corner: voltage Vc where the saturation current sets in, V.
        alpha: exponent, 2 for a long channel, 1 for a velocity-saturated one.
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


def synapse_conductance(x_nm: np.ndarray, on: float, lines: float, p: Parameters) -> np.ndarray:
    """Small-signal conductance (7), S; lines in ohm."""
    return 1 / (1 / conductance(x_nm, p) + 1 / on + lines)


def after_set(compliance: float, width: float, p: Parameters) -> float:
    """Filament (nm) at which a SET pulse ends when the transistor holds the current.

    The current is I_C, so the longer the filament, the less voltage is left across it, and the slower it
    grows. It stops where the growth still to come within the pulse is the length over which the speed falls
    by e.
    """

    def log_speed(x_nm: float) -> float:
        volts = p.vref_v * np.arcsinh(compliance / current_scale(x_nm, p))
        return float(np.log(max(float(speed(x_nm, volts, heating(volts, compliance, p), p)), 1e-30)))

    def excess(x_nm: float) -> float:
        fall = (log_speed(x_nm - 1e-3) - log_speed(x_nm + 1e-3)) / 2e-3
        return log_speed(x_nm) + float(np.log(width * 1e9 * max(fall, 1e-9)))

    # from the long side: the growth that the pulse reaches is bounded by the first length at which it is fast
    grid = np.linspace(p.xmax_nm - 0.01, p.xmin_nm + 0.05, 400)
    if excess(grid[0]) > 0:
        return float(p.xmax_nm)
    for longer, shorter in pairwise(grid):
        if excess(shorter) > 0:
            return float(brentq(excess, shorter, longer))
    return float(p.xmin_nm)
