"""What the controller answers to wrong jobs, wrong moments and a converter that fails; and that nothing
reaches the array then."""

from __future__ import annotations

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, JobError, Operation, Outcome, Registers, load_registers
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.ispp_registers import settings_of
from neusoc.digital.model.words import BUFFER_WORDS, KEY, LEVELS_A_WORD, RESULT_ROOM, Refusal
from neusoc.digital.regs.generate import registers as described
from neusoc.verification.cocotb.array_model import SENSE, Limits
from neusoc.verification.cocotb.bench import RELEASE_CYCLES
from neusoc.verification.cocotb.controller_bus_tests import LOCKED, refusal
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import (
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

BUSY, FULL = Refusal.BUSY, Refusal.FULL


@cocotb.test()
async def job_errors(dut):
    """Each reason to refuse a job: its code, both interrupts, and no pulse or read."""
    bench, model = await job_bench(dut, 50)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 50)
    good = Job(Operation.PROGRAM, 0, 0, 0, 0)
    r = settings()

    def stage(name: str, **changes: object) -> Registers:
        return r.model_copy(update={name: getattr(r, name).model_copy(update=changes)})

    wl, line = r.set.wl, r.set.line
    beyond = bench.rows
    cases: list[tuple[str, Registers, Job, int]] = [
        ("row beyond", r, Job(Operation.READ, 0, beyond, 0, 0), JobError.REGION),
        ("column beyond", r, Job(Operation.READ, 0, 0, 0, bench.chip.columns), JobError.REGION),
        ("first row above last", r, Job(Operation.READ, 2, 1, 0, 0), JobError.REGION),
        ("first column above last", r, Job(Operation.SET, 0, 0, 3, 2), JobError.REGION),
        (
            "grid beyond 255",
            r.model_copy(update={"step": 255}),
            Job(Operation.REFRESH, 0, 0, 0, 0),
            JobError.LEVEL,
        ),
        (
            "WL start above stop",
            stage("set", wl=wl.model_copy(update={"start": 63, "stop": 62})),
            good,
            JobError.ORDER,
        ),
        (
            "BL start above stop",
            stage("set", line=line.model_copy(update={"stop": 53})),
            good,
            JobError.ORDER,
        ),
        ("step zero", stage("reset", wl=r.reset.wl.model_copy(update={"step": 0})), good, JobError.STEP),
        (
            "BL stop beyond its limit",
            r.model_copy(update={"limits": r.limits.model_copy(update={"bl": 53})}),
            good,
            JobError.LIMIT,
        ),
        (
            "coarse WL stop beyond its limit",
            r.model_copy(update={"limits": r.limits.model_copy(update={"wl": 62})}),
            good,
            JobError.LIMIT,
        ),
        (
            "WL stop beyond its limit",
            r.model_copy(update={"limits": r.limits.model_copy(update={"wl_fine": 62})}),
            good,
            JobError.LIMIT,
        ),
        (
            "width beyond its limit",
            r.model_copy(update={"limits": r.limits.model_copy(update={"width": 19})}),
            good,
            JobError.LIMIT,
        ),
        ("width zero", stage("set", width=0), good, JobError.ZERO),
        ("pulse_limit zero", r.model_copy(update={"pulse_limit": 0}), good, JobError.ZERO),
        (
            "pulse_limit beyond",
            r.model_copy(update={"limits": r.limits.model_copy(update={"pulses": 39})}),
            good,
            JobError.ZERO,
        ),
        ("stop_tries zero", r.model_copy(update={"stop_tries": 0}), good, JobError.ZERO),
    ]
    for what, registers, job, error in cases:
        await write_settings(bench, model, registers)
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        code, results = await run_job(
            bench, model, job, [[0]] if job.operation == Operation.PROGRAM else None
        )
        assert (code, results) == (error, []), f"{what}: {code}"
        assert await bench.read("irq_status") & 0x60 == 0x60, what
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        assert await bench.read("irq_status") & 0x60 == 0, "job_end and job_error stay set"
        assert await bench.read_field("job_status", "level_words") == 0, "levels of a refused job stay"
    await write_settings(bench, model, r)
    assert (await run_job(bench, model, good, [[r.max_level + 1]]))[0] == JobError.LEVEL
    await bench.write("key", KEY ^ 1)
    assert (await run_job(bench, model, good, [[1]]))[0] == NO_KEY
    assert not model.trace
    for operation in (Operation.READ, Operation.OFFSET):
        code, results = await run_job(bench, model, good._replace(operation=operation))
        assert code == 0 and len(results) == 1, f"{operation.name} needs no key"


