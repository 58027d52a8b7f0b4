"""What no partner should do: addresses of other chips, an address that moves, a request that stays. And both
ways in at once."""

from __future__ import annotations

import cocotb
from neusoc.digital.model.words import KEY
from neusoc.digital.regs.generate import registers
from neusoc.verification.cocotb.bench import RELEASE_CYCLES, WISHBONE_BASE, WISHBONE_BOUND, Bench, WBOp
from neusoc.verification.cocotb.checks import expose, quiet, started
from neusoc.verification.cocotb.controller_bus_tests import PARTIAL, PIXELS, RESERVED, WRITE_ONLY

WINDOW_BITS = 12  # of the address inside the window


async def access(bench: Bench, address: int, value: int | None = None, sel: int = 0xF) -> int:
    """One transfer at an address of 32 bits; a write with a value. Returns the data read."""
    data = () if value is None else (value,)
    return (await bench.transfer([WBOp(address, *data, sel=sel, acktimeout=WISHBONE_BOUND)]))[0]


@cocotb.test()
async def address_window(dut):
    """An address outside the window is refused and told, whichever of its upper bits is wrong: no register
    moves, no job starts."""
    bench = await started(dut, 100)
    await bench.write("key", KEY)
    await bench.write("window", 0x155)
    random_bits = [bench.random.getrandbits(32 - WINDOW_BITS) for _ in range(20)]
    wrong = [1 << k for k in range(32 - WINDOW_BITS)] + [bits for bits in random_bits if bits]
    # The lowest and the highest word of the neighbours of the window, and of the whole space.
    edges = [WISHBONE_BASE - 4, WISHBONE_BASE + (1 << WINDOW_BITS), 0, 0xFFFF_FFFC]
    aliases = [WISHBONE_BASE ^ bits << WINDOW_BITS for bits in wrong]
    for alias in (*aliases, *(edge - bench.offsets["window"] for edge in edges)):
        await bench.write("error", 0)
        await bench.write_fields("irq_status", bus_error=1)
        assert await access(bench, alias + bench.offsets["window"]) == 0, f"{alias:#x} reads a register"
        assert await bench.read_field("error", "bus") == RESERVED, f"{alias:#x} is read"
        assert await bench.read_field("irq_status", "bus_error") == 1
        await bench.write("error", 0)
        await access(bench, alias + bench.offsets["window"], 0x2AA)
        assert await bench.read_field("error", "bus") == RESERVED, f"{alias:#x} is written"
        assert await bench.read("window") == 0x155, f"a write to {alias:#x} moves a register"
    operations = {"image": 1, "pixels": 5}
    operations |= {
        "command": 0,
        "ctrl": 1,
        "lock": 1,
        "event_in": 1,
        "key": 0,
        "stop": 3,
        "levels": 0,
        "neuron_config": 1 << 15,
    }
    moving = ("error", "irq_status", "result", "event_out", *WRITE_ONLY)
    before = {name: await bench.read(name) for name in registers() if name not in moving}
    await bench.write_fields("irq_status", bus_error=1)
    for name, value in operations.items():
        await access(bench, bench.random.choice(aliases) + bench.offsets[name], value)
        assert await bench.read("irq_status") == PIXELS | 1 << 4, f"{name}: more than a refusal, or less"
        await bench.write_fields("irq_status", bus_error=1)
    await bench.cycles(40)
    for name, value in before.items():
        assert await bench.read(name) == value, f"{name} moved"
    await bench.write("error", 0)
    await access(bench, aliases[0] + bench.offsets["window"], 0, sel=0b0011)
    assert await bench.read_field("error", "bus") == PARTIAL, "the first reason is told"
    assert await bench.read("window") == 0x155


@cocotb.test()
async def address_registered(dut):
    """The address is taken when the request is seen and not looked at again: what the pads do while an event
    waits means nothing."""
    bench = await started(dut, 101)
    await expose(bench, gather=1, window=30)
    for multi_hot in (0, 1):
        await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=multi_hot)
        await quiet(bench)
        for late in (3, 4, 9, 20):
            bench.monitor.pulses.clear()
            first, wanted, other = bench.random.sample(range(bench.rows), 3)
            await bench.send(first)
            await bench.cycles(3)
            if multi_hot:  # a second event of a gathered row waits
                await bench.send(wanted)
            bench.drive("aer_in_address", wanted)
            await bench.jitter(18)
            bench.drive("aer_in_req", 1)
            await bench.cycles(late)
            assert not bench.pin("aer_in_ack"), "the event does not wait: the test shows nothing"
            for _ in range(20):
                bench.drive("aer_in_address", bench.random.choice((other, 255)))
                await bench.cycles(1)
                if bench.pin("aer_in_ack"):
                    break
            await bench.until(lambda: bool(bench.pin("aer_in_ack")), 200, "acknowledge")
            bench.drive("aer_in_req", 0)
            await quiet(bench)
            rows = [p.rows for p in bench.monitor.pulses]
            assert rows == [1 << first] + [1 << wanted] * (1 + multi_hot), (multi_hot, late, rows)
    assert await bench.read("errors") == 0


