"""Pulse trains on the numpy twin, converged: voltage, filament and temperature of N cells, each with its own
step control.

    result = integrate_reference(p, 3.3, [0, 10e-9, 20e-9, 220e-9, 230e-9], [0, 0, 2.4, 2.4, 0],
    Resistor(10e3)) result.x_nm, result.crossing_s(4.1)

Method: RODAS (E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, Springer 1996, section IV.7):
order 4, stiffly accurate, so that a cell without a series resistor, whose voltage is an algebraic condition,
is integrated by the same formulas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.equations import Floats, Parameters, Series, Value, current, divide, heating, speed
from neusoc.base.errors import UserError
from numpy.typing import ArrayLike, NDArray

_GAMMA = 0.25
_TIME = (0.0, 0.386, 0.210, 0.630, 1.0, 1.0)
_SLOPE = (0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0)
_STATE = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1.0),
)
_COUPLING = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
_X, _HEAT, _V = 0, 1, 2
_FIRST_STEP_NS, _LEAST_STEP_NS, _MOST_STEPS = 1e-3, 1e-13, 200_000


class ConvergenceError(UserError):
    """A cell whose equations could not be integrated; the message names the cell, the time and the bias."""


@dataclass(frozen=True)
class Trace:
    """What integrate_reference gives.

    Attributes:
        x_nm, heat_k, v: state at the end, shape (N,): filament, temperature above that at rest, voltage of
            the cell.
        time_s, path_nm, path_v: recorded steps, shape (S, N), if asked for; a cell that has finished repeats
            its end.
        steps: accepted steps of the cell that needed most.
    """

    x_nm: Floats
    heat_k: Floats
    v: Floats
    time_s: Floats | None = None
    path_nm: Floats | None = None
    path_v: Floats | None = None
    steps: int = 0

    def crossing_s(self, level_nm: Value) -> Floats:
        """Time at which each filament first crosses a level, shape (N,), s; NaN where it does not."""
        if self.path_nm is None or self.time_s is None:
            raise ValueError("crossing_s needs integrate_reference(..., record=True)")
        beyond = self.path_nm - level_nm
        change = beyond[:-1] * beyond[1:] <= 0.0
        change &= beyond[:-1] != beyond[1:]
        first = np.argmax(change, axis=0)
        cell = np.arange(beyond.shape[1])
        before, after = beyond[first, cell], beyond[first + 1, cell]
        begin, end = self.time_s[first, cell], self.time_s[first + 1, cell]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(change.any(axis=0), begin + (end - begin) * before / (before - after), np.nan)


def waveform(times_s: ArrayLike, bias: ArrayLike, cells: int, width: int) -> tuple[Floats, Floats]:
    """Times (N, K) in s and bias (N, K, width) in V of a piecewise linear source, from any shape that
    broadcasts to them.

    Raises:
        UserError: times that do not rise, or shapes that do not fit.
    """
    times, volts = np.asarray(times_s, float), np.asarray(bias, float)
    if width == 1 and (volts.ndim == 0 or volts.shape[-1] != 1 or volts.ndim == times.ndim):
        volts = volts[..., None]
    try:
        times = np.broadcast_to(times, (cells, times.shape[-1]))
        volts = np.broadcast_to(volts, (cells, times.shape[-1], width))
    except ValueError:
        raise UserError(
            f"pulse train: bias of shape {volts.shape} does not fit times of shape {times.shape}; give (K,"
            f" {width})"
        ) from None
    if not (np.isfinite(times).all() and np.isfinite(volts).all()):
        raise UserError("pulse train: holds NaN or infinity; give finite times and volts")
    back = np.argwhere(np.diff(times, axis=1) < 0)
    if back.size:
        cell, corner = back[0]
        raise UserError(
            f"pulse train of cell {cell}: time goes back from {times[cell, corner]:g} s to"
            f" {times[cell, corner + 1]:g} s; order the corners, and end a pulse before the next begins"
        )
    return times, volts


def integrate_reference(
    p: Parameters,
    x_nm: Value,
    times_s: ArrayLike,
    bias: ArrayLike,
    series: Series,
    *,
    tolerance: float = 1e-7,
    record: bool = False,
) -> Trace:
    """Integrate piecewise linear pulse trains to a tolerance, all three states, capacitance included.

    Args:
        p: parameters, fields scalar or (N,).
        x_nm: filament at the first time, scalar or (N,).
        times_s: corners of the source, (K,) or (N, K), rising.
        bias: volts at the corners, (K,), (N, K), (K, B) or (N, K, B) with B = series.width.
        series: circuit between source and cell, for example Resistor(10e3).
        tolerance: error a step, in nm; times 1 K/nm x 1000 for the temperature and 1 V/nm for the voltage.
        record: choice of keeping every accepted step (for crossing_s).

    Raises:
        ConvergenceError: the step control of a cell ended.
    """
    cells = max(np.size(x_nm), *(np.size(getattr(p, name)) for name in vars(p)))
    shape = np.shape(times_s)
    if len(shape) > 1:
        cells = max(cells, shape[0])
    if np.ndim(bias) > len(shape) and np.ndim(bias) == 3:
        cells = max(cells, np.shape(bias)[0])
    ohms = getattr(series, "ohms", 0.0)
    cells = max(
        cells,
        np.size(ohms),
        np.shape(bias)[0] if np.ndim(bias) == 2 and series.width == 1 and len(shape) == 1 else 1,
    )
    times, volts = waveform(times_s, bias, cells, series.width)
    times = times * 1e9  # ns from here on: nm and nm/ns are of one size
    state = np.zeros((3, cells))
    state[_X] = x_nm
    run = _Run(p, series, tolerance)
    now, corner = times[:, 0].copy(), np.zeros(cells, int)
    step = np.full(cells, _FIRST_STEP_NS)
    state[_V] = run.settle(state[_X], volts[:, 0])
    kept: list[tuple[Floats, Floats, Floats]] = (
        [(now.copy(), state[_X].copy(), state[_V].copy())] if record else []
    )
    last = times.shape[1] - 1
    everyone = np.arange(cells)
    for count in range(1, _MOST_STEPS + 1):
        # a cell at a corner goes on with the next stretch of its waveform; stretches of no length are jumps
        while True:
            done = (corner < last) & (now >= times[everyone, np.minimum(corner + 1, last)])
            if not done.any():
                break
            corner[done] += 1
            step[done] = _FIRST_STEP_NS
        active = np.flatnonzero(corner < last)
        if not active.size:
            break
        left, begin, end = corner[active], times[active, corner[active]], times[active, corner[active] + 1]
        from_bias, to_bias = volts[active, left], volts[active, left + 1]
        ramp = (to_bias - from_bias) / (end - begin)[:, None]
        remaining = end - now[active]
        taken = np.minimum(step[active], remaining)
        taken = np.where(remaining < 1.01 * taken, remaining, taken)
        here = from_bias + ramp * (now[active] - begin)[:, None]
        following, error = run.step(state[:, active], here, ramp, taken, active)
        good = error <= 1.0
        accepted = active[good]
        state[:, accepted] = following[:, good]
        finished = good & (taken >= remaining)
        now[accepted] += taken[good]
        now[active[finished]] = end[finished]
        step[active] = taken * np.clip(0.9 * np.maximum(error, 1e-12) ** -0.25, 0.2, 5.0)
        small = step[active] < _LEAST_STEP_NS
        if small.any() or count == _MOST_STEPS:
            worst = int(active[np.argmax(small)])
            where = ", ".join(f"{value:g} V" for value in here[np.argmax(small)])
            raise ConvergenceError(
                f"ReRAM model: cell {worst} does not converge at {now[worst]:g} ns, bias {where}, filament"
                f" {state[_X, worst]:.4f} nm; check the parameter set and the pulse"
            )
        if record:
            kept.append((now.copy(), state[_X].copy(), state[_V].copy()))
    if not record:
        return Trace(state[_X], state[_HEAT], state[_V], steps=count)
    time_ns, path_nm, path_v = (np.array(column) for column in zip(*kept, strict=True))
    return Trace(state[_X], state[_HEAT], state[_V], time_ns * 1e-9, path_nm, path_v, count)


class _Run:
    """Right-hand sides, their derivatives and one RODAS step of the cells that are still under way."""

    def __init__(self, p: Parameters, series: Series, tolerance: float) -> None:
        self.all_p, self.all_series = p, series
        self.scale = tolerance * np.array([1.0, 1e3, 1.0])[:, None]
        self.p, self.series = p, series

    def settle(self, x_nm: Floats, bias: Floats) -> Floats:
        """Voltage at rest."""
        return divide(x_nm, bias, self.series, self.p)

    def rates(self, state: Floats, bias: Floats) -> Floats:
        """dx/dt (nm/ns), dT/dt (K/ns) and what drives the voltage (V), shape (3, n)."""
        x, heat, v = state
        amperes = current(x, v, self.p)
        rest, _, _ = self.series.residual(v, amperes, bias)
        return np.stack(
            [speed(x, v, heat, self.p), (heating(v, amperes, self.p) - heat) / self._tau_ns, rest]
        )

    def step(
        self, state: Floats, bias: Floats, ramp: Floats, h: Floats, active: NDArray[np.intp]
    ) -> tuple[Floats, Floats]:
        """State after h (ns, per cell) and the error over the tolerance."""
        self.p = self.all_p.take(active)
        self.series = self.all_series.take(active) if hasattr(self.all_series, "take") else self.all_series
        self._tau_ns = self.p.tau_s * 1e9
        base = self.rates(state, bias)
        jacobian = np.empty((3, 3, state.shape[1]))
        for column, size in enumerate((1e-7, 1e-5, 1e-7)):
            nudged = state.copy()
            nudged[column] += size
            jacobian[:, column] = (self.rates(nudged, bias) - base) / (nudged[column] - state[column])
        by_time = (self.rates(state, bias + ramp * 1e-6) - base) / 1e-6
        # dv/dt = residual / (C times the ohms through which it is charged); 0 ohm: algebraic
        amperes = current(state[_X], state[_V], self.p)
        ohms = -self.series.residual(state[_V], amperes, bias)[2]
        mass = np.ones_like(state)
        mass[_V] = ohms * self.p.capacitance * 1e9
        matrix = -jacobian
        for row in range(3):
            matrix[row, row] += mass[row] / (h * _GAMMA)
        inverse = _inverse(matrix)
        stages: list[Floats] = []
        for time, slope, weights, couplings in zip(_TIME, _SLOPE, _STATE, _COUPLING, strict=True):
            inner = state + sum((w * s for w, s in zip(weights, stages, strict=True)), np.zeros_like(state))
            right = base if not stages else self.rates(inner, bias + ramp * (time * h)[:, None])
            pull = sum((c * s for c, s in zip(couplings, stages, strict=True)), np.zeros_like(state))
            right = right + mass * pull / h + h * slope * by_time
            stages.append(np.einsum("ijn,jn->in", inverse, right))
        following = inner + stages[-1]
        error = np.abs(stages[-1]) / (
            self.scale + 1e-6 * np.abs(following) * np.array([0.0, 1.0, 0.0])[:, None]
        )
        error = error.max(axis=0)
        return following, np.where(np.isfinite(error), error, 1e6)


def _inverse(m: Floats) -> Floats:
    """Inverses of 3 x 3 matrices, shape (3, 3, n)."""
    a, b, c, d, e, f, g, h, i = m.reshape(9, -1)
    cofactor = np.array(
        [
            [e * i - f * h, c * h - b * i, b * f - c * e],
            [f * g - d * i, a * i - c * g, c * d - a * f],
            [d * h - e * g, b * g - a * h, a * e - b * d],
        ]
    )
    determinant: Floats = a * cofactor[0, 0] + b * cofactor[1, 0] + c * cofactor[2, 0]
    return cofactor / determinant
