"""From currents and codes to the figures of a converter: INL, DNL, ENOB, noise, spread. Pure numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Transfer:
    """Static transfer of a range: the code of a cell is the highest trial whose current is below that of the
    cell's copy.

    Attributes:
        cells: conductances, (n,), S, rising.
        front: current of the mirror at code 0, (n,), A.
        dac: current of the DAC, (256,), A.
        step: nominal LSB, S.
    """

    cells: np.ndarray
    front: np.ndarray
    dac: np.ndarray
    step: float

    def thresholds(self) -> np.ndarray:
        """Cells (S) at which codes 1 to 255 begin; extrapolated beyond the sweep with the slope of its
        ends."""
        slopes = [
            np.diff(self.cells[i : i + 2])[0] / np.diff(self.front[i : i + 2])[0]
            for i in (0, len(self.cells) - 2)
        ]
        inner = np.interp(self.dac[1:], self.front, self.cells)
        low, high = self.dac[1:] < self.front[0], self.dac[1:] > self.front[-1]
        inner[low] = self.cells[0] + (self.dac[1:][low] - self.front[0]) * slopes[0]
        inner[high] = self.cells[-1] + (self.dac[1:][high] - self.front[-1]) * slopes[1]
        return inner

    def codes(self, cells: np.ndarray) -> np.ndarray:
        """Code of each cell (S)."""
        return np.searchsorted(np.sort(self.thresholds()), cells)

    def nonlinearity(self) -> tuple[np.ndarray, np.ndarray, float, float]:
        """INL (255,) against the best line and DNL (254,), LSB; slope (S a code) and cell (S) at which that
        line crosses code 0.5."""
        at = self.thresholds()
        codes = np.arange(1, 256)
        slope, start = np.polyfit(codes - 0.5, at, 1)
        return (
            (at - start - slope * (codes - 0.5)) / slope,
            np.diff(at) / slope - 1,
            float(slope),
            float(start),
        )

    def figures(self) -> dict[str, float]:
        """offset (LSB), gain_error (%), inl, dnl (LSB), enob (bits)."""
        inl, dnl, slope, start = self.nonlinearity()
        return {
            "offset": -start / slope,
            "gain_error": 100 * (self.step / slope - 1),
            "inl": float(np.abs(inl).max()),
            "dnl": float(np.abs(dnl).max()),
            "enob": enob_of_thresholds(inl),
        }


def enob_of_thresholds(inl: np.ndarray) -> float:
    """Effective bits of a quantiser whose thresholds deviate by inl (255,), LSB, for an input spread evenly
    over its range.

    The error inside code k runs from its lower to its upper threshold around the code's nominal middle.
    """
    edges = np.arange(1, 256) - 0.5 + inl
    low, high = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    middle = np.arange(1, 255)
    power = np.sum((high - middle) ** 3 - (low - middle) ** 3) / 3 / np.sum(high - low)
    return float(8 - 0.5 * np.log2(12 * power))


def enob_of_sine(codes: np.ndarray, phase: np.ndarray, amplitude: float) -> float:
    """Effective bits from a fit of sine, cosine and constant at the known phase, carried to a sine of full
    scale.

    Args:
        codes: code of each sample, (n,).
        phase: phase of each sample, (n,), rad.
        amplitude: amplitude of the sine, LSB.
    """
    basis = np.column_stack([np.sin(phase), np.cos(phase), np.ones_like(phase)])
    weights, *_ = np.linalg.lstsq(basis, codes.astype(float), rcond=None)
    found = float(np.hypot(*weights[:2]))
    if not 0.8 * amplitude < found < 1.2 * amplitude:
        raise ValueError(
            f"codes: their sine has {found:.1f} LSB, {amplitude} went in; the conversions did not follow it"
        )
    residue = np.sum((codes - basis @ weights) ** 2) / (len(codes) - 3)
    return float(np.log2(256 / np.sqrt(12 * max(residue, 1 / 12))))


def with_noise(enob: float, noise: float) -> float:
    """Effective bits of a converter of so many when each comparison has noise (LSB, rms): the powers of both
    errors add."""
    return float(8 - 0.5 * np.log2(12 * (4 ** (8 - enob) / 12 + noise**2)))


def integrated_noise(frequency: np.ndarray, density: np.ndarray, window: float) -> float:
    """Deviation (A) of a current averaged over a window (s), from its noise density (A/sqrt(Hz)) over
    frequency (Hz)."""
    return float(np.sqrt(np.trapezoid((density * np.sinc(frequency * window)) ** 2, frequency)))


def sums(weights: np.ndarray) -> np.ndarray:
    """Current of every code from those of the bits: (..., 8) with the least bit first to (..., 256)."""
    codes = np.arange(256)[:, None] >> np.arange(8) & 1
    return weights @ codes.T


def spread(
    weights: np.ndarray, front: np.ndarray, line: np.ndarray, fixed: np.ndarray, noise: float
) -> dict[str, float]:
    """Deviations over samples with device mismatch.

    Args:
        weights: bits of the DAC, least first, (samples, 8), A.
        front: currents of the sense amplifier without a cell, with a full-scale cell, and in range 1 without
            a cell, (samples, 3), A.
        line: voltage of the sense line at full scale, (samples,), V.
        fixed: INL without mismatch, of the thresholds, (255,), LSB.
        noise: noise of a comparison, LSB, rms.
    """
    dac = sums(weights)
    lsb = dac[:, -1:] / 255
    inl = dac / lsb - np.arange(256)
    gain = (front[:, 1] - front[:, 0]) / np.median(lsb)
    return {
        "bl_sigma": float(line.std(ddof=1)),
        "offset_sigma": float((front[:, 0] / np.median(lsb)).std(ddof=1)),
        "offset_fine_sigma": float((front[:, 2] / np.median(lsb)).std(ddof=1)),
        "gain_sigma": float(100 * np.hypot(gain.std(ddof=1) / gain.mean(), lsb.std(ddof=1) / lsb.mean())),
        "inl_sigma": float(inl.std(axis=0, ddof=1).max()),
        "dnl_sigma": float(np.diff(inl, axis=1).std(axis=0, ddof=1).max()),
        "enob_worst": min(enob_of_thresholds(sample[1:]) for sample in inl),
        "enob_all": min(with_noise(enob_of_thresholds(sample[1:] + fixed), noise) for sample in inl),
    }
