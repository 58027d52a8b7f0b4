"""Jobs, neurons and resets keep out of each other's way."""

from __future__ import annotations

import random

import cocotb
from cocotb.triggers import Timer
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.words import KEY, RESULT_ROOM
from neusoc.verification.cocotb.array_model import IDLE, NEURON
from neusoc.verification.cocotb.bench import RELEASE_CYCLES
from neusoc.verification.cocotb.checks import expose
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import expected, idle, run_job, settings, start_job, write_settings


@cocotb.test()
async def pauses_grounded(dut):
    """A job that waits for a level or for room has let go of its last cell: array grounded, no column, no
    row, whatever was done to it."""
    bench, model = await job_bench(dut, 59)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 59)
    await write_settings(bench, model, settings(stop_tries=7))

    async def paused(what: str, after: int) -> None:
        # 8 cycles: two gaps of switches and the status register
        await bench.until(lambda: bool(int(dut.user_irq.value)), 20_000, f"the job waits for {what}")
        await bench.cycles(8)
        assert len(model.trace) >= after and await bench.read_field("job_status", f"waits_{what}")
        for _ in range(20):
            await bench.cycles(1)
            assert model.lines() == IDLE, f"{sorted(model.lines())} while the job waits for {what}"
            assert not model.pin("col") and not model.pin("row"), (
                f"a column or a row is on while the job waits for {what}"
            )

    await bench.write_fields("irq_enable", job_waits=1)
    await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 7))
    await paused("level", 0)
    await bench.write("levels", 0x0302_0100)
    await bench.until(lambda: not int(dut.user_irq.value), 20, "the job goes on")
    await paused("level", 4)
    await bench.write("stop", 0b01)
    await idle(bench)
    await bench.write("stop", 0b10)
    await start_job(bench, Job(Operation.READ, 0, 7, 0, 4))
    await paused("room", RESULT_ROOM + 1)


@cocotb.test()
async def neurons_and_jobs(dut):
    """A job waits for the exposure that runs; events wait for the job, and are told; neurons are held
    discharged meanwhile."""
    bench, model = await job_bench(dut, 56)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 56)
    await write_settings(bench, model, settings())
    await expose(bench, window=200)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.cycles(6)
    assert model.lines() == NEURON and int(dut.discharge_1v8_o.value) == 0
    await bench.send(3)
    await bench.until(lambda: int(dut.row_1v8_o.value) == 1 << 3, 8, "the row")
    await start_job(bench, Job(Operation.READ, 0, 0, 0, 3))
    assert int(dut.row_1v8_o.value) == 1 << 3 and model.lines() == NEURON, "the exposure is cut"
    assert not await bench.read_field("irq_status", "event_in_job"), "an event before the job"
    event = cocotb.start_soon(bench.send(5, bound=20_000))
    await bench.until(lambda: bool(model.pin("adc_sample")), 2000, "first conversion")
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    assert not bench.pin("aer_in_ack"), "an event is taken while a job runs"
    await idle(bench)
    await event
    await bench.until(lambda: int(dut.row_1v8_o.value) == 1 << 5, 8, "the row of the event that waited")
    assert model.lines() == NEURON
    assert await bench.read_field("irq_status", "event_in_job") == 1
    assert await bench.read_field("events", "received") == 2


@cocotb.test()
async def reset_amid_jobs(dut):
    """Reset at any moment of a job: all switches open at once, grounded after it, and the next job is
    right."""
    bench, model = await job_bench(dut, 57)
    rng = random.Random(57)
    for number in range(12):
        model.device = WordLineCell(bench.rows, bench.chip.columns, number)
        await bench.write("key", KEY)
        await write_settings(bench, model, settings())
        await bench.write_fields(
            "path_timing", gap=rng.randrange(1, 5), program_settle=2, read_settle=2, wake=0
        )
        waits = number % 2  # with an event that waits for the job's end
        await bench.write_fields("ctrl", enable=waits, aer_in=waits)
        await start_job(
            bench, Job(rng.choice((Operation.SET, Operation.RESET, Operation.REFRESH)), 0, 7, 0, 7)
        )
        bench.drive("aer_in_address", 3)
        bench.drive("aer_in_req", waits)
        await Timer(rng.randrange(1, 4000) * 1000, unit="ps")
        await bench.cycles(1)
        assert not bench.pin("aer_in_ack"), "an event is taken amid a job"
        dut.wb_rst_i.value = 1
        await bench.cycles(1)
        assert not model.lines() and not int(dut.row_1v8_o.value) and not int(dut.col_1v8_o.value)
        assert not model.pin("dac_enable") and not model.pin("adc_enable") and not model.pin("adc_strobe")
        dut.wb_rst_i.value = 0
        bench.drive("aer_in_req", 0)
        dut.adc_valid_1v8_i.value = 0
        await bench.cycles(RELEASE_CYCLES)
        assert model.lines() == IDLE
        assert await bench.read("job_status") == 0 and await bench.read("result") == 0
    model.device, job = WordLineCell(bench.rows, bench.chip.columns, 99), Job(Operation.READ, 1, 1, 0, 2)
    await write_settings(bench, model, settings())
    _, wanted = run_twin(
        WordLineCell(bench.rows, bench.chip.columns, 99), settings(), job, bench.rows, bench.chip.columns
    )
    assert await run_job(bench, model, job) == (0, expected(wanted))
