"""Time stamps: spikes leave in the order in which they came, each with its moment, on the bus; ticks, both
ends of the count."""

from __future__ import annotations

import cocotb
from cocotb.triggers import ClockCycles
from neusoc.digital.model import regmap
from neusoc.digital.model.spikes import DEPTH, STAMP_BITS, Spike, SpikeQueue, stamp
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import started


async def spikes(bench: Bench) -> list[Spike]:
    """All that EVENT_OUT gives."""
    found = []
    while (word := regmap.split("event_out", await bench.read("event_out")))["valid"]:
        found.append(Spike(word["neuron"], word["stamp"], bool(word["late"])))
    return found


async def running(bench: Bench, shift: int = 0) -> Bench:
    """The bench out of reset, neurons that run, without refractory time; spikes wait for software; past the
    first cycles, in which none
    counts."""
    await bench.start(monitors=False)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, stamp=shift)
    await bench.cycles(20)
    return bench


async def crossing(bench: Bench, sets: list[set[int]]) -> int:
    """Comparators rise, a set a cycle, and fall when the controller has answered; returns the stamp two
    cycles before the first counts."""
    await bench.cycles(1)
    now = int(bench.dut.u_spike_collector.u_stamp.now_o.value)
    for together in sets:
        for neuron in together:
            bench.drive_spike(neuron, 1)
        await bench.cycles(1)
    await bench.cycles(4)
    for neuron in set().union(*sets):
        bench.drive_spike(neuron, 0)
    await bench.cycles(2 * bench.neurons + 4)
    return now


def twin(sets: list[set[int]], first: int, cycles: int = 400) -> list[Spike]:
    """What the queue's twin offers of spikes that count in the cycles of stamp first and on, taken when they
    have all come."""
    queue = SpikeQueue()
    for cycle in range(len(sets) + 300):
        queue.step(sets[cycle] if cycle < len(sets) else (), (first + cycle) % (1 << STAMP_BITS))
    found = []
    for cycle in range(cycles):
        if queue.offered:
            found.append(queue.offered)
        queue.step((), (first + len(sets) + 300 + cycle) % (1 << STAMP_BITS), take=queue.offered is not None)
    return found


@cocotb.test()
async def stamps_in_order(dut):
    """Spikes of other cycles, and several of one, leave in their order with the cycle in which they
    counted."""
    bench = await running(Bench(dut, 161))
    neurons = list(range(bench.neurons))
    for _ in range(20):
        bench.random.shuffle(neurons)
        cuts = sorted(bench.random.sample(range(1, 4), bench.random.randrange(1, 3)))
        groups = [set(neurons[a:b]) for a, b in zip([0, *cuts], [*cuts, 4], strict=True)]
        sets: list[set[int]] = []
        for group in groups:
            sets += [group] + [set()] * bench.random.randrange(len(group), 9)
        now = await crossing(bench, sets)
        found = await spikes(bench)
        wanted = twin(sets, now + 2)
        assert found == wanted and not any(spike.late for spike in found), (sets, found, wanted)
        order = [neuron for group in groups for neuron in sorted(group)]
        assert [spike.neuron for spike in found] == order, (groups, found)


@cocotb.test()
async def stamp_wraps(dut):
    """From 65535 to 0: told once a turn, by the interrupt; spikes before and behind keep their order."""
    bench = await running(Bench(dut, 164))
    await bench.write_fields("irq_enable", stamp=1)
    now = dut.u_spike_collector.u_stamp.now_o
    await ClockCycles(dut.wb_clk_i, (1 << STAMP_BITS) - 200 - int(now.value))
    await bench.until(lambda: int(now.value) == (1 << STAMP_BITS) - 5, 300, "the end of the count")
    assert int(dut.user_irq.value) == 0
    first = await crossing(bench, [{2}, {0}, set(), {3}, set(), {1}])
    assert int(dut.user_irq.value) == 1 and await bench.read_field("irq_status", "stamp") == 1
    found = await spikes(bench)
    top = 1 << STAMP_BITS
    assert [spike.neuron for spike in found] == [2, 0, 3, 1]
    assert [spike.stamp for spike in found] == [(first + 2 + cycle) % top for cycle in (0, 1, 3, 5)], found
    assert found[0].stamp > found[-1].stamp
    await bench.write_fields("irq_status", stamp=1)
    await bench.cycles(2)
    assert int(dut.user_irq.value) == 0 and await bench.read_field("irq_status", "stamp") == 0
    assert await bench.read_field("status", "stamp") < 1000


