"""Tests of the controller, run by test_controller.py in Icarus and Verilator."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cocotb
from cocotb.triggers import FallingEdge, Timer
from neusoc.digital.regs.generate import field_reset, registers
from neusoc.verification.cocotb.bench import CLOCK_NS, WISHBONE_BASE, WISHBONE_BOUND, Bench, WBOp, bits, counts

DEFAULT_TIMING = {"settle": 4, "gap": 2, "phi_p": 10, "phi_n": 10}
SHORTEST = {"settle": 1, "gap": 1, "phi_p": 1, "phi_n": 1}


async def started(dut, seed: int) -> Bench:
    bench = Bench(dut, seed)
    await bench.start()
    return bench


def figure(name: str, value: float, unit: str) -> None:
    """Leave a measured figure for the report."""
    path = Path(os.environ["NEUSOC_FIGURES"])
    found = json.loads(path.read_text()) if path.exists() else {}
    found[name] = {"value": value, "unit": unit}
    path.write_text(json.dumps(found))


def reset_word(bench: Bench, name: str) -> int:
    """Expected value of a register after reset: the RDL's, or what hardware shows at rest."""
    hardware = {("id", "rows"): bench.rows - 1, ("id", "neurons"): bench.neurons - 1}
    word = 0
    for field in registers()[name].fields():
        reset = field_reset(field)
        word |= (hardware.get((name, field.inst_name), 0) if reset is None else reset) << field.lsb
    return word


def check_rest(bench: Bench) -> None:
    """State of all outputs in reset."""
    dut = bench.dut
    assert int(dut.row_1v8_o.value) == 0 and int(dut.phi_p_1v8_o.value) == 0 and int(dut.phi_n_1v8_o.value) == 0
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    assert int(dut.io_out.value) == 0 and int(dut.user_irq.value) == 0 and int(dut.wbs_ack_o.value) == 0


def check_pulse(pulse, timing: dict[str, int], signed: bool) -> None:
    """A pulse has exactly the programmed shape."""
    want = {name: max(1, value) for name, value in timing.items()}
    assert pulse.settle == want["settle"], pulse
    assert pulse.phi_p == want["phi_p"], pulse
    assert pulse.release == want["gap"], pulse
    assert (pulse.between, pulse.phi_n) == ((want["gap"], want["phi_n"]) if signed else (0, 0)), pulse
    assert pulse.off_before is None or pulse.off_before > want["gap"], pulse


async def quiet(bench: Bench, bound: int = 5000) -> None:
    """Wait until no pulse runs and no row is gathered."""
    for _ in range(bound):
        if not await bench.read("status") & 0b011:
            await bench.cycles(2)
            return
    raise AssertionError("the sequencer does not come to rest")


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


@cocotb.test()
async def one_hot_random(dut):
    """Random events from the pins at random rates: one pulse each, in order, of the programmed shape."""
    bench = await started(dut, 3)
    for signed in (0, 1):
        timing = {name: bench.random.randrange(0, 12) for name in DEFAULT_TIMING}
        await bench.write_fields("timing", **timing)
        await bench.write_fields("ctrl", enable=1, aer_in=1, signed_phase=signed)
        bench.monitor.pulses.clear()
        bench.monitor.seen_any = False
        rows = [bench.random.randrange(bench.rows) for _ in range(40)] + [0, bench.rows - 1]
        received = await bench.read_field("events", "received")
        for row in rows:
            await bench.send(row, most_ns=bench.random.choice((1, 5, 50)))
            if bench.random.random() < 0.2:
                await bench.cycles(bench.random.randrange(100))
        await quiet(bench)
        assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in rows]
        for pulse in bench.monitor.pulses:
            check_pulse(pulse, timing, bool(signed))
        assert await bench.read_field("events", "received") == (received + len(rows)) & 0xFFFF


