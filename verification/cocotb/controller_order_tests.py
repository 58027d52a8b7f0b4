"""Order of the spikes: those of an earlier cycle leave first, of one cycle the lowest; what comes while a
batch leaves is the next batch; none is lost, and none stays when the neurons are disabled."""

from __future__ import annotations

import cocotb
from neusoc.digital.model import regmap
from neusoc.digital.model.spikes import SpikeQueue
from neusoc.verification.cocotb.bench import Bench


async def spikes(bench: Bench) -> list[int]:
    """Neurons of all that EVENT_OUT gives."""
    gone = []
    while (word := regmap.split("event_out", await bench.read("event_out")))["valid"]:
        gone.append(word["neuron"])
    return gone


async def running(bench: Bench) -> Bench:
    """The bench out of reset, neurons that run, without refractory time; spikes wait for software; past the
    first cycles, in which none counts."""
    await bench.start(monitors=False)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1)
    await bench.cycles(20)
    return bench


async def crossing(bench: Bench, sets: list[set[int]]) -> None:
    """Comparators rise, a set a cycle, and fall when the controller has answered."""
    await bench.cycles(1)
    for together in sets:
        for neuron in together:
            bench.drive_spike(neuron, 1)
        await bench.cycles(1)
    await bench.cycles(4)
    for neuron in set().union(*sets):
        bench.drive_spike(neuron, 0)
    await bench.cycles(2 * bench.neurons + 4)


def twin(sets: list[set[int]]) -> list[int]:
    """What the queue's twin offers of spikes that count a set a cycle, taken when they have all come."""
    queue, gone = SpikeQueue(), list[int]()
    for together in [*sets, set(), set()]:
        queue.step(together)
    while queue.offered is not None:
        gone.append(queue.offered)
        queue.step((), take=True)
    assert queue.rests
    return gone


@cocotb.test()
async def first_batch_first(dut):
    """Spikes of a second cycle follow all of the first, whatever their numbers; further ones follow both."""
    bench = await running(Bench(dut, 161))
    neurons = list(range(bench.neurons))
    for _ in range(20):
        bench.random.shuffle(neurons)
        first, second = set(neurons[:2]), set(neurons[2:4])
        await crossing(bench, [first, *[set()] * bench.random.randrange(2), second])
        assert await spikes(bench) == [*sorted(first), *sorted(second)], (first, second)


@cocotb.test()
async def order_as_the_twin(dut):
    """Spikes of any cycles leave as the twin's; none is lost."""
    bench = await running(Bench(dut, 162))
    crossed = 0
    for _ in range(30):
        neurons = bench.random.sample(range(bench.neurons), min(bench.neurons, 14))
        at = [bench.random.randrange(len(neurons) // 2 + 1) for _ in neurons]
        sets = [
            {neuron for neuron, cycle in zip(neurons, at, strict=True) if cycle == c}
            for c in range(max(at) + 1)
        ]
        await crossing(bench, sets)
        gone = await spikes(bench)
        assert gone == twin(sets) and sorted(gone) == sorted(neurons), (sets, gone)
        crossed += gone != [neuron for together in sets for neuron in sorted(together)]
    assert crossed, "never did spikes of several cycles wait together behind a batch"


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
