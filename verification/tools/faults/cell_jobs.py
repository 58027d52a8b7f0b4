"""Jobs on one cell, whose converter answers what the patterns say: each ends after few pulses and shows in
LAST_CELL and RESULT what the
algorithm computed. And what the check before a job compares: pairs of numbers that are equal, and that differ
    in one bit.
"""

from __future__ import annotations

from collections.abc import Iterator

from neusoc.digital.model.ispp import Job
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.digital.model.words import KEY
from neusoc.verification.tools.faults.jobs import Jobs
from neusoc.verification.tools.faults.patterns import WORD, Steps
from neusoc.verification.tools.faults.port import Wait
from neusoc.verification.tools.faults.surroundings import Answers

CELLS = 230  # jobs
STAGES = ("form", "set", "reset")
LOOKS = 60  # at the state of one job
ORDER = (
    JobOperation.PROGRAM,
    JobOperation.PROGRAM,
    JobOperation.REFRESH,
    JobOperation.PROGRAM,
    JobOperation.SET,
    JobOperation.PROGRAM,
    JobOperation.FORM,
    JobOperation.RESET,
    JobOperation.PROGRAM,
    JobOperation.READ,
)


def pairs(bits: int) -> Iterator[tuple[int, int]]:
    """Pairs for a comparison of numbers of so many bits: equal, one less, one more, and different in one
    bit."""
    top = (1 << bits) - 1
    for bit in range(bits):
        for value in (1 << bit, top ^ 1 << bit):
            yield value, value
            yield value, value ^ 1 << bit
            yield value ^ 1 << bit, value
        yield (1 << bit) - 1, 1 << bit
        yield 1 << bit, (1 << bit) - 1


