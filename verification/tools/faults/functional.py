"""The whole of the tester's functional test: random jobs, buffers full and empty, every way in which a job
ends early, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from neusoc.base.chip import Chip
from neusoc.digital.model.integer_cell import random_job, random_registers
from neusoc.digital.model.ispp import Job
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.digital.model.words import BUFFER_WORDS, HOLD, KEY, setting_words
from neusoc.verification.tools.faults.patterns import WORD, Steps
from neusoc.verification.tools.faults.port import Wait
from neusoc.verification.tools.faults.surroundings import Surroundings
from neusoc.verification.tools.faults.words_and_counts import WordsAndCounts

JOBS = 26  # random ones
REFUSING = ("retry", "limits_codes", "limits_pulses", "grid")  # settings of no stage that can refuse a job


class FunctionalTest(WordsAndCounts):
    """The test of a variant's controller; arguments as of Patterns."""

    def program(self) -> Steps:
        """The whole test, from power-up."""
        parts: list[Callable[[], Steps]] = [
            self.reset,
            self.walk,
            self.guard,
            self.frames,
            self.counters,
            self.neurons,
            self.events_in,
            self.rows,
            self.spikes,
            self.periods,
            self.learning,
            self.waveforms,
            self.images,
            self.planes,
            self.buffers,
            self.jobs,
            self.judged,
            self.cells,
            self.limits,
            self.ends,
            self.held_words,
            self.job_times,
            self.older,
            self.losses,
            self.locked,
            self.reset,
        ]
        for part in parts:
            yield from part()

    def jobs(self) -> Steps:
        """Random jobs of every kind with random settings, which are read back behind each."""
        yield from self.short_path()
        yield from self.fields("irq_enable", result=1, levels=1, job_waits=1, job_end=1, job_error=1)
        for number in range(JOBS):
            settings = self._own(random_registers(self.random))
            job, levels = random_job(self.random, settings, self.chip.rows, self.chip.columns)
            last = job.col_first if number % 3 else min(job.col_last, job.col_first + 1)
            job = job._replace(row_last=min(job.row_last, job.row_first + number % 2), col_last=last)
            levels = (
                [
                    row[: job.col_last - job.col_first + 1]
                    for row in levels[: job.row_last - job.row_first + 1]
                ]
                if levels
                else None
            )
            self.around.cells = self.around.array(number, job.operation == JobOperation.FORM)
            words = setting_words(settings)
            for name, value in words.items():
                yield from self.write(
                    name, value | (self.random.getrandbits(1) << 25 if name == "reset_wl" else 0)
                )
            yield from self.fields("marks", results=number % 4, level_words=number % 5)
            left = yield from self.start(job, levels, int(number % 7 == 6))
            yield from self.finish(left)
            yield from self.read(*words)
            yield from self.write("irq_status", WORD)

    def buffers(self) -> Steps:
        """Buffers filled and emptied: levels and results of many cells, a job that waits for either."""
        rows, columns = self.chip.rows, self.chip.columns
        yield from self.short_path()
        yield from self.plain()
        for seed in (1, 2):
            self.around.cells = self.around.array(50 + seed, False)
            last = min(columns - 1, 9)
            words = yield from self.start(Job(JobOperation.READ, 0, min(rows - 1, 2), 0, min(last, 5)))
            yield from self.finish(words, patience=18)
            first = columns - min(columns, 6)
            levels = [[self.random.randrange(16) for _ in range(columns - first)] for _ in range(3)]
            yield from self.plain(pulse_limit=2)
            words = yield from self.start(
                Job(JobOperation.PROGRAM, rows - 3, rows - 1, first, columns - 1), levels
            )
            yield Wait(100)
            yield from self.write("levels", WORD)
            yield from self.finish(words, patience=4)
        for value in (WORD, 0, 0xA5C396E1):
            yield from self.write("stop", 0)
            for _ in range(BUFFER_WORDS + 1):
                yield from self.write("levels", value)
                yield from self.read("job_status", "error")
        yield from self.write("stop", 3)

    def ends(self) -> Steps:
        """Jobs that are refused or end early: each error, by settings, region, key, converter, interlock and
        STOP."""
        yield from self.short_path()
        one = Job(JobOperation.SET, 1, 1, 2, 2)
        bad: Iterable[Job] = (
            one._replace(row_last=200),
            one._replace(col_last=200),
            one._replace(row_first=3),
            one._replace(col_first=4),
        )
        yield from self.plain()
        for job in bad:
            yield from self.start(job)
            yield from self.finish([])
        yield from self.fields("region", row_first=1, row_last=2, col_first=1, col_last=2)
        yield from self.fields("command", operation=int(JobOperation.OFFSET))
        yield from self.finish([])
        for hold in (1, 2, 4):
            yield from self.fields("region", row_first=hold, row_last=hold, col_first=hold, col_last=hold)
            yield from self.fields("command", operation=HOLD)
            yield Wait(90)
            yield from self.read("job_status", "error")
            yield from self.write("stop", 1)
            yield Wait(60)
            yield from self.read("job_status", "error")
        words = setting_words(self._plain())
        for name in (
            *(f"{stage}_{part}" for stage in ("set", "form", "reset") for part in ("wl", "line")),
            *REFUSING,
        ):
            stage = name.partition("_")[0].upper()
            operation = JobOperation[stage] if stage in JobOperation.__members__ else JobOperation.PROGRAM
            for value in (0, 0x003F0000, 0x0000003F, 0x0000FF3F, 0xFFC00000):
                yield from self.write(name, value)
                yield from self.start(
                    one._replace(operation=operation), [[31]] if operation == JobOperation.PROGRAM else None
                )
                yield Wait(100)
                yield from self.write("stop", 3)
                yield Wait(20)
                yield from self.read("error", "job_status", "result")
            yield from self.write(name, words[name])
        yield from self.defaults()
        yield from self.plain()
        yield from self.write("key", 0)
        yield from self.start(one)
        yield from self.finish([])
        yield from self.write("key", KEY)
        yield from self.start(one._replace(row_last=3))
        yield from self.write("key", 0)
        yield from self.finish([])
        self.around.cells = None
        for operation in (JobOperation.READ, JobOperation.REFRESH):
            yield from self.short_path()
            yield from self.start(one._replace(operation=operation))
            yield from self.finish([])
        self.around.cells, self.around.answered = self.around.array(3, False), False
        yield from self.start(one._replace(operation=JobOperation.READ))
        yield from self.finish([])
        self.around.answered = True
        yield from self.fields("adc_timing", sample=90, hold=9, trial=11, watchdog=200)
        yield from self.fields("path_timing", gap=21, program_settle=100, read_settle=150, wake=3)
        yield from self.enable(aer_in=1)
        yield from self.start(one)
        self.around.pins["aer_in_req"] = 1
        yield from self.write("neuron_config", 0x8001)
        yield from self.write("read", 0)
        yield from self.finish([])
        self.around.pins.pop("aer_in_req")
        yield from self.read("irq_status")
        yield from self.disable()

    def locked(self) -> Steps:
        """LOCK holds the key and the limits."""
        yield from self.write("key", KEY)
        yield from self.read("key")
        yield from self.write("lock", 1)
        for value in (0, WORD):
            for name in ("key", "limits_codes", "limits_pulses", "lock"):
                yield from self.write(name, value)
                yield from self.read(name, "error")


def test_of(chip: Chip, around: Surroundings) -> Steps:
    """The test of a variant's controller."""
    return FunctionalTest(chip, around).program()
