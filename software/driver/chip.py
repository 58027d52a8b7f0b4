"""A chip in the hands of a script: who it is, its cells programmed and read, events in and spikes out. The same for every backend.

    chip = Chip.open("emulator:mini?seed=3")
    chip.form()
    chip.program([[3] * 8] * 8)
    print(chip.read_map())
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.digital.model import ispp
from neusoc.digital.model.ispp import READS, Operation, Outcome
from neusoc.digital.model.regmap import armed_words, reset_word
from neusoc.digital.model.words import BUFFER_WORDS, HOLD, KEY, LEVELS_A_WORD, JobEnd, Refusal, level_words, setting_bits, setting_words
from neusoc.software.driver.identity import identify
from neusoc.software.driver.images import Images
from neusoc.software.driver.jobs import Cell, Identity, Ints, Progress, Region, known_regions
from neusoc.software.driver.memory import Memory
from neusoc.software.driver.neurons import Neurons
from neusoc.software.driver.opened import Opened
from neusoc.software.driver.registers import Registers, register
from neusoc.software.driver.transport import (
    ClockLost,
    DriverError,
    FramesLost,
    Interrupted,
    JobFailed,
    Refused,
    Timeout,
    Transport,
    pause,
)  # fmt: skip

POLL_S, STALL_S = 20e-6, 0.1             # a cell takes 2 ms at most, with pulses at their limits and the converter's times after reset
Watch = Callable[[Progress], None]
# What the limits after reset refuse.
BEYOND_FORM = (Operation.SET, Operation.RESET, Operation.PROGRAM, Operation.REFRESH)


class Chip(Opened, Neurons):
    """One chip.

    Attributes:
        registers: registers by name.
        identity: sizes of the chip.
        images: whole images.
        memory: levels that were programmed and cells that failed: what the chip itself does not keep.

    Args:
        transport: the way to it.
        expected: sizes that it must have; None: any.
        poll_s, stall_s: time between looks at a job, and longest time without a new result, s.

    Raises:
        DriverError: no NeuSoC answers, or one of other sizes.
    """

    def __init__(self, transport: Transport, expected: Identity | None = None, *, poll_s: float = POLL_S, stall_s: float = STALL_S) -> None:
        self.registers = Registers(transport)
        super().__init__(transport)
        self._poll_s, self._stall_s = poll_s, stall_s
        self._armed = 0                  # armed() around what runs
        self.clock_was_lost = bool(self.registers.field("error", "clock"))  # before it was opened, which forgets it
        self.identity = self._identify(expected)
        self.memory = Memory.empty(self.identity)
        self.images = self._made_images()

    def _made_images(self) -> Images:
        return Images(self.registers, self.identity, self._stall_s, self._poll_s)

    def wait(self, seconds: float) -> None:
        """Let time pass on the chip; seconds: how much, s; UserError: negative or no number."""
        if not 0 <= seconds < math.inf:
            raise UserError(f"wait {seconds:g} s: give a time from 0 up")
        self._transport.wait(seconds)

    def _identify(self, expected: Identity | None) -> Identity:
        return identify(self.registers, expected)

    # --- key and settings

    @contextmanager
    def armed(self) -> Iterator[None]:
        """The key is set within and taken away behind, unless LOCK holds it: without it no pulse reaches a cell. May be nested.

        Raises:
            Refused: it is locked away.
        """
        if not self._armed and not self.registers.read("key"):
            self._set_key()
        self._armed += 1
        try:
            yield
        finally:
            self._armed -= 1
            if not self._armed and not self.registers.read("lock"):
                self._take_key()

    def _set_key(self) -> None:
        self.registers.write("key", KEY)

    def _take_key(self) -> None:
        self.registers.write("key", 0)

    def open_limits(self) -> None:
        """Limits of programming where all stand as after reset, when they let FORM alone pass; those that software has written stay.

        Jobs of this driver that need it do so themselves. LOCK holds them: nothing is done then.

        Raises:
            Refused: a job runs, or its results wait.
        """
        armed = armed_words()
        if all(self.registers.read(name) == reset_word(name) for name in armed) and not self.registers.read("lock"):
            for name, word in armed.items():
                self.registers.write(name, word)

    def configure(self, settings: ispp.Registers) -> None:
        """Write all settings of the programming algorithm; what else their registers hold stays, but for the limit of vpp on the rail: set.

        Raises:
            UserError: a setting is not 0 that the chip has not.
            Refused: a job runs, or a limit changes that is locked.
        """
        try:
            words = setting_words(settings)
        except ValueError as error:
            raise UserError(f"settings: {error}") from None
        armed = armed_words()
        for name, value in words.items():
            now = self.registers.read(name)
            wanted = value | armed.get(name, now) & ~setting_bits(name)
            if wanted != now:
                self.registers.write(name, wanted)

    # --- jobs

    def whole(self) -> Region:
        """All cells."""
        return Region(0, self.identity.rows - 1, 0, self.identity.columns - 1)

    def plan(self, operation: Operation, region: Region | None = None, levels: Sequence[Sequence[int]] | Ints | None = None) -> Progress:
        """A job that has not begun.

        Args:
            operation: operation of the job.
            region: cells to visit; by default all.
            levels: PROGRAM: (rows, columns) of the region.

        Raises:
            UserError: the region or the levels do not fit.
        """
        where = region or self.whole()
        rows = [[int(level) for level in row] for row in levels] if levels is not None else []
        if any(len(row) != where.columns for row in rows):
            raise UserError(f"levels: a row has not the {where.columns} columns of its region; give one level a cell")
        return Progress(operation, where, self.identity, [level for row in rows for level in row])

    def run(self, progress: Progress, *, watch: Watch | None = None, ahead: int | None = None) -> Progress:
        """Run what is left of a job. After any exception, what is done is in progress, and another call goes on: cells that were on their
        way are visited again, which costs those that are there already one verify.

        Args:
            progress: the job; changed.
            watch: called after each batch of results.
            ahead: most cells whose levels the chip holds before their results are in; by default as many as it has room for. The chip
                stops by itself so many cells after its host has died.

        Returns:
            progress, finished.

        Raises:
            JobFailed: the chip refuses the job, or ends it early.
            ClockLost: the chip's clock stood, which reset it.
            FramesLost: frames over SPI were not whole.
            Interrupted: KeyboardInterrupt; the job was stopped.
            DriverError: it belongs to another chip; Timeout, Refused. With .progress.
        """
        if progress.chip != self.identity:
            raise DriverError(f"{progress.title}: is for a chip of {progress.chip}, not {self.identity}; run it there")
        try:
            self._clear()
            if progress.operation in READS:
                self._run(progress, watch, ahead)
            else:
                with self.armed():
                    self._run(progress, watch, ahead)
        except DriverError as error:
            error.progress = progress
            raise
        return progress

    def _run(self, progress: Progress, watch: Watch | None, ahead: int | None) -> None:
        for region, levels in list(progress.rest()):
            try:
                self._job(progress, region, level_words([levels]), watch, ahead)
            except BaseException as error:
                lost = None
                with suppress(DriverError):             # of a bus that is gone: the first exception tells
                    lost = self._lost(progress)
                if lost:
                    raise lost from error
                with suppress(DriverError):
                    self.stop()
                    self._take(progress, self.registers.field("job_status", "results"))
                if isinstance(error, KeyboardInterrupt):
                    done = f"interrupted after {len(progress.results)} of {progress.region.size} cells"
                    raise Interrupted(f"{progress.title}: {done}; the same call, with its progress, does the rest") from None
                raise
            if lost := self._lost(progress):
                raise lost
            if code := self.registers.field("error", "job"):
                raise JobFailed(f"{progress.title}: {len(progress.results)} of {progress.region.size} cells are done", code)

    def _lost(self, progress: Progress) -> DriverError | None:
        """What to raise if frames to the chip were lost, or its clock stood, which is forgotten there; None: neither."""
        if lost := self.registers.lost():
            return FramesLost(progress.title, lost)
        if not self.registers.field("error", "clock"):
            return None
        self.registers.transport.write(register("error").offset, 0)
        return ClockLost(f"{progress.title}: {len(progress.results)} of {progress.region.size} cells are done")

    def _job(self, progress: Progress, region: Region, words: list[int], watch: Watch | None, ahead: int | None) -> None:
        """One job of the chip, to its end, well or not."""
        registers, begun = self.registers, len(progress.results)
        if progress.operation in BEYOND_FORM:
            self.open_limits()
        registers.set("region", **region._asdict())         # first: it opens LEVELS
        sent = self._feed(words, 0, 0, 0, ahead)
        registers.set("command", operation=int(progress.operation))
        idle_s = 0.0
        while True:
            status = registers.fields("job_status")
            if taken := self._take(progress, status["results"]):
                if watch:
                    watch(progress)
            elif not status["busy"]:
                return
            fed = self._feed(words, sent, status["level_words"], len(progress.results) - begun, ahead) if status["busy"] else sent
            if taken or fed > sent:
                sent, idle_s = fed, 0.0
                continue
            if idle_s > self._stall_s:
                raise Timeout(f"{progress.title}: no result for {1e3 * idle_s:.0f} ms; read JOB_STATUS, and stop the job")
            pause(self._transport, self._poll_s)
            idle_s += self._poll_s

    def _feed(self, words: list[int], sent: int, held: int, done: int, ahead: int | None) -> int:
        """Write words of levels.

        Args:
            words: all of the job.
            sent: words that were written.
            held: words that wait in the chip.
            done: cells with a result.
            ahead: number of cells as of run().

        Returns:
            Words that are written now.
        """
        while sent < len(words) and held < BUFFER_WORDS:
            beyond = (sent + 1) * LEVELS_A_WORD - done
            if ahead is not None and sent and beyond > ahead:
                break
            try:
                self.registers.write("levels", words[sent])
            except Refused as error:
                if error.code == Refusal.ENDED:             # the job ended since the status was read: its error tells why
                    break
                raise
            sent, held = sent + 1, held + 1
        return sent

    def _take(self, progress: Progress, count: int) -> int:
        """Take results that wait; returns how many."""
        for _ in range(count):
            at, word = self.registers.fields("result_cell"), self.registers.fields("result")
            wanted = progress.region.cell(len(progress.results))
            if not word["valid"] or (at["row"], at["col"]) != wanted:
                raise DriverError(f"{progress.title}: the chip's next result is not that of cell {wanted}; is another program on the bus?")
            self._note(progress, Cell(at["row"], at["col"], Outcome(word["outcome"]), word["pulses"], word["code"]))
        return count

    def _note(self, progress: Progress, cell: Cell) -> None:
        """Keep the result of the next cell."""
        if cell.outcome == Outcome.NO_ANSWER:               # nothing is known of it: it is left for the next run
            return
        level = progress.levels[len(progress.results)] if progress.levels else None
        progress.results.append(cell)
        self.memory.note(progress.operation, cell, level)

    def stop(self) -> None:
        """End the job that runs, if one does, after the pulse or verify that is under way. Results that wait stay.

        Raises:
            Timeout: it does not end.
        """
        self.registers.set("stop", job=1)
        self._until(lambda: not self.registers.field("job_status", "busy"), "end of a stopped job")

    def _clear(self) -> None:
        """Nothing of an earlier job is left, one of a host that died, say. Its last results are dropped; their cells come again."""
        if self.registers.field("job_status", "busy"):
            self.stop()
        self.registers.set("stop", results=1)

    def form(self, region: Region | None = None) -> Progress:
        """FORM; arguments, result and errors as of plan() and run()."""
        return self.run(self.plan(Operation.FORM, region))

    def set(self, region: Region | None = None) -> Progress:
        """SET: as conductive as DONE.set asks; as form()."""
        return self.run(self.plan(Operation.SET, region))

    def reset(self, region: Region | None = None) -> Progress:
        """RESET; as form()."""
        return self.run(self.plan(Operation.RESET, region))

    def program(self, levels: Sequence[Sequence[int]] | Ints, region: Region | None = None) -> Progress:
        """PROGRAM; as form()."""
        return self.run(self.plan(Operation.PROGRAM, region, levels))

    def read_map(self, region: Region | None = None, *, less_offset: bool = False) -> Ints:
        """Codes of the cells, (rows, columns), READ: needs no key and moves nothing.

        Args:
            region: cells to read; by default all.
            less_offset: read with the rows off too, and give the difference to the mean of that: below 0 where noise is more than a cell.
        """
        codes = self.run(self.plan(Operation.READ, region)).codes()
        return codes - round(float(self.offset_map(region).mean())) if less_offset else codes

    def offset_map(self, region: Region | None = None) -> Ints:
        """Codes of the same conversions with the rows off, (rows, columns), OFFSET: what front end and converter add to read_map()."""
        return self.run(self.plan(Operation.OFFSET, region)).codes()

    @contextmanager
    def held(self, row: int, column: int) -> Iterator[None]:
        """One cell stays as a read has it within, and is let go behind: bit line on the sense line, source line at ground, row at vpp.

        For a meter at the bench. Nothing converts, and no other job may begin within.

        Raises:
            UserError: the chip has no such cell.
            JobFailed: the chip refuses, or ended it by itself.
            DriverError: as of run().
        """
        self.plan(Operation.READ, Region(row, row, column, column))     # for its check
        self._clear()
        with self.armed():
            self._hold(row, column)
            try:
                yield
            finally:
                self.stop()
            if (code := self.registers.field("error", "job")) != JobEnd.STOPPED:
                raise JobFailed(f"HOLD of row {row}, column {column}", code)

    def _hold(self, row: int, column: int) -> None:
        self.registers.set("region", row_first=row, row_last=row, col_first=column, col_last=column)
        self.registers.set("command", operation=HOLD)

    def refresh(self) -> list[Progress]:
        """Bring all cells that were programmed back to their levels: PROGRAM with the levels that the memory keeps.

        The chip's own REFRESH takes a cell to the level nearest to where it has drifted: after an hour that is its own, after a day three
        of ten cells at 16 levels go to a neighbour. This does not.

        Returns:
            One a rectangle of known cells.

        Raises:
            UserError: no cell was programmed.
            DriverError: as of run(); another call begins again, and cells that are there cost one verify.
        """
        levels = self.memory.levels
        if not (levels >= 0).any():
            raise UserError("refresh: no level is known; program cells, or load the chip's file")
        done = []
        for region in known_regions(levels):
            done.append(self.program(levels[region.row_first : region.row_last + 1, region.col_first : region.col_last + 1], region))
        return done

    def save(self, path: Path) -> Path:
        """Keep levels and faults in a JSON file; returns path."""
        return self.memory.save(path)

    def load(self, path: Path) -> None:
        """Take levels and faults from a file.

        Raises:
            UserError: the file is missing, damaged, or of another chip or register map.
        """
        self.memory = Memory.load(path, self.identity)
