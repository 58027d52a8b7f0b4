"""Winner-take-all, the learning waveform on its rail, STDP window, third factor; random events that teach,
against a twin in integers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge
from neusoc.base.pins import learning_groups, learning_rows
from neusoc.digital.model.images import ImageSettings
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Job, Operation
from neusoc.verification.cocotb.array_model import LEARN, LINES
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench
from neusoc.verification.cocotb.checks import check_pulse, expose, figure, quiet, started, taken
from neusoc.verification.cocotb.controller_image_tests import begun, compare, ended
from neusoc.verification.cocotb.controller_job_tests import job_bench
from neusoc.verification.cocotb.core_model import wanted
from neusoc.verification.cocotb.jobs import idle, settings, start_job, write_settings
from neusoc.verification.cocotb.monitors import watch_pulses

PHI_1, PHI_2, WINDOW, SETTLE, GAP, RAIL, SETTLED = 11, 7, 9, 2, 3, 41, 14
TICK = 16 * WINDOW + 1  # clock cycles
EVENTS = int(os.environ.get("NEUSOC_EVENTS", "40"))
Phase = tuple[str, int, int, int]  # name, rows, neurons that fire, cycles
LEARNING = sum(1 << k for k, name in enumerate(reversed(LINES)) if name in LEARN)


@cocotb.test()
async def winner_take_all(dut):
    """Neurons that cross together: the lowest wins, one event leaves, all are discharged for the time set."""
    bench = await started(dut, 60)
    await bench.write_fields("inhibit", cycles=100)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_out=1, winner=1)
    cocotb.start_soon(bench.receive_forever())
    await bench.cycles(12)
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


async def waveform(
    bench: Bench, settle: int = SETTLE, settled: int = SETTLED, rail: int = RAIL, bound: int = 4000
) -> list[Phase]:
    """Phases until no more come. Meanwhile neurons hear nothing; rows are on `settle` cycles before a phase,
    and off between two.

    Args:
        bench: bench of the controller, after a spike that learns.
        settle: TIMING.settle.
        settled: cycles that the rail has from the state of learning to the first row.
        rail: code of the rail.
        bound: cycles.
    """
    history: list[int] = []
    seen: list[Phase] = []
    still = on_rail = 0
    for _ in range(bound):
        await bench.cycles(1)
        name = "phi_1" if bench.pin_1v8("phi_1") else "phi_2" if bench.pin_1v8("phi_2") else ""
        rows = bench.pin_1v8("row")
        on_rail = on_rail + 1 if bench.word_1v8(LINES) == LEARNING else 0
        if rows:
            assert on_rail > settled, f"rows {on_rail} cycles behind the rail"
            assert (bench.pin_1v8("dac_wl"), bench.pin_1v8("dac_wl_fine"), bench.pin_1v8("dac_enable")) == (
                rail,
                1,
                1,
            )
            assert bench.pin_1v8("discharge") == (1 << bench.neurons) - 1, "neurons hear the waveform"
            assert not bench.pin_1v8("wake") and not bench.pin_1v8("integ")
        history.append(rows)
        if not name:
            still += 1
            if still > 60:
                return seen
            continue
        now = (name, rows, bench.pin_1v8("fire"))
        if seen and seen[-1][:3] == now and not still:
            seen[-1] = (*now, seen[-1][3] + 1)
        else:
            assert history[-1 - settle :] == [rows] * (settle + 1), (
                f"rows {history[-1 - settle :]} before a phase"
            )
            assert not seen or 0 in history[-still:] or not rows, "rows stay on between two phases"
            seen.append((*now, 1))
        still = 0
    raise AssertionError("the waveform does not end")


async def learns(
    bench: Bench, phi_1: int = PHI_1, phi_2: int = PHI_2, window: int = WINDOW, inhibit: int = 5
) -> None:
    """Neurons enabled, the winner of them learns; the DAC of the rail has settled. Times: cycles."""
    await bench.write_fields("path_timing", gap=3, program_settle=SETTLED, read_settle=25, wake=0)
    await bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL, fine=1)
    await bench.write_fields("learn", phi_1=phi_1, phi_2=phi_2, window=window)
    await bench.write_fields("inhibit", cycles=inhibit)
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
    await bench.cycles(20)


async def wins(bench: Bench, neuron: int) -> None:
    """A spike of a neuron until it is discharged."""
    await bench.until(lambda: not bench.discharge(neuron), 400, "neurons that are let go")
    bench.drive_spike(neuron, 1)
    await bench.until(lambda: bool(bench.discharge(neuron)), 8, "discharge")
    bench.drive_spike(neuron, 0)


def phases_of(
    inside: int, rows: int, factor: int, neuron: int, phi_1: int = PHI_1, phi_2: int = PHI_2
) -> list[Phase]:
    """The waveform of a spike, group by group: rows in the window in phi_1, the others in phi_2; with a
    negative factor the other way round."""
    groups = [sum(1 << row for row in learning_rows(rows, k)) for k in range(learning_groups(rows))]
    first, second = (inside, ~inside) if factor > 0 else (~inside, inside)
    once = [
        phase
        for group in groups
        for phase in (
            ("phi_1", first & group, 1 << neuron, max(1, phi_1)),
            ("phi_2", second & group, 1 << neuron, max(1, phi_2)),
        )
    ]
    return once * (abs(factor) if factor != -4 else 0)


@cocotb.test()
async def learning_waveform(dut):
    """The winner's waveform on its rail: phases, widths, rows in and out of the window, sign and size of the
    third factor."""
    bench = await started(dut, 61, monitors=False)
    assert not bench.pin_1v8("dac_enable") and not bench.pin_1v8("reference_job")
    await learns(bench)
    assert bench.pin_1v8("dac_enable") and bench.pin_1v8("reference_job") and bench.pin_1v8("dac_wl") == RAIL
    for factor in (1, -1, 3, 0, -4, 2):
        await bench.write_fields("factor", value=factor & 7)
        await bench.cycles(2 * TICK + 40)
        await bench.send(1)
        await bench.cycles(2 * TICK + 40)  # too long ago
        await bench.send(2)
        await bench.send(5)
        await quiet(bench)
        await wins(bench, 1)
        assert await waveform(bench) == phases_of(1 << 2 | 1 << 5, bench.rows, factor, 1), f"factor {factor}"
        assert int(dut.fire_1v8_o.value) == 0 and int(dut.row_1v8_o.value) == 0
        assert await taken(bench) == 1, "the spike is an event too"
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1)
    await bench.cycles(4)
    assert not bench.pin_1v8("dac_enable") and bench.pin_1v8("dac_wl") == 0


@cocotb.test()
async def every_neuron_learns(dut):
    """Each neuron wins once, after events of rows of its own: the waveform is its own, and those rows are in
    it."""
    bench = await started(dut, 66, monitors=False)
    await bench.write_fields("factor", value=1)
    await learns(bench)
    each = bench.rows // bench.neurons
    for neuron in range(bench.neurons):
        await bench.cycles(2 * TICK + 40)  # events of the neuron before are too long ago
        rows = range(each * neuron, each * (neuron + 1))
        for row in rows:
            await bench.send(row)
        await quiet(bench)
        await wins(bench, neuron)
        inside = sum(1 << row for row in rows)
        assert await waveform(bench) == phases_of(inside, bench.rows, 1, neuron), neuron
        assert await taken(bench) == neuron


def _in_window(phases: list[Phase]) -> int:
    return sum(rows for name, rows, *_ in phases if name == "phi_1")


@cocotb.test()
async def stdp_window(dut):
    """A row is in the window for one to two ticks after its event, never shorter, never longer."""
    bench = await started(dut, 62, monitors=False)
    await expose(bench)
    await learns(bench, 2, 2, inhibit=1)
    inside = {}
    for delay in (10, TICK // 2, TICK - 20, TICK + 20, 2 * TICK - 40, 2 * TICK + 4, 3 * TICK):
        await bench.cycles(2 * TICK + bench.random.randrange(TICK))
        await bench.send(3, most_ns=0.001)
        await bench.cycles(delay)
        await wins(bench, 0)
        seen = await waveform(bench)
        inside[delay] = _in_window(seen) == 1 << 3
        await bench.read("event_out")
    # disabled and enabled again, a neuron does not remember: an event of the tick before the last, and one of
    #   the last
    for ticks in (1, 0):
        await bench.cycles(3 * TICK)
        await bench.send(3, most_ns=0.001)
        await bench.cycles(ticks * TICK + 10)
        await bench.write_fields("ctrl", enable=0, aer_in=1, winner=1, learn=1)
        await bench.cycles(4)
        await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
        await bench.cycles(20)
        await wins(bench, 0)
        seen = await waveform(bench)
        assert not _in_window(seen), f"rows {_in_window(seen):#x} are in the window after a disable"
        await bench.read("event_out")
    assert all(inside[delay] for delay in inside if delay < TICK - 10), inside
    assert not any(inside[delay] for delay in inside if delay > 2 * TICK), inside


@cocotb.test()
async def learning_and_jobs(dut):
    """A job waits for the waveform; no row, event or spike comes between; disabled amid it, it ends in
    order."""
    bench, model = await job_bench(dut, 63)
    model.device = WordLineCell(bench.rows, bench.chip.columns, 63)
    await write_settings(bench, model, settings())
    for disable in (False, True):
        await learns(bench, 100, 100, inhibit=1)
        bench.drive_spike(2, 1)
        await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 80, "phi_1")
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
async def rail_stands_through_a_waveform(dut):
    """TIMING written in a phase: the rail moves behind the waveform, and gets its time to settle before the
    next."""
    bench = await started(dut, 67, monitors=False)
    await learns(bench, 200)
    await bench.write_fields("factor", value=1)
    await wins(bench, 1)
    await bench.until(lambda: bool(bench.pin_1v8("phi_1")), 400, "the waveform")
    await bench.write_fields("timing", settle=SETTLE, gap=GAP, rail=RAIL + 1, fine=1)
    assert bench.pin_1v8("phi_1"), "the phase was over before the rail was written"
    await bench.until(lambda: bool(bench.pin_1v8("phi_2")), 400, "the second phase")
    assert bench.pin_1v8("dac_wl") == RAIL
    await bench.until(
        lambda: bench.pin_1v8("dac_wl") == RAIL + 1, 300 * learning_groups(bench.rows), "the new rail"
    )
    assert not bench.pin_1v8("row") and not bench.pin_1v8("fire")


@cocotb.test()
async def learning_waits_for_an_image(dut):
    """A spike just before an image: its waveform runs behind the image, or before it, never in it; the image
    is the twin's."""
    bench, core = await begun(dut, 526)
    core.silent = True
    await learns(bench)
    shape = ImageSettings(clear=4, top=20)
    await bench.write_image_settings(shape)
    pixels = [bench.random.randrange(16) for _ in range(bench.rows)]
    for delay in range(0, 12, 3):
        await bench.load(pixels)
        await bench.cycles(2 * TICK)
        core.cycles, core.recording = [], True
        count = await bench.image_field("count")
        core.force(0b1)
        await bench.cycles(delay)
        await bench.write_fields("image", start=1)
        await bench.until(lambda: bool(bench.discharge(0)), 40, "discharge")
        core.force(0)
        await ended(bench, count + 1)
        await quiet(bench)
        core.recording = False
        want = wanted(pixels, np.full_like(core.weights, -1), shape, 0, 0)
        compare(core, want.cycles, f"{delay} cycles behind the spike")
        assert LEARN in core.lines_seen
        while (await bench.read("event_out")) >> 31:
            pass


