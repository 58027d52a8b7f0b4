"""A chip of two cores emulated at its registers: an emulated chip each, and the router's twin between their
ports, cycle by cycle.

Time passes as on the emulated chip of one core: with events and with Transport.wait, not with accesses. After
each access events are moved until none can go on. One that its receiver does not take (a core that is off)
stays, and holds back what is behind it; Transport.wait is what its time limit runs by.

    offset    answers
    0x0000    core 0
    0x1000    core 1
    0x2000    the router, and what is behind it, which it refuses: as two_cores.sv decodes
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from neusoc.base.chip import Chip
from neusoc.digital.model import router_words
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.digital.model.router import Access, EventRouter, Inputs, Outputs
from neusoc.digital.model.router_words import CORES
from neusoc.software.driver.backends.array import Cells
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.transport import DriverError

STILL = 16  # cycles without a level that moves, after which nothing moves by itself but a time limit
MOST_CYCLES = 1 << 16  # of what one access sets off
MOST_WAIT = 1 << 18  # cycles of a wait, after which no time limit of the router runs


class Core(Emulator):
    """An emulated core whose spikes wait at its port until they are taken there."""

    def _send(self) -> None:
        """They wait for spike_taken()."""

    @property
    def spike(self) -> int | None:
        """Neuron of the spike at the port; None: there is none."""
        return self._spikes.offered if self._field("ctrl", "aer_out") else None

    def spike_taken(self) -> None:
        """The spike at the port has left."""
        if self._spikes.take() is not None:  # none: the core was disabled meanwhile
            self._add("events", "sent")

    def takes(self, row: int) -> bool:
        """An event at the port: whether it is taken. Not while neurons or events from there are off, or a job
        or an image has the array.

        Raises:
            NotEmulated: as of Emulator.
        """
        busy = self._jobs.running is not None or self._spikes.running or self._spikes.waits
        if busy or not (self._field("ctrl", "enable") and self._field("ctrl", "aer_in")):
            return False
        if row >= self._chip.rows:
            self._count_error("bad_address")
            return True
        self._spikes.event(row, self._words)
        self._add("events", "received")
        return True


class TwoCoresEmulator:
    """Transport to an emulated chip of two cores.

    Attributes:
        cores: core 0 and core 1.
        router: the twin.
        heard: (core, neuron) of each spike that left at the pins, in order.

    Args:
        chip: sizes of a core.
        arrays: cells of each core.
        seeds: name the chips whose neurons the cores have.
        ends: called when the chip is closed.
    """

    def __init__(
        self,
        chip: Chip,
        arrays: tuple[Cells, Cells],
        seeds: tuple[int, int],
        ends: Callable[[], object] | None = None,
    ) -> None:
        one, other = (Core(chip, array, seed=seed) for array, seed in zip(arrays, seeds, strict=True))
        self.cores = one, other
        self.router = EventRouter(chip.rows, chip.neurons)
        self.heard: list[tuple[int, int]] = []
        self._at_pins: deque[int] = deque()  # addresses that are to come in there
        self._req, self._neuron, self._row_ack = [0, 0], [0, 0], [0, 0]
        self._in_req = self._out_ack = 0
        self._ends = ends

    # --- Transport

    def read(self, offset: int) -> int:
        place, at = _place(offset)
        found = self._asked(at, None) if place == CORES else self.cores[place].read(at)
        self._move()
        return found

    def write(self, offset: int, value: int) -> None:
        place, at = _place(offset)
        if place == CORES:
            self._asked(at, value)
        else:
            self.cores[place].write(at, value)
        self._move()

    def wait(self, seconds: float) -> None:
        """As Transport says: cells age, refractory times pass, time limits of the router run."""
        for core in self.cores:
            core.wait(seconds)
        self._move()
        for _ in range(min(round(seconds / CLOCK_S), MOST_WAIT)):
            if not self.router.busy:
                break
            self._cycle()
        self._move()

    def close(self) -> None:
        if self._ends:
            self._ends()

    # --- pins

    def send(self, core: int, row: int) -> None:
        """An event at the pins, to a row of a core; ValueError: no word for it."""
        self._at_pins.append(router_words.target(core, row))
        self._move()

    # --- one cycle

    def _asked(self, at: int, write: int | None) -> int:
        """An access of the router's."""
        access = Access(router_words.base() + at, write)
        for _ in range(STILL):
            out = self._cycle(access)
            if out.bus_ack:
                self._cycle()
                return out.bus_data
        raise AssertionError(f"0x{access.address:X}: the router's twin does not answer")

    def _cycle(self, bus: Access | None = None) -> Outputs:
        """The ends of all ports, and the router."""
        address = self._at_pins[0] if self._at_pins else 0
        out = self.router.step(
            Inputs(
                (self._req[0], self._req[1]),
                (self._neuron[0], self._neuron[1]),
                (self._row_ack[0], self._row_ack[1]),
                self._in_req,
                address,
                self._out_ack,
                bus,
            )
        )
        for k, core in enumerate(self.cores):
            if self._req[k] and out.spike_ack[k]:
                core.spike_taken()
                self._req[k] = 0
            elif not out.spike_ack[k] and not self._req[k] and core.spike is not None:
                self._req[k], self._neuron[k] = 1, core.spike
            if out.row_req[k] and not self._row_ack[k]:
                self._row_ack[k] = int(core.takes(out.row_address[k]))
            elif not out.row_req[k]:
                self._row_ack[k] = 0
        if out.out_req and not self._out_ack:
            core_of, neuron = divmod(out.out_address, router_words.NEURONS)
            self.heard.append((core_of, neuron))
        self._out_ack = out.out_req
        if self._in_req and out.in_ack:
            self._at_pins.popleft()
            self._in_req = 0
        elif not self._in_req and not out.in_ack:
            self._in_req = int(bool(self._at_pins))
        return out

    def _levels(self) -> tuple[object, ...]:
        """What moves while an event does."""
        return (
            *self._req,
            *self._row_ack,
            self._in_req,
            self._out_ack,
            *map(len, self.router.queues),
            len(self.heard),
        )

    def _move(self) -> None:
        """Events go on until none can.

        Raises:
            DriverError: they go round for ever.
        """
        still, before = 0, self._levels()
        for _ in range(MOST_CYCLES):
            if still == STILL:
                return
            self._cycle()
            now = self._levels()
            still, before = 0 if now != before else still + 1, now
        raise DriverError(
            f"events go round after {MOST_CYCLES} clock cycles; break the circle of routes, or mask a neuron"
            " of it"
        )


def _place(offset: int) -> tuple[int, int]:
    """Who is asked, and the offset there."""
    window = router_words.window()
    place = min(offset // window % (2 * CORES), CORES)
    return place, offset - place * window