@cocotb.test()
async def request_stuck(dut):
    """A request that stays up after its acknowledge is told once, after the set time, and again only when it
    happens again."""
    bench = await started(dut, 102)
    await expose(bench)
    await bench.write_fields("irq_enable", stuck=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    for cycles in (0, 1, 2, 50, 300):
        await bench.write_fields("aer_timeout", cycles=cycles)
        bench.drive("aer_in_address", 3)
        bench.drive("aer_in_req", 1)
        await bench.until(lambda: bool(bench.pin("aer_in_ack")), 8, "acknowledge")
        # One cycle to the bit of IRQ_STATUS, one to the pin.
        told = await bench.until(lambda: bool(int(dut.user_irq.value)), cycles + 8, "the interrupt")
        assert told == max(1, cycles) + 1, (cycles, told)
        assert await bench.read("irq_status") == PIXELS | 1 << 11
        await bench.write_fields("irq_status", stuck=1)
        await bench.cycles(3 * cycles + 10)
        assert await bench.read("irq_status") == PIXELS, "told twice"
        await bench.cycles(1)
        assert bench.pin("aer_in_ack") == 1, "the acknowledge goes away before the request"
        bench.drive("aer_in_req", 0)
        assert await bench.until(lambda: not bench.pin("aer_in_ack"), 8, "end of acknowledge") == 3
    received = await bench.read_field("events", "received")
    assert received == 5, "a request that stays is one event"
    # Just in time, many times: nothing to tell; the port works.
    bench.monitor.pulses.clear()
    await bench.write_fields("aer_timeout", cycles=12)
    for row in range(4):
        bench.drive("aer_in_address", row)
        bench.drive("aer_in_req", 1)
        await bench.until(lambda: bool(bench.pin("aer_in_ack")), 8, "acknowledge")
        await bench.cycles(9)  # the two flip-flops of the request see it fall 2 cycles later
        bench.drive("aer_in_req", 0)
        await bench.until(lambda: not bench.pin("aer_in_ack"), 8, "end of acknowledge")
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in range(4)]
    assert await bench.read("irq_status") == PIXELS and await bench.read("errors") == 0


@cocotb.test()
async def request_stuck_when_disabled(dut):
    """Told also when the port or the chip is disabled meanwhile, and a reset ends the wait."""
    bench = await started(dut, 103)
    for ctrl in ({"enable": 1}, {"aer_in": 1}):
        await bench.write_fields("aer_timeout", cycles=40)
        await bench.write_fields("ctrl", enable=1, aer_in=1)
        bench.drive("aer_in_address", 1)
        bench.drive("aer_in_req", 1)
        await bench.until(lambda: bool(bench.pin("aer_in_ack")), 30, "acknowledge")
        await bench.write_fields("ctrl", **ctrl)
        await bench.cycles(50)
        assert await bench.read_field("irq_status", "stuck") == 1, ctrl
        await bench.write_fields("irq_status", stuck=1)
        bench.drive("aer_in_req", 0)
        await bench.until(lambda: not bench.pin("aer_in_ack"), 8, "end of acknowledge")
        await quiet(bench)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.cycles(10)
    bench.drive("aer_in_req", 1)
    await bench.until(lambda: bool(bench.pin("aer_in_ack")), 30, "acknowledge")
    dut.wb_rst_i.value = 1
    await bench.cycles(1)
    bench.drive("aer_in_req", 0)
    await bench.cycles(1)
    dut.wb_rst_i.value = 0
    await bench.cycles(RELEASE_CYCLES)
    await bench.write_fields("aer_timeout", cycles=1)
    await bench.cycles(20)
    assert await bench.read("irq_status") == PIXELS


@cocotb.test()
async def ports_at_once(dut):
    """An event written to EVENT_IN and one on the pins, at every distance: both are shown, none twice, of the
    same row or of two."""
    bench = await started(dut, 104)
    await expose(bench, gather=6)
    for multi_hot in (0, 1):
        await bench.write_fields("ctrl", enable=1, aer_in=1, multi_hot=multi_hot)
        for distance in range(10):
            for row in (2, 5):
                bench.monitor.pulses.clear()
                written = cocotb.start_soon(bench.write("event_in", 2))
                await bench.cycles(distance)
                await bench.send(row)
                await written
                await quiet(bench)
                rows = [p.rows for p in bench.monitor.pulses]
                seen = sorted(bit for mask in rows for bit in range(bench.rows) if mask >> bit & 1)
                assert seen == [2, row], (multi_hot, distance, rows)
    assert await bench.read("errors") == 0
