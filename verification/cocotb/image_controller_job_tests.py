"""Jobs of the image core's controller against the normative algorithm: RESET by the word line, its last code with vpp on the rail."""

from __future__ import annotations

import os
import random

import cocotb
from cocotb.triggers import FallingEdge
from neusoc.digital.lines import IMAGE_STATES
from neusoc.digital.model.integer_cell import IntegerCell, WordLineCell, random_job, random_registers
from neusoc.digital.model.ispp import Job, JobError, Operation, Registers, TraceDevice
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.words import setting_words
from neusoc.verification.cocotb.array_model import Limits, View
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.controller_job_tests import short
from neusoc.verification.cocotb.controller_stop_tests import held
from neusoc.verification.cocotb.image_bench import LINES, ImageArray, ImageBench
from neusoc.verification.cocotb.jobs import INTERLOCK, SHORT_ADC, SHORT_PATH, expected, expected_error, run_job

JOBS, FIRST_JOB = int(os.environ.get("NEUSOC_JOBS", "6")), int(os.environ.get("NEUSOC_FIRST_JOB", "0"))
ERASE, RESET, SENSE, IDLE = (frozenset(IMAGE_STATES[name]) for name in ("Erase", "Reset", "Sense", "Idle"))


class Rails(ImageArray):
    """The array, which notes of each RESET pulse its code and whether vpp is on the rail."""

    def _pulse(self, view: View, width: int) -> None:
        if view.lines in (ERASE, RESET):
            self.resets.append((view.codes[0], view.lines == ERASE))
        super()._pulse(view, width)


async def job_bench(dut, seed: int) -> tuple[ImageBench, Rails]:
    """A bench with an array model and the shortest times, key set."""
    bench = ImageBench(dut, seed)
    await bench.start(monitors=False)
    model = Rails(dut, rng=random.Random(seed))
    model.resets = []
    model.start()
    await bench.write_fields("path_timing", **SHORT_PATH)
    await bench.write_fields("adc_timing", **SHORT_ADC)
    await bench.arm()
    return bench, model


def of_image_core(registers: Registers) -> Registers:
    """The same settings without a code of the source lines."""
    none = registers.reset.line.model_copy(update={"start": 0, "step": 0, "stop": 0})
    reset = registers.reset.model_copy(update={"line": none})
    return registers.model_copy(update={"reset": reset, "limits": registers.limits.model_copy(update={"sl": 0})})


async def write_settings(bench: ImageBench, model: Rails, registers: Registers, full: int, allowed: int = 1) -> None:
    """All settings of the algorithm; full: RESET ends with vpp on the rail, allowed: its limit."""
    for name, value in setting_words(registers).items():
        bit = {"reset_wl": full << 25, "limits_codes": allowed << 24}.get(name, 0)
        await bench.write(name, value | bit)
    limits = registers.limits
    model.limits = Limits(limits.wl, limits.wl_fine, limits.bl, width=limits.width)


@cocotb.test()
async def image_jobs_as_the_twin(dut):
    """Random jobs with random settings: trace and results equal the twin's; vpp is on the rail at the last code alone."""
    bench, model = await job_bench(dut, 531)
    rows, columns = bench.rows, bench.chip.columns
    refused = resets = erased = 0
    for number in range(FIRST_JOB, FIRST_JOB + JOBS):
        rng = random.Random(7000 + number)
        registers = of_image_core(short(random_registers(rng), rng))
        job, levels = random_job(rng, registers, rows, columns)
        pristine, full = job.operation == Operation.FORM or rng.random() < 0.1, rng.randrange(2)
        twin = TraceDevice(WordLineCell(rows, columns, number, pristine))
        error, results = run_twin(twin, registers, job, rows, columns, levels)
        model.device, model.trace, model.resets = WordLineCell(rows, columns, number, pristine), [], []
        await write_settings(bench, model, registers, full)
        code, found = await run_job(bench, model, job, levels)
        assert code == expected_error(error, results), f"job {number}: {job}: error {code}, twin {error}"
        assert model.trace == twin.lines, f"job {number}: {job}"
        assert found == expected(results), f"job {number}: {job}"
        assert all(vpp == (full and wl == registers.reset.wl.stop) for wl, vpp in model.resets), f"job {number}: {model.resets}"
        refused += error != JobError.NONE
        resets += len(model.resets)
        erased += sum(vpp for _, vpp in model.resets)
    bench.log.info("%d jobs, %d refused, %d RESET pulses, %d of them with vpp", JOBS, refused, resets, erased)
    figure("jobs", JOBS, "jobs")
    if JOBS >= 40:
        assert refused and resets > erased > 0, "a refusal, or a RESET of one kind, never came"


