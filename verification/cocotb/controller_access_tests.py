"""Every access that images refuse, settings while one runs, words of the references, interrupts of images."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge
from neusoc.base.pins import THRESHOLD_WORD
from neusoc.digital.model.images import MIDDLE, SETTING_REGISTERS, ImageSettings, pixel_words
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.words import Refusal
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.controller_image_tests import begun, compare, ended
from neusoc.verification.cocotb.core_model import CoreModel, wanted


async def refused(bench: Bench, register: str, value: int, code: Refusal) -> None:
    """A write that is refused: told by its code, by the interrupt's state, and by nothing else."""
    await bench.write("error", 0)
    await bench.write_fields("irq_status", bus_error=1)
    await bench.write(register, value)
    assert await bench.read_field("error", "bus") == code, f"{register} = {value:x}"
    assert await bench.read_field("irq_status", "bus_error"), register


async def taken(bench: Bench, register: str, value: int) -> None:
    """A write that is not refused."""
    await bench.write("error", 0)
    await bench.write(register, value)
    assert not await bench.read_field("error", "bus"), f"{register} = {value:x} is refused"


@cocotb.test()
async def image_that_cannot_start(dut):
    """No image, a start twice, with clear, disabled, while a job runs: refused, and nothing runs."""
    bench, core = await begun(dut, 512)
    start, stop, clear = 1, 2, 4
    await refused(bench, "image", start, Refusal.IMAGE)
    words = pixel_words([9] * bench.rows)
    for word in words[:-1]:
        await bench.write("pixels", word)
    await refused(bench, "image", start, Refusal.IMAGE)
    await bench.write("pixels", words[-1])
    await refused(bench, "pixels", 0, Refusal.FULL)
    await refused(bench, "image", start | clear, Refusal.IMAGE)
    assert await bench.image_field("full"), "a refused start has cleared"
    await bench.write_fields("ctrl", enable=0)
    await refused(bench, "image", start, Refusal.IMAGE)
    # a job: a start of it waits for nothing, one of an image is refused, and so is what is written to IMAGE
    await bench.write_fields("ctrl", enable=1)
    await bench.write_fields("region", row_first=0, row_last=bench.rows - 1, col_first=0, col_last=7)
    await bench.write_fields("adc_timing", sample=1, hold=1, trial=1, watchdog=255)
    await bench.write_fields("command", operation=int(Operation.READ), quiet=1)
    await refused(bench, "image", start, Refusal.BUSY)
    await bench.write_fields("stop", job=1)
    await bench.until(lambda: not bench.pin_1v8("adc_enable"), 20_000, "the end of the job")
    # a start that waits for the path: a second one is refused, stop takes it back
    await bench.write_image_settings(ImageSettings(windows=(255,) * 4, top=1, clear=2))
    await taken(bench, "image", start)
    await bench.until(lambda: bool(bench.pin_1v8("wake")), 200, "the image")
    await bench.load([3] * bench.rows)
    await taken(bench, "image", start)
    await refused(bench, "image", start, Refusal.IMAGE)
    assert await bench.image_field("waits")
    await taken(bench, "image", clear)
    assert not await bench.image_field("waits") and not await bench.image_field("full")
    await bench.load([5] * bench.rows)
    await taken(bench, "image", start)
    await taken(bench, "image", stop)
    await bench.until(lambda: not bench.pin_1v8("row"), 3, "rows off")
    await ended(bench, 1)
    assert await bench.winner() is None and not await bench.image_field("waits")
    assert await bench.image_field("full"), "stop has forgotten what was loaded"
    assert not bench.pin_1v8("wake") and not bench.pin_1v8("row")


@cocotb.test()
async def image_while_it_runs(dut):
    """Settings of neurons and references are refused while an image runs or waits; disabled, it ends without
    a winner and rows go off."""
    bench, core = await begun(dut, 513)
    await bench.write_image_settings(ImageSettings(windows=(200,) * 4, top=2))
    await bench.load([15] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 200, "the window")
    await refused(bench, "neuron_config", 1 << 15, Refusal.RUNNING)
    await refused(bench, "reference", 1, Refusal.RUNNING)
    for mask in (0b10, 0b01, 0):
        await taken(bench, "mask0", mask)
        assert int(dut.discharge_1v8_o.value) == mask, "a mask does not act while an image runs"
    await bench.write_fields("ctrl", enable=0)
    await bench.until(lambda: not bench.pin_1v8("row"), 6, "rows off")
    await ended(bench, 1)
    assert await bench.winner() is None
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1 and not bench.pin_1v8("wake")
    await taken(bench, "reference", 1)
    assert core.words[0] == 1


