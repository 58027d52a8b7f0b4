"""Events and learning of the image core's controller: exposures of rows, what waits for what, the rail while it learns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import cocotb
import numpy as np
from cocotb.utils import get_sim_time
from neusoc.digital.model.images import Cycle, ImageSettings
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.regmap import registers as register_map
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.cocotb.checks import figure, quiet, taken
from neusoc.verification.cocotb.image_bench import LEARN, NEURON, ImageBench, ImageCore, wanted
from neusoc.verification.cocotb.image_controller_image_tests import begun, compare, ended

PHI_1, PHI_2, WINDOW, SETTLE, GAP, RAIL = 11, 7, 9, 2, 3, 41
TICK = 16 * WINDOW + 1  # clock cycles


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


async def exposed(bench: ImageBench, core: ImageCore) -> tuple[ImageSettings, Exposure]:
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
async def image_event_rate_of_reset_timing(dut):
    """Events a second with EXPOSURE and WINDOW as reset leaves them, which is what a neuron hears a row for: they set the pace."""
    bench, core = await begun(dut, 527)
    core.silent = True
    known = register_map()
    times = {name: known["exposure"].fields[name].reset for name in ("lead", "open", "close", "tail")}
    times["window"] = known["window"].fields["window"].reset
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    core.cycles, core.recording = [], True
    await bench.send(0, most_ns=0.001)
    start = get_sim_time("ns")
    rows = [bench.random.randrange(bench.rows) for _ in range(60)]
    for row in rows:
        await bench.send(row, most_ns=0.001)
    rate = len(rows) / (get_sim_time("ns") - start) * 1000
    await quiet(bench)
    shape = Exposure(0, times["lead"], times["open"], times["window"], times["close"], times["tail"], 0)
    assert exposures(core.cycles) == [replace(shape, rows=1 << row) for row in (0, *rows)]
    wakes = [k for k, (cycle, _) in enumerate(core.cycles) if cycle.wake and not core.cycles[k - 1][0].wake]
    assert {after - wake for wake, after in pairwise(wakes)} == {sum(times.values()) + 1}, "a cycle of rest between two, no more"
    assert abs(rate * (sum(times.values()) + 1) * CLOCK_NS / 1000 - 1) < 0.02, f"{rate} M events/s at the port is not what the pins show"
    figure("event_rate_reset_timing", round(rate, 3), "M events/s")


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


async def teaches(bench: ImageBench) -> None:
    """The winner learns; the DAC of the rail has settled."""
    await bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL, fine=1)
    await bench.write_fields("learn", phi_1=PHI_1, phi_2=PHI_2, window=WINDOW)
    await bench.write_fields("inhibit", cycles=5)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)


@cocotb.test()
async def learning_on_its_rail(dut):
    """The waveform: neurons away from their lines, the rail at its code and settled, rows in and out of the window, the winner fires."""
    bench, core = await begun(dut, 525)
    core.silent = True
    everything, settled = (1 << bench.rows) - 1, 14
    await bench.write_fields("path_timing", gap=3, program_settle=settled, read_settle=25, wake=0)
    assert not bench.pin_1v8("dac_enable") and not bench.pin_1v8("reference_job")
    await teaches(bench)
    await bench.cycles(3)
    assert bench.pin_1v8("dac_enable") and bench.pin_1v8("reference_job") and bench.pin_1v8("dac_wl") == RAIL
    for factor in (1, -1, 3, 0, 2):
        await bench.write_fields("factor", value=factor & 7)
        await bench.cycles(2 * TICK + 40)
        for row in (2, 5):
            await bench.send(row)
        await quiet(bench)
        core.force(0b10)
        await bench.until(lambda: bool(bench.discharge(1)), 8, "discharge")
        core.force(0)
        inside = 1 << 2 | 1 << 5
        first, second = (inside, everything & ~inside) if factor > 0 else (everything & ~inside, inside)
        want = [("phi_1", first, PHI_1), ("phi_2", second, PHI_2)] * abs(factor)
        assert await waveform(bench, core, settled) == want, f"factor {factor}"
        await bench.until(lambda: core.lines() == NEURON, 100, "the neurons' state")
        assert await taken(bench) == 1
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1)
    await bench.cycles(4)
    assert not bench.pin_1v8("dac_enable") and bench.pin_1v8("dac_wl") == 0


@cocotb.test()
async def rail_stands_through_a_waveform(dut):
    """TIMING written in a phase: the rail moves behind the waveform, and gets its time to settle before the next."""
    bench, core = await begun(dut, 529)
    core.silent = True
    settled = 14
    await bench.write_fields("path_timing", gap=3, program_settle=settled, read_settle=25, wake=0)
    await teaches(bench)
    await bench.write_fields("learn", phi_1=200, phi_2=PHI_2, window=WINDOW)
    await bench.write_fields("factor", value=1)
    await bench.cycles(2 * TICK + 40)
    await bench.send(2)
    await quiet(bench)
    core.force(0b10)
    await bench.until(lambda: bool(bench.discharge(1)), 8, "discharge")
    core.force(0)
    await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 400, "the waveform")
    await bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL + 1, fine=1)
    assert bench.pin_1v8("phi_1"), "the phase was over before the rail was written"
    assert [name for name, *_ in await waveform(bench, core, 0)] == ["phi_1", "phi_2"]
    await bench.until(lambda: bench.pin_1v8("dac_wl") == RAIL + 1, 100, "the new rail")


async def waveform(bench: ImageBench, core: ImageCore, settled: int) -> list[tuple[str, int, int]]:
    """Phases until no more come: name, rows, cycles. All that must be so meanwhile is checked."""
    seen: list[tuple[str, int, int]] = []
    still, on_rail = 0, 0
    for _ in range(3000):
        await bench.cycles(1)
        phase = "phi_1" if bench.pin_1v8("phi_1") else "phi_2" if bench.pin_1v8("phi_2") else ""
        rows = bench.pin_1v8("row")
        on_rail = on_rail + 1 if core.lines() == LEARN else 0
        if rows:
            assert on_rail > settled, f"rows {on_rail} cycles behind the rail"
            assert (bench.pin_1v8("dac_wl"), bench.pin_1v8("dac_wl_fine"), bench.pin_1v8("fire")) == (RAIL, 1, 0b10)
            assert int(bench.dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1, "neurons hear the waveform"
        if not phase:
            still += 1
            if still > 60:
                return seen
        elif still or not seen or seen[-1][0] != phase:
            seen.append((phase, rows, 1))
            still = 0
        else:
            assert seen[-1][1] == rows, "rows move in a phase"
            seen[-1] = (phase, rows, seen[-1][2] + 1)
    raise AssertionError("the waveform does not end")


@cocotb.test()
async def learning_waits_for_an_image(dut):
    """A spike just before an image: its waveform runs behind the image, or before it, never in it; the image is the twin's."""
    bench, core = await begun(dut, 526)
    core.silent = True
    await teaches(bench)
    settings = ImageSettings(clear=4, top=20)
    await bench.write_image_settings(settings)
    pixels = [bench.random.randrange(16) for _ in range(bench.rows)]
    for delay in range(0, 12, 3):
        await bench.load(pixels)
        await bench.cycles(2 * TICK)
        core.cycles, core.recording = [], True
        count = await bench.image_field("count")
        core.force(0b1)
        await bench.cycles(delay)
        await bench.write_fields("image", start=1)
        await bench.until(lambda: bool(bench.discharge(0)), 40, "discharge")
        core.force(0)
        await ended(bench, count + 1)
        await quiet(bench)
        core.recording = False
        want = wanted(pixels, np.full_like(core.weights, -1), settings, 0, 0)
        compare(core, want.cycles, settings.clear, f"{delay} cycles behind the spike")
        assert LEARN in core.lines_seen
        while (await bench.read("event_out")) >> 31:
            pass
