"""A chip in a script: jobs that go on after any interrupt, what a host keeps, priming, and what is refused in
a sentence."""

import pickle
from contextlib import suppress

import numpy as np
import pytest
from neusoc.analog.sense_adc.model import SenseAdc
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.integer_cell import IntegerCell
from neusoc.digital.model.ispp import Operation, Outcome, load_registers
from neusoc.digital.model.words import KEY, JobEnd, Refusal
from neusoc.software.driver.backends.array import PortArray, TwinArray, integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity, Progress, Region, known_regions
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.tests.chips import RailBeyondLimit
from neusoc.software.driver.tests.stopping_clock import StoppingClock
from neusoc.software.driver.transport import (
    ClockLost,
    DriverError,
    Interrupted,
    JobFailed,
    RailRefused,
    Refused,
    Timeout,
    Transport,
)
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CodePath

MINI = load_chip("mini")
LEVELS = [[(row + col) % 16 for col in range(8)] for row in range(8)]


def integer_chip(seed=1, **options):
    return Chip(Emulator(MINI, integer_array(MINI, seed), **options))


class Breaking:
    """A transport that breaks once, at a given access."""

    def __init__(self, inner, at, error):
        self.inner, self.at, self.error = inner, at, error

    def _count(self):
        self.at -= 1
        if self.at == 0:
            raise self.error

    def read(self, offset):
        self._count()
        return self.inner.read(offset)

    def write(self, offset, value):
        self._count()
        self.inner.write(offset, value)

    def wait(self, seconds):
        self.inner.wait(seconds)


def test_identity_and_other_chips():
    chip = integer_chip()
    assert chip.identity == Identity(8, 8, 4, 4, 16) and chip.identity.variant == "mini"
    with pytest.raises(DriverError, match="not the chip that was asked for"):
        Chip(Emulator(MINI, integer_array(MINI, 1)), Identity(64, 64, 32, 16, 16))
    with pytest.raises(DriverError, match="^ID.magic is 0x0000, not 0x4E53: no NeuSoC answers"):
        Chip(type("Empty", (Emulator,), {"read": lambda self, offset: 0})(MINI, integer_array(MINI, 1)))
    chip.registers.transport.write(0x3D, 0)
    Chip(chip.registers.transport)
    assert chip.registers.fields("error")["bus"] == 0, "a refusal that an earlier user left is forgotten"


def test_form_program_and_read_the_whole_array():
    chip = integer_chip()
    formed = chip.form()
    assert formed.finished and len(formed.results) == 64
    programmed = chip.program(LEVELS)
    settings = load_registers()
    good = [k for k, cell in enumerate(programmed.results) if cell.outcome == Outcome.OK]
    moved = {(cell.row, cell.col) for cell in programmed.results if cell.pulses}
    failed = {at: outcome for at, outcome in formed.faults().items() if at not in moved} | programmed.faults()
    assert len(good) > 40 and chip.memory.faults == failed and Outcome.FORM_FAILED in failed.values()
    error = chip.read_map().ravel()[good] - (settings.base + np.array(LEVELS).ravel()[good] * settings.step)
    assert np.abs(error).max() <= settings.tolerance + 2, "two codes of noise in a read of integer cells"
    assert chip.registers.read("key") == 0, "the key stays after the job"
    assert np.array_equal(chip.memory.levels, LEVELS)


@pytest.mark.parametrize("operation", [Operation.FORM, Operation.PROGRAM, Operation.READ])
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), Timeout("gone"), ValueError("of a caller")])
def test_interrupt_at_any_access_loses_nothing(operation, interrupt):
    region = Region(2, 3, 1, 6)
    levels = [row[1:7] for row in LEVELS[2:4]] if operation == Operation.PROGRAM else None
    kinds = (
        (Interrupted, KeyboardInterrupt) if isinstance(interrupt, KeyboardInterrupt) else (type(interrupt),)
    )

    def begun():
        chip = integer_chip(3)
        chip.form(region)
        return chip, chip.plan(operation, region, levels)

    def broken(chip, at):
        chip.registers.transport = chip._transport = Breaking(chip.registers.transport, at, interrupt)
        return chip.registers.transport

    chip, clean = begun()
    counted = broken(chip, 0)
    chip.run(clean)
    ok = {cell[:2] for cell in clean.results if cell.outcome == Outcome.OK}
    for at in range(1, -counted.at + 1, 7):
        chip, progress = begun()
        broken(chip, at)
        with pytest.raises(kinds):
            chip.run(progress)
        again = pickle.loads(pickle.dumps(progress))
        done = list(again.results)
        chip.run(again)
        assert again.finished and again.results[: len(done)] == done
        assert [cell[:2] for cell in again.results] == [region.cell(k) for k in range(region.size)]
        assert (
            operation == Operation.READ
            or {cell[:2] for cell in again.results if cell.outcome == Outcome.OK} == ok
        )
        assert chip.registers.read("key") == 0