@cocotb.test()
async def image_reset_by_the_word_line(dut):
    """The settings after reset: a staircase of the word line, then vpp on the rail; without its limit the interlock refuses that pulse."""
    bench, model = await job_bench(dut, 532)
    stage = {"start": 53, "step": 5, "stop": 63}
    await bench.write_fields("reset_wl", **stage, full=1)
    await bench.write_fields("reset_line", width=9)
    await bench.write_fields("retry", stop_tries=2, pulse_limit=20)
    await bench.write_fields("read", count=0, shift=0)

    class Stuck(IntegerCell):
        def read(self, row: int, col: int, range: int) -> int | None:
            return 200

    model.device = Stuck(bench.rows, bench.chip.columns, 1)
    job = Job(Operation.RESET, 1, 1, 2, 2)
    code, found = await run_job(bench, model, job)
    assert code == 0 and len(found) == 1
    assert model.resets == [(53, False), (58, False), (63, True), (63, True)], model.resets
    model.resets = []
    await bench.write_fields("limits_codes", wl=63, wl_fine=63, bl=58, full=0)
    code, found = await run_job(bench, model, job)
    assert code == INTERLOCK and model.resets == [(53, False), (58, False)], (code, model.resets)
    model.resets = []
    await bench.write_fields("reset_wl", **stage, full=0)
    code, found = await run_job(bench, model, job)
    assert code == 0 and model.resets == [(53, False), (58, False), (63, False), (63, False)]


@cocotb.test()
async def image_hold_until_the_end(dut):
    """HOLD, as the first core has it."""
    await held(*await job_bench(dut, 533), SENSE, IDLE)


@cocotb.test()
async def image_monitor_of_lines(dut):
    """la_data_out shows, cycle by cycle, each switch of the lines as at its pin, rows, window and phases, and an image under way."""
    bench, model = await job_bench(dut, 534)
    model.device = IntegerCell(bench.rows, bench.chip.columns, 9)
    lines_seen: set[int] = set()
    seen = 0

    async def watch() -> None:
        nonlocal seen
        while True:
            await FallingEdge(dut.wb_clk_i)
            word = int(dut.la_data_out.value)
            lines = word >> 22 & 0x3FF
            assert lines == bench.word_1v8(LINES), f"lines {lines:010b}"
            assert word >> 21 & 1 == bool(bench.pin_1v8("row"))
            assert word >> 20 & 1 == (bench.pin_1v8("integ") | bench.pin_1v8("phi_1") | bench.pin_1v8("phi_2"))
            assert word >> 14 & 1 == bench.pin_1v8("dac_enable") and word >> 13 & 1 == bench.pin_1v8("adc_enable")
            lines_seen.add(lines)
            seen |= word

    watcher = cocotb.start_soon(watch())
    await bench.write_fields("set_line", start=54, stop=54, width=9)
    await bench.write_fields("reset_line", width=9)
    for operation in (Operation.SET, Operation.RESET, Operation.READ):
        code, _ = await run_job(bench, model, Job(operation, 0, 1, 0, 1))
        assert code == 0, operation
    await bench.write_fields("ctrl", enable=1)
    await bench.load([15] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 400, "the window")
    await bench.write_fields("ctrl")
    await bench.cycles(400)
    watcher.cancel()
    # lines, a row, a window; the array is the job's, a job runs; DACs, converter, its strobe; an image is under way
    never = ~seen & (0x3FF << 22 | 0b11 << 20 | 0b11 << 17 | 0b111 << 12 | 1 << 11)
    assert len(lines_seen) >= 6 and not never, f"bits that never showed: {never:032b}"
