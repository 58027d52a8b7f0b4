"""Behavioural twin of the buffer: its level with a load, and the output as a source that slews and then
settles exponentially.

Numbers are those of the schematic at the nominal condition (tt, 27 C, vpp 3.55 V, 2 pF);
tests/test_bl_buffer_twins.py compares them with ngspice. bl_buffer.v holds the same equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

OFFSET, GAIN = 0.0009, 2.4998  # vout = OFFSET + GAIN x vin, V
RESISTANCE = 5.1  # ohm, of the output at rest, 0 to MOST
MOST = 0.35e-3  # A, the most that it sources
LOWEST, HIGHEST = 0.16, 1.36  # V, of vin
SLEW_UP, SLEW_DOWN = 6.8e6, 7.3e6  # V/s
TAU = 80e-9  # s
DELAY = 8e-9  # s


@dataclass(frozen=True)
class BlBuffer:
    """The buffer at rest and in motion.

    Attributes:
        enabled: state of the buffer, True where it is powered; vout is at ground otherwise.
    """

    enabled: bool = True

    def volts(self, vin: ArrayLike, current: ArrayLike = 0.0) -> Array:
        """Output at rest.

        Args:
            vin: level asked for, V, of any shape.
            current: drawn from the output, A, of the same shape or scalar.

        Returns:
            V, of the shape of both.

        Raises:
            ValueError: vin outside LOWEST to HIGHEST, or a current outside 0 to MOST.
        """
        level, drawn = np.asarray(vin, dtype=np.float64), np.asarray(current, dtype=np.float64)
        if bad := [v for v in np.ravel(level) if not LOWEST - 1e-9 <= v <= HIGHEST + 1e-9]:
            raise ValueError(f"bl_buffer: vin {bad[0]:g} V: give {LOWEST} to {HIGHEST} V")
        if bad := [i for i in np.ravel(drawn) if not 0 <= i <= MOST]:
            raise ValueError(f"bl_buffer: {bad[0]:g} A drawn: give 0 to {MOST:g} A")
        return np.asarray((OFFSET + GAIN * level - RESISTANCE * drawn) * self.enabled)

    def vout(self, time: Array, vin: Array) -> Array:
        """Output for a level that changes, from rest, without load.

        Args:
            time: times, ascending, s, (samples,).
            vin: levels asked for, V, (samples,).

        Returns:
            V, (samples,).

        Raises:
            ValueError: as volts().
        """
        levels = self.volts(vin)
        target = levels[np.searchsorted(time, time - DELAY, side="right").clip(1) - 1]
        out = np.empty(len(time))
        out[0] = levels[0]
        for i in range(1, len(time)):
            step, error = time[i] - time[i - 1], target[i] - out[i - 1]
            most = (SLEW_UP if error > 0 else SLEW_DOWN) * step
            out[i] = out[i - 1] + np.sign(error) * min(most, abs(error) * (1 - np.exp(-step / TAU)))
        return out
