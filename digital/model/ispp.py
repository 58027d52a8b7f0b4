"""Incremental step pulse programming (ISPP) in the controller's own integers: the normative algorithm.

The RTL is checked bit for bit against this file: same pulses, same reads, same results, in the same order.
Everything inside is a non-negative integer unless called signed; there are adds, subtracts, compares, and one
8 x 6 multiply (`scaled`, may be serial). Additions on codes saturate at the stop, never wrap. Voltages exist
only behind the ports.

Ports (`Device`)
    pulse(kind, row, col, wl_code, wl_fine, bl_code, sl_code, width_cycles)
        FORM, SET: BL driven at bl_code, SL grounded (sl_code 0, its DAC unused). RESET: SL driven at sl_code,
            BL grounded (bl_code 0).
        DACs: 0.4 V + code * 3.0/63 V. WL with wl_fine = 1: 0.72 V + 0.02 V * code. width in clock cycles of
            20 ns.
    read(row, col, range) -> 8-bit code of the cell's current at 0.2 V, or None if the converter never
    answered.
        range 0 (high): 0.353 uS a step; range 1 (low): one eighth of it.
    offset(col, range) -> the same of a column with all rows off: what front end and converter add to the code
    of a cell.

Registers: class Registers in ispp_registers.py, names, bits and meaning in its fields (`register_table()`
lists them flat, e.g. form_wl_start), defaults: the resets of controller.rdl. One stage (form, set, reset) =
WL {start, step, stop}, line {start, step, stop}, fine, width; the line is BL for form and set, SL for reset.
They are constant during a job.

Job: operation on the rectangle row_first..row_last x col_first..col_last; row-major, both ascending. PROGRAM
takes a level of each cell from the row buffer. `check` names the first thing wrong with a job, in the order
of its text; such a job touches no cell.

One cell (`program_cell`), state machine. c is the last code read, T the target code, registers lower case.

    VERIFY    c = min(255, sum of 2**read_count reads >> read_shift) (truncates; read_shift = read_count - 1
              doubles the resolution where the noise dithers the converter). An unanswered read ends the job:
              NO_ANSWER. OFFSET: offsets in place of reads. Otherwise the first read may do (`read_margin`,
              255: never): g is the c of 2**read_count reads like it; if g is not done and |g - G| >
              read_margin, then c = g and the other reads are left out. G is form_code, set_code, reset_code
              for FORM, SET, RESET, T for PROGRAM, REFRESH. Not in READ, OFFSET and the first VERIFY of
              REFRESH. On the cell's first VERIFY: PROGRAM: T = base + level * step; REFRESH: T = grid point
              nearest to c (`nearest`).
              done:  READ, OFFSET: always;  FORM: c >= form_code;  SET: c >= set_code;
                     RESET: c <= reset_code;
                     PROGRAM, REFRESH: T - t <= c <= T + t (compared in 9 bits, signed), t = keep on the
                     cell's first VERIFY, else tolerance
              done        -> END with OK
              first time  -> CHOOSE;  later -> JUDGE
    CHOOSE    FORM, SET, RESET: stage = that one.
    (first)   PROGRAM, REFRESH: next_wl = predict(T); stage = reset if c > T, or if reset_first and c >
              reset_code; else set.
              begin the stage's staircase (below) -> LIMIT
    JUDGE     PROGRAM, REFRESH only, for the others the stage goes on:
              in stage reset: c <= reset_code -> begin stage set; else the stage goes on.
              in stage set:   c > T + tolerance -> next_wl = max(set_wl_start, wl - retry_back - scaled(c - T,
                              back_gain)), retried = 1 (0 at the cell's begin), begin stage reset; else the
                              stage goes on.
              "goes on": if the last pulse was `full`: full_count += 1,
                         and if full_count == stop_tries -> FAIL.
                         line = min(line + line_step, line_stop)
                         wl = min(wl + wl_step, wl_stop), but in stage set of PROGRAM, REFRESH
                         wl = min(wl + step, wl_stop), where step = step_min if retried, else
                         max(step_min, min(scaled(T - c, step_gain), step_max))      (here c < T always)
              -> LIMIT
    begin     wl = wl_start (in stage set of PROGRAM, REFRESH: next_wl), line = line_start, full = 0,
              full_count = 0.
    LIMIT     pulses == pulse_limit -> FAIL, else PULSE
    PULSE     one pulse of the stage with (wl, line); pulses += 1;
              full = (wl == wl_stop or wl_step == 0) and (line == line_stop or line_step == 0);  -> VERIFY
    FAIL      FORM: FORM_FAILED. Otherwise, if the last pulse was full: stage set: STUCK_LOW, stage reset:
              STUCK_HIGH. Else TIMED_OUT.
    END       one result: outcome, pulses, c, the last WL code of a set or form pulse (0 if none), T (0 for
              FORM, SET, RESET, READ, OFFSET).

    predict(T) = clamp(offset + scaled(min(T, knee), slope_low) + scaled(max(T - knee, 0), slope_high),
                       set_wl_start, set_wl_stop)
    scaled(a, gain) = (a * gain) >> 7          offset is signed, so is the sum before the clamp
    nearest(c): T = base; repeat max_level times: if 2 c > T + (T + step) then T += step, else stop.

So a cell that is there already costs no pulse; a staircase that can do no more ends after stop_tries pulses;
nothing is endless: at most pulse_limit pulses and pulse_limit + 1 verifies. Every pulse is followed by one
verify.

Second, relaxation-aware pass: the same PROGRAM job again after a wait, with a wide `keep` (`second_pass`):
cells still within it cost one verify, the others are programmed anew, as closely as `tolerance` says. It
needs no state of its own in the controller.

Trace (text, one event a line, decimal numbers, `TraceDevice`):
    J operation row_first row_last col_first col_last             job
    E error_code                                                  job refused
    P kind row col wl_code wl_fine bl_code sl_code width          pulse
    R row col range code                                          one read (code -1: no answer)
    O col range code                                              the same, rows off
    D row col outcome pulses code wl target                       result of a cell

Changelog: 1: first version. 2: read_shift. 3: a stage that begins clears `full`. 4: keep replaces
tolerance_again; CHOOSE compares c with T. 5: after an overshoot the SET step is step_min (flag `retried`).
6: OFFSET; read_margin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

from neusoc.base.chip import load_chip
from neusoc.digital.model.ispp_registers import Register as Register
from neusoc.digital.model.ispp_registers import Registers as Registers
from neusoc.digital.model.ispp_registers import Stage as Stage
from neusoc.digital.model.ispp_registers import load_registers as load_registers
from neusoc.digital.model.ispp_registers import register_table as register_table

SHIFT = 7  # every gain is in 1/128 WL code for one ADC code
CLOCK_S = load_chip().clock_ns * 1e-9


class Kind(IntEnum):
    """What a pulse does; also the stages."""

    FORM = 0
    SET = 1
    RESET = 2


class Operation(IntEnum):
    FORM = 0
    SET = 1
    RESET = 2
    READ = 3
    PROGRAM = 4
    REFRESH = 5
    OFFSET = 6


READS = (Operation.READ, Operation.OFFSET)  # they move no cell: no key, no DACs


class Outcome(IntEnum):
    """Of one cell, 3 bits."""

    OK = 0
    STUCK_LOW = 1  # not conductive enough, with all SET codes at their stops
    STUCK_HIGH = 2  # too conductive, with all RESET codes at their stops
    TIMED_OUT = 3  # pulse limit reached otherwise
    FORM_FAILED = 4
    NO_ANSWER = 5  # the converter did not answer; the job ends here


class JobError(IntEnum):
    """Why a job was refused."""

    NONE = 0
    REGION = 1  # beyond the array, or first above last
    LEVEL = 2  # a level above max_level, or base + max_level * step above 255 (PROGRAM, REFRESH)
    ORDER = 3  # start above stop
    STEP = 4  # WL and line step of a stage both zero
    LIMIT = 5  # a stop or the width beyond its limit register
    ZERO = 6  # width, pulse_limit or stop_tries zero, or pulse_limit above limit_pulses


class Job(NamedTuple):
    """One command: an operation on a rectangle of cells (both ends included)."""

    operation: Operation
    row_first: int
    row_last: int
    col_first: int
    col_last: int


class Result(NamedTuple):
    """What the controller reports of a cell: code is the last one read, wl the last WL code of a set or form
    pulse, 0 if none."""

    row: int
    col: int
    outcome: Outcome
    pulses: int
    code: int
    wl: int
    target: int


class Device(Protocol):
    """The array behind the DAC and ADC ports."""

    def pulse(
        self,
        kind: Kind,
        row: int,
        col: int,
        wl_code: int,
        wl_fine: int,
        bl_code: int,
        sl_code: int,
        width_cycles: int,
    ) -> None: ...

    def read(self, row: int, col: int, range: int) -> int | None: ...

    def offset(self, col: int, range: int) -> int | None: ...


def scaled(amount: int, gain: int) -> int:
    """The one product: 8 x 6 bits, unsigned."""
    return (amount * gain) >> SHIFT


def predict(registers: Registers, target: int) -> int:
    """WL code at which the SET staircase of a target begins."""
    low = scaled(min(target, registers.knee), registers.slope_low)
    high = scaled(max(target - registers.knee, 0), registers.slope_high)
    return min(max(registers.offset + low + high, registers.set.wl.start), registers.set.wl.stop)


def nearest(registers: Registers, code: int) -> int:
    """Grid point nearest to a code; the lower one of two equally near."""
    target = registers.base
    for _ in range(registers.max_level):
        if 2 * code <= 2 * target + registers.step:
            break
        target += registers.step
    return target


def check(
    registers: Registers, job: Job, rows: int, columns: int, levels: Sequence[Sequence[int]] | None = None
) -> JobError:
    """The first error of a job, NONE if it may run. levels as in run_job."""
    if not (0 <= job.row_first <= job.row_last < rows and 0 <= job.col_first <= job.col_last < columns):
        return JobError.REGION
    targeted = job.operation in (Operation.PROGRAM, Operation.REFRESH)
    if targeted and registers.base + registers.max_level * registers.step > 255:
        return JobError.LEVEL
    if job.operation == Operation.PROGRAM and any(
        not 0 <= level <= registers.max_level for row in levels or [] for level in row
    ):
        return JobError.LEVEL
    if job.operation in READS:
        return JobError.NONE
    kinds = (Kind.SET, Kind.RESET) if targeted else (Kind(job.operation),)
    stages = [(kind, _stage(registers, kind)) for kind in kinds]
    if any(s.wl.start > s.wl.stop or s.line.start > s.line.stop for _, s in stages):
        return JobError.ORDER
    if any(s.wl.step == 0 and s.line.step == 0 for _, s in stages):
        return JobError.STEP
    limits = registers.limits
    for kind, s in stages:
        line_limit = limits.sl if kind == Kind.RESET else limits.bl
        if (
            s.wl.stop > (limits.wl_fine if s.fine else limits.wl)
            or s.line.stop > line_limit
            or s.width > limits.width
        ):
            return JobError.LIMIT
    if (
        any(s.width == 0 for _, s in stages)
        or not 0 < registers.pulse_limit <= limits.pulses
        or registers.stop_tries == 0
    ):
        return JobError.ZERO
    return JobError.NONE


def _stage(registers: Registers, kind: Kind) -> Stage:
    return (registers.form, registers.set, registers.reset)[kind]


def _verify(read: Callable[[], int | None], registers: Registers, far: Callable[[int], bool]) -> int | None:
    """Code of a verify, None without an answer; far: whether the code of the first read, taken for all, will
    do."""
    total, times = 0, 2**registers.read_count
    for done in range(times):
        code = read()
        if code is None:
            return None
        total += code
        if not done and far(guess := _code(registers, code * times)):
            return guess
    return _code(registers, total)


def _code(registers: Registers, total: int) -> int:
    return min(total >> registers.read_shift, 255)


def program_cell(
    device: Device, registers: Registers, operation: Operation, row: int, col: int, level: int = 0
) -> Result:
    """Visit one cell: the state machine of the module's text."""
    targeted = operation in (Operation.PROGRAM, Operation.REFRESH)
    tolerance = registers.keep
    target = registers.base + level * registers.step if operation == Operation.PROGRAM else 0
    pulses = wl = line = next_wl = full_count = last_wl = code = 0
    kind: Kind | None = None  # the stage; None before the first pulse
    full = retried = False

    def end(outcome: Outcome) -> Result:
        return Result(row, col, outcome, pulses, code, last_wl, target)

    def fail() -> Result:
        if operation == Operation.FORM:
            return end(Outcome.FORM_FAILED)
        if full:
            return end(Outcome.STUCK_HIGH if kind == Kind.RESET else Outcome.STUCK_LOW)
        return end(Outcome.TIMED_OUT)

    goal = {
        Operation.FORM: registers.form_code,
        Operation.SET: registers.set_code,
        Operation.RESET: registers.reset_code,
    }.get(operation)

    def done(code: int) -> bool:
        if goal is not None:
            return code <= goal if operation == Operation.RESET else code >= goal
        return operation in READS or abs(code - target) <= tolerance

    def far(code: int) -> bool:
        if kind is None and operation == Operation.REFRESH:
            return False
        return not done(code) and abs(code - (target if goal is None else goal)) > registers.read_margin

    def read() -> int | None:
        if operation == Operation.OFFSET:
            return device.offset(col, registers.read_range)
        return device.read(row, col, registers.read_range)

    while True:
        # VERIFY
        answer = _verify(read, registers, far)
        if answer is None:
            return end(Outcome.NO_ANSWER)
        code = answer
        if kind is None and operation == Operation.REFRESH:
            target = nearest(registers, code)
        if done(code):
            return end(Outcome.OK)
        tolerance = registers.tolerance

        # CHOOSE, JUDGE: which stage, and whether it begins or goes on
        begin: Kind | None = None
        if kind is None:
            if targeted:
                next_wl = predict(registers, target)
                too_high = code > target or (registers.reset_first and code > registers.reset_code)
                begin = Kind.RESET if too_high else Kind.SET
            else:
                begin = Kind(operation)
        elif targeted and kind == Kind.RESET and code <= registers.reset_code:
            begin = Kind.SET
        elif targeted and kind == Kind.SET and code > target + tolerance:
            next_wl = max(
                registers.set.wl.start, wl - registers.retry_back - scaled(code - target, registers.back_gain)
            )
            begin, retried = Kind.RESET, True

        if begin is not None:
            kind = begin
            stage = _stage(registers, kind)
            wl = next_wl if targeted and kind == Kind.SET else stage.wl.start
            line = stage.line.start
            full, full_count = False, 0
        else:
            assert kind is not None  # a cell's first visit always begins a stage
            if full:
                full_count += 1
                if full_count == registers.stop_tries:
                    return fail()
            step = stage.wl.step
            if targeted and kind == Kind.SET:
                wanted = min(scaled(target - code, registers.step_gain), registers.step_max)
                step = registers.step_min if retried else max(registers.step_min, wanted)
            wl = min(wl + step, stage.wl.stop)
            line = min(line + stage.line.step, stage.line.stop)

        # LIMIT
        if pulses == registers.pulse_limit:
            return fail()

        # PULSE
        bl_code, sl_code = (0, line) if kind == Kind.RESET else (line, 0)
        device.pulse(kind, row, col, wl, stage.fine, bl_code, sl_code, stage.width)
        pulses += 1
        if kind != Kind.RESET:
            last_wl = wl
        full = (wl == stage.wl.stop or stage.wl.step == 0) and (
            line == stage.line.stop or stage.line.step == 0
        )


def run_job(
    device: Device,
    registers: Registers,
    job: Job,
    rows: int,
    columns: int,
    levels: Sequence[Sequence[int]] | None = None,
) -> tuple[JobError, list[Result]]:
    """Run one job.

    Args:
        device: the array.
        registers: settings.
        job: operation and cells.
        rows, columns: size of the array.
        levels: PROGRAM: levels[r][c] of the cell at row_first + r, col_first + c.

    Returns:
        Why the job was refused (then no cell was touched), and a result a cell in the order of the visits.
    """
    error = check(registers, job, rows, columns, levels)
    if error != JobError.NONE:
        return error, []
    results = []
    for row in range(job.row_first, job.row_last + 1):
        for col in range(job.col_first, job.col_last + 1):
            level = (
                levels[row - job.row_first][col - job.col_first]
                if levels and job.operation == Operation.PROGRAM
                else 0
            )
            results.append(program_cell(device, registers, job.operation, row, col, level))
            if results[-1].outcome == Outcome.NO_ANSWER:
                return error, results
    return error, results


def second_pass(registers: Registers, keep: int) -> Registers:
    """Settings of the relaxation-aware pass: cells within `keep` codes of their target are left alone."""
    return registers.model_copy(update={"keep": keep})
