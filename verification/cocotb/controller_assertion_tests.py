"""Everything that moves the pins toward the array, in short, with nobody but the assertions to judge: what
the faults of assertion_faults.py run on. The monitors of the other tests look half a cycle earlier and would
have ended the test."""

from __future__ import annotations

import cocotb
from cocotb.triggers import FallingEdge
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import started

CODE = 0x20  # of every conversion: below what SET wants
MOST_CYCLES = 4000  # of a job, were it to hang
SET, RESET, READ = 1, 2, 3


async def answer(bench: Bench) -> None:
    """A converter that holds CODE, a cycle late."""
    dut = bench.dut
    while True:
        await FallingEdge(dut.wb_clk_i)
        strobe, trial = dut.adc_strobe_1v8_o.value, dut.adc_trial_1v8_o.value
        if strobe.is_resolvable and trial.is_resolvable:
            dut.adc_valid_1v8_i.value = int(strobe)
            dut.adc_above_1v8_i.value = int(int(strobe) and int(trial) <= CODE)


async def job(bench: Bench, operation: int, stop_after: int = MOST_CYCLES) -> None:
    """A job on two cells, of which nothing is expected; stopped after so many cycles."""
    await bench.write("command", operation | 1 << 4)
    for cycle in range(MOST_CYCLES):
        await bench.cycles(1)
        if cycle == stop_after:
            await bench.write("stop", 1)
        if cycle > 8 and cycle % 32 == 0 and not await bench.read("job_status") & 1:
            return


@cocotb.test()
async def everything_at_the_pins(dut):
    """Exposures, a waveform, an image, a word of the references, verifies, pulses, STOP amid a verify,
    neurons behind a long gap."""
    bench = await started(dut, 130, monitors=False)
    cocotb.start_soon(answer(bench))
    await bench.write_fields("retry", pulse_limit=2, stop_tries=3, retry_back=1)
    await bench.write_fields("adc_timing", sample=1, hold=1, trial=1, watchdog=20)
    await bench.write_fields("read", count=0, shift=0)
    await bench.write_fields("set_line", start=10, step=0, stop=10, width=30)
    await bench.write_fields("reset_line", width=30)
    await bench.write_fields("region", row_first=1, row_last=1, col_first=2, col_last=3)
    await bench.write_fields("timing", settle=2, gap=2, rail=20, fine=1)
    await bench.write_fields("learn", phi_1=3, phi_2=3, window=20)
    await bench.arm()
    await bench.write_fields("limits_pulses", width=40, pulses=40)

    await bench.write_fields("ctrl", enable=1, multi_hot=0, winner=1, learn=1)
    await bench.cycles(12)
    for row in (1, 3):
        await bench.write("event_in", row)
        await bench.cycles(40)
    bench.drive_spike(1, 1)
    await bench.cycles(6)
    bench.drive_spike(1, 0)
    await bench.cycles(120)

    await bench.load([9] * bench.rows)
    await bench.write_fields("image", start=1)
    await bench.until(lambda: bool(bench.pin_1v8("integ")), 100, "the image")
    await bench.write_fields("image", stop=1)
    await bench.cycles(40)

    await bench.write_fields("ctrl", enable=0)
    await bench.cycles(40)
    await bench.write("reference", 5)
    await bench.write_fields("ctrl", enable=1)  # without learning the DACs are the jobs' alone
    await bench.cycles(12)

    await bench.write_fields("path_timing", gap=3, program_settle=4, read_settle=8, wake=0)
    for operation in (READ, SET, RESET):
        await job(bench, operation)
    for stop_after in (30, 50, 70, 90):
        await job(bench, READ, stop_after)

    # An event that waits for the neurons' lines at the end of a job and of a long gap.
    await bench.write_fields("path_timing", gap=63, program_settle=4, read_settle=8, wake=0)
    await bench.write("command", READ | 1 << 4)
    await bench.write("event_in", 2)
    await bench.cycles(MOST_CYCLES // 4)
    await bench.write_fields("ctrl", enable=0)
    await bench.cycles(80)
