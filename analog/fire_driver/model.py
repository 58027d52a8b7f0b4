"""Behavioural twin of the fire driver: what its bit lines are connected to, and where they go.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.3 V); tests/test_fire_driver_twins.py compares
states and resistances with ngspice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Rail = Literal["vfire", "vref"]
RESISTANCE: dict[Rail, float] = {"vfire": 54.4, "vref": 1580.0}     # ohm; vfire at 2.8 V and 2.3 mA, vref at 10 uA


def rails(fire: bool, phi_1: bool, phi_2: bool) -> tuple[Rail | None, Rail | None]:
    """What (bl_p, bl_n) are on once the inputs have settled; None: open, the bit line is the neuron's or the column driver's."""
    if not fire:
        return None, None
    if not (phi_1 or phi_2):
        return "vref", "vref"
    return ("vfire" if phi_1 else None), ("vfire" if phi_2 else None)


@dataclass(frozen=True)
class Pair:
    """Two bit lines behind their driver.

    Attributes:
        vfire, vref: rails, V.
        line: capacitance of a bit line, F.
    """

    vfire: float = 2.8
    vref: float = 0.9
    line: float = 0.30e-12

    def after(self, start: tuple[float, float], seconds: float, fire: bool, phi_1: bool, phi_2: bool) -> tuple[float, float]:
        """Voltages (V) of bl_p and bl_n some time after the inputs have settled, no cell on them.

        Args:
            start: voltages at the beginning, V.
            seconds: duration of the state, s.
            fire, phi_1, phi_2: the inputs.
        """
        levels = {"vfire": self.vfire, "vref": self.vref}
        ends = []
        for now, rail in zip(start, rails(fire, phi_1, phi_2), strict=True):
            if rail is not None:
                now = levels[rail] + (now - levels[rail]) * math.exp(-seconds / (RESISTANCE[rail] * self.line))
            ends.append(now)
        return ends[0], ends[1]

    def level(self, amperes: float) -> float:
        """Voltage (V) of a driven bit line while a current flows into its cells."""
        return self.vfire - RESISTANCE["vfire"] * amperes