@cocotb.test()
async def stamps_of_what_waits(dut):
    """Of spikes that come faster than one a cycle, or behind a full queue, those that wait for their stamp
    say so; none is lost."""
    bench = await running(Bench(dut, 162))
    late = 0
    for _ in range(20):
        neurons = bench.random.sample(range(bench.neurons), min(bench.neurons, DEPTH + 6))
        at = sorted(bench.random.randrange(len(neurons) // 2 + 1) for _ in neurons)
        sets = [
            {neuron for neuron, cycle in zip(neurons, at, strict=True) if cycle == c}
            for c in range(at[-1] + 1)
        ]
        now = await crossing(bench, sets)
        found = await spikes(bench)
        assert sorted(spike.neuron for spike in found) == sorted(neurons)
        early = [spike for spike in twin(sets, now + 2) if not spike.late]
        assert [spike for spike in found if not spike.late] == early, (sets, found)
        assert all(
            spike.stamp >= (now + 2 + at[neurons.index(spike.neuron)]) for spike in found if spike.late
        )
        assert [spike.stamp for spike in found] == sorted(spike.stamp for spike in found)
        late += sum(spike.late for spike in found)
    assert late, "no spike waited for its stamp"


@cocotb.test()
async def stamp_ticks(dut):
    """A tick takes 2 ** CTRL.stamp cycles; while disabled the stamp is 0, and the spikes that waited are gone
    with theirs."""
    bench = await started(dut, 163, monitors=False)
    now = dut.u_spike_collector.u_stamp.now_o
    for shift in (0, 1, 4, 9):
        await bench.write_fields("ctrl", enable=1, stamp=shift)
        await bench.until(lambda: int(now.value) == 1, (2 << shift) + 8, "the first tick")
        for tick in (2, 3):
            waited = await bench.until(lambda tick=tick: int(now.value) == tick, 2 << shift, "the next tick")
            assert waited == 1 << shift, (shift, tick, waited)
        await bench.cycles(12)  # no spike counts right after the release
        bench.drive_spike(1, 1)
        await bench.cycles(8)
        bench.drive_spike(1, 0)
        shown = await bench.read_field("status", "stamp")
        assert shown >= stamp((3 << shift) + 20, shift)
        assert await bench.read_field("status", "event_out_valid") == 1
        await bench.write_fields("ctrl", stamp=shift)
        await bench.cycles(3)
        assert await bench.read("status") == 0 and await bench.read("event_out") == 0
    await bench.write_fields("ctrl", enable=1, stamp=15)
    await bench.cycles(1000)
    assert await bench.read_field("status", "stamp") == 0


@cocotb.test()
async def disabled_behind_a_batch(dut):
    """Disabled in any cycle while spikes enter the queue, or wait behind those that do: all are dropped, none
    comes when enabled again."""
    bench = await running(Bench(dut, 165))
    queue = dut.u_spike_collector.u_queue
    dropped = 0

    async def watch() -> None:
        """How often the queue is emptied while spikes wait behind a batch."""
        nonlocal dropped
        while True:
            await bench.cycles(1)
            dropped += bool(int(queue.clear_i.value)) and bool(int(queue.behind_q.value))

    watcher = cocotb.start_soon(watch())
    neurons = list(range(bench.neurons))
    for lead in range(16):
        for together in (neurons[:-1], neurons[-1:]):
            for neuron in together:
                bench.drive_spike(neuron, 1)
            await bench.cycles(1)
        await bench.cycles(lead)
        await bench.write_fields("ctrl")
        await bench.cycles(6)
        for neuron in neurons:
            bench.drive_spike(neuron, 0)
        await bench.cycles(4)
        assert (
            await bench.read("event_out") == 0 and await bench.read_field("status", "event_out_valid") == 0
        ), lead
        await bench.write_fields("ctrl", enable=1)
        await bench.cycles(20)
        assert await bench.read("event_out") == 0, f"a spike of before {lead}"
    watcher.cancel()
    assert dropped, "no spike waited behind others when the queue was emptied"
