"""Images through the registers against the twin: every pin in every cycle, the winner, the next image loaded
while one runs."""

from __future__ import annotations

import os
import random

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time
from neusoc.digital.model.images import CODES, MIDDLE, PLANES, Cycle, ImageSettings
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench, bits
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.core_model import CoreModel, wanted

MOST_LOAD_NS = 1000.0  # of an image of 64 x 4 bits
IMAGES = int(os.environ.get("NEUSOC_IMAGES", "12"))


async def begun(dut, seed: int, spread: int = 3, monitors: bool = False) -> tuple[Bench, CoreModel]:
    """Out of reset, enabled, with random weights."""
    bench = Bench(dut, seed)
    shape = (bench.rows, bench.neurons)
    core = CoreModel(bench, np.random.default_rng(seed).integers(-spread, spread + 1, shape))
    core.start()
    await bench.start(monitors)
    await bench.write_fields("ctrl", enable=1)
    return bench, core


def drawn(rng: random.Random) -> tuple[ImageSettings, int]:
    """Settings of an image, zeros among them, and the bit of its last plane."""
    times = {name: rng.randrange(5) for name in ("clear", "lead", "opened", "close", "tail", "step")}
    windows = tuple(rng.randrange(9) for _ in range(PLANES))
    top = rng.randrange(CODES)
    if rng.random() < 0.1:
        times["step"], top = rng.randrange(245, 256), 0  # code 0 at the longest step
    return ImageSettings(
        windows, tuple(rng.randrange(8) for _ in range(PLANES)), top=top, **times
    ), rng.randrange(PLANES)


def _wakes(cycles: list[tuple[Cycle, int]]) -> int:
    return next(k for k, (cycle, _) in enumerate(cycles) if cycle.wake)


def compare(core: CoreModel, want: list[tuple[Cycle, int]], what: str) -> None:
    """The pins' record holds the twin's cycles: lined up at the first wake."""
    first = _wakes(core.cycles) - _wakes(want)
    found = core.cycles[first : first + len(want)]
    for number, (a, b) in enumerate(zip(found, want, strict=True)):
        assert a == b, f"{what}: cycle {number}: {a} in place of {b}"
    assert not any(cycle.wake or cycle.rows for cycle, _ in core.cycles[first + len(want) :]), (
        f"{what}: rows or wake behind it"
    )


