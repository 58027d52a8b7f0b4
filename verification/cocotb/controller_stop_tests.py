"""How jobs end before their end: STOP and KEY at any moment, room that never comes, levels that come too
late. Nothing is lost unsaid."""

from __future__ import annotations

import os

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, JobError, Operation
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.digital.model.words import HOLD, KEY, RESULT_ROOM
from neusoc.verification.cocotb.array_model import IDLE, SENSE, ArrayModel
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.controller_bus_tests import refusal
from neusoc.verification.cocotb.controller_error_tests import BUSY
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import (
    ENDED,
    INTERLOCK,
    NO_ANSWER,
    NO_KEY,
    STOPPED,
    expected,
    idle,
    run_job,
    settings,
    start_job,
    take_result,
    write_settings,
)

# How many moments of STOP, evenly over all: run.py and test_controller.py choose.
MOMENTS = int(os.environ.get("NEUSOC_STOPS", "40"))


async def told(bench: Bench) -> tuple[int, int]:
    """Error code of the last job, and whether its interrupt is set; clears the interrupt."""
    code, interrupt = (
        await bench.read_field("error", "job"),
        await bench.read_field("irq_status", "job_error"),
    )
    await bench.write_fields("irq_status", job_end=1, job_error=1)
    return code, interrupt


async def waits_for_room(bench: Bench) -> None:
    """Wait until the job waits for room."""
    for _ in range(2000):
        if await bench.read_field("job_status", "waits_room"):
            return
        await bench.cycles(20)
    raise AssertionError("the results never fill up")


async def next_job_is_right(bench: Bench, model: ArrayModel, what: str) -> None:
    """A PROGRAM job after whatever came before: trace and results are the twin's."""
    job, levels = Job(Operation.PROGRAM, 1, 1, 0, 2), [[3, 8, 12]]
    twin = TraceDevice(WordLineCell(bench.rows, bench.chip.columns, 77))
    _, results = run_twin(twin, settings(stop_tries=7), job, bench.rows, bench.chip.columns, levels)
    model.device, model.trace = WordLineCell(bench.rows, bench.chip.columns, 77), []
    code, found = await run_job(bench, model, job, levels, poll=50)
    assert (code, found, model.trace) == (0, expected(results), twin.lines), f"{what}: the next job differs"


