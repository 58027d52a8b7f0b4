"""A chip's neurons in a script: events in, spikes out. A part of Chip (chip.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from neusoc.base.errors import UserError
from neusoc.digital.model.spikes import STAMP_BITS, Spike
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import DriverError, Transport, wait_until

MOST_SPIKES = 4096
LONGEST_TICK = 1 << 15  # clock cycles


def ticks_between(first: Spike, second: Spike) -> int:
    """Ticks from one spike to a later one, which came less than a turn of the time stamp (65,536 ticks)
    behind it."""
    return (second.stamp - first.stamp) % (1 << STAMP_BITS)


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

    def neuron_settings(self, neuron: int) -> dict[str, int]:
        """Settings that a neuron's latches were last given, by the names of NEURON_CONFIG's fields: trim,
        test and pair.

        The controller keeps a copy of what it wrote; a latch that flipped by itself is not seen.

        Raises:
            UserError: a number that does not fit.
            Refused: the neurons run, or there is no such neuron.
        """
        self.registers.set("neuron_config", peek=1, neuron=neuron)
        return {
            name: value
            for name, value in self.registers.fields("neuron_config").items()
            if name not in ("peek", "all", "neuron")
        }

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
        """Take the spikes that wait; returns their neurons, in their order: timed_spikes() without the times.

        Args:
            most: greatest number of spikes taken; neurons that fire for ever would never leave this.

        Raises:
            DriverError: spikes leave on the pins (CTRL.aer_out).
        """
        return [spike.neuron for spike in self.timed_spikes(most)]

    def timed_spikes(self, most: int = MOST_SPIKES) -> list[Spike]:
        """Take the spikes that wait, each with its time stamp, in their order; arguments and error as of
        spikes().

        A stamp counts ticks since enable(), modulo 65,536: ticks_between() two spikes less than a turn apart,
        stamp_wrapped() for turns.
        """
        if self.registers.field("ctrl", "aer_out"):
            raise DriverError("spikes leave on the pins; clear CTRL.aer_out to take them here")
        found: list[Spike] = []
        while len(found) < most and (spike := self.registers.fields("event_out"))["valid"]:
            found.append(Spike(spike["neuron"], spike["stamp"], bool(spike["late"])))
        return found

    def set_tick(self, cycles: int) -> None:
        """Length of a tick of the time stamps.

        Args:
            cycles: clock cycles: 1, as after reset, 2, 4 and so on to 32,768.

        Raises:
            UserError: another number.
        """
        if not 1 <= cycles <= LONGEST_TICK or cycles & cycles - 1:
            raise UserError(
                f"tick of {cycles} clock cycles: it must be a power of two from 1 to {LONGEST_TICK}; choose"
                " the next one"
            )
        self.registers.change("ctrl", stamp=cycles.bit_length() - 1)

    def stamp_wrapped(self) -> bool:
        """Whether the time stamp went around its end, from 65,535 to 0, since this was asked last; once or
        more."""
        wrapped = bool(self.registers.field("irq_status", "stamp"))
        if wrapped:
            self.registers.set("irq_status", stamp=1)
        return wrapped

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
