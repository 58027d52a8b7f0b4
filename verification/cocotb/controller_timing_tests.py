"""Latencies and rates that docs/02-chip/controller.md states."""

from __future__ import annotations

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation, load_registers
from neusoc.digital.regs.generate import registers as registers_of
from neusoc.verification.cocotb.array_model import ArrayModel
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench
from neusoc.verification.cocotb.checks import (
    DEFAULT_TIMING,
    SHORTEST,
    check_pulse,
    expose,
    figure,
    quiet,
    started,
)
from neusoc.verification.cocotb.jobs import start_job, write_settings


@cocotb.test()
async def latencies(dut):
    """Cycles from a request to its acknowledge, wake and row; from a spike to its discharge and request; from
    event to event."""
    bench = await started(dut, 23)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    bench.drive("aer_in_address", 3)
    await bench.cycles(3)
    bench.drive("aer_in_req", 1)
    assert await bench.until(lambda: bool(bench.pin("aer_in_ack")), 9, "acknowledge") == 3
    assert await bench.until(lambda: bool(bench.pin_1v8("wake")), 9, "wake") == 1
    assert await bench.until(bench.busy, 9, "the row") == DEFAULT_TIMING["lead"]
    assert int(dut.row_1v8_o.value) == 1 << 3
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

    for times in (SHORTEST, {"lead": 3, "open": 2, "window": 7, "close": 1, "tail": 2}):
        await quiet(bench)
        await expose(bench, **times)
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
        # Wake stays on between two exposures, which is a lead of a cycle; two events on the pins cannot
        # follow each other faster than the handshake, 6 cycles.
        assert starts[1] - starts[0] == max(sum((times | {"lead": 1}).values()), 6), (times, starts)


async def _send_twice(bench: Bench) -> None:
    for _ in range(2):
        await bench.send(1, most_ns=0.001)


@cocotb.test()
async def throughput(dut):
    """Events a second at 50 MHz with partners that answer within half a clock cycle."""
    bench = await started(dut, 20)
    await expose(bench)
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


@cocotb.test()
async def rates_of_reset_timing(dut):
    """Events a second with EXPOSURE and WINDOW as reset leaves them, which is what a neuron hears a row for:
    they set the pace."""
    bench = await started(dut, 26)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.send(0, most_ns=0.001)
    start = cocotb.utils.get_sim_time("ns")
    rows = [bench.random.randrange(bench.rows) for _ in range(60)]
    for row in rows:
        await bench.send(row, most_ns=0.001)
    rate = len(rows) / (cocotb.utils.get_sim_time("ns") - start) * 1000
    await quiet(bench)
    assert [pulse.rows for pulse in bench.monitor.pulses] == [1 << row for row in (0, *rows)]
    for pulse in bench.monitor.pulses:
        check_pulse(pulse, DEFAULT_TIMING)
    assert {pulse.off_before for pulse in bench.monitor.pulses[1:]} == {0}, "wake stays on"
    period = sum((DEFAULT_TIMING | {"lead": 1}).values())
    assert abs(rate * period * CLOCK_NS / 1000 - 1) < 0.02, f"{rate} M events/s is not one in {period} cycles"
    figure("event_rate_reset_timing", round(rate, 3), "M events/s")


@cocotb.test()
async def wake_time(dut):
    """From power up to the first switch of a job: PATH_TIMING.wake in 16 cycles, above what it takes
    without."""
    bench = await started(dut, 25, monitors=False)
    model = ArrayModel(dut, device=WordLineCell(bench.rows, bench.chip.columns, 25), most_delay_ps=15000)
    model.start()
    await write_settings(bench, model, load_registers())
    await bench.arm()
    taken = []
    for wake in (0, 1, 2, 9):
        await bench.write_fields("path_timing", wake=wake)
        await start_job(bench, Job(Operation.READ, 0, 0, 0, 0))
        await bench.until(lambda: bool(model.pin("adc_enable")), 40, "power up")
        taken.append(await bench.until(lambda: bool(model.pin("row")), 400, "row of the first cell"))
        await bench.until(lambda: not model.pin("adc_enable"), 4000, "end of the job")
        await bench.write_fields("stop", results=1)
    assert [t - taken[1] for t in taken[2:]] == [16, 8 * 16] and 0 <= taken[1] - taken[0] <= 16, taken


@cocotb.test()
async def job_cycles(dut):
    """The cycle counts of a job at the default times, all reads made; the controller's share."""
    bench = await started(dut, 24, monitors=False)
    model = ArrayModel(dut, device=WordLineCell(bench.rows, bench.chip.columns, 24), most_delay_ps=15000)
    model.start()
    registers = load_registers()
    await write_settings(
        bench, model, registers.model_copy(update={"set_code": 255, "pulse_limit": 3, "read_margin": 255})
    )
    await bench.arm()
    await start_job(bench, Job(Operation.SET, 0, 0, 0, 0))
    pulses, reads, conversions = [], [], []  # [first cycle, last cycle]
    sampled = 0
    for cycle in range(6000):
        await bench.cycles(1)
        if model.pin("row"):
            spans = pulses if model.pin("sel_program") else reads
            if spans and spans[-1][1] == cycle - 1:
                spans[-1][1] = cycle
            else:
                spans.append([cycle, cycle])
        sample = model.pin("adc_sample")
        if sample and not sampled:
            conversions.append(cycle)
        sampled = sample
        if len(pulses) == 3 and len(reads) == 4 and not model.pin("adc_enable"):
            break
    default = {
        name: {f.inst_name: f.get_property("reset") for f in registers_of()[name].fields()}
        for name in ("path_timing", "adc_timing")
    }
    path, adc = default["path_timing"], default["adc_timing"]
    conversion = adc["sample"] + adc["hold"] + adc["trial"] + 7 * max(adc["trial"], 3) + 25
    steps = {b - a for a, b in zip(conversions, conversions[1:], strict=False)}
    assert conversion in steps and len(conversions) == 4 * 8, (conversion, sorted(steps))
    assert {b - a + 1 for a, b in pulses} == {registers.set.width}
    verify = {b - a + 1 for a, b in reads}
    assert verify == {path["read_settle"] + 8 * conversion + 1}, verify
    to_pulse = {p[0] - r[1] - 1 for p, r in zip(pulses, reads, strict=False)}
    to_verify = {r[0] - p[1] - 1 for p, r in zip(pulses, reads[1:], strict=False)}
    gap, settle = path["gap"], path["program_settle"]
    bench.log.info("verify to pulse %s, pulse to verify %s", to_pulse, to_verify)
    figure("conversion_cycles", conversion, "cycles")
    figure("verify_to_pulse_cycles", max(to_pulse), "cycles")
    figure("pulse_to_verify_cycles", max(to_verify), "cycles")
    assert (
        settle + gap + 8 <= min(to_pulse)
        and max(to_pulse) <= settle + gap + 12
        and max(to_verify) == 3 * gap + 8
    ), (to_pulse, to_verify)
    round_trip = pulses[2][0] - pulses[1][0]
    analog = registers.set.width + settle + path["read_settle"] + 8 * conversion
    figure("program_verify_overhead", round(100 * (round_trip / analog - 1), 2), "%")
    ideal = (
        registers.set.width
        + settle
        + path["read_settle"]
        + 8 * (adc["sample"] + adc["hold"] + 8 * (adc["trial"] + 1))
    )
    figure("program_verify_overhead_over_ideal_converter", round(100 * (round_trip / ideal - 1), 2), "%")