@cocotb.test()
async def stop_without_room(dut):
    """STOP while a cell's result waits for room: the result is lost and that is told, also of the job's last
    cell."""
    bench, model = await job_bench(dut, 90)
    await write_settings(bench, model, settings())
    job = Job(Operation.READ, 0, 2, 0, RESULT_ROOM // 3)
    for taken in (0, 1):  # of RESULT_ROOM + 2 cells the last but one waits; the last
        model.device = WordLineCell(bench.rows, bench.chip.columns, 90)
        _, wanted = run_twin(
            WordLineCell(bench.rows, bench.chip.columns, 90), settings(), job, bench.rows, bench.chip.columns
        )
        await start_job(bench, job)
        await waits_for_room(bench)
        found = [await take_result(bench) for _ in range(taken)]
        await waits_for_room(bench)
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        await bench.write_fields("stop", job=1)
        await idle(bench)
        assert await told(bench) == (STOPPED, 1), "a result is lost and nothing tells"
        found += [await take_result(bench) for _ in range(RESULT_ROOM)]
        assert found == expected(wanted)[: len(found)] and await bench.read("result") == 0

    # Room before STOP: nothing is lost, nothing told. A quiet job loses none either.
    await start_job(bench, job)
    await waits_for_room(bench)
    found = [await take_result(bench) for _ in range(2)]
    await idle(bench)
    await bench.write_fields("stop", job=1)
    assert await told(bench) == (0, 0) and await bench.read_field("job_status", "results") == RESULT_ROOM
    await bench.write_fields("stop", results=1)
    await start_job(bench, job, quiet=1)
    await idle(bench)
    assert await told(bench) == (0, 0)


HELD = {"row_first": 2, "row_last": 3, "col_first": 5, "col_last": 6}


async def held(bench: Bench, model: ArrayModel) -> None:
    """HOLD: the first cell of the region as a verify has it, nothing converted or pulsed, until STOP or the
    key's end; at any moment."""
    for number, delay in enumerate((0, 1, 4, 9, 14, 25, 33, 38, 42, 60, 3000)):
        by_key = number % 3 == 2
        await bench.write_fields("region", **HELD)
        await bench.write_fields("command", operation=HOLD)
        await bench.cycles(delay)
        assert await bench.read_field("job_status", "busy")
        if delay == 3000:
            assert model.lines() == SENSE and model.cell() == (2, 5) and model.pin("adc_enable")
            assert not model.pin("dac_enable") and not model.pin("adc_sample") and not model.pin("adc_strobe")
        if by_key:
            await bench.write("key", 0)
        else:
            await bench.write_fields("stop", job=1)
        await idle(bench, bound=400)
        assert await told(bench) == (NO_KEY if by_key else STOPPED, 1), delay
        await bench.cycles(8)
        assert model.lines() == IDLE and not model.pin("row") and not model.pin("adc_enable"), delay
        assert not model.trace and not await bench.read_field("job_status", "results"), "a result of HOLD"
        if by_key:
            await bench.write_fields("command", operation=HOLD)
            await idle(bench)
            assert (await told(bench))[0] == NO_KEY and not model.pin("row"), "HOLD without a key"
            await bench.write("key", KEY)


@cocotb.test()
async def hold_until_the_end(dut):
    """HOLD, a region beyond the array, and the job behind it."""
    bench, model = await job_bench(dut, 94)
    await write_settings(bench, model, settings())
    await held(bench, model)
    await bench.write_fields("region", **HELD | {"row_first": bench.rows})
    await bench.write_fields("command", operation=HOLD)
    await idle(bench)
    assert (await told(bench))[0] == JobError.REGION
    await next_job_is_right(bench, model, "HOLD")


@cocotb.test()
async def stop_at_every_moment(dut):
    """STOP at any moment of every operation: the job ends, every cell has a result or the error tells, the
    lines are grounded."""
    bench, model = await job_bench(dut, 91)
    await write_settings(bench, model, settings(stop_tries=7))
    moments = [(operation, delay) for operation in Operation for delay in range(420)]
    step = max(1, len(moments) // MOMENTS)
    stopped = 0
    for number, (operation, delay) in enumerate(moments[bench.random.randrange(step) :: step]):
        what = f"STOP {delay} cycles after {operation.name}"
        model.device = WordLineCell(bench.rows, bench.chip.columns, 91, pristine=operation == Operation.FORM)
        await start_job(
            bench, Job(operation, 0, 1, 0, 1), [[1, 9], [4, 15]] if operation == Operation.PROGRAM else None
        )
        await bench.cycles(delay)
        await bench.write_fields("stop", job=1)
        await idle(bench, bound=3000)
        code, _ = await told(bench)
        status = await bench.read("job_status")
        assert code == STOPPED or (code == 0 and status >> 16 & 0x1F == 4), (
            f"{what}: error {code}, status {status:#x}"
        )
        assert not status >> 8 & 0xF, f"{what}: levels stay"
        stopped += code == STOPPED
        await bench.write_fields("stop", results=1)
        await bench.cycles(8)
        assert model.lines() == IDLE and not model.pin("dac_enable") and not model.pin("row"), (
            f"{what}: {sorted(model.lines())}"
        )
        if number % 12 == 0:
            await next_job_is_right(bench, model, what)
    assert stopped > MOMENTS // 2, "STOP came too late for most jobs"


@cocotb.test()
async def stop_while_a_job_wakes(dut):
    """STOP, or the key's end, while a job wakes or waits for the longest image: it ends in 20 cycles; the
    image goes on to its winner."""
    bench, model = await job_bench(dut, 95)
    await write_settings(bench, model, settings())
    await bench.write_fields("path_timing", gap=3, program_settle=10, read_settle=25, wake=255)

    async def ends(operation: Operation, delay: int, by_key: bool) -> None:
        await start_job(bench, Job(operation, 0, 1, 0, 1))
        await bench.cycles(delay)
        assert await bench.read_field("job_status", "busy")
        if by_key:
            await bench.write("key", 0)
        else:
            await bench.write_fields("stop", job=1)
        await bench.cycles(16)
        assert not await bench.read_field("job_status", "busy"), (
            f"{operation.name} {delay} cycles after its start"
        )
        assert await told(bench) == (NO_KEY if by_key else STOPPED, 1)
        await bench.write("key", KEY)

    for delay in (20, 100, 1000, 4000):
        await ends(Operation.READ, delay, by_key=False)
        await ends(Operation.SET, delay, by_key=True)
    await bench.write_fields("windows", bit3=255, bit2=255, bit1=255, bit0=255)
    await bench.write_fields("ctrl", enable=1)
    await bench.load([15] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.cycles(20)
    await ends(Operation.READ, 50, by_key=False)
    await ends(Operation.SET, 50, by_key=True)
    assert await bench.image_field("busy"), "the image was to go on behind the job"
    await bench.write_fields("ctrl")
    await bench.cycles(40)
    await write_settings(bench, model, settings())
    await next_job_is_right(bench, model, "a job that never woke")


@cocotb.test()
async def results_refill(dut):
    """Results full, some taken, full again, STOP: what is there is in order; no job starts before all are
    taken."""
    bench, model = await job_bench(dut, 92)
    await write_settings(bench, model, settings())
    job = Job(Operation.READ, 0, 7, 0, 7)
    for seed in range(3):
        model.device = WordLineCell(bench.rows, bench.chip.columns, seed)
        _, wanted = run_twin(
            WordLineCell(bench.rows, bench.chip.columns, seed),
            settings(),
            job,
            bench.rows,
            bench.chip.columns,
        )
        await start_job(bench, job)
        await waits_for_room(bench)
        found = [await take_result(bench) for _ in range(1 + seed)]
        await waits_for_room(bench)
        await bench.write_fields("stop", job=1)
        await idle(bench)
        assert (await told(bench))[0] == STOPPED
        assert await refusal(bench, "command", int(Operation.READ)) == BUSY
        assert await refusal(bench, "region", 0) == BUSY
        found += [await take_result(bench) for _ in range(await bench.read_field("job_status", "results"))]
        assert found == expected(wanted)[: len(found)] and len(found) == RESULT_ROOM + 1 + seed
        assert await bench.read("result") == 0


@cocotb.test()
async def key_removed(dut):
    """Without the key no further pulse comes, whenever it goes, also if it is back at once; the job says why.
    READ needs none."""
    bench, model = await job_bench(dut, 93)
    await write_settings(bench, model, settings(stop_tries=7, set_code=255, pulse_limit=40))
    job = Job(Operation.SET, 0, 0, 0, 3)
    ended_with = []
    for number, delay in enumerate((77, 20, 45, 0, 60, 90, 200, 331)):
        model.device, model.trace = WordLineCell(bench.rows, bench.chip.columns, 93, pristine=True), []
        await bench.write("key", KEY)
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        await start_job(bench, job)
        await bench.cycles(delay)
        await bench.write("key", 0)
        pulses = sum(line[0] == "P" for line in model.trace)
        if number % 2:
            await bench.write("key", KEY)
        await idle(bench, bound=600)
        more = sum(line[0] == "P" for line in model.trace) - pulses
        assert more <= 1, f"{more} pulses after the key was taken away"
        assert await told(bench) == (NO_KEY, 1)
        ended_with.append(pulses + more)
        await bench.write_fields("stop", results=1)
        await bench.cycles(8)
        assert model.lines() == IDLE and not model.pin("dac_enable")
    assert min(ended_with) == 0 and max(ended_with) > 1, ended_with

    # One that waits for levels ends as well; a READ goes on.
    await bench.write("key", KEY)
    await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 3))
    await bench.cycles(60)
    assert await bench.read_field("job_status", "waits_level") == 1
    await bench.write("key", 0)
    await idle(bench, bound=200)
    assert await told(bench) == (NO_KEY, 1)
    await start_job(bench, Job(Operation.READ, 0, 0, 0, 3))
    await idle(bench)
    assert await told(bench) == (0, 0) and await bench.read_field("job_status", "results") == 4


@cocotb.test()
async def stale_levels(dut):
    """Levels that come after their job has ended are refused, or dropped with its end; the next job gets its
    own."""
    bench, model = await job_bench(dut, 94)
    await write_settings(bench, model, settings(stop_tries=7))
    stale = 0x0F0F_0F0F

    async def words() -> int:
        return await bench.read_field("job_status", "level_words")

    # A converter that does not answer ends the job; software sends the rest of its levels, not having looked.
    for opened in ("region", "stop", "command"):
        model.device = None
        await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 7), [[1] * 8])
        await idle(bench)
        assert await bench.read_field("error", "job") == NO_ANSWER
        assert await refusal(bench, "levels", stale) == ENDED and await words() == 0, (
            "levels of an ended job are taken"
        )
        await take_result(bench)
        assert await refusal(bench, "levels", stale) == ENDED, "taking results prepares no job"
        if opened == "region":
            await bench.write("region", 0)
        elif opened == "stop":
            await bench.write("stop", 0)
        else:  # the same region again: its levels come while it runs
            await bench.write_fields("command", operation=int(Operation.PROGRAM))
        assert await refusal(bench, "levels", 0x0302_0100) == 0, f"{opened} does not open the levels"
        await idle(bench, bound=2000) if opened == "command" else None
        await bench.write("stop", 0b10)
        assert await words() == 0, "STOP does not empty the levels"
        await next_job_is_right(bench, model, opened)

    # Refused jobs, and those without levels, close it too.
    for operation in (6, Operation.READ):
        await bench.write_fields("command", operation=int(operation))
        await idle(bench)
        assert await refusal(bench, "levels", stale) == ENDED
        await bench.write_fields("stop", results=1)
    await next_job_is_right(bench, model, "after READ")

    # The end of the job at every moment of the write.
    one = Job(Operation.PROGRAM, 0, 0, 0, 0)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 94)
    await start_job(bench, one, [[5]])
    length = await bench.until(lambda: not int(dut.job_busy.value), 4000, "the end")
    await take_result(bench)
    refused = set()
    for early in range(2, 32, 2):
        model.device = WordLineCell(bench.rows, bench.chip.columns, 94)
        await start_job(bench, one, [[5]])
        await bench.cycles(length - early)
        refused.add(await refusal(bench, "levels", stale))
        await idle(bench)
        assert await words() == 0, f"levels written {early} cycles before the end stay"
        await take_result(bench)
        if early % 8 == 0:
            await next_job_is_right(bench, model, f"levels {early} cycles before the end")
    assert refused == {0, ENDED}, refused