async def ended(bench: Bench, count: int, bound: int = 40_000) -> None:
    """Wait until so many images have ended, by the interrupt pin's source; bound: cycles."""
    for _ in range(bound // 8):
        if await bench.image_field("count") == count % 256:
            return
    raise AssertionError(f"image {count} does not end")


@cocotb.test()
async def images_as_the_twin(dut):
    """Random images, weights, settings and masks; the next image is loaded and started while one runs."""
    bench, core = await begun(dut, 501)
    rng = bench.random
    found_some, found_none = 0, 0
    pixels = [rng.randrange(16) for _ in range(bench.rows)]
    await bench.load(pixels)
    for number in range(1, IMAGES + 1):
        settings, lowest = drawn(rng)
        mask = sum(1 << k for k in range(bench.neurons) if rng.random() < 0.2)
        core.weights = np.random.default_rng(number).integers(-3, 4, core.weights.shape) - (
            20 if number % 5 == 0 else 0
        )
        await bench.write_image_settings(settings, lowest=lowest)
        await bench.write("mask0", mask)
        want = wanted(pixels, core.weights, settings, lowest, mask)
        core.cycles, core.recording = [], True
        await bench.write_fields("image", start=1)
        following = [rng.randrange(16) for _ in range(bench.rows)]
        if number % 2:
            await bench.until(
                lambda: not int(dut.hold_1v8_o.value) or bool(core.cycles and core.cycles[-1][0].wake),
                2000,
                "the image",
            )
        await bench.load(following)
        await ended(bench, number)
        core.recording = False
        compare(core, want.cycles, f"image {number}, {settings}, last bit {lowest}, mask {mask:x}")
        assert await bench.winner() == want.winner, f"image {number}: {want.winner} wins"
        found_some += want.winner is not None
        found_none += want.winner is None
        pixels = following
    bench.log.info("%d images, %d with a winner", IMAGES, found_some)
    figure("images", IMAGES, "images")
    if IMAGES >= 12:
        assert found_some and found_none, "an image with a winner, or without one, never came"


@cocotb.test()
async def images_one_behind_the_other(dut):
    """Started while the one before runs, an image follows it without a register in between; the first answer
    stays until the second's."""
    bench, core = await begun(dut, 502, monitors=True)
    # An image is shown for longer than the bus takes to load, start and read the next one: with 64 rows that
    # is 50 cycles.
    settings = ImageSettings(clear=3, top=20, lead=bench.rows // 8 + 2, tail=bench.rows // 4)
    await bench.write_image_settings(settings)
    images = [[bench.random.randrange(16) for _ in range(bench.rows)] for _ in range(4)]
    wants = [wanted(pixels, core.weights, settings, 0, 0) for pixels in images]
    await bench.write_fields("irq_enable", image_end=1)
    await bench.load(images[0])
    core.recording = True
    await bench.write_fields("image", start=1)
    for number, want in enumerate(wants, 1):
        if number < len(images):
            await bench.until(lambda: bool(core.cycles and core.cycles[-1][0].wake), 200, "the image")
            await bench.load(images[number])
            await bench.write_fields("image", start=1)
            state = await bench.read("image")
            assert state >> 8 & 7 == 0b111, f"busy, waits and full are {state >> 8 & 7:03b}"
        await bench.until(lambda: bool(int(dut.user_irq.value)), 2000, "the interrupt")
        assert await bench.winner() == want.winner
        await bench.write_fields("irq_status", image_end=1)
        assert await bench.image_field("count") == number
    core.recording = False
    # at the pins: one after the other, a cycle between
    steps = [k for k, cycle in enumerate(core.cycles) if cycle[0].wake and not core.cycles[k - 1][0].wake]
    assert len(steps) == len(images)
    for step, want, after in zip(steps, wants, [*steps[1:], None], strict=True):
        begin = step - _wakes(want.cycles)
        assert core.cycles[begin : begin + len(want.cycles)] == want.cycles
        assert after is None or after - step == len(want.cycles) + 1, "images are not one behind the other"


@cocotb.test()
async def image_loads_within_a_microsecond(dut):
    """From the first bus cycle of the first word to the image that waits; one transfer a word, as a processor
    writes them."""
    bench, _ = await begun(dut, 503)
    assert not await bench.image_field("full")
    await RisingEdge(dut.wb_clk_i)
    begin = get_sim_time("ns")
    await bench.load([15] * bench.rows)
    took = get_sim_time("ns") - begin
    assert await bench.image_field("full")
    figure("image_load", took, "ns")
    bench.log.info("%d rows loaded in %.0f ns", bench.rows, took)
    assert took <= MOST_LOAD_NS, f"{bench.rows} rows take {took} ns"


@cocotb.test()
async def image_winner_is_the_largest_sum(dut):
    """Neurons with sums that a person can add up: the one that is driven furthest wins, of two alike the
    lower, a masked one never."""
    bench, core = await begun(dut, 504)
    await bench.write_image_settings(ImageSettings(windows=(1, 1, 1, 1), clear=2, top=60))
    core.weights = np.zeros_like(core.weights)
    core.weights[0] = [5, 20, 9, 20][: bench.neurons] + [0] * max(0, bench.neurons - 4)
    for count, (pixel, mask, winner) in enumerate(
        [(15, 0, 1), (15, 0b10, 3), (15, 0b1010, 2), (1, 0, 1), (0, 0, 0)], 1
    ):
        await bench.write("mask0", mask)
        await bench.load([pixel] + [0] * (bench.rows - 1))
        await bench.write_fields("image", start=1)
        await ended(bench, count)
        assert await bench.winner() == winner, f"pixel {pixel}, mask {mask:b}"
    # below rest nobody is found; a masked neuron stays discharged while the others sum
    core.weights[0] = -1
    await bench.write("mask0", 0b1)
    await bench.load([15] + [0] * (bench.rows - 1))
    core.cycles, core.recording = [], True
    await bench.write_fields("image", start=1)
    await ended(bench, 6)
    assert await bench.winner() is None
    assert all(discharged & 1 for _, discharged in core.cycles), "a masked neuron is open"
    assert {tuple(bits(discharged)) for _, discharged in core.cycles} >= {(0,), tuple(range(bench.neurons))}


@cocotb.test()
async def image_threshold_rests_outside_images(dut):
    """The threshold is at its code of rest outside images, as well when it is changed; spikes count as events
    again behind an image."""
    bench, core = await begun(dut, 505)
    core.weights = np.zeros_like(core.weights)
    assert core.threshold == MIDDLE
    for code in (1, 31, 33, 63, 17):
        await bench.write_image_settings(ImageSettings(clear=4, top=40), rest=code)
        await bench.cycles(3)
        assert core.threshold == code
    core.weights[1] = 12
    await bench.load([15] * bench.rows)
    await bench.write_fields("image", start=1)
    await ended(bench, 1)
    await bench.cycles(4)
    assert core.threshold == 17 and not int(dut.hold_1v8_o.value) and not int(dut.discharge_1v8_o.value)
    assert not await bench.read_field("status", "event_out_valid"), "the image's spike left as an event"
    # an event over the threshold at rest, and its spike
    await bench.write_fields("window", window=2)
    await bench.write("event_in", 1)
    await bench.until(lambda: bool(core.spikes), 100, "the spike")
    await bench.cycles(10)
    word = await bench.read("event_out")
    assert word >> 31, "no event of the spike"


@cocotb.test()
async def image_runs_as_fast_as_it_is_told(dut):
    """Time of an image that nobody wins, the longest there is, at the settings after reset; a figure for the
    report."""
    bench, core = await begun(dut, 506)
    core.weights = -np.ones_like(core.weights)
    pixels = [15] + [0] * (bench.rows - 1)
    await bench.load(pixels)
    core.recording = True
    begin = get_sim_time("ns")
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(core.cycles and core.cycles[-1][0].wake), 200, "the image")
    await ended(bench, 1)
    took = get_sim_time("ns") - begin
    want = wanted(pixels, core.weights, ImageSettings(), 0, 0)
    compare(core, want.cycles, "image")
    assert want.winner is None and await bench.winner() is None
    length = len(want.cycles) * CLOCK_NS
    bench.log.info("an image of %d cycles, %.0f ns with its registers", len(want.cycles), took)
    figure("image_time", length, "ns")


@cocotb.test()
async def image_answers_that_nobody_reads(dut):
    """An answer stays until the next image has ended and is lost then; the count tells how many ended, modulo
    256."""
    bench, core = await begun(dut, 506)
    await bench.write_image_settings(ImageSettings(windows=(1, 1, 1, 1), clear=1, top=20))
    core.weights = np.zeros_like(core.weights)
    for number in range(1, 260):
        last = number % bench.neurons
        core.weights[0] = 0
        core.weights[0, last] = 3
        await bench.load([15] + [0] * (bench.rows - 1))
        await bench.write_fields("image", start=1)
        await ended(bench, number)
        if number in (1, 2, 255, 256, 259):
            assert await bench.winner() == last, number
    assert await bench.read_field("irq_status", "image_end") == 1 and await bench.image_field("count") == 3


@cocotb.test()
async def image_mask_amid_an_image(dut):
    """A mask that comes amid an image takes its neuron out of the answer; one that goes leaves its neuron the
    rest of the sum."""
    bench, core = await begun(dut, 507)
    await bench.write_image_settings(
        ImageSettings(windows=(25, 1, 1, 1), ratios=(0, 0, 0, 0), clear=2, top=60)
    )
    core.weights = np.zeros_like(core.weights)
    core.weights[0, :2] = 1, 2
    # masks before and amid the image, cycles of the window before the second, who wins
    cases = [
        (0, 0, 0, 1),
        (0, 0b10, 0, 0),
        (0b01, 0, 0, 1),
        (0b10, 0, 0, 1),
        (0b10, 0, 18, 0),
        (0b11, 0b10, 0, 0),
        (0b10, 0b11, 0, 2),
    ]
    for number, (before, amid, delay, winner) in enumerate(cases, 1):
        await bench.write("mask0", before)
        await bench.load([8] + [0] * (bench.rows - 1))  # the highest plane alone
        await bench.write_fields("image", start=1)
        await bench.until(lambda: bool(bench.pin_1v8("integ")), 200, "the window")
        await bench.cycles(delay)
        await bench.write("mask0", amid)
        await bench.until(lambda: not bench.pin_1v8("integ"), 60, "the end of the window")
        sums = core.membranes[:2].tolist()
        whole = [25, 50]
        assert [total > 0 for total in sums] == [not amid >> k & 1 for k in (0, 1)], (before, amid, sums)
        assert [total == whole[k] for k, total in enumerate(sums)] == [
            not (before | amid) >> k & 1 for k in (0, 1)
        ], (before, amid, sums)
        await ended(bench, number)
        assert await bench.winner() == winner, (before, amid, sums)


@cocotb.test()
async def image_stopped_in_its_last_discharge(dut):
    """IMAGE.stop behind the spike of the winner, before the image has ended: nobody has won; the next image
    has its winner."""
    bench, core = await begun(dut, 508)
    await bench.write_image_settings(ImageSettings(windows=(1, 1, 1, 1), clear=100, top=20))
    core.weights = np.zeros_like(core.weights)
    core.weights[0, 2] = 3
    for number, stopped in enumerate((True, False), 1):
        await bench.load([15] + [0] * (bench.rows - 1))
        await bench.write_fields("image", start=1)
        await bench.until(lambda: bool(bench.pin_1v8("wake")), 400, "the image")
        await bench.until(lambda: not bench.pin_1v8("hold"), 400, "the falling threshold")
        await bench.until(lambda: bool(bench.pin_1v8("hold")), 400, "the winner")
        if stopped:
            await bench.write_fields("image", stop=1)
        await ended(bench, number)
        assert await bench.winner() == (None if stopped else 2)
