"""Random jobs as files for jobs_bench.sv: what software writes, and what the normative algorithm
(digital/model/ispp.py) does then.

Half of the jobs run on the numpy twin of the ReRAM (software/emulator), the others on the integer cells of
integer_cell.py, which send the algorithm through its rare branches. The twin stands behind ideal converters:
the RTL is compared in integers, whatever a code is in volts, and the jobs that it meets must not change when
a DAC or the ADC is measured anew.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from neusoc.base.chip import Chip
from neusoc.base.report import write_atomic
from neusoc.digital.model.integer_cell import WordLineCell, random_job, random_registers, short
from neusoc.digital.model.ispp import (
    Device,
    Job,
    JobError,
    Kind,
    Operation,
    Outcome,
    Registers,
    Result,
    load_registers,
    run_job,
)
from neusoc.digital.model.ispp_trace import TraceDevice
from neusoc.digital.model.regmap import registers as register_map
from neusoc.digital.model.regmap import word
from neusoc.digital.model.words import BUFFER_WORDS, KEY, JobEnd, level_words, setting_words
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.code_path import CellPort, CodePath

JOBS_AN_ARRAY = 50  # jobs that one array of the numpy twin goes through before a new one is formed
FULL, FULL_ALLOWED = 1 << 25, 1 << 24  # of RESET_WL, LIMITS_CODES
WRITE, BEGIN, RUN = 1, 2, 3  # commands of the script


class Silent:
    """A device whose converter stops answering after some reads."""

    def __init__(self, device: Device, reads: int | None) -> None:
        self._device, self._left = device, reads
        self.pulse = device.pulse

    def read(self, row: int, col: int, range: int) -> int | None:
        return self._device.read(row, col, range) if self._answers() else None

    def offset(self, col: int, range: int) -> int | None:
        return self._device.offset(col, range) if self._answers() else None

    def _answers(self) -> bool:
        if self._left is not None:
            self._left -= 1
        return self._left is None or self._left >= 0


class Planned(NamedTuple):
    """A job with its settings and what the algorithm did."""

    registers: Registers
    job: Job
    levels: list[list[int]] | None
    error: JobError
    lines: list[str]
    results: list[Result]
    full: int  # RESET ends with vpp on the rail


def plan(chip: Chip, first: int, count: int) -> Iterator[Planned]:
    """Jobs first .. first + count - 1. The same numbers give the same jobs (from a multiple of JOBS_AN_ARRAY
    on)."""
    rows, columns = chip.rows, chip.columns
    twin: CodePath | None = None
    for number in range(first, first + count):
        rng = random.Random(1000 + number)
        registers = random_registers(rng)
        if number % JOBS_AN_ARRAY == 0 or twin is None:
            twin = formed_array(rows, columns, number)
        on_twin = number % 2 == 1
        # The twin is real time: its pulses are as long as the settings say, if not too many.
        if not on_twin or rng.random() < 0.7:
            registers = short(registers, rng)
        job, levels = random_job(rng, registers, rows, columns)
        if on_twin:
            # Few line codes: each needs a table of the twin, a second.
            registers = registers.model_copy(
                update={
                    name: _near(getattr(registers, name), getattr(load_registers(), name))
                    for name in ("form", "set", "reset")
                }
            )
        silent = rng.randrange(60) if rng.random() < 0.1 else None
        pristine = job.operation == Operation.FORM or rng.random() < 0.1
        device: Device = CellPort(twin, columns) if on_twin else WordLineCell(rows, columns, number, pristine)
        if on_twin and pristine:
            device = CellPort(CodePath(CellArray(rows * columns, number), ideal=True), columns)
        full = rng.randrange(2)
        if isinstance(device, CellPort):
            device.path.full_at = registers.reset.wl.stop if full else None
        trace = TraceDevice(Silent(device, silent))
        error, results = run_job(trace, registers, job, rows, columns, levels)
        yield Planned(registers, job, levels, error, trace.lines, results, full)


def _near(stage, default):
    """The stage with the line's codes of the default, but for its step."""
    line = default.line
    return stage.model_copy(update={"line": line.model_copy(update={"step": 2 * (stage.line.step & 1)})})


def formed_array(rows: int, columns: int, seed: int) -> CodePath:
    """Cells of the numpy twin after FORM of all, behind ideal converters."""
    path = CodePath(CellArray(rows * columns, seed), ideal=True)
    run_job(
        CellPort(path, columns),
        load_registers(),
        Job(Operation.FORM, 0, rows - 1, 0, columns - 1),
        rows,
        columns,
    )
    return path


@dataclass
class Tally:
    """What the jobs of a script consist of."""

    jobs: int = 0
    refused: int = 0
    pulses: int = 0
    reads: int = 0
    operations: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)

    def add(self, planned: Planned) -> None:
        self.jobs += 1
        self.refused += planned.error != JobError.NONE
        self.pulses += sum(line[0] == "P" for line in planned.lines)
        self.reads += sum(line[0] in "RO" for line in planned.lines)
        name = planned.job.operation.name
        self.operations[name] = self.operations.get(name, 0) + 1
        for result in planned.results:
            name = result.outcome.name
            self.outcomes[name] = self.outcomes.get(name, 0) + 1


