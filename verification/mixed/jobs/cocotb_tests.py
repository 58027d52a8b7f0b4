"""cocotb half of the job test: jobs are written over Wishbone as software writes them, from the supplies on.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it.
"""

from __future__ import annotations

from types import SimpleNamespace

import cocotb
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp_registers import Registers
from neusoc.digital.model.words import KEY
from neusoc.verification.cocotb.jobs import run_job, write_settings
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import MixedBench

POLL_CYCLES, MOST_POLLS = 50, 2000


@cocotb.test(timeout_time=2000, timeout_unit="us")
async def jobs_on_cells(dut) -> None:
    """Supplies, references, settings, then each job to its result."""
    bench = MixedBench(dut)
    started = await bench.begin()
    await write_settings(bench, SimpleNamespace(), Registers.model_validate(bench.job["registers"]))
    await bench.write_fields("path_timing", **bench.job["path_timing"])
    await bench.write("key", KEY)
    jobs = [await done(bench, one) for one in bench.job["jobs"]]
    bench.leave({"started": started, "jobs": jobs, "errors": await bench.read("errors")})


async def done(bench: MixedBench, one: dict) -> dict:
    """A job on one cell, to its result."""
    begin, (row, column) = seconds_now(), one["at"]
    job = Job(Operation(one["operation"]), row, row, column, column)
    error, results = await run_job(bench, None, job, poll=POLL_CYCLES, bound=MOST_POLLS)
    result = {"name": one["name"], "error": error, "results": results, "begin": begin, "end": seconds_now()}
    bench.log.info("job %s", result)
    return result
