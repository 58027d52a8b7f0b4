"""Configuration of the neurons: trim, pair and test switch in latches of their own, written one neuron at a
time or all at once."""

from __future__ import annotations

import random

import cocotb
from neusoc.digital.model.words import Refusal
from neusoc.verification.cocotb.bench import (
    RELEASE_CYCLES,
    WISHBONE_BASE,
    WISHBONE_BOUND,
    Bench,
    Configuration,
    WBOp,
    bits,
    default_configuration,
)
from neusoc.verification.cocotb.checks import check_rest, started
from neusoc.verification.cocotb.controller_bus_tests import Request, refusal, two_cycles
from neusoc.verification.cocotb.jobs import idle

BUSY, RUNNING, NO_NEURON = Refusal.BUSY, Refusal.RUNNING, Refusal.NEURON
ALL = 1 << 15
READ, PROGRAM = 3, 4  # COMMAND.operation
SETTINGS = 0x1F_0027  # pair, test and trim, as they stand in NEURON_CONFIG
UNUSED = 0xD8  # bits between them


def drawn(rng: random.Random) -> int:
    """Random settings of a neuron."""
    return rng.getrandbits(32) & SETTINGS


def word(data: int, neuron: int) -> int:
    """NEURON_CONFIG for one neuron."""
    return data | neuron << 8


def write(register: str, value: int, bench: Bench) -> WBOp:
    """A write as one of several in a bus cycle, which follow each other as fast as the bus goes."""
    return WBOp(WISHBONE_BASE + bench.offsets[register], value, acktimeout=WISHBONE_BOUND)


async def configure(bench: Bench, value: int) -> list[Configuration]:
    """Write NEURON_CONFIG and read it back, which waits for the end; returns the cycles in which latches were
    open."""
    bench.configurations.clear()
    await bench.write("neuron_config", value)
    assert await bench.read("neuron_config") == value & (SETTINGS | 0xFF00), "reads as the last write taken"
    now, everything = bench.configuration(), (1 << bench.neurons) - 1
    assert (now.open, now.discharge) == (0, everything), f"answered before the end: {now}"
    return bench.configurations[:]


@cocotb.test()
async def config_one_neuron(dut):
    """After reset all latches hold the default; a write changes those of its neuron, all bits of them, and no
    others."""
    bench = await started(dut, 90)
    want = [default_configuration()] * bench.neurons
    assert bench.latches == want
    order = [*range(bench.neurons), *bench.random.choices(range(bench.neurons), k=20)]
    for neuron in order:
        for data in (SETTINGS, 0, drawn(bench.random)):
            opened = await configure(bench, word(data, neuron) | bench.random.choice((0, UNUSED)))
            want[neuron] = data
            assert bench.latches == want, f"after {data:#x} for neuron {neuron}"
            assert [bits(cycle.discharge) for cycle in opened] == [[neuron], [neuron]], opened
    await bench.cycles(30)
    assert bench.latches == want


@cocotb.test()
async def config_all_neurons(dut):
    """With all = 1 every neuron gets the data, whatever the number says; one of them may be changed after."""
    bench = await started(dut, 91)
    for neuron in (0, bench.neurons, 127):
        data = drawn(bench.random)
        opened = await configure(bench, ALL | word(data, neuron))
        assert bench.latches == [data] * bench.neurons
        assert [cycle.discharge for cycle in opened] == [(1 << bench.neurons) - 1] * 2
    await configure(bench, word(data ^ SETTINGS, bench.neurons - 1))
    assert bench.latches == [data] * (bench.neurons - 1) + [data ^ SETTINGS]


@cocotb.test()
async def config_sequence(dut):
    """Cycle by cycle, as docs/02-chip/controller.md draws it; a mask of the neurons is not asked."""
    bench = await started(dut, 92)
    for number in range(4):
        await bench.write(f"mask{number}", bench.random.getrandbits(32))
    neuron, everything = bench.random.randrange(bench.neurons), (1 << bench.neurons) - 1
    only, data, before = 1 << neuron, 0x0B_0025, default_configuration()
    trace = []

    async def watch() -> None:
        while True:
            trace.append(bench.configuration())
            await bench.cycles(1)

    watcher = cocotb.start_soon(watch())
    await bench.write("neuron_config", word(data, neuron))
    await bench.cycles(12)
    watcher.cancel()
    start = next(at for at, cycle in enumerate(trace) if cycle.data != before)
    shape = [(0, everything), (0, only), (1, only), (1, only), (0, only), (0, everything), (0, everything)]
    assert trace[start : start + 7] == [Configuration(line, data, discharge) for line, discharge in shape]
    assert set(trace[:start]) == {Configuration(0, before, everything)}