@cocotb.test()
async def codes_at_their_limits(dut):
    """Codes and widths that are just what LIMITS allow reach the lines; one below, and the job is refused."""
    bench, model = await job_bench(dut, 59)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 59)
    r = settings(set_code=255, reset_code=0, pulse_limit=2)
    exact = {"bl": r.set.line.stop, "wl_fine": r.set.wl.stop, "wl": r.reset.wl.stop, "width": r.set.width}
    for operation, names in ((Operation.SET, ("bl", "wl_fine", "width")), (Operation.RESET, ("wl", "width"))):
        job = Job(operation, 0, 0, 0, 0)
        await write_settings(bench, model, r.model_copy(update={"limits": r.limits.model_copy(update=exact)}))
        model.trace.clear()
        code, results = await run_job(bench, model, job)
        assert code == 0 and results[0][3] and model.trace, (operation, code, results)
        for name in names:
            less = r.limits.model_copy(update=exact | {name: exact[name] - 1})
            await write_settings(bench, model, r.model_copy(update={"limits": less}))
            assert (await run_job(bench, model, job))[0] == JobError.LIMIT, (operation, name)


@cocotb.test()
async def late_bad_levels(dut):
    """A level above max_level that comes during the job ends it at that cell, also one that does not fit in
    five bits."""
    bench, model = await job_bench(dut, 58)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 58)
    for max_level, bad in (
        (15, 16),
        (15, 32),
        (15, 0x43),
        (15, 0x8F),
        (31, 32),
        (31, 0x5F),
        (30, 31),
        (31, 0xFF),
    ):
        await write_settings(bench, model, settings(max_level=max_level, step=7))
        model.trace.clear()
        await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 3))
        await bench.cycles(60)
        assert await bench.read_field("job_status", "waits_level") == 1
        await bench.write("levels", bad << 16 | 1 << 8)
        await idle(bench)
        assert await bench.read_field("error", "job") == JobError.LEVEL, bad
        assert await bench.read_field("job_status", "results") == 2, bad
        assert {line.split()[2 + line.startswith("P")] for line in model.trace} == {"0", "1"}, (
            "a cell beyond the bad level is touched"
        )
        assert await bench.read_field("job_status", "level_words") == 0
        await bench.write_fields("stop", results=1)


@cocotb.test()
async def limits_after_reset(dut):
    """With the key alone FORM runs with its settings after reset; SET, RESET and PROGRAM are refused until
    the limits are written."""
    bench, model = await job_bench(dut, 59)
    dut.wb_rst_i.value = 1  # the bench has armed the limits
    await bench.cycles(2)
    dut.wb_rst_i.value = 0
    await bench.cycles(RELEASE_CYCLES)
    await bench.write("key", KEY)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 59, pristine=True)
    after = settings_of({})
    model.limits = Limits(after.limits.wl, after.limits.wl_fine, after.limits.bl, after.limits.width)
    one, limit = [[1]], JobError.LIMIT
    for operation, error in (
        (Operation.SET, limit),
        (Operation.RESET, limit),
        (Operation.PROGRAM, limit),
        (Operation.FORM, 0),
    ):
        model.trace = []
        code, _ = await run_job(
            bench, model, Job(operation, 1, 1, 2, 2), one if operation == Operation.PROGRAM else None
        )
        assert code == error and bool(model.trace) == (not error), (operation, code)
    assert any(line.startswith("P") for line in model.trace), "FORM had no pulse"
    await bench.arm()
    armed = load_registers().limits
    model.limits = Limits(armed.wl, armed.wl_fine, armed.bl, armed.width)
    for operation in (Operation.RESET, Operation.SET):
        model.trace = []
        code, _ = await run_job(bench, model, Job(operation, 1, 1, 2, 2))
        assert code == 0 and any(line.startswith("P") for line in model.trace), (operation, code)


