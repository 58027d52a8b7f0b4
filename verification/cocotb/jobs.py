"""Jobs through the registers, as software runs them: settings, levels, start, results; and the array that
they run on."""

from __future__ import annotations

from dataclasses import dataclass, field

from cocotb.triggers import Timer
from neusoc.digital.model.ispp import (
    Job,
    JobError,
    Kind,
    Operation,
    Outcome,
    Registers,
    Result,
    load_registers,
)
from neusoc.digital.model.words import BUFFER_WORDS, JobEnd, Refusal, level_words, setting_words
from neusoc.verification.cocotb.array_model import RESETS, ArrayModel, Limits, View
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench

SHORT_PATH = {"gap": 1, "program_settle": 1, "read_settle": 1, "wake": 0}
SHORT_ADC = {"sample": 1, "hold": 1, "trial": 1, "watchdog": 12}
NO_KEY, NO_ANSWER, INTERLOCK, STOPPED = JobEnd
ENDED = Refusal.ENDED
FULL = 1 << 25  # RESET_WL.full
FULL_ALLOWED = 1 << 24  # LIMITS_CODES.full


@dataclass
class Rails(ArrayModel):
    """The array, which notes of each RESET pulse its code and whether vpp is on the rail."""

    resets: list[tuple[int, bool]] = field(default_factory=list)

    def _pulse(self, view: View, width: int) -> None:
        if view.lines in RESETS:
            self.resets.append((view.codes[0], "wl_full" in view.lines))
        super()._pulse(view, width)


def settings(**changes: object) -> Registers:
    """Default settings with one read a verify and short pulses."""
    registers = load_registers()
    stages = {
        name: getattr(registers, name).model_copy(update={"width": 20}) for name in ("form", "set", "reset")
    }
    return registers.model_copy(update=stages | {"read_count": 0, "read_shift": 0} | changes)


async def write_settings(
    bench: Bench, model: ArrayModel, registers: Registers, full: int = 0, allowed: int = 1
) -> None:
    """All settings of the ISPP algorithm.

    Args:
        bench, model: bench and array behind it, which gets the limits.
        registers: settings to write.
        full: RESET ends with vpp on the rail.
        allowed: the limit of that.
    """
    for name, value in setting_words(registers).items():
        await bench.write(
            name, value | {"reset_wl": full * FULL, "limits_codes": allowed * FULL_ALLOWED}.get(name, 0)
        )
    limits = registers.limits
    model.limits = Limits(limits.wl, limits.wl_fine, limits.bl, width=limits.width)


async def start_job(
    bench: Bench, job: Job, levels: list[list[int]] | None = None, quiet: int = 0
) -> list[int]:
    """Region, as many levels as fit, command; returns the words of levels that did not fit."""
    words = level_words(levels)
    # Region first: since the last job ended, levels are refused without it.
    await bench.write_fields(
        "region",
        row_first=job.row_first,
        row_last=job.row_last,
        col_first=job.col_first,
        col_last=job.col_last,
    )
    for word in words[:BUFFER_WORDS]:
        await bench.write("levels", word)
    await bench.write_fields("command", operation=int(job.operation), quiet=quiet)
    return words[BUFFER_WORDS:]


async def run_job(
    bench: Bench,
    model: ArrayModel | None,
    job: Job,
    levels: list[list[int]] | None = None,
    poll: int = 200,
    bound: int = 10_000,
) -> tuple[int, list[tuple[int, int, Outcome, int, int]]]:
    """One job to its end: feeds levels, takes results. Looks every `poll` cycles, at most `bound` times. No
    model: cells of their own.

    Returns:
        Error code of the job, and (row, col, outcome, pulses, code) of each result.
    """
    if model:
        model.kind = Kind.FORM if job.operation == Operation.FORM else Kind.SET
    words = await start_job(bench, job, levels)
    results = []
    for _ in range(bound):
        status = await bench.read("job_status")
        while words and status >> 8 & 0x7 < BUFFER_WORDS:
            await bench.write("levels", words.pop(0))
            status = await bench.read("job_status")
        results += [await take_result(bench) for _ in range(status >> 16 & 0x1F)]
        if not status & 1 and not status >> 16 & 0x1F:
            return await bench.read_field("error", "job"), results
        await Timer(poll * CLOCK_NS, unit="ns")
    raise AssertionError("the job does not end")


async def idle(bench: Bench, bound: int = 20_000) -> None:
    """Wait until no job runs; bound: cycles."""
    for _ in range(bound // 20):
        if not await bench.read_field("job_status", "busy"):
            return
        await Timer(20 * CLOCK_NS, unit="ns")
    raise AssertionError("the job does not end")


async def take_result(bench: Bench) -> tuple[int, int, Outcome, int, int]:
    """The oldest result: row, col, outcome, pulses, code."""
    at = await bench.read("result_cell")
    word = await bench.read("result")
    assert word >> 31, "no result where one was promised"
    return at & 0xFF, at >> 8 & 0xFF, Outcome(word >> 16 & 7), word >> 8 & 0x3F, word & 0xFF


def expected(results: list[Result]) -> list[tuple[int, int, Outcome, int, int]]:
    """What the result FIFO tells of the algorithm's results."""
    return [(r.row, r.col, r.outcome, r.pulses, r.code) for r in results]


def expected_error(error: JobError, results: list[Result]) -> int:
    """Error code of a job that ended so."""
    return NO_ANSWER if results and results[-1].outcome == Outcome.NO_ANSWER else int(error)
