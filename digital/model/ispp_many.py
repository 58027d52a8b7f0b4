"""The ISPP algorithm of ispp.py on many cells at once: the same integers, all cells in step. tests/ holds it
equal to the scalar one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from neusoc.digital.model.ispp import SHIFT, Kind, Operation, Outcome, Registers, Stage
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Cells(Protocol):
    """What CodePath (software/emulator/code_path.py) offers."""

    def pulse(
        self, kind: Kind, cells: Ints, wl_code: Ints, wl_fine: int, line_code: Ints, width_cycles: int
    ) -> None: ...

    def read(self, cells: Ints, low_range: int, times: int) -> Ints: ...

    def offset(self, count: int, low_range: int, times: int) -> Ints: ...


@dataclass(frozen=True)
class ManyCells:
    """Results, one a cell in the order of `cells`; fields as in ispp.Result.

    Attributes:
        reads: conversions of all cells together.
    """

    outcome: Ints
    pulses: Ints
    code: Ints
    wl: Ints
    target: Ints
    reads: int

    def share(self, outcome: Outcome) -> float:
        return float(np.mean(self.outcome == outcome))


def run_cells(
    device: Cells, registers: Registers, operation: Operation, cells: Ints, levels: Ints | None = None
) -> ManyCells:
    """Visit cells. The job must have passed ispp.check.

    Args:
        device: the array.
        registers: settings.
        operation: operation on the cells.
        cells: indices, no cell twice.
        levels: levels of PROGRAM, one a cell.
    """
    return _Run(device, registers, operation, np.asarray(cells, np.int64), levels).run()


class _Run:
    def __init__(
        self, device: Cells, registers: Registers, operation: Operation, cells: Ints, levels: Ints | None
    ) -> None:
        count = cells.size
        self.device, self.r, self.operation, self.cells = device, registers, operation, cells
        self.targeted = operation in (Operation.PROGRAM, Operation.REFRESH)
        self.target = np.zeros(count, np.int64)
        if operation == Operation.PROGRAM:
            self.target = registers.base + np.asarray(levels, np.int64) * registers.step
        (
            self.outcome,
            self.code,
            self.pulses,
            self.last_wl,
            self.wl,
            self.line,
            self.next_wl,
            self.full_count,
        ) = (np.zeros(count, np.int64) for _ in range(8))
        self.full, self.retried = np.zeros(count, bool), np.zeros(count, bool)
        self.kind = np.full(count, -1)
        self.reads = 0

    def run(self) -> ManyCells:
        active = np.arange(self.cells.size)
        first = True
        while active.size:
            active = active[~self._verify(active, first)]
            begin = self._judge(active, first)
            active = active[self._prepare(active, begin)]
            self._pulse(active)
            first = False
        return ManyCells(self.outcome, self.pulses, self.code, self.last_wl, self.target, self.reads)

    def _verify(self, at: Ints, first: bool) -> NDArray[np.bool_]:
        r, times = self.r, 2**self.r.read_count
        if self.operation == Operation.OFFSET:
            self.code[at] = self._code(self.device.offset(at.size, r.read_range, times))
            self.reads += at.size * times
            return np.ones(at.size, bool)
        total = self.device.read(self.cells[at], r.read_range, 1)
        near = np.ones(at.size, bool)
        if self.operation != Operation.READ and not (first and self.operation == Operation.REFRESH):
            near = ~self._far(at, self._code(total * times), first)
        rest = (
            self.device.read(self.cells[at[near]], r.read_range, times - 1)
            if times > 1
            else np.zeros(int(near.sum()), np.int64)
        )
        total = np.where(near, total, total * times)
        total[near] += rest
        self.reads += at.size + (times - 1) * int(near.sum())
        code = self._code(total)
        self.code[at] = code
        if first and self.operation == Operation.REFRESH:
            self.target[at] = self._nearest(code)
        return self._done(at, code, first)

    def _code(self, total: Ints) -> Ints:
        found: Ints = np.minimum(total >> self.r.read_shift, 255)
        return found

    def _goal(self, at: Ints) -> Ints:
        """What the codes are compared with."""
        r = self.r
        codes = {Operation.FORM: r.form_code, Operation.SET: r.set_code, Operation.RESET: r.reset_code}
        return self.target[at] if self.targeted else np.full(at.size, codes[self.operation])

    def _done(self, at: Ints, code: Ints, first: bool) -> NDArray[np.bool_]:
        if self.operation == Operation.READ:
            return np.ones(at.size, bool)
        goal = self._goal(at)
        if self.targeted:
            return np.abs(code - goal) <= (self.r.keep if first else self.r.tolerance)
        return code <= goal if self.operation == Operation.RESET else code >= goal

    def _far(self, at: Ints, code: Ints, first: bool) -> NDArray[np.bool_]:
        """Where the first read is the whole verify."""
        return ~self._done(at, code, first) & (np.abs(code - self._goal(at)) > self.r.read_margin)

    def _nearest(self, code: Ints) -> Ints:
        target = np.full_like(code, self.r.base)
        climbing = np.ones(code.size, bool)
        for _ in range(self.r.max_level):
            climbing &= 2 * code > 2 * target + self.r.step
            target = np.where(climbing, target + self.r.step, target)
        return target

    def _judge(self, at: Ints, first: bool) -> Ints:
        """Stage that begins, -1 where the present one goes on."""
        r = self.r
        begin = np.full(at.size, -1)
        if not self.targeted:
            return np.full(at.size, int(self.operation)) if first else begin
        code, target = self.code[at], self.target[at]
        above = code > target + r.tolerance
        if first:
            low = (np.minimum(target, r.knee) * r.slope_low) >> SHIFT
            high = (np.maximum(target - r.knee, 0) * r.slope_high) >> SHIFT
            self.next_wl[at] = np.clip(r.offset + low + high, r.set.wl.start, r.set.wl.stop)
            above = code > target
            if r.reset_first:
                above |= code > r.reset_code
            return np.where(above, int(Kind.RESET), int(Kind.SET))
        kind = self.kind[at]
        begin[(kind == Kind.RESET) & (code <= r.reset_code)] = Kind.SET
        over = (kind == Kind.SET) & above
        begin[over] = Kind.RESET
        self.retried[at[over]] = True
        back = self.wl[at] - r.retry_back - (((code - target) * r.back_gain) >> SHIFT)
        self.next_wl[at] = np.where(over, np.maximum(r.set.wl.start, back), self.next_wl[at])
        return begin

    def _prepare(self, at: Ints, begin: Ints) -> NDArray[np.bool_]:
        """Codes of the next pulse; which cells get one."""
        starts = begin >= 0
        self.kind[at] = np.where(starts, begin, self.kind[at])
        kind = self.kind[at]
        failed = np.zeros(at.size, bool)
        for value in np.unique(kind):
            stage = self._stage(value)
            mine = kind == value
            predicted = self.targeted and value == Kind.SET
            fresh, on = at[mine & starts], at[mine & ~starts]
            self.wl[fresh] = self.next_wl[fresh] if predicted else stage.wl.start
            self.line[fresh] = stage.line.start
            self.full[fresh], self.full_count[fresh] = False, 0
            self.full_count[on] += self.full[on]
            failed[mine & ~starts] = self.full[on] & (self.full_count[on] == self.r.stop_tries)
            step = np.full(on.size, stage.wl.step)
            if predicted:
                missing = ((self.target[on] - self.code[on]) * self.r.step_gain) >> SHIFT
                wanted = np.maximum(self.r.step_min, np.minimum(missing, self.r.step_max))
                step = np.where(self.retried[on], self.r.step_min, wanted)
            self.wl[on] = np.minimum(self.wl[on] + step, stage.wl.stop)
            self.line[on] = np.minimum(self.line[on] + stage.line.step, stage.line.stop)
        failed |= self.pulses[at] == self.r.pulse_limit
        lost = at[failed]
        stuck = np.where(self.kind[lost] == Kind.RESET, int(Outcome.STUCK_HIGH), int(Outcome.STUCK_LOW))
        self.outcome[lost] = np.where(self.full[lost], stuck, int(Outcome.TIMED_OUT))
        if self.operation == Operation.FORM:
            self.outcome[lost] = Outcome.FORM_FAILED
        return ~failed

    def _stage(self, kind: int) -> Stage:
        return (self.r.form, self.r.set, self.r.reset)[kind]

    def _pulse(self, at: Ints) -> None:
        kind = self.kind[at]
        for value in np.unique(kind):
            stage, some = self._stage(value), at[kind == value]
            self.device.pulse(
                Kind(value), self.cells[some], self.wl[some], stage.fine, self.line[some], stage.width
            )
            self.pulses[some] += 1
            if value != Kind.RESET:
                self.last_wl[some] = self.wl[some]
            wl_full = (self.wl[some] == stage.wl.stop) | (stage.wl.step == 0)
            self.full[some] = wl_full & ((self.line[some] == stage.line.stop) | (stage.line.step == 0))
