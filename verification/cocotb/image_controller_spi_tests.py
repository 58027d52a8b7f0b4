"""The SPI port of the image core's controller: its registers, and images without Wishbone."""

from __future__ import annotations

import cocotb
import numpy as np
from cocotb.utils import get_sim_time
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.regmap import registers
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.cocotb.checks import figure
from neusoc.verification.cocotb.image_bench import ImageBench, ImageCore
from neusoc.verification.cocotb.spi_bench import SpiImageBench, SpiMaster, same_registers


@cocotb.test()
async def image_registers_over_spi(dut):
    """Each register reads as over Wishbone, settings keep what is written."""
    bench = ImageBench(dut, 721)
    await bench.start(monitors=False)
    master = SpiMaster(bench)
    await master.idle()
    await same_registers(bench, master, registers())
    assert await bench.read_field("spi", "bad") == 0


@cocotb.test()
async def image_over_spi_alone(dut):
    """References, latches, an image and its answer without Wishbone; how long the image takes to load."""
    bench = SpiImageBench(dut, 722)
    core = ImageCore(bench, np.ones((bench.rows, bench.neurons), dtype=int))
    core.start()
    await bench.start(monitors=False)
    await bench.write("reference", 5)
    assert core.words[0] == 5
    await bench.write("reference", 0)
    await bench.write_fields("ctrl", enable=1)
    await bench.write_image_settings(ImageSettings(windows=(8, 4, 2, 1), top=60, clear=2))
    begin = get_sim_time("ns")
    await bench.load([15] * bench.rows)
    took = get_sim_time("ns") - begin
    assert await bench.image_field("full")
    figure("image_load_spi", took / 1000, "us")
    bench.log.info("%d rows loaded over SPI in %.0f ns, %.0f cycles", bench.rows, took, took / CLOCK_NS)
    await bench.write_fields("image", start=1)
    for _ in range(100):
        if await bench.image_field("count"):
            break
    assert await bench.image_field("count") == 1 and await bench.winner() is not None
    assert await bench.read_field("spi", "bad") == 0 and not int(dut.wbs_cyc_i.value)
