"""What the cells that statistics.yaml leaves out would cost: 16 levels by ISPP with one of them on at a time.

The defaults of `miss_stays`, `hrs_tail`, `set_sigma`, `low_share`, `hrs_rise_decades` and `lrs_fall_decades` are nil, for nothing published
of this process says how much they are. Here each has a value that is assumed, so that a reader sees what hangs on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from neusoc.analog.reram.statistics import Statistics, load_statistics
from neusoc.base.report import Figure
from neusoc.verification.device import levels

ARRAYS, LEVELS = 4, 16
WORN_CYCLES = 100_000                       # RESET pulses before: a tenth of the median life


@dataclass(frozen=True)
class Scenario:
    """Values of the statistics that differ, (part, name) -> value; RESET pulses that the cells have had."""

    values: Mapping[tuple[str, str], float] = field(default_factory=dict)
    cycles: int = 0


SCENARIOS = {
    "as in statistics.yaml": Scenario(),
    "half of a miss stays with its cell": Scenario({("cycles", "miss_stays"): 0.5}),
    "nearly all of a miss stays with its cell": Scenario({("cycles", "miss_stays"): 0.9}),
    "2 % of RESETs in the tail": Scenario({("cycles", "hrs_tail"): 0.02}),
    "thin filaments spread by 10 % at 30 uS": Scenario({("cycles", "set_sigma"): 0.1}),
    "1e5 RESETs, worn cells shorted": Scenario(cycles=WORN_CYCLES),
    "1e5 RESETs, half of the worn cells open": Scenario({("endurance", "low_share"): 0.5}, WORN_CYCLES),
    "1e5 RESETs, window closing": Scenario({("endurance", "hrs_rise_decades"): 1.0, ("endurance", "lrs_fall_decades"): 0.3}, WORN_CYCLES),
}


def with_values(statistics: Statistics, values: Mapping[tuple[str, str], float]) -> Statistics:
    """A copy with some values in place of others.

    Raises:
        KeyError: no such part or name.
        ValidationError: a value that it may not have.
    """
    data = statistics.model_dump()
    for (part, name), value in values.items():
        data[part][name] |= {"value": value}
    return Statistics.model_validate(data)


def tail_figures(arrays: int = ARRAYS, statistics: Statistics | None = None) -> list[Figure]:
    """Within half a level, pulses a cell, cells reported as stuck, faulty cells that were not, of each scenario."""
    found = []
    for name, scenario in SCENARIOS.items():
        changed = with_values(statistics or load_statistics(), scenario.values)
        study = levels.study(LEVELS, arrays, changed, relax=False, cycles=scenario.cycles)

        def figure(what: str, value: float, unit: str = "", name: str = name) -> Figure:
            return Figure(name=f"{name}: {what}", value=float(f"{value:.5g}"), unit=unit, source="simulation")

        found += [
            figure("within half a level", 100 * float(np.mean(study.inside)), "%"),
            figure("pulses a cell", study.pulses),
            figure("stuck low", 100 * study.outcomes["stuck_low"], "%"),
            figure("stuck high", 100 * study.outcomes["stuck_high"], "%"),
            figure("timed out", 100 * study.outcomes["timed_out"], "%"),
            figure("faulty cells not reported", study.unnamed, f"of {arrays * levels.CELLS}"),
        ]
    return found
