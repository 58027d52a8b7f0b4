"""Events in, and the exposures of their rows."""

from __future__ import annotations

import cocotb
from cocotb.triggers import FallingEdge
from neusoc.verification.cocotb.bench import bits, counts
from neusoc.verification.cocotb.checks import DEFAULT_TIMING, check_pulse, expose, quiet, started
from neusoc.verification.cocotb.controller_bus_tests import PIXELS

OPENS = 3  # cycles from the end of gathering to the rows with the shortest lead: wake, image_unit, interlock


@cocotb.test()
async def one_hot_random(dut):
    """Random events of pins and software at random rates: one pulse each, in order, of the programmed
    shape."""
    bench = await started(dut, 3)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    for ratio in (0, 5):
        timing = await expose(
            bench, ratio=ratio, **{name: bench.random.randrange(0, 12) for name in DEFAULT_TIMING}
        )
        bench.monitor.pulses.clear()
        bench.monitor.seen_any = False
        rows = [bench.random.randrange(bench.rows) for _ in range(40)] + [0, bench.rows - 1]
        received = await bench.read_field("events", "received")
        for row in rows:
            if bench.random.random() < 0.2:
                await quiet(bench)
                await bench.write("event_in", row)
                continue
            await bench.send(row, most_ns=bench.random.choice((1, 5, 50)))
            if bench.random.random() < 0.2:
                await bench.cycles(bench.random.randrange(100))
        await quiet(bench)
        assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in rows]
        for pulse in bench.monitor.pulses:
            check_pulse(pulse, timing, ratio)
        assert await bench.read_field("events", "received") == (received + len(rows)) & 0xFFFF


@cocotb.test()
async def multi_hot_window(dut):
    """Events within the window become one pulse; a second event for a gathered row waits for the next."""
    bench = await started(dut, 4)
    await expose(bench, gather=120, **DEFAULT_TIMING)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    rows = bench.random.sample(range(bench.rows), 4)
    for row in rows:
        assert await bench.send(row, bound=10) < 8, "an event for a row not yet gathered is taken at once"
    start_of_wait = await bench.send(rows[1], bound=200)
    assert start_of_wait > 40, f"a second event for row {rows[1]} waited {start_of_wait} cycles only"
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [sum(1 << r for r in rows), 1 << rows[1]]
    for pulse in bench.monitor.pulses:
        check_pulse(pulse, DEFAULT_TIMING)


@cocotb.test()
async def window_length(dut):
    """The pulse starts the programmed number of cycles after its first event was taken."""
    bench = await started(dut, 5)
    await bench.write_fields("ctrl", enable=1, multi_hot=1)
    for window in (0, 1, 2, 37):
        await expose(bench, gather=window)
        before = await bench.read_field("events", "received")
        writing = cocotb.start_soon(bench.write("event_in", 3))
        taken = started_at = None
        for cycle in range(100):
            await FallingEdge(dut.wb_clk_i)
            if taken is None and int(dut.u_registers.u_regs.hwif_in_events_received_incr.value):
                taken = cycle
            if started_at is None and bench.busy():
                started_at = cycle
        await writing
        assert await bench.read_field("events", "received") == before + 1
        assert taken is not None and started_at is not None, window
        assert started_at - taken == max(1, window) + OPENS, (window, taken, started_at)


@cocotb.test()
async def event_at_window_end(dut):
    """An event that comes just when a window ends is in that pulse or the next, never lost, whatever the
    cycle."""
    bench = await started(dut, 22)
    await expose(bench, gather=20)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    together = set()
    for delay in range(10, 30):
        bench.monitor.pulses.clear()
        await bench.send(5)
        await bench.cycles(delay)
        await bench.send(6)
        await quiet(bench)
        rows = [p.rows for p in bench.monitor.pulses]
        assert rows in ([0b1100000], [0b100000, 0b1000000]), (delay, rows)
        together.add(len(rows))
    assert together == {1, 2}, "the window never ended within the sweep"


