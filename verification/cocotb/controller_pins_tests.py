"""The logic analyser's pins, as a harness reads them."""

from __future__ import annotations

import cocotb
from cocotb.triggers import FallingEdge
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.verification.cocotb.array_model import LINES, ArrayModel
from neusoc.verification.cocotb.bench import CLOCK_NS, MONITORED
from neusoc.verification.cocotb.checks import quiet
from neusoc.verification.cocotb.controller_spi_tests import both
from neusoc.verification.cocotb.jobs import SHORT_PATH, run_job

MONITOR = (
    "row",
    "window",
    "fire",
    "job_grant",
    "job_busy",
    "waits_level",
    "waits_room",
    "dac_enable",
    "adc_enable",
    "adc_strobe",
    "rows_busy",
    "learning_busy",
    "event_valid",
    "aer_in_req",
    "spike_valid",
    "aer_out_ack",
    "awake",
    "spi_busy",
    "spi",
    "request",
    "write",
    "ack",
)


@cocotb.test()
async def logic_analyser(dut):
    """la_data_out shows, cycle by cycle, what the pins show, and the states of a job, an event, a spike and
    both ports."""
    bench, master = await both(dut, 709, monitors=True)
    model = ArrayModel(dut, device=WordLineCell(bench.rows, bench.chip.columns, 9))
    model.start()
    seen: set[str] = set()
    lines_seen: set[int] = set()

    async def watch() -> None:
        while True:
            await FallingEdge(dut.wb_clk_i)
            word = int(dut.la_data_out.value)
            now = {name: word >> 21 - k & 1 for k, name in enumerate(MONITOR)}
            seen.update(name for name, level in now.items() if level)
            lines_seen.add(word >> 22)
            assert now["row"] == bool(int(dut.row_1v8_o.value)) and now["fire"] == bool(
                int(dut.fire_1v8_o.value)
            )
            assert now["window"] == any(map(bench.pin_1v8, ("integ", "phi_1", "phi_2"))), "window or phase"
            for name in ("dac_enable", "adc_enable", "adc_strobe"):
                assert now[name] == bench.pin_1v8(name), name
            assert word >> 22 == bench.word_1v8(LINES), "switches of the lines"
            assert now["ack"] & ~now["spi"] == int(dut.wbs_ack_o.value)

    watcher = cocotb.start_soon(watch())
    cocotb.start_soon(bench.receive_forever())
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1)
    await bench.send(1)
    await bench.fire(0)
    await bench.write_fields("ctrl")
    await bench.cycles(60)
    assert {
        "row",
        "window",
        "rows_busy",
        "event_valid",
        "aer_in_req",
        "spike_valid",
        "aer_out_ack",
    } <= seen and "job_busy" not in seen
    await bench.write_fields("path_timing", **SHORT_PATH)
    await bench.arm()
    await bench.write_fields("set_line", start=54, stop=54, width=9)
    await bench.write_fields("reset_line", width=9)
    for operation in (Operation.SET, Operation.RESET, Operation.READ):
        error, _ = await run_job(bench, model, Job(operation, 0, 1, 0, 1))
        assert error == 0, operation
    assert {"job_busy", "job_grant", "dac_enable", "adc_enable", "adc_strobe"} <= seen
    seen.clear()
    await bench.write_fields("ctrl", enable=1)
    await bench.load([15] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 400, "the window")
    await bench.write_fields("ctrl")
    await bench.cycles(400)
    assert {"row", "window", "rows_busy"} <= seen, "an image does not show"
    await master.write(bench.offsets["window"], 3)
    watcher.cancel()
    assert {"spi_busy", "spi", "request", "write", "ack", "awake"} <= seen
    shown = 0
    for lines in lines_seen:
        shown |= lines
    assert shown == (1 << len(LINES)) - 1 and len(lines_seen) >= 6, (
        f"switches that never showed: {shown:010b}"
    )
    await bench.cycles(round(1000 / CLOCK_NS))
    assert int(dut.la_data_out.value) & 0x3FFFFF == 0, "something is under way at rest"


@cocotb.test()
async def logic_analyser_parity(dut):
    """With CTRL.parity la_data_out[63:32] are, cycle by cycle, parities of the outputs to the analog core;
    without it they are 0."""
    bench, _ = await both(dut, 710, monitors=True)
    model = ArrayModel(dut, device=WordLineCell(bench.rows, bench.chip.columns, 8))
    model.start()
    seen: set[int] = set()

    async def watch() -> None:
        while True:
            await FallingEdge(dut.wb_clk_i)
            word = int(dut.la_data_out.value) >> MONITORED
            assert word == bench.parity()
            seen.add(word)

    await bench.write_fields("neuron_config", all=1, trim=5, pair=9)
    assert int(dut.la_data_out.value) >> MONITORED == 0 != bench.parity()
    await bench.write_fields("ctrl", parity=1)
    await bench.cycles(2)
    watcher = cocotb.start_soon(watch())
    cocotb.start_soon(bench.receive_forever())
    for data in (0, 0x1F_0027, 0x0A_0022):
        await bench.write("neuron_config", data | 1 << 15)
    await bench.write_fields("ctrl", enable=1, aer_in=1, aer_out=1, parity=1)
    for row in range(bench.rows):
        await bench.send(row)
    await bench.fire(0)
    await bench.load([bench.random.randrange(16) for _ in range(bench.rows)])
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 100, "the image")
    await quiet(bench)
    await bench.write_fields("ctrl", parity=1)
    await bench.arm()
    for operation in (Operation.SET, Operation.RESET):
        assert (await run_job(bench, model, Job(operation, 0, 1, 0, 1)))[0] == 0
    watcher.cancel()
    moved = 0
    for word in seen:
        moved |= word ^ min(seen)
    assert moved.bit_count() >= 28, f"bits that never move: {moved ^ (1 << 32) - 1:032b}"
    await bench.write_fields("ctrl")
    await bench.cycles(2)
    assert int(dut.la_data_out.value) >> MONITORED == 0