def path_word(line: str, full_at: int | None = None) -> int:
    """Event of jobs_bench.sv: a pulse or a conversion of the trace; full_at: code of a RESET that has vpp on
    the rail."""
    kind, *numbers = line.split()
    values = [int(n) for n in numbers]
    if kind == "P":
        stage, row, col, wl, fine, bl, sl, width = values
        vpp = stage == Kind.RESET and wl == full_at
        return (
            1 << 60
            | stage << 51
            | row << 43
            | col << 35
            | wl << 29
            | fine << 28
            | bl << 22
            | sl << 16
            | vpp << 10
            | width
        )
    col, low, code = values[-3:]
    row, off = (0, 1) if kind == "O" else (values[0], 0)
    return 2 << 60 | off << 26 | row << 18 | col << 10 | low << 9 | code & 0x1FF


def bound(planned: Planned) -> int:
    """Clock cycles within which a job ends, several times what it takes: software may look every 5000 cycles
    only."""
    pulses = sum(line[0] == "P" for line in planned.lines)
    return 20_000 + 1200 * pulses + 200 * (len(planned.lines) - pulses) + 6000 * len(planned.results)


def result_words(planned: Planned) -> list[int]:
    """Events of jobs_bench.sv: results, end of the job, last cell if one was visited."""
    cells = [
        3 << 60 | r.row << 25 | r.col << 17 | int(r.outcome) << 14 | r.pulses << 8 | r.code
        for r in planned.results
    ]
    silent = bool(planned.results) and planned.results[-1].outcome == Outcome.NO_ANSWER
    end = 4 << 60 | (JobEnd.NO_ANSWER if silent else int(planned.error))
    last = [5 << 60 | r.wl << 8 | r.target for r in planned.results[-1:]]
    return [*cells, end, *last]


def write_script(chip: Chip, first: int, count: int, folder: Path) -> tuple[Tally, list[Planned]]:
    """Write script.hex, path.hex and results.hex; returns what is in them."""
    offsets = {name: register.offset for name, register in register_map().items()}
    script: list[int] = []
    path: list[int] = []
    results: list[int] = []
    tally, planned_jobs = Tally(), []

    def write(register: str, value: int) -> None:
        script.extend((WRITE, offsets[register], value))

    write("key", KEY)
    for number, planned in enumerate(plan(chip, first, count), first):
        rng = random.Random(number)
        job = planned.job
        kind = (job.operation == Operation.FORM) | (job.operation == Operation.OFFSET) << 1
        script += [BEGIN, number, kind, bound(planned)]
        write(
            "path_timing",
            word(
                "path_timing",
                gap=rng.randrange(4),
                program_settle=rng.randrange(6),
                read_settle=rng.randrange(6),
            ),
        )
        adc = {
            "sample": rng.randrange(4),
            "hold": rng.randrange(3),
            "trial": rng.randrange(4),
            "watchdog": 12 + rng.randrange(10),
        }
        write("adc_timing", word("adc_timing", **adc))
        for name, value in setting_words(planned.registers).items():
            write(name, value | {"reset_wl": planned.full * FULL, "limits_codes": FULL_ALLOWED}.get(name, 0))
        words = level_words(planned.levels)
        early = (
            min(len(words), BUFFER_WORDS)
            if rng.random() < 0.5
            else rng.randrange(min(len(words), BUFFER_WORDS) + 1)
        )
        # A refused job drops its levels; one that waits gets the rest while it runs. A wrong level must be
        # there before the start.
        early = min(len(words), BUFFER_WORDS) if planned.error != JobError.NONE else early
        region = {
            "row_first": job.row_first,
            "row_last": job.row_last,
            "col_first": job.col_first,
            "col_last": job.col_last,
        }
        write("region", word("region", **region))
        for value in words[:early]:
            write("levels", value)
        write("command", word("command", operation=int(job.operation)))
        script += [
            RUN,
            len(words[early:]),
            rng.choice((5, 50, 500, 5000)),
            bool(planned.results),
            *words[early:],
        ]
        full_at = planned.registers.reset.wl.stop if planned.full else None
        path += [path_word(line, full_at) for line in planned.lines]
        results += result_words(planned)
        tally.add(planned)
        planned_jobs.append(planned)
    for name, words in (("script", script), ("path", path), ("results", results)):
        write_atomic(folder / f"{name}.hex", "".join(f"{value:x}\n" for value in words))
    return tally, planned_jobs


def describe(event: int) -> str:
    """An event of the bench in words."""

    def take(at: int, width: int) -> int:
        return event >> at & (1 << width) - 1

    kind = event >> 60
    if kind == 1:
        codes = (
            f"WL {take(29, 6)}{' fine' if take(28, 1) else ''} BL"
            f" {take(22, 6)}{', vpp' if take(10, 1) else ''}"
        )
        return (
            f"{Kind(take(51, 2)).name} pulse on row {take(43, 8)} column {take(35, 8)}: {codes},"
            f" {take(0, 10)} cycles"
        )
    if kind == 2:
        row = "no row" if take(26, 1) else f"row {take(18, 8)}"
        return f"conversion of {row} column {take(10, 8)}, range {take(9, 1)}"
    if kind == 3:
        outcome = take(14, 3)
        name = Outcome(outcome).name if outcome in list(Outcome) else str(outcome)
        return (
            f"result of row {take(25, 8)} column {take(17, 8)}: {name}, {take(8, 6)} pulses, code"
            f" {take(0, 8)}"
        )
    names = {
        4: f"end of the job with error {take(0, 4)}",
        5: f"last cell: WL {take(8, 6)}, target {take(0, 8)}",
        15: "nothing",
    }
    return names.get(kind, f"{event:#x}")
