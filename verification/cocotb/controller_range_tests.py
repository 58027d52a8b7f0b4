"""From the first to the last: every row, neuron and corner of the chip, counters across their carries, the
longest waits.

What a counter reaches after millions of events is put there first: the flip-flops or latches that hold it are
written from outside.
"""

from __future__ import annotations

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import events_out, expose, quiet, started, taken
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import run_job, settings, write_settings

LONGEST = 0xFFFF  # cycles


@cocotb.test()
async def every_row_and_neuron(dut):
    """Each row by its event and each neuron by its spike, first to last: that row, that neuron, once."""
    bench = await events_out(dut, 120, aer_in=1)
    await expose(bench)
    cocotb.start_soon(bench.receive_forever())
    for row in range(bench.rows):
        await bench.send(row)
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << row for row in range(bench.rows)]
    for neuron in range(bench.neurons):
        await bench.fire(neuron)
    await bench.cycles(20)
    assert bench.received == list(range(bench.neurons))
    await bench.write_fields("ctrl", enable=1)
    for neuron in reversed(range(bench.neurons)):
        firing = cocotb.start_soon(bench.fire(neuron))
        await bench.cycles(12)
        assert await taken(bench) == neuron
        await firing
    for word in range(4):
        exists = min(32, max(0, bench.neurons - 32 * word))
        for pattern in (0xFFFF_FFFF, 0):
            await bench.write(f"mask{word}", pattern)
            assert await bench.read(f"mask{word}") == pattern & ((1 << exists) - 1)


@cocotb.test()
async def every_corner(dut):
    """Cells at the four corners of the array, and the bits of row and column one by one: visited and told as
    they are."""
    bench, model = await job_bench(dut, 121)
    rows, columns = bench.rows, bench.chip.columns
    model.device = WordLineCell(rows, columns, 121)
    await write_settings(bench, model, settings())
    bits = [(1 << k, 1 << k) for k in range(8) if 1 << k < min(rows, columns)]
    for row, column in [(0, 0), (0, columns - 1), (rows - 1, 0), (rows - 1, columns - 1), *bits]:
        model.trace.clear()
        code, found = await run_job(bench, model, Job(Operation.SET, row, row, column, column), poll=50)
        assert code == 0 and [(r[0], r[1]) for r in found] == [(row, column)], (row, column, found)
        assert {
            tuple(int(word) for word in line.split()[1 + line.startswith("P") :][:2]) for line in model.trace
        } == {(row, column)}


async def put(bench: Bench, handle, value: int) -> None:
    """A stored value, from outside; what follows from it is there a cycle later."""
    handle.value = value
    await bench.cycles(2)


@cocotb.test()
async def events_carry(dut):
    """Both counters of EVENTS count across every carry and go on at 0 after 65,535."""
    bench = await events_out(dut, 123, aer_in=1)
    await expose(bench)
    cocotb.start_soon(bench.receive_forever())
    regs = dut.u_registers.u_regs
    await bench.send(0)
    await bench.fire(0)
    await bench.cycles(12)
    for before in (0x7FFF, 0xFFFF, 0x0FFF):
        await put(bench, regs.field_storage_events_received_value, before)
        await put(bench, regs.field_storage_events_sent_value, before)
        await bench.send(1)
        await bench.fire(1)
        await bench.cycles(12)
        after = (before + 1) & 0xFFFF
        assert await bench.read("events") == after << 16 | after


@cocotb.test()
async def longest_waits(dut):
    """Time-outs, inhibition, refractory time and learning window at their longest: each ends when it should,
    and not before."""
    bench = await started(dut, 124, monitors=False)
    await bench.write_fields("aer_timeout", cycles=LONGEST)
    await bench.write_fields("inhibit", cycles=LONGEST)
    await bench.write_fields("learn", window=0xFFF, phi_1=1, phi_2=1)
    await bench.write_fields("refractory", count=15, prescale=0x3FF)
    await bench.write_fields("ctrl", enable=1, aer_out=1, aer_in=1, winner=1, learn=1)
    await bench.cycles(12)
    bench.drive("aer_in_address", 1)
    bench.drive("aer_in_req", 1)  # and stays
    await bench.until(lambda: bool(bench.pin("aer_in_ack")), 20, "acknowledge")
    bench.drive_spike(1, 1)
    await bench.until(lambda: bool(bench.pin("aer_out_req")), 20, "request")
    start = bench.pin("aer_out_req")
    bench.drive_spike(1, 0)
    await bench.cycles(LONGEST - 400)
    assert start and bench.pin("aer_out_req") and await bench.read("errors") == 0, "lost too early"
    assert await bench.read("irq_status") == 1 << 14, "the request that stays is told too early"
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1, "the inhibition ends too early"
    await bench.until(lambda: not bench.pin("aer_out_req"), 800, "the end of the request")
    quiet = 1 << 14  # no image waits
    assert await bench.read("errors") == 1 << 16 and await bench.read("irq_status") == quiet | 1 << 11 | 0b100
    await bench.until(
        lambda: int(dut.discharge_1v8_o.value) != (1 << bench.neurons) - 1, 800, "the end of the inhibition"
    )
