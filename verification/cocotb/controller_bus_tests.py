"""Registers, Wishbone, interrupts, disabling and reset."""

from __future__ import annotations

from typing import NamedTuple

import cocotb
from cocotb.triggers import FallingEdge, Timer
from neusoc.digital.model.words import KEY, Refusal
from neusoc.digital.regs.generate import registers
from neusoc.verification.cocotb.bench import (
    CLOCK_NS,
    MONITORED,
    RELEASE_CYCLES,
    WISHBONE_BASE,
    WISHBONE_BOUND,
    Bench,
    WBOp,
)
from neusoc.verification.cocotb.checks import (
    DEFAULT_TIMING,
    SHORTEST,
    check_pulse,
    check_rest,
    expose,
    quiet,
    reset_word,
    started,
)


@cocotb.test()
async def reset_values(dut):
    bench = await started(dut, 1)
    check_rest(bench)
    assert (
        int(dut.low_1v8_o.value) == 0
        and int(dut.la_data_out.value) >> MONITORED == 0
        and int(dut.user_irq.value) == 0
    )
    for name in registers():
        if name not in WRITE_ONLY:
            assert await bench.read(name) == reset_word(bench, name), name


WRITE_ONLY = ("pixels",)
PIXELS = 1 << 14  # IRQ_STATUS.pixels: no image waits
PARTIAL, RESERVED, READ_ONLY, LOCKED = Refusal.PARTIAL, Refusal.RESERVED, Refusal.READ_ONLY, Refusal.LOCKED


async def refusal(bench: Bench, register: str | int, value: int) -> int:
    """Write; returns the code of its refusal, 0 if none; the interrupt state agrees."""
    await bench.write("error", 0)
    await bench.write_fields("irq_status", bus_error=1)
    await bench.write(register, value)
    code = await bench.read_field("error", "bus")
    assert await bench.read_field("irq_status", "bus_error") == bool(code)
    return code


@cocotb.test()
async def register_access(dut):
    """Read-write fields keep what is written; nothing else moves; every access is acknowledged, a wrong one
    refused and told."""
    bench = await started(dut, 2)
    passive = {"ctrl", "event_in", "event_out", "irq_status", "events", "errors", "error"}
    passive |= {"key", "lock", "command", "stop", "levels"}
    passive |= {"neuron_config", "spi", "image", "pixels", "reference"}
    read_only = {"id", "status", "size", "result", "result_cell", "job_status", "last_cell", "version"}
    plain = [name for name in registers() if name not in passive | read_only]
    assert {
        "timing",
        "window",
        "refractory",
        "aer_timeout",
        "irq_enable",
        "mask0",
        "set_wl",
        "region",
        "exposure",
    } <= set(plain)
    shadow = {name: reset_word(bench, name) for name in plain}
    writable = {
        name: sum(((1 << f.width) - 1) << f.lsb for f in registers()[name].fields()) for name in plain
    }
    for word in range(4):
        exists = min(32, max(0, bench.neurons - 32 * word))
        writable[f"mask{word}"] = (1 << exists) - 1
    for _ in range(60):
        name, value = bench.random.choice(plain), bench.random.getrandbits(32)
        sel = bench.random.choice((0xF, 0xF, bench.random.randrange(15)))
        await bench.write("error", 0)
        await bench.write(name, value, sel)
        assert await bench.read_field("error", "bus") == (0 if sel == 0xF else PARTIAL), f"sel {sel:04b}"
        if sel == 0xF:
            shadow[name] = value & writable[name]
        for other, want in shadow.items():
            if other == name or bench.random.random() < 0.2:
                assert await bench.read(other) == want, (
                    f"{other} after a write of {value:#x} to {name}, sel {sel:04b}"
                )
    for name in sorted(read_only):
        before = await bench.read(name)
        assert await refusal(bench, name, 0xFFFF_FFFF) == READ_ONLY, name
        assert await bench.read(name) == before, f"{name} is read only"
    first_free = max(bench.offsets.values()) + 4
    for offset in (0x4C + 0x100, 0x4C + 0x200, first_free, 0x1FC, 0x800, 0xFFC):
        assert await refusal(bench, offset, 0xFFFF_FFFF) == RESERVED, f"offset {offset:#x} is not in the map"
        assert await bench.read(offset) == 0, f"offset {offset:#x} is not in the map"
        assert await bench.read_field("error", "bus") == RESERVED
    for offset in (1, 2, 3):
        assert await refusal(bench, bench.offsets["timing"] + offset, 0) == PARTIAL, "unaligned"
    assert await bench.read("timing") == shadow["timing"]
    await bench.write("ctrl", 0)
    base = WISHBONE_BASE
    several = [WBOp(base + bench.offsets[n], acktimeout=WISHBONE_BOUND) for n in plain]
    assert await bench.transfer(several) == [shadow[n] for n in plain], "transfers in one bus cycle"
    dut.wbs_adr_i.value, dut.wbs_dat_i.value = base + bench.offsets["ctrl"], 1
    dut.wbs_sel_i.value, dut.wbs_we_i.value = 0xF, 1
    for cyc, stb in ((0, 1), (1, 0)):
        dut.wbs_cyc_i.value, dut.wbs_stb_i.value = cyc, stb
        for _ in range(5):
            await bench.cycles(1)
            assert not int(dut.wbs_ack_o.value), "half a request is acknowledged"
    dut.wbs_cyc_i.value, dut.wbs_stb_i.value, dut.wbs_we_i.value = 0, 0, 0
    assert await bench.read("ctrl") == 0, "half a request writes"


