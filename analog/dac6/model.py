"""Behavioural twin of the DAC: levels of all codes, and the output as a source that slews and then settles
exponentially.

Numbers are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.6 V, 2 pF);
tests/test_dac6_twins.py compares them with ngspice. dac6.v holds the same equations.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

CODES = 64
COARSE = (0.4, 3.0 / 63)  # ideal level of code 0 and step, V
FINE = (0.72, 0.02)  # of the word line's second range

# string and buffer, coarse and fine range: v(vout) = OFFSET + GAIN x ideal level, V; slew rate, V/s; time
#   constant and delay, s
OFFSET, GAIN = (0.0726, 0.0633), (0.9683, 0.9789)
SLEW, TAU, DELAY = 44e6, 4e-9, 7e-9


def ideal(fine: bool) -> Array:
    """Levels of all codes before the buffer, V, (64,)."""
    first, step = FINE if fine else COARSE
    return first + step * np.arange(CODES, dtype=np.float64)


def checked(code: ArrayLike) -> NDArray[np.integer]:
    """Codes that the DAC has.

    Raises:
        ValueError: another one.
    """
    codes = np.asarray(code)
    if not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(f"DAC codes of type {codes.dtype}: give integers from 0 to {CODES - 1}")
    bad = codes[(codes < 0) | (codes >= CODES)]
    if bad.size:
        raise ValueError(f"DAC code {bad[0]}: give 0 to {CODES - 1}")
    return codes


class Dac(ABC):
    """A DAC at rest and in motion: what those with and without a buffer share."""

    @abstractmethod
    def levels(self) -> Array:
        """Output of all codes at rest, V, (64,)."""

    @abstractmethod
    def delay(self) -> float:
        """Time from a code to the beginning of what it does, s."""

    @abstractmethod
    def moved(self, error: float, seconds: float) -> float:
        """Part of an error (V) that the output leaves behind in some seconds, V."""

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
        target = self.levels()[codes[np.searchsorted(time, time - self.delay(), side="right").clip(1) - 1]]
        out = np.empty(len(time))
        out[0] = self.levels()[codes[0]]
        for i in range(1, len(time)):
            out[i] = out[i - 1] + self.moved(target[i] - out[i - 1], time[i] - time[i - 1])
        return out


@dataclass(frozen=True)
class Dac6(Dac):
    """The DAC with its buffer.

    Attributes:
        fine: range of the word line, 0.72 V + code 0.02 V.
        ideal_buffer: choice of leaving out offset and gain error of the buffer.
    """

    fine: bool = False
    ideal_buffer: bool = False

    def levels(self) -> Array:
        """As Dac says."""
        wanted = ideal(self.fine)
        return wanted if self.ideal_buffer else OFFSET[self.fine] + GAIN[self.fine] * wanted

    def delay(self) -> float:
        """As Dac says."""
        return DELAY

    def moved(self, error: float, seconds: float) -> float:
        """As Dac says: it slews, and then settles exponentially."""
        return float(np.sign(error) * min(SLEW * seconds, abs(error) * (1 - np.exp(-seconds / TAU))))
