"""Winner-take-all, learning waveform, STDP window, third factor; dropped requests; endurance."""

from __future__ import annotations

from collections.abc import Mapping

import cocotb
from neusoc.digital.model.integer_cell import IntegerCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench
from neusoc.verification.cocotb.checks import quiet, started, taken
from neusoc.verification.cocotb.controller_error_tests import idle, settings
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import start_job, write_settings

TIMING = {"settle": 2, "gap": 3, "phi_p": 4, "phi_n": 1}
PHI_1, PHI_2, WINDOW = 11, 7, 9
TICK = 16 * WINDOW + 1  # clock cycles


@cocotb.test()
async def winner_take_all(dut):
    """Neurons that cross together: the lowest wins, one event leaves, all are discharged for the time set."""
    bench = await started(dut, 60)
    await bench.write_fields("inhibit", cycles=100)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1, winner=1)
    cocotb.start_soon(bench.receive_forever())
    await bench.cycles(4)
    everyone = (1 << bench.neurons) - 1
    for first in (0, 1, bench.neurons - 2):
        bench.received.clear()
        for neuron in range(first, bench.neurons):
            bench.drive_spike(neuron, 1)
        await bench.until(lambda: int(dut.discharge_1v8_o.value) == everyone, 8, "all are discharged")
        for neuron in range(bench.neurons):
            bench.drive_spike(neuron, 0)
        held = await bench.until(lambda: int(dut.discharge_1v8_o.value) == 0, 200, "release")
        assert 98 <= held <= 101, held
        assert bench.received == [first], f"neurons {first} and above: {bench.received}"
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    bench.received.clear()
    await bench.cycles(3)
    for neuron in range(bench.neurons):
        bench.drive_spike(neuron, 1)
    await bench.cycles(20 * bench.neurons)
    assert sorted(bench.received) == list(range(bench.neurons)), "without winner-take-all all count"
    for neuron in range(bench.neurons):
        bench.drive_spike(neuron, 0)


async def waveform(bench: Bench, bound: int = 4000, settle: int = 1) -> list[tuple[str, int, int, int]]:
    """Phases until the rows stay off for long: name, rows, fire mask, cycles. Rows are on `settle` cycles before, and off between."""
    dut = bench.dut
    history: list[int] = []
    seen: list[tuple[str, int, int, int]] = []
    still = 0
    for _ in range(bound):
        await bench.cycles(1)
        p1, p2, rows = int(dut.phi_1_1v8_o.value), int(dut.phi_2_1v8_o.value), int(dut.row_1v8_o.value)
        assert not (p1 and p2), "phi_1 and phi_2 on together"
        history.append(rows)
        if (p1 or p2) and still:
            assert history[-1 - settle :] == [rows] * (settle + 1), f"rows {history[-1 - settle :]} before a phase"
            assert not seen or 0 in history[-still:] or not rows, "rows stay on between two phases"
        assert not int(dut.phi_p_1v8_o.value) and not int(dut.phi_n_1v8_o.value)
        if p1 or p2:
            now = ("phi_1" if p1 else "phi_2", rows, int(dut.fire_1v8_o.value))
            if seen and seen[-1][:3] == now and still == 0:
                seen[-1] = (*now, seen[-1][3] + 1)
            else:
                seen.append((*now, 1))
            still = 0
        else:
            still += 1
            if still > 40:
                return seen
    raise AssertionError("the waveform does not end")


async def learns(bench: Bench, timing: Mapping[str, int], phi_1: int, phi_2: int, inhibit: int) -> None:
    """Neurons enabled, the winner of them learns: settings in cycles."""
    await bench.write_fields("timing", **timing)
    await bench.write_fields("learn", phi_1=phi_1, phi_2=phi_2, window=WINDOW)
    await bench.write_fields("inhibit", cycles=inhibit)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)


