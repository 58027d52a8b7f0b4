"""Jobs through the registers, as software runs them: settings, levels, start, results."""

from __future__ import annotations

from cocotb.triggers import Timer
from neusoc.digital.model.ispp import Job, JobError, Kind, Operation, Outcome, Registers, Result
from neusoc.verification.cocotb.array_model import ArrayModel, Limits
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench

KEY = 0x4B59
SHORT_PATH = {"gap": 1, "program_settle": 1, "read_settle": 1, "wake": 0}
SHORT_ADC = {"sample": 1, "hold": 1, "trial": 1, "watchdog": 12}
ENDED = 9  # ERROR.bus of levels after the end of a job
# Job errors of the controller beyond those of JobError.
OPERATION, NO_KEY, NO_ANSWER, INTERLOCK, STOPPED = 7, 8, 9, 10, 11


async def write_settings(bench: Bench, model: ArrayModel, registers: Registers) -> None:
    """All settings of the ISPP algorithm."""
    r = registers
    for name, stage in (("form", r.form), ("set", r.set), ("reset", r.reset)):
        await bench.write_fields(f"{name}_wl", start=stage.wl.start, step=stage.wl.step, stop=stage.wl.stop, fine=stage.fine)
        line = stage.line
        await bench.write_fields(f"{name}_line", start=line.start, step=line.step, stop=line.stop, width=stage.width)
    limits = r.limits
    await bench.write_fields("limits_codes", wl=limits.wl, wl_fine=limits.wl_fine, bl=limits.bl, sl=limits.sl)
    await bench.write_fields("limits_pulses", width=limits.width, pulses=limits.pulses)
    model.limits = Limits(limits.wl, limits.wl_fine, limits.bl, limits.sl, limits.width)
    await bench.write_fields("read", range=r.read_range, count=r.read_count, shift=r.read_shift)
    await bench.write_fields("done", form=r.form_code, set=r.set_code, reset=r.reset_code)
    await bench.write_fields("grid", base=r.base, step=r.step, max_level=r.max_level)
    await bench.write_fields("tolerance", tolerance=r.tolerance, keep=r.keep)
    await bench.write_fields("predict", offset=r.offset & 0xFF, knee=r.knee, slope_low=r.slope_low, slope_high=r.slope_high)
    await bench.write_fields("staircase", step_gain=r.step_gain, step_min=r.step_min, step_max=r.step_max, back_gain=r.back_gain)
    await bench.write_fields(
        "retry", retry_back=r.retry_back, reset_first=r.reset_first, pulse_limit=r.pulse_limit, stop_tries=r.stop_tries
    )


def level_words(levels: list[list[int]] | None) -> list[int]:
    """Levels of all cells, row by row, four a word."""
    flat = [level for row in levels or [] for level in row]
    flat += [0] * (-len(flat) % 4)
    return [sum(flat[at + k] << 8 * k for k in range(4)) for at in range(0, len(flat), 4)]


async def start_job(bench: Bench, job: Job, levels: list[list[int]] | None = None, quiet: int = 0) -> list[int]:
    """Region, as many levels as fit, command; returns the words of levels that did not fit."""
    words = level_words(levels)
    # Region first: since the last job ended, levels are refused without it.
    await bench.write_fields("region", row_first=job.row_first, row_last=job.row_last, col_first=job.col_first, col_last=job.col_last)
    for word in words[:8]:
        await bench.write("levels", word)
    await bench.write_fields("command", operation=int(job.operation), quiet=quiet)
    return words[8:]


async def run_job(
    bench: Bench, model: ArrayModel | None, job: Job, levels: list[list[int]] | None = None, poll: int = 200, bound: int = 10_000
) -> tuple[int, list[tuple[int, int, Outcome, int, int]]]:
    """One job to its end: feeds levels, takes results. Looks every `poll` cycles, at most `bound` times. No model: cells of their own.

    Returns:
        Error code of the job, and (row, col, outcome, pulses, code) of each result.
    """
    if model:
        model.kind = Kind.FORM if job.operation == Operation.FORM else Kind.SET
    words = await start_job(bench, job, levels)
    results = []
    for _ in range(bound):
        status = await bench.read("job_status")
        while words and status >> 8 & 0xF < 8:
            await bench.write("levels", words.pop(0))
            status = await bench.read("job_status")
        results += [await take_result(bench) for _ in range(status >> 16 & 0x3F)]
        if not status & 1 and not status >> 16 & 0x3F:
            return await bench.read_field("error", "job"), results
        await Timer(poll * CLOCK_NS, unit="ns")
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
