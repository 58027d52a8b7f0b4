"""Two controllers joined by the router, in RTL: a neuron of one core fires, a row of the other opens, and its
answer comes at the pins."""

from __future__ import annotations

import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from neusoc.base.chip import load_chip
from neusoc.digital.model import regmap
from neusoc.digital.model.router_words import (
    base,
    refusals,
    registers,
    route,
    route_offset,
    source,
    split,
    target,
    window,
    word,
)
from neusoc.digital.model.words import Refusal
from neusoc.digital.pinmap import PINS

CHIP = load_chip(os.environ.get("NEUSOC_CHIP", "mini"))
PERIOD_NS, SPIKES, BOUND = 20, 24, 6000
CORE_INPUTS = ("spike_1v8_i", "adc_valid_1v8_i", "adc_above_1v8_i")


class Cores:
    """Both cores' neurons and rows, and the host at bus and pins, a call of cycle() a clock cycle.

    Attributes:
        rows: rows that opened in each core, in order.
        heard: addresses at the pins, in order.
        answers: row of core 1 -> neuron of it that fires when that row has opened.
    """

    def __init__(self, dut) -> None:
        self.dut = dut
        self.rows: tuple[list[int], list[int]] = [], []
        self.heard: list[int] = []
        self.answers: dict[int, int] = {}
        self.fired = [[0] * CHIP.neurons for _ in range(2)]
        self._spike = [0, 0]
        self._open = [0, 0]
        self._pins = 0

    async def start(self) -> None:
        """Out of reset, both cores and the router off."""
        dut = self.dut
        for name in (
            "wbs_cyc_i",
            "wbs_stb_i",
            "wbs_we_i",
            "wbs_sel_i",
            "wbs_adr_i",
            "wbs_dat_i",
            "io_in",
            *CORE_INPUTS,
        ):
            getattr(dut, name).value = 0
        dut.wb_rst_i.value = 1
        cocotb.start_soon(Clock(dut.wb_clk_i, PERIOD_NS, "ns").start())
        for _ in range(6):
            await FallingEdge(dut.wb_clk_i)
        dut.wb_rst_i.value = 0
        await self.cycle(6)

    def drive(self, pin: str, value: int) -> None:
        """A digital input of the chip."""
        at = PINS[pin]
        self._pins = self._pins & ~((1 << at.width) - 1 << at.first) | value << at.first
        self.dut.io_in.value = self._pins

    def level(self, pin: str) -> int:
        """A digital output of the chip."""
        at = PINS[pin]
        return int(self.dut.io_out.value) >> at.first & (1 << at.width) - 1

    def fire(self, core: int, neuron: int) -> None:
        """Its comparator rises; it falls when the neuron is discharged."""
        self._spike[core] |= 1 << neuron
        self.fired[core][neuron] += 1

    def ready(self, core: int, neuron: int) -> bool:
        """Whether a neuron can fire: it is not discharged, and its comparator is down."""
        held = int(self.dut.discharge_1v8_o.value) >> core * CHIP.neurons >> neuron & 1
        return not held and not self._spike[core] >> neuron & 1

    async def cycle(self, count: int = 1) -> None:
        """Neurons, rows and the receiver at the pins go on."""
        dut, ack = self.dut, PINS["aer_out_ack"].first
        for _ in range(count):
            await FallingEdge(dut.wb_clk_i)
            every = (1 << CHIP.neurons) - 1
            held, opened = int(dut.discharge_1v8_o.value), int(dut.row_1v8_o.value)
            for core in range(2):
                self._spike[core] &= ~(held >> core * CHIP.neurons & every)
                on = opened >> core * CHIP.rows & (1 << CHIP.rows) - 1
                for row in range(CHIP.rows):
                    if on & ~self._open[core] & 1 << row:
                        self.rows[core].append(row)
                        if core == 1 and row in self.answers:
                            self.fire(1, self.answers[row])
                self._open[core] = on
            dut.spike_1v8_i.value = self._spike[0] | self._spike[1] << CHIP.neurons
            if (request := self.level("aer_out_req")) and not self._pins >> ack & 1:
                self.heard.append(self.level("aer_out_address"))
            self.drive("aer_out_ack", request)

    async def access(self, address: int, data: int | None = None) -> int:
        """A word written, or read."""
        dut = self.dut
        dut.wbs_cyc_i.value = dut.wbs_stb_i.value = 1
        dut.wbs_we_i.value, dut.wbs_sel_i.value, dut.wbs_adr_i.value = int(data is not None), 15, address
        dut.wbs_dat_i.value = data or 0
        for _ in range(20):
            await self.cycle()
            if dut.wbs_ack_o.value:
                found = int(dut.wbs_dat_o.value)
                dut.wbs_cyc_i.value = dut.wbs_stb_i.value = 0
                await self.cycle(2)
                return found
        raise AssertionError(f"0x{address:X}: no answer")

    async def set(self, core: int, register: str, **fields: int) -> None:
        """Fields of a register of a controller; others become 0."""
        offset = regmap.registers()[register].offset
        await self.access(regmap.base() + core * window() + offset, regmap.word(register, **fields))

    async def connect(self, routes: dict[tuple[int, int], int]) -> None:
        """The table, then everything on."""
        for (core, neuron), value in routes.items():
            await self.access(base() + route_offset(core, neuron), value)
        await self.access(base() + registers()["ctrl"].offset, word("ctrl", enable=1))
        for core in range(2):
            await self.set(core, "refractory", count=0, prescale=0)
            await self.set(core, "ctrl", enable=1, aer_in=1, aer_out=1)
        await self.cycle(10)

    async def router(self, register: str) -> dict[str, int]:
        """Fields of a register of the router."""
        return split(register, await self.access(base() + registers()[register].offset))

    async def quiet(self, rows: int, events: int) -> None:
        """Until core 1 has opened so many rows and the pins have had so many events, and a while longer."""
        for _ in range(BOUND):
            if len(self.rows[1]) >= rows and len(self.heard) >= events:
                break
            await self.cycle()
        await self.cycle(200)
        assert (len(self.rows[1]), len(self.heard)) == (rows, events)


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def spikes_of_one_core_are_rows_of_the_other(dut):
    """All neurons of core 0 fire at random, often together; each spike opens its row of core 1 once, each
    answer of core 1 leaves once."""
    cores, draw = Cores(dut), random.Random(5)
    await cores.start()
    rows = draw.sample(range(CHIP.rows), CHIP.neurons)
    # core 1 answers events of two neurons, never twice at a time: an event is as long as a spike takes to
    #   leave
    cores.answers = {rows[0]: 1, rows[1]: 2}
    routes = {(0, k): route(core1=row) for k, row in enumerate(rows)} | {
        (1, k): route(out=True) for k in range(CHIP.neurons)
    }
    await cores.connect(routes)
    for _ in range(SPIKES):
        for neuron in range(CHIP.neurons):
            if draw.random() < 0.5 and cores.ready(0, neuron):
                cores.fire(0, neuron)
        await cores.cycle(draw.randrange(60))
    fired = {rows[k]: count for k, count in enumerate(cores.fired[0])}
    answered = fired[rows[0]] + fired[rows[1]]
    await cores.quiet(sum(fired.values()), answered)
    assert sum(fired.values()) > SPIKES and {row: cores.rows[1].count(row) for row in rows} == fired
    assert not cores.rows[0], "core 0 has no route to itself"
    wanted = [source(1, 1)] * fired[rows[0]] + [source(1, 2)] * fired[rows[1]]
    assert sorted(cores.heard) == sorted(wanted)
    assert not any((await cores.router("errors")).values())


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def a_core_that_is_off_holds_the_other_back(dut):
    """Core 1 disabled: spikes wait, their neurons stay discharged; enabled, every one of them arrives."""
    cores = Cores(dut)
    await cores.start()
    await cores.connect({(0, k): route(core1=k) for k in range(CHIP.neurons)})
    await cores.set(1, "ctrl", enable=0)
    count = 0
    for _ in range(40):
        for neuron in range(CHIP.neurons):
            if cores.ready(0, neuron):
                cores.fire(0, neuron)
                count += 1
        await cores.cycle(20)
    full = (await cores.router("status"))["core1"]
    held = int(dut.discharge_1v8_o.value) & (1 << CHIP.neurons) - 1
    assert full == 4 and held == (1 << CHIP.neurons) - 1 and not cores.rows[1]
    await cores.set(1, "ctrl", enable=1, aer_in=1)
    await cores.quiet(count, 0)
    assert [cores.rows[1].count(k) for k in range(CHIP.neurons)] == cores.fired[0]


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def pins_reach_rows_of_both_cores(dut):
    cores, draw = Cores(dut), random.Random(6)
    await cores.start()
    await cores.connect({})
    wanted: tuple[list[int], list[int]] = [], []
    for _ in range(16):
        core, row = draw.randrange(2), draw.randrange(CHIP.rows)
        wanted[core].append(row)
        cores.drive("aer_in_address", target(core, row))
        for level in (1, 0):
            cores.drive("aer_in_req", level)
            for _ in range(BOUND):
                if cores.level("aer_in_ack") == level:
                    break
                await cores.cycle()
            assert cores.level("aer_in_ack") == level
    await cores.cycle(400)
    assert cores.rows == wanted


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def each_window_answers_for_itself(dut):
    """What is written in one is read there alone; what nobody has is acknowledged and refused; each core has
    its interrupt."""
    cores = Cores(dut)
    await cores.start()
    setting = regmap.registers()["window"].offset
    for core in range(2):
        await cores.set(core, "window", window=3 + core)
    for core in range(2):
        assert (
            regmap.split("window", await cores.access(regmap.base() + core * window() + setting))["window"]
            == 3 + core
        )
    assert (await cores.router("id"))["magic"] == registers()["id"].fields["magic"].reset
    for core in range(2):
        await cores.set(core, "irq_enable", bus_error=1)
    assert int(dut.user_irq.value) == 0
    # behind the router, and what the harness sees of both cores' windows again
    assert await cores.access(base() + window()) == 0
    assert (await cores.router("refused")) == {"count": 1, "code": refusals()["reserved"]}
    for core in (1, 0):
        assert await cores.access(regmap.base() + (4 + core) * window() + setting) == 0
        error = await cores.access(regmap.base() + core * window() + regmap.registers()["error"].offset)
        assert regmap.split("error", error)["bus"] == Refusal.RESERVED
        assert int(dut.user_irq.value) == (2 if core else 3)
