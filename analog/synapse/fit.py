"""The access transistor's numbers in the equations of model.py, fitted to the PDK's model in ngspice."""

from __future__ import annotations

import numpy as np
from neusoc.analog.synapse.model import Transistor
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.spice.ngspice import deck, run
from scipy.optimize import least_squares

TRIODE_V = 0.01  # V, drain to source
SATURATION_V = 1.2  # what 2.4 V leaves beside a cell that has just been set
OVERDRIVE_LEAST = 0.4  # V over the guessed threshold: the square law holds from there


def transistor_currents(
    wl: np.ndarray, drain: float, source: float, corner: str = "tt", temperature: float = 27.0
) -> np.ndarray:
    """ngspice: drain current (A) of the transistor alone over evenly spaced word line voltages."""
    text = (
        f"vd d 0 {source + drain:g}\nvg g 0 0\nvs s 0 {source:g}\nxcell d g s 0 {NFET_5V} w={dim.WIDTH:g}"
        f" l={dim.LENGTH:g} nf=1 m=1\n"
    )
    step = (wl[-1] - wl[0]) / (len(wl) - 1)
    commands = [f"dc vg {wl[0]:.6g} {wl[-1] + step / 2:.6g} {step:.6g}", "write d.raw i(vd)"]
    return -run(deck(text, commands, corner=corner, temperature=temperature)).arrays["d"]["i(vd)"]


def fit_transistor(corner: str = "tt", temperature: float = 27.0) -> Transistor:
    """The numbers from two triode curves (source at 0 and 0.9 V) and one saturation curve of the PDK's
    model."""
    wl = np.arange(1.2, 3.61, 0.1)
    triode = [
        (source, transistor_currents(wl, TRIODE_V, source, corner, temperature) / TRIODE_V)
        for source in (0.0, 0.9)
    ]
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