@cocotb.test()
async def image_settings_stand(dut):
    """What says how images are shown is refused while one runs or waits, at any moment of it: every cycle and
    the winner are the twin's."""
    bench, core = await begun(dut, 517)
    shape = ImageSettings(windows=(6, 4, 2, 1), clear=40, top=20)
    await bench.write_image_settings(shape)
    pixels = [bench.random.randrange(16) for _ in range(bench.rows)]
    want = wanted(pixels, core.weights, shape, 0, 0)
    refusals = 0
    for number, delay in enumerate((0, 7, 20, 33, 46, 60), 1):
        await bench.load(pixels)
        core.cycles, core.recording = [], True
        await bench.write_fields("image", start=1)
        await bench.cycles(delay)
        for name in bench.random.sample(SETTING_REGISTERS, 2):
            await bench.write("error", 0)
            await bench.write(name, bench.random.getrandbits(32))
            runs = await bench.image_field("busy")
            code = await bench.read_field("error", "bus")
            assert code == Refusal.RUNNING or not runs, f"{name}, {delay} cycles behind the start"
            refusals += code == Refusal.RUNNING
        await ended(bench, number)
        core.recording = False
        compare(core, want.cycles, f"written {delay} cycles behind the start")
        assert await bench.winner() == want.winner
        await bench.write_image_settings(shape)  # one may have come behind the end
    assert refusals >= 8, "most came behind the image"
    for name in SETTING_REGISTERS:
        await taken(bench, name, await bench.read(name))


@cocotb.test()
async def reference_words(dut):
    """Each word but the threshold's is written, alone; in reset all get 0; the threshold stays where it is
    meanwhile."""
    bench = Bench(dut, 514)
    core = CoreModel(bench, np.zeros((bench.rows, bench.neurons), dtype=int))
    core.start()
    await bench.start(monitors=False)
    assert core.words == [0] * len(core.words)
    await bench.write_image_settings(ImageSettings(), rest=45)
    await bench.cycles(3)
    assert core.threshold == 45
    want = list(core.words)
    seen: set[int] = set()

    async def watch():
        while True:
            await FallingEdge(dut.wb_clk_i)
            seen.add(core.threshold)

    watching = cocotb.start_soon(watch())
    for number in range(40):
        word, data = bench.random.randrange(len(want)), bench.random.randrange(64)
        value = data | word << 8
        if word == THRESHOLD_WORD:
            await refused(bench, "reference", value, Refusal.NEURON)
        else:
            await taken(bench, "reference", value)
            want[word] = data
            assert await bench.read("reference") == value
        await bench.cycles(8)
        assert core.words == want, f"write {number}: {core.words}, not {want}"
    for word in (6, 7):
        await refused(bench, "reference", word << 8, Refusal.NEURON)
    watching.cancel()
    assert core.words == want and seen == {45}, f"thresholds {sorted(seen)}"
    dut.wb_rst_i.value = 1
    await bench.cycles(3)
    assert core.words == [0] * len(want) and core.threshold == MIDDLE
    dut.wb_rst_i.value = 0
    await bench.cycles(8)
    assert core.words == [0] * len(want), "the end of reset writes a word"


@cocotb.test()
async def image_interrupts(dut):
    """pixels: as long as no image waits; image_end: until it is cleared."""
    bench, _ = await begun(dut, 516)

    def irq() -> int:
        return int(dut.user_irq.value)

    await bench.write_image_settings(ImageSettings(top=1, clear=1))
    await bench.write_fields("irq_enable", pixels=1)
    await bench.cycles(2)
    assert irq()
    await bench.load([1] * bench.rows)
    await bench.cycles(2)
    assert not irq() and not await bench.read_field("irq_status", "pixels")
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(irq()), 20, "room for the next image")
    await bench.write_fields("irq_enable", image_end=1)
    await ended(bench, 1)
    await bench.cycles(3)
    assert irq() and await bench.read_field("irq_status", "image_end")
    await bench.write_fields("irq_status", image_end=1)
    await bench.cycles(2)
    assert not irq()
