"""cocotb half of the learning test on the image core: as cocotb_tests.py, from the supplies on, with the rail of the rows on the WL DAC."""

from __future__ import annotations

import cocotb
from neusoc.digital.regs.generate import field_reset
from neusoc.software.emulator.expected_images import EVENT
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.mixed.common.analog import job_file
from neusoc.verification.mixed.common.image_bench import MixedImageBench
from neusoc.verification.mixed.learning.presenting import Presenting

WAKE_CYCLES = 16                # a unit of PATH_TIMING.wake


class LearningImageBench(Presenting, MixedImageBench):
    """Presents patterns."""

    learns = 0

    async def control(self, enable: int, learn: int) -> None:
        """Write CTRL; the DAC of the rail wakes where learning begins."""
        await self.write_fields("ctrl", enable=enable, aer_in=1, aer_out=1, winner=1, learn=learn)
        if learn and not self.learns:
            wake = field_reset(self.map["path_timing"].get_child_by_name("wake"))
            assert wake, "PATH_TIMING.wake is 0 after reset: the DAC of the rail would get no time"
            await self.cycles(WAKE_CYCLES * wake)
        self.learns = learn


@cocotb.test(timeout_time=2000, timeout_unit="us")
async def neurons_learn(dut) -> None:
    """Supplies, references, all presentations."""
    job = job_file()
    bench = LearningImageBench(dut, job)
    started = await bench.begin()
    job["lazy"] = False                             # from now on spikes are heard when they come
    await bench.write_fields("window", **EVENT)
    presented = await bench.present_all()
    errors = await bench.read("errors")
    found = {"started": started, "presented": presented, "errors": errors, "clock_s": CLOCK_NS * 1e-9}
    bench.core.leave(bench.core.end(), found)