class CellJobs(Jobs):
    """Jobs of one cell; arguments as of Patterns."""

    def _stage(self, name: str, wide: bool) -> Steps:
        """A stage with any codes that make sense, and a short pulse; wide: the whole range."""
        rng = self.random
        for part, step in (("wl", 5), ("line", 4)):
            start = 0 if wide else rng.randrange(64)
            stop = 63 if wide else rng.randrange(start, 64)
            fields = {
                "start": start,
                "stop": stop,
                "step": rng.choice((0, 1, rng.randrange(1 << step), rng.randrange(1 << step))),
            }
            fields |= {"fine": rng.randrange(2), "full": rng.randrange(2), "width": 1 + rng.randrange(6)}
            yield from self.fields(f"{name}_{part}", **fields)

    def _answers(self, number: int, target: int, tolerance: int, done: int) -> list[int]:
        """Codes of a cell's reads: below, above, reached by one more or less, for each way through the
        algorithm."""
        rng = self.random
        less, more = (
            target - tolerance - 1 - rng.randrange(max(1, target)),
            target + tolerance + 1 + rng.randrange(max(1, 255 - target)),
        )
        edge = rng.choice((-tolerance - 1, -tolerance, tolerance, tolerance + 1))
        bottom = done + rng.choice((-1, 0, 0, 1))
        return (
            [less, target - tolerance - 1 - rng.randrange(40), less, target + edge],
            [less, more, bottom, less, target + edge],
            [more, bottom, less, target + edge],
            [less, less, less, less, less, less, less],
            [target + edge, target + edge, less],
            [more, more, more, bottom, more, bottom],
        )[number % 6]

    def cells(self) -> Steps:
        """Jobs of one cell with random settings, each read back."""
        rng = self.random
        yield from self.short_path()
        yield from self.fields("limits_codes", full=1, bl=63, wl_fine=63, wl=63)
        yield from self.fields("irq_enable", job_end=1)
        for number in range(CELLS):
            operation = ORDER[number % len(ORDER)]
            wide = number % 3 != 2
            if number % 2 or number < len(ORDER):
                for stage in STAGES:
                    yield from self._stage(stage, wide and stage == "set")
            level, top, base = rng.randrange(32), 31, rng.randrange(60)
            step = rng.randrange(1 + (255 - base) // top) if number % 4 else 0
            if not step:
                level, top, base = rng.randrange(3), rng.randrange(2, 4), rng.randrange(16)
                step = rng.randrange(1 + (255 - base) // top)
            target, tolerance = (
                base + min(level, top) * step,
                rng.choice((0, 1, rng.randrange(8), rng.randrange(64))),
            )
            done = rng.choice((rng.randrange(256), rng.randrange(16)))
            if operation in (JobOperation.SET, JobOperation.FORM, JobOperation.RESET):
                target, tolerance = done, 0
            yield from self.fields("grid", max_level=top, step=step, base=base)
            yield from self.fields(
                "tolerance", keep=tolerance if number % 5 else rng.randrange(64), tolerance=tolerance
            )
            yield from self.fields("done", form=done, set=done, reset=done)
            offset, knee = (
                rng.randrange(-40, 50) & 0xFF,
                rng.choice((target, target + 1, rng.randrange(256))) & 0xFF,
            )
            low, high = rng.randrange(64), rng.randrange(64)
            yield from self.fields("predict", slope_high=high, slope_low=low, knee=knee, offset=offset)
            steps = {
                "step_max": rng.choice((31, rng.randrange(32))),
                "step_min": rng.choice((0, rng.randrange(32))),
            }
            yield from self.fields(
                "staircase", back_gain=rng.randrange(64), step_gain=rng.randrange(64), **steps
            )
            tries = 1 + rng.randrange(7) if number % 8 == 3 else 1 + number % 3
            retries = {"retry_back": rng.randrange(32), "reset_first": int(rng.random() < 0.2)}
            yield from self.fields(
                "retry",
                stop_tries=tries,
                pulse_limit=9 if number % 6 == 3 else 1 + rng.randrange(4),
                **retries,
            )
            many = number % 9 == 4
            reads = {"count": rng.randrange(4), "shift": rng.randrange(4)} if many else {}
            yield from self.fields(
                "read", range=rng.randrange(2), margin=rng.choice((255, rng.randrange(256), 0)), **reads
            )
            self.around.cells = Answers(
                number, () if many else self._answers(number, target, tolerance, done), target
            )
            row, column = rng.randrange(self.chip.rows), rng.randrange(self.chip.columns)
            yield from self.start(
                Job(operation, row, row, column, column),
                [[level]] if operation == JobOperation.PROGRAM else None,
            )
            yield from self.ended()
            yield from self.read("result_cell", "last_cell", "result", "error")
            yield from self.write("irq_status", WORD)
        yield from self.read("irq_status")
        self.around.cells = self.around.array(9, False)
        yield from self.defaults()

    def ended(self) -> Steps:
        """Wait for the end of a job; one that does not end is stopped."""
        for _ in range(LOOKS):
            if not (yield from self.read("job_status")) & 1:
                return
            yield Wait(12)
        yield from self.write("stop", 1)
        yield Wait(80)

    def _judged(self, operation: JobOperation, levels: list[list[int]] | None = None, **region: int) -> Steps:
        """A job that is refused whatever its settings are; ERROR.job tells what was wrong first."""
        yield from self.fields(
            "region", **{"row_first": 0, "row_last": 0, "col_first": 0, "col_last": 0, **region}
        )
        if levels:
            yield from self.write("levels", levels[0][0])
        yield from self.fields("command", operation=int(operation))
        for _ in range(LOOKS):
            if not (yield from self.read("job_status")) & 1:
                break
        yield from self.read("error")

    def judged(self) -> Steps:
        """Every comparison of the check before a job. No pulse is allowed, so that no job begins, and what
        comes before is told first."""
        yield from self.short_path()
        yield from self.fields("retry", pulse_limit=0, stop_tries=1)
        yield from self.fields("limits_codes", full=1, bl=63, wl_fine=63, wl=63)
        yield from self.fields("limits_pulses", pulses=63, width=1023)
        for stage in STAGES:
            operation = JobOperation[stage.upper()]
            yield from self.fields(f"{stage}_line", start=1, step=1, stop=1, width=1)
            some = list(pairs(6))[:: 1 if stage == "form" else 7]  # one comparison serves all stages
            for one, other in some:
                yield from self.fields(f"{stage}_wl", start=one, step=1, stop=other)
                yield from self._judged(operation)
            for fine, limit in ((0, "wl"), (1, "wl_fine")):
                for one, other in some:
                    yield from self.fields(
                        "limits_codes", **{"full": 1, "bl": 63, "wl": 63, "wl_fine": 63, limit: one}
                    )
                    yield from self.fields(f"{stage}_wl", start=0, step=1, stop=other, fine=fine)
                    yield from self._judged(operation)
            yield from self.fields(f"{stage}_wl", start=1, step=1, stop=1)
            for one, other in some if stage != "reset" else ():
                yield from self.fields(f"{stage}_line", start=one, step=1, stop=other, width=1)
                yield from self._judged(operation)
                yield from self.fields("limits_codes", full=1, bl=one, wl=63, wl_fine=63)
                yield from self.fields(f"{stage}_line", start=0, step=1, stop=other, width=1)
                yield from self._judged(operation)
                yield from self.fields("limits_codes", full=1, bl=63, wl=63, wl_fine=63)
            for bit in range(6):
                yield from self.fields(f"{stage}_wl", start=1, step=(1 << bit) & 31, stop=1)
                yield from self.fields(f"{stage}_line", start=1, step=0, stop=1, width=1)
                yield from self._judged(operation)
                yield from self.fields(f"{stage}_wl", start=1, step=0, stop=1)
                yield from self.fields(f"{stage}_line", start=1, step=(1 << bit) & 15, stop=1, width=1)
                yield from self._judged(operation)
            yield from self.fields(f"{stage}_wl", start=1, step=1, stop=1)
            for one, other in pairs(10) if stage == "form" else list(pairs(10))[::7]:
                yield from self.fields("limits_pulses", pulses=63, width=one)
                yield from self.fields(f"{stage}_line", start=1, step=1, stop=1, width=other)
                yield from self._judged(operation)
            yield from self.fields("limits_pulses", pulses=63, width=1023)
        yield from self._regions()
        yield from self._grids()
        yield from self.defaults()

    def _regions(self) -> Steps:
        """First and last of rows and columns, within the array and beyond."""
        for part in ("row", "col"):
            for one, other in pairs(8):
                yield from self._judged(JobOperation.SET, **{f"{part}_first": one, f"{part}_last": other})
            size = self.chip.rows if part == "row" else self.chip.columns
            for last in (*range(size - 2, size + 2), 0x80, 0xFF):
                yield from self._judged(
                    JobOperation.SET, **{f"{part}_first": min(last, 1), f"{part}_last": last & 0xFF}
                )

    def _grids(self) -> Steps:
        """Grids that end at, before and beyond the highest code; levels at and beyond the highest one."""
        for top in (1, 2, 4, 8, 16, 31, 21, 10):
            for base in (0, 1, 7, 85, 170):
                for more in (0, 1):
                    yield from self.fields("grid", max_level=top, step=(255 - base) // top + more, base=base)
                    yield from self._judged(JobOperation.REFRESH)
            yield from self.fields("grid", max_level=top, step=1, base=0)
            for level in (top, top + 1, top ^ 1, top ^ 2, top | 16, 0x20, 0x80):
                for place in range(4):
                    yield from self.write("stop", 0)
                    yield from self._judged(JobOperation.PROGRAM, [[level << 8 * place]], col_last=place)
        yield from self.write("stop", 3)

    def limits(self) -> Steps:
        """Jobs with as many pulses, and as long ones, as the limits allow."""
        yield from self.short_path()
        yield from self.fields("read", count=0, shift=0, margin=255)
        yield from self.fields("done", form=255, set=255, reset=0)
        for bit in range(10):
            width = 1 << bit
            yield from self.fields("limits_pulses", pulses=1 << bit % 6, width=width)
            yield from self.fields("set_wl", start=1, step=1, stop=40, fine=bit & 1)
            yield from self.fields("set_line", start=1, step=1, stop=40, width=width)
            for more in (0, 1):
                yield from self.fields("retry", pulse_limit=(1 << bit % 6) + more, stop_tries=1)
                self.around.cells = Answers(bit, [3 + bit] * 2)
                yield from self.start(
                    Job(JobOperation.SET, bit % self.chip.rows, bit % self.chip.rows, bit % 4, bit % 4)
                )
                if bit % 6 > 1:
                    yield Wait(90 + width)
                    yield from self.write("stop", 1)
                yield from self.ended()
                yield from self.read("last_cell", "result", "error")
        yield from self.write("key", KEY)
        self.around.cells = self.around.array(5, False)
        yield from self.defaults()
