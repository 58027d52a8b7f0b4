"""Levels that the references have come to when software begins, against those of an untrimmed chip."""

from __future__ import annotations

import numpy as np
from neusoc.analog.references.model import References
from neusoc.base.report import Figure
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.mixed.common.circuit import STARTED
from neusoc.verification.mixed.common.outcome import Ran, RunOutcome

LEVEL = 0.01  # of a level, once it has started: what references.yaml promises


def rest_code() -> int:
    """Code of the threshold after reset."""
    return field_reset(registers()["threshold"].get_child_by_name("rest"))


def started[S: Ran](outcome: RunOutcome[S]) -> list[Figure]:
    """Error of each level, and when the last one came to it."""
    at, levels = outcome.result["started"], References()
    meant = {
        "vref": levels.vref,
        "vread": levels.vread,
        "vsense": levels.vsense,
        "vdac": levels.vdac,
        "vth": levels.vth(rest_code()),
    }
    errors = {net: 100 * (outcome.at(net, at) / volts - 1) for net, volts in meant.items()}
    before = outcome.waves["time"] <= at
    late = [
        outcome.waves["time"][before & (np.abs(outcome.waves[net] / volts - 1) > LEVEL)]
        for net, volts in meant.items()
    ]
    last = max((float(times[-1]) for times in late if len(times)), default=0.0)
    return [
        *(
            outcome.figure(f"started.{net}_error", error, "%", -100 * LEVEL, 100 * LEVEL)
            for net, error in errors.items()
        ),
        outcome.figure("started.time", 1e6 * last, "us", None, 1e6 * STARTED),
    ]
