"""Two cores and the event router between them, cycle by cycle where events move: rows of the first in, spikes
of the second out.

    cores = TwoCores(Core(first), Core(second), rows=64)    # EventNeurons, connected to their cells
    cores.connect({5: 3}, [0, 1])                           # neuron 5 drives row 3 of the second core;
                                                            neurons 0 and 1 of it are heard
    shown = cores.show(image)                               # spikes at the pins, and what the router did

The host writes the first core's events, as fast as it takes them, and takes what comes at the pins. Between
the layers is no host: spikes go through the twins of collector, sender, router and receiver. A neuron stays
discharged until its event has left, as in the RTL, so a router that holds events back costs events that the
neuron does not hear.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neusoc.base.errors import UserError
from neusoc.digital.model.aer import Receiver, Sender, Synchronizer
from neusoc.digital.model.router import EventRouter, Inputs
from neusoc.digital.model.router_words import CORES, NEURONS, registers, route, route_offset
from neusoc.digital.model.spikes import SpikeQueue
from neusoc.software.emulator.events import ANSWER_CYCLES, EventNeurons

TO_COLLECTOR = (
    ANSWER_CYCLES - 2
)  # from the comparator until the spike counts: what is behind it only discharges
TIMEOUT = 0xFFFF  # clock cycles: nothing is given up
MOST_CYCLES = 1 << 22  # of an image
SECOND = 1000  # the second core of chip s is sampled with seed s + SECOND


class Core:
    """Neurons behind the event ports of their controller.

    Attributes:
        used: neurons that are not masked, as the core was made.
        missed: events that a used neuron did not hear because its own spike had not left.
        begun: events that were shown.

    Args:
        neurons: connected to their cells.
        rows: number of rows of the array.
    """

    def __init__(self, neurons: EventNeurons, rows: int = 64) -> None:
        self.neurons, self.mode, self.used = neurons, neurons.mode, ~neurons.masked
        self.sender, self.receiver = Sender(), Receiver(rows)
        self._req, self._ack = Synchronizer(), Synchronizer()
        self.missed = self.begun = 0
        self.reset()

    def reset(self) -> None:
        """Nothing under way, all membranes discharged."""
        for part in (self.sender, self.receiver, self._req, self._ack):
            part.reset()
        self.feed: deque[int] = deque()  # rows that the host writes
        self._free = -1  # cycle from which on an event is taken: in it the one before ends
        self._due: tuple[int, int] | None = None  # cycle at which the window opens, row
        self._coming: dict[int, int] = {}  # neuron -> cycle at which its spike counts
        self._queue = SpikeQueue()
        self._held: dict[
            int, int
        ] = {}  # neuron -> cycle until which it stays discharged; far off while it waits
        self.neurons.ground()

    @property
    def rests(self) -> bool:
        """No spike waits, and the ports are still."""
        ports = self.sender.rests and self.receiver.rests and self._req.rests and self._ack.rests
        return ports and self._queue.rests

    @property
    def over(self) -> bool:
        """Nothing will happen any more without an event."""
        return self.rests and not self.feed and self._due is None and not self._coming

    def next_cycle(self, now: int) -> int | None:
        """When something begins here, if nothing comes from outside; None: never."""
        found = [max(self._free, now)] if self.feed else []
        found += [self._due[0]] if self._due else []
        found += list(self._coming.values())
        return min(found) if found else None

    def step(self, now: int, req: int, address: int, ack: int) -> int | None:
        """A cycle.

        Args:
            now: its number.
            req, address: request and address of the router, which sends rows.
            ack: acknowledge of the router, which takes spikes.

        Returns:
            Row of an event of the router that begins, None: none does.
        """
        began, seen, ready = None, self.receiver.seen(self._req.out, 1), False
        if now >= self._free and (self.feed or seen.event is not None):
            ready = not self.feed
            row = self.feed.popleft() if self.feed else seen.event
            assert row is not None
            began = row if ready else None
            self.begun += 1
            lead = 1 if now == self._free else max(1, self.mode.around.lead)
            self._free = now + lead + self.mode.cycles - 1
            self._due = now + 1 + lead + max(1, self.mode.around.opened), row
        if self._due and now == self._due[0]:
            self._shown(now, self._due[1])
            self._due = None
        self._collect(now)
        self.receiver.edge(self._req.out, address, 1, TIMEOUT, ready or bool(seen.bad))
        self._req.edge(req)
        self._ack.edge(ack)
        return began

    def _shown(self, now: int, row: int) -> None:
        """The window of an event, which opens now."""
        self._held = {neuron: until for neuron, until in self._held.items() if until > now}
        held = ~self.used
        held[list(self._held)] = True
        self.missed += int((held & self.used).sum())
        self.neurons.masked = held
        for _, neuron in self.neurons.run([row]).tolist():
            self._coming[neuron] = now + self.mode.window + TO_COLLECTOR
            self._held[neuron] = MOST_CYCLES

    def _collect(self, now: int) -> None:
        """The spikes that count, their queue, and the sender; the clock's edge."""
        fires = [neuron for neuron, cycle in self._coming.items() if cycle <= now]
        ack, offered = self._ack.out, self._queue.offered
        gone, _ = self.sender.takes(offered is not None, ack)
        self.sender.edge(offered, ack, TIMEOUT)
        if offered is not None and gone:
            self._held[offered] = now + 2  # out of the collector, then out of its discharge
        self._queue.step(fires, take=bool(gone))
        for neuron in fires:
            del self._coming[neuron]


