"""LibreLane's metrics as figures with limits. A metric that is absent becomes a figure without a value, which
fails."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from neusoc.base.report import Figure
from neusoc.digital.harden.config import STA_CORNERS

Metrics = Mapping[str, float | int | str]
FLIP_FLOPS_WORST = "setup_slack_flip_flops_worst"  # of nine corners, ns (endpoints.py)

# Targets of the macro: a report of its own, harden_targets.<chip>. Area, mm2; worst setup slack of a
# flip-flop and worst hold slack, ns. In harden.<chip> these have the limit 0, below which the macro does not
# keep its clock.
MOST_AREA = {"tapeout": 0.25}
LEAST_SETUP, LEAST_HOLD = 0.5, 0.05


def _value(metrics: Metrics, name: str) -> float | None:
    """A metric as a number; None if it is absent or infinite: an infinite slack means that STA saw no
    path."""
    try:
        value = float(metrics[name])
    except (KeyError, TypeError, ValueError):
        return None
    return value if math.isfinite(value) and abs(value) < 1e29 else None


def timing_figures(metrics: Metrics) -> list[Figure]:
    """Worst setup and hold slack of each corner, and the most violations of an electrical limit in one
    corner.

    Fanout is not judged: the cell library gives its pins no fanout load, so that OpenSTA counts none. What a
    fanout limit stands for, slew and load, is.
    """
    found = []
    for corner in STA_CORNERS:
        for check in ("setup", "hold"):
            slack = _value(metrics, f"timing__{check}__ws__corner:{corner}")
            found.append(Figure(name=f"{check}_slack.{corner}", value=slack, unit="ns", min=0, source="sta"))
    for limit in ("slew", "cap"):
        counts = [
            _value(metrics, f"design__max_{limit}_violation__count__corner:{corner}")
            for corner in STA_CORNERS
        ]
        worst = None if None in counts else max(counts)
        found.append(Figure(name=f"max_{limit}_violations", value=worst, unit="pins", max=0, source="sta"))
    return found


def layout_figures(metrics: Metrics) -> list[Figure]:
    """Routing, antennas, power grid, synthesis checks: none may be wrong. Size of the result: informs."""
    zero = {
        "route_drc": ("route__drc_errors", "violations", "gds"),
        "antenna_nets": ("antenna__violating__nets", "nets", "gds"),
        "antenna_pins": ("antenna__violating__pins", "pins", "gds"),
        "disconnected_pins": ("design__critical_disconnected_pin__count", "pins", "gds"),
        "power_grid_violations": ("design__power_grid_violation__count", "violations", "gds"),
        "unmapped_cells": ("design__instance_unmapped__count", "cells", "netlist"),
        "inferred_latches": ("design__inferred_latch__count", "cells", "netlist"),
        "synthesis_check_errors": ("synthesis__check_error__count", "errors", "netlist"),
        "lint_errors": ("design__lint_error__count", "errors", "rtl"),
        "lint_warnings": ("design__lint_warning__count", "warnings", "rtl"),
    }
    plain = {
        "die_area": ("design__die__area", "um2", "gds"),
        "cell_area": ("design__instance__area__stdcell", "um2", "gds"),
        "cells": ("design__instance__count__stdcell", "cells, taps and fill included", "netlist"),
        "flip_flops": ("design__instance__count__class:sequential_cell", "cells", "netlist"),
        "hold_buffers": ("design__instance__count__hold_buffer", "cells", "netlist"),
        "utilisation": ("design__instance__utilization", "", "gds"),
        "wire_length": ("route__wirelength", "um", "gds"),
        "power": ("power__total", "W", "sta"),
    }
    found = [
        Figure(name=n, value=_value(metrics, m), unit=u, max=0, source=s) for n, (m, u, s) in zero.items()
    ]
    return found + [
        Figure(name=n, value=_value(metrics, m), unit=u, source=s) for n, (m, u, s) in plain.items()
    ]


def target_figures(chip: str, found: Iterable[Figure]) -> list[Figure]:
    """What the macro shall reach and need not reach to be built in: its area, and the slack of its
    flip-flops.

    Args:
        chip: name of the variant; others than MOST_AREA's have no limit of area.
        found: figures of its harden.<chip>. One that is not there, or has no value, fails.
    """
    values = {figure.name: figure.value for figure in found}
    area = values.get("die_area")
    holds = [values.get(f"hold_slack.{corner}") for corner in STA_CORNERS]
    hold = None if None in holds else min(value for value in holds if value is not None)
    return [
        Figure(
            name="area",
            value=None if area is None else area / 1e6,
            unit="mm2",
            max=MOST_AREA.get(chip),
            source="gds",
        ),
        Figure(
            name="setup_slack", value=values.get(FLIP_FLOPS_WORST), unit="ns", min=LEAST_SETUP, source="sta"
        ),
        Figure(name="hold_slack", value=hold, unit="ns", min=LEAST_HOLD, source="sta"),
    ]
