"""The management core runs bring-up on the whole chip; what it leaves in its RAM goes to the figures. Run by
run.py."""

from __future__ import annotations

import os

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, First, RisingEdge, Timer
from neusoc.analog.references.model import START
from neusoc.base.chip import load_chip
from neusoc.verification.chip.whole_bench import HIGH_PADS, LOOKED_AT
from neusoc.verification.cocotb.bench import CLOCK_NS
from neusoc.verification.cocotb.checks import figure

SUPPLIED_NS = 1000
MOST_CYCLES = 2_000_000  # a run without a fault takes a tenth
MARK = 0x5A5A5A5A  # of start.S: RAM that nobody wrote since
GROUNDS, SUPPLIES = ("vssa1", "vssa2", "vssd1", "vssd2"), ("vccd1", "vccd2", "vdda1", "vdda2")
GPIOS = 38


async def powered(dut) -> None:
    """Supplies, references, clock, reset, as a board brings them up."""
    chip = load_chip(os.environ["NEUSOC_CHIP"])
    dut.rst_i.value = 1
    for names, level in ((GROUNDS, 0), (SUPPLIES, 1)):
        for name in names:
            getattr(dut, name).value = level
    for net, pin in chip.pads.items():
        if net not in LOOKED_AT:
            dut.io_analog[int(pin.rstrip("]").partition("[")[2])].value = int(net in HIGH_PADS)
    await Timer(SUPPLIED_NS + (1e9 * START), unit="ns")
    cocotb.start_soon(Clock(dut.clk_i, CLOCK_NS, unit="ns").start())
    await ClockCycles(dut.clk_i, 8)
    dut.rst_i.value = 0


@cocotb.test()
async def bringup(dut) -> None:
    """Bring-up ends; its report, the GPIOs' modes and what the bench counted are kept as figures."""
    await powered(dut)
    await First(RisingEdge(dut.done_o), Timer(MOST_CYCLES * CLOCK_NS, unit="ns"))
    assert int(dut.done_o.value), f"no report within {MOST_CYCLES} cycles"
    await ClockCycles(dut.clk_i, 4)
    first, steps, bss_end = (int(os.environ[f"NEUSOC_{name}"]) for name in ("REPORT", "STEPS", "BSS_END"))
    ram = [word.value for word in dut.ram]
    for step in range(steps):
        word = int(ram[first // 4 + step])
        figure(f"step {step}: code", word & 0xFFFF, "")
        figure(f"step {step}: detail", word >> 16, "")
    figure("finished", int(ram[first // 4 + steps]), "")
    untouched = 0
    while (word := ram[bss_end // 4 + untouched]).is_resolvable and int(
        word
    ) == MARK:  # a register that was never set is saved as X
        untouched += 1
    figure("ram", 4 * (len(ram) - untouched), "byte")
    for gpio in range(GPIOS):
        figure(f"mode {gpio}", int(dut.active[gpio].value), "")
    for name in ("cycles", "stray", "irqs"):
        figure(name, int(getattr(dut, f"{name}_o").value), name)