async def wins(bench: Bench, neuron: int) -> None:
    """A spike of a neuron until it is discharged."""
    bench.drive_spike(neuron, 1)
    await bench.until(lambda: bool(bench.discharge(neuron)), 8, "discharge")
    bench.drive_spike(neuron, 0)


@cocotb.test()
async def learning_waveform(dut):
    """The winner's waveform: phases, widths, rows in and out of the window, sign and size of the third factor."""
    bench = await started(dut, 61, monitors=False)
    everything = (1 << bench.rows) - 1
    await learns(bench, TIMING, PHI_1, PHI_2, 5)
    for factor in (1, -1, 3, 0, -4, 2):
        await bench.write_fields("factor", value=factor & 7)
        await bench.cycles(2 * TICK + 40)
        await bench.send(1)
        await bench.cycles(2 * TICK + 40)  # too long ago
        await bench.send(2)
        await bench.send(5)
        await quiet(bench)
        await wins(bench, 1)
        seen = await waveform(bench, settle=TIMING["settle"])
        assert int(dut.row_1v8_o.value) == 0
        inside = 1 << 2 | 1 << 5
        first, second = (inside, everything & ~inside) if factor > 0 else (everything & ~inside, inside)
        want = [("phi_1", first, 1 << 1, PHI_1), ("phi_2", second, 1 << 1, PHI_2)] * (abs(factor) if factor != -4 else 0)
        assert seen == want, f"factor {factor}: {seen}"
        assert int(dut.fire_1v8_o.value) == 0
        assert await taken(bench) == 1, "the spike is an event too"


@cocotb.test()
async def every_neuron_learns(dut):
    """Each neuron wins once, after events of rows of its own: the waveform is its own, and those rows are in it."""
    bench = await started(dut, 66, monitors=False)
    everything = (1 << bench.rows) - 1
    await bench.write_fields("factor", value=1)
    await learns(bench, TIMING, PHI_1, PHI_2, 5)
    each = bench.rows // bench.neurons
    for neuron in range(bench.neurons):
        await bench.cycles(2 * TICK + 40)           # events of the neuron before are too long ago
        rows = range(each * neuron, each * (neuron + 1))
        for row in rows:
            await bench.send(row)
        await quiet(bench)
        await wins(bench, neuron)
        inside = sum(1 << row for row in rows)
        seen = await waveform(bench, settle=TIMING["settle"])
        assert seen == [("phi_1", inside, 1 << neuron, PHI_1), ("phi_2", everything & ~inside, 1 << neuron, PHI_2)], (neuron, seen)
        assert await taken(bench) == neuron


