"""Index values of the tables."""

from __future__ import annotations

import numpy as np

SLEWS = tuple(float(f"{value:.6g}") for value in np.geomspace(0.01, 1.5, 7))  # ns, 20 to 80 %
CONSTRAINT_SLEWS = (0.01, 0.5, 1.5)  # ns, for setup, hold, recovery, removal, pulse width
SMALLEST_LOAD = 0.0005  # pF
MAX_TRANSITION = 1.5  # ns: the load that gives it is the largest
POINTS = 7


def loads_up_to(largest: float) -> tuple[float, ...]:
    """Seven loads in pF, in equal ratios from 0.5 fF to the largest one."""
    return tuple(float(f"{value:.6g}") for value in np.geomspace(SMALLEST_LOAD, largest, POINTS))
