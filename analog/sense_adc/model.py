"""Behavioural twin of the ADC, with the SAR loop that the controller runs.

Numbers: schematic at tt, 27 C, 1.8 V (README.md); tests/test_sense_adc_twins.py compares them with ngspice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

STEP = 0.353e-6                 # S: nominal LSB of range 0
FINER = 8                       # steps of range 1 in one of range 0
READ = 0.2                      # V: across the cell
BIAS = 2.2e-6                   # A: ibias for that step
BITS = 8
OFFSET = (0.7, 7.9)             # LSB: code of no cell, range 0 and 1 (the bleed current is 10 % over its copies)
GAIN = (1.018, 1.021)           # of the nominal slope
DELAY = 25e-9                   # s: strobe to valid


def approximate(above: Callable[[int], bool], bits: int = BITS) -> int:
    """Successive approximation.

    Args:
        above: whether the held input is above a trial code.

    Returns:
        The highest code below the input; 0 if there is none.
    """
    code = 0
    for bit in reversed(range(bits)):
        trial = code | 1 << bit
        if above(trial):
            code = trial
    return code


@dataclass
class SenseAdc:
    """One ADC.

    Attributes:
        fine: adc_range_1v8: an eighth of the step.
        bias: ibias, A; the step is proportional to it.
        bit_errors: (8,), relative error of each bit's current, least first.
        noise: deviation of a comparison, LSB.
        rng: of the noise; a fixed seed by default.
    """

    fine: bool = False
    bias: float = BIAS
    bit_errors: np.ndarray = field(default_factory=lambda: np.zeros(BITS))
    noise: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    _held: float = 0.0

    def sample(self, conductance: float) -> None:
        """Hold the current of a cell.

        Args:
            conductance: between bit line and ground, S.

        Raises:
            ValueError: negative.
        """
        if conductance < 0:
            raise ValueError(f"conductance {conductance}: negative")
        step = STEP * self.bias / BIAS / (FINER if self.fine else 1)
        self._held = OFFSET[self.fine] * BIAS / self.bias + GAIN[self.fine] * conductance / step

    def above(self, trial: int) -> bool:
        """Answer of the comparator to a trial code, 0 to 255."""
        if not 0 <= trial < 1 << BITS:
            raise ValueError(f"trial {trial}: 0 to {(1 << BITS) - 1}")
        level = sum((1 << k) * (1 + self.bit_errors[k]) for k in range(BITS) if trial >> k & 1)
        return bool(self._held + self.noise * self.rng.standard_normal() > level)

    def convert(self, conductance: float) -> int:
        """Code of a cell, S."""
        self.sample(conductance)
        return approximate(self.above)

    def conductance(self, code: float) -> float:
        """Cell (S) in the middle of a code, offset and gain taken out."""
        step = STEP * self.bias / BIAS / (FINER if self.fine else 1)
        return (code + 0.5 - OFFSET[self.fine] * BIAS / self.bias) * step / GAIN[self.fine]
