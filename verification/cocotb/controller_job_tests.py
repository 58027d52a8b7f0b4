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
from neusoc.verification.cocotb.jobs import SHORT_ADC, SHORT_PATH, expected, expected_error, run_job, write_settings

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
