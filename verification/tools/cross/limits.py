"""The promise of the comparison, and how two figures are held to it."""

from __future__ import annotations

import math

LIMIT = 1.0                         # %


def difference(first: float, second: float) -> float:
    """Of two figures, in percent of the larger size; 0 where both are 0, not a number where one of them is none."""
    if math.isnan(first) or math.isnan(second):
        return math.nan
    larger = max(abs(first), abs(second))
    return 100 * abs(first - second) / larger if larger else 0.0
