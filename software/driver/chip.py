"""A chip in the hands of a script: who it is, its cells programmed and read, events in and spikes out. The
same for every backend.

chip = Chip.open("emulator:mini?seed=3")
chip.form()
chip.program([[3] * 8] * 8)
print(chip.read_map())
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neusoc.base.errors import UserError
from neusoc.digital.model import ispp
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.regmap import armed_words
from neusoc.digital.model.words import HOLD, JobEnd, setting_bits, setting_words
from neusoc.software.driver.identity import identify
from neusoc.software.driver.images import Images
from neusoc.software.driver.job_runs import JobRuns
from neusoc.software.driver.jobs import Identity, Ints, Progress, Region, known_regions
from neusoc.software.driver.memory import Memory
from neusoc.software.driver.opened import Opened
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import JobFailed, Transport

POLL_S, STALL_S = (
    20e-6,
    0.1,
)  # a cell takes 2 ms at most, with pulses at their limits and the converter's times after reset


class Chip(Opened, JobRuns):
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

    def __init__(
        self,
        transport: Transport,
        expected: Identity | None = None,
        *,
        poll_s: float = POLL_S,
        stall_s: float = STALL_S,
    ) -> None:
        self.registers = Registers(transport)
        super().__init__(transport)
        self._poll_s, self._stall_s = poll_s, stall_s
        self._armed = 0  # armed() around what runs
        self.clock_was_lost = bool(
            self.registers.field("error", "clock")
        )  # before it was opened, which forgets it
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

    # --- settings

    def configure(self, settings: ispp.Registers) -> None:
        """Write all settings of the programming algorithm; what else their registers hold stays, but for the
        limit of vpp on the rail: set.

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

    def plan(
        self,
        operation: Operation,
        region: Region | None = None,
        levels: Sequence[Sequence[int]] | Ints | None = None,
    ) -> Progress:
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
            raise UserError(
                f"levels: a row has not the {where.columns} columns of its region; give one level a cell"
            )
        return Progress(operation, where, self.identity, [level for row in rows for level in row])

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
            less_offset: read with the rows off too, and give the difference to the mean of that: below 0
                where noise is more than a cell.
        """
        codes = self.run(self.plan(Operation.READ, region)).codes()
        return codes - round(float(self.offset_map(region).mean())) if less_offset else codes

    def offset_map(self, region: Region | None = None) -> Ints:
        """Codes of the same conversions with the rows off, (rows, columns), OFFSET: what front end and
        converter add to read_map()."""
        return self.run(self.plan(Operation.OFFSET, region)).codes()

    @contextmanager
    def held(self, row: int, column: int) -> Iterator[None]:
        """One cell stays as a read has it within, and is let go behind: bit line on the sense line, source
        line at ground, row at vpp.

        For a meter at the bench. Nothing converts, and no other job may begin within.

        Raises:
            UserError: the chip has no such cell.
            JobFailed: the chip refuses, or ended it by itself.
            DriverError: as of run().
        """
        self.plan(Operation.READ, Region(row, row, column, column))  # for its check
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
        """Bring all cells that were programmed back to their levels: PROGRAM with the levels that the memory
        keeps.

        The chip's own REFRESH takes a cell to the level nearest to where it has drifted: after an hour that
        is its own, after a day three of ten cells at 16 levels go to a neighbour. This does not.

        Returns:
            One a rectangle of known cells.

        Raises:
            UserError: no cell was programmed.
            DriverError: as of run(); another call begins again, and cells that are there cost one verify.
        """
        levels = self.memory.levels
        if not (levels >= 0).any():
            raise UserError("refresh: no level is known; program cells first")
        done = []
        for region in known_regions(levels):
            done.append(
                self.program(
                    levels[region.row_first : region.row_last + 1, region.col_first : region.col_last + 1],
                    region,
                )
            )
        return done
