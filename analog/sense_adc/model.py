"""Behavioural twin of the ADC, with the SAR loop that the controller runs.

Numbers: schematic at tt, 27 C, 1.8 V (README.md); tests/test_sense_adc_twins.py compares them with ngspice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 0.353e-6  # S: nominal LSB of range 0
FINER = 8  # steps of range 1 in one of range 0
READ = 0.2  # V: across the cell
BIAS = 2.2e-6  # A: ibias for that step
BITS = 8
OFFSET = (0.7, 7.9)  # LSB: code of no cell, range 0 and 1 (the bleed current is 10 % over its copies)
GAIN = (1.018, 1.021)  # of the nominal slope
IDEAL_OFFSET, IDEAL_GAIN = 0.5, 1.0  # of a converter without errors: a code stands in the middle of its cells
DELAY = 25e-9  # s: strobe to valid
# INL: relative error of each bit's current, least first. The two lowest are units in series and carry less
# than their share; static transfer of the schematic (benches.transfer). The curve of the sense amplifier, 0.1
# LSB over range 0, is left out.
BIT_ERRORS = (-0.0677, -0.0376, 0.0009, 0.0009, 0.0008, 0.0007, 0.0005, 0.0005)
BIT_UNITS = (4, 2, 1, 2, 4, 8, 16, 32)  # a bit's units, in series below 4 LSB, in parallel above
UNIT_SIGMA = 0.0093  # of a unit's current, relative: gives `inl_sigma` and `dnl_sigma` of the datasheet


def approximate(above: Callable[[Any], Any], bits: int = BITS) -> Any:
    """Successive approximation, of one input or of many at once.

    Args:
        above: function that tells whether the held inputs are above their trial codes; () or (inputs,).

    Returns:
        The highest code below each input, 0 if there is none; shape of what `above` answers.
    """
    code: Any = 0
    for bit in reversed(range(bits)):
        trial = code | 1 << bit
        code = np.where(above(trial), trial, code)
    return code


def sampled_bits(normal: ArrayLike) -> Floats:
    """Bit errors of one converter among many: what all have, and the mismatch of its units.

    Args:
        normal: standard normal numbers, one a bit, (8,).

    Returns:
        (8,), relative, least bit first.
    """
    return np.asarray(np.array(BIT_ERRORS) + UNIT_SIGMA / np.sqrt(BIT_UNITS) * np.asarray(normal, np.float64))


@lru_cache(4096)
def _thresholds(bit_errors: bytes) -> Floats:
    """SenseAdc.thresholds of bit errors, which are the bytes of their array."""
    bits = np.arange(1 << BITS)[:, None] >> np.arange(BITS) & 1
    found = np.asarray(bits @ (2.0 ** np.arange(BITS) * (1 + np.frombuffer(bit_errors))))
    found.flags.writeable = False
    return found


@lru_cache(4096)
def _transfer(bit_errors: bytes) -> tuple[Floats, Ints]:
    """All that the approximation can answer: thresholds in order, (256,), and the code of what is above so
    many of them, (257,)."""
    thresholds = _thresholds(bit_errors)
    edges = np.sort(thresholds)
    between = np.concatenate(
        [edges, [np.inf]]
    )  # a value in each interval: its upper end, which is not above itself
    return edges, np.asarray(approximate(lambda trial: between > thresholds[trial]), np.int64)


@dataclass
class SenseAdc:
    """One ADC.

    Attributes:
        fine: level of adc_range_1v8: an eighth of the step.
        bias: current ibias, A; the step is proportional to it.
        bit_errors: relative error of each bit's current, least first, (8,).
        noise: deviation of a comparison, LSB.
        rng: generator of the noise; a fixed seed by default.
        ideal: choice of leaving out offset and gain error.
    """

    fine: bool = False
    bias: float = BIAS
    bit_errors: np.ndarray = field(default_factory=lambda: np.zeros(BITS))
    noise: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    ideal: bool = False
    _held: float = 0.0

    @property
    def offset(self) -> float:
        """Held value without a cell, LSB."""
        return IDEAL_OFFSET if self.ideal else OFFSET[self.fine] * BIAS / self.bias

    @property
    def step(self) -> float:
        """Cell's conductance from one code to the next, S."""
        nominal = STEP * self.bias / BIAS / (FINER if self.fine else 1)
        return nominal / (IDEAL_GAIN if self.ideal else GAIN[self.fine])

    def held(self, conductance: ArrayLike) -> Floats:
        """What is held of cells, LSB.

        Args:
            conductance: conductance between bit line and ground, S, any shape.

        Raises:
            ValueError: negative.
        """
        siemens = np.asarray(conductance, np.float64)
        if (siemens < 0).any():
            raise ValueError(f"conductance {siemens.min()}: negative")
        return np.asarray(self.offset + siemens / self.step)

    def thresholds(self) -> Floats:
        """Held value above which a trial code is answered, of all codes, LSB, (256,)."""
        return _thresholds(np.asarray(self.bit_errors, np.float64).tobytes())

    def sample(self, conductance: float) -> None:
        """Hold the current of a cell.

        Args:
            conductance: conductance between bit line and ground, S.

        Raises:
            ValueError: negative.
        """
        self._held = float(self.held(conductance))

    def above(self, trial: int) -> bool:
        """Answer of the comparator to a trial code, 0 to 255."""
        if not 0 <= trial < 1 << BITS:
            raise ValueError(f"trial {trial}: 0 to {(1 << BITS) - 1}")
        return bool(self._held + self.noise * self.rng.standard_normal() > self.thresholds()[trial])

    def convert(self, conductance: float) -> int:
        """Code of a cell, S."""
        self.sample(conductance)
        return int(approximate(self.above))

    def codes(self, conductance: ArrayLike, change: ArrayLike = 0.0) -> Ints:
        """Codes of many cells, each by the same successive approximation as `convert`.

        Args:
            conductance: conductances of the cells, S, any shape.
            change: change of the held values, LSB: noise of whole conversions.

        Raises:
            ValueError: a negative conductance.
        """
        held = self.held(conductance) + np.asarray(change, np.float64)
        edges, codes = _transfer(np.asarray(self.bit_errors, np.float64).tobytes())
        return np.asarray(codes[np.searchsorted(edges, held, side="left")])

    def conductance(self, code: ArrayLike) -> Floats:
        """Cells (S) in the middle of codes, offset and gain taken out."""
        return np.asarray((np.asarray(code) + 0.5 - self.offset) * self.step)
