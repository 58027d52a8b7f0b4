"""Spikes on their way out, cycle by cycle as spike_queue.sv and time_stamp.sv have them: order, time stamps,
what waits where."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import NamedTuple

STAMP_BITS = 16
DEPTH = 8  # spikes in order behind the one that is offered, with it


class Spike(NamedTuple):
    """A spike as EVENT_OUT tells of it.

    Attributes:
        neuron: number of the neuron.
        stamp: ticks since the neurons were enabled, modulo 2**STAMP_BITS.
        late: flag: it came before its stamp, and those of one late stamp leave by number.
    """

    neuron: int
    stamp: int
    late: bool = False


def stamp(cycles: int, shift: int) -> int:
    """Time stamp so many clock cycles after the neurons were enabled; shift: CTRL.stamp, log2 of the cycles
    of a tick."""
    return (cycles >> shift) % (1 << STAMP_BITS)


class TimeStamp:
    """Twin of time_stamp.sv, of which the cycles may come in leaps.

    Attributes:
        runs: flag that the neurons are enabled.
    """

    def __init__(self) -> None:
        self.runs, self._began, self._shift, self._offset = False, 0, 0, 0

    def begin(self, cycle: int, shift: int) -> None:
        """CTRL was written with enable = 1: the count begins, or goes on with ticks of another length.

        Args:
            cycle: present cycle.
            shift: CTRL.stamp.
        """
        if not self.runs:
            self.runs, self._began, self._shift, self._offset = True, cycle, shift, 0
            return
        counted = self.ticks(cycle)
        self._shift = shift
        self._offset += counted - self.ticks(cycle)

    def stop(self) -> None:
        """The neurons were disabled."""
        self.runs = False

    def ticks(self, cycle: int) -> int:
        """Ticks until a cycle, all turns counted."""
        return self._offset + ((cycle - self._began) >> self._shift) if self.runs else 0

    def at(self, cycle: int) -> int:
        """Time stamp in a cycle."""
        return self.ticks(cycle) % (1 << STAMP_BITS)


class SpikeQueue:
    """Twin of spike_queue.sv.

    Args:
        depth: spikes that are in order.
    """

    def __init__(self, depth: int = DEPTH) -> None:
        self._depth = depth
        self.clear()

    def clear(self) -> None:
        """No spike waits."""
        self._batch, self._behind = set[int](), set[int]()
        self._stamp, self._late = 0, False
        self._queue: deque[Spike] = deque()

    @property
    def offered(self) -> Spike | None:
        """The spike that may be taken; None: there is none."""
        return self._queue[0] if self._queue else None

    @property
    def moves(self) -> bool:
        """Something changes with the next cycle, though no spike comes and none is taken."""
        return bool(self._batch or self._behind) and not (self._batch and len(self._queue) == self._depth)

    @property
    def rests(self) -> bool:
        """No spike waits."""
        return not (self._batch or self._behind or self._queue)

    def step(self, fires: Collection[int], now: int, *, take: bool = False) -> None:
        """A clock cycle.

        Args:
            fires: neurons whose spikes count in it.
            now: time stamp in it.
            take: flag that what is offered leaves.
        """
        full = len(self._queue) == self._depth
        pushed = {min(self._batch)} if self._batch and not full else set[int]()
        if take:
            self._queue.popleft()
        self._queue.extend(Spike(neuron, self._stamp, self._late) for neuron in pushed)
        self._batch -= pushed
        if self._batch:
            self._behind |= set(fires)
            return
        if self._behind or fires:
            self._stamp, self._late = now, bool(self._behind)
        self._batch, self._behind = (self._behind, set(fires)) if self._behind else (set(fires), set[int]())
