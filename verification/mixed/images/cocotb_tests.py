"""cocotb half of the mixed test of images: the image core's RTL with core and references in ngspice, from the supplies on.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it. Nothing is judged here but that
everything ends in time.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cocotb
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp_registers import Registers
from neusoc.digital.model.words import KEY
from neusoc.digital.regs.generate import field_reset
from neusoc.software.emulator.expected_images import EVENT, LEAST_EVENTS
from neusoc.verification.cocotb.jobs import run_job, write_settings
from neusoc.verification.mixed.common.analog import job_file, seconds_now
from neusoc.verification.mixed.common.image_bench import MixedImageBench
from neusoc.verification.mixed.common.ratings import seen

SPIKES_OUT = 40                 # cycles, for the address events of two neurons that fire together
BOUND = 2000                    # cycles: more than an image at the settings after reset takes


class ShowingBench(MixedImageBench):
    """Shows images, sends events."""

    async def shown(self, pixels: list[int]) -> dict:
        """An image from its loading to its interrupt."""
        await self.write_fields("irq_status", image_end=1)
        loaded = seconds_now()
        await self.load(pixels)
        begin = seconds_now()
        await self.write_fields("image", start=1)
        cycles = await self.until(lambda: bool(int(self.dut.user_irq.value) & 1), BOUND, "the end of the image")
        return {"winner": await self.winner(), "cycles": cycles, "loaded": loaded, "begin": begin, "end": seconds_now()}

    async def first_spike(self, row: int) -> dict:
        """Events on a row until a neuron fires."""
        await self.enable()
        begin = seconds_now()
        count = 0
        while count < LEAST_EVENTS and not self.received:
            count += 1
            await self.send(row, bound=400)
            await self.until(lambda: not self.busy(), 400, f"the end of the window on row {row}")
            await self.cycles(SPIKES_OUT)
        return {"row": row, "events": count, "spikes": list(self.received), "begin": begin, "end": seconds_now()}

    async def enable(self) -> None:
        """Neurons on, from a discharged membrane; nothing received so far."""
        await self.write_fields("ctrl", enable=0)
        await self.cycles(20)
        await self.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
        await self.cycles(20)
        self.received.clear()


@cocotb.test(timeout_time=1000, timeout_unit="us")
async def images_are_told(dut) -> None:
    """Supplies, references, latches, images, events, jobs."""
    job = job_file()
    bench = ShowingBench(dut, job)
    started = await bench.begin()
    held = await _latches(bench, job)
    await bench.write_image_settings(ImageSettings())
    await bench.write_fields("irq_enable", image_end=1)
    await bench.enable()
    job["lazy"] = False                             # from now on spikes are heard when they come
    idle = seconds_now()
    await bench.cycles(25)
    idle_end = seconds_now()
    images = {}
    for name, pixels in job["images"].items():
        images[name] = await bench.shown(pixels)
        bench.log.info("image %s: %s", name, images[name])
    await bench.write_fields("window", **EVENT)
    events = [await bench.first_spike(row) for row in job["event_rows"]]
    await bench.write_fields("ctrl", enable=0)
    await bench.cycles(20)
    job["lazy"] = True                              # the converter is listened to all the same
    jobs = [await _job(bench, one) for one in await _settings(bench, job)]
    found = {"started": started, "held": held, "idle": [idle, idle_end], "images": images, "events": events, "jobs": jobs}
    found["errors"] = await bench.read("errors")
    record = bench.core.end()
    if rated := job.get("rated"):
        found |= seen(record, Path(rated["core"]).read_text(), rated["macros"])
    bench.core.leave(record, found)


async def _latches(bench: ShowingBench, job: dict) -> list[dict]:
    """Latches of some neurons written, and later all of them with their defaults again; when each was done."""
    fields = bench.map["neuron_config"]
    default = {name: field_reset(fields.get_child_by_name(name)) or 0 for name in ("pair", "trim")}
    done = []
    for neuron, codes in job["written"].items():
        await bench.write_fields("neuron_config", neuron=int(neuron), **codes)
        await bench.cycles(20)
        done.append({"neuron": int(neuron), **codes, "at": seconds_now()})
    for neuron in job["written"]:
        await bench.write_fields("neuron_config", neuron=int(neuron), **default)
        await bench.cycles(20)
        done.append({"neuron": int(neuron), **default, "at": seconds_now()})
    return done


async def _settings(bench: ShowingBench, job: dict) -> list[dict]:
    """Settings of jobs written; the jobs."""
    await write_settings(bench, SimpleNamespace(), Registers.model_validate(job["registers"]))
    await bench.write_fields("path_timing", **job["path_timing"])
    await bench.write("key", KEY)
    return job["jobs"]


async def _job(bench: ShowingBench, one: dict) -> dict:
    """A job on one cell, to its result."""
    begin, (row, column) = seconds_now(), one["at"]
    error, results = await run_job(bench, None, Job(Operation(one["operation"]), row, row, column, column), poll=50, bound=2000)
    found = {"name": one["name"], "error": error, "results": results, "begin": begin, "end": seconds_now()}
    bench.log.info("job %s", found)
    return found
