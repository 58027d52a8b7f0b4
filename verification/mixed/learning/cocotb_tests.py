"""cocotb half of the learning test on the first core: patterns come in as address events; spikes, inhibition and the waveform do the rest.

The job file (NEUSOC_MIXED_JOB, written by run.py) says what to do; what happened is left beside it.
"""

from __future__ import annotations

import cocotb
from neusoc.verification.mixed.common.bench import MixedBench
from neusoc.verification.mixed.learning.presenting import Presenting


class LearningBench(Presenting, MixedBench):
    """Presents patterns."""

    async def control(self, enable: int, learn: int) -> None:
        await self.write_fields("ctrl", enable=enable, aer_in=1, aer_out=1, winner=1, learn=learn, signed_phase=int(self.job["signed"]))


@cocotb.test(timeout_time=1000, timeout_unit="us")
async def neurons_learn(dut) -> None:
    """All presentations from reset on."""
    bench = await LearningBench.begin(dut)
    presented = await bench.present_all()
    errors = await bench.read("errors")
    bench.core.leave(bench.core.end(), {"presented": presented, "errors": errors})
