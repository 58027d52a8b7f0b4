"""The C driver on the emulator: it sees and does what the Python driver does, ends when the chip does not,
and a fault in it is noticed."""

from __future__ import annotations

import json
import re

import pytest
from neusoc.base import tools
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.integer_cell import WordLineCell
from neusoc.digital.model.ispp import Operation, Outcome
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.digital.model.regmap import registers, word
from neusoc.digital.model.words import BUFFER_WORDS, HOLD, KEY, LEVELS_A_WORD, Refusal
from neusoc.software.driver.backends.array import PortArray, integer_array
from neusoc.software.driver.backends.emulator import Emulator
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.jobs import Identity, Region
from neusoc.software.driver.tests.chips import RailBeyondLimit
from neusoc.software.driver.tests.stopping_clock import StoppingClock
from neusoc.software.driver.transport import ClockLost, DriverError, JobFailed, RailRefused, Refused, Timeout
from neusoc.verification.software import c_chip as c_codes
from neusoc.verification.software import c_driver
from neusoc.verification.software.c_chip import CChip
from neusoc.verification.software.c_driver import FIRMWARE, FRAMES, HEADER, SOURCE, compiled
from neusoc.verification.software.script import SEED, run_script

MINI = load_chip("mini")
POLLS = {"poll_s": 1e-3, "stall_s": 10e-3}


def _emulated(driver):
    """What the script sees, and the trace of the cells; what a second host sees whose first one died while it
    read."""
    cells = TraceDevice(WordLineCell(MINI.rows, MINI.columns, SEED, pristine=True))
    seen = json.loads(json.dumps(run_script(Emulator(MINI, PortArray(cells)), driver)))
    chip = Emulator(MINI, integer_array(MINI, SEED))
    first = driver(chip).registers
    first.set("region", row_last=MINI.rows - 1, col_last=MINI.columns - 1)
    first.set("command", operation=int(Operation.READ))
    assert first.field("job_status", "busy") and first.field("job_status", "results"), (
        "the first host left nothing"
    )
    second = driver(chip)
    seen["second host"] = [second.read_map(Region(0, 1, 0, 3)).tolist(), second.registers.all_fields()]
    return seen, cells.lines


@pytest.fixture(scope="module")
def python():
    return _emulated(Chip)


def c_chip(**options):
    return CChip(Emulator(MINI, integer_array(MINI, 1), **options), **POLLS)


def test_script_sees_the_same_of_both_drivers(python):
    seen, trace = _emulated(CChip)
    for what, wanted in python[0].items():
        assert seen[what] == wanted, what
    assert seen.keys() == python[0].keys() and trace == python[1] and len(trace) > 200


