"""Patterns of what holds words and counts far: each bit of each level and result that is kept, counters of
what goes wrong to their highest value, and each bit of the times of jobs.
"""

from __future__ import annotations

from collections.abc import Mapping

from neusoc.digital.model.ispp import Job
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.verification.tools.faults.cell_jobs import CellJobs
from neusoc.verification.tools.faults.patterns import WORD, Steps, hashed
from neusoc.verification.tools.faults.port import Wait
from neusoc.verification.tools.faults.surroundings import Answers
from neusoc.verification.tools.faults.times import Times

HELD = 16  # cells of a job whose levels, and whose results, fill the buffers
LEVEL_STEP = 8  # codes between two levels of 32
HIGHEST = 255  # of a counter of errors


class Placed(Answers):
    """Answers of a converter for cells that stay where a table has them.

    Args:
        codes: (row, column) -> code; any other cell reads 0.
    """

    def __init__(self, codes: Mapping[tuple[int, int], int]) -> None:
        super().__init__(0)
        self._at = codes

    def read(self, row: int, col: int, range: int) -> int:
        """Code of that cell."""
        return self._at.get((row, col), 0)


class WordsAndCounts(CellJobs, Times):
    """Patterns of words and counts; arguments as of Patterns."""

    def held_words(self) -> Steps:
        """Levels in every place of their buffer, each bit at both values, for cells that are there already;
        results of such cells."""
        columns = min(self.chip.columns, HELD)
        rows = HELD // columns
        places = [(row, column) for row in range(rows) for column in range(columns)]
        yield from self.short_path()
        yield from self.plain(pulse_limit=1)
        yield from self.fields("grid", max_level=31, step=LEVEL_STEP, base=0)
        yield from self.fields("tolerance", keep=0, tolerance=0)
        for seed in range(4):
            for invert in (0, 31):
                levels = [hashed(k + 1, seed) >> 8 & 31 ^ invert for k in range(HELD)]
                self.around.cells = Placed(
                    {place: LEVEL_STEP * level for place, level in zip(places, levels, strict=True)}
                )
                of_rows = [levels[row * columns : (row + 1) * columns] for row in range(rows)]
                left = yield from self.start(Job(JobOperation.PROGRAM, 0, rows - 1, 0, columns - 1), of_rows)
                yield from self.finish(left, patience=10 * (seed % 2))
        for seed in range(2):
            for invert in (0, HIGHEST):
                self.around.cells = Placed(
                    {place: hashed(k + 1, seed) >> 9 & 255 ^ invert for k, place in enumerate(places)}
                )
                left = yield from self.start(Job(JobOperation.READ, 0, rows - 1, 0, columns - 1))
                yield from self.finish(left, patience=18)
        self.around.cells = self.around.array(9, False)
        yield from self.defaults()

    def job_times(self) -> Steps:
        """Each bit of each time of a job, in one that reads and in one that pulses once; a converter that is
        late by each bit."""
        self.around.cells = Placed({(1, 2): 3})
        for register in ("path_timing", "adc_timing"):
            for time in self.map[register].fields():
                for bit in range(time.width):
                    yield from self.short_path()
                    yield from self.plain(pulse_limit=1)
                    others = {node.inst_name: 1 for node in self.map[register].fields()}
                    yield from self.fields(
                        register, **{**others, "wake": 0, "watchdog": 200, time.inst_name: 1 << bit}
                    )
                    late = time.inst_name == "watchdog"
                    kept, self.around.cells = self.around.cells, None if late else self.around.cells
                    for operation in (JobOperation.READ,) if late else (JobOperation.READ, JobOperation.SET):
                        yield from self.start(Job(operation, 1, 1, 2, 2))
                        yield Wait(40)
                        yield from self.ended()
                        yield from self.read("result_cell", "last_cell", "result", "error")
                    self.around.cells = kept
                    yield from self.write("irq_status", WORD)
        yield from self.write("stop", 3)
        self.around.cells = self.around.array(9, False)
        yield from self.defaults()

    def losses(self) -> Steps:
        """Events that no receiver takes, and frames that are cut short, each more often than its counter
        holds."""
        yield from self.fields("refractory", count=0, prescale=0)
        yield from self.fields("aer_timeout", cycles=1)
        self.around.receiving, self.around.chance, self.around.spiking = (
            False,
            1.0,
            (1 << self.chip.neurons) - 1,
        )
        yield from self.enable(aer_out=1)
        for _ in range(36):
            yield Wait(140)
            yield from self.read("errors")
        self.around.receiving, self.around.spiking = True, 0
        yield from self.disable()
        yield from self.write("errors", 0)
        yield from self.read("errors")
        yield from self._over_spi(self._short_frames())
        yield from self.defaults()

    def _short_frames(self) -> Steps:
        for number in range(HIGHEST + 2):
            yield from self._frame(number & 1, 1)
            if number & number + 1 == 0:
                yield from self.read("spi")
        yield from self.read("spi", "irq_status")

    def older(self) -> Steps:
        """Learning with each row's event one tick ago, and two, beside one whose neighbour's is."""
        yield from self.short_times()
        yield from self.fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
        yield from self.fields("refractory", count=0, prescale=0)
        yield from self.fields("inhibit", cycles=5)
        modes = {"aer_in": 1, "winner": 1, "learn": 1, "aer_out": 1}
        self.around.chance = 1.0
        for row in range(min(self.chip.rows, 16)):
            for late in (24, 44, 62):
                yield from self._taught((row,), row, 1 if late == 24 else 7, modes, window=1, late=late)
        yield from self.disable()
        yield from self.defaults()
