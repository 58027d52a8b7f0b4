"""What the devices of a run see, against their ratings: the worst, how many are beyond, for how long, and
which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from neusoc.analog.bench.stress import LIMIT_THICK, LIMIT_THIN, Stress, junctions, overshoots, stress
from neusoc.base.report import Figure
from neusoc.verification.mixed.common.outcome import Ran, RunOutcome

Macro = tuple[str, str, Mapping[str, str]]  # subcircuit, instance, pin -> node of the deck
SHOWN, SHOWN_JUNCTIONS = 20, 5  # in result.json
FORWARD = 0.5  # V across a junction on a pin: below it a junction carries nanoamperes


def seen(record: Mapping[str, np.ndarray], core: str, macros: Sequence[Macro]) -> dict:
    """What result.json says of the devices.

    Args:
        record: every node of the macros -> samples, V, and `time`, s.
        core: netlist with their subcircuits, long channels as drawn.
        macros: subcircuits that are looked at.
    """
    nodes = {f"v({name})": wave for name, wave in record.items()} | {"time": record["time"]}
    beyond = sorted(
        (device for macro in macros for device in overshoots(nodes, core, *macro)), key=lambda one: -one.volts
    )
    worst = [stress(nodes, core, *macro) for macro in macros]
    forward = sorted(
        (junction for macro in macros for junction in junctions(nodes, core, *macro)),
        key=lambda one: -one.volts,
    )
    return {
        "stress": {part: float(np.nanmax([getattr(one, part) for one in worst])) for part in Stress._fields},
        "devices_beyond_limits": len(beyond),
        "longest_beyond_limits": max((device.longest for device in beyond), default=0.0),
        "worst_devices": beyond[:SHOWN],
        "worst_at": [_time(nodes, device.ends) for device in beyond[:SHOWN]],
        "worst_junctions": forward[:SHOWN_JUNCTIONS],
    }


def _time(nodes: Mapping[str, np.ndarray], ends: Sequence[str]) -> float:
    """Time at which a device's terminals are farthest from each other, s."""
    waves = np.broadcast_arrays(*(nodes[f"v({end.lower()})"] if end != "0" else np.zeros(1) for end in ends))
    return float(nodes["time"][np.argmax(np.ptp(waves, axis=0))])


def rated[S: Ran](outcome: RunOutcome[S]) -> list[Figure]:
    """Figures of a run's devices: voltages, limits of the ratings, and what is beyond them."""
    result, figure = outcome.result, outcome.figure
    return [
        figure("worst_1v8_device", result["stress"]["thin"], "V", None, LIMIT_THIN),
        figure("worst_5v_device", result["stress"]["thick"], "V", None, LIMIT_THICK),
        figure("devices_beyond_limits", result["devices_beyond_limits"]),
        figure("longest_time_beyond_limits", result["longest_beyond_limits"] * 1e9, "ns"),
    ]


def forward[S: Ran](outcome: RunOutcome[S]) -> Figure:
    """Largest forward bias of a source or drain on a macro's pin; of a netlist with areas of both."""
    return outcome.figure("forward_junction", outcome.result["stress"]["forward"], "V", None, FORWARD)