@cocotb.test()
async def stdp_window(dut):
    """A row is in the window for one to two ticks after its event, never shorter, never longer."""
    bench = await started(dut, 62, monitors=False)
    await learns(bench, {"settle": 1, "gap": 1, "phi_p": 1, "phi_n": 1}, 2, 2, 1)
    inside = {}
    for delay in (10, TICK // 2, TICK - 12, TICK + 20, 2 * TICK - 40, 2 * TICK + 4, 3 * TICK):
        await bench.cycles(2 * TICK + bench.random.randrange(TICK))
        await bench.send(3, most_ns=0.001)
        await bench.cycles(delay)
        await wins(bench, 0)
        seen = await waveform(bench)
        inside[delay] = seen[0][1] == 1 << 3
        await bench.read("event_out")
    # disabled and enabled again, a neuron does not remember: an event of the tick before the last, and one of the last
    for ticks in (1, 0):
        await bench.cycles(3 * TICK)
        await bench.send(3, most_ns=0.001)
        await bench.cycles(ticks * TICK + 10)
        await bench.write_fields("ctrl", enable=0, aer_in=1, winner=1, learn=1)
        await bench.cycles(4)
        await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
        await bench.cycles(4)
        await wins(bench, 0)
        seen = await waveform(bench)
        assert not seen[0][1], f"rows {seen[0][1]:#x} are in the window after a disable"
        await bench.read("event_out")
    assert all(inside[delay] for delay in inside if delay < TICK - 10), inside
    assert not any(inside[delay] for delay in inside if delay > 2 * TICK), inside


@cocotb.test()
async def learning_and_jobs(dut):
    """A job waits for the waveform; no row pulse, event or spike comes between; disabled amid it, it ends in order."""
    bench, model = await job_bench(dut, 63)
    model.device = IntegerCell(bench.rows, bench.chip.columns, 63)
    await write_settings(bench, model, settings())
    await bench.write_fields("timing", **TIMING)
    await bench.write_fields("learn", phi_1=100, phi_2=100, window=WINDOW)
    await bench.write_fields("inhibit", cycles=1)
    await bench.write_fields("refractory", count=0, prescale=0)
    for disable in (False, True):
        await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
        await bench.cycles(20)
        bench.drive_spike(2, 1)
        await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 40, "phi_1")
        bench.drive_spike(2, 0)
        assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
        if disable:
            await bench.write_fields("ctrl")
        await start_job(bench, Job(Operation.READ, 0, 0, 0, 1))
        start = cocotb.utils.get_sim_time("ns")
        await bench.until(lambda: bool(bench.pin_1v8("adc_sample")), 2000, "the job")
        waited = (cocotb.utils.get_sim_time("ns") - start) / CLOCK_NS
        assert waited > (60 if disable else 160), f"the job waited {waited} cycles only"
        await idle(bench)
        await bench.write_fields("stop", results=1)
        await bench.read("event_out")


@cocotb.test()
async def dropped_request(dut):
    """A request that goes away before its acknowledge is told and not taken; the port works afterwards."""
    bench = await started(dut, 64)
    await bench.write_fields("timing", settle=1, gap=1, phi_p=100, phi_n=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.send(1)
    assert await bench.read_field("irq_status", "dropped") == 0
    bench.drive("aer_in_address", 2)
    bench.drive("aer_in_req", 1)
    await bench.cycles(10)
    bench.drive("aer_in_req", 0)
    await bench.cycles(6)
    assert await bench.read_field("irq_status", "dropped") == 1 and not bench.pin("aer_in_ack")
    await bench.write_fields("irq_status", dropped=1)
    await bench.send(3)
    await quiet(bench)
    assert [p.rows for p in bench.monitor.pulses] == [1 << 1, 1 << 3]
    assert await bench.read_field("irq_status", "dropped") == 0 and await bench.read_field("events", "received") == 2


@cocotb.test()
async def endurance_counters(dut):
    """Pulses are counted for each quarter of the rows; reads are not."""
    bench, model = await job_bench(dut, 65)
    model.device = IntegerCell(bench.rows, bench.chip.columns, 65)
    await write_settings(bench, model, settings())
    quarter = bench.rows // 4
    want = [0, 0, 0, 0]
    for row in (0, quarter - 1, quarter, 2 * quarter, 3 * quarter - 1, 3 * quarter, bench.rows - 1):
        model.trace = []
        for operation in (Operation.RESET, Operation.SET, Operation.READ):
            await start_job(bench, Job(operation, row, row, 0, 0), quiet=1)
            await idle(bench)
        want[row // quarter] += sum(line.startswith("P") for line in model.trace)
    assert [await bench.read(f"endurance{k}") for k in range(4)] == want and all(want), want
    assert await bench.read("pulses") == sum(want)
    # What is written counts on, as software does behind a power cycle.
    kept = bench.random.getrandbits(20)
    await bench.write("endurance2", kept)
    assert [await bench.read(f"endurance{k}") for k in range(4)] == [*want[:2], kept, want[3]]
    await bench.write("cells", 0x12345678)
    await bench.write("pulses", 0xABCDEF)
    assert await bench.read("cells") == 0x12345678 and await bench.read("pulses") == 0xABCDEF
    await bench.write("endurance2", 0)
    assert await bench.read("endurance2") == 0
