"""Behavioural twin of the row driver: a delayed, supply-referred first-order source into the capacitance of its line.

Numbers are those of the extracted layout at the nominal condition (tt, 27 C, 1.8 V, 3.3 V); tests/test_row_driver_twins.py
compares them with ngspice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float64]

# ohm, ns to the start of the line's edge (row_driver.v has delays to 50 % at the far end of a 64-column line), farad
PULL_UP, PULL_DOWN = 3.14e3, 1.89e3
DELAY_ON, DELAY_OFF = 1.43e-9, 1.48e-9
LINE_64_COLUMNS = 0.20e-12


@dataclass(frozen=True)
class RowDriver:
    """Row driver with the capacitance that it drives.

    Attributes:
        vdd1v8: logic supply, V; below half its nominal value the row is off whatever the input says.
        vwl: word-line amplitude, V.
        line: capacitance of the line with the driver's own drain, F: 0.16 pF of 64 cells and met3 (word_line() of benches.py
            between 0 and 3.3 V), 40 fF of route included, and 0.04 pF of output stage.
    """

    vdd1v8: float = 1.8
    vwl: float = 3.3
    line: float = LINE_64_COLUMNS

    def wl(self, time: Waveform, in_1v8: Waveform) -> Waveform:
        """Voltage at the far end of the word line, starting from a settled state.

        Args:
            time: times, ascending, s, (samples,).
            in_1v8: input, V, (samples,).

        Returns:
            V, (samples,).
        """
        wanted = np.asarray(in_1v8) > self.vdd1v8 / 2 if self.vdd1v8 > 0.9 else np.zeros(len(time), dtype=bool)
        out = np.empty(len(time))
        state, voltage = bool(wanted[0]), self.vwl * float(wanted[0])
        pending: list[tuple[float, bool]] = []
        for i, now in enumerate(time):
            if i and wanted[i] != wanted[i - 1]:
                pending.append((now + (DELAY_ON if wanted[i] else DELAY_OFF), bool(wanted[i])))
            while pending and pending[0][0] <= now:
                state = pending.pop(0)[1]
            target, resistance = (self.vwl, PULL_UP) if state else (0.0, PULL_DOWN)
            if i:
                voltage = target + (voltage - target) * float(np.exp(-(now - time[i - 1]) / (resistance * self.line)))
            out[i] = voltage
        return out