FAULTS = {
    "levels in another order": ("<< (8 * k)", "<< (8 * (3 - k))"),
    "last level of a region left out": ("first + k < cells; k++", "first + k + 1 < cells; k++"),
    "columns after rows": ("job->taken % columns_of(job)", "job->taken / columns_of(job)"),
    "pulses for code": ("NEUSOC_GET(RESULT, CODE, word)", "NEUSOC_GET(RESULT, PULSES, word)"),
    "outcome lost": ("NEUSOC_GET(RESULT, OUTCOME, word)", "0"),
    "result taken before its cell": (
        "uint32_t at = neusoc_read(NEUSOC_OFFSET(result_cell)), word",
        "uint32_t at = 0, word",
    ),
    "wrong key": (
        "neusoc_set(NEUSOC_OFFSET(key), NEUSOC_KEY)",
        "neusoc_set(NEUSOC_OFFSET(key), NEUSOC_KEY ^ 1)",
    ),
    "key left": (
        "neusoc_disarm(void) { return neusoc_set(NEUSOC_OFFSET(key), 0); }",
        "neusoc_disarm(void) { return NEUSOC_OK; }",
    ),
    "refusal not seen": ("code ? NEUSOC_REFUSED + (int)code", "code ? NEUSOC_OK"),
    "refusal stays": ("code ? NEUSOC_PUT(IRQ_STATUS, BUS_ERROR, 1)", "code ? 0U"),
    "error of a job lost": (
        "return code ? NEUSOC_JOB + (int)code : NEUSOC_OK;",
        "return NEUSOC_OK + 0 * (int)code;",
    ),
    "all levels at once": ("if (job->ahead && job->sent", "if (0 && job->ahead && job->sent"),
    "results of a dead job stay": ("status || !drop ? status", "status || drop ? status"),
    "job not stopped": ("neusoc_set(NEUSOC_OFFSET(stop), NEUSOC_PUT(STOP, JOB, 1))", "NEUSOC_OK"),
    "no event": ("neusoc_write(NEUSOC_OFFSET(event_in), rows[k]);", "(void)rows[k];"),
    "columns of the chip": ("NEUSOC_GET(SIZE, COLUMNS, size) + 1", "NEUSOC_GET(SIZE, COLUMNS, size)"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_planted_fault_is_noticed(fault, python, tmp_path):
    before, after = FAULTS[fault]
    text = SOURCE.read_text()
    assert text.count(before) == 1, "the fault cannot be planted"
    (tmp_path / "neusoc.c").write_text(text.replace(before, after))
    library = compiled(tmp_path / "neusoc.c", tmp_path / "libneusoc.so")
    try:
        found = _emulated(lambda transport: CChip(transport, library, **POLLS))
    except (DriverError, AssertionError) as error:
        print(f"{fault}: {error}")
        return
    assert found != python, f"{fault}: nothing was noticed"


def test_sources_that_do_not_compile_end_with_the_compilers_words(tmp_path):
    (tmp_path / "neusoc.c").write_text(SOURCE.read_text().replace("return NEUSOC_OK;", "return NEUSOC_FINE;"))
    with pytest.raises(UserError, match="^gcc: ended with code 1; see .*libneusoc.log"):
        compiled(tmp_path / "neusoc.c", tmp_path / "libneusoc.so")
    assert "NEUSOC_FINE" in (tmp_path / "libneusoc.log").read_text()


def test_without_a_compiler_nothing_passes(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    tools.tool.cache_clear()
    try:
        with pytest.raises(UserError, match="^gcc: not found; install it with `apt-get install gcc`"):
            c_driver.library()
    finally:
        tools.tool.cache_clear()


def test_refusals_and_failed_jobs_carry_their_codes():
    chip = c_chip()
    chip.registers.set("lock", lock=1)
    with pytest.raises(Refused, match="^KEY: it is locked") as told:
        chip.form(Region(0, 0, 0, 0))
    assert told.value.code == Refusal.LOCKED
    with pytest.raises(JobFailed, match="is beyond the array"):
        job = c_chip().plan(Operation.READ, Region(0, 0, 0, 0))
        job.region = Region(0, 0, 0, 20)
        c_chip().run(job)


@pytest.mark.parametrize("answers", [0, 3, 9, 14])
def test_dead_bus_is_told_and_ends(answers):
    with pytest.raises(Timeout, match="the bus does not answer"):
        c_chip(answers=answers).read_map()


class Hung(Emulator):
    """A chip whose job runs for ever, or that takes events for ever; counts how long it was waited for."""

    waited, busy = 0.0, ""

    def read(self, offset):
        found = super().read(offset)
        if self.busy and offset == registers()[self.busy].offset:
            return found | (
                word("job_status", busy=1) if self.busy == "job_status" else word("status", event_in_busy=1)
            )
        return found

    def poll(self, seconds):
        self.waited += seconds


@pytest.mark.parametrize(
    ("busy", "call"), [("job_status", lambda chip: chip.read_map()), ("status", lambda chip: chip.send([0]))]
)
def test_waits_are_bounded(busy, call):
    hung = Hung(MINI, integer_array(MINI, 1))
    chip = CChip(hung, **POLLS)
    chip.enable()
    hung.busy = busy
    with pytest.raises(Timeout, match="not within 10 looks"):
        call(chip)
    assert 9e-3 < hung.waited < 0.1


def test_what_the_chip_cannot_is_told():
    chip = c_chip()
    with pytest.raises(DriverError, match="the neurons do not run"):
        chip.send([0])
    with pytest.raises((DriverError, UserError), match="a row that the chip has not"):
        chip.send([MINI.rows])
    chip.registers.change("ctrl", aer_out=1)
    with pytest.raises(DriverError, match="spikes leave on the pins"):
        chip.spikes()
    with pytest.raises(DriverError, match="not the chip that was asked for"):
        CChip(Emulator(MINI, integer_array(MINI, 1)), expected=Identity(64, 64, 32, 16, 16))
    with pytest.raises(DriverError, match="no NeuSoC answers"):
        CChip(type("Empty", (Emulator,), {"read": lambda self, offset: 0})(MINI, integer_array(MINI, 1)))


def _enumerators(text):
    """Name -> number of all enums of a header."""
    found = {}
    for body in re.findall(r"enum \{(.*?)\};", re.sub(r"/\*.*?\*/", "", text, flags=re.S), re.S):
        number = -1
        for name, _, value in re.findall(r"(\w+)(\s*=\s*(\w+))?", body):
            number = int(value, 0) if value else number + 1
            found[name] = number
    return found


def test_numbers_of_the_header_are_those_of_the_model():
    found = _enumerators(HEADER.read_text())
    # NEUSOC_OFFSET() is the offset of a register.
    names = {"OK": "CELL_OK", "NO_ANSWER": "CELL_NO_ANSWER", "OFFSET": "READ_OFFSET"}
    assert [found[f"NEUSOC_{names.get(operation.name, operation.name)}"] for operation in Operation] == list(
        Operation
    )
    assert found["NEUSOC_HOLD"] == HOLD
    assert [found[f"NEUSOC_{names.get(outcome.name, outcome.name)}"] for outcome in Outcome] == list(Outcome)
    assert (found["NEUSOC_KEY"], found["NEUSOC_LEVELS_A_WORD"], found["NEUSOC_BUFFER_WORDS"]) == (
        KEY,
        LEVELS_A_WORD,
        BUFFER_WORDS,
    )
    assert found["NEUSOC_MASKS"] == sum(name.startswith("mask") for name in registers())
    assert f"NEUSOC_REFUSED + {int(Refusal.ENDED)})" in SOURCE.read_text()
    own = (
        "OK",
        "GOES_ON",
        "WAITS",
        "NO_CHIP",
        "TIMEOUT",
        "STRANGE",
        "HALTED",
        "LOST",
        "NO_ROW",
        "AER_OUT",
        "VERSION",
        "REFUSED",
        "JOB",
    )
    assert all(found[f"NEUSOC_{name}"] == getattr(c_codes, name) for name in own)


class _OtherInterface(Emulator):
    """A chip of an interface that nobody knows yet."""

    def read(self, offset):
        return 0xFF000000 if offset == registers()["version"].offset else super().read(offset)


def test_chip_of_another_interface_is_refused():
    with pytest.raises(
        DriverError,
        match="^identity: VERSION.interface is another than the headers'; compile with those that belong",
    ):
        CChip(_OtherInterface(MINI, integer_array(MINI, SEED)))


def _reaches_members(text):
    """Uses of the packed struct beyond its offsets."""
    return re.findall(
        r".*controller_regs_t.*",
        re.sub(r"offsetof\(controller_regs_t, \w+\)|/\*.*?\*/", "", text, flags=re.S),
    )


def test_packed_struct_gives_offsets_alone():
    assert [use for path in (SOURCE, FRAMES, HEADER) for use in _reaches_members(path.read_text())] == []
    assert _reaches_members("*(volatile controller_regs_t *)base") and not _reaches_members(
        "offsetof(controller_regs_t, reg)"
    )


def test_driver_compiles_for_firmware_and_so_does_the_example(tmp_path):
    """Without a library or a host's bus: as for the management core, by this machine's compiler."""
    example = re.search(r"```c\n(.*?)```", (FIRMWARE / "README.md").read_text(), re.S)[1]
    (tmp_path / "example.c").write_text(example)
    generated = c_driver.generate_c_header()
    for source in (SOURCE, FRAMES, tmp_path / "example.c"):
        flags = [
            *c_driver.FLAGS,
            "-ffreestanding",
            f"-I{FIRMWARE}",
            f"-I{generated.parent}",
            "-c",
            source,
            "-o",
            tmp_path / "out.o",
        ]
        tools.run([tools.tool("gcc"), *flags], log=tmp_path / "gcc.log", timeout=120)
        assert (tmp_path / "out.o").stat().st_size > 0
        (tmp_path / "out.o").unlink()


def _integer_bus():
    return Emulator(MINI, integer_array(MINI, 1))


@pytest.mark.parametrize("at", [30, 75, 90, 117, 140])
def test_job_of_a_chip_whose_clock_stood_is_no_success(at):
    chip = CChip(StoppingClock(at, _integer_bus), **POLLS)
    with pytest.raises(ClockLost, match="the chip's clock stood, and all is reset"):
        chip.form()


def test_rail_beyond_its_limit_is_told_once():
    bus = RailBeyondLimit(MINI, integer_array(MINI, 1))
    chip = CChip(bus, **POLLS)  # what a user of the bus before did is forgotten
    bus.told = True
    with pytest.raises(RailRefused, match="spikes teach nothing"):
        chip.registers.set("inhibit", cycles=5)
    chip.registers.set("inhibit", cycles=6)


def test_clock_that_was_lost_before_is_told_when_a_chip_is_opened():
    assert CChip(StoppingClock(1, _integer_bus), **POLLS).clock_was_lost
