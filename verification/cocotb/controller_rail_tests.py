"""The rail of learning and its limits: a rail beyond them teaches nothing and holds up nothing; limits stand
through a waveform."""

from __future__ import annotations

import cocotb
from neusoc.base.pins import learning_groups
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.words import Refusal
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import quiet, started, taken
from neusoc.verification.cocotb.controller_bus_tests import refusal
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.controller_learning_tests import GAP, RAIL, SETTLE, learns, waveform, wins
from neusoc.verification.cocotb.jobs import idle, settings, start_job, write_settings


@cocotb.test()
async def limits_stand_through_a_waveform(dut):
    """LIMITS_CODES lowered between a spike and the end of its waveform: refused, and the waveform is whole;
    taken behind it."""
    bench = await started(dut, 72, monitors=False)
    await bench.write_fields("limits_codes", wl=63, wl_fine=63, bl=58)
    for pin in ("fire", "phi_1"):
        await learns(bench, 100, 100)
        await wins(bench, 1)
        await bench.until(lambda pin=pin: bool(bench.pin_1v8(pin)), 200, pin)
        assert await refusal(bench, "limits_codes", 0) == Refusal.RUNNING, pin
        assert await bench.read_field("limits_codes", "wl_fine") == 63
        await bench.until(lambda: bool(bench.pin_1v8("phi_2")), 200, "the second phase")
        for _ in range(100):
            assert bench.pin_1v8("phi_2") and bench.pin_1v8("row"), pin
            await bench.cycles(1)
        assert not bench.pin_1v8("phi_2")
        await quiet(bench)
        assert await taken(bench) == 1 and not await bench.read_field("error", "rail")
        assert await refusal(bench, "limits_codes", 0) == Refusal.RUNNING, "the next spike may teach"
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1)
    assert await refusal(bench, "limits_codes", 0) == 0


async def reads_two_cells(bench: Bench) -> None:
    """A READ job of two cells ends, with its results."""
    await start_job(bench, Job(Operation.READ, 0, 0, 0, 1))
    await idle(bench, bound=2000)
    assert await bench.read_field("job_status", "results") == 2
    await bench.write_fields("stop", results=1)


@cocotb.test()
async def rail_beyond_its_limit(dut):
    """A rail that LIMITS_CODES forbids: a spike teaches nothing and that is an error; events and jobs go on;
    a lower rail teaches."""
    bench, model = await job_bench(dut, 70)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 70)
    await write_settings(bench, model, settings())
    for fine, limits in ((1, {"wl": 63, "wl_fine": RAIL - 1}), (0, {"wl": RAIL - 1, "wl_fine": 63})):
        await bench.write_fields("limits_codes", bl=58, **limits)
        await learns(bench)
        await bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL, fine=fine)
        await bench.write_fields("irq_enable", rail=1)
        assert not int(dut.user_irq.value) and not await bench.read_field("error", "rail")
        await wins(bench, 1)
        assert await taken(bench) == 1, "the spike is an event all the same"
        assert not await waveform(bench), "a waveform on a rail beyond its limit"
        assert (
            await bench.read_field("error", "rail")
            and await bench.read_field("irq_status", "rail")
            and int(dut.user_irq.value)
        )
        await bench.send(2, bound=100)
        await quiet(bench)
        await reads_two_cells(bench)
        await bench.write("error", 0)
        await bench.write_fields("irq_status", rail=1)
        assert not await bench.read_field("error", "rail") and not await bench.read_field(
            "irq_status", "rail"
        )
        await bench.write_fields("ctrl")
        await bench.write_fields("limits_codes", wl=63, wl_fine=63, bl=58)
        await learns(bench)
        await wins(bench, 2)
        assert (
            len(await waveform(bench)) == 2 * learning_groups(bench.rows)
            and await taken(bench) == 2
            and not await bench.read_field("error", "rail")
        )
        await bench.write_fields("ctrl")


@cocotb.test()
async def rail_moves_beyond_its_limit(dut):
    """TIMING.rail written beyond its limit around a spike: a whole waveform on the old rail or none and an
    error; nothing waits."""
    bench, model = await job_bench(dut, 71)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 71)
    await write_settings(bench, model, settings())
    await bench.write_fields("limits_codes", wl=63, wl_fine=RAIL, bl=58)
    refused = []
    for delay in range(10):
        await learns(bench)
        await bench.until(lambda: not bench.discharge(1), 400, "neurons that are let go")
        write = cocotb.start_soon(bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL + 1, fine=1))
        await bench.cycles(delay)
        await wins(bench, 1)
        seen = await waveform(bench)
        await write
        refused.append(await bench.read_field("error", "rail"))
        assert len(seen) == (0 if refused[-1] else 2 * learning_groups(bench.rows)), delay
        assert await taken(bench) == 1
        await bench.write("error", 0)
        await reads_two_cells(bench)
    assert refused[-1] and not refused[0], refused
