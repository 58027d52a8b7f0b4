"""The image sequencer against its twin, cycle by cycle; stop, grant, nobody and several at once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge
from neusoc.digital.model.images import CODES, PLANES, Cycle, ImageSettings, answered, planes_of, shown

ROWS, NEURONS, PERIOD_NS, CASES = 8, 5, 20, 200


def apply(dut, planes: tuple[int, ...], settings: ImageSettings) -> None:
    """Settings on the inputs; index 3 of each is the first plane."""

    def packed(values: tuple[int, ...], width: int) -> int:
        return sum(value << width * (PLANES - 1 - k) for k, value in enumerate(values))

    dut.planes_i.value = packed(planes, ROWS)
    dut.window_cycles_i.value = packed(settings.windows, 8)
    dut.ratio_i.value = packed(settings.ratios, 3)
    for name, value in (
        ("clear", settings.clear),
        ("lead", settings.lead),
        ("open", settings.opened),
        ("close", settings.close),
        ("tail", settings.tail),
        ("step", settings.step),
    ):
        getattr(dut, f"{name}_cycles_i").value = value
    dut.top_code_i.value = settings.top


def _at(spikes: dict[int, int], code: int) -> int:
    return spikes.get(code, 0)


async def begun(dut) -> None:
    """Out of reset, idle and quiet."""
    cocotb.start_soon(Clock(dut.clk_i, PERIOD_NS, "ns").start())
    for name in (
        "start_i",
        "stop_i",
        "spike_i",
        "planes_i",
        "window_cycles_i",
        "ratio_i",
        "lowest_i",
        "top_code_i",
    ):
        getattr(dut, name).value = 0
    dut.grant_i.value = 1
    apply(dut, (0,) * PLANES, ImageSettings())
    dut.rst_i.value = 1
    for _ in range(2):
        await FallingEdge(dut.clk_i)
    dut.rst_i.value = 0
    await FallingEdge(dut.clk_i)
    assert not dut.busy_o.value and dut.hold_o.value and not dut.wake_o.value and not dut.discharge_o.value


def seen(dut, rows: int) -> Cycle:
    """Outputs of this cycle; rows: of the flip-flops behind row_next_o."""
    flags = {name: bool(getattr(dut, f"{name}_o").value) for name in ("wake", "integ", "hold", "discharge")}
    return Cycle(rows=rows, ratio=int(dut.ratio_o.value), threshold=int(dut.threshold_o.value), **flags)


async def started(dut) -> int:
    """A start; returns the rows of the next cycle."""
    dut.start_i.value = 1
    await FallingEdge(dut.clk_i)
    dut.start_i.value = 0
    return 0


def cases(count: int) -> Iterator[tuple[tuple[int, ...], int, ImageSettings, dict[int, int]]]:
    """Planes, how many of them, settings, and code -> spikes."""
    draw = random.Random(3)
    for number in range(count):
        planes = planes_of([draw.randrange(16) for _ in range(ROWS)])
        times = {name: draw.randrange(5) for name in ("clear", "lead", "opened", "close", "tail", "step")}
        settings = ImageSettings(
            tuple(draw.randrange(7) for _ in planes),
            tuple(draw.randrange(8) for _ in planes),
            top=draw.randrange(12),
            **times,
        )
        at = draw.randrange(-1, settings.top + 1)
        spikes = {} if at < 0 else {at: draw.randrange(1, 1 << NEURONS), max(at - 1, 0): (1 << NEURONS) - 1}
        if at == 0:
            spikes = {0: spikes[0]}
        yield planes, number % PLANES + 1, settings, spikes


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def image_sequencer_is_its_twin(dut):
    await begun(dut)
    for planes, count, settings, spikes in cases(CASES):
        apply(dut, planes, settings)
        dut.lowest_i.value = PLANES - count
        wanted = list(shown(planes[:count], settings))
        falling, winner = answered(count, settings, partial(_at, spikes))
        rows = await started(dut)
        for number, cycle in enumerate([*wanted, *falling]):
            # spikes come while the threshold falls alone: earlier ones are what hold and the discharge are
            #   there to prevent
            dut.spike_i.value = spikes.get(cycle.threshold, 0) if not cycle.hold else 0
            await cocotb.triggers.Timer(1, "ns")
            found = seen(dut, rows)
            assert found == cycle, f"{settings}, {count} planes, cycle {number}: {found} in place of {cycle}"
            assert dut.busy_o.value and not dut.done_o.value
            rows = int(dut.row_next_o.value)
            await FallingEdge(dut.clk_i)
        dut.spike_i.value = 0
        assert dut.done_o.value and not dut.busy_o.value and bool(dut.found_o.value) == (winner is not None)
        assert winner is None or int(dut.winner_o.value) == winner
        await FallingEdge(dut.clk_i)
        assert not dut.done_o.value and bool(dut.found_o.value) == (winner is not None)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def image_sequencer_stops(dut):
    """In every cycle of an image: rows and wake are off in the next, membranes are discharged, no answer."""
    await begun(dut)
    settings = ImageSettings(windows=(3, 2, 1, 1), clear=3, top=4)
    planes = planes_of([15] * ROWS)
    apply(dut, planes, settings)
    dut.lowest_i.value = 0
    whole = len(list(shown(planes, settings))) + settings.top
    for cycle in range(whole):
        await started(dut)
        for _ in range(cycle):
            await FallingEdge(dut.clk_i)
        dut.stop_i.value = 1
        await cocotb.triggers.Timer(1, "ns")
        assert int(dut.row_next_o.value) == 0
        await FallingEdge(dut.clk_i)
        dut.stop_i.value = 0
        for _ in range(settings.clear):
            assert (
                dut.discharge_o.value and not dut.wake_o.value and not dut.integ_o.value and dut.hold_o.value
            )
            await FallingEdge(dut.clk_i)
        assert dut.done_o.value and not dut.found_o.value and not dut.busy_o.value
        await FallingEdge(dut.clk_i)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def image_sequencer_stops_in_its_last_discharge(dut):
    """In every cycle of the discharge behind a winner: the discharge is no longer for it, and nobody has
    won."""
    await begun(dut)
    settings = ImageSettings(windows=(1, 1, 1, 1), clear=4, top=4)
    planes = planes_of([15] * ROWS)
    apply(dut, planes, settings)
    dut.lowest_i.value = 0
    for stop in range(settings.clear + 1):  # the last one is not stopped
        await started(dut)
        for _ in range(len(list(shown(planes, settings)))):
            await FallingEdge(dut.clk_i)
        dut.spike_i.value = 0b100
        await FallingEdge(dut.clk_i)
        dut.spike_i.value = 0
        for cycle in range(settings.clear):
            assert dut.discharge_o.value and dut.busy_o.value
            dut.stop_i.value = int(cycle == stop)
            await FallingEdge(dut.clk_i)
        dut.stop_i.value = 0
        assert dut.done_o.value and bool(dut.found_o.value) == (stop == settings.clear), stop
        await FallingEdge(dut.clk_i)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def image_sequencer_waits_for_the_path(dut):
    await begun(dut)
    dut.grant_i.value = 0
    dut.start_i.value = 1
    for _ in range(5):
        await FallingEdge(dut.clk_i)
        assert not dut.busy_o.value
    dut.grant_i.value = 1
    await FallingEdge(dut.clk_i)
    dut.start_i.value = 0
    assert dut.busy_o.value and dut.discharge_o.value
    # granted once, it is not asked again: who grants waits for busy_o
    dut.grant_i.value = 0
    for _ in range(CODES + 120):
        await FallingEdge(dut.clk_i)
    assert not dut.busy_o.value and not dut.found_o.value