@dataclass
class Teacher:
    """Twin of learning: which rows each spike finds in the window, a step a cycle; and the phases that the
    pins show.

    Args:
        bench: bench of the controller.

    Attributes:
        window, factor, phi_1, phi_2: fields of LEARN and FACTOR, the factor with its sign.
        expected, seen: phases of the twin, and those at the pins.
        spikes: number of spikes that taught.
    """

    bench: Bench
    window: int = 0
    factor: int = 0
    phi_1: int = 0
    phi_2: int = 0
    expected: list[Phase] = field(default_factory=list)
    seen: list[Phase] = field(default_factory=list)
    spikes: int = 0
    _recent: int = 0
    _older: int = 0
    _tick: int = 0
    _on: bool = False

    async def run(self) -> None:
        """For ever: events, spikes and what runs as the controller has them, in the middle of each cycle."""
        dut = self.bench.dut
        while True:
            await FallingEdge(dut.wb_clk_i)
            fires = int(dut.fires.value)
            busy, teaches = int(dut.learning_busy.value), int(dut.u_learning.teaches.value)
            self._step(int(dut.event_hot.value) if int(dut.received.value) else 0, busy, teaches)
            if teaches and fires and not busy:
                rows = self._recent | self._older
                phases = phases_of(
                    rows, self.bench.rows, self.factor, fires.bit_length() - 1, self.phi_1, self.phi_2
                )
                self.expected += phases
                self.spikes += bool(phases)
            self._look()

    def _step(self, hot: int, busy: int, teaches: int) -> None:
        if not teaches and not busy:
            self._recent = self._older = self._tick = 0
            return
        ends = not busy and not self._tick
        if ends:
            self._older, self._recent = self._recent, 0
        self._recent |= hot
        self._tick = 16 * self.window if ends else self._tick - (not busy)

    def _look(self) -> None:
        bench = self.bench
        name = "phi_1" if bench.pin_1v8("phi_1") else "phi_2" if bench.pin_1v8("phi_2") else ""
        if name:
            now = (name, bench.pin_1v8("row"), bench.pin_1v8("fire"))
            if self._on and self.seen[-1][:3] == now:
                self.seen[-1] = (*now, self.seen[-1][3] + 1)
            else:
                self.seen.append((*now, 1))
        self._on = bool(name)