def test_interrupted_job_is_stopped_and_its_results_are_taken():
    chip = integer_chip()
    chip.form()
    progress = chip.plan(Operation.PROGRAM, Region(0, 3, 0, 7), LEVELS[:4])

    def stop(now):
        if len(now.results) >= 8:
            raise KeyboardInterrupt

    with pytest.raises(
        Interrupted,
        match="^PROGRAM of rows 0 to 3, columns 0 to 7: interrupted after 12 of 32 cells; the same",
    ) as told:
        chip.run(progress, watch=stop, ahead=8)
    assert told.value.progress is progress and not chip.registers.field("job_status", "busy")
    assert [region for region, _ in progress.rest()] == [Region(1, 1, 4, 7), Region(2, 3, 0, 7)]
    assert chip.run(progress).finished
    assert np.array_equal(chip.memory.levels[:4], LEVELS[:4])


def test_job_of_a_host_that_died_is_cleared_away():
    chip = integer_chip()
    chip.form()
    chip.open_limits()
    with chip.armed():
        chip.registers.set("region", col_last=7)
        chip.registers.write("levels", 0x01010101)
        chip.registers.set("command", operation=int(Operation.PROGRAM))
    assert chip.registers.fields("job_status") | {"results": 0} == {
        "busy": 0,
        "waits_level": 0,
        "waits_room": 0,
        "level_words": 0,
        "results": 0,
    }, "the key ended it"
    other = Chip(chip.registers.transport)
    with other.armed():
        other.registers.set("stop", results=1)
        other.registers.set("region", col_last=7)
        other.registers.set("command", operation=int(Operation.PROGRAM))
        assert other.registers.field("job_status", "waits_level")
        assert other.program(LEVELS[4:5], Region(4, 4, 0, 7)).finished


def limits(chip: Chip) -> dict[str, int]:
    return {**chip.registers.fields("limits_codes"), **chip.registers.fields("limits_pulses")}


LIMITS_OF_FORM = {"wl": 0, "wl_fine": 63, "bl": 57, "full": 0, "pulses": 40, "width": 50}
ARMED = {"wl": 63, "wl_fine": 63, "bl": 58, "full": 1, "pulses": 63, "width": 1000}
ONE = Region(0, 0, 0, 0)


def test_limits_stay_forms_until_a_job_needs_others():
    chip = integer_chip()
    chip.form(ONE)
    assert limits(chip) == LIMITS_OF_FORM
    chip.set(ONE)
    assert limits(chip) == ARMED


@pytest.mark.parametrize("own", [{"pulses": 41}, {"width": 51}, {"bl": 54, "full": 0}])
def test_limits_that_software_wrote_stay(own: dict[str, int]):
    chip = integer_chip()
    chip.open_limits()
    for name in ("limits_codes", "limits_pulses"):
        if fields := {field: value for field, value in own.items() if field in chip.registers.fields(name)}:
            chip.registers.change(name, **fields)
    before = limits(chip)
    with suppress(JobFailed, NotEmulated):
        chip.reset(ONE)
    assert limits(chip) == before == ARMED | own


def test_locked_limits_stay():
    chip = integer_chip()
    chip.registers.write("key", KEY)
    chip.registers.set("lock", lock=1)
    with pytest.raises(JobFailed, match="beyond LIMITS_CODES or LIMITS_PULSES"):
        chip.set(ONE)
    assert limits(chip) == LIMITS_OF_FORM


def integer_bus() -> Transport:
    return integer_chip().registers.transport


@pytest.mark.parametrize("at", [30, 75, 90, 117, 120, 140])
def test_job_of_a_chip_whose_clock_stood_is_no_success(at: int):
    chip = Chip(StoppingClock(at, integer_bus))
    assert not chip.clock_was_lost
    with pytest.raises(ClockLost, match="the chip's clock stood, and all is reset; mend the clock"):
        chip.form()
    assert not chip.registers.field("error", "clock"), "told once"


def test_rail_beyond_its_limit_is_told_once():
    registers = Registers(RailBeyondLimit(load_chip("mini"), integer_array(load_chip("mini"), 1)))
    with pytest.raises(
        RailRefused, match="INHIBIT: spikes teach nothing, for TIMING.rail is beyond LIMITS_CODES"
    ):
        registers.set("inhibit", cycles=5)
    registers.set("inhibit", cycles=6)


