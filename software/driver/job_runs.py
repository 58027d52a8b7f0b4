"""Jobs of a chip, run from its host: key and limits, levels in, results out, and what ends one early. A part
of Chip (chip.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from neusoc.digital.model.ispp import READS, Operation, Outcome
from neusoc.digital.model.regmap import armed_words, reset_word
from neusoc.digital.model.words import BUFFER_WORDS, KEY, LEVELS_A_WORD, Refusal, level_words
from neusoc.software.driver.jobs import Cell, Identity, Progress, Region
from neusoc.software.driver.memory import Memory
from neusoc.software.driver.neurons import Neurons
from neusoc.software.driver.registers import register
from neusoc.software.driver.transport import (
    ClockLost,
    DriverError,
    FramesLost,
    Interrupted,
    JobFailed,
    Refused,
    Timeout,
    pause,
)

Watch = Callable[[Progress], None]
# What the limits after reset refuse.
BEYOND_FORM = (Operation.SET, Operation.RESET, Operation.PROGRAM, Operation.REFRESH)


class JobRuns(Neurons):
    """Functions of Chip that run jobs."""

    identity: Identity
    memory: Memory
    _armed: int  # armed() around what runs

    # --- key and limits

    @contextmanager
    def armed(self) -> Iterator[None]:
        """The key is set within and taken away behind, unless LOCK holds it: without it no pulse reaches a
        cell. May be nested.

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
        """Limits of programming where all stand as after reset, when they let FORM alone pass; those that
        software has written stay.

        Jobs of this driver that need it do so themselves. LOCK holds them: nothing is done then.

        Raises:
            Refused: a job runs, or its results wait.
        """
        armed = armed_words()
        if all(self.registers.read(name) == reset_word(name) for name in armed) and not self.registers.read(
            "lock"
        ):
            for name, word in armed.items():
                self.registers.write(name, word)

    # --- jobs

    def run(self, progress: Progress, *, watch: Watch | None = None, ahead: int | None = None) -> Progress:
        """Run what is left of a job. After any exception, what is done is in progress, and another call goes
        on: cells that were on their
        way are visited again, which costs those that are there already one verify.

        Args:
            progress: the job; changed.
            watch: called after each batch of results.
            ahead: most cells whose levels the chip holds before their results are in; by default as many as
                it has room for. The chip stops by itself so many cells after its host has died.

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
            raise DriverError(
                f"{progress.title}: is for a chip of {progress.chip}, not {self.identity}; run it there"
            )
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
                with suppress(DriverError):  # of a bus that is gone: the first exception tells
                    lost = self._lost(progress)
                if lost:
                    raise lost from error
                with suppress(DriverError):
                    self.stop()
                    self._take(progress, self.registers.field("job_status", "results"))
                if isinstance(error, KeyboardInterrupt):
                    done = f"interrupted after {len(progress.results)} of {progress.region.size} cells"
                    raise Interrupted(
                        f"{progress.title}: {done}; the same call, with its progress, does the rest"
                    ) from None
                raise
            if lost := self._lost(progress):
                raise lost
            if code := self.registers.field("error", "job"):
                raise JobFailed(
                    f"{progress.title}: {len(progress.results)} of {progress.region.size} cells are done",
                    code,
                )

    def _lost(self, progress: Progress) -> DriverError | None:
        """What to raise if frames to the chip were lost, or its clock stood, which is forgotten there; None:
        neither."""
        if lost := self.registers.lost():
            return FramesLost(progress.title, lost)
        if not self.registers.field("error", "clock"):
            return None
        self.registers.transport.write(register("error").offset, 0)
        return ClockLost(
            f"{progress.title}: {len(progress.results)} of {progress.region.size} cells are done"
        )

    def _job(
        self, progress: Progress, region: Region, words: list[int], watch: Watch | None, ahead: int | None
    ) -> None:
        """One job of the chip, to its end, well or not."""
        registers, begun = self.registers, len(progress.results)
        if progress.operation in BEYOND_FORM:
            self.open_limits()
        registers.set("region", **region._asdict())  # first: it opens LEVELS
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
            fed = (
                self._feed(words, sent, status["level_words"], len(progress.results) - begun, ahead)
                if status["busy"]
                else sent
            )
            if taken or fed > sent:
                sent, idle_s = fed, 0.0
                continue
            if idle_s > self._stall_s:
                raise Timeout(
                    f"{progress.title}: no result for {1e3 * idle_s:.0f} ms; read JOB_STATUS, and stop"
                    " the job"
                )
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
                if (
                    error.code == Refusal.ENDED
                ):  # the job ended since the status was read: its error tells why
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
                raise DriverError(
                    f"{progress.title}: the chip's next result is not that of cell {wanted}; is another"
                    " program on the bus?"
                )
            self._note(
                progress, Cell(at["row"], at["col"], Outcome(word["outcome"]), word["pulses"], word["code"])
            )
        return count

    def _note(self, progress: Progress, cell: Cell) -> None:
        """Keep the result of the next cell."""
        if cell.outcome == Outcome.NO_ANSWER:  # nothing is known of it: it is left for the next run
            return
        level = progress.levels[len(progress.results)] if progress.levels else None
        progress.results.append(cell)
        self.memory.note(progress.operation, cell, level)

    def stop(self) -> None:
        """End the job that runs, if one does, after the pulse or verify that is under way. Results that wait
        stay.

        Raises:
            Timeout: it does not end.
        """
        self.registers.set("stop", job=1)
        self._until(lambda: not self.registers.field("job_status", "busy"), "end of a stopped job")

    def _clear(self) -> None:
        """Nothing of an earlier job is left, one of a host that died, say. Its last results are dropped;
        their cells come again."""
        if self.registers.field("job_status", "busy"):
            self.stop()
        self.registers.set("stop", results=1)
