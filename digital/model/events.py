"""Integer twin of the event sequencer (digital/rtl/event_sequencer.sv): row events cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class EventSettings:
    """How an event is shown. All times in clock cycles; 0 counts as 1.

    Attributes:
        multi_hot: mode in which events gather and are shown as one set of rows.
        lead, opened, window, close, tail: wake before the rows, rows before the window, the window, rows and
            wake behind it.
        gather: time from the first event of a set until it may be shown.
    """

    multi_hot: bool = False
    lead: int = 3
    opened: int = 2
    window: int = 2
    close: int = 1
    tail: int = 1
    gather: int = 50

    @property
    def cycles(self) -> int:
        """From an event to the next that waited, in one-hot mode: wake stays on, its lead is a cycle."""
        return 1 + sum(max(1, length) for length in (self.opened, self.window, self.close, self.tail))


class Outputs(NamedTuple):
    """Of one cycle; rows: mask behind the flip-flops of path_interlock; ready: the event that is offered is
    taken."""

    ready: bool
    rows: int
    wake: bool
    integ: bool
    busy: bool


class EventTwin:
    """The sequencer's state, a call of step() a cycle.

    Args:
        settings: settings of the events; may be replaced while nothing is shown.
    """

    def __init__(self, settings: EventSettings) -> None:
        self.settings = settings
        self._schedule: list[tuple[bool, bool]] = []  # (row on, integ) of the coming cycles
        self._shown = self._gathered = self._wait = 0

    def step(self, event: int | None, *, enable: bool = True, grant: bool = True) -> Outputs:
        """Outputs of this cycle, then the clock's edge.

        Args:
            event: row that is offered, None: none.
            enable, grant: inputs.
        """
        s, awake = self.settings, bool(self._schedule)
        idle = len(self._schedule) <= 1
        on, integ = self._schedule[0] if self._schedule else (False, False)
        free = (
            idle and not self._gathered
            if not s.multi_hot
            else event is None or not self._gathered >> event & 1
        )
        ready = enable and grant and free
        outputs = Outputs(ready, self._shown if on else 0, awake, integ, awake or bool(self._gathered))
        taken = 1 << event if ready and event is not None else 0
        shows = self._gathered if idle and grant and self._wait <= 1 else 0
        if awake:
            del self._schedule[0]
        if shows or (taken and not s.multi_hot):
            self._shown = shows or taken
            self._schedule = [
                cycle
                for length, cycle in (
                    (1 if awake else s.lead, (False, False)),
                    (s.opened, (True, False)),
                    (s.window, (True, True)),
                    (s.close, (True, False)),
                    (s.tail, (False, False)),
                )
                for _ in range(max(1, length))
            ]
        first = taken and s.multi_hot and (not self._gathered or shows)
        self._wait = s.gather if first else max(self._wait - 1, min(self._wait, 1))
        self._gathered = (0 if shows else self._gathered) | (taken if s.multi_hot else 0)
        if not enable:
            self._gathered = 0
        return outputs
