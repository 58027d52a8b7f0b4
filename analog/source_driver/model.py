"""Behavioural twin of the source driver: what the source lines and the rail of the word lines are connected to.

Resistances are those of the schematic at the nominal condition (tt, 27 C, 1.8 V, 3.55 V); tests/test_source_driver_twins.py compares them
with ngspice.
"""

from __future__ import annotations

from collections.abc import Iterable

STROBES = ("sl_program", "sl_ground", "wl_dac", "wl_full")
RESISTANCE = {"sl_program": 54.6, "sl_ground": 7.96, "wl_full": 65.5}     # ohm; program at 166 uA, ground at 3.5 mA, full at 100 uA
SUPPLIES = {"sl_program": "vpp", "sl_ground": "vss", "wl_dac": "vwl_dac", "wl_full": "vpp"}


def closed(strobes: Iterable[str]) -> tuple[str | None, str | None]:
    """The closed switch of the source lines and of the rail, once the strobes have settled; None if open.

    Args:
        strobes: names of the controller's strobes that are high; two of one line are none (strobe_driver).
    """
    asked = set(strobes)

    def alone(pair: tuple[str, ...]) -> str | None:
        high = [name for name in pair if name in asked]
        return high[0] if len(high) == 1 else None

    return alone(STROBES[:2]), alone(STROBES[2:])


def levels(strobes: Iterable[str], supplies: dict[str, float]) -> tuple[float | None, float | None]:
    """Settled voltage of the source lines and of the rail, V; None where the line floats.

    Args:
        supplies: "vwl_dac", "vpp" -> V; vss is 0.
    """
    known = supplies | {"vss": 0.0}
    lines, rail = (known[SUPPLIES[name]] if name else None for name in closed(strobes))
    return lines, rail
