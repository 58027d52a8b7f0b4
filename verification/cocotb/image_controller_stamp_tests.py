"""Time stamps of the image core's events, as the first core has them: order, moment, the end of the count. The queue is the same module."""

from __future__ import annotations

import cocotb
from cocotb.triggers import ClockCycles
from neusoc.digital.model.spikes import STAMP_BITS
from neusoc.verification.cocotb.controller_stamp_tests import crossing, spikes, twin
from neusoc.verification.cocotb.image_bench import ImageBench


async def running(dut, seed: int) -> ImageBench:
    """Neurons that run, without refractory time; spikes wait for software."""
    bench = ImageBench(dut, seed)
    await bench.start(monitors=False)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1)
    await bench.cycles(20)
    return bench


@cocotb.test()
async def image_stamps_in_order(dut):
    """Spikes of other cycles, and several of one, leave in their order with the cycle in which they counted."""
    bench = await running(dut, 541)
    neurons = list(range(bench.neurons))
    for _ in range(10):
        bench.random.shuffle(neurons)
        sets: list[set[int]] = []
        for group in (set(neurons[:1]), set(neurons[1:3]), set(neurons[3:4])):
            sets += [group] + [set()] * bench.random.randrange(len(group), 9)
        now = await crossing(bench, sets)
        found = await spikes(bench)
        assert found == twin(sets, now + 2) and not any(spike.late for spike in found), (sets, found)


@cocotb.test()
async def image_stamp_wraps(dut):
    """From 65535 to 0: told once, by the interrupt; spikes before and behind keep their order."""
    bench = await running(dut, 542)
    await bench.write_fields("irq_enable", stamp=1)
    now = dut.u_spike_collector.u_stamp.now_o
    await ClockCycles(dut.wb_clk_i, (1 << STAMP_BITS) - 200 - int(now.value))
    await bench.until(lambda: int(now.value) == (1 << STAMP_BITS) - 5, 300, "the end of the count")
    assert int(dut.user_irq.value) == 0
    first = await crossing(bench, [{2}, {0}, set(), {3}, set(), {1}])
    assert int(dut.user_irq.value) == 1 and await bench.read_field("irq_status", "stamp") == 1
    found = await spikes(bench)
    assert [spike.neuron for spike in found] == [2, 0, 3, 1]
    assert [spike.stamp for spike in found] == [(first + 2 + cycle) % (1 << STAMP_BITS) for cycle in (0, 1, 3, 5)], found
    assert found[0].stamp > found[-1].stamp
