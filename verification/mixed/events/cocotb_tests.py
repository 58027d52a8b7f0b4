"""cocotb half of the test of events: address events come in on the pins until neurons fire, and leave as
address events.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it. Nothing
is judged here but that every handshake ends in time.
"""

from __future__ import annotations

import cocotb
from neusoc.software.emulator.expected_images import EVENT
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import MixedBench

IDLE_CYCLES = 25


class EventBench(MixedBench):
    """Sends events."""

    async def rest(self) -> bool:
        """Wait until no neuron has been discharged for four cycles; False if that takes longer than
        refractory times can explain."""
        quiet = 0
        for _ in range(self.job["rest_cycles"]):
            quiet = 0 if self.core.discharged() else quiet + 1
            if quiet > 4:
                return True
            await self.cycles(1)
        return False

    async def burst(self, row: int, fires: list[int], most: int) -> dict:
        """Events for a row until all of `fires` have fired, or `most` events; what fired at which event."""
        await self.enable()
        begin, seen, sent, rests = seconds_now(), 0, 0, True
        fired: list[dict] = []
        while rests and sent < most and not (fires and set(fires) <= {one["neuron"] for one in fired}):
            await self.event(row)
            sent += 1
            rests = await self.rest()
            fired += [{"neuron": neuron, "event": sent} for neuron in self.received[seen:]]
            seen = len(self.received)
        return {
            "row": row,
            "sent": sent,
            "fired": fired,
            "begin": begin,
            "end": seconds_now(),
            "rests": rests,
        }


@cocotb.test(timeout_time=1000, timeout_unit="us")
async def events_make_neurons_fire(dut) -> None:
    """Supplies, references, the job's bursts; then the chip's own counters."""
    bench = EventBench(dut)
    job = bench.job
    started = await bench.begin()
    cocotb.start_soon(bench.watch_requests())
    await bench.write_fields("refractory", **job["refractory"])
    await bench.write_fields("window", **EVENT)
    for neuron, codes in job["settings"].items():
        await bench.write_fields("neuron_config", neuron=int(neuron), **codes)
    await bench.enable()
    bench.listen()
    idle = seconds_now()
    await bench.cycles(IDLE_CYCLES)
    idle_end = seconds_now()
    bursts = []
    for burst in job["bursts"]:
        bursts.append(await bench.burst(burst["row"], burst["fires"], burst["most"]))
        bench.log.info("row %d: %d events, fired %s", burst["row"], bursts[-1]["sent"], bursts[-1]["fired"])
    counters = {
        "in": await bench.read_field("events", "received"),
        "out": await bench.read_field("events", "sent"),
        "errors": await bench.read("errors"),
    }
    bench.leave(
        {
            "started": started,
            "bursts": bursts,
            "requests": bench.requests,
            "counters": counters,
            "idle": [idle, idle_end],
        }
    )
