"""The three corners of the library: process, supply and temperature."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from neusoc.base.errors import UserError


@dataclass(frozen=True)
class Corner:
    """One corner.

    Attributes:
        name: spelling of the Liberty file.
        process: tt, ss or ff: which of the wheel's device files.
        voltage: supply in V.
        temperature: degrees Celsius.
        state: choice of the input state that an arc's edge is tabulated in, "worst" (slowest) or "best"
            (fastest): at the fast corner, which is there for hold checks, the shortest delay counts.
    """

    name: str
    process: str
    voltage: float
    temperature: float
    state: str = field(
        default="worst", repr=False
    )  # kept results carry it where it decides something (registry.Kind.variant)

    def pick[T](self, candidates: Iterable[T], delay: Callable[[T], float]) -> T:
        """Of several input states, or of their delays, the one that counts: the first with the longest, or
        the shortest, delay."""
        return max(candidates, key=delay) if self.state == "worst" else min(candidates, key=delay)


CORNERS = {
    corner.name: corner
    for corner in (
        Corner("tt_025C_1v80", "tt", 1.80, 25.0),
        Corner("ss_100C_1v60", "ss", 1.60, 100.0),
        Corner("ff_n40C_1v95", "ff", 1.95, -40.0, "best"),
    )
}


def corner_named(name: str) -> Corner:
    """The corner of that name, or of that process (tt, ss, ff).

    Raises:
        UserError: there is none.
    """
    for corner in CORNERS.values():
        if name in (corner.name, corner.process):
            return corner
    raise UserError(f"--corner {name}: unknown; choose one of {', '.join(CORNERS)}")