def test_clock_that_was_lost_before_is_told_when_a_chip_is_opened():
    assert Chip(StoppingClock(1, integer_bus)).clock_was_lost and not integer_chip().clock_was_lost


def test_last_settings_of_neurons_are_told():
    chip = integer_chip()
    chip.disable()
    after_reset = {"trim": 3, "test": 0, "pair": 16, "neuron": 0, "all": 0}
    assert chip.registers.fields("neuron_config") == after_reset
    wanted = {"trim": 5, "pair": 2, "test": 0, "neuron": 1, "all": 0}
    chip.registers.set("neuron_config", **wanted)
    assert chip.registers.fields("neuron_config") == wanted
    with pytest.raises(Refused, match="^NEURON_CONFIG: the chip has no such neuron"):
        chip.registers.set("neuron_config", neuron=chip.identity.neurons)
    assert chip.registers.fields("neuron_config") == wanted


def test_refused_jobs_say_what_to_do():
    chip = integer_chip()
    chip.registers.change("retry", stop_tries=0)
    with pytest.raises(
        JobFailed, match=r"0 of 64 cells are done: width, pulse_limit or stop_tries is 0.*; correct"
    ) as told:
        chip.form()
    assert told.value.code == 6 and told.value.progress.results == []
    chip.registers.set("lock", lock=1)
    with pytest.raises(Refused) as told:
        chip.form()
    assert told.value.code == Refusal.LOCKED and told.value.progress.operation == Operation.FORM
    assert chip.read_map(Region(0, 0, 0, 1)).shape == (1, 2), "READ needs no key"


def test_offset_is_what_the_path_adds_and_can_be_taken_off():
    cells = CellArray(64, 3)
    path = CodePath(cells)
    chip = Chip(Emulator(MINI, TwinArray(path, 8)))
    chip.registers.change("read", range=1, count=3, shift=3)  # a mean of reads, of the fine range
    before, reads = cells.x_nm.copy(), cells.reads.copy()
    offset = chip.offset_map()
    added = SenseAdc(fine=True).offset
    assert offset.shape == (8, 8) and abs(offset.mean() + 0.5 - added) < 0.6, (
        "what the front end adds, and no cell"
    )
    assert (
        np.array_equal(cells.x_nm, before) and np.array_equal(cells.reads, reads) and not chip.memory.faults
    )
    assert chip.registers.read("key") == 0
    less, plain = chip.read_map(less_offset=True), chip.read_map()
    siemens = cells.conductance().reshape(8, 8) / SenseAdc(fine=True).step
    # Cells that are stuck high are beyond the range.
    assert np.median(np.abs(less - siemens)) < 1 < np.median(np.abs(plain - siemens)), (
        "what is left is the cells"
    )


def test_offset_noise_is_that_of_one_converter_whoever_asks():
    chips = [Chip(Emulator(MINI, TwinArray(CodePath(CellArray(64, 3)), 8))) for _ in range(2)]
    for chip in chips:
        chip.registers.change("read", range=1, count=0, shift=0)
    whole = chips[0].offset_map()
    parts = [chips[1].offset_map(Region(row, row, 0, 7)) for row in range(8)]
    assert np.array_equal(whole, np.concatenate(parts)) and len(np.unique(whole)) > 1


def test_held_cell_is_let_go_whatever_happens():
    chip = integer_chip()
    with chip.held(2, 3):
        status = chip.registers.fields("job_status")
        assert (status["busy"], status["waits_level"], status["waits_room"], status["results"]) == (
            1,
            0,
            0,
            0,
        )
        with pytest.raises(Refused):
            chip.registers.set("region", row_first=1)
    assert (
        not chip.registers.field("job_status", "busy")
        and chip.registers.field("error", "job") == JobEnd.STOPPED
    )
    assert chip.registers.read("key") == 0
    with pytest.raises(ValueError, match="of a caller"), chip.held(2, 3):
        raise ValueError("of a caller")
    assert not chip.registers.field("job_status", "busy")
    with (
        pytest.raises(JobFailed, match="^HOLD of row 2, column 3: the key is not set, or was taken away"),
        chip.held(2, 3),
    ):
        chip.registers.write("key", 0)
    with pytest.raises(UserError, match="not inside 8 rows and 8 columns"), chip.held(8, 0):
        raise AssertionError("no such cell")
    assert chip.read_map(Region(2, 2, 3, 3)).shape == (1, 1)