@cocotb.test()
async def multi_hot_window(dut):
    """Events within the window become one pulse; a second event for a gathered row waits for the next."""
    bench = await started(dut, 4)
    await bench.write_fields("window", cycles=120)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    rows = bench.random.sample(range(bench.rows), 4)
    for row in rows:
        assert await bench.send(row, bound=10) < 8, "an event for a row not yet gathered is taken at once"
    start_of_wait = await bench.send(rows[1], bound=200)
    assert start_of_wait > 40, f"a second event for row {rows[1]} waited {start_of_wait} cycles only"
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [sum(1 << r for r in rows), 1 << rows[1]]
    for pulse in bench.monitor.pulses:
        check_pulse(pulse, DEFAULT_TIMING, False)


@cocotb.test()
async def window_length(dut):
    """The pulse starts the programmed number of cycles after its first event was taken."""
    bench = await started(dut, 5)
    await bench.write_fields("ctrl", enable=1, multi_hot=1)
    for window in (0, 1, 2, 37):
        await bench.write_fields("window", cycles=window)
        before = await bench.read_field("events", "received")
        writing = cocotb.start_soon(bench.write("event_in", 3))
        taken = started_at = None
        for cycle in range(100):
            await FallingEdge(dut.wb_clk_i)
            if taken is None and int(dut.u_regs.hwif_in_events_received_incr.value):
                taken = cycle
            if started_at is None and bench.busy():
                started_at = cycle
        await writing
        assert await bench.read_field("events", "received") == before + 1
        assert taken is not None and started_at is not None, window
        assert started_at - taken == max(1, window) + 1, (window, taken, started_at)


@cocotb.test()
async def event_at_window_end(dut):
    """An event that comes just when a window ends is in that pulse or the next, never lost, whatever the cycle."""
    bench = await started(dut, 22)
    await bench.write_fields("window", cycles=20)
    await bench.write_fields("timing", **SHORTEST)
    await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1)
    together = set()
    for delay in range(10, 30):
        bench.monitor.pulses.clear()
        await bench.send(5)
        await bench.cycles(delay)
        await bench.send(6)
        await quiet(bench)
        rows = [p.rows for p in bench.monitor.pulses]
        assert rows in ([0b1100000], [0b100000, 0b1000000]), (delay, rows)
        together.add(len(rows))
    assert together == {1, 2}, "the window never ended within the sweep"


@cocotb.test()
async def multi_hot_random(dut):
    """Random events in multi-hot mode, pins and software together: none lost, none doubled."""
    bench = await started(dut, 6)
    for signed in (0, 1):
        timing = {name: bench.random.randrange(0, 6) for name in DEFAULT_TIMING}
        await bench.write_fields("timing", **timing)
        await bench.write_fields("window", cycles=bench.random.randrange(1, 60))
        await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=1, signed_phase=signed)
        bench.monitor.pulses.clear()
        bench.monitor.seen_any = False
        rows = [bench.random.randrange(bench.rows) for _ in range(80)]
        injected = [bench.random.randrange(bench.rows) for _ in range(10)]

        async def inject(todo=injected) -> None:
            for row in todo:
                await bench.write("event_in", row)
                for _ in range(200):
                    if not await bench.read_field("status", "event_in_busy"):
                        break
                else:
                    raise AssertionError("the event written is never taken")

        task = cocotb.start_soon(inject())
        for row in rows:
            await bench.send(row, most_ns=bench.random.choice((1, 5, 50)))
        await task
        await quiet(bench)
        pulses = bench.monitor.pulses
        assert counts(r for p in pulses for r in bits(p.rows)) == counts(rows + injected)
        assert max(len(bits(p.rows)) for p in pulses) > 1, "no pulse drove several rows"
        for pulse in pulses:
            check_pulse(pulse, timing, bool(signed))
    assert await bench.read("errors") == 0


