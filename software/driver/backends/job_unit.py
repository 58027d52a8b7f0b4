"""The emulated controller's jobs: check, levels, cells, results, and their end (digital/rtl/program_unit.sv).

A job takes no time here. It runs, within the write or read that lets it, as far as it can: to its end, or to
where it waits for levels or for room. So STOP and the key find it only while it waits; how many cycles it
takes in silicon says docs/02-chip/controller.md.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from neusoc.base.chip import Chip
from neusoc.digital.model.ispp import READS, Job, JobError, Operation, Outcome, Registers, Result, check
from neusoc.digital.model.words import BUFFER_WORDS, HOLD, LEVELS_A_WORD, JobEnd
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.jobs import Region

EARLY = 512  # cells that may be visited early
TOP_LEVEL = 31  # LEVELS keeps five bits a level; what does not fit is kept as this


@dataclass
class Levels:
    """The register LEVELS: words of four levels, as level_buffer.sv holds them.

    Attributes:
        closed: a job has ended, the next is not prepared.
        bad: a level above the highest was written since it was emptied.
    """

    closed: bool = False
    bad: bool = False
    _words: deque[list[int]] = field(default_factory=deque)
    _lane: int = 0

    @property
    def words(self) -> int:
        """In it; one that is begun counts."""
        return len(self._words)

    @property
    def full(self) -> bool:
        return self.words == BUFFER_WORDS

    def write(self, word: int, max_level: int) -> None:
        """Take four levels."""
        given = [word >> 8 * k & 0xFF for k in range(LEVELS_A_WORD)]
        self.bad |= any(level > max_level for level in given)
        self._words.append([min(level, TOP_LEVEL) for level in given])

    def empty(self, *, close: bool) -> None:
        """Drop all; close: take no more until it is opened."""
        self.closed, self.bad, self._lane = close, False, 0
        self._words.clear()

    def next(self, max_level: int) -> int | None:
        """The next level; None where it ends the job."""
        level = self._words[0][self._lane]
        return None if level > max_level or (level == TOP_LEVEL and self.bad) else level

    def take(self) -> None:
        """The next level was used."""
        self._lane = (self._lane + 1) % LEVELS_A_WORD
        if not self._lane:
            self._words.popleft()


@dataclass
class Running:
    """A job that passed its check.

    Attributes:
        operation, region, settings: facts of the job as at its start; no operation: HOLD.
        quiet: leaves no results.
        at: cells that are done.
        held: the result of the cell after them, which waits for room.
        stopped, unarmed: STOP.job was written, the key taken away, since it began.
    """

    operation: Operation | None
    region: Region
    settings: Registers
    quiet: bool
    at: int = 0
    held: Result | None = None
    stopped: bool = False
    unarmed: bool = False


@dataclass
class Ended:
    """What the ends of jobs leave for the register block: how many, and how many not well."""

    jobs: int = 0
    failed: int = 0


class JobUnit:
    """Jobs on an array.

    Attributes:
        levels: register LEVELS.
        results: results that wait, the oldest first.
        running: the job, None if none runs.
        error: ERROR.job.
        last: the cell that was visited last; None before any.
        key: the key is set.

    Args:
        chip: sizes.
        array: the cells.
        depth: results that may wait.
    """

    def __init__(self, chip: Chip, array: Array, depth: int) -> None:
        self._chip, self._array, self._depth = chip, array, depth
        self.levels, self.results = Levels(), deque[Result]()
        self.running: Running | None = None
        self.error, self.key = 0, False
        self.last: Result | None = None
        self.ended = Ended()

    @property
    def waits_level(self) -> bool:
        """The job waits for levels: whenever it waits and not for room, nor holds a cell."""
        return self.running is not None and self.running.held is None and self.running.operation is not None

    @property
    def waits_room(self) -> bool:
        return self.running is not None and self.running.held is not None

    def start(self, operation: int, quiet: bool, region: Region, settings: Registers) -> None:
        """A write of COMMAND."""
        self.error, self.levels.closed = 0, False
        if error := self._wrong(operation, region, settings):
            self._end(error)
            return
        self.running = Running(None if operation == HOLD else Operation(operation), region, settings, quiet)
        self.advance()

    def _wrong(self, operation: int, region: Region, settings: Registers) -> int:
        """The first thing that is wrong with a job, in the order of job_check.sv; 0: nothing."""
        if operation not in READS and not self.key:
            return JobEnd.NO_KEY
        if operation == HOLD:
            return check(settings, Job(Operation.READ, *region), self._chip.rows, self._chip.columns)
        bad = [[settings.max_level + 1]] if operation == Operation.PROGRAM and self.levels.bad else None
        return check(settings, Job(Operation(operation), *region), self._chip.rows, self._chip.columns, bad)

    def stop(self, *, job: bool, results: bool) -> None:
        """A write of STOP."""
        if self.running:
            self.running.stopped |= job
            self.advance()
            return
        self.levels.empty(close=False)
        if results:
            self.results.clear()

    def set_key(self, key: bool) -> None:
        """A write of KEY."""
        self.key = key
        if self.running and not key and self.running.operation not in READS:
            self.running.unarmed = True
            self.advance()

    def advance(self) -> None:
        """Run as far as it goes."""
        while self.running:
            job = self.running
            if job.held is not None:
                room = len(self.results) < self._depth
                if not room and not job.stopped:
                    return
                self._finish(job, job.held, room)
            elif job.stopped or job.unarmed:
                self._end(JobEnd.STOPPED if job.stopped else JobEnd.NO_KEY)
            elif not self._visit(job):
                return

    def _visit(self, job: Running) -> bool:
        """Visit as many cells as there are levels and room for, one more of which the result will wait;
        whether there was any."""
        if job.operation is None:
            return False
        most = job.region.size - job.at
        if not job.quiet:
            most = min(most, self._depth - len(self.results) + 1)
        levels: list[int] = []
        bad = False
        if job.operation == Operation.PROGRAM:
            while len(levels) < most and self.levels.words:
                level = self.levels.next(job.settings.max_level)
                if level is None:
                    bad = True
                    break
                levels.append(level)
                self.levels.take()
            most = len(levels)
        if not most and bad:
            self._end(JobError.LEVEL)
            return True
        if not most:
            return False
        cells = [job.region.cell(job.at + k) for k in range(most)]
        last = min(job.region.size, job.at + most + EARLY)
        coming = [job.region.cell(k) for k in range(job.at + most, last)]
        for result in self._array.visit(job.settings, job.operation, cells, levels, coming):
            self.last = result
            if job.quiet or len(self.results) < self._depth:
                self._finish(job, result, True)
            else:
                job.held = result
        return True

    def _finish(self, job: Running, result: Result, room: bool) -> None:
        """A cell leaves the job: its result waits, or is lost for want of room after STOP."""
        job.held = None
        job.at += 1
        if room and not job.quiet:
            self.results.append(result)
        if result.outcome == Outcome.NO_ANSWER:
            self._end(JobEnd.NO_ANSWER)
        elif job.at == job.region.size:
            self._end(0 if room else JobEnd.STOPPED)

    def _end(self, error: int) -> None:
        self.running, self.error = None, int(error)
        self.levels.empty(close=True)
        self.ended.jobs += 1
        self.ended.failed += bool(error)
