"""What the controller does in each mode, for the power of it: cocotb tests, one a mode, that tell from when
to when it lasts.

Amounts come from NEUSOC_AMOUNT: cycles of off and idle, images, events.
"""

from __future__ import annotations

import os

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.utils import get_sim_time
from neusoc.digital.model.images import PLANES, ImageSettings
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.controller_image_tests import begun

AMOUNT = int(os.environ.get("NEUSOC_AMOUNT", "10"))
REST = 20  # cycles from the last access on, in which all that it moves has come to rest
FIRST = 4  # events before those that count


def tell(begin: float, end: float, amount: int) -> None:
    """From when to when the mode lasted, ps, and how much of it that was."""
    for name, value, unit in (("begin", begin, "ps"), ("end", end, "ps"), ("amount", amount, "")):
        figure(name, value, unit)


async def rests(bench: Bench) -> None:
    """Nothing comes."""
    await bench.cycles(REST)
    begin = get_sim_time("ps")
    await bench.cycles(AMOUNT)
    tell(begin, get_sim_time("ps"), AMOUNT)


@cocotb.test()
async def off(dut):
    """As after reset."""
    bench = Bench(dut, 901)
    await bench.start(monitors=False)
    await rests(bench)


@cocotb.test()
async def idle(dut):
    """Enabled, both ports too, no event and no image."""
    bench = Bench(dut, 902)
    await bench.start(monitors=False)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    await rests(bench)


@cocotb.test()
async def image(dut):
    """Images at the settings after reset, each loaded and started while the one before it is shown, answered,
    its answer taken."""
    bench, _ = await begun(dut, 903)
    begun_at: list[float] = []  # wake rises once an image

    async def watch() -> None:
        while True:
            await RisingEdge(dut.wake_1v8_o)
            begun_at.append(get_sim_time("ps"))

    cocotb.start_soon(watch())
    await bench.write_fields("irq_enable", image_end=1)

    async def load() -> None:
        await bench.load([bench.random.randrange(1 << PLANES) for _ in range(bench.rows)])
        await bench.write_fields("image", start=1)

    await load()
    for number in range(1, AMOUNT + 1):
        await bench.until(lambda count=number: len(begun_at) >= count, 40, f"image {number}")
        await load()
        assert (await bench.read("image")) >> 8 & 7 == 0b111, (
            "an image does not wait while the one before it is shown"
        )
        await bench.until(lambda: bool(int(dut.user_irq.value)), 2000, "the answer")
        assert (await bench.image_field("count")) == number % 256
        await bench.winner()
        await bench.write_fields("irq_status", image_end=1)
    await bench.until(lambda: len(begun_at) > AMOUNT, 40, "the image behind them")
    assert len(begun_at) == AMOUNT + 1, f"{len(begun_at)} images began, not {AMOUNT + 1}"
    tell(begun_at[0], begun_at[AMOUNT], AMOUNT)


@cocotb.test()
async def events(dut):
    """Events on the pins back to back with the shortest exposure; neurons fire as soon as they may, and a
    receiver takes all."""
    bench = Bench(dut, 904)
    await bench.start(monitors=False)
    await bench.write_image_settings(ImageSettings(lead=1, opened=1, close=1, tail=1))
    await bench.write_fields("window", window=1)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    everyone = (1 << bench.neurons) - 1

    async def fire() -> None:
        while True:
            await FallingEdge(dut.wb_clk_i)
            dut.spike_1v8_i.value = everyone & ~int(dut.discharge_1v8_o.value)

    cocotb.start_soon(fire())
    cocotb.start_soon(bench.receive_forever())
    for _ in range(FIRST):
        await bench.send(bench.random.randrange(bench.rows))
    begin, taken = get_sim_time("ps"), len(bench.received)
    for _ in range(AMOUNT):
        await bench.send(bench.random.randrange(bench.rows))
    tell(begin, get_sim_time("ps"), AMOUNT)
    figure("events out", len(bench.received) - taken, "")
    assert len(bench.received) > taken, "no event came out"
