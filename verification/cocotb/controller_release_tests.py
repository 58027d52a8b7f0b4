"""When the neurons are let go, and what may touch them: lines first, then neurons; no configuration under a
pulse that still runs."""

from __future__ import annotations

import cocotb
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.digital.model.words import Refusal
from neusoc.verification.cocotb.array_model import NEURON, ArrayModel
from neusoc.verification.cocotb.bench import Bench
from neusoc.verification.cocotb.checks import expose, quiet
from neusoc.verification.cocotb.controller_bus_tests import refusal
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.jobs import idle, settings, start_job, write_settings

ALL, RUNNING = 1 << 15, Refusal.RUNNING  # NEURON_CONFIG.all
READ_ONE = Job(Operation.READ, 0, 0, 0, 0)


async def released(bench: Bench, model: ArrayModel, bound: int) -> int:
    """Cycles until all neurons are let go; at no time is one let go while the lines are in another state than
    the neurons'."""
    for cycle in range(bound):
        open_switches = ~int(bench.dut.discharge_1v8_o.value) & ((1 << bench.neurons) - 1)
        assert not open_switches or model.lines() == NEURON, (
            f"neurons {open_switches:#x} are let go with lines {model.lines()}"
        )
        if open_switches == (1 << bench.neurons) - 1:
            return cycle
        await bench.cycles(1)
    raise AssertionError("the neurons are not let go")


async def prepared(dut, seed: int) -> tuple[Bench, ArrayModel]:
    """A bench whose cells can be read."""
    bench, model = await job_bench(dut, seed)
    model.device = WordLineCell(bench.rows, bench.chip.columns, seed)
    await write_settings(bench, model, settings())
    return bench, model


@cocotb.test()
async def released_when_settled(dut):
    """After enable and after every job the neurons are held discharged until the lines are theirs, however
    long the lines take."""
    bench, model = await prepared(dut, 110)
    for gap in (0, 1, 3, 17, 63):
        await bench.write_fields("ctrl")
        await bench.write_fields("path_timing", gap=gap, program_settle=1, read_settle=1, wake=0)
        await bench.cycles(2 * gap + 10)
        await bench.write_fields("ctrl", enable=1)
        assert await released(bench, model, 200) >= gap
        for job in (READ_ONE, Job(Operation.SET, 0, 0, 0, 0)):
            await start_job(bench, job, quiet=1)
            await bench.until(lambda: bool(int(dut.discharge_1v8_o.value)), 50, "the job")
            await released(bench, model, 20_000)
        # Disabled while the lines are on their way, and enabled again at once.
        await start_job(bench, READ_ONE, quiet=1)
        await idle(bench)
        await bench.write_fields("ctrl")
        await bench.write_fields("ctrl", enable=1)
        await released(bench, model, 200)


@cocotb.test()
async def late_comparator(dut):
    """A comparator that is up for a cycle before the neurons are let go, as a job ends, counts for nothing;
    after, it counts."""
    bench, model = await prepared(dut, 111)
    await bench.write_fields("timing", settle=1, gap=1, rail=41, fine=1)
    await bench.write_fields("learn", phi_1=5, phi_2=5, window=3)
    await bench.write_fields("inhibit", cycles=1)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, winner=1, learn=1)
    await bench.cycles(12)

    async def job_with_glitch(at: int | None) -> tuple[int, bool, bool]:
        """Cycles from the start to the release; whether an event and a waveform came. The comparator is up in
        cycle `at` alone."""
        start, release, fired = 0, None, False
        await start_job(bench, READ_ONE, quiet=1)
        await bench.until(lambda: bool(int(dut.job_busy.value)), 50, "start")
        while release is None or start < release + 120:
            bench.drive_spike(1, int(start == at))
            await bench.cycles(1)
            start += 1
            if release is None and start > 20 and not bench.discharge(1):
                release = start
            assert start < 20_000, "the neurons are not let go"
            fired |= bool(int(dut.fire_1v8_o.value))
        await quiet(bench)
        return release, bool(await bench.read("event_out") >> 31), fired

    length, event, fired = await job_with_glitch(None)
    assert not event and not fired
    for early in range(-3, 16):
        # Driven after the falling edge of cycle length - early, sampled by the next rising edge if the
        # neurons are free in it.
        release, event, fired = await job_with_glitch(length - early)
        # The conversion's random delays move the release by a cycle or two: judged against the release that
        # came.
        before = length - early < release
        assert (event, fired) == (not before, not before), (
            f"a comparator up {release - (length - early)} cycles before the release"
        )
    assert int(dut.fire_1v8_o.value) == 0


@cocotb.test()
async def config_under_a_pulse(dut):
    """While an exposure or a waveform still runs after a disable, NEURON_CONFIG is refused and told; after
    it, it is taken."""
    bench, _ = await prepared(dut, 112)
    await bench.write_fields("learn", phi_1=25, phi_2=25, window=3)
    await bench.write_fields("inhibit", cycles=1)
    await bench.write_fields("refractory", count=0, prescale=0)
    disturbed = []

    def runs() -> bool:
        return bench.busy() or any(bench.pin_1v8(name) for name in ("wake", "phi_1", "phi_2", "fire"))

    async def watch() -> None:
        while True:
            await bench.cycles(1)
            if bench.pin_1v8("config") and runs():
                disturbed.append(int(dut.row_1v8_o.value))

    cocotb.start_soon(watch())
    for waveform in (False, True):
        answers = set()
        for delay in range(0, 60, 3):
            await expose(bench, window=40)
            await bench.write_fields("ctrl", enable=1, winner=1, learn=1)
            await bench.cycles(12)
            if waveform:
                bench.drive_spike(1, 1)
                await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 40, "phi_1")
                bench.drive_spike(1, 0)
            else:
                await bench.write("event_in", 1)
                await bench.until(lambda: bool(bench.pin_1v8("integ")), 40, "the window")
            await bench.write_fields("ctrl")
            await bench.write("error", 0)
            kept = await bench.read("neuron_config")
            await bench.cycles(delay)
            ran = runs()
            data = delay & 0b100111  # trim and test
            await bench.write("neuron_config", ALL | data)
            code, runs_still = await bench.read_field("error", "bus"), runs()
            assert (
                code in (0, RUNNING)
                and (code == RUNNING or not runs_still)
                and (ran or code == 0 or not bench.busy())
            ), (delay, code)
            assert await bench.read("neuron_config") == (kept if code else ALL | data), (delay, code)
            assert not disturbed, (
                f"a neuron is configured while rows {disturbed[0]:#x} are on,"
                f" {delay} cycles after the disable"
            )
            answers.add(code)
            await quiet(bench)
            assert await refusal(bench, "neuron_config", 0x22 | 1 << 8) == 0, "refused after the pulse"
            await bench.read("event_out")
        assert answers == {0, RUNNING}, f"the pulse never ended, or never ran: {answers}"