@cocotb.test()
async def interlock_refuses(dut):
    """A setting that is upset after the check, so that a pulse would pass the limits: it is cut or does not
    come, and the job says why."""
    bench, model = await job_bench(dut, 96)
    r = settings(stop_tries=7, set_code=255, pulse_limit=40)
    limits = r.limits.model_copy(update={"width": 30, "wl_fine": 40})
    stage = r.set.model_copy(update={"wl": r.set.wl.model_copy(update={"stop": 40})})
    await write_settings(bench, model, r.model_copy(update={"limits": limits, "set": stage}))
    words = dut.u_registers.u_settings.u_settings
    width, codes = (
        words.u_set_line.word_o,
        words.u_set_wl.word_o,
    )  # width from bit 16 on; start in 5:0, stop in 16:11
    # what is upset: word, its new value, pulses that come before that, whether one is cut
    upsets = (
        (width, int(width.value) | 0x3FF << 16, 0, True),
        (width, int(width.value) | 0x3FF << 16, 2, True),
        (codes, int(codes.value) | 0x3F << 11 | 0x3F, 0, False),
    )
    for word, wrong, before, cut in upsets:
        model.device, model.trace = WordLineCell(bench.rows, bench.chip.columns, 96, pristine=True), []
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        await start_job(bench, Job(Operation.SET, 0, 0, 0, 1))
        await bench.until(
            lambda least=before: sum(line[0] == "P" for line in model.trace) >= least, 4000, "pulses"
        )
        await bench.until(
            lambda: bool(model.pin("row") and model.pin("sel_sense")), 400, "the verify before the next pulse"
        )
        right, word.value = int(word.value), wrong
        await idle(bench, bound=1000)
        assert await told(bench) == (INTERLOCK, 1)
        seen = [int(line.split()[-1]) for line in model.trace if line[0] == "P"]
        assert seen == [20] * before + [limits.width] * cut, f"pulses of {seen} cycles"
        await bench.cycles(8)
        assert model.lines() == IDLE and not model.pin("dac_enable")
        word.value = right
        await bench.write_fields("stop", results=1)
    await write_settings(bench, model, settings(stop_tries=7))
    await next_job_is_right(bench, model, "after a refusal")


@cocotb.test()
async def interlock_refuses_a_read(dut):
    """The interlock is upset before the row of a READ, or of a verify, comes: no row, no code, no result; the
    job says why."""
    bench, model = await job_bench(dut, 97)
    await write_settings(bench, model, settings(stop_tries=7))
    for operation in (Operation.READ, Operation.REFRESH, Operation.SET):
        model.device, model.trace = WordLineCell(bench.rows, bench.chip.columns, 97), []
        await start_job(bench, Job(operation, 0, 0, 0, 1))
        await bench.until(lambda: bool(int(dut.u_interlock.row_on_i.value)), 400, "the read")
        dut.u_interlock.spent_q.value = 1
        await idle(bench, bound=1000)
        assert await told(bench) == (INTERLOCK, 1), operation
        assert await bench.read_field("job_status", "results") == 0, operation
        await bench.cycles(8)
        assert not model.trace and model.lines() == IDLE and not model.pin("dac_enable"), operation
    await next_job_is_right(bench, model, "after a refused read")