@cocotb.test()
async def config_refused(dut):
    """Refused and told while the neurons or a job run, and for a neuron that does not exist: no latch and no
    register moves."""
    bench = await started(dut, 93)
    await configure(bench, word(0x15_0005, 1))
    kept, latches = word(0x15_0005, 1), bench.latches[:]

    async def refused(value: int, code: int, what: str) -> None:
        bench.configurations.clear()
        assert await refusal(bench, "neuron_config", value) == code, what
        await bench.cycles(10)
        assert bench.latches == latches and not bench.configurations, what
        assert await bench.read("neuron_config") == kept, what

    for neuron in {bench.neurons, 127, bench.random.randrange(bench.neurons, 128)}:
        await refused(word(0x0A_0022, neuron), NO_NEURON, f"neuron {neuron}")
    assert await refusal(bench, "neuron_config", kept) == 0
    # The number is that of the cycle in which the data are taken, as all data.
    at = bench.offsets["neuron_config"]
    await bench.write("error", 0)
    await two_cycles(
        bench, Request(1, at, word(0x0A_0022, 0)), Request(1, at, word(0x0A_0022, bench.neurons))
    )
    assert await bench.read_field("error", "bus") == NO_NEURON and await bench.read("neuron_config") == kept
    await two_cycles(
        bench, Request(1, at, word(0x0A_0022, bench.neurons)), Request(1, at, word(0x0A_0022, 0))
    )
    kept, latches[0] = word(0x0A_0022, 0), 0x0A_0022
    assert await bench.read("neuron_config") == kept and bench.latches == latches

    await bench.write_fields("ctrl", enable=1)
    await refused(word(0x07, 0), RUNNING, "neurons run")
    await refused(ALL | 0x07, RUNNING, "neurons run")
    await refused(word(0x07, bench.neurons), RUNNING, "neurons run, and there is no such neuron")
    assert await bench.read_field("ctrl", "enable") == 1 and not int(dut.discharge_1v8_o.value)
    await bench.arm()
    await bench.write_fields("command", operation=PROGRAM)  # without levels: it waits
    await refused(word(0x07, 0), BUSY, "neurons enabled and a job runs")
    await bench.write_fields("ctrl")
    await refused(ALL | 0x07, BUSY, "a job runs")
    await bench.write_fields("stop", job=1)
    await idle(bench)
    assert await refusal(bench, "neuron_config", word(0x1E_0007, 2)) == 0
    assert await bench.read("neuron_config") == word(0x1E_0007, 2)
    latches[2] = 0x1E_0007
    assert bench.latches == latches


@cocotb.test()
async def config_right_after(dut):
    """What comes right after a write waits for its end, no longer than any access may: enable, a job, writes,
    a refused access."""
    bench = await started(dut, 94)
    everything = (1 << bench.neurons) - 1

    async def both(*operations: tuple[str, int]) -> None:
        bench.configurations.clear()
        await bench.transfer([write(name, value, bench) for name, value in operations])
        now = bench.configuration()
        assert now.open == 0, f"{operations}: a latch is open after the last acknowledge"
        assert len(bench.configurations) == 2 * sum(name == "neuron_config" for name, _ in operations)

    for _ in range(5):
        data, neuron = drawn(bench.random), bench.random.randrange(bench.neurons)
        await both(("neuron_config", word(data, neuron)), ("ctrl", 1))
        assert bench.latches[neuron] == data
        await bench.until(lambda: int(dut.discharge_1v8_o.value) == 0, 12, "neurons run")
        latches = bench.latches[:]
        # Disabled, and written at once: all neurons are discharged before.
        other = bench.random.randrange(bench.neurons)
        await both(("ctrl", 0), ("neuron_config", word(data ^ SETTINGS, other)), ("window", 3))
        latches[other] = data ^ SETTINGS
        assert bench.latches == latches

    for _ in range(10):
        pairs = [(drawn(bench.random), bench.random.randrange(bench.neurons)) for _ in range(2)]
        await both(*(("neuron_config", word(*pair)) for pair in pairs), ("window", 7))
        for data, neuron in pairs:
            latches[neuron] = data
        assert bench.latches == latches and await bench.read("neuron_config") == word(*pairs[-1])
    await both(("neuron_config", word(0x21, 0)), ("neuron_config", ALL | 0x11_0026), ("window", 7))
    assert bench.latches == [0x11_0026] * bench.neurons

    await both(("neuron_config", word(0x01, 1)), ("command", READ))
    for _ in range(20):
        assert int(dut.discharge_1v8_o.value) == everything, "a neuron is released during a job"
        await bench.cycles(1)
    await bench.write_fields("stop", job=1)
    await idle(bench)
    await both(("neuron_config", word(0x02, 1)), ("id", 0))
    assert bench.latches == [0x11_0026, 0x02, *[0x11_0026] * (bench.neurons - 2)]


@cocotb.test()
async def config_in_reset(dut):
    """A reset in any cycle of the sequence gives every neuron the default, and the next write works."""
    bench = await started(dut, 95)
    default = [default_configuration()] * bench.neurons
    for cycle in range(14):
        await configure(bench, ALL | drawn(bench.random))
        neuron = bench.random.randrange(bench.neurons)
        await bench.cycles(1)
        dut.wbs_sel_i.value, dut.wbs_adr_i.value = 0xF, WISHBONE_BASE + bench.offsets["neuron_config"]
        dut.wbs_dat_i.value = word(SETTINGS, neuron)
        for at in range(cycle + 1):
            requests = int(at < 3)  # asked, done, acknowledged
            dut.wbs_cyc_i.value, dut.wbs_stb_i.value, dut.wbs_we_i.value = requests, requests, requests
            await bench.cycles(1)
        dut.wb_rst_i.value = 1
        await bench.cycles(1)
        check_rest(bench)
        dut.wbs_cyc_i.value, dut.wbs_stb_i.value, dut.wbs_we_i.value = 0, 0, 0
        await bench.cycles(bench.random.choice((0, 1, 4)))
        check_rest(bench)
        dut.wb_rst_i.value = 0
        await bench.cycles(RELEASE_CYCLES)
        check_rest(bench)
        assert bench.latches == default, f"reset {cycle} cycles after the write"
        assert await bench.read("neuron_config") == default[0]
        await configure(bench, word(0x18_0020, neuron))
        assert bench.latches == [0x18_0020 if n == neuron else default[0] for n in range(bench.neurons)]
