"""Registers, Wishbone, interrupts, disabling and reset."""

from __future__ import annotations

import cocotb
from cocotb.triggers import FallingEdge, Timer
from neusoc.digital.regs.generate import registers
from neusoc.verification.cocotb.bench import CLOCK_NS, WISHBONE_BASE, WISHBONE_BOUND, WBOp
from neusoc.verification.cocotb.checks import DEFAULT_TIMING, check_pulse, check_rest, quiet, reset_word, started


@cocotb.test()
async def reset_values(dut):
    bench = await started(dut, 1)
    check_rest(bench)
    for name in registers():
        assert await bench.read(name) == reset_word(bench, name), name


@cocotb.test()
async def register_access(dut):
    """Read-write fields keep what is written, byte by byte; nothing else moves; every address is acknowledged."""
    bench = await started(dut, 2)
    passive = {"ctrl", "event_in", "event_out", "irq_status", "events", "errors", "id", "status"}
    plain = [name for name in registers() if name not in passive]
    assert {"timing", "window", "refractory", "aer_timeout", "irq_enable", "mask0"} <= set(plain)
    shadow = {name: reset_word(bench, name) for name in plain}
    writable = {name: sum(((1 << f.width) - 1) << f.lsb for f in registers()[name].fields()) for name in plain}
    for word in range(4):
        exists = min(32, max(0, bench.neurons - 32 * word))
        writable[f"mask{word}"] = (1 << exists) - 1
    for _ in range(60):
        name, value, sel = bench.random.choice(plain), bench.random.getrandbits(32), bench.random.randrange(16)
        await bench.write(name, value, sel)
        lanes = sum(0xFF << 8 * lane for lane in range(4) if sel >> lane & 1) & writable[name]
        shadow[name] = (shadow[name] & ~lanes) | (value & lanes)
        for other, want in shadow.items():
            if other == name or bench.random.random() < 0.2:
                assert await bench.read(other) == want, f"{other} after a write of {value:#x} to {name}, sel {sel:04b}"
    for name in ("id", "status", "event_out", "events"):
        before = await bench.read(name)
        await bench.write(name, 0xFFFF_FFFF)
        assert await bench.read(name) == before, f"{name} is read only"
    for offset in (0x34, 0x54, 0x80, 0x7C, 0x800, 0xFFC):
        await bench.write(offset, 0xFFFF_FFFF)
        assert await bench.read(offset) == 0, f"offset {offset:#x} is not in the map"
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


@cocotb.test()
async def interrupt_not_lost(dut):
    """A cause that comes while software clears the same bit stays set."""
    bench = await started(dut, 18)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    regs = dut.u_regs
    coincidences = 0

    async def watch_for_coincidence() -> None:
        nonlocal coincidences
        while True:
            await FallingEdge(dut.wb_clk_i)
            clears = int(regs.wb_stb.value) and int(regs.wb_we.value) and int(regs.wb_adr.value) == bench.offsets["irq_status"]
            coincidences += bool(clears and int(regs.hwif_in_irq_status_bad_address_hwset.value))

    watcher = cocotb.start_soon(watch_for_coincidence())
    for delay in range(12):
        await bench.write_fields("irq_status", bad_address=1)
        assert await bench.read("irq_status") == 0
        before = coincidences
        event = cocotb.start_soon(bench.send(255))
        await bench.cycles(delay)
        await bench.write_fields("irq_status", bad_address=1)
        if coincidences > before:
            assert await bench.read_field("irq_status", "bad_address") == 1, "an interrupt set at the moment of its clearing is lost"
        await event
    watcher.cancel()
    assert coincidences, "set and clear never met: the test shows nothing"
    assert await bench.read_field("errors", "bad_address") == 12


@cocotb.test()
async def flush_on_disable(dut):
    """Disabling drops gathered rows and pending spikes, ends a pulse in order and discharges all neurons."""
    bench = await started(dut, 17)
    await bench.write_fields("window", cycles=1000)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    await bench.send(1)
    task = cocotb.start_soon(bench.fire(0, release_bound=500))
    await bench.cycles(10)
    assert await bench.read("status") == 0b101
    await bench.write_fields("ctrl")
    await bench.cycles(3)
    assert await bench.read("status") == 0
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    await bench.write_fields("ctrl", enable=1, multi_hot=1)
    await task
    await bench.cycles(1100)
    assert not bench.monitor.pulses, "a flushed row was driven"
    await bench.write_fields("ctrl", enable=1)
    await bench.write("event_in", 2)
    await bench.cycles(8)
    assert int(dut.phi_p_1v8_o.value) == 1
    await bench.write_fields("ctrl")
    await bench.cycles(40)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 2]
    check_pulse(bench.monitor.pulses[0], DEFAULT_TIMING, False)


@cocotb.test()
async def reset_at_any_moment(dut):
    """Reset amid traffic: all outputs at rest after one clock edge, and the chip works afterwards."""
    bench = await started(dut, 19)
    for _ in range(25):
        await bench.write_fields("timing", **{name: bench.random.randrange(1, 6) for name in DEFAULT_TIMING})
        await bench.write_fields("window", cycles=20)
        mode = {"multi_hot": bench.random.randrange(2), "signed_phase": bench.random.randrange(2)}
        await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1, **mode)
        await bench.cycles(2)
        bench.drive("aer_in_address", bench.random.randrange(bench.rows))
        bench.drive("aer_in_req", 1)
        bench.drive_spike(bench.random.randrange(bench.neurons), 1)
        if bench.random.random() < 0.5:
            bench.drive("aer_out_ack", 1)
        await Timer(bench.random.randint(1, 50 * CLOCK_NS * 1000), unit="ps")
        await FallingEdge(dut.wb_clk_i)
        dut.wb_rst_i.value = 1
        await bench.cycles(1)
        check_rest(bench)
        await bench.cycles(bench.random.randrange(1, 4))
        check_rest(bench)
        bench.drive("aer_in_req", 0)
        bench.drive("aer_out_ack", 0)
        for neuron in range(bench.neurons):
            bench.drive_spike(neuron, 0)
        dut.wb_rst_i.value = 0
        await bench.cycles(4)
        check_rest(bench)
        assert await bench.read("ctrl") == 0 and await bench.read("events") == 0

    cocotb.start_soon(bench.receive_forever())
    bench.monitor.pulses.clear()
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    await bench.send(2)
    await bench.fire(1)
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 2] and bench.received == [1]
