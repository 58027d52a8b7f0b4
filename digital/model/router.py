"""Integer twin of the event router (digital/rtl/event_router.sv), cycle by cycle: the norm of what it does.

    router = EventRouter(rows=64, neurons=32)
    router.write(route_offset(0, 5), route(core1=3))            # what the bus would
    outputs = router.step(Inputs(spike_req=(1, 0), spike_neuron=(5, 0)))

The sources are looked at in turn, one a cycle: core 0, core 1, pins. An event goes into the queues of all its
places at once, or waits. The first that waits for a queue reserves the queues that it wants: until it is
served no other source fills them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from neusoc.digital.model.aer import Receiver, Seen, Sender, Synchronizer
from neusoc.digital.model.router_words import CORES, NEURONS, ROWS, base, refusals, registers, split, word

PINS = CORES  # source and place behind the cores
PORTS = CORES + 1
DEPTH = 4  # events in a queue
_WORD, _PAGE = 0xFFFFFFFF, ~0xFFF
_SATURATES, _WRAPS = 0xFF, 0xFFFF


class Access(NamedTuple):
    """A request of the bus; write: data, None for a read."""

    address: int
    write: int | None = None
    select: int = 0xF


class Inputs(NamedTuple):
    """Pins and bus in a cycle: requests and addresses of the cores' spikes, acknowledges of their rows, pins,
    a request of the bus."""

    spike_req: tuple[int, int] = (0, 0)
    spike_neuron: tuple[int, int] = (0, 0)
    row_ack: tuple[int, int] = (0, 0)
    in_req: int = 0
    in_address: int = 0
    out_ack: int = 0
    bus: Access | None = None
    reset: int = 0


class Outputs(NamedTuple):
    """Pins and bus in a cycle, all from flip-flops; addresses count while their request is up."""

    spike_ack: tuple[int, int]
    row_req: tuple[int, int]
    row_address: tuple[int, int]
    in_ack: int
    out_req: int
    out_address: int
    bus_ack: int
    bus_data: int


@dataclass
class _Bus:
    """What the bus slave holds between cycles."""

    go: bool = False
    ack: int = 0
    data: int = 0
    address: int = 0
    write: bool = False
    code: int = 0


@dataclass
class _Counted:
    """Events of a cycle."""

    queued: int = 0
    sent: int = 0
    unrouted: int = 0
    unknown: int = 0
    lost: int = 0
    broken: int = 0


_QUIET = _Counted()


class EventRouter:
    """The router's state, a call of step() a cycle.

    Args:
        rows, neurons: size of a core.
        depth: number of events in a queue.

    Raises:
        ValueError: more than the words have room for.
    """

    def __init__(self, rows: int = 64, neurons: int = 32, depth: int = DEPTH) -> None:
        if not (0 < rows <= ROWS and 0 < neurons <= NEURONS):
            raise ValueError(
                f"router for {rows} rows and {neurons} neurons: words have room for {ROWS} and {NEURONS}"
            )
        self.rows, self.neurons, self.depth = rows, neurons, depth
        self._receivers = [*(Receiver(neurons) for _ in range(CORES)), Receiver(1 << 8)]
        self._senders = [Sender() for _ in range(PORTS)]
        self._requests, self._acks = ([Synchronizer() for _ in range(PORTS)] for _ in range(2))
        self.reset()

    def reset(self) -> None:
        """As after a reset: no routes, nothing queued, off."""
        for part in self._parts():
            part.reset()
        self.routes = [0] * (CORES * NEURONS)
        self.queues: list[deque[int]] = [deque() for _ in range(PORTS)]
        timeout = registers()["timeout"].fields["cycles"][2] or 0
        self._words = {"ctrl": 0, "timeout": timeout, "counts": 0, "errors": 0, "refused": 0}
        self._turn = 0
        self._reserved: tuple[int, int] | None = None  # source, and mask of the queues that it wants
        self._bus = _Bus()

    # --- the bus

    def _known(self, offset: int) -> tuple[str, int] | None:
        """Register and number of its word at an offset; None: there is none."""
        for name, register in registers().items():
            at = (offset - register.offset) // 4
            if 0 <= at < register.words:
                return (name, at) if name != "route" or at % NEURONS < self.neurons else None
        return None

    def _judged(self, access: Access) -> int:
        """Why an access is refused, as far as its first cycle tells; 0: it is not."""
        codes, known = refusals(), self._known(access.address & ~_PAGE)
        if access.address & 3 or access.select != 0xF:
            return codes["partial"]
        if access.address & _PAGE & _WORD != base() or known is None:
            return codes["reserved"]
        return (
            codes["read_only"]
            if access.write is not None and not registers()[known[0]].writable
            else codes["none"]
        )

    def _row_missing(self, value: int) -> bool:
        fields = split("route", value)
        return any(fields[f"core{k}"] and fields[f"row{k}"] >= self.rows for k in range(CORES))

    def write(self, offset: int, value: int) -> None:
        """What a write of the bus does, at once.

        Raises:
            ValueError: the router would refuse it.
        """
        known = self._known(offset)
        if (
            known is None
            or offset & 3
            or not registers()[known[0]].writable
            or (known[0] == "route" and self._row_missing(value))
        ):
            raise ValueError(
                f"write of 0x{value:X} to 0x{offset:03X}: no such register, or a row beyond {self.rows - 1}"
            )
        self._written(*known, value)

    def fields(self, register: str) -> dict[str, int]:
        """Fields of COUNTS, ERRORS, REFUSED, CTRL or TIMEOUT."""
        return split(register, self._words[register])

    def _written(self, name: str, at: int, value: int) -> None:
        if name == "route":
            self.routes[at] = value & sum(
                (1 << width) - 1 << lsb for lsb, width, *_ in registers()[name].fields.values()
            )
        elif name in ("ctrl", "timeout"):
            self._words[name] = value & (1 if name == "ctrl" else _WRAPS)
        else:
            self._words[name] = 0

    def _value(self, name: str, at: int, status: int) -> int:
        """What a read returns; status: word of that register before the clock's edge."""
        if name == "route":
            return self.routes[at]
        if name == "id":
            return word(
                name,
                magic=registers()[name].fields["magic"][2] or 0,
                neurons=self.neurons - 1,
                rows=self.rows - 1,
            )
        return status if name == "status" else self._words[name]

    def _status(self, seen: list[Seen]) -> int:
        """Word of STATUS; seen: of the receivers."""
        waits = sum(1 << k for k, one in enumerate(seen) if one.event is not None)
        core0, core1, out = (len(queue) for queue in self.queues)
        return word("status", waits=waits, out=out, core1=core1, core0=core0)

    def _bus_edge(self, access: Access | None, status: int, counted: _Counted) -> None:
        """Second cycle of one access, or first cycle of the next; counts of this cycle.

        What a write that clears finds in its cycle is counted behind it.
        """
        bus, done, data = self._bus, self._bus.go and access is not None, 0
        if access is None and not bus.go and not bus.ack:
            self._count(counted)
            return
        write: tuple[str, int, int] | None = None
        if done and access is not None:
            known, value = self._known(bus.address & ~_PAGE), access.write or 0
            code = bus.code
            if not code and bus.write and known and known[0] == "route" and self._row_missing(value):
                code = refusals()["row"]
            if not code and known:
                if bus.write:
                    write = *known, value
                else:
                    data = self._value(*known, status)
        if write and write[0] in ("counts", "errors", "refused"):
            self._written(*write)
            write = None
        self._count(counted)
        if done and code:
            told = split("refused", self._words["refused"])
            self._words["refused"] = word("refused", count=min(told["count"] + 1, _SATURATES), code=code)
        if write:
            self._written(*write)
        fresh = access is not None and not bus.go and not bus.ack
        bus.ack, bus.data, bus.go = int(done), data, fresh
        if fresh and access is not None:
            bus.address, bus.write, bus.code = access.address, access.write is not None, self._judged(access)

    def _count(self, counted: _Counted) -> None:
        if counted == _QUIET:
            return
        counts = split("counts", self._words["counts"])
        self._words["counts"] = word(
            "counts",
            queued=counts["queued"] + counted.queued & _WRAPS,
            sent=counts["sent"] + counted.sent & _WRAPS,
        )
        errors = split("errors", self._words["errors"])
        self._words["errors"] = word(
            "errors", **{n: min(old + getattr(counted, n), _SATURATES) for n, old in errors.items()}
        )

    # --- events

    def _wanted(self, source: int, address: int) -> tuple[int, tuple[int, int, int]]:
        """Mask of the places of an event, and the address that each gets."""
        if source == PINS:
            core, row = divmod(address, ROWS)
            return (1 << core if row < self.rows else 0), (row, row, address & (NEURONS - 1))
        number = source * NEURONS + address % NEURONS
        fields = split("route", self.routes[number])
        return fields["out"] << PINS | fields["core1"] << 1 | fields["core0"], (
            fields["row0"],
            fields["row1"],
            number,
        )

    @property
    def outputs(self) -> Outputs:
        """Of this cycle."""
        ack, req, address = (
            [getattr(port, name) for port in ports]
            for ports, name in ((self._receivers, "ack"), (self._senders, "req"), (self._senders, "address"))
        )
        return Outputs(
            (ack[0], ack[1]),
            (req[0], req[1]),
            (address[0], address[1]),
            ack[PINS],
            req[PINS],
            address[PINS],
            self._bus.ack,
            self._bus.data,
        )

    @property
    def busy(self) -> bool:
        """An event is in a queue, or on a port that does not rest yet."""
        return any(self.queues) or not all(part.rests for part in self._parts())

    def _parts(self) -> tuple[Receiver | Sender | Synchronizer, ...]:
        return (*self._receivers, *self._senders, *self._requests, *self._acks)

    def rest(self, cycles: int) -> None:
        """Cycles in which no input and nothing in it moves.

        Raises:
            ValueError: something does.
        """
        if self.busy or self._bus.go or self._bus.ack:
            raise ValueError("the router is busy; call step() for each cycle")
        self._turn = (self._turn + cycles) % PORTS
        self._reserved = self._reserved if cycles < PORTS else None

    def step(self, inputs: Inputs) -> Outputs:
        """Outputs of this cycle, then the clock's edge."""
        outputs = self.outputs
        if inputs.reset:
            self.reset()
            return outputs
        enable, timeout = self._words["ctrl"] & 1, self._words["timeout"]
        requests, acks = [line.out for line in self._requests], [line.out for line in self._acks]
        seen = [receiver.seen(req, enable) for receiver, req in zip(self._receivers, requests, strict=True)]
        status = self._status(seen) if self._bus.go else 0
        counted, ready = _Counted(), [False] * PORTS
        for one in seen:
            counted.unknown += one.bad
            counted.broken += one.broken
        pushed = self._turned(seen[self._turn].event, ready, counted) if not self._bus_at_route() else []
        for sender, queue, ack in zip(self._senders, self.queues, acks, strict=True):
            if not queue and sender.rests:
                continue
            gone, lost = sender.takes(bool(queue), ack)
            sender.edge(queue[0] if queue else None, ack, timeout)
            if gone:
                queue.popleft()
            counted.lost += int(lost)
            counted.sent += int(gone and not lost)
        for place, data in pushed:
            self.queues[place].append(data)

        for source, one in enumerate(seen):
            ready[source] = ready[source] or bool(one.bad)
        self._ports_edge(inputs, requests, enable, timeout, ready)
        self._bus_edge(inputs.bus, status, counted)
        return outputs

    def _bus_at_route(self) -> bool:
        """The bus reads or writes a route: nobody else looks one up in this cycle."""
        return (
            self._bus.go
            and (self._bus.address & ~_PAGE) & ~(4 * CORES * NEURONS - 1) == registers()["route"].offset
        )

    def _turned(self, event: int | None, ready: list[bool], counted: _Counted) -> list[tuple[int, int]]:
        """Look at the source whose turn it is.

        Args:
            event: event that waits there.
            ready: flag of each source that its event is taken; changed.
            counted: counters of this cycle; changed.

        Returns:
            Places and addresses that go into queues.
        """
        source, pushed = self._turn, list[tuple[int, int]]()
        self._turn = (self._turn + 1) % PORTS
        mine = self._reserved is None or self._reserved[0] == source
        if event is None:
            self._reserved = None if mine else self._reserved
            return pushed
        want, addresses = self._wanted(source, event)
        full = sum(1 << k for k, queue in enumerate(self.queues) if len(queue) == self.depth)
        blocked = bool(want & (full | (0 if mine or self._reserved is None else self._reserved[1])))
        if not blocked:
            ready[source] = True
            pushed = [(place, addresses[place]) for place in range(PORTS) if want >> place & 1]
            counted.queued += len(pushed)
            if not want:
                counted.unknown += int(source == PINS)
                counted.unrouted += int(source != PINS)
        if mine:
            self._reserved = (source, want) if blocked else None
        return pushed

    def _ports_edge(
        self, inputs: Inputs, requests: list[int], enable: int, timeout: int, ready: list[bool]
    ) -> None:
        """Receivers and synchronisers."""
        addresses = (*inputs.spike_neuron, inputs.in_address)
        for k, receiver in enumerate(self._receivers):
            receiver.edge(requests[k], addresses[k], enable, timeout, ready[k])
        levels = (*inputs.spike_req, inputs.in_req, *inputs.row_ack, inputs.out_ack)
        for line, level in zip((*self._requests, *self._acks), levels, strict=True):
            line.first, line.second = level, line.first
