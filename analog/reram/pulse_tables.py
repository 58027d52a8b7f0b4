"""Compact pulses on the numpy twin: a pulse on a million cells a second, from tables of the filament's time
of flight.

Voltage and temperature settle within a nanosecond, so during a flat pulse dx/dt depends on the filament and
the bias alone:

    S(x; u) = integral of dx/|dx/dt|      tabulated over x for each drive u
    S(x_end; u) = S(x_start; u) + time

The table is exact in x (exponential between its points), and mixes the two neighbouring drives linearly. An
edge of the pulse counts as
the time at full drive that moves the filament as far: edge * integral of speed(x; bias(s)) / speed(x; full
bias) ds, at the filament before it. tests/test_device_flight.py holds the error against integrate_reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from neusoc.analog.reram.equations import Floats, Parameters, Series, Value, settled_speed
from neusoc.base.errors import UserError
from numpy.typing import ArrayLike, NDArray

Places = NDArray[np.intp]
_SLOWEST = 1e-40  # m/s: a filament that does not move at all
_EDGE = 1.0 - np.concatenate(
    [[0.0], np.geomspace(2e-3, 1.0, 15)]
)  # places on an edge, dense where it is nearly full
_EDGE_X, _EDGE_U = 8, 4  # an edge's worth is tabulated at every 8th length and every 4th drive


def lengths(p: Parameters, shortest_nm: float, step_nm: float) -> Floats:
    """Grid of filament lengths: even, finer towards the stops, where the speed falls to zero over stop_nm."""
    near = np.concatenate([[0.0], np.geomspace(p.stop_nm / 50, 12 * p.stop_nm, 24)])
    even = np.arange(shortest_nm, float(p.xmax_nm), step_nm)
    stops = [p.xmax_nm - near, p.xmin_nm + near, p.xmin_nm - near]
    return np.unique(np.clip(np.concatenate([even, *stops]), shortest_nm, p.xmax_nm).round(7))


def _mean(a: Floats, b: Floats) -> Floats:
    """Mean of an exponential between a and b, both positive."""
    ratio = np.log(b / a)
    small = np.abs(ratio) < 1e-6
    return np.where(small, 0.5 * (a + b), (b - a) / np.where(small, 1.0, ratio))


@dataclass(frozen=True)
class PulseTable:
    """Flat pulses of one kind (all SET or all RESET), their drive free between the ends of a grid.

    Attributes:
        x_nm: lengths, shape (X,), rising.
        drive: voltage that distinguishes the pulses, shape (U,), evenly rising: source or WL volts.
        time_s: time of flight from the start of the way, shape (U, X): from the shortest length if it grows,
            else from the longest.
        edge: an edge's worth as a share of its duration, shape (U, X).
        grows: direction of the filament, True for SET.
    """

    x_nm: Floats
    drive: Floats
    time_s: Floats
    edge: Floats
    grows: bool

    @classmethod
    def build(
        cls,
        p: Parameters,
        series: Series,
        drive: ArrayLike,
        bias: ArrayLike,
        *,
        rest: ArrayLike | None = None,
        shortest_nm: float | None = None,
        step_nm: float = 0.008,
    ) -> Self:
        """Tabulate.

        Args:
            p: scalar parameters.
            series: circuit between source and cell; scalar values.
            drive: voltages, (U,), evenly rising, at most 10 mV apart for 1 % in time.
            bias: full bias of each drive, (U, series.width), volts.
            rest: bias at the feet of the edges, (series.width,) or (U, series.width); default 0 V everywhere.
            shortest_nm: shortest length of the table, default 1 nm below xmin_nm (pristine cells).
            step_nm: grid of lengths.

        Raises:
            UserError: pulses of both signs, or a grid that is not even.
        """
        drive, bias = np.asarray(drive, float), np.asarray(bias, float)
        if drive.ndim != 1 or bias.shape != (drive.size, series.width):
            raise UserError(
                f"flight table: bias of shape {bias.shape}, drives of shape {drive.shape}; give (U,"
                f" {series.width}) and (U,)"
            )
        spacing = np.diff(drive)
        if drive.size < 2 or (spacing <= 0).any() or np.ptp(spacing) > 1e-6 * np.ptp(drive):
            raise UserError("flight table: drives must rise evenly and be two at least")
        x = lengths(p, float(p.xmin_nm) - 1.0 if shortest_nm is None else shortest_nm, step_nm)
        foot = np.broadcast_to(0.0 if rest is None else np.asarray(rest, float), bias.shape)
        speed, v = settled_speed(x[None, :], bias[:, None, :], series, p)
        if v.max() > 1e-9 and v.min() < -1e-9:
            raise UserError("flight table: biases of both signs; make one table for SET and one for RESET")
        grows = bool(v.max() > 1e-9)
        sign = 1.0 if grows else -1.0
        slowness = 1e-9 / np.maximum(sign * speed, _SLOWEST)  # s/nm
        piece = _mean(slowness[:, 1:], slowness[:, :-1]) * np.diff(x)
        zero = np.zeros((drive.size, 1))
        time = np.concatenate([zero, np.cumsum(piece, axis=1)], axis=1)
        if not grows:
            time = np.concatenate([np.cumsum(piece[:, ::-1], axis=1)[:, ::-1], zero], axis=1)
        edge = cls._edges(p, series, x, bias, foot, sign)
        return cls(x, drive, time, edge, grows)

    @staticmethod
    def _edges(p: Parameters, series: Series, x: Floats, bias: Floats, foot: Floats, sign: float) -> Floats:
        """Worth of an edge at each drive and length."""
        some_x = np.unique(np.r_[0 : x.size : _EDGE_X, x.size - 1])
        some_u = np.unique(np.r_[0 : len(bias) : _EDGE_U, len(bias) - 1])
        places = (
            foot[some_u, None, None, :] + (bias - foot)[some_u, None, None, :] * _EDGE[None, None, :, None]
        )
        speed, _ = settled_speed(x[None, some_x, None], places, series, p)
        share = np.maximum(sign * speed, _SLOWEST)
        worth = (_mean(share[..., 1:], share[..., :-1]) * -np.diff(_EDGE)).sum(axis=-1) / share[..., 0]
        worth = np.minimum(worth, 1.0)
        by_x = np.array([np.interp(x, x[some_x], row) for row in worth])
        column = np.interp(np.arange(len(bias)), some_u, np.arange(some_u.size))
        low: Places = np.minimum(column.astype(int), some_u.size - 2)
        share_up = (column - low)[:, None]
        return by_x[low] * (1 - share_up) + by_x[low + 1] * share_up

    def pulse(
        self, x_nm: Value, drive: Value, width_s: Value, edge_s: Value = 0.0, time_scale: Value = 1.0
    ) -> Floats:
        """Filament after one pulse on N cells.

        Args:
            x_nm: filament before, (N,).
            drive: voltage within the table's drives (values outside count as its ends), scalar or (N,).
            width_s: time at full bias.
            edge_s: duration of each of the two edges.
            time_scale: factor of all times: spread of v0_mps, or of a barrier as exp(-change/kT).

        Returns:
            nm, shape (N,).
        """
        x_nm, drive = np.broadcast_arrays(np.asarray(x_nm, float), np.asarray(drive, float))
        shape = x_nm.shape
        x, mix = x_nm.ravel(), self._rows(drive.ravel())
        scale = np.broadcast_to(time_scale, shape).ravel()
        flat, ramp = (np.broadcast_to(t, shape).ravel() * scale for t in (width_s, edge_s))
        place = self._place(x)
        after = self._advance(mix, place, flat + ramp * mix.of(self.edge, place))
        if np.any(ramp):
            after = self._advance(mix, after, ramp * mix.of(self.edge, after))
        low, share = after
        end = self.x_nm[low] * (1 - share) + self.x_nm[low + 1] * share
        # what lies outside the table has no way to go; rounding must not move a cell backwards
        end = np.where(
            (x < self.x_nm[0]) | (x > self.x_nm[-1]),
            x,
            np.maximum(end, x) if self.grows else np.minimum(end, x),
        )
        return end.reshape(shape)

    def advance_one(self, x_nm: float, drive: float, width_s: float) -> float:
        """pulse() for one cell without edges, ten times faster on a single cell: what a sweep of many samples
        needs."""
        at = min(max((drive - self.drive[0]) / (self.drive[1] - self.drive[0]), 0.0), self.drive.size - 1.0)
        row = min(int(at), self.drive.size - 2)
        time = self.time_s[row] + (at - row) * (self.time_s[row + 1] - self.time_s[row])
        if not self.x_nm[0] <= x_nm <= self.x_nm[-1]:
            return x_nm
        if self.grows:
            return max(float(np.interp(np.interp(x_nm, self.x_nm, time) + width_s, time, self.x_nm)), x_nm)
        return min(
            float(np.interp(np.interp(x_nm, self.x_nm, time) + width_s, time[::-1], self.x_nm[::-1])), x_nm
        )

    def time_between(self, from_nm: Value, to_nm: Value, drive: Value) -> Floats:
        """Time (s) that a cell at full drive takes from one filament to another that lies on its way; scalar
        or (N,)."""
        begin, end, drive = (
            a.ravel() for a in np.broadcast_arrays(np.atleast_1d(from_nm).astype(float), to_nm, drive)
        )
        mix = self._rows(drive)
        return mix.of(self.time_s, self._place(end)) - mix.of(self.time_s, self._place(begin))

    def _rows(self, drive: Floats) -> _Mix:
        """Rows of the table next to each drive."""
        at = (drive - self.drive[0]) / (self.drive[1] - self.drive[0])
        at = np.minimum(np.maximum(at, 0.0), self.drive.size - 1.0)
        row = np.minimum(at.astype(np.intp), self.drive.size - 2)
        return _Mix(row * self.x_nm.size, at - row, self.x_nm.size)

    def _place(self, x: Floats) -> tuple[Places, Floats]:
        """Interval of each length and its share within it."""
        low = np.minimum(np.maximum(np.searchsorted(self.x_nm, x, side="right") - 1, 0), self.x_nm.size - 2)
        begin = self.x_nm[low]
        return low, np.minimum(np.maximum((x - begin) / (self.x_nm[low + 1] - begin), 0.0), 1.0)

    def _advance(self, mix: _Mix, place: tuple[Places, Floats], time: Floats) -> tuple[Places, Floats]:
        """Where each cell is after a time at full drive."""
        sign = 1.0 if self.grows else -1.0
        goal = mix.of(self.time_s, place) + time
        # binary search along each cell's own row, in the direction in which the time rises
        low, high = np.zeros_like(place[0]), np.full_like(place[0], self.x_nm.size - 1)
        for _ in range(int(np.ceil(np.log2(self.x_nm.size)))):
            middle = (low + high) >> 1
            beyond = sign * (mix.at(self.time_s, middle) - goal) > 0
            high = np.where(beyond, middle, high)
            low = np.where(beyond, low, middle)
        low = np.minimum(low, self.x_nm.size - 2)
        begin, end = mix.at(self.time_s, low), mix.at(self.time_s, low + 1)
        return low, np.minimum(np.maximum((goal - begin) / (end - begin), 0.0), 1.0)


@dataclass(frozen=True)
class _Mix:
    """Values of a (U, X) table between two rows, one pair of rows a cell."""

    start: Places
    share: Floats
    columns: int

    def at(self, table: Floats, column: Places) -> Floats:
        """At a column of the grid."""
        flat = table.ravel()
        index = self.start + column
        low = flat.take(index)
        return low + self.share * (flat.take(index + self.columns) - low)

    def of(self, table: Floats, place: tuple[Places, Floats]) -> Floats:
        """Between two columns."""
        low, share = place
        begin = self.at(table, low)
        return begin + share * (self.at(table, low + 1) - begin)
