"""The image core's controller bench with core and references in ngspice, from the supplies on."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer
from neusoc.verification.cocotb.image_bench import ImageBench
from neusoc.verification.mixed.common.analog import AnalogCore, seconds_now


class MixedImageBench(ImageBench):
    """The controller's bench with core and references in place of an array in integers."""

    def __init__(self, dut, job: dict) -> None:
        super().__init__(dut, seed=1)
        self.job, self.core = job, AnalogCore(dut, job)

    async def supplied(self) -> None:
        """Supplies one after the other; behind a ramp of the logic's, what the controller drives in reset without a clock."""
        ngspice, levels = self.core.ngspice, self.job["levels"]
        for step in self.job["supplies"]:
            await Timer(self.job["ramp_ns"], unit="ns")
            ngspice.advance(seconds_now())
            ngspice.set(**{f"v{net}": levels[net] for net in step["up"]})
            if step["in_reset"]:
                await Timer(self.job["ramp_ns"], unit="ns")
                ngspice.advance(seconds_now())
                ngspice.set(**{source: levels["vdd1v8"] for source in step["in_reset"]})
        await Timer(self.job["ramp_ns"], unit="ns")

    async def begin(self) -> float:
        """Supplies, clock, reset, and the wait for the references; returns the time at which they have started, s."""
        await self.supplied()
        cocotb.start_soon(self.core.follow())
        await self.start(monitors=False)
        cocotb.start_soon(self.receive_forever())
        left = self.job["started_s"] - seconds_now()
        await Timer(max(1, round(left * 1e9)), unit="ns")
        await self.cycles(1)
        return seconds_now()