class Request(NamedTuple):
    """The bus master's side of one cycle; adr is a byte offset."""

    we: int
    adr: int
    dat: int = 0
    sel: int = 0xF
    stb: int = 1


async def two_cycles(bench: Bench, first: Request, second: Request) -> int | None:
    """A master that shows `first` for one cycle and `second` until the acknowledge: the data read, None
    without acknowledge in 8 cycles."""
    dut, answer = bench.dut, None
    async with bench.bus_lock:
        await bench.cycles(1)
        for cycle in range(WISHBONE_BOUND):
            now = second if cycle else first
            dut.wbs_cyc_i.value, dut.wbs_stb_i.value, dut.wbs_we_i.value = 1, now.stb, now.we
            dut.wbs_sel_i.value, dut.wbs_adr_i.value, dut.wbs_dat_i.value = (
                now.sel,
                WISHBONE_BASE + now.adr,
                now.dat,
            )
            await bench.cycles(1)
            if answer is not None:
                break
            if int(dut.wbs_ack_o.value):
                answer = int(dut.wbs_dat_o.value)
        for signal in (dut.wbs_cyc_i, dut.wbs_stb_i, dut.wbs_we_i):
            signal.value = 0
        await bench.cycles(1)
    return answer


@cocotb.test()
async def request_changed(dut):
    """A request changed after its first cycle: what the first asked for is done, with the data of the second;
    a dropped one is not."""
    bench = await started(
        dut, 21, monitors=False
    )  # the monitor of Wishbone expects a master that keeps its request
    at = bench.offsets
    await two_cycles(bench, Request(0, at["lock"]), Request(1, at["lock"], 1))
    assert await bench.read("lock") == 0, "a read that becomes a write sets the lock"
    await bench.write("key", KEY)
    await bench.write("lock", 1)
    guarded = {name: await bench.read(name) for name in ("limits_codes", "limits_pulses", "key", "lock")}
    free = {
        name: await bench.read(name) for name in ("window", "mask0", "set_wl", "irq_enable", "aer_timeout")
    }
    bits = {"window": 0x7FF_03FF, "set_wl": 0x13F_1F3F, "irq_enable": 0xFFFF, "aer_timeout": 0xFFFF}
    bits["mask0"] = (1 << min(32, bench.neurons)) - 1

    async def unharmed(what: str) -> None:
        for name, value in (guarded | free).items():
            assert await bench.read(name) == value, f"{name} after {what}"

    for name, value in guarded.items():
        assert (
            await two_cycles(bench, Request(0, at[name]), Request(1, at[name], ~value & 0xFFFF_FFFF)) == value
        ), name
        await unharmed(f"a read of {name} that became a write")
        await two_cycles(bench, Request(1, at["window"]), Request(1, at[name], 0x155))
        free["window"] = 0x155
        await unharmed(f"a write of window that moved to {name}")
        await two_cycles(bench, Request(1, at[name]), Request(1, at["window"], 0x2AA))
        if name == "lock":
            continue
        assert await bench.read_field("error", "bus") == LOCKED, name
        await unharmed(f"a refused write of {name} that moved to window")
    for number in range(60):
        names = [bench.random.choice([*guarded, *free]) for _ in range(2)]
        words = [bench.random.getrandbits(32) | (names[0] == "lock") for _ in range(2)]
        first, second = (
            Request(
                bench.random.randrange(2),
                at[name],
                word,
                sel=bench.random.choice((0xF, 0xF, 0xF, 3)),
                stb=stb,
            )
            for name, word, stb in zip(names, words, (1, number % 8 > 0), strict=True)
        )
        answer = await two_cycles(bench, first, second)
        refused = first.sel != 0xF or (first.we and names[0] in guarded and names[0] != "lock")
        assert (answer is None) == (not second.stb and not refused), (first, second)
        if first.we and not refused and second.stb and names[0] in free:
            free[names[0]] = second.dat & bits[names[0]]
        if answer is not None and not first.we:
            assert answer == (0 if refused else (guarded | free)[names[0]]), (first, second)
        await unharmed(f"{first}, then {second}")


@cocotb.test()
async def settings_show_no_other_data(dut):
    """The latches of a setting open behind the data of their own write: CTRL never shows the data of the
    write before."""
    bench = await started(dut, 6)
    for _ in range(4):
        await bench.write("region", 0x0101_0101)  # where CTRL has enable
        write = cocotb.start_soon(bench.write_fields("ctrl", winner=1))
        for _ in range(12):
            await FallingEdge(dut.wb_clk_i)
            assert bench.pin_1v8("hold") and bench.pin_1v8("discharge") == (1 << bench.neurons) - 1, (
                "enabled for a moment"
            )
        await write


