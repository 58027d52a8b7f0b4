"""cocotb half of the test of the exchange itself: conversions with a converter whose answers come when its
deck says.

The job file (NEUSOC_MIXED_JOB) is written by tests/test_mixed_exchange.py, which also judges what is left
beside it.
"""

from __future__ import annotations

from types import SimpleNamespace

import cocotb
from neusoc.base.pins import CONVERTER_OUTPUTS
from neusoc.digital.model.ispp import Job, Operation
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.jobs import start_job, take_result, write_settings
from neusoc.verification.mixed.common.analog import AnalogCore, job_file, seconds_now
from neusoc.verification.mixed.jobs.scenarios import settings

CELLS = 2


@cocotb.test(timeout_time=100, timeout_unit="us")
async def conversions_in_lockstep(dut) -> None:
    """Two cells are read; when each of the converter's answers moved at the RTL is kept."""
    job = job_file()
    bench = Bench(dut, seed=1)
    core = AnalogCore(dut, job)
    moves: list[tuple[float, str, int]] = []

    async def watch(port: str) -> None:
        signal = getattr(dut, f"{port}_i")
        while True:
            await signal.value_change
            if signal.value.is_resolvable:
                moves.append((seconds_now(), port, int(signal.value)))

    for port in CONVERTER_OUTPUTS:
        cocotb.start_soon(watch(port))
    cocotb.start_soon(core.follow())
    await bench.start(monitors=False)
    await write_settings(bench, SimpleNamespace(), settings())
    await bench.write_fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
    await bench.write_fields("adc_timing", sample=1, hold=1, trial=1, watchdog=20)
    begin = seconds_now()
    await start_job(bench, Job(Operation.READ, 0, 0, 0, CELLS - 1))
    await bench.until(lambda: bool(int(dut.job_busy.value)), 20, "begin of the job")
    await bench.until(lambda: not int(dut.job_busy.value), 2000, "end of the job")
    results = [await take_result(bench) for _ in range(CELLS)]
    core.leave(core.end(), {"begin": begin, "codes": [r[4] for r in results], "moves": moves})
