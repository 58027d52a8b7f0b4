"""Traffic at the chip's figures: neurons of their own clock at 1 MHz, events both ways at once, a receiver that breaks the protocol."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer, ValueChange
from cocotb.utils import get_sim_time
from neusoc.verification.cocotb.bench import Bench, counts
from neusoc.verification.cocotb.checks import SHORTEST, events_out, figure, quiet

PERIOD_PS = 1_000_000  # 1 MHz a neuron


class Neurons:
    """Neurons that integrate for a period after each release, then fire; they know nothing of the clock.

    Args:
        bench: the controller.
        period_ps: from the switch's opening to the comparator's edge.
    """

    def __init__(self, bench: Bench, period_ps: int) -> None:
        self.bench, self.period_ps = bench, period_ps
        self.fired: list[int] = []
        self.on = True
        self.tasks = [cocotb.start_soon(self._live(n)) for n in range(bench.neurons)]

    async def _live(self, index: int) -> None:
        bench, discharge = self.bench, self.bench.dut.discharge_1v8_o
        await Timer(bench.random.randint(1, self.period_ps), unit="ps")
        while self.on:
            while bench.discharge(index):
                await ValueChange(discharge)
            await Timer(self.period_ps + bench.random.randint(-3000, 3000), unit="ps")
            if bench.discharge(index):
                continue
            bench.drive_spike(index, 1)
            self.fired.append(index)
            while not bench.discharge(index):
                await ValueChange(discharge)
            await Timer(bench.random.randint(1000, 12000), unit="ps")
            bench.drive_spike(index, 0)

    async def stop(self) -> None:
        """After the spikes that are under way."""
        self.on = False
        for task in self.tasks:
            await task


@cocotb.test()
async def every_spike_counts(dut):
    """All neurons at once at 1 MHz, asynchronous: each spike leaves once. Where that is more than the port carries, the neurons wait."""
    bench = await events_out(dut, 70)
    cocotb.start_soon(bench.receive_forever(most_ns=0.001))
    neurons = Neurons(bench, PERIOD_PS)
    start = get_sim_time("us")
    await Timer(30, unit="us")
    await neurons.stop()
    seconds = get_sim_time("us") - start
    await bench.until(lambda: len(bench.received) >= len(neurons.fired), 20 * bench.neurons, "the last events")
    assert counts(bench.received) == counts(neurons.fired), "spikes lost, doubled or misnamed"
    rate = len(neurons.fired) / seconds
    figure("spikes_counted", len(neurons.fired), "")
    figure("spike_rate", round(rate, 3), "M spikes/s")
    # A period is 1 us and the discharge of some cycles; the port carries one event in 6 cycles.
    assert rate > min(0.8 * bench.neurons, 7.5), rate
    per_neuron = counts(neurons.fired)
    assert max(per_neuron.values()) - min(per_neuron.values()) <= 3, f"a neuron is starved: {per_neuron}"
    assert await bench.read("errors") == 0


@cocotb.test()
async def sustained_both_ways(dut):
    """Row events and spikes at the same time, hundreds of each, both at 5 M events/s or more, none lost."""
    bench = await events_out(dut, 71, aer_in=1)
    await bench.write_fields("timing", **SHORTEST)
    cocotb.start_soon(bench.receive_forever(most_ns=0.001))
    # As fast as the switch allows: 4 neurons fill the port.
    neurons = Neurons(bench, 20_000)
    rows = [bench.random.randrange(bench.rows) for _ in range(300)]
    start, before = get_sim_time("ns"), len(bench.received)
    for row in rows:
        await bench.send(row, most_ns=0.001)
    span, taken = get_sim_time("ns") - start, len(bench.received) - before
    await neurons.stop()
    await quiet(bench)
    await bench.until(lambda: len(bench.received) >= len(neurons.fired), 20 * bench.neurons, "the last events")
    assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in rows]
    assert counts(bench.received) == counts(neurons.fired)
    assert await bench.read_field("events", "received") == len(rows)
    assert await bench.read_field("events", "sent") == len(bench.received)
    figure("aer_in_rate_both", round(1000 * len(rows) / span, 3), "M events/s")
    figure("aer_out_rate_both", round(1000 * taken / span, 3), "M events/s")
    assert len(rows) / span * 1000 >= 5.0 and taken / span * 1000 >= 5.0, (len(rows) / span, taken / span)


@cocotb.test()
async def false_acknowledge(dut):
    """A receiver that acknowledges without a request, or lets go too early, loses no event that it did not take."""
    bench = await events_out(dut, 73)
    await bench.cycles(3)
    bench.drive("aer_out_ack", 1)
    await bench.cycles(6)
    bench.drive_spike(1, 1)
    for _ in range(40):
        await bench.cycles(1)
        assert not bench.pin("aer_out_req"), "a request while the last acknowledge stands"
    bench.drive("aer_out_ack", 0)
    await bench.until(lambda: bool(bench.pin("aer_out_req")), 8, "request")
    assert bench.pins("aer_out_address") == 1
    # The request stays until the acknowledge is seen, however short it is afterwards.
    bench.drive("aer_out_ack", 1)
    await bench.cycles(1)
    bench.drive("aer_out_ack", 0)
    await bench.until(lambda: not bench.pin("aer_out_req"), 8, "end of request")
    bench.drive_spike(1, 0)
    await bench.cycles(20)
    assert not bench.pin("aer_out_req") and await bench.read_field("events", "sent") == 1
    assert await bench.read("errors") == 0
