"""The host's drivers, in Python and in C, unchanged, on the controller's RTL (cocotb); run.py runs these."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import cocotb
from cocotb.task import bridge
from cocotb.triggers import ClockCycles
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import load_registers
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.neurons import ticks_between
from neusoc.software.driver.transport import Timeout
from neusoc.verification.cocotb.array_model import ArrayModel, Limits
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import started
from neusoc.verification.software.bridge import RtlTransport
from neusoc.verification.software.c_driver import CChip
from neusoc.verification.software.script import SEED, run_script


async def driven(dut, seed: int) -> tuple[Bench, ArrayModel, RtlTransport]:
    """A bench with pristine integer cells behind the converter, and the driver's way to it."""
    bench = await started(dut, seed, monitors=False)
    limits = load_registers().limits
    model = ArrayModel(dut, WordLineCell(bench.rows, bench.chip.columns, SEED, pristine=True), rng=random.Random(seed))
    model.limits = Limits(limits.wl, limits.wl_fine, limits.bl, limits.width)
    model.start()
    return bench, model, RtlTransport(bench, model)


async def one_script_of(driver, dut) -> None:
    """The script that the emulator runs; what it saw, and each pulse and conversion, go to a file for the comparison."""
    _, model, transport = await driven(dut, 1)
    seen = await bridge(run_script)(transport, driver)
    path = Path(os.environ["NEUSOC_SEEN"]) / f"{driver.__name__}.json"
    path.write_text(json.dumps({"seen": seen, "trace": model.trace}))


@cocotb.test()
async def one_script(dut):
    """The Python driver."""
    await one_script_of(Chip, dut)


@cocotb.test()
async def one_script_in_c(dut):
    """The C driver."""
    await one_script_of(CChip, dut)


async def spikes_reach(driver, dut) -> None:
    """Neurons fire, and the driver takes their spikes, with their times; events in are counted."""
    bench, _, transport = await driven(dut, 2)
    chip = await bridge(driver)(transport)
    await bridge(chip.enable)()
    assert await bench.read("mask0") == 0 and await bench.read_field("events", "received") == 0
    assert await bridge(chip.spikes)() == []
    order = [2, 0, 3]
    for neuron in order:                       # each is held until its spike is taken
        firing = cocotb.start_soon(bench.fire(neuron))
        await bench.cycles(40)
        assert await bridge(chip.spikes)() == [neuron]
        await firing
    assert await bridge(chip.spikes)() == []
    await bridge(chip.send)([1, 5, 5, 7])
    assert await bench.read_field("events", "received") == 4 and await bench.read_field("events", "sent") == len(order)
    await bridge(chip.set_tick)(4)
    now = dut.u_spike_collector.u_stamp.now_o
    began, wanted = int(now.value), [3, 1]
    for neuron in wanted:
        cocotb.start_soon(bench.fire(neuron))
        await bench.cycles(40)
    first, second = await bridge(chip.timed_spikes)()
    assert [first.neuron, second.neuron] == wanted and not (first.late or second.late)
    assert began <= first.stamp <= began + 3 and 9 <= ticks_between(first, second) <= 11, (began, first, second)
    assert not await bridge(chip.stamp_wrapped)()
    await bridge(chip.set_tick)(1)
    await ClockCycles(dut.wb_clk_i, 1 << 16)
    assert await bridge(chip.stamp_wrapped)() and not await bridge(chip.stamp_wrapped)()
    await bridge(chip.disable)()
    assert await bench.read_field("ctrl", "enable") == 0


@cocotb.test()
async def spikes_reach_the_host(dut):
    """The Python driver."""
    await spikes_reach(Chip, dut)


@cocotb.test()
async def spikes_reach_the_host_in_c(dut):
    """The C driver."""
    await spikes_reach(CChip, dut)


@cocotb.test()
async def dead_bus(dut):
    """A chip that is held in reset acknowledges nothing: a sentence, not a wait for ever."""
    bench, _, transport = await driven(dut, 3)
    chip = await bridge(Chip)(transport)
    dut.wb_rst_i.value = 1
    await bench.cycles(4)
    try:
        await bridge(chip.read_map)()
    except Timeout as error:
        assert "does not answer" in str(error)
    else:
        raise AssertionError("an access without an acknowledge came back")
