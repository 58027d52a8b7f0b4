"""Time stamps of the image core's events, as the first core has them: order, moment, the end of the count."""

from __future__ import annotations

import cocotb
from neusoc.verification.cocotb.controller_stamp_tests import in_order, past_the_end, running
from neusoc.verification.cocotb.image_bench import ImageBench


@cocotb.test()
async def image_stamps_in_order(dut):
    """Spikes leave in their order."""
    await in_order(await running(ImageBench(dut, 541)), 10)


@cocotb.test()
async def image_stamp_wraps(dut):
    """The end of the count."""
    await past_the_end(await running(ImageBench(dut, 542)))
