"""Jobs against the normative algorithm: the same pulses and reads in the same order, the same results."""

from __future__ import annotations

import os
import random

import cocotb
from neusoc.digital.lines import IDLE, PROGRAM, RESET, SENSE
from neusoc.digital.model.integer_cell import IntegerCell, random_job, random_registers
from neusoc.digital.model.ispp import Job, JobError, Operation, Registers, TraceDevice, load_registers
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.words import KEY
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import started
from neusoc.verification.cocotb.jobs import (
    SHORT_ADC,
    SHORT_PATH,
    expected,
    expected_error,
    run_job,
    start_job,
    take_result,
    write_settings,
)

# How many random jobs, from which on: run.py chooses.
JOBS, FIRST_JOB = int(os.environ.get("NEUSOC_JOBS", "20")), int(os.environ.get("NEUSOC_FIRST_JOB", "0"))


async def job_bench(dut, seed: int) -> tuple[Bench, ArrayModel]:
    """A bench with an array model and the shortest times, key set."""
    bench = await started(dut, seed, monitors=False)
    model = ArrayModel(dut, rng=random.Random(seed))
    model.start()
    await bench.write_fields("path_timing", **SHORT_PATH)
    await bench.write_fields("adc_timing", **SHORT_ADC)
    await bench.write("key", KEY)
    return bench, model


def short(registers: Registers, rng: random.Random) -> Registers:
    """The same settings with short pulses: simulation time."""
    stages = {name: getattr(registers, name).model_copy(update={"width": 1 + rng.randrange(40)}) for name in ("form", "set", "reset")}
    return registers.model_copy(update=stages)


@cocotb.test()
async def jobs_as_the_twin(dut):
    """Random jobs with random settings: trace and results equal the twin's, line by line."""
    bench, model = await job_bench(dut, 40)
    rows, columns = bench.rows, bench.chip.columns
    seen = {operation: 0 for operation in Operation}
    refused = 0
    for number in range(FIRST_JOB, FIRST_JOB + JOBS):
        rng = random.Random(1000 + number)
        registers = short(random_registers(rng), rng)
        job, levels = random_job(rng, registers, rows, columns)
        silent = rng.randrange(60) if rng.random() < 0.1 else None
        pristine = job.operation == Operation.FORM or rng.random() < 0.1
        twin = TraceDevice(IntegerCell(rows, columns, number, pristine, silent))
        error, results = run_twin(twin, registers, job, rows, columns, levels)
        model.device, model.trace = IntegerCell(rows, columns, number, pristine, silent), []
        await write_settings(bench, model, registers)
        code, found = await run_job(bench, model, job, levels)
        assert code == expected_error(error, results), f"job {number}: {job}: error {code}, twin {error}"
        assert model.trace == twin.lines, f"job {number}: {job}: {_first_difference(model.trace, twin.lines)}"
        assert found == expected(results), f"job {number}: {job}"
        if results:
            last = await bench.read("last_cell")
            assert (last >> 8 & 0x3F, last & 0xFF) == (results[-1].wl, results[-1].target), f"job {number}: {job}: last cell"
        seen[job.operation] += 1
        bench.log.info("job %d: %s, %d lines", number, job, len(twin.lines))
        refused += error != JobError.NONE
    bench.log.info("jobs %s, refused %d", {o.name: n for o, n in seen.items()}, refused)
    if JOBS >= 40:
        assert min(seen.values()) and refused, "an operation, or the refusal, never came"
        assert {frozenset(s) for s in (IDLE, PROGRAM, RESET, SENSE)} <= model.states_seen


def _first_difference(found: list[str], wanted: list[str]) -> str:
    at = next((k for k, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b), min(len(found), len(wanted)))
    return f"line {at}: {found[at : at + 2]} instead of {wanted[at : at + 2]}"


