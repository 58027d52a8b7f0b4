"""Power-up: whatever the flip-flops and latches hold, the outputs toward the core are safe as soon as reset is there, clock or none."""

from __future__ import annotations

import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyArrayObject, HierarchyObject, LogicArrayObject, LogicObject, PackedObject
from cocotb.triggers import FallingEdge, Timer
from neusoc.base.chip import load_chip
from neusoc.digital.lines import GROUPS, IDLE
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.cocotb.bench import CLOCK_NS, RELEASE_CYCLES, default_configuration

POWER_UPS = int(os.environ.get("NEUSOC_POWER_UPS", "500"))
OFF = (
    "row", "phi_p", "phi_n", "phi_1", "phi_2", "fire", "col", "dac_enable", "adc_enable", "adc_sample", "adc_strobe",
    *(name for group in GROUPS for name in group),
)  # fmt: skip
SETTLES_PS = 1000
STORAGE = ("word_o", "sync_o", "rst_o")  # beside names that end in _q
LEAST_STORED = 1200  # bits of the smallest chip


def storage(scope: HierarchyObject) -> list[PackedObject | LogicArrayObject | LogicObject]:
    """All flip-flops, latches and latch words below a scope: by the names that the coding style gives them."""
    found = []
    for child in scope:
        if isinstance(child, HierarchyObject):
            found += storage(child)
        elif isinstance(child, PackedObject | LogicArrayObject | LogicObject):
            if child._name.endswith("_q") or child._name in STORAGE:
                found.append(child)
        elif isinstance(child, HierarchyArrayObject):
            for scope_of_array in child:
                found += storage(scope_of_array)
    return found


def at_random(cells: list[PackedObject | LogicArrayObject | LogicObject], rng: random.Random) -> None:
    """Power comes: each bit of storage has some value."""
    for handle in cells:
        handle.value = rng.getrandbits(1 if isinstance(handle, LogicObject) else len(handle))


def forbidden(dut) -> list[str]:
    """What of the state of the outputs toward the core must not be in reset: no row, switch, waveform or strobe, all neurons discharged."""
    wrong = [f"{name} is {value}" for name in OFF if (value := getattr(dut, f"{name}_1v8_o").value) != 0]
    neurons = len(dut.discharge_1v8_o)
    if dut.discharge_1v8_o.value != (1 << neurons) - 1:
        wrong.append(f"discharge is {dut.discharge_1v8_o.value}")
    wanted = default_configuration()
    for name, want in (("trim", wanted & 7), ("bank", wanted >> 3 & 3), ("test", wanted >> 5 & 1), ("config", 1)):
        if (value := getattr(dut, f"{name}_1v8_o").value) != want:
            wrong.append(f"{name} is {value}")
    return wrong


def reset_limits() -> int:
    """limits_t after reset, by the register description."""
    word = 0
    for register, name in (
        *(("limits_codes", name) for name in ("wl", "wl_fine", "bl", "sl")), *(("limits_pulses", name) for name in ("width", "pulses")),
    ):  # fmt: skip
        field = registers()[register].get_child_by_name(name)
        word = word << field.width | (field_reset(field) or 0)
    return word


@cocotb.test()
async def random_power_ups(dut):
    """Random contents at power-up, the clock stopped: 0 forbidden states, then reset ends in an orderly way.

    Reset comes without a single clock edge. Afterwards the clock runs for a few cycles of reset; nothing moves before its end, the lines
    are grounded after it, and the settings are those of the register description.
    """
    chip, rng = load_chip(os.environ["NEUSOC_CHIP"]), random.Random(151)
    dut._log.info("chip %s seed 151, %d power-ups", chip.name, POWER_UPS)
    inputs = (
        dut.wb_clk_i, dut.wb_rst_i, dut.wbs_cyc_i, dut.wbs_stb_i, dut.wbs_we_i, dut.wbs_sel_i, dut.wbs_adr_i, dut.wbs_dat_i, dut.io_in,
        dut.spike_1v8_i, dut.adc_valid_1v8_i, dut.adc_above_1v8_i,
    )  # fmt: skip
    for signal in inputs:
        signal.value = 0
    await Timer(SETTLES_PS, unit="ps")
    cells = storage(dut)
    bits = sum(1 if isinstance(cell, LogicObject) else len(cell) for cell in cells)
    dut._log.info("%d bits of storage", bits)
    assert bits >= LEAST_STORED, f"only {bits} bits of storage were found: the names changed"
    limits = reset_limits()
    for number in range(POWER_UPS):
        at_random(cells, rng)
        await Timer(SETTLES_PS, unit="ps")
        dut.wb_rst_i.value = 1
        await Timer(SETTLES_PS, unit="ps")
        wrong = forbidden(dut)
        assert not wrong, f"power-up {number}, no clock: {wrong}"
        clock = Clock(dut.wb_clk_i, CLOCK_NS, unit="ns")
        clock.start(start_high=False)
        for _ in range(rng.randrange(4)):
            await FallingEdge(dut.wb_clk_i)
            wrong = forbidden(dut)
            assert not wrong, f"power-up {number}, in reset: {wrong}"
        await Timer(rng.randrange(1, CLOCK_NS * 1000), unit="ps")
        dut.wb_rst_i.value = 0
        for cycle in range(RELEASE_CYCLES + 8):
            await FallingEdge(dut.wb_clk_i)
            lines = frozenset(name for group in GROUPS for name in group if int(getattr(dut, f"{name}_1v8_o").value))
            assert lines <= frozenset(IDLE) and not int(dut.row_1v8_o.value) and not int(dut.fire_1v8_o.value), (number, cycle, lines)
        assert lines == frozenset(IDLE), f"power-up {number}: lines {sorted(lines)} after reset"
        assert int(dut.limits.value) == limits, f"power-up {number}: limits {dut.limits.value} after reset"
        clock.stop()
        dut.wb_clk_i.value = 0
        await Timer(SETTLES_PS, unit="ps")
