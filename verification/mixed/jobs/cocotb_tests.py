"""cocotb half of the job test: a job is written over Wishbone as software writes it, the whole core follows in ngspice.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cocotb
from neusoc.base.pins import CELL
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp_registers import Registers
from neusoc.digital.model.words import KEY
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.jobs import start_job, take_result, write_settings
from neusoc.verification.mixed.common.analog import AnalogCore, job_file, seconds_now
from neusoc.verification.mixed.common.circuit import INSTANCE
from neusoc.verification.mixed.common.ratings import seen

POLL_CYCLES, MOST_POLLS = 50, 2000


@cocotb.test(timeout_time=2000, timeout_unit="us")
async def job_on_the_whole_core(dut) -> None:
    """One job from reset on, to its result."""
    job = job_file()
    bench = Bench(dut, seed=1)
    core = AnalogCore(dut, job)
    cocotb.start_soon(core.follow())
    await bench.start()
    await write_settings(bench, SimpleNamespace(), Registers.model_validate(job["registers"]))
    await bench.write_fields("path_timing", **job["path_timing"])
    await bench.write("key", KEY)
    begin = seconds_now()
    row, column = job["at"]
    await start_job(bench, Job(Operation(job["operation"]), row, row, column, column))
    status = 1
    for _ in range(MOST_POLLS):
        status = await bench.read("job_status")
        if not status & 1:
            break
        await bench.cycles(POLL_CYCLES)
    assert not status & 1, "the job does not end"
    end = seconds_now()
    results = [await take_result(bench) for _ in range(status >> 16 & 0x1F)]
    error = await bench.read_field("error", "job")
    _leave(core, job, {"begin": begin, "end": end, "error": error, "results": results})


def _leave(core: AnalogCore, job: dict, found: dict) -> None:
    """Write waves and result; the devices' worst voltages need every node, so they are looked for here."""
    record = core.end()
    core.leave(record, found | seen(record, Path(job["core"]).read_text(), [(CELL, INSTANCE, job["pins"])]))
