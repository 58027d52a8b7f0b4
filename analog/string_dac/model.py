"""Behavioural twin of the DAC without a buffer: levels of all codes, and the output that settles
exponentially.

Levels are those of the DAC with a buffer (analog/dac6/model.py) over the gain of the buffer behind it.
Numbers are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.55 V, 0.3 pF);
tests/test_string_dac_twins.py compares them with ngspice. string_dac.v holds the same equations.
"""

from __future__ import annotations

import numpy as np
from neusoc.analog.dac6.model import COARSE, Array, Dac
from neusoc.analog.dac6.model import ideal as ideal_dac

GAIN = 2.5  # of the buffer behind it
STEP = COARSE[1] / GAIN  # ideal step, V
TAU, DELAY = 23e-9, 0.5e-9  # s; the middle taps take longer


def ideal() -> Array:
    """Levels of all codes as meant, V, (64,)."""
    return np.asarray(ideal_dac(False) / GAIN)


class StringDac(Dac):
    """The DAC without a buffer; the loop leaves less than 0.5 mV of error at the nominal condition."""

    def levels(self) -> Array:
        """As Dac says."""
        return ideal()

    def delay(self) -> float:
        """As Dac says."""
        return DELAY

    def moved(self, error: float, seconds: float) -> float:
        """As Dac says."""
        return float(error * (1 - np.exp(-seconds / TAU)))
