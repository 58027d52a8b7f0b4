"""What jobs of the tester's functional test are made of: settings with short times, region, levels and
command, results."""

from __future__ import annotations

from collections.abc import Generator

from neusoc.digital.model.ispp import Job, Kind, Registers, load_registers
from neusoc.digital.model.ispp import Operation as JobOperation
from neusoc.digital.model.words import BUFFER_WORDS, KEY, level_words, setting_words
from neusoc.verification.tools.faults.patterns import Patterns, Steps
from neusoc.verification.tools.faults.port import Operation, Wait

POLLS = 120  # times that the state of a job is read at most


class Jobs(Patterns):
    """Steps of jobs; arguments as of Patterns."""

    def short_path(self) -> Steps:
        """Shortest times of jobs, and the key."""
        yield from self.fields("path_timing", gap=1, program_settle=1, read_settle=1, wake=0)
        yield from self.fields("adc_timing", sample=1, hold=1, trial=1, watchdog=12)
        yield from self.write("key", KEY)

    def start(
        self, job: Job, levels: list[list[int]] | None = None, quiet: int = 0
    ) -> Generator[Operation, int, list[int]]:
        """Region, as many levels as fit, command; words of levels that did not fit."""
        words = level_words(levels)
        yield from self.fields(
            "region",
            row_first=job.row_first,
            row_last=job.row_last,
            col_first=job.col_first,
            col_last=job.col_last,
        )
        for word in words[:BUFFER_WORDS]:
            yield from self.write("levels", word)
        self.around.kind = Kind.FORM if job.operation == JobOperation.FORM else Kind.SET
        yield from self.fields("command", operation=int(job.operation), quiet=quiet)
        return words[BUFFER_WORDS:]

    def finish(self, words: list[int], patience: int = 0) -> Steps:
        """Feed levels, take results until the job has ended; patience: looks before anything is taken."""
        for look in range(POLLS):
            status = yield from self.read("job_status")
            if look < patience:
                yield Wait(60)
                continue
            if words and status >> 8 & 0x7 < BUFFER_WORDS:
                yield from self.write("levels", words.pop(0))
            for _ in range(status >> 16 & 0x1F):
                yield from self.read("result_cell", "result", "last_cell")
            if not status & 1 and not status >> 16 & 0x1F:
                break
            yield Wait(25)
        yield from self.read("error", "last_cell", "irq_status", "status")

    def _own(self, settings: Registers) -> Registers:
        """Settings with short pulses, without what the controller refuses."""
        changes: dict[str, object] = {"pulse_limit": min(settings.pulse_limit, 1 + self.random.randrange(5))}
        changes["read_count"] = settings.read_count if self.random.random() < 0.12 else 0
        for name in ("form", "set", "reset"):
            changes[name] = getattr(settings, name).model_copy(
                update={"width": 1 + self.random.randrange(12)}
            )
        stage = changes["reset"]
        line = settings.reset.line.model_copy(update={"start": 0, "step": 0, "stop": 0})
        wl = settings.reset.wl.model_copy(
            update={"step": max(1, settings.reset.wl.step)}
        )  # both steps 0: refused
        changes["reset"] = stage.model_copy(update={"line": line, "wl": wl})  # type: ignore[attr-defined]
        changes["limits"] = settings.limits.model_copy(update={"sl": 0})
        return settings.model_copy(update=changes)

    def _plain(self, **changes: object) -> Registers:
        """Settings after reset with one read a verify and short pulses."""
        return self._own(load_registers()).model_copy(update={"read_shift": 0, "read_count": 0, **changes})

    def plain(self, **changes: object) -> Steps:
        """These settings."""
        for name, value in setting_words(self._plain(**changes)).items():
            yield from self.write(name, value)