async def random_teaching(bench: Bench, teacher: Teacher) -> dict[str, int]:
    """Random settings of events and learning, neurons off and on again; returns the shape of an exposure."""
    rng = bench.random
    await bench.write_fields("ctrl")
    shape = await expose(
        bench, ratio=3, **{name: rng.randrange(5) for name in ("lead", "open", "window", "close", "tail")}
    )
    teacher.factor = rng.randrange(-4, 4)
    teacher.window, teacher.phi_1, teacher.phi_2 = rng.randrange(7), rng.randrange(12), rng.randrange(12)
    await bench.write_fields("learn", phi_1=teacher.phi_1, phi_2=teacher.phi_2, window=teacher.window)
    await bench.write_fields("factor", value=teacher.factor & 7)
    await bench.write_fields(
        "timing", settle=rng.randrange(4), gap=rng.randrange(4), rail=rng.randrange(64), fine=1
    )
    await bench.write_fields(
        "path_timing", gap=rng.randrange(4), program_settle=rng.randrange(9), read_settle=25, wake=0
    )
    await bench.write_fields("inhibit", cycles=rng.randrange(9))
    await bench.write_fields("refractory", count=0, prescale=0)
    await bench.write_fields("ctrl", enable=1, aer_in=1, winner=1, learn=1)
    await bench.cycles(30)
    return shape