@dataclass
class Shown:
    """What an image was answered.

    Attributes:
        spikes: core 1's neuron and clock cycle of each event at the pins, in order.
        cycles: clock cycles from the first event's begin until nothing moves.
        delays: clock cycles of each event between the layers, from the spike's place at the collector to the
            event's begin.
    """

    spikes: list[tuple[int, int]] = field(default_factory=list)
    cycles: int = 0
    delays: list[int] = field(default_factory=list)


class TwoCores:
    """Two cores joined by the router.

    Args:
        first, second: cores of one variant.
        rows: number of rows of each.
        depth: events in a queue of the router.
        skip: cycles in which nothing moves are not stepped through; a comparison may.
    """

    def __init__(self, first: Core, second: Core, rows: int = 64, depth: int = 4, skip: bool = True) -> None:
        self.cores = first, second
        self.router = EventRouter(rows, first.neurons.circuit.count, depth)
        self._skip = skip
        self._rows: dict[int, int] = {}

    def connect(self, rows: Mapping[int, int], heard: Sequence[int]) -> None:
        """Write the router's table.

        Args:
            rows: neuron of the first core -> row of the second.
            heard: neurons of the second core whose spikes go to the pins.

        Raises:
            UserError: a neuron or a row that the cores do not have.
        """
        self._rows = dict(rows)
        words = {(0, neuron): route(core1=row) for neuron, row in rows.items()} | {
            (1, neuron): route(out=True) for neuron in heard
        }
        self.router.reset()
        for (core, neuron), word in words.items():
            try:
                self.router.write(route_offset(core, neuron), word)
            except ValueError as error:
                raise UserError(
                    f"route of core {core}, neuron {neuron}: {error}; choose neurons and rows that the cores"
                    " have"
                ) from None
        self.router.write(registers()["timeout"].offset, TIMEOUT)
        self.router.write(registers()["ctrl"].offset, 1)

    def show(self, rows: Sequence[int]) -> Shown:
        """An image: events of the first core, as fast as it takes them, until nothing moves any more.

        Args:
            rows: rows of the events.

        Raises:
            UserError: it does not end.
        """
        first, second = self.cores
        for core in self.cores:
            core.reset()
        first.feed.extend(rows)
        found, now, ack = Shown(), 0, 0
        sent: dict[int, deque[int]] = {row: deque() for row in self._rows.values()}
        while now < MOST_CYCLES:
            still = first.rests and second.rests and not self.router.busy and not ack
            if still and first.over and second.over:
                found.cycles = now
                return found
            if still and self._skip:
                later = min(cycle for core in self.cores if (cycle := core.next_cycle(now)) is not None)
                self.router.rest(later - now)
                now = later
            ack = self._cycle(now, ack, found, sent)
            now += 1
        raise UserError(
            f"image of {len(rows)} events: not at its end after {MOST_CYCLES} clock cycles; show fewer events"
        )

    def _cycle(self, now: int, ack: int, found: Shown, sent: dict[int, deque[int]]) -> int:
        """A cycle of both cores, the router and the host at the pins, whose acknowledge follows its request.

        Args:
            now: its number.
            ack: acknowledge of the host.
            found: changed.
            sent: row of the second core -> cycles of the spikes on their way to it; changed.

        Returns:
            The host's acknowledge in the next cycle.
        """
        first, second = self.cores
        given = Inputs(
            spike_req=(first.sender.req, second.sender.req),
            spike_neuron=(first.sender.address, second.sender.address),
            row_ack=(first.receiver.ack, second.receiver.ack),
            out_ack=ack,
        )
        out = self.router.step(given)
        known = set(first._coming)
        for k, core in enumerate(self.cores):
            began = core.step(now, out.row_req[k], out.row_address[k], out.spike_ack[k])
            if k == 1 and began is not None:
                found.delays.append(now - sent[began].popleft())
        for neuron in set(first._coming) - known:
            if neuron in self._rows:
                sent[self._rows[neuron]].append(first._coming[neuron])
        if out.out_req and not ack:
            core_of, neuron = divmod(out.out_address, NEURONS)
            assert core_of == CORES - 1, "spikes of the second core alone are led to the pins"
            found.spikes.append((neuron, now))
        return out.out_req
