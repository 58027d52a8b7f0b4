"""Behavioural twin of the line driver: what the source lines and the rail of the word lines are connected to.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.3 V); tests/test_line_driver_figures.py compares them
with ngspice.
"""

from __future__ import annotations

from collections.abc import Iterable

STROBES = ("sl_program", "sl_ground", "sl_neuron", "wl_dac", "wl_full")
# ohm; program at 2.6 V, neuron at 0.85 V
RESISTANCE = {"sl_program": 248.0, "sl_ground": 61.0, "sl_neuron": 14.8, "wl_full": 174.0}
SUPPLIES = {"sl_program": "vsl_dac", "sl_ground": "vss", "sl_neuron": "vsl", "wl_dac": "vwl_dac", "wl_full": "vpp"}


def closed(strobes: Iterable[str]) -> tuple[str | None, str | None]:
    """The closed switch of the source lines and of the rail, once the strobes have settled; None if open.

    Args:
        strobes: names of the controller's strobes that are high; two of one line are none (strobe_driver).
    """
    asked = set(strobes)

    def alone(group: tuple[str, ...]) -> str | None:
        high = [name for name in group if name in asked]
        return high[0] if len(high) == 1 else None

    return alone(STROBES[:3]), alone(STROBES[3:])


def levels(strobes: Iterable[str], supplies: dict[str, float]) -> tuple[float | None, float | None]:
    """Settled voltage of the source lines and of the rail, V; None where the line floats.

    Args:
        supplies: "vsl_dac", "vsl", "vwl_dac", "vpp" -> V; vss is 0.
    """
    known = supplies | {"vss": 0.0}
    lines, rail = (known[SUPPLIES[name]] if name else None for name in closed(strobes))
    return lines, rail
