"""Behavioural twin of the DAC without a buffer: levels of all codes, and the output that settles exponentially.

Levels are those of the DAC with a buffer (analog/dac6/model.py) over the gain of the buffer behind it. Numbers are those of the schematic
at the nominal condition (tt, 27 C, 1.8 V, 3.55 V, 0.3 pF); tests/test_string_dac_twins.py compares them with ngspice. string_dac.v holds
the same equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.dac6.model import COARSE, Array, checked
from neusoc.analog.dac6.model import ideal as ideal_dac
from numpy.typing import ArrayLike

GAIN = 2.5                          # of the buffer behind it
FIRST, STEP = COARSE[0] / GAIN, COARSE[1] / GAIN           # ideal level of code 0 and step, V

TAU, DELAY = 23e-9, 0.5e-9         # s; the middle taps take longer


def ideal() -> Array:
    """Levels of all codes as meant, V, (64,)."""
    return np.asarray(ideal_dac(False) / GAIN)


@dataclass(frozen=True)
class StringDac:
    """The DAC at rest and in motion; the loop leaves less than 0.5 mV of error at the nominal condition."""

    def levels(self) -> Array:
        """Output of all codes at rest, V, (64,)."""
        return ideal()

    def volts(self, code: ArrayLike) -> Array:
        """Output of some codes at rest.

        Args:
            code: codes, 0 to 63, integers of any shape.

        Returns:
            V, of the same shape.

        Raises:
            ValueError: a code that is no integer or outside 0 to 63.
        """
        return np.asarray(self.levels()[checked(code)])

    def vout(self, time: Array, code: ArrayLike) -> Array:
        """Output for a code that changes, from rest.

        Args:
            time: times, ascending, s, (samples,).
            code: codes, 0 to 63, (samples,).

        Returns:
            V, (samples,).

        Raises:
            ValueError: a code outside 0 to 63.
        """
        codes = checked(code)
        target = self.levels()[codes[np.searchsorted(time, time - DELAY, side="right").clip(1) - 1]]
        out = np.empty(len(time))
        out[0] = self.levels()[codes[0]]
        for i in range(1, len(time)):
            out[i] = target[i] + (out[i - 1] - target[i]) * np.exp(-(time[i] - time[i - 1]) / TAU)
        return out
