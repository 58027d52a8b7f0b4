"""A chip's neurons in a script: events in, spikes out. A part of Chip (chip.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from neusoc.base.errors import UserError
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import DriverError, Transport, wait_until

MOST_SPIKES = 4096


class Neurons:
    """Functions of Chip that need its registers alone."""

    registers: Registers
    identity: Identity
    _transport: Transport
    _poll_s: float
    _stall_s: float

    def enable(self) -> None:
        """Let the neurons run."""
        self.registers.change("ctrl", enable=1)

    def disable(self) -> None:
        """Hold all neurons discharged; rows that were gathered and spikes that wait are dropped.

        Raises:
            Timeout: a pulse does not end.
        """
        self.registers.change("ctrl", enable=0)
        self._until(self._quiet, "end of the last row pulse")

    def send(self, rows: Iterable[int]) -> None:
        """Events in, one after the other, to the end of the last one's pulse; rows: of each.

        Raises:
            UserError: a row that the chip has not.
            DriverError: the neurons do not run, or events were dropped; Timeout, Refused.
        """
        events = list(rows)
        if bad := [row for row in events if not 0 <= row < self.identity.rows]:
            raise UserError(
                f"event to row {bad[0]}: the chip has rows 0 to {self.identity.rows - 1}; choose one of them"
            )
        self._must_run("events")
        before = self.registers.field("errors", "overflow")
        for row in events:
            self._until(self._takes, f"room for the event to row {row}")
            self.registers.write("event_in", row, checked=False)
        self._until(self._quiet, "end of the last row pulse")
        self.registers.check("event_in")
        if lost := self.registers.field("errors", "overflow") - before:
            raise DriverError(f"{lost} of {len(events)} events were dropped; is another program on the bus?")

    def spikes(self, most: int = MOST_SPIKES) -> list[int]:
        """Take the spikes that wait; returns their neurons, in their order.

        Args:
            most: greatest number of spikes taken; neurons that fire for ever would never leave this.

        Raises:
            DriverError: spikes leave on the pins (CTRL.aer_out).
        """
        if self.registers.field("ctrl", "aer_out"):
            raise DriverError("spikes leave on the pins; clear CTRL.aer_out to take them here")
        found: list[int] = []
        while len(found) < most and (spike := self.registers.fields("event_out"))["valid"]:
            found.append(spike["neuron"])
        return found

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait; arguments and error as of wait_until()."""
        wait_until(self._transport, holds, what, self._stall_s, self._poll_s)

    def _must_run(self, what: str) -> None:
        if not self.registers.field("ctrl", "enable"):
            raise DriverError(f"{what}: the neurons do not run; call enable() first")

    def _takes(self) -> bool:
        return not self.registers.field("status", "event_in_busy")

    def _quiet(self) -> bool:
        status = self.registers.fields("status")
        return not (status["event_in_busy"] or status["pulse_busy"])