@cocotb.test()
async def events_that_teach_as_the_twin(dut):
    """Random events and spikes between and amid them, random settings: exposures and waveforms at the pins
    are the twin's."""
    bench = await started(dut, 68, monitors=False)
    await bench.write_fields("limits_codes", wl=63, wl_fine=63, bl=58)
    teacher = Teacher(bench)
    cocotb.start_soon(teacher.run())
    cocotb.start_soon(watch_pulses(bench))
    shown = 0
    while shown < EVENTS:
        shape = await random_teaching(bench, teacher)
        bench.monitor.pulses.clear()
        rows = [bench.random.randrange(bench.rows) for _ in range(10)]
        for row in rows:
            await bench.send(row, most_ns=3 * CLOCK_NS)
            await bench.cycles(bench.random.randrange(60) * (bench.random.random() < 0.5))
            if bench.random.random() < 0.6:
                neuron = bench.random.randrange(bench.neurons)
                await wins(bench, neuron)
                await bench.cycles(8)
                assert await taken(bench) == neuron
        await quiet(bench)
        await bench.cycles(20)
        assert [pulse.rows for pulse in bench.monitor.pulses] == [1 << row for row in rows]
        for pulse in bench.monitor.pulses:
            check_pulse(pulse, shape, 3)
        assert teacher.seen == teacher.expected, (
            f"behind {shown} events: {teacher.seen[-2:]} instead of {teacher.expected[-2:]}"
        )
        shown += len(rows)
    figure("events", shown, "events")
    figure("spikes that teach", teacher.spikes, "")
    assert teacher.spikes >= EVENTS // 8
