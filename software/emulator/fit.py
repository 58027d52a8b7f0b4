"""Fits the line model (lines.py) to steps that were simulated, and says how far it is from others. Knows no simulator.

verification/software/characterise.py brings the samples; the parameters travel as figures of its report (measured.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from neusoc.software.emulator.lines import Line, event
from neusoc.software.emulator.measured import UNITS
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from numpy.typing import NDArray
from scipy.optimize import least_squares

# where the fit begins: the drawn membrane, the twin's input resistance, half a switch's charge to each side
BEGIN = {
    "input_ohm": 26.0, "fixed_ohm": 5.0, "sink_lag": 20.0, "early_s": 0.0, "own_f": 5.0, "membrane_f": 491.0, "push_p_c": -4.0,
    "push_n_c": -4.0, "share_p_f": 20.0, "share_n_f": 20.0, "kick_c": -4.0,
    "start_p_c": 4.0, "start_n_c": 4.0,
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """Events of one neuron and what they did.

    Attributes:
        timing: timing of each event.
        board: levels.
        siemens: conductances of each row's cells on the positive and the negative column, S, (rows, 2).
        rows: row of each event.
        fresh: the bit lines were grounded before an event.
        positive_v: step of the membrane by the positive phase of each event, V.
        whole_v: step by the whole of it, V.
        load_f: capacitance of a bit line without its neuron, F.
        bank: word of the capacitor bank.
    """

    timing: Timing
    board: Board
    siemens: Floats
    rows: Ints
    fresh: NDArray[np.bool_]
    positive_v: Floats
    whole_v: Floats
    load_f: float
    bank: int = 0

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Events whose lines were not at ground just before."""
        return ~self.fresh

    @property
    def steady(self) -> NDArray[np.bool_]:
        """Of those, events that do not follow one of grounded lines either."""
        return np.logical_and(self.settled, ~np.roll(self.fresh, 1))


def replay(sample: Sample, line: Line, offset_v: float = 0.0) -> tuple[Floats, Floats]:
    """Steps of a sample's events by the model, its neuron with an offset: of the positive phase, and of the whole, V."""
    ground = np.array(-sample.board.vref_v)
    lines = ground, ground
    steps = []
    for row, fresh in zip(sample.rows, sample.fresh, strict=True):
        cells = np.array(sample.siemens[row, 0]), np.array(sample.siemens[row, 1])
        before = (ground, ground) if fresh else lines
        p, n, *after = event(
            before, cells, line, sample.load_f, sample.timing, sample.board.read_v, np.array(offset_v), np.array(sample.bank)
        )  # fmt: skip
        steps.append((float(p), float(p + n)))
        lines = after[0], after[1]
    positive, whole = np.array(steps).T
    return positive, whole


def full_scale(samples: Sequence[Sample]) -> float:
    """Largest step of all events but those whose lines were at ground, V."""
    return float(max(np.abs(s.whole_v[s.settled]).max() for s in samples))


def deviations(samples: Sequence[Sample], line: Line) -> tuple[Floats, Floats]:
    """Model less simulation, of the positive phase and of the whole, V: all events but those whose lines were at ground."""
    found = [(positive - s.positive_v, whole - s.whole_v, s.settled) for s in samples for positive, whole in [replay(s, line)]]
    return np.concatenate([p[used] for p, _, used in found]), np.concatenate([w[used] for _, w, used in found])


def fit(settings: Sequence[Sequence[Sample]]) -> Line:
    """The parameters that bring the model nearest to all samples, each setting's errors over its full scale.

    Args:
        settings: samples of each timing.
    """
    scales = np.array([scale for _, scale in UNITS.values()])
    begin = np.array([BEGIN[name] for name in UNITS])

    def residuals(x: Floats) -> Floats:
        line = Line(*(x * scales))
        return np.concatenate([np.concatenate(deviations(samples, line)) / full_scale(samples) for samples in settings])

    found = least_squares(residuals, begin, x_scale=np.maximum(np.abs(begin), 1.0))
    return Line(*(float(value) for value in found.x * scales))


def parameters(line: Line) -> dict[str, tuple[float, str]]:
    """Name -> value and unit, as figures have them."""
    return {name: (value / UNITS[name][1], UNITS[name][0]) for name, value in asdict(line).items()}
