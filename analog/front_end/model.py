"""Behavioural twin of the front end: the charge that a window puts on the membrane, from the sums of the
cells on both lines.

Numbers are those of the schematic at tt, 27 C, 1.8 V; tests/test_front_end_twin.py compares them with
ngspice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", float, NDArray[np.float64])

UNITS = 32  # of a mirror's input
MIDDLE, CODES = 16, 32  # of the trim
STEP = 0.0119  # of the negative line's gain, a code of the trim
RESISTANCE = (
    38.0  # ohm: line, mirror and settling together, as one in series with the cells, while the window is open
)
GAIN = 0.989  # of a small current
# How the benches measure an event, which the energies of images are counted from.
SUMS = (10e-6, 100e-6, 300e-6, 600e-6)  # S: sums of cells on a line, over which the charge is to be linear
LEAD, TAIL = 60e-9, 20e-9  # s: wake before the rows and after them
ROW = 90e-9  # s: the rows' pulse
RATIOS = tuple(range(1, 9))  # units that are on: 1:32 to 1:4


@dataclass(frozen=True)
class FrontEnd:
    """Both lines of a neuron.

    Attributes:
        vread: level of the lines, V.
        units: number of units of the mirrors' outputs, 1 to 8: the ratio is units / 32.
        trim: code, 0 to 31; a step more takes STEP from what bl_n's cells are worth.

    Raises:
        ValueError: a ratio or a code that the circuit has not.
    """

    vread: float = 0.15
    units: int = 2
    trim: int = MIDDLE

    def __post_init__(self) -> None:
        if self.units not in RATIOS:
            raise ValueError(f"units {self.units}: 1 to 8 of {UNITS}")
        if not 0 <= self.trim < CODES:
            raise ValueError(f"trim {self.trim}: 0 to {CODES - 1}")

    def current(self, conductance: Number) -> Number:
        """What a line's cells draw, as the mirrors give it, A; conductance in S, one or many."""
        return GAIN * self.vread * conductance / (1 + conductance * RESISTANCE)

    def charge(self, positive: float, negative: float, window: float) -> float:
        """Charge onto the membrane, C.

        Args:
            positive, negative: sums of the cells that are on, S.
            window: length of the window, s.
        """
        other = self.current(negative) * (1 - STEP * (self.trim - MIDDLE))
        return self.units / UNITS * window * (self.current(positive) - other)