@cocotb.test()
async def key_and_lock(dut):
    """What the lock guards can be written until it is set; the lock itself goes away by reset only."""
    bench, model = await job_bench(dut, 51)
    await write_settings(bench, model, settings())
    guarded = [name for name, node in described().items() if node.get_property("guarded", default=False)]
    assert set(guarded) == {
        "key",
        "limits_codes",
        "limits_pulses",
        "timing",
        "learn",
        "path_timing",
        "reference",
    }
    before = [await bench.read(name) for name in guarded]
    assert await bench.read("key") == 1
    await bench.write("lock", 0)
    assert await bench.read("lock") == 0
    await bench.write("lock", 1)
    await bench.write("lock", 0)
    assert await bench.read("lock") == 1
    for name in guarded:
        for value in (0, 0x0101_0101):
            assert await refusal(bench, name, value) == LOCKED, name
    assert [await bench.read(name) for name in guarded] == before
    dut.wb_rst_i.value = 1
    await bench.cycles(2)
    dut.wb_rst_i.value = 0
    await bench.cycles(RELEASE_CYCLES)
    assert await bench.read("lock") == 0 and await bench.read("key") == 0
    for name in guarded:
        assert await refusal(bench, name, 0) == 0, name


@cocotb.test()
async def busy_refusals(dut):
    """While a job runs, or results wait, what would disturb it is refused."""
    bench, model = await job_bench(dut, 52)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 52)
    r = settings()
    await write_settings(bench, model, r)
    await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 3))  # without levels: it waits
    await bench.cycles(60)
    status = await bench.read("job_status")
    assert status & 0b111 == 0b011, "the job waits for levels"
    for name in ("set_wl", "retry", "limits_codes", "grid", "region", "command", "path_timing", "event_in"):
        before = await bench.read(name)
        assert await refusal(bench, name, 0xFFFF_FFFF) == BUSY, name
        assert await bench.read(name) == before
    await bench.write("levels", 0x03020100)
    await idle(bench)
    assert await bench.read_field("job_status", "results") == 4
    assert await refusal(bench, "command", int(Operation.READ)) == BUSY, "results wait"
    assert await refusal(bench, "region", 0) == BUSY
    assert await refusal(bench, "set_wl", await bench.read("set_wl")) == 0
    await bench.write_fields("stop", results=1)
    assert await bench.read("job_status") == 0
    for _ in range(BUFFER_WORDS):
        assert await refusal(bench, "levels", 0) == 0
    assert await refusal(bench, "levels", 0) == FULL
    assert await bench.read_field("job_status", "level_words") == BUFFER_WORDS


@cocotb.test()
async def results_pause(dut):
    """With RESULT_ROOM results waiting the job pauses, without a pulse or read; it goes on when one is taken.
    A quiet job leaves none."""
    bench, model = await job_bench(dut, 53)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 53)
    await write_settings(bench, model, settings())
    job = Job(Operation.READ, 0, 7, 0, 4)
    _, wanted = run_twin(
        WordLineCell(bench.rows, bench.chip.columns, 53), settings(), job, bench.rows, bench.chip.columns
    )
    await bench.write_fields("irq_enable", job_waits=1)
    await start_job(bench, job)
    await bench.until(lambda: bool(int(dut.user_irq.value)), 20_000, "the job waits for room")
    assert await bench.read("job_status") & 0x1F0007 == RESULT_ROOM << 16 | 0b101
    count = len(model.trace)
    await bench.cycles(500)
    assert len(model.trace) == count == RESULT_ROOM + 1, "the paused job reads"
    found = []
    while len(found) < 40 - RESULT_ROOM:
        found += [await take_result(bench) for _ in range(1 + len(found) % 3)]
        if len(found) < 40 - RESULT_ROOM:
            await bench.until(lambda: bool(int(dut.user_irq.value)), 20_000, "the job waits for room again")
    await idle(bench)
    found += [await take_result(bench) for _ in range(RESULT_ROOM)]
    assert found == expected(wanted) and await bench.read("result") == 0
    assert len(model.trace) == 40
    await start_job(bench, job, quiet=1)
    await idle(bench)
    assert await bench.read_field("job_status", "results") == 0 and len(model.trace) == 80


