"""cocotb half of the mixed test of images: the controller's RTL with core and references in ngspice, from the
supplies on.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it. Nothing
is judged here but that everything ends in time.
"""

from __future__ import annotations

import cocotb
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.regs.generate import field_reset
from neusoc.verification.mixed.common.analog import seconds_now
from neusoc.verification.mixed.common.bench import MixedBench

BOUND = 2000  # cycles: more than an image at the settings after reset takes


class ShowingBench(MixedBench):
    """Shows images."""

    async def shown(self, pixels: list[int]) -> dict:
        """An image from its loading to its interrupt."""
        await self.write_fields("irq_status", image_end=1)
        loaded = seconds_now()
        await self.load(pixels)
        begin = seconds_now()
        await self.write_fields("image", start=1)
        cycles = await self.until(
            lambda: bool(int(self.dut.user_irq.value) & 1), BOUND, "the end of the image"
        )
        return {
            "winner": await self.winner(),
            "cycles": cycles,
            "loaded": loaded,
            "begin": begin,
            "end": seconds_now(),
        }


@cocotb.test(timeout_time=1000, timeout_unit="us")
async def images_are_told(dut) -> None:
    """Supplies, references, latches, images."""
    bench = ShowingBench(dut)
    started = await bench.begin()
    held = await _latches(bench)
    await bench.write_image_settings(ImageSettings())
    await bench.write_fields("irq_enable", image_end=1)
    await bench.enable()
    bench.listen()
    idle = seconds_now()
    await bench.cycles(25)
    idle_end = seconds_now()
    images = {}
    for name, pixels in bench.job["images"].items():
        images[name] = await bench.shown(pixels)
        bench.log.info("image %s: %s", name, images[name])
    found = {
        "started": started,
        "held": held,
        "idle": [idle, idle_end],
        "images": images,
        "errors": await bench.read("errors"),
    }
    bench.leave(found)


async def _latches(bench: ShowingBench) -> list[dict]:
    """Latches of some neurons written, and later all of them with their defaults again; when each was
    done."""
    fields, written = bench.map["neuron_config"], bench.job["written"]
    default = {name: field_reset(fields.get_child_by_name(name)) or 0 for name in ("pair", "trim")}
    done = []
    for codes in (None, default):
        for neuron, own in written.items():
            values = codes or {name: own[name] for name in default}
            await bench.write_fields("neuron_config", neuron=int(neuron), **values)
            await bench.cycles(20)
            done.append({"neuron": int(neuron), **values, "at": seconds_now()})
    return done
