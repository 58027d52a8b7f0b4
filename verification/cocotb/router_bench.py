"""The event router in a simulator beside its twin, cycle by cycle, between senders and receivers at its
ports.

All that a test does goes through Bench.cycle(): every cycle of every test is compared with the twin.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer
from neusoc.digital.model.router import PINS, PORTS, Access, EventRouter, Inputs, Outputs
from neusoc.digital.model.router_words import base, registers, route_offset, split, word

PERIOD_NS = 20


@dataclass
class Source:
    """A sender at a port: address and request, acknowledge, request off, acknowledge off.

    Attributes:
        waiting: addresses to be sent.
        sent: addresses that were acknowledged, in order.
        pause: chance that it does nothing in a cycle in which it could.
        breaks: chance that it takes a request away before its acknowledge.
    """

    draw: random.Random
    waiting: deque[int] = field(default_factory=deque)
    sent: list[int] = field(default_factory=list)
    pause: float = 0.0
    breaks: float = 0.0
    req: int = 0
    address: int = 0
    over: bool = False  # acknowledged: the request may fall

    @property
    def idle(self) -> bool:
        """Nothing is left to be sent."""
        return not self.waiting and not self.req

    def move(self, ack: int) -> None:
        """Of a cycle in which the pin is ack."""
        if self.draw.random() < self.pause:
            return
        if self.req and ack and not self.over:
            self.sent.append(self.address)
            self.over = True
        if self.req and (ack or self.draw.random() < self.breaks):
            self.req, self.over = 0, False
        elif not self.req and not ack and self.waiting:
            self.req, self.address = 1, self.waiting.popleft()


@dataclass
class Sink:
    """A receiver at a port.

    Attributes:
        got: addresses, in order.
        pause: chance that it does nothing in a cycle in which it could.
        stalled: it acknowledges nothing.
    """

    draw: random.Random
    got: list[int] = field(default_factory=list)
    pause: float = 0.0
    stalled: bool = False
    ack: int = 0

    def move(self, req: int, address: int) -> None:
        """Of a cycle with these pins."""
        if self.draw.random() < self.pause:
            return
        if req and not self.ack and not self.stalled:
            self.got.append(address)
            self.ack = 1
        elif not req:
            self.ack = 0


class Bench:
    """A router of the RTL and its twin.

    Args:
        dut: the RTL.
        rows, neurons: size of a core.
        seed: seed of senders and receivers.
    """

    def __init__(self, dut, rows: int, neurons: int, seed: int) -> None:
        self.dut, self.rows, self.neurons = dut, rows, neurons
        self.twin, self.draw = EventRouter(rows, neurons), random.Random(seed)
        self.sources, self.sinks = ([kind(self.draw) for _ in range(PORTS)] for kind in (Source, Sink))
        self.bus: Access | None = None
        self.bus_data: int | None = None  # of the answer of this cycle
        self.in_reset = 0
        self.cycles = 0
        self._levels: dict[str, int] = {}

    async def start(self) -> None:
        """Out of reset."""
        self.drive(Inputs(reset=1))
        cocotb.start_soon(Clock(self.dut.clk_i, PERIOD_NS, "ns").start())
        for _ in range(3):
            await FallingEdge(self.dut.clk_i)
        self.twin.reset()

    # --- one cycle

    def drive(self, given: Inputs) -> None:
        """Onto the inputs, where they change."""
        bus = given.bus
        levels = {
            "rst_i": given.reset,
            "spike_req_i": given.spike_req[0] | given.spike_req[1] << 1,
            "spike_neuron_i": given.spike_neuron[0] | given.spike_neuron[1] << 7,
            "row_ack_i": given.row_ack[0] | given.row_ack[1] << 1,
            "in_req_i": given.in_req,
            "in_address_i": given.in_address,
            "out_ack_i": given.out_ack,
            "wbs_cyc_i": int(bus is not None),
            "wbs_stb_i": int(bus is not None),
            "wbs_we_i": int(bus is not None and bus.write is not None),
            "wbs_adr_i": bus.address if bus else 0,
            "wbs_sel_i": bus.select if bus else 0,
            "wbs_dat_i": (bus.write or 0) if bus else 0,
        }
        for name, level in levels.items():
            if self._levels.get(name) != level:
                getattr(self.dut, name).value = level
        self._levels = levels

    def seen(self) -> Outputs:
        """The outputs."""
        dut = self.dut

        def pair(name: str, width: int) -> tuple[int, int]:
            value = int(getattr(dut, name).value)
            return value & (1 << width) - 1, value >> width

        return Outputs(
            pair("spike_ack_o", 1),
            pair("row_req_o", 1),
            pair("row_address_o", 7),
            int(dut.in_ack_o.value),
            int(dut.out_req_o.value),
            int(dut.out_address_o.value),
            int(dut.wbs_ack_o.value),
            int(dut.wbs_dat_o.value),
        )

    async def cycle(self, count: int = 1) -> None:
        """Cycles in which senders and receivers do what they want.

        Raises:
            AssertionError: an output is not the twin's.
        """
        for _ in range(count):
            sources, sinks = self.sources, self.sinks
            given = Inputs(
                (sources[0].req, sources[1].req),
                (sources[0].address, sources[1].address),
                (sinks[0].ack, sinks[1].ack),
                sources[PINS].req,
                sources[PINS].address,
                sinks[PINS].ack,
                self.bus,
                self.in_reset,
            )
            self.drive(given)
            await Timer(1, "ns")
            found, wanted = self.seen(), self.twin.step(given)
            assert found == wanted, f"cycle {self.cycles}, {given}: {found} in place of {wanted}"
            acks, reqs = (*found.spike_ack, found.in_ack), (*found.row_req, found.out_req)
            for source, ack in zip(sources, acks, strict=True):
                source.move(ack)
            for sink, req, address in zip(sinks, reqs, (*found.row_address, found.out_address), strict=True):
                sink.move(req, address)
            self.bus_data = found.bus_data if found.bus_ack else None
            if found.bus_ack:
                self.bus = None
            self.cycles += 1
            await FallingEdge(self.dut.clk_i)

    async def until(self, holds: Callable[[], bool], bound: int = 4000) -> None:
        """Cycles until something holds.

        Raises:
            AssertionError: it does not within the bound.
        """
        for _ in range(bound):
            if holds():
                return
            await self.cycle()
        raise AssertionError(f"not so after {bound} cycles")

    async def drained(self) -> None:
        """Until nothing is under way."""
        await self.until(lambda: all(source.idle for source in self.sources) and not self.twin.busy, 20_000)

    # --- the bus

    async def access(self, request: Access) -> int:
        """One access of the bus; returns what it answers."""
        self.bus = request
        for _ in range(8):
            await self.cycle()
            if self.bus_data is not None:
                return self.bus_data
        raise AssertionError(f"{request}: no answer in 8 cycles")

    async def write(self, offset: int, value: int) -> None:
        """A word."""
        await self.access(Access(base() + offset, value))

    async def read(self, offset: int) -> int:
        """A word."""
        return await self.access(Access(base() + offset))

    async def fields(self, register: str) -> dict[str, int]:
        """Fields of a register."""
        return split(register, await self.read(registers()[register].offset))

    async def set(self, register: str, **values: int) -> None:
        """Fields of a register; others become 0."""
        await self.write(registers()[register].offset, word(register, **values))

    async def routes(self, words: dict[tuple[int, int], int]) -> None:
        """Routes of neurons (core, neuron); then the router takes events."""
        for (core, neuron), value in words.items():
            await self.write(route_offset(core, neuron), value)
        await self.set("ctrl", enable=1)
