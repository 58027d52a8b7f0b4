"""Spikes, refractory time and events out."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer
from neusoc.verification.cocotb.bench import bits, counts
from neusoc.verification.cocotb.checks import events_out, started


@cocotb.test()
async def spikes_to_pins(dut):
    """Neurons fire at random asynchronous moments, the receiver is sometimes slow: every spike leaves
    once."""
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
    bench = await events_out(dut, 12)
    await bench.cycles(3)
    bench.receiver_on = False
    cocotb.start_soon(bench.receive_forever())
    tasks = [cocotb.start_soon(bench.fire(n)) for n in range(bench.neurons)]
    await bench.cycles(20)
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1, (
        "a neuron is released before its event is taken"
    )
    bench.receiver_on = True

    async def again() -> None:
        for _ in range(20):
            await bench.fire(0)

    tasks.append(cocotb.start_soon(again()))
    for task in tasks:
        await task
    assert counts(bench.received) == counts(bench.fired)
    assert len(set(bench.received[: bench.neurons])) == bench.neurons, (
        f"a neuron waits while another goes twice: {bench.received}"
    )


@cocotb.test()
async def slow_comparator(dut):
    """A comparator that is slow to fall counts once, even with no refractory time and its event taken at
    once."""
    bench = await events_out(dut, 21)
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
    """A masked neuron is held discharged and sends nothing; the others work; an event that waits is not
    lost."""
    bench = await started(dut, 15)
    off = sum(1 << n for n in bench.random.sample(range(bench.neurons), bench.neurons // 2))
    for word in range(4):
        await bench.write(f"mask{word}", (off >> 32 * word) & 0xFFFF_FFFF)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    cocotb.start_soon(bench.receive_forever())
    await bench.cycles(12)
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
    """Without an acknowledge, or with one that stays, an event is dropped in the set time, counted and
    flagged."""
    bench = await started(dut, 16)
    await bench.write_fields("aer_timeout", cycles=100)
    await bench.write_fields("irq_enable", lost=1)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    bench.receiver_on = False
    cocotb.start_soon(bench.receive_forever())
    await bench.fire(1, release_bound=150)
    assert bench.held[-1][1] > 90
    pixels = 1 << 14  # no image waits
    assert await bench.read("errors") == 1 << 16 and await bench.read("irq_status") == 0b100 | pixels
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
