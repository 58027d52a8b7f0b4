"""Power-up and reset: whatever flip-flops and latches hold, the outputs toward the core are safe as soon as
reset is there, clock or none,
and after it nothing tells what was before.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyArrayObject, HierarchyObject, LogicArrayObject, LogicObject, PackedObject
from cocotb.triggers import FallingEdge, Timer
from neusoc.base.chip import load_chip
from neusoc.base.pins import REFERENCE_WORDS, learning_groups
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.pinmap import PINS
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.cocotb.array_model import IDLE, LINES, ArrayModel
from neusoc.verification.cocotb.bench import CLOCK_NS, RELEASE_CYCLES, Bench, default_configuration
from neusoc.verification.cocotb.checks import OFF as PINS_OFF
from neusoc.verification.cocotb.checks import expose, figure, quiet, started
from neusoc.verification.cocotb.controller_learning_tests import waveform
from neusoc.verification.cocotb.jobs import SHORT_ADC, SHORT_PATH, run_job, settings, write_settings

POWER_UPS = int(os.environ.get("NEUSOC_POWER_UPS", "1000"))
OFF = (*(name for name in PINS_OFF if name != "adc_range"), *LINES)  # the range is a setting, in latches
SETTLES_PS = 1000
SL_BITS = 6
LONGEST_GAP = 63
# Beside names that end in _q, and of the generated registers those that begin with FIELD.
STORAGE = ("word_o", "sync_o", "rst_o", "external_pending", "pending_rd_addr")
FIELD = "field_storage_"
DRIVEN = (
    "u_references",
    "word_o",
)  # no storage: what is written to it would hide the flip-flops that drive it
LEAST_STORED = 1200  # bits of the smallest chip
# Flip-flops without a reset, by their module in the tree: the RTL says at each why none is needed.
NOT_RESET = {
    "u_cell": (
        "outcome_q",
        "code_q",
        "next_wl_q",
        "pulses_q",
        "full_count_q",
        "first_q",
        "full_q",
        "retried_q",
        "refused_q",
        "sum_q",
        "product_q",
    ),
    "u_adc": ("above_q",),
    "u_settings": ("data_q",),
}
# What is not 0 when reset ends; trim_q and prescale_q besides, which the register description gives.
NOT_ZERO = {
    "discharge_q": 1,
    "hold_q": 7,
    "config_q": 1,
    "rst_q": 1,
    "awake_q": 3,
    "interlock_active_q": 1,
    "pair_q": 16,
    "ratio_b_q": 7,
    "plane_q": 3,
}
# The same of a module, where others have the name too.
NOT_ZERO_IN = {
    ("u_interlock", "gap_q"): LONGEST_GAP,
    ("u_show", "hold_q"): 1,
    ("u_image", "code_q"): 63,
    ("u_spi", "sum_q"): 0xFF,
    ("u_references", "write_q"): (1 << REFERENCE_WORDS) - 1,
}
CLOCK = "u_clock"  # gates before modules: those clocks run on for a moment


POINTS = "u_points"  # modules that the coverage binds to the controller's


def storage(scope: HierarchyObject) -> list[PackedObject | LogicArrayObject | LogicObject]:
    """All flip-flops, latches and latch words below a scope, by the names that the coding style gives them;
    none of the coverage points."""
    found = []
    for child in scope:
        if child._name.startswith(POINTS) or (scope._name, child._name) == DRIVEN:
            continue
        if isinstance(child, HierarchyObject):
            found += storage(child)
        elif isinstance(child, PackedObject | LogicArrayObject | LogicObject):
            if child._name.endswith("_q") or child._name in STORAGE or child._name.startswith(FIELD):
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
    """What of the state of the outputs must not be in reset.

    Toward the core no row, switch, waveform or strobe, and all neurons discharged; SPI's data not driven.
    """
    wrong = [f"{name} is {value}" for name in OFF if (value := getattr(dut, f"{name}_1v8_o").value) != 0]
    neurons = len(dut.discharge_1v8_o)
    if dut.discharge_1v8_o.value != (1 << neurons) - 1:
        wrong.append(f"discharge is {dut.discharge_1v8_o.value}")
    wanted = default_configuration()
    for name, want in (
        ("trim", wanted & 7),
        ("pair", wanted >> 16 & 31),
        ("test", wanted >> 5 & 1),
        ("config", 1),
        ("hold", 1),
        ("ratio_b", 7),
        ("reference_write", (1 << REFERENCE_WORDS) - 1),
    ):
        if (value := getattr(dut, f"{name}_1v8_o").value) != want:
            wrong.append(f"{name} is {value}")
    if dut.io_oeb.value[PINS["spi_data"].first] != 1:
        wrong.append("the chip drives SPI's data")
    return wrong


def reset_limits() -> int:
    """limits_t after reset, by the register description; its code of a DAC of the source lines, which is not
    there, is 0."""
    word = 0
    for register, name in (
        *(("limits_codes", name) for name in ("wl", "wl_fine", "bl", "sl")),
        *(("limits_pulses", name) for name in ("width", "pulses")),
    ):
        field = registers()[register].get_child_by_name(name)
        word = word << field.width | (field_reset(field) or 0) if field else word << SL_BITS
    return word


@cocotb.test()
async def random_power_ups(dut):
    """Random contents at power-up, the clock stopped: 0 forbidden states, then reset ends in an orderly way.

    Reset comes without a single clock edge. Afterwards the clock runs for a few cycles of reset; nothing
    moves before its end, the lines are grounded after it, and the settings are those of the register
    description.
    """
    chip, rng = load_chip(os.environ["NEUSOC_CHIP"]), random.Random(151)
    dut._log.info("chip %s seed 151, %d power-ups", chip.name, POWER_UPS)
    inputs = (
        dut.wb_clk_i,
        dut.wb_rst_i,
        dut.wbs_cyc_i,
        dut.wbs_stb_i,
        dut.wbs_we_i,
        dut.wbs_sel_i,
        dut.wbs_adr_i,
        dut.wbs_dat_i,
        dut.io_in,
        dut.spike_1v8_i,
        dut.adc_valid_1v8_i,
        dut.adc_above_1v8_i,
    )
    for signal in inputs:
        signal.value = 0
    await Timer(SETTLES_PS, unit="ps")
    cells = storage(dut)
    bits = sum(1 if isinstance(cell, LogicObject) else len(cell) for cell in cells)
    dut._log.info("%d bits of storage", bits)
    assert bits >= LEAST_STORED, f"only {bits} bits of storage were found: the names changed"
    limits = reset_limits()
    figure("random_power_ups", POWER_UPS, "")
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
            lines = frozenset(name for name in LINES if int(getattr(dut, f"{name}_1v8_o").value))
            assert lines <= IDLE and not int(dut.row_1v8_o.value) and not int(dut.fire_1v8_o.value), (
                number,
                cycle,
                lines,
            )
        assert lines == IDLE, f"power-up {number}: lines {sorted(lines)} after reset"
        assert int(dut.limits.value) == limits, f"power-up {number}: limits {dut.limits.value} after reset"
        clock.stop()
        dut.wb_clk_i.value = 0
        await Timer(SETTLES_PS, unit="ps")


def after_reset(cell: PackedObject | LogicArrayObject | LogicObject) -> int | None:
    """What a storage holds when reset ends; None: it has no reset, as levels and results, or is a setting,
    which reset_values reads."""
    *scopes, name = cell._path.split(".")
    words = name == "word_o"
    if words or "u_assertions" in scopes or name in NOT_RESET.get(scopes[-1], ()):
        return None
    if name == "enable_q" and scopes[-1].startswith(CLOCK):
        return int(scopes[-2] != "u_spi")  # it rests at once
    if (scopes[-1], name) in NOT_ZERO_IN:
        return NOT_ZERO_IN[scopes[-1], name]
    prescale = field_reset(registers()["refractory"].get_child_by_name("prescale"))
    return {**NOT_ZERO, "trim_q": default_configuration() & 7, "prescale_q": prescale}.get(name, 0)


def fillings(rng: random.Random) -> dict[str, Callable[[int], int]]:
    """What a storage of so many bits held before: each bit 1 once and 0 once, then mixtures."""
    return {
        "ones": lambda bits: (1 << bits) - 1,
        "zeros": lambda bits: 0,
        "a mixture": rng.getrandbits,
        "another": rng.getrandbits,
    }


async def reset_over(bench: Bench, fill: Callable[[int], int]) -> None:
    """Give all storage some contents, then reset; returns where reset ends: all have seen it, none has moved
    since.

    The two flip-flops of reset itself stay as they are: with ones in them reset would be there before its
    pin.

    Args:
        bench: its clock runs.
        fill: contents of a storage of so many bits.
    """
    dut = bench.dut
    await FallingEdge(dut.wb_clk_i)
    for cell in storage(dut):
        if cell._path.split(".")[-2] == "u_reset":
            continue
        cell.value = fill(1 if isinstance(cell, LogicObject) else len(cell))
    await Timer(SETTLES_PS, unit="ps")
    dut.wb_rst_i.value = 1
    await bench.cycles(2)
    dut.wb_rst_i.value = 0
    await bench.cycles(2)
    await Timer(SETTLES_PS, unit="ps")


@cocotb.test()
async def reset_state(dut):
    """Whatever was before, reset leaves one state: 0, which the proofs take for it, but for NOT_ZERO,
    NOT_RESET and the settings.

    It looks inside, at flip-flops of which the pins may never tell: the mutation campaign asks it last, and
    counts what it alone sees.
    """
    bench = await started(dut, 152, monitors=False)
    cells = storage(dut)
    judged = [(cell, want) for cell in cells if (want := after_reset(cell)) is not None]
    names = {cell._name for cell, _ in judged}
    assert {*NOT_ZERO, "trim_q", "prescale_q", "sync_o", "state_q"} <= names and any(
        name.startswith(FIELD) for name in names
    )
    spared = {(*cell._path.split(".")[-2:],) for cell in cells if after_reset(cell) is None}
    assert {(scope, name) for scope, some in NOT_RESET.items() for name in some} <= spared, (
        "NOT_RESET names what is not there"
    )
    for what, fill in fillings(bench.random).items():
        await reset_over(bench, fill)
        assert not int(dut.rst.value), "reset has not ended"
        wrong = [f"{cell._path} is {cell.value}" for cell, want in judged if cell.value != want]
        assert not wrong, f"after {what}: {wrong[:8]}"


@cocotb.test()
async def reset_keeps_the_gap(dut):
    """What a reset opens stays open for the longest gap that there is, however short the reset and whatever
    the gap was set to."""
    bench = await started(dut, 154, monitors=False)

    def lines() -> frozenset[str]:
        return frozenset(name for name in LINES if bench.pin_1v8(name))

    for gap, length in ((63, 1), (20, 1), (0, 3)):
        await bench.write_fields("path_timing", gap=gap, program_settle=1, read_settle=1, wake=0)
        await bench.cycles(4)
        assert lines() == IDLE
        dut.wb_rst_i.value = 1
        await bench.cycles(length)
        assert not lines(), "a reset opens all"
        dut.wb_rst_i.value = 0
        is_open = await bench.until(lambda: lines() == IDLE, 100, "the lines at rest")
        assert is_open >= LONGEST_GAP, f"closed {is_open} cycles behind a reset"


async def exercise(bench: Bench, model: ArrayModel) -> None:
    """Every register read, jobs, an event, an image, a waveform of learning, events of both ports, and every
    register again."""
    for name in bench.offsets:
        await bench.read(name)
    await bench.arm()
    await bench.write_fields("path_timing", **SHORT_PATH)
    await bench.write_fields("adc_timing", **SHORT_ADC)
    await write_settings(bench, model, settings(pulse_limit=3))
    for operation, levels in ((Operation.SET, None), (Operation.PROGRAM, [[3]])):
        code, results = await run_job(bench, model, Job(operation, 1, 1, 2, 2), levels, poll=20)
        assert code == 0 and len(results) == 1, (operation, code, results)
    await bench.write_fields("timing", settle=1, gap=1, rail=20, fine=1)
    await expose(bench)
    await bench.write_fields("learn", phi_1=3, phi_2=3, window=9)
    await bench.write_fields("factor", value=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1, winner=1, learn=1)
    await bench.send(3, most_ns=0.001)
    await quiet(bench)
    bench.drive_spike(1, 1)
    await bench.until(lambda: bool(bench.discharge(1)), 8, "discharge")
    bench.drive_spike(1, 0)
    assert len(await waveform(bench, settle=1, settled=1, rail=20)) == 2 * learning_groups(bench.rows)
    await bench.write("event_in", 2)
    await quiet(bench)
    await bench.load([5] * bench.rows)
    await bench.write_fields("image", start=1)
    await quiet(bench)
    for name in bench.offsets:
        await bench.read(name)


@cocotb.test()
async def reset_forgets(dut):
    """After a reset the pins go the same way cycle by cycle, whatever all flip-flops and latches held before
    it."""
    bench = await started(dut, 153, monitors=False)
    cocotb.start_soon(bench.receive_forever())
    model = ArrayModel(dut)
    model.start()
    outputs = [
        child
        for child in dut
        if child._name.endswith("_1v8_o") or child._name in ("io_out", "user_irq", "wbs_ack_o", "wbs_dat_o")
    ]
    assert len(outputs) > 30, [child._name for child in outputs]
    history: list[tuple[str, ...]] = []

    async def record() -> None:
        while True:
            await FallingEdge(dut.wb_clk_i)
            history.append(tuple(str(child.value) for child in outputs))

    first: list[tuple[str, ...]] = []
    for what, fill in fillings(bench.random).items():
        await reset_over(bench, fill)
        model.rng, model.device = random.Random(153), WordLineCell(bench.rows, bench.chip.columns, 153)
        chance, bench.random = bench.random, random.Random(153)
        history.clear()
        recorder = cocotb.start_soon(record())
        await exercise(bench, model)
        recorder.cancel()
        bench.random = chance
        await bench.cycles(1)
        first = first or list(history)
        for cycle, (now, before) in enumerate(zip(history, first, strict=True)):
            moved = [child._name for child, a, b in zip(outputs, now, before, strict=True) if a != b]
            assert not moved, f"cycle {cycle} after a reset over {what}: {moved} not as before"
    assert len(first) > 500
