"""Waves as a run leaves them, played: levels of the references at their nominal values, supplies without
current."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
from neusoc.analog.references.model import References
from neusoc.analog.reram.osdi import subcircuits
from neusoc.base.pins import CELL
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.circuit import SUPPLY_NETS
from neusoc.verification.mixed.common.started import rest_code

RATINGS = {
    "stress": {"thin": 1.8, "thick": 3.6, "forward": 0.1},
    "devices_beyond_limits": 0,
    "longest_beyond_limits": 0.0,
}


def levels(time: np.ndarray) -> dict[str, np.ndarray]:
    """Levels, V, and currents of the supplies, A; each (samples,)."""
    given = References()
    volts = {net: getattr(given, net) for net in ("vref", "vread", "vsense", "vdac")} | {
        "vth": given.vth(rest_code())
    }
    return {net: np.full(time.size, level) for net, level in volts.items()} | {
        f"i({net})": np.zeros(time.size) for net in SUPPLY_NETS
    }


def missed(figures: Iterable[Figure]) -> set[str]:
    """Names of the figures that miss their limits, without the scenario's."""
    return {figure.name.partition(".")[2] for figure in figures if not figure.passes}


def device_count(netlist: str, core: str = CELL) -> int:
    """Devices in a core: instances of what is no subcircuit of the netlist."""
    known = subcircuits(netlist)

    @cache
    def count(cell: str) -> int:
        return sum(count(words[-1]) if words[-1] in known else 1 for words in known[cell][1])

    return count(core)