@cocotb.test()
async def interrupt_not_lost(dut):
    """A cause that comes while software clears the same bit stays set."""
    bench = await started(dut, 18)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    regs = dut.u_registers.u_regs
    coincidences = 0

    async def watch_for_coincidence() -> None:
        nonlocal coincidences
        while True:
            await FallingEdge(dut.wb_clk_i)
            clears = (
                int(regs.wb_stb.value)
                and int(regs.wb_we.value)
                and int(regs.wb_adr.value) == bench.offsets["irq_status"]
            )
            coincidences += bool(clears and int(regs.hwif_in_irq_status_bad_address_hwset.value))

    watcher = cocotb.start_soon(watch_for_coincidence())
    for delay in range(12):
        await bench.write_fields("irq_status", bad_address=1)
        assert await bench.read("irq_status") == PIXELS
        before = coincidences
        event = cocotb.start_soon(bench.send(255))
        await bench.cycles(delay)
        await bench.write_fields("irq_status", bad_address=1)
        if coincidences > before:
            assert await bench.read_field("irq_status", "bad_address") == 1, (
                "an interrupt set at the moment of its clearing is lost"
            )
        await event
    watcher.cancel()
    assert coincidences, "set and clear never met: the test shows nothing"
    assert await bench.read_field("errors", "bad_address") == 12


@cocotb.test()
async def flush_on_disable(dut):
    """Disabling drops gathered rows and pending spikes, ends an exposure in order and discharges all
    neurons."""
    bench = await started(dut, 17)
    await bench.write_fields("window", cycles=1000)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    await bench.send(1)
    task = cocotb.start_soon(bench.fire(0, release_bound=500))
    await bench.cycles(10)
    assert await bench.read("status") & 0xFFFF == 0b101
    await bench.write_fields("ctrl")
    await bench.cycles(3)
    assert await bench.read("status") == 0
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    await bench.write_fields("ctrl", enable=1, multi_hot=1)
    await task
    await bench.cycles(1100)
    assert not bench.monitor.pulses, "a flushed row was driven"
    shape = await expose(bench, **DEFAULT_TIMING | {"window": 30})
    await bench.write_fields("ctrl", enable=1)
    await bench.write("event_in", 2)
    await bench.cycles(12)
    assert int(dut.integ_1v8_o.value) == 1
    await bench.write_fields("ctrl")
    await bench.cycles(40)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 2]
    check_pulse(bench.monitor.pulses[0], shape)


@cocotb.test()
async def reset_at_any_moment(dut):
    """Reset amid traffic and waveforms: all outputs at rest after one clock edge, and the chip works
    afterwards."""
    bench = await started(dut, 19)
    amid = 0  # a waveform of learning
    for _ in range(30):
        await expose(bench, gather=20, **{name: bench.random.randrange(1, 6) for name in SHORTEST})
        learns = bench.random.randrange(2)
        await bench.write_fields("timing", settle=1, gap=1, rail=41, fine=1)
        await bench.write_fields("learn", phi_1=9, phi_2=7, window=3)
        await bench.write_fields("factor", value=2)
        ports = {"aer_in": 1, "aer_out": 1, "multi_hot": bench.random.randrange(2)}
        await bench.write_fields("ctrl", enable=1, winner=learns, learn=learns, **ports)
        if bench.random.random() < 0.5:
            await bench.load([bench.random.randrange(16) for _ in range(bench.rows)])
            await bench.write_fields("image", start=1)
        await bench.write_fields("irq_enable", bus_error=1)
        await bench.write("id", 0)  # is refused
        await bench.until(lambda: bool(int(dut.user_irq.value)), 8, "interrupt")
        bench.drive("aer_in_address", bench.random.randrange(bench.rows))
        bench.drive("aer_in_req", 1)
        bench.drive_spike(bench.random.randrange(bench.neurons), 1)
        if bench.random.random() < 0.5:
            bench.drive("aer_out_ack", 1)
        await Timer(bench.random.randint(1, 80 * CLOCK_NS * 1000), unit="ps")
        await FallingEdge(dut.wb_clk_i)
        amid += bool(int(dut.fire_1v8_o.value))
        dut.wb_rst_i.value = 1
        await bench.cycles(1)
        check_rest(bench)
        assert int(dut.user_irq.value) == 0, "an interrupt in reset"
        await bench.cycles(bench.random.randrange(1, 4))
        check_rest(bench)
        bench.drive("aer_in_req", 0)
        bench.drive("aer_out_ack", 0)
        for neuron in range(bench.neurons):
            bench.drive_spike(neuron, 0)
        dut.wb_rst_i.value = 0
        await bench.cycles(RELEASE_CYCLES)
        check_rest(bench)
        assert await bench.read("ctrl") == 0 and await bench.read("events") == 0

    assert amid, "no reset came amid a waveform"
    cocotb.start_soon(bench.receive_forever())
    bench.monitor.pulses.clear()
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    await bench.send(2)
    await bench.fire(1)
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 2] and bench.received == [1]
