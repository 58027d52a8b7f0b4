"""The first controller when its clock stops: nothing that was on stays on, and a clock that comes back finds a chip that works."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer
from neusoc.digital.model.integer_cell import IntegerCell
from neusoc.digital.model.ispp import Operation
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.clock_stop import MOST_NS, ROUNDS, Stops
from neusoc.verification.cocotb.controller_error_tests import settings
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.controller_reset_tests import OFF
from neusoc.verification.cocotb.controller_stop_tests import next_job_is_right
from neusoc.verification.cocotb.jobs import write_settings

DRIVING = ("row", "phi_p", "phi_n", "phi_1", "phi_2", "fire")


class Chip(Stops):
    """The first controller with an array."""

    def __init__(self, bench: Bench, model: ArrayModel) -> None:
        super().__init__(bench, model, DRIVING, OFF)

    async def set_up(self) -> None:
        self.model.device = IntegerCell(self.bench.rows, self.bench.chip.columns, 5)
        await write_settings(self.bench, self.model, settings(stop_tries=7))

    async def row_pulse(self) -> None:
        """A row event, with both phases."""
        await self.bench.write_fields("timing", settle=2, gap=2, phi_p=9, phi_n=9)
        await self.bench.write_fields("ctrl", enable=1, signed_phase=1)
        await self.bench.cycles(12)
        await self.bench.write("event_in", 3)

    async def waveform(self) -> None:
        """A spike that learns, without an event before it: phases and fire."""
        bench = self.bench
        await bench.write_fields("timing", settle=1, gap=2, phi_p=1, phi_n=1)
        await bench.write_fields("learn", phi_1=11, phi_2=7, window=9)
        await bench.write_fields("factor", value=1)
        await bench.write_fields("ctrl", enable=1, winner=1, learn=1)
        await bench.cycles(12)
        bench.drive_spike(1, 1)
        await bench.until(lambda: bool(bench.discharge(1)), 40, "discharge")
        bench.drive_spike(1, 0)

    async def works(self, what: str) -> None:
        """A whole job is the twin's."""
        await self.prepare()
        await next_job_is_right(self.bench, self.model, what)

    async def works_slowly(self, what: str) -> None:
        """The same, of the results alone."""
        await self.results_right(IntegerCell(self.bench.rows, self.bench.chip.columns, 5), settings(stop_tries=7), what)


@cocotb.test()
async def clock_stops_at_any_moment(dut):
    """Stopped high and low in pulses of SET, RESET, a verify, a row event and learning: all off within the bound, told, and it works."""
    chip = Chip(*await job_bench(dut, 711))
    jobs = [chip.job(operation) for operation in (Operation.SET, Operation.RESET, Operation.READ)]
    await chip.at_any_moment([*jobs, ("row", chip.row_pulse), ("waveform", chip.waveform)], chip.works)
    dut._log.info("%d stops with something on, %d without", chip.lost, chip.kept)
    assert chip.lost >= 5 * ROUNDS, "hardly anything was on when the clock stopped"


@cocotb.test()
async def clock_back_at_any_moment(dut):
    """The clock comes back around the bound: either nothing happened, or all is reset, told, and works."""
    chip = Chip(*await job_bench(dut, 712))
    bench, seen = chip.bench, set()
    for number in range(4 * ROUNDS):
        await chip.job(Operation.SET)[1]()
        await bench.until(chip.drives, 4000, "a row")
        await chip.stop(number % 2)
        drove = chip.drives()
        await Timer(bench.random.randrange(1000 * MOST_NS // 2, 1500 * MOST_NS), unit="ps")
        chip.run()
        await bench.cycles(4)
        lost = await bench.read_field("error", "clock")
        assert drove or not lost
        seen.add(lost)
        if not lost:
            assert await bench.read("key") == 1, "reset, and nothing tells"
            await chip.reset_by_pin()
        await chip.told(bool(lost), f"round {number}")
        await chip.works(f"round {number}")
    assert seen == {0, 1}, f"the clock came back always before the bound, or never: {seen}"


@cocotb.test()
async def slow_clock_is_no_lost_clock(dut):
    """At 10 MHz, and at any clock with half periods of 60 ns among the others: jobs, row events and waveforms, and no reset."""
    chip = Chip(*await job_bench(dut, 713))
    await chip.slow_is_not_lost([chip.row_pulse, chip.waveform], chip.works_slowly)


@cocotb.test()
async def clock_flag(dut):
    """The flag stays through resets of the watch, goes by the pin's reset or a write of ERROR, and not by other writes."""
    chip = Chip(*await job_bench(dut, 714))
    bench = chip.bench
    for by_pin in (False, True):
        for level in (0, 1):
            await chip.row_pulse()
            await bench.until(chip.drives, 400, "a row")
            await chip.stop(level)
            assert await chip.stand("flag")
            chip.run()
            await bench.cycles(6)
            for name in ("irq_status", "errors", "key", "stop"):
                await bench.write(name, 0xFFFFFFFF)
            assert await bench.read_field("error", "clock") == 1
        if by_pin:
            await chip.reset_by_pin()
            await bench.cycles(6)
        else:
            await bench.write("error", 0)
        assert await bench.read("error") == 0
