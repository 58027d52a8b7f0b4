"""What the benches of switches share: their supply, the charge that a source delivers, and the gap between
two switches of a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from neusoc.analog.bench.datasheet import Condition


def supply(condition: Condition) -> float:
    """vpp at a condition, V.

    Raises:
        ValueError: the datasheet gives it none.
    """
    if condition.vpp is None:
        raise ValueError(f"the datasheet's condition {condition} has no vpp; give it one")
    return condition.vpp


def charge(waves: Mapping[str, np.ndarray], name: str, start: float, stop: float) -> float:
    """Delivered by a source between two times, C."""
    time = waves["time"]
    grid = np.concatenate(([start], time[(time > start) & (time < stop)], [stop]))
    return -float(np.trapezoid(np.interp(grid, time, waves[name]), grid))


def least_gap(time: np.ndarray, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> float:
    """Least time from one switch of a pair off to the other one on; negative: they overlap. s.

    Args:
        time: times of the samples, (samples,), s.
        pairs: state of each of two switches, True where it conducts, (samples,) each.
    """
    least = np.inf
    for one, other in pairs:
        for off, on in ((one, other), (other, one)):
            for index in np.flatnonzero(on[1:] & ~on[:-1]) + 1:
                before = np.flatnonzero(off[:index])
                if off[index]:  # still on: how long?
                    rest = np.flatnonzero(~off[index:])
                    least = min(least, time[index] - time[index + rest[0]] if len(rest) else -np.inf)
                elif len(before):
                    least = min(least, time[index] - time[before[-1] + 1])
    return float(least)