@cocotb.test()
async def multi_hot_random(dut):
    """Random events in multi-hot mode, pins and software together: none lost, none doubled."""
    bench = await started(dut, 6)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    for ratio in (0, 7):
        times = {name: bench.random.randrange(0, 6) for name in DEFAULT_TIMING}
        timing = await expose(bench, bench.random.randrange(1, 60), ratio, **times)
        bench.monitor.pulses.clear()
        bench.monitor.seen_any = False
        rows = [bench.random.randrange(bench.rows) for _ in range(80)]
        injected = [bench.random.randrange(bench.rows) for _ in range(10)]

        async def inject(todo=injected) -> None:
            for row in todo:
                await bench.write("event_in", row)
                for _ in range(200):
                    if not await bench.read_field("status", "event_in_busy"):
                        break
                else:
                    raise AssertionError("the event written is never taken")

        task = cocotb.start_soon(inject())
        for row in rows:
            await bench.send(row, most_ns=bench.random.choice((1, 5, 50)))
        await task
        await quiet(bench)
        pulses = bench.monitor.pulses
        assert counts(r for p in pulses for r in bits(p.rows)) == counts(rows + injected)
        assert max(len(bits(p.rows)) for p in pulses) > 1, "no pulse drove several rows"
        for pulse in pulses:
            check_pulse(pulse, timing, ratio)
    assert await bench.read("errors") == 0


@cocotb.test()
async def back_pressure(dut):
    """One-hot: the acknowledge is withheld until the exposure before has ended."""
    bench = await started(dut, 7)
    await expose(bench, lead=5, tail=3, window=200)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    assert await bench.send(1) < 8
    await bench.until(bench.busy, 8, "the row")
    sending = cocotb.start_soon(bench.send(2))
    early = 0
    while bench.busy():
        early += bench.pin("aer_in_ack")
        await bench.cycles(1)
    assert early == 0, "acknowledge during the pulse before"
    assert await sending > 180
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [0b10, 0b100]


@cocotb.test()
async def disabled_port(dut):
    """No acknowledge while the port or the chip is off."""
    bench = await started(dut, 8)
    bench.drive("aer_in_address", 1)
    bench.drive("aer_in_req", 1)
    for ctrl in ({}, {"enable": 1}, {"aer_in": 1}):
        await bench.write_fields("ctrl", **ctrl)
        for _ in range(30):
            await bench.cycles(1)
            assert not bench.pin("aer_in_ack") and not bench.busy(), ctrl
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.until(lambda: bool(bench.pin("aer_in_ack")), 8, "acknowledge")
    bench.drive("aer_in_req", 0)
    await bench.until(lambda: not bench.pin("aer_in_ack"), 8, "end of acknowledge")


@cocotb.test()
async def bad_address(dut):
    """An event for a row that does not exist is acknowledged, counted and flagged, and drives nothing."""
    bench = await started(dut, 9)
    await bench.write_fields("irq_enable", bad_address=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    assert bench.rows < 256, "choose a chip with fewer rows"
    wrong = [bench.rows, 255, *(bench.random.randrange(bench.rows, 256) for _ in range(6))]
    for number, row in enumerate(wrong, 1):
        await bench.send(row, bound=10)
        assert await bench.read_field("errors", "bad_address") == number
    await bench.write("event_in", bench.rows)
    await bench.cycles(4)
    assert await bench.read_field("errors", "bad_address") == len(wrong) + 1
    assert not bench.monitor.pulses and not bench.busy(), "a row was driven"
    assert await bench.read_field("events", "received") == 0
    assert int(dut.user_irq.value) == 1
    await bench.write_fields("irq_status", bad_address=1)
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 0 and await bench.read("irq_status") == PIXELS
    for _ in range(260):
        await bench.send(255)
    assert await bench.read_field("errors", "bad_address") == 255, "the counter stops at 255"
    await bench.write("errors", 0)
    assert await bench.read("errors") == 0


@cocotb.test()
async def software_events(dut):
    """Events written by software; written too early they are dropped, counted and flagged."""
    bench = await started(dut, 10)
    await bench.write("event_in", 1)
    await bench.cycles(5)
    assert await bench.read("errors") == 1 << 8 and not bench.monitor.pulses, "while disabled"
    await bench.write_fields("irq_enable", overflow=1)
    await expose(bench, window=100)
    await bench.write_fields("ctrl", enable=1)
    for row in (4, 5, 6):
        await bench.write("event_in", row)
    assert await bench.read_field("status", "event_in_busy") == 1
    assert await bench.read("event_in") == 5
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 1
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 4, 1 << 5]
    assert await bench.read("errors") == 2 << 8
    assert await bench.read_field("events", "received") == 2
