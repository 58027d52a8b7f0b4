"""Behavioural twin of the strobe driver: which of its outputs are high, and when they change.

Delays are those of the schematic into 600 fF (tt, 27 C, 1.8 V, 3.3 V); tests/test_strobe_driver_twins.py compares them with ngspice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GROUPS = ("abc", "de")
DELAY_ON, DELAY_OFF = 6.89e-9, 2.14e-9        # s, to 50 % of vpp


def outputs(strobes: Iterable[str]) -> set[str]:
    """Outputs that are high once the inputs have settled: of each group the one that is asked for alone.

    Args:
        strobes: inputs that are high, of "a" to "e".
    """
    asked = set(strobes)
    return {name for group in GROUPS for name in group if asked & set(group) == {name}}


def edges(states: Sequence[tuple[float, Iterable[str]]]) -> list[tuple[float, str, bool]]:
    """Changes of the outputs: (time, output, high), ascending. An output asked for less than DELAY_ON never rises.

    Args:
        states: (time in s, inputs that are high from then on), ascending; all low before the first.
    """
    found: list[tuple[float, str, bool]] = []
    high: set[str] = set()
    waiting: dict[str, float] = {}
    for time, strobes in [*states, (float("inf"), set())]:
        for name, moment in sorted(waiting.items(), key=lambda item: item[1]):
            if moment <= time:
                found.append((moment, name, True))
                high.add(name)
        waiting = {name: moment for name, moment in waiting.items() if moment > time}
        if time == float("inf"):
            break
        wanted = outputs(strobes)
        found += [(time + DELAY_OFF, name, False) for name in sorted(high - wanted)]
        high &= wanted
        waiting = {name: waiting.get(name, time + DELAY_ON) for name in wanted - high}
    return sorted(found)
