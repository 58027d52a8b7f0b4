"""A clock that stops at any moment and comes back: what the tests of it share.

Icarus alone has the delays of digital/rtl/clock_watch.sv; there they are those of tt.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer
from neusoc.digital.model.ispp import Device, Job, Operation, Registers
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.words import KEY
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import CLOCK_NS, RELEASE_CYCLES, Bench
from neusoc.verification.cocotb.jobs import SHORT_ADC, SHORT_PATH, expected, run_job, start_job

# From the last edge: as long the clock may stand, so long a half period of 10 MHz with its duty cycle is;
#   then all is off (tt: 90.6 ns).
LEAST_NS, MOST_NS = 60, 100
SLOW_NS = 100  # period of 10 MHz
ROUNDS = int(os.environ.get("NEUSOC_STOPS", "4"))
MOVED_NS = 3  # after an edge its flip-flops have moved, those of a netlist too

Start = Callable[[], Awaitable[None]]


@dataclass
class Stops:
    """A bench whose clock is stopped; a subclass says how a chip is set up, and what can begin on it.

    Args:
        bench: its clock runs.
        model: its array.
        driving: outputs that are on while something drives cells or neurons.
        off: outputs that are 0 in reset.

    Attributes:
        lost, kept: number of stops that ended in a reset, and of those with nothing on.
    """

    bench: Bench
    model: ArrayModel
    driving: Sequence[str]
    off: Sequence[str]
    lost: int = field(default=0, init=False)
    kept: int = field(default=0, init=False)

    def drives(self) -> bool:
        """Whether something is on."""
        return any(self.bench.pin_1v8(name) for name in self.driving)

    def forbidden(self) -> list[str]:
        """What of the outputs must not be in reset."""
        bench = self.bench
        wrong = [name for name in self.off if bench.pin_1v8(name)]
        if bench.pin_1v8("discharge") != (1 << bench.neurons) - 1:
            wrong.append("discharge")
        return wrong if bench.pin_1v8("config") else [*wrong, "config"]

    async def stop(self, level: int) -> None:
        """The clock stays at a level."""
        self.model.look_away()
        clk = self.bench.dut.wb_clk_i
        await (RisingEdge if level else FallingEdge)(clk)
        self.bench.clock.stop()
        await Timer(MOVED_NS, unit="ns")
        assert int(clk.value) == level

    def run(self, period_ns: int = CLOCK_NS) -> None:
        """The clock comes back, with an edge at once."""
        clk = self.bench.dut.wb_clk_i
        self.bench.clock = Clock(clk, period_ns, unit="ns")
        self.bench.clock.start(start_high=not int(clk.value))

    async def stand(self, what: str) -> bool:
        """Right behind the last edge: whether the controller is reset, and if so within the bound; nothing
        else moves."""
        was = {name: self.bench.pin_1v8(name) for name in self.off}
        drove = self.drives()
        await Timer(LEAST_NS - MOVED_NS, unit="ns")
        now = {name: self.bench.pin_1v8(name) for name in self.off}
        assert now == was, (
            f"{what}: {[name for name in now if now[name] != was[name]]} moved {LEAST_NS} ns after the last"
            " edge"
        )
        await Timer(MOST_NS - LEAST_NS, unit="ns")
        if drove:
            assert not (wrong := self.forbidden()), f"{what}: {wrong} {MOST_NS} ns after the last edge"
            self.lost += 1
        else:
            assert {name: self.bench.pin_1v8(name) for name in self.off} == was, (
                f"{what}: reset, and nothing was on"
            )
            self.kept += 1
        await Timer(self.bench.random.randrange(1, 400), unit="ns")
        assert not drove or not self.forbidden(), f"{what}: not left in reset"
        return drove

    async def told(self, was_lost: bool, what: str) -> None:
        """The clock runs again: the flag tells what happened, and software takes it away."""
        bench = self.bench
        await bench.cycles(RELEASE_CYCLES)
        assert await bench.read_field("error", "clock") == was_lost, f"{what}: ERROR.clock"
        if was_lost:
            assert await bench.read("key") == 0 and await bench.read("ctrl") == 0, (
                f"{what}: not all was reset"
            )
            await bench.write("error", 0)
        assert await bench.read_field("error", "clock") == 0, f"{what}: ERROR.clock stays"

    async def set_up(self) -> None:
        """Cells and settings of jobs."""
        raise NotImplementedError

    async def prepare(self) -> None:
        """All that jobs need, as behind any reset."""
        bench = self.bench
        bench.dut.adc_valid_1v8_i.value = 0
        self.model.begin_again()
        await bench.write("key", KEY)
        await bench.write_fields("path_timing", **SHORT_PATH)
        await bench.write_fields("adc_timing", **SHORT_ADC)
        await self.set_up()

    def job(self, operation: Operation) -> tuple[str, Start]:
        """A job of the operation begins."""

        async def start() -> None:
            await self.prepare()
            await start_job(self.bench, Job(operation, 1, 3, 0, 2), quiet=1)

        return operation.name, start

    async def results_right(self, cells: Device, settings: Registers, what: str) -> None:
        """A whole job has the twin's results; the array's widths are in periods of the bench, so no pulse is
        looked at."""
        await self.prepare()
        job, levels = Job(Operation.PROGRAM, 1, 1, 0, 2), [[3, 8, 12]]
        _, results = run_twin(cells, settings, job, self.bench.rows, self.bench.chip.columns, levels)
        assert await run_job(self.bench, self.model, job, levels, poll=50) == (0, expected(results)), (
            f"{what}: the job differs"
        )

    async def slow_is_not_lost(
        self, starts: Sequence[Start], works: Callable[[str], Awaitable[None]]
    ) -> None:
        """At 10 MHz, and at any clock with half periods of LEAST_NS among the others: jobs, what the starts
        begin, and no reset."""
        bench = self.bench
        for stretched, period in ((False, SLOW_NS), (True, SLOW_NS), (True, 20), (True, 40)):
            await bench.cycles(1)
            bench.clock.stop()
            self.run(period)
            task = cocotb.start_soon(self.stretched()) if stretched else None
            await works(f"{period} ns")
            for start in starts:
                await start()
                await bench.until(self.drives, 400, "something on")
                await bench.until(lambda: not self.drives(), 400, "its end")
                await bench.cycles(200)
                await bench.write_fields("ctrl")
            assert await bench.read("key") == 1 and await bench.read_field("error", "clock") == 0, (
                f"a reset at {period} ns"
            )
            await bench.cycles(40)
            if task:
                task.cancel()
                bench.clock.stop()
                self.run(period)

    async def at_any_moment(
        self, starts: Iterable[tuple[str, Start]], works: Callable[[str], Awaitable[None]]
    ) -> None:
        """Stop at random moments of what each start begins, high and low; then the chip works."""
        for name, start in starts:
            for number in range(2 * ROUNDS):
                level, what = number % 2, f"{name}, round {number}, clock {'high' if number % 2 else 'low'}"
                await start()
                await self.bench.until(self.drives, 4000, f"{what}: something on")
                await self.bench.cycles(self.bench.random.randrange(40))
                await self.stop(level)
                lost = await self.stand(what)
                self.run()
                if not lost:
                    await self.reset_by_pin()
                await self.told(lost, what)
                await works(what)

    async def reset_by_pin(self) -> None:
        """By wb_rst_i."""
        self.bench.dut.wb_rst_i.value = 1
        await self.bench.cycles(4)
        self.bench.dut.wb_rst_i.value = 0

    async def stretched(self) -> None:
        """Once in a random while one half period is LEAST_NS long, high or low; for ever."""
        level = 0
        while True:
            await self.bench.cycles(self.bench.random.randrange(2, 12))
            level = 1 - level
            await (RisingEdge if level else FallingEdge)(self.bench.dut.wb_clk_i)
            period = self.bench.clock.period
            self.bench.clock.stop()
            await Timer(LEAST_NS, unit="ns")
            self.run(int(period))