@cocotb.test()
async def offset_of_the_path(dut):
    """OFFSET needs no key, converts with every row off and the DACs without power; then READ has its rows again."""
    bench, model = await job_bench(dut, 42)
    await bench.write("key", 0)
    registers = load_registers().model_copy(update={"read_range": 1, "read_count": 1, "read_shift": 0})
    await write_settings(bench, model, registers)
    for operation in (Operation.OFFSET, Operation.READ, Operation.OFFSET):
        job = Job(operation, 1, 2, 3, 5)
        twin = TraceDevice(IntegerCell(bench.rows, bench.chip.columns, 42))
        _, results = run_twin(twin, registers, job, bench.rows, bench.chip.columns)
        model.device, model.trace = IntegerCell(bench.rows, bench.chip.columns, 42), []
        await start_job(bench, job)
        rows = dacs = 0
        for _ in range(4000):
            await bench.cycles(1)
            rows |= model.pin("row")
            dacs |= model.pin("dac_enable")
            if not model.pin("adc_enable") and model.trace:
                break
        assert [await take_result(bench) for _ in results] == expected(results) and await bench.read_field("error", "job") == 0
        assert model.trace == twin.lines and rows == (0 if operation == Operation.OFFSET else 0b110) and not dacs


@cocotb.test()
async def far_cells_read_once(dut):
    """The first read is the whole verify where it says that a cell is farther from done than the margin, on either side of its end."""
    bench, model = await job_bench(dut, 43)
    rows, columns = bench.rows, bench.chip.columns

    class Moving(IntegerCell):
        """Reads a code lower each time, so that a sum tells which reads are in it."""

        def read(self, row: int, col: int, range: int) -> int:
            self.left -= 1
            return max(0, self.left)

        left = 0

    def moving(code: int) -> Moving:
        cell = Moving(rows, columns, 43)
        cell.left = code + 1
        return cell

    codes = {"form_code": 120, "set_code": 120, "reset_code": 40, "keep": 9, "tolerance": 9}
    base = load_registers().model_copy(update={"pulse_limit": 1, **codes})
    base = short(base, random.Random(43))
    seen = set()
    for number, operation in enumerate(op for op in Operation if op != Operation.OFFSET):
        for margin, count, shift in ((20, 3, 2), (0, 2, 2), (255, 3, 2), (8, 1, 0)):
            registers = base.model_copy(update={"read_margin": margin, "read_count": count, "read_shift": shift})
            goal = {Operation.RESET: 40, Operation.PROGRAM: base.base + 7 * base.step}.get(operation, 120)
            a_read = goal << shift >> count
            for code in {a_read + sign * distance for sign in (-1, 1) for distance in (0, 5, margin // 2, margin // 2 + 1, 40)}:
                if not 0 <= code <= 250 or code == goal:
                    continue
                job, levels = Job(operation, 1, 1, number, number), [[7]] if operation == Operation.PROGRAM else None
                twin = TraceDevice(moving(code))
                _, results = run_twin(twin, registers, job, rows, columns, levels)
                model.device, model.trace = moving(code), []
                await write_settings(bench, model, registers)
                error, found = await run_job(bench, model, job, levels, poll=20)
                assert (error, found, model.trace) == (0, expected(results), twin.lines), f"{job} of {code} with margin {margin}"
                first = next((k for k, line in enumerate(twin.lines) if line[0] == "P"), len(twin.lines))
                seen.add((operation, first == 1))
    once = {operation for operation, one in seen if one}
    assert once == {Operation.FORM, Operation.SET, Operation.RESET, Operation.PROGRAM}, once


@cocotb.test()
async def job_of_one_row(dut):
    """PROGRAM of a whole row, longer than the level buffer on the tape-out chip, at default times and settings."""
    bench = await started(dut, 41, monitors=False)
    model = ArrayModel(dut, rng=random.Random(41))
    model.start()
    await bench.write("key", KEY)
    registers = load_registers().model_copy(update={"read_count": 0, "read_shift": 0, "pulse_limit": 2})
    await write_settings(bench, model, registers)
    columns = min(bench.chip.columns, 36)
    levels = [[k % 16 for k in range(columns)]]
    job = Job(Operation.PROGRAM, 1, 1, 0, columns - 1)
    twin = TraceDevice(IntegerCell(bench.rows, bench.chip.columns, 41))
    error, results = run_twin(twin, registers, job, bench.rows, bench.chip.columns, levels)
    model.device = IntegerCell(bench.rows, bench.chip.columns, 41)
    code, found = await run_job(bench, model, job, levels, poll=20000)
    assert code == error == 0 and found == expected(results) and model.trace == twin.lines