@cocotb.test()
async def back_pressure(dut):
    """One-hot: the acknowledge is withheld until the pulse before has ended."""
    bench = await started(dut, 7)
    await bench.write_fields("timing", settle=5, gap=3, phi_p=200, phi_n=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    assert await bench.send(1) < 8
    assert bench.busy()
    sending = cocotb.start_soon(bench.send(2))
    early = 0
    while bench.busy():
        early += bench.pin("aer_in_ack")
        await bench.cycles(1)
    assert early == 0, "acknowledge during the pulse before"
    assert await sending > 180
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [0b10, 0b100]


@cocotb.test()
async def disabled_port(dut):
    """No acknowledge while the port or the chip is off."""
    bench = await started(dut, 8)
    bench.drive("aer_in_address", 1)
    bench.drive("aer_in_req", 1)
    for ctrl in ({}, {"enable": 1}, {"aer_in": 1}):
        await bench.write_fields("ctrl", **ctrl)
        for _ in range(30):
            await bench.cycles(1)
            assert not bench.pin("aer_in_ack") and not bench.busy(), ctrl
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.until(lambda: bool(bench.pin("aer_in_ack")), 8, "acknowledge")
    bench.drive("aer_in_req", 0)
    await bench.until(lambda: not bench.pin("aer_in_ack"), 8, "end of acknowledge")


@cocotb.test()
async def bad_address(dut):
    """An event for a row that does not exist is acknowledged, counted and flagged, and drives nothing."""
    bench = await started(dut, 9)
    await bench.write_fields("irq_enable", bad_address=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    assert bench.rows < 256, "choose a chip with fewer rows"
    wrong = [bench.rows, 255, *(bench.random.randrange(bench.rows, 256) for _ in range(6))]
    for number, row in enumerate(wrong, 1):
        await bench.send(row, bound=10)
        assert await bench.read_field("errors", "bad_address") == number
    await bench.write("event_in", bench.rows)
    await bench.cycles(4)
    assert await bench.read_field("errors", "bad_address") == len(wrong) + 1
    assert not bench.monitor.pulses and not bench.busy(), "a row was driven"
    assert await bench.read_field("events", "received") == 0
    assert int(dut.user_irq.value) == 1
    await bench.write_fields("irq_status", bad_address=1)
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 0 and await bench.read("irq_status") == 0
    for _ in range(260):
        await bench.send(255)
    assert await bench.read_field("errors", "bad_address") == 255, "the counter stops at 255"
    await bench.write("errors", 0)
    assert await bench.read("errors") == 0


@cocotb.test()
async def software_events(dut):
    """Events written by software; written too early they are dropped, counted and flagged."""
    bench = await started(dut, 10)
    await bench.write("event_in", 1)
    await bench.cycles(5)
    assert await bench.read("errors") == 1 << 8 and not bench.monitor.pulses, "while disabled"
    await bench.write_fields("irq_enable", overflow=1)
    await bench.write_fields("timing", settle=1, gap=1, phi_p=100, phi_n=1)
    await bench.write_fields("ctrl", enable=1)
    for row in (4, 5, 6):
        await bench.write("event_in", row)
    assert await bench.read_field("status", "event_in_busy") == 1
    assert await bench.read("event_in") == 5
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 1
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 4, 1 << 5]
    assert await bench.read("errors") == 2 << 8
    assert await bench.read_field("events", "received") == 2


@cocotb.test()
async def spikes_to_pins(dut):
    """Neurons fire at random asynchronous moments, the receiver is sometimes slow: every spike leaves once."""
    bench = await started(dut, 11)
    count, prescale = 3, 4
    await bench.write_fields("refractory", count=count, prescale=prescale)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    cocotb.start_soon(bench.receive_forever(most_ns=60))

    async def neuron(index: int, spikes: int) -> None:
        for _ in range(spikes):
            await Timer(bench.random.randint(1, 4_000_000), unit="ps")
            await bench.fire(index)

    tasks = [cocotb.start_soon(neuron(n, 6)) for n in range(bench.neurons)]
    for task in tasks:
        await task
    assert counts(bench.received) == counts(bench.fired), "spikes lost, doubled or misnamed"
    assert len(bench.received) == 6 * bench.neurons
    least = min(held for _, held in bench.held)
    assert least > count * (prescale + 1), f"a neuron was discharged for {least} cycles only"
    assert await bench.read_field("events", "sent") == len(bench.received)
    assert await bench.read("errors") == 0


@cocotb.test()
async def all_spikes_at_once(dut):
    """All neurons fire together: each event leaves once, and a fast neuron does not starve the others."""
    bench = await started(dut, 12)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    await bench.cycles(3)
    bench.receiver_on = False
    cocotb.start_soon(bench.receive_forever())
    tasks = [cocotb.start_soon(bench.fire(n)) for n in range(bench.neurons)]
    await bench.cycles(20)
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1, "a neuron is released before its event is taken"
    bench.receiver_on = True

    async def again() -> None:
        for _ in range(20):
            await bench.fire(0)

    tasks.append(cocotb.start_soon(again()))
    for task in tasks:
        await task
    assert counts(bench.received) == counts(bench.fired)
    assert len(set(bench.received[: bench.neurons])) == bench.neurons, f"a neuron waits while another goes twice: {bench.received}"


@cocotb.test()
async def slow_comparator(dut):
    """A comparator that is slow to fall counts once, even with no refractory time and its event taken at once."""
    bench = await started(dut, 21)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    cocotb.start_soon(bench.receive_forever())
    for fall_cycles in (0, 1, 2, 5, 10, 30):
        bench.received.clear()
        await bench.fire(1, fall_cycles=fall_cycles)
        await bench.cycles(30)
        assert bench.received == [1], fall_cycles


@cocotb.test()
async def refractory_length(dut):
    """Discharged for more than count and at most count + 1 ticks, when the event is taken early."""
    bench = await started(dut, 13)
    cocotb.start_soon(bench.receive_forever())
    for count, prescale in ((0, 99), (1, 49), (15, 4), (7, 9), (2, 200)):
        await bench.write_fields("ctrl")
        await bench.write_fields("refractory", count=count, prescale=prescale)
        await bench.write_fields("ctrl", enable=1, aer_out=1)
        bench.held.clear()
        for _ in range(8):
            await bench.fire(bench.random.randrange(bench.neurons))
            await bench.cycles(bench.random.randrange(prescale + 1))
        tick = prescale + 1
        for neuron, held in bench.held:
            assert count * tick < held <= (count + 1) * tick, (count, prescale, neuron, held)


@cocotb.test()
async def spikes_to_software(dut):
    """EVENT_OUT takes one spike a read; the interrupt follows it."""
    bench = await started(dut, 14)
    await bench.write_fields("irq_enable", event_out=1)
    await bench.write_fields("ctrl", enable=1)
    assert await bench.read("event_out") >> 31 == 0
    chosen = bench.random.sample(range(bench.neurons), 3)
    tasks = [cocotb.start_soon(bench.fire(n)) for n in chosen]
    await bench.cycles(12)
    assert int(dut.user_irq.value) == 1 and await bench.read_field("status", "event_out_valid") == 1
    taken = []
    for _ in chosen:
        word = await bench.read("event_out")
        assert word >> 31 == 1
        taken.append(word & 0x7F)
    assert sorted(taken) == sorted(chosen)
    assert await bench.read("event_out") >> 31 == 0
    for task in tasks:
        await task
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 0
    assert await bench.read_field("events", "sent") == 3
    assert bench.pin("aer_out_req") == 0


@cocotb.test()
async def masked_neurons(dut):
    """A masked neuron is held discharged and sends nothing; the others work; an event that waits is not lost."""
    bench = await started(dut, 15)
    off = sum(1 << n for n in bench.random.sample(range(bench.neurons), bench.neurons // 2))
    for word in range(4):
        await bench.write(f"mask{word}", (off >> 32 * word) & 0xFFFF_FFFF)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    cocotb.start_soon(bench.receive_forever())
    await bench.cycles(3)
    assert int(dut.discharge_1v8_o.value) == off
    for neuron in bits(off):
        bench.drive_spike(neuron, 1)
    for neuron in range(bench.neurons):
        if not off >> neuron & 1:
            await bench.fire(neuron)
    await bench.cycles(20)
    assert sorted(bench.received) == [n for n in range(bench.neurons) if not off >> n & 1]
    assert int(dut.discharge_1v8_o.value) == off


@cocotb.test()
async def time_out(dut):
    """Without an acknowledge, or with one that stays, an event is dropped in the set time, counted and flagged."""
    bench = await started(dut, 16)
    await bench.write_fields("aer_timeout", cycles=100)
    await bench.write_fields("irq_enable", lost=1)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    bench.receiver_on = False
    cocotb.start_soon(bench.receive_forever())
    await bench.fire(1, release_bound=150)
    assert bench.held[-1][1] > 90
    assert await bench.read("errors") == 1 << 16 and await bench.read("irq_status") == 0b100
    assert int(dut.user_irq.value) == 1
    await bench.write_fields("irq_status", lost=1)
    bench.drive("aer_out_ack", 1)
    await bench.cycles(5)
    await bench.fire(2, release_bound=150)
    assert not bench.received and bench.pin("aer_out_req") == 0
    assert await bench.read("errors") == 2 << 16
    bench.drive("aer_out_ack", 0)
    await bench.cycles(5)
    bench.receiver_on = True
    await bench.fire(3)
    assert bench.received == [3]
    assert await bench.read_field("events", "sent") == 1
    assert await bench.read("errors") == 2 << 16


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


@cocotb.test()
async def latencies(dut):
    """The cycle counts that docs/controller.md states."""
    bench = await started(dut, 23)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    bench.drive("aer_in_address", 3)
    await bench.cycles(3)
    bench.drive("aer_in_req", 1)
    assert await bench.until(lambda: bool(bench.pin("aer_in_ack")), 9, "acknowledge") == 3
    assert int(dut.row_1v8_o.value) == 1 << 3, "the row is on one cycle after its event is taken"
    bench.drive("aer_in_req", 0)
    assert await bench.until(lambda: not bench.pin("aer_in_ack"), 9, "end of acknowledge") == 3

    await quiet(bench)
    bench.drive_spike(2, 1)
    assert await bench.until(lambda: bool(bench.discharge(2)), 9, "discharge") == 3
    assert await bench.until(lambda: bool(bench.pin("aer_out_req")), 9, "request") == 6 - 3
    assert bench.pins("aer_out_address") == 2
    bench.drive("aer_out_ack", 1)
    assert await bench.until(lambda: not bench.pin("aer_out_req"), 9, "end of request") == 3
    bench.drive("aer_out_ack", 0)
    bench.drive_spike(2, 0)

    for timing in (SHORTEST, {"settle": 3, "gap": 2, "phi_p": 7, "phi_n": 1}):
        await quiet(bench)
        await bench.write_fields("timing", **timing)
        bench.drive("aer_in_address", 1)
        starts = []
        sender = cocotb.start_soon(_send_twice(bench))
        before = False
        for cycle in range(100):
            await bench.cycles(1)
            if bench.busy() and not before:
                starts.append(cycle)
            before = bench.busy()
        await sender
        period = timing["settle"] + timing["phi_p"] + 2 * timing["gap"] + 1
        # Two events on the pins cannot follow each other faster than the handshake, 6 cycles.
        assert starts[1] - starts[0] == max(period, 6), (timing, starts)


async def _send_twice(bench: Bench) -> None:
    for _ in range(2):
        await bench.send(1, most_ns=0.001)


@cocotb.test()
async def throughput(dut):
    """Events a second at 50 MHz with partners that answer within half a clock cycle."""
    bench = await started(dut, 20)
    await bench.write_fields("timing", **SHORTEST)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    rows = [bench.random.randrange(bench.rows) for _ in range(100)]
    start = cocotb.utils.get_sim_time("ns")
    for row in rows:
        await bench.send(row, most_ns=0.001)
    rate_in = len(rows) / (cocotb.utils.get_sim_time("ns") - start) * 1000
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in rows]
    figure("aer_in_rate", round(rate_in, 3), "M events/s")

    bench.receiver_on = False
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    cocotb.start_soon(bench.receive_forever(most_ns=0.001))
    tasks = [cocotb.start_soon(bench.fire(n)) for n in range(bench.neurons)]
    await bench.cycles(20)
    bench.receiver_on = True
    start = cocotb.utils.get_sim_time("ns")
    await bench.until(lambda: len(bench.received) == bench.neurons, 20 * bench.neurons, "all events")
    rate_out = (bench.neurons - 1) / (cocotb.utils.get_sim_time("ns") - start) * 1000
    for task in tasks:
        await task
    assert sorted(bench.received) == list(range(bench.neurons))
    figure("aer_out_rate", round(rate_out, 3), "M events/s")
