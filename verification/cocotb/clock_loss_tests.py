"""The controller when its clock stops: nothing that was on stays on, and a clock that comes back finds a chip
that works."""

from __future__ import annotations

import random

import cocotb
from cocotb.triggers import Timer
from neusoc.digital.lines import GROUPS
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.clock_stop import MOST_NS, ROUNDS, Stops
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import Rails, settings, write_settings

DRIVING = ("row", "wake", "integ", "phi_1", "phi_2", "fire")
OFF = (
    *DRIVING,
    "col",
    "dac_enable",
    "adc_enable",
    "adc_sample",
    "adc_strobe",
    *(name for group in GROUPS for name in group),
)
SHOWN = ImageSettings(
    windows=(6, 6, 6, 6), ratios=(0, 1, 2, 3), clear=2, lead=2, opened=2, close=2, tail=2, step=2, top=5
)


SETTINGS = settings(stop_tries=7)


class Chip(Stops):
    """The controller with an array."""

    def __init__(self, bench: Bench, model: Rails) -> None:
        super().__init__(bench, model, DRIVING, OFF)

    async def set_up(self) -> None:
        self.model.device, self.model.resets = self.cells(), []
        await write_settings(self.bench, self.model, SETTINGS, full=1)

    def cells(self) -> WordLineCell:
        """The array's, before any pulse."""
        return WordLineCell(self.bench.rows, self.bench.chip.columns, 5, False)

    async def event(self) -> None:
        """A row event: wake, row, window."""
        await self.bench.write_image_settings(SHOWN)
        await self.bench.write_fields("window", window=9, ratio=1, cycles=40)
        await self.bench.write_fields("ctrl", enable=1)
        await self.bench.cycles(40)
        await self.bench.write("event_in", 3)

    async def image(self) -> None:
        """An image of random pixels begins."""
        bench = self.bench
        await bench.write_image_settings(SHOWN)
        await bench.write_fields("ctrl", enable=1)
        await bench.cycles(40)
        await bench.load([bench.random.randrange(16) for _ in range(bench.rows)])
        await bench.write_fields("image", start=1)

    async def waveform(self) -> None:
        """A spike that learns: the rail is the DAC's."""
        bench = self.bench
        await bench.write_fields("path_timing", gap=3, program_settle=14, read_settle=25, wake=0)
        await bench.write_fields("timing", settle=2, gap=3, rail=41, fine=1)
        await bench.write_fields("learn", phi_1=11, phi_2=7, window=9)
        await bench.write_fields("factor", value=1)
        await bench.write_fields("refractory", count=0, prescale=0)
        await bench.write_fields("ctrl", enable=1, winner=1, learn=1)
        await bench.cycles(60)
        bench.drive_spike(1, 1)
        await bench.until(lambda: bool(bench.discharge(1)), 40, "discharge")
        bench.drive_spike(1, 0)

    async def works(self, what: str) -> None:
        """A whole job has the twin's results."""
        await self.results_right(TraceDevice(self.cells()), SETTINGS, what)


async def chip_of(dut, seed: int) -> Chip:
    """A chip that runs."""
    chip = Chip(*await job_bench(dut, seed))
    chip.model.rng = random.Random(seed)
    return chip


@cocotb.test()
async def clock_stops_at_any_moment(dut):
    """Stopped high and low in pulses of SET, RESET, a verify, an event, an image and learning: all off within
    the bound, told, it works."""
    chip = await chip_of(dut, 721)
    jobs = [chip.job(operation) for operation in (Operation.SET, Operation.RESET, Operation.READ)]
    starts = [*jobs, ("event", chip.event), ("image", chip.image), ("waveform", chip.waveform)]
    await chip.at_any_moment(starts, chip.works)
    dut._log.info("%d stops with something on, %d without", chip.lost, chip.kept)
    assert chip.lost >= 6 * ROUNDS, "hardly anything was on when the clock stopped"


@cocotb.test()
async def slow_clock_is_no_lost_clock(dut):
    """At 10 MHz, and at any clock with half periods of 60 ns among the others: jobs, events, images and
    waveforms, and no reset."""
    chip = await chip_of(dut, 722)
    await chip.slow_is_not_lost([chip.event, chip.image, chip.waveform], chip.works)


@cocotb.test()
async def clock_back_at_any_moment(dut):
    """The clock comes back around the bound: either nothing happened, or all is reset, told, and works."""
    chip = await chip_of(dut, 712)
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
async def clock_flag(dut):
    """The flag stays through resets of the watch, goes by the pin's reset or a write of ERROR, and not by
    other writes."""
    chip = await chip_of(dut, 714)
    bench = chip.bench
    for by_pin in (False, True):
        for level in (0, 1):
            await chip.event()
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
