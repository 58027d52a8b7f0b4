"""The queue of spikes, cycle by cycle as its twin: bursts, takers that are slow or fast, moments when all is
dropped."""

from __future__ import annotations

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge
from neusoc.digital.model.spikes import SpikeQueue

NEURONS, PERIOD_NS, CYCLES = 13, 20, 4000


def offered(dut) -> int | None:
    """What the queue offers; without a spike its neuron is 0."""
    neuron = int(dut.neuron_o.value)
    if int(dut.valid_o.value):
        return neuron
    assert neuron == 0, neuron
    return None


@cocotb.test()
async def queue_as_its_twin(dut):
    """Each neuron's next spike comes behind its last one's leave, as in the collector."""
    rng = random.Random(171)
    cocotb.start_soon(Clock(dut.clk_i, PERIOD_NS, "ns").start())
    for name in ("clear_i", "fires_i", "take_i"):
        getattr(dut, name).value = 0
    dut.rst_i.value = 1
    for _ in range(3):
        await RisingEdge(dut.clk_i)
    twin, there = SpikeQueue(), set[int]()
    seen = {"all": 0, "together": 0, "dropped": 0, "left": 0}
    rate = taker = 0.0
    for cycle in range(CYCLES):
        if cycle % 100 == 0:
            rate, taker = rng.choice((0.01, 0.1, 0.6)), rng.choice((0.0, 0.2, 1.0))
        fires = {n for n in range(NEURONS) if n not in there and rng.random() < rate}
        clear = rng.random() < 0.003
        take = twin.offered is not None and rng.random() < taker
        dut.rst_i.value = 0
        dut.fires_i.value = sum(1 << n for n in fires)
        dut.clear_i.value, dut.take_i.value = int(clear), int(take)
        await FallingEdge(dut.clk_i)
        assert offered(dut) == twin.offered, (cycle, offered(dut), twin.offered)
        assert int(dut.active_o.value) == (not twin.rests) and not (twin.moves and twin.rests)
        seen["left"] += take
        seen["together"] += len(fires) > 1
        if take:
            there.discard(twin.offered)
        there |= fires
        if clear:
            seen["dropped"] += bool(there)
            twin.clear()
            there.clear()
        else:
            twin.step(fires, take=take)
        seen["all"] += len(there) == NEURONS
        await RisingEdge(dut.clk_i)
    assert all(seen.values()), seen
