"""Every value: all bits of the settings, all levels, counters at their ends, causes that come at odd
moments."""

from __future__ import annotations

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.ispp import run_job as run_twin
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.digital.regs.generate import registers
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import check_rest, expose, quiet, reset_word, started
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import run_job, settings, write_settings


def settable() -> list[str]:
    """Registers that hold what is written and do nothing by it."""
    special = {"ctrl", "error", "irq_status", "key", "lock"}
    return [
        name
        for name, node in registers().items()
        if name not in special
        and not node.external
        and all(
            f.get_property("sw").name == "rw" and not f.is_hw_writable and not f.get_property("counter")
            for f in node.fields()
        )
    ]


@cocotb.test()
async def every_bit_of_settings(dut):
    """Ones, zeros and random values in every setting: read back, and no other setting moves."""
    bench = await started(dut, 80)
    names = settable()
    assert {
        "timing",
        "set_wl",
        "grid",
        "predict",
        "region",
        "learn",
        "irq_enable",
        "exposure",
        "ratios",
    } <= set(names), names
    masks = {name: sum(((1 << f.width) - 1) << f.lsb for f in registers()[name].fields()) for name in names}
    words = {name: reset_word(bench, name) for name in names}
    for pattern in (0xFFFF_FFFF, 0x0000_0000, 0xAAAA_AAAA, 0x5555_5555, None):
        for name in names:
            value = bench.random.getrandbits(32) if pattern is None else pattern
            await bench.write(name, value)
            words[name] = value & masks[name]
            assert await bench.read(name) == words[name], name
        for name in names:
            assert await bench.read(name) == words[name], f"{name} moved"
    for name in ("read", "threshold", "window"):  # range, threshold at rest and ratio are pins
        await bench.write(name, reset_word(bench, name))
    await bench.cycles(4)
    check_rest(bench)


@cocotb.test()
async def every_level(dut):
    """A PROGRAM job with 32 cells and all 32 levels, the buffer full at its start."""
    bench, model = await job_bench(dut, 81)
    rows, columns = bench.rows, bench.chip.columns
    r = settings(pulse_limit=2, max_level=31, base=3, step=8, offset=20)
    await write_settings(bench, model, r)
    for order in (range(31, -1, -1), bench.random.sample(range(32), 32)):
        flat = list(order)
        job = Job(Operation.PROGRAM, 1, 4, 0, 7)
        levels = [flat[8 * k : 8 * k + 8] for k in range(4)]
        model.trace, model.device = [], WordLineCell(rows, columns, 81)
        twin = TraceDevice(WordLineCell(rows, columns, 81))
        run_twin(twin, r, job, rows, columns, levels)
        code, results = await run_job(bench, model, job, levels, poll=400)
        assert code == 0 and len(results) == 32 and model.trace == twin.lines


@cocotb.test()
async def counters_stop(dut):
    """Counters of errors stop at 255, those of events wrap; a write clears the first."""
    bench = await started(dut, 82, monitors=False)
    for _ in range(258):
        await bench.write("event_in", 0)
    assert await bench.read_field("errors", "overflow") == 255
    await bench.write_fields("aer_timeout", cycles=1)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1)
    for number in range(260):
        await bench.fire(number % bench.neurons, release_bound=100)
    assert await bench.read_field("errors", "lost") == 255
    await bench.write("errors", 0)
    assert await bench.read("errors") == 0
    assert await bench.read_field("events", "sent") == 0


async def settle(bench: Bench) -> None:
    """No spike, no request."""
    for neuron in range(bench.neurons):
        bench.drive_spike(neuron, 0)
    bench.drive("aer_in_req", 0)
    await bench.cycles(6)


@cocotb.test()
async def odd_moments(dut):
    """A spike while disabled counts for nothing; one amid an exposure learns after it; a reset drops an event
    that waits."""
    bench = await started(dut, 83)
    bench.drive_spike(1, 1)
    await bench.cycles(12)
    assert int(dut.discharge_1v8_o.value) == (1 << bench.neurons) - 1
    await settle(bench)
    await bench.write_fields("ctrl", enable=1)
    await bench.cycles(6)
    assert await bench.read("event_out") >> 31 == 0, "a spike while disabled is an event"

    await expose(bench, window=120)
    await bench.write_fields("learn", phi_1=5, phi_2=5, window=3)
    await bench.write_fields("inhibit", cycles=1)
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
    await bench.cycles(4)
    await bench.send(2)
    await bench.cycles(6)
    bench.drive_spike(2, 1)
    await bench.cycles(6)
    bench.drive_spike(2, 0)
    assert int(dut.integ_1v8_o.value) == 1 and not int(dut.phi_1_1v8_o.value), "the exposure is cut"
    await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 200, "the waveform")
    assert not int(dut.integ_1v8_o.value) and not int(dut.wake_1v8_o.value)
    await quiet(bench)

    await bench.write_fields("ctrl", enable=1, aer_in=1)
    await bench.send(1)
    bench.drive("aer_in_address", 3)
    bench.drive("aer_in_req", 1)
    await bench.cycles(10)
    assert not bench.pin("aer_in_ack")
    dut.wb_rst_i.value = 1
    await bench.cycles(1)
    check_rest(bench)
    bench.drive("aer_in_req", 0)
    dut.wb_rst_i.value = 0
    await bench.cycles(10)
    assert not bench.busy() and await bench.read("events") == 0
