"""Integer twins of both ends of a 4-phase event port, cycle by cycle: digital/rtl/event_input.sv (its pins
alone) and aer_sender.sv.

out, ack = Sender(), Synchronizer()
out.step(event, ack.step(pin), timeout)         # outputs req and address are those of the cycle before the
                                                call
"""

from __future__ import annotations

from typing import NamedTuple

IDLE, SETUP, REQUEST = range(3)


class Synchronizer:
    """Two flip-flops."""

    def __init__(self) -> None:
        self.first = self.second = 0

    @property
    def out(self) -> int:
        """Of this cycle."""
        return self.second

    @property
    def rests(self) -> bool:
        """Without a level nothing changes."""
        return not (self.first or self.second)

    def edge(self, level: int) -> None:
        """The clock's edge; level: at the input."""
        self.first, self.second = level, self.first

    def reset(self) -> None:
        """As after a reset."""
        self.first = self.second = 0


class Seen(NamedTuple):
    """What a receiver tells in a cycle.

    Attributes:
        event: address of an event that waits to be taken, None: none.
        bad: flag of an address beyond the last one, acknowledged and dropped.
        broken: requests that went away before their acknowledge, or stay up behind it.
    """

    event: int | None
    bad: int
    broken: int


NOTHING = Seen(None, 0, 0)


class Receiver:
    """The end that acknowledges.

    Attributes:
        ack: pin.

    Args:
        addresses: number of addresses that exist, from 0 on.
    """

    def __init__(self, addresses: int) -> None:
        self._addresses = addresses
        self.reset()

    def reset(self) -> None:
        """As after a reset."""
        self.ack = self._address = self._waited = self._timer = 0

    @property
    def rests(self) -> bool:
        """Without a request nothing changes."""
        return not (self.ack or self._waited)

    def seen(self, req: int, enable: int) -> Seen:
        """Of this cycle; req: synchronised."""
        if not (req or self._waited):
            return NOTHING
        waits = bool(enable and req and not self.ack)
        exists = self._address < self._addresses
        dropped = bool(self._waited and enable and not req)
        stuck = bool(self.ack and req and self._timer == 1)
        return Seen(
            self._address if waits and exists else None, int(waits and not exists), int(dropped) + int(stuck)
        )

    def edge(self, req: int, address: int, enable: int, timeout: int, taken: bool) -> None:
        """The clock's edge.

        Args:
            req: request pin, synchronised.
            address: address on the pins.
            enable: flag that events are taken.
            timeout: cycles, 0 counts as 1.
            taken: flag that the event that seen() told was taken, or a bad one dropped.
        """
        if not req:
            self.ack, self._waited, self._timer, self._address = 0, 0, max(1, timeout), address
            return
        if not self.ack:
            self._timer = max(1, timeout)
        elif self._timer:
            self._timer -= 1
        self._waited = int(bool(enable) and not self.ack and not taken)
        self.ack = int(taken or self.ack)


class Sender:
    """The end that requests.

    Attributes:
        req, address: pins.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As after a reset."""
        self.req = self.address = self._state = self._timer = 0

    @property
    def rests(self) -> bool:
        """Without an event nothing changes."""
        return self._state == IDLE and not self.req

    def takes(self, valid: bool, ack: int) -> tuple[bool, bool]:
        """Whether the event that is offered leaves in this cycle, and whether it is lost.

        Args:
            valid: flag that an event is offered.
            ack: acknowledge pin, synchronised.
        """
        if not valid or self._state == IDLE:
            return False, False
        sent = self._state == REQUEST and bool(ack)
        lost = self._timer <= 1 and bool(ack) == (self._state == SETUP)
        return sent or lost, lost

    def edge(self, event: int | None, ack: int, timeout: int) -> None:
        """The clock's edge.

        Args:
            event: address that is offered, None: none.
            ack: acknowledge pin, synchronised.
            timeout: cycles of each wait, 0 counts as 1.
        """
        if event is None:
            self._state, self.req = IDLE, 0  # and the timer is set with the next event
            return
        after, timer = self._state, max(self._timer - 1, min(self._timer, 1))
        if self._state == IDLE:
            timer = timeout
            after = SETUP
        elif self._state == SETUP and not ack:
            after, timer = REQUEST, timeout
        if self.takes(True, ack)[0]:
            after = IDLE
        if self._state == IDLE:
            self.address = event
        self._state, self._timer, self.req = after, timer, int(after == REQUEST)
