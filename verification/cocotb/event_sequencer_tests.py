"""The event sequencer against its twin, cycle by cycle: random events, both modes, grant and enable taken
away."""

from __future__ import annotations

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer
from neusoc.digital.model.events import EventSettings, EventTwin, Outputs

ROWS, PERIOD_NS, RUNS, CYCLES = 8, 20, 40, 250


def apply(dut, settings: EventSettings) -> None:
    """Settings on the inputs."""
    dut.multi_hot_i.value = settings.multi_hot
    for name, value in (
        ("lead", settings.lead),
        ("open", settings.opened),
        ("window", settings.window),
        ("close", settings.close),
        ("tail", settings.tail),
        ("gather", settings.gather),
    ):
        getattr(dut, f"{name}_cycles_i").value = value


async def begun(dut, settings: EventSettings) -> None:
    """Out of reset, with settings."""
    apply(dut, settings)
    dut.event_valid_i.value = dut.event_row_i.value = 0
    dut.enable_i.value = dut.grant_i.value = 1
    dut.rst_i.value = 1
    for _ in range(2):
        await FallingEdge(dut.clk_i)
    dut.rst_i.value = 0


def drawn(draw: random.Random) -> EventSettings:
    """Short times, zeros among them."""
    times = {name: draw.randrange(4) for name in ("lead", "opened", "window", "close", "tail")}
    return EventSettings(multi_hot=draw.random() < 0.5, gather=draw.randrange(12), **times)


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def event_sequencer_is_its_twin(dut):
    cocotb.start_soon(Clock(dut.clk_i, PERIOD_NS, "ns").start())
    draw = random.Random(5)
    for _ in range(RUNS):
        settings = drawn(draw)
        await begun(dut, settings)
        twin, rows = EventTwin(settings), 0
        busy = draw.choice((0.1, 0.5, 0.95))
        grant = enable = True
        for cycle in range(CYCLES):
            event = draw.randrange(ROWS) if draw.random() < busy else None
            if draw.random() < 0.05:
                grant = not grant
            if draw.random() < 0.02:
                enable = not enable
            dut.event_valid_i.value = event is not None
            dut.event_row_i.value = event or 0
            dut.grant_i.value, dut.enable_i.value = grant, enable
            await Timer(1, "ns")
            wanted = twin.step(event, enable=enable, grant=grant)
            ready = bool(dut.event_ready_o.value) if event is not None else wanted.ready
            found = Outputs(
                ready, rows, *(bool(getattr(dut, f"{name}_o").value) for name in ("wake", "integ", "busy"))
            )
            assert found == wanted, f"{settings}, cycle {cycle}, event {event}: {found} in place of {wanted}"
            assert event is None or int(dut.event_hot_o.value) == 1 << event
            rows = int(dut.row_next_o.value)
            await FallingEdge(dut.clk_i)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def event_sequencer_keeps_its_rate(dut):
    """Events that always wait, one-hot: one each EventSettings.cycles; none is lost or shown twice."""
    cocotb.start_soon(Clock(dut.clk_i, PERIOD_NS, "ns").start())
    settings = EventSettings(lead=2, opened=1, window=3, close=1, tail=1)
    await begun(dut, settings)
    dut.event_valid_i.value = 1
    taken, shown, before = [], [], 0
    for cycle in range(20 * settings.cycles):
        dut.event_row_i.value = len(taken) % ROWS
        await Timer(1, "ns")
        if dut.event_ready_o.value:
            taken.append((cycle, len(taken) % ROWS))
        rows = int(dut.row_next_o.value)
        if rows and not before:
            shown.append(rows)
        before = rows
        await FallingEdge(dut.clk_i)
    assert [cycle for cycle, _ in taken] == [
        0,
        *range(settings.cycles + settings.lead - 1, 20 * settings.cycles, settings.cycles),
    ]
    assert shown == [1 << row for _, row in taken]
