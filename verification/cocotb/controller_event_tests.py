"""Events in: exposures of rows, sets of rows, requests that go away; what of events, images and jobs waits for what."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cocotb
import numpy as np
from neusoc.digital.model.images import Cycle, ImageSettings
from neusoc.digital.model.ispp import Operation
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import expose, quiet, started
from neusoc.verification.cocotb.controller_image_tests import begun, compare, ended
from neusoc.verification.cocotb.core_model import CoreModel, wanted


@dataclass
class Exposure:
    """One of the wakes at the pins; times in cycles."""

    rows: int = 0
    lead: int = 0
    opened: int = 0
    window: int = 0
    close: int = 0
    tail: int = 0
    ratio: int = -1


def exposures(cycles: list[tuple[Cycle, int]]) -> list[Exposure]:
    """All exposures of a record."""
    found: list[Exposure] = []
    now: Exposure | None = None
    for cycle, _ in cycles:
        if not cycle.wake:
            now = None
            continue
        if now is None:
            found.append(now := Exposure())
        assert not cycle.rows or not now.rows or now.rows == cycle.rows, "rows change within a wake"
        now.rows |= cycle.rows
        if cycle.integ:
            now.window, now.ratio = now.window + 1, cycle.ratio
        elif cycle.rows:
            now.close, now.opened = (now.close + 1, now.opened) if now.window else (0, now.opened + 1)
        else:
            now.tail, now.lead = (now.tail + 1, now.lead) if now.window else (0, now.lead + 1)
    return found


async def exposed(bench: Bench, core: CoreModel) -> tuple[ImageSettings, Exposure]:
    """Random settings of events, written; and the exposure that they make, without its rows."""
    rng = bench.random
    times = {name: rng.randrange(5) for name in ("lead", "opened", "close", "tail")}
    settings, window, ratio = ImageSettings(**times), rng.randrange(6), rng.randrange(8)
    await bench.write_image_settings(settings)
    await bench.write_fields("window", window=window, ratio=ratio, cycles=40)
    core.cycles, core.recording = [], True
    return settings, Exposure(0, *(max(1, n) for n in (times["lead"], times["opened"], window, times["close"], times["tail"])), ratio)


@cocotb.test()
async def events_one_by_one(dut):
    """Events from pins and software: each is an exposure of its row, as long as it is told, in their order."""
    bench, core = await begun(dut, 521)
    core.silent = True
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    for _ in range(6):
        _, shape = await exposed(bench, core)
        rows = [bench.random.randrange(bench.rows) for _ in range(5)]
        for row in rows:
            if bench.random.random() < 0.5:
                await bench.send(row)
            else:
                await bench.until(lambda: not bench.pin_1v8("wake"), 100, "room")
                await bench.write("event_in", row)
                await quiet(bench)
        await quiet(bench)
        assert exposures(core.cycles) == [replace(shape, rows=1 << row) for row in rows]
    assert await bench.read_field("events", "received") == 30


@cocotb.test()
async def events_gather(dut):
    """Multi-hot: events that come within a window are one exposure of all their rows."""
    bench, core = await begun(dut, 522)
    core.silent = True
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    for _ in range(4):
        _, shape = await exposed(bench, core)
        await bench.write_fields("window", window=shape.window, ratio=shape.ratio, cycles=200)
        rows = bench.random.sample(range(bench.rows), 5)
        for row in rows:
            await bench.send(row)
        await quiet(bench)
        assert exposures(core.cycles) == [replace(shape, rows=sum(1 << row for row in rows))]


@cocotb.test()
async def events_and_images(dut):
    """An event that comes while an image runs is shown behind it; an image that is started while an event is shown waits for its end."""
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
    around = [[found.rows for found in exposures(part)] for part in (core.cycles[:begin], core.cycles[end:])]
    assert around == [[1 << 2], [1 << 3]], "the event in front, or the one behind, is not there"
    core.cycles = core.cycles[begin:end]
    compare(core, want.cycles, settings.clear, "the image between two events")
    assert await bench.winner() == want.winner


@cocotb.test()
async def image_and_job(dut):
    """A job that is started while an image runs waits for its end; an image that is started before the job's end cannot be."""
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
    compare(core, want.cycles, settings.clear, "the image with a job behind it")
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


@cocotb.test()
async def dropped_request(dut):
    """A request that goes away before its acknowledge is told and not taken; the port works afterwards."""
    bench = await started(dut, 64)
    await expose(bench, window=100)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.send(1)
    assert await bench.read_field("irq_status", "dropped") == 0
    bench.drive("aer_in_address", 2)
    bench.drive("aer_in_req", 1)
    await bench.cycles(10)
    bench.drive("aer_in_req", 0)
    await bench.cycles(6)
    assert await bench.read_field("irq_status", "dropped") == 1 and not bench.pin("aer_in_ack")
    await bench.write_fields("irq_status", dropped=1)
    await bench.send(3)
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 1, 1 << 3]
    assert await bench.read_field("irq_status", "dropped") == 0 and await bench.read_field("events", "received") == 2
