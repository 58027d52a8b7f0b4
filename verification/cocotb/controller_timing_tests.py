"""Latencies and rates that docs/controller.md states."""

from __future__ import annotations

import cocotb
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import SHORTEST, figure, quiet, started


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
