"""Behavioural twin of the strobe driver: which of its outputs are high, when they change, and which switches
that closes.

Delays are those of the schematic into 600 fF (tt, 27 C, 1.8 V, 3.3 V); tests/test_strobe_driver_twins.py
compares them with ngspice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

GROUPS = ("abc", "de")
DELAY_ON, DELAY_OFF = 6.89e-9, 2.14e-9  # s, to 50 % of vpp


def outputs(strobes: Iterable[str], groups: Iterable[Iterable[str]] = GROUPS) -> set[str]:
    """Outputs that are high once the inputs have settled: of each group the one that is asked for alone.

    Args:
        strobes: inputs that are high, of "a" to "e".
        groups: groups of the inputs, if these have other names.
    """
    asked = set(strobes)
    return {name for group in groups for name in group if asked & set(group) == {name}}


@dataclass(frozen=True)
class Switches:
    """Switches behind it, a group a line.

    Attributes:
        lines: line -> strobe -> what its switch connects the line to.
    """

    lines: Mapping[str, Mapping[str, str]]

    @property
    def strobes(self) -> tuple[str, ...]:
        """All of them, line by line."""
        return tuple(strobe for group in self.lines.values() for strobe in group)

    def closed(self, strobes: Iterable[str]) -> list[str | None]:
        """Of each line the strobe whose switch is closed once the strobes have settled; None if open.

        Args:
            strobes: names of the controller's strobes that are high; two of one line are none.
        """
        high = outputs(strobes, self.lines.values())
        return [next(iter(high & group.keys()), None) for group in self.lines.values()]

    def levels(self, strobes: Iterable[str], supplies: Mapping[str, float]) -> list[float | None]:
        """Settled voltage of each line, V; None where it floats.

        Args:
            supplies: voltage of each supply, V; vss is 0.
        """
        known = {**supplies, "vss": 0.0}
        pairs = zip(self.closed(strobes), self.lines.values(), strict=True)
        return [None if strobe is None else known[group[strobe]] for strobe, group in pairs]


def edges(states: Sequence[tuple[float, Iterable[str]]]) -> list[tuple[float, str, bool]]:
    """Changes of the outputs: (time, output, high), ascending. An output asked for less than DELAY_ON never
    rises.

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
