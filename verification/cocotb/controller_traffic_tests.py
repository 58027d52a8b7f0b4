"""Traffic at the figures of the chip: neurons of their own clock at 1 MHz, events in and out together,
partners that break the protocol."""

from __future__ import annotations

import cocotb
from cocotb.triggers import Timer, ValueChange
from cocotb.utils import get_sim_time
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.verification.cocotb.array_model import PROGRAM, RESETS, SENSE
from neusoc.verification.cocotb.bench import Bench, counts
from neusoc.verification.cocotb.checks import events_out, expose, figure, quiet, started
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import idle, run_job, settings, write_settings

PERIOD_PS = 1_000_000  # 1 MHz a neuron


class Neurons:
    """Neurons that integrate for a period after each release, then fire; they know nothing of the clock.

    Args:
        bench: the controller.
        period_ps: time from the switch's opening to the comparator's edge, ps.
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
    """All neurons at once at 1 MHz, asynchronous: each spike leaves once. Where that is more than the port
    carries, the neurons wait."""
    bench = await events_out(dut, 70, monitors=False)
    cocotb.start_soon(bench.receive_forever(most_ns=0.001))
    neurons = Neurons(bench, PERIOD_PS)
    start = get_sim_time("us")
    await Timer(30, unit="us")
    await neurons.stop()
    seconds = get_sim_time("us") - start
    await bench.until(
        lambda: len(bench.received) >= len(neurons.fired), 20 * bench.neurons, "the last events"
    )
    assert counts(bench.received) == counts(neurons.fired), "spikes lost, doubled or misnamed"
    rate = len(neurons.fired) / seconds
    figure("spikes_counted", len(neurons.fired), "")
    figure("spike_rate", round(rate, 3), "M spikes/s")
    # A period is 1 us and the discharge of some cycles; the port carries one event in 6 cycles.
    assert rate > min(0.8 * bench.neurons, 7.5), rate
    per_neuron = counts(neurons.fired)
    # A neuron waits for two batches at most: the last one of a batch fires again behind the next.
    assert max(per_neuron.values()) <= 2 * min(per_neuron.values()), f"a neuron is starved: {per_neuron}"
    assert await bench.read("errors") == 0


@cocotb.test()
async def sustained_both_ways(dut):
    """Row events and spikes at the same time, hundreds of each, both at 5 M events/s or more, none lost."""
    bench = await events_out(dut, 71, aer_in=1)
    await expose(bench)
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
    await bench.until(
        lambda: len(bench.received) >= len(neurons.fired), 20 * bench.neurons, "the last events"
    )
    assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in rows]
    assert counts(bench.received) == counts(neurons.fired)
    assert await bench.read_field("events", "received") == len(rows)
    assert await bench.read_field("events", "sent") == len(bench.received)
    figure("aer_in_rate_both", round(1000 * len(rows) / span, 3), "M events/s")
    figure("aer_out_rate_both", round(1000 * taken / span, 3), "M events/s")
    assert len(rows) / span * 1000 >= 5.0 and taken / span * 1000 >= 5.0, (len(rows) / span, taken / span)


@cocotb.test()
async def dropped_at_any_moment(dut):
    """A request that falls any number of cycles after it rose: its event is taken, or told as dropped; never
    both, never neither."""
    bench = await started(dut, 72)
    await expose(bench, window=10)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    seen = set()
    for delay in range(1, 24):
        for busy in (False, True):
            bench.monitor.pulses.clear()
            await bench.write_fields("irq_status", dropped=1)
            if busy:
                await bench.send(1)
            before = await bench.read_field("events", "received")
            bench.drive("aer_in_address", 4)
            await Timer(bench.random.randint(1, 19_000), unit="ps")
            bench.drive("aer_in_req", 1)
            await bench.cycles(delay)
            bench.drive("aer_in_req", 0)
            await bench.cycles(5)
            bench.drive("aer_in_address", 7)
            await quiet(bench)
            dropped = await bench.read_field("irq_status", "dropped")
            taken = (await bench.read_field("events", "received")) - before
            rows = [p.rows for p in bench.monitor.pulses]
            assert taken in (0, 1) and rows == [1 << 1] * busy + [1 << 4] * taken, (delay, busy, rows)
            # One cycle may fall between two edges of the clock of the synchroniser's first flip-flop: then
            # nothing was asked.
            assert taken + dropped == 1 or (delay == 1 and taken + dropped == 0), (
                delay,
                busy,
                taken,
                dropped,
            )
            assert not bench.pin("aer_in_ack")
            seen.add((taken, dropped))
    assert {(1, 0), (0, 1)} <= seen, seen
    await bench.send(2)
    await quiet(bench)


@cocotb.test()
async def false_acknowledge(dut):
    """A receiver that acknowledges without a request, or lets go too early, loses no event that it did not
    take."""
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


@cocotb.test()
async def spikes_during_jobs(dut):
    """Comparators that rise amid programming change neither job nor array: neurons are held, no event leaves,
    they work afterwards."""
    bench, model = await job_bench(dut, 74)
    rows, columns = bench.rows, bench.chip.columns
    await write_settings(bench, model, settings())
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    job = Job(Operation.PROGRAM, 0, 1, 0, 3)
    levels = [[1, 5, 9, 13], [2, 6, 10, 14]]
    twin = TraceDevice(WordLineCell(rows, columns, 74))
    run_twin(twin, settings(), job, rows, columns, levels)
    model.device = WordLineCell(rows, columns, 74)
    held = True
    done = False

    async def spike() -> None:
        nonlocal held
        while not done:
            await Timer(bench.random.randint(20_000, 200_000), unit="ps")
            # not on the way to the neuron state: what rises there comes out of the synchroniser after the
            #   neurons are let go
            if model.lines() in (PROGRAM, *RESETS, SENSE) and not done:
                bench.drive_spike(bench.random.randrange(bench.neurons), bench.random.randrange(2))
                held = held and int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1

    task = cocotb.start_soon(spike())
    code, _ = await run_job(bench, model, job, levels, poll=50)
    done = True
    await task
    for neuron in range(bench.neurons):
        bench.drive_spike(neuron, 0)
    assert code == 0 and model.trace == twin.lines, "a spike changes a job"
    assert held, "a neuron is let go during a job"
    assert bench.pin("aer_out_req") == 0 and await bench.read_field("events", "sent") == 0
    await idle(bench)
    cocotb.start_soon(bench.receive_forever())
    await bench.fire(1)
    assert bench.received == [1]
