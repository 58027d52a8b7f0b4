"""Events, images and jobs together: what waits for what."""

from __future__ import annotations

import cocotb
import numpy as np
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Operation
from neusoc.verification.cocotb.checks import quiet
from neusoc.verification.cocotb.controller_image_tests import begun, compare, ended
from neusoc.verification.cocotb.core_model import wanted


@cocotb.test()
async def events_and_images(dut):
    """An event that comes while an image runs is shown behind it; an image that is started while an event is
    shown waits for its end."""
    bench, core = await begun(dut, 523)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.write("mask0", 0)
    settings = ImageSettings(windows=(9, 5, 3, 1), clear=4, top=30)
    await bench.write_image_settings(settings, rest=63)
    await bench.write_fields("window", window=200)
    core.weights = np.minimum(core.weights, 0)  # no spikes of events
    pixels = [bench.random.randrange(16) for _ in range(bench.rows)]
    want = wanted(pixels, core.weights, settings, 0, 0, rest=63)
    await bench.load(pixels)
    core.cycles, core.recording = [], True
    await bench.write("event_in", 2)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 100, "the event's window")
    await bench.write_fields("image", start=1)
    assert await bench.image_field("waits") and not await bench.image_field("busy")
    await bench.write("event_in", 3)
    await bench.until(lambda: bool(int(dut.hold_1v8_o.value)), 400, "the image")
    await ended(bench, 1)
    await quiet(bench)
    core.recording = False
    begin = next(k for k, (cycle, _) in enumerate(core.cycles) if cycle.hold)
    end = begin + len(want.cycles)
    around = [
        sorted({cycle.rows for cycle, _ in part} - {0}) for part in (core.cycles[:begin], core.cycles[end:])
    ]
    assert around == [[1 << 2], [1 << 3]], "the event in front, or the one behind, is not there"
    core.cycles = core.cycles[begin:end]
    compare(core, want.cycles, "the image between two events")
    assert await bench.winner() == want.winner


@cocotb.test()
async def image_and_job(dut):
    """A job that is started while an image runs waits for its end; an image that is started before the job's
    end cannot be."""
    bench, core = await begun(dut, 524)
    settings = ImageSettings(windows=(50, 20, 9, 1), clear=4, top=30)
    await bench.write_image_settings(settings)
    pixels = [bench.random.randrange(16) for _ in range(bench.rows)]
    want = wanted(pixels, core.weights, settings, 0, 0)
    await bench.load(pixels)
    await bench.write_fields("region", row_first=0, row_last=0, col_first=0, col_last=0)
    await bench.write_fields("adc_timing", sample=1, hold=1, trial=1, watchdog=9)
    core.cycles, core.recording = [], True
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 100, "the window")
    await bench.write_fields("command", operation=int(Operation.READ), quiet=1)
    await bench.until(lambda: "con" not in core.lines(), 3000, "the job's lines")
    assert await bench.image_field("count") == 1 and await bench.winner() == want.winner
    core.recording = False
    compare(core, want.cycles, "the image with a job behind it")
    await bench.until(lambda: "con" in core.lines(), 20_000, "the end of the job")
    assert await bench.read_field("error", "job") == 9, "a converter that never answers"


@cocotb.test()
async def image_that_waits_is_shown_behind_the_job(dut):
    """A job, an image that runs, one that waits, and events that gather: none waits for what waits for it."""
    bench, core = await begun(dut, 528)
    settings = ImageSettings(windows=(50, 20, 9, 1), clear=4, top=30)
    await bench.write_image_settings(settings)
    await bench.write_fields("region", row_first=0, row_last=0, col_first=0, col_last=0)
    await bench.write_fields("adc_timing", sample=1, hold=1, trial=1, watchdog=9)
    await bench.load([3] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 100, "the window")
    await bench.load([5] * bench.rows)
    await bench.write_fields("image", start=1)
    assert await bench.image_field("waits")
    await bench.write_fields("command", operation=int(Operation.READ), quiet=1)
    await bench.until(lambda: "con" not in core.lines(), 3000, "the job's lines")
    assert await bench.image_field("count") == 1 and await bench.image_field("waits")
    await bench.until(lambda: "con" in core.lines(), 20_000, "the end of the job")
    await ended(bench, 2)
    await bench.write_fields("ctrl", enable=1, multi_hot=1)
    await bench.write_fields("window", cycles=1000)
    await bench.write("event_in", 2)
    await bench.write_fields("command", operation=int(Operation.READ), quiet=1)
    await bench.until(lambda: "con" not in core.lines(), 3000, "the job's lines while events gather")
    await bench.until(lambda: "con" in core.lines(), 20_000, "the end of the second job")
    await bench.until(lambda: bool(bench.pin_1v8("wake")), 3000, "what gathered")