@cocotb.test()
async def buffer_marks(dut):
    """MARKS says how full RESULT and how empty LEVELS must be for their interrupts; 0 results counts as 1."""
    bench, model = await job_bench(dut, 60)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 60)
    await write_settings(bench, model, settings())

    async def raised(name: str) -> int:
        return await bench.read_field("irq_status", name)

    assert not await raised("levels"), "no job runs"
    for mark in (0, 1, 2, RESULT_ROOM - 1, RESULT_ROOM):
        await bench.write_fields("marks", results=mark)
        await bench.write_fields("irq_enable", result=1)
        await start_job(bench, Job(Operation.READ, 0, RESULT_ROOM // 2 - 1, 0, 1))
        await bench.until(lambda: bool(int(dut.user_irq.value)), 20_000, f"{mark} results")
        assert await bench.read_field("job_status", "results") >= max(1, mark)
        await idle(bench)
        for left in range(RESULT_ROOM, 0, -1):
            assert await raised("result") == (left >= mark), f"{left} results wait, the mark is {mark}"
            await take_result(bench)
        assert not await raised("result") and not int(dut.user_irq.value)
    await bench.write_fields("irq_enable", levels=1)
    levels = [[3, 8, 12, 1, 0, 5, 9, 2]] * (BUFFER_WORDS * LEVELS_A_WORD // 8)
    for mark in range(BUFFER_WORDS + 1):
        await bench.write_fields("marks", level_words=mark)
        words = await start_job(bench, Job(Operation.PROGRAM, 0, len(levels), 0, 7), levels, quiet=1)
        assert not words and (mark < BUFFER_WORDS) == (not await raised("levels")), (
            "all words are in the buffer"
        )
        await bench.until(lambda: bool(int(dut.user_irq.value)), 20_000, f"{mark} words of levels")
        assert await bench.read_field("job_status", "level_words") == mark
        await bench.write_fields("stop", job=1)
        await idle(bench)
        assert not await raised("levels") and not int(dut.user_irq.value), "no job runs"
        await bench.write("stop", 0b10)


@cocotb.test()
async def stop_a_job(dut):
    """STOP ends a job after the pulse or verify that runs; also one that waits. Grounded afterwards."""
    bench, model = await job_bench(dut, 54)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 54, pristine=True)
    await write_settings(bench, model, settings(stop_tries=7))
    for delay in (0, 3, 40, 200, 500):
        await start_job(bench, Job(Operation.SET, 0, 3, 0, 3))
        await bench.cycles(delay)
        await bench.write_fields("irq_status", job_end=1, job_error=1)
        await bench.write_fields("stop", job=1)
        await idle(bench, bound=400)
        assert await bench.read_field("error", "job") == STOPPED
        assert await bench.read("irq_status") & 0x60 == 0x60, "the end of a stopped job is not told"
        assert delay > 40 or await bench.read_field("job_status", "results") == 0, (
            "a cell that was stopped has a result"
        )
        await bench.write_fields("stop", results=1)
        await bench.cycles(8)
        assert "sel_ground" in model.lines() and "sl_ground" in model.lines() and model.pin("dac_enable") == 0
    await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 3))
    await bench.cycles(100)
    assert await bench.read_field("job_status", "waits_level") == 1
    await bench.write_fields("stop", job=1)
    await idle(bench, bound=400)
    assert await bench.read_field("error", "job") == STOPPED, "a job that waits for levels is not stopped"
    await start_job(bench, Job(Operation.PROGRAM, 0, 0, 0, 3))
    await bench.cycles(100)
    await bench.write("levels", 0)
    await bench.write_fields("irq_status", job_end=1, job_error=1)
    await bench.write_fields("stop", job=1)
    await idle(bench, bound=2000)
    assert await bench.read_field("error", "job") == STOPPED
    assert await bench.read("irq_status") & 0x60 == 0x60, "the end of a stopped job is not told"
    assert await bench.read_field("job_status", "level_words") == 0, "levels of a stopped job stay"
    await bench.write_fields("stop", results=1)
    code, results = await run_job(bench, model, Job(Operation.READ, 0, 0, 0, 0))
    assert code == 0 and len(results) == 1, "the next job is not stopped"


@cocotb.test()
async def converter_faults(dut):
    """A converter that never answers, or never resets, ends the job with an error within the watchdog's
    bound."""
    bench, model = await job_bench(dut, 55)
    await write_settings(bench, model, settings())
    code, results = await run_job(bench, model, Job(Operation.SET, 1, 2, 1, 2), bound=50)
    assert code == NO_ANSWER and results == [(1, 1, Outcome.NO_ANSWER, 0, 0)]
    assert model.trace == ["R 1 1 0 -1"]
    model.device, model.stuck_valid = WordLineCell(bench.rows, bench.chip.columns, 55), True
    code, results = await run_job(bench, model, Job(Operation.READ, 1, 2, 1, 2), bound=50)
    assert code == NO_ANSWER and [r[2] for r in results] == [Outcome.NO_ANSWER]
    model.stuck_valid = False
    dut.adc_valid_1v8_i.value = 0
    code, results = await run_job(bench, model, Job(Operation.READ, 1, 1, 1, 2))
    assert code == 0 and len(results) == 2
    assert SENSE in model.states_seen
