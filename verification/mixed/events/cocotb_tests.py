"""cocotb half of the mixed test: the controller's RTL with the analog core in ngspice, in lock-step at each edge of the clock.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it. Nothing is judged here but that
every handshake ends in time: run.py holds the result against the estimate.
"""

from __future__ import annotations

import cocotb
import numpy as np
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import DIGITAL_TRACES, MixedBench


@cocotb.test(timeout_time=400, timeout_unit="us")
async def events_make_neurons_fire(dut) -> None:
    """Run the job's bursts from reset on, then read the chip's own counters."""
    bench = await MixedBench.begin(dut)
    job = bench.job
    await bench.write_fields("refractory", prescale=job["refractory"]["prescale"], count=job["refractory"]["count"])
    for neuron, setting in job["settings"].items():
        await bench.write_fields("neuron_config", neuron=int(neuron), **setting)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1, signed_phase=int(job["signed"]))
    await bench.until(lambda: not bench.core.discharged(), 20, "neurons released")
    idle_begin = seconds_now()
    await bench.cycles(10)
    idle_end = seconds_now()
    bursts = []
    for burst in job["bursts"]:
        bursts.append(await bench.burst(burst["row"], burst["fires"], burst["most"]))
        dut._log.info("row %d: %d events, fired %s", burst["row"], bursts[-1]["sent"], bursts[-1]["fired"])
        await bench.write_fields("ctrl", enable=0, aer_in=1, aer_out=1, signed_phase=int(job["signed"]))    # discharge every neuron
        await bench.cycles(8)
        await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1, signed_phase=int(job["signed"]))
        await bench.until(lambda: not bench.core.discharged(), 20, "neurons released")
    counters = {
        "in": await bench.read_field("events", "received"),
        "out": await bench.read_field("events", "sent"),
        "errors": await bench.read("errors"),
    }
    traces = np.array(bench.traces).T
    result = {
        "bursts": bursts,
        "requests": bench.requests,
        "counters": counters,
        "idle": [idle_begin, idle_end],
        "path_inputs_moved": sorted(bench.core.moved),
    }
    bench.core.leave(bench.core.end(), result, clock_time=traces[0], **dict(zip(DIGITAL_TRACES, traces[1:], strict=True)))