def test_silent_converter_ends_the_job_and_the_rest_can_be_run():
    device = IntegerCell(8, 8, 1, silent_after=8 * 20)
    chip = Chip(Emulator(MINI, PortArray(device)))
    progress = chip.plan(Operation.READ)
    with pytest.raises(JobFailed, match="the converter did not answer; check") as told:
        chip.run(progress)
    assert told.value.code == JobEnd.NO_ANSWER and len(progress.results) == 20
    device._reads_left = None
    assert chip.run(progress).codes().shape == (8, 8)


def test_stalled_job_and_dead_bus_time_out():
    chip = integer_chip()
    progress = chip.plan(Operation.PROGRAM, Region(0, 0, 0, 7), LEVELS[:1])
    emulator = chip.registers.transport
    emulator._jobs.advance = lambda: None  # a job that never does anything
    with pytest.raises(Timeout, match="no result for 10[01] ms") as told:
        chip.run(progress)
    assert told.value.progress is progress
    dead = integer_chip(answers=40)
    with pytest.raises(Timeout, match="^the bus does not answer") as told:
        dead.form()
    assert told.value.progress.operation == Operation.FORM


def test_refresh_brings_aged_cells_back():
    chip = Chip.open("emulator:mini?seed=2")
    chip.form()
    with pytest.raises(UserError, match="^refresh: no level is known"):
        chip.refresh()
    chip.program(LEVELS)
    settings, sound = load_registers(), [cell for cell in np.ndindex(8, 8) if cell not in chip.memory.faults]
    target = settings.base + np.array(LEVELS) * settings.step

    def worst():
        return max(abs(int(chip.read_map()[cell]) - target[cell]) for cell in sound)

    chip.registers.transport.wait(86400.0)
    aged = worst()
    assert [progress.region for progress in chip.refresh()] == [chip.whole()]
    assert aged > worst() and len(sound) > 50
    chip.set(Region(1, 1, 2, 3))
    assert known_regions(chip.memory.levels) == [
        Region(0, 0, 0, 7),
        Region(1, 1, 0, 1),
        Region(1, 1, 4, 7),
        Region(2, 7, 0, 7),
    ]


def test_events_of_neurons_that_cannot_take_them():
    chip = integer_chip()
    chip.enable()
    assert chip.registers.field("events", "received") == 0 and chip.spikes() == []
    with pytest.raises(NotEmulated, match="^integer cells have no conductance that a neuron could see; open"):
        chip.send([3])
    assert chip.registers.field("events", "received") == 0
    with pytest.raises(UserError, match="^event to row 8: the chip has rows 0 to 7"):
        chip.send([8])
    chip.registers.change("ctrl", aer_out=1)
    with pytest.raises(DriverError, match="^spikes leave on the pins"):
        chip.spikes()
    chip.disable()
    with pytest.raises(DriverError, match="^events: the neurons do not run"):
        chip.send([1])


def test_regions_that_are_left():
    region = Region(1, 3, 2, 4)
    assert list(region.rest(0)) == [region] and list(region.rest(9)) == []
    assert list(region.rest(4)) == [Region(2, 2, 3, 4), Region(3, 3, 2, 4)] and list(region.rest(8)) == [
        Region(3, 3, 4, 4)
    ]
    for done in range(10):
        left = [part.cell(k) for part in region.rest(done) for k in range(part.size)]
        assert left == [region.cell(k) for k in range(done, 9)]


@pytest.mark.parametrize(
    ("region", "levels", "said"),
    [
        (Region(0, 8, 0, 0), None, "PROGRAM of rows 0 to 8, columns 0 to 0: not inside 8 rows and 8 columns"),
        (Region(1, 0, 0, 0), None, "not inside"),
        (Region(0, 1, 0, 1), [[1, 2]], "2 levels for 4 cells; give 4"),
        (Region(0, 0, 0, 1), [[1]], "a row has not the 2 columns of its region"),
        (Region(0, 0, 0, 0), [[256]], "256 is no level"),
    ],
)
def test_plans_that_do_not_fit(region, levels, said):
    with pytest.raises(UserError) as told:
        integer_chip().plan(Operation.PROGRAM, region, levels)
    assert said in str(told.value)


def test_progress_of_another_chip():
    progress = Progress(Operation.READ, Region(0, 0, 0, 0), Identity(64, 64, 32, 16, 16))
    with pytest.raises(DriverError, match="is for a chip of .*; run it there"):
        integer_chip().run(progress)
    with pytest.raises(UserError, match="0 of 1 cells are done; run the rest first"):
        progress.codes()
