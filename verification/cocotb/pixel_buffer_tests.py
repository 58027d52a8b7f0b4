"""The pixel buffer: images as they were written, one shown while the next is loaded; what comes too early or
too much is not taken."""

from __future__ import annotations

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from neusoc.digital.model.images import PLANES, planes_of

ROWS, PERIOD_NS, IMAGES = 20, 20, 60
WORDS = -(-ROWS // 8)


def words(pixels: list[int]) -> list[int]:
    """Eight pixels a word, the first in the lowest bits; the last word is filled with zeros."""
    filled = [*pixels, *[0] * (8 * WORDS - len(pixels))]
    return [
        sum(pixel << 4 * k for k, pixel in enumerate(filled[i : i + 8])) for i in range(0, len(filled), 8)
    ]


def shown(dut) -> tuple[int, ...]:
    """Planes, highest bit first."""
    value = int(dut.planes_o.value)
    return tuple(value >> ROWS * b & (1 << ROWS) - 1 for b in reversed(range(PLANES)))


async def begun(dut) -> None:
    """Out of reset."""
    cocotb.start_soon(Clock(dut.clk_i, PERIOD_NS, "ns").start())
    for name in ("clear_i", "write_i", "write_data_i", "show_i"):
        getattr(dut, name).value = 0
    dut.rst_i.value = 1
    for _ in range(2):
        await RisingEdge(dut.clk_i)
    dut.rst_i.value = 0


async def load(dut, pixels: list[int], pause: int = 0) -> None:
    """Write an image as flip-flops would, data one cycle after its write, pause cycles between words. Ends in
    the middle of a cycle."""
    await RisingEdge(dut.clk_i)
    for word in words(pixels):
        dut.write_i.value = 1
        await RisingEdge(dut.clk_i)
        dut.write_i.value, dut.write_data_i.value = 0, word
        for _ in range(pause):
            await RisingEdge(dut.clk_i)
    await RisingEdge(dut.clk_i)
    await FallingEdge(dut.clk_i)


async def show(dut) -> None:
    """Ask for what was loaded. Ends in the middle of the cycle after."""
    await RisingEdge(dut.clk_i)
    dut.show_i.value = 1
    await RisingEdge(dut.clk_i)
    dut.show_i.value = 0
    await FallingEdge(dut.clk_i)


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def pixel_buffer_shows_what_was_loaded(dut):
    await begun(dut)
    draw = random.Random(8)
    before: tuple[int, ...] | None = None
    for number in range(IMAGES):
        pixels = [draw.randrange(16) for _ in range(ROWS)]
        await load(dut, pixels, pause=number % 3)
        assert dut.full_o.value
        assert before is None or shown(dut) == before, (
            "the image that is shown changes while the next is loaded"
        )
        await show(dut)
        assert shown(dut) == planes_of(pixels) and not dut.full_o.value
        before = shown(dut)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def pixel_buffer_takes_no_more_than_an_image(dut):
    await begun(dut)
    first, second, third = ([value] * ROWS for value in (3, 5, 9))
    await load(dut, first)
    await load(dut, second)
    await show(dut)
    assert shown(dut) == planes_of(first) and not dut.full_o.value
    await show(dut)
    assert shown(dut) == planes_of(first), "shown without an image that waits"
    # A half of an image, given up.
    await RisingEdge(dut.clk_i)
    dut.write_i.value = 1
    await RisingEdge(dut.clk_i)
    dut.write_i.value, dut.clear_i.value = 0, 1
    await RisingEdge(dut.clk_i)
    dut.clear_i.value = 0
    await load(dut, third)
    await show(dut)
    assert shown(dut) == planes_of(third)
