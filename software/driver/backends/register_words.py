"""The words that the registers of an emulated chip hold, and what a read of each tells."""

from __future__ import annotations

from neusoc.base.chip import Chip
from neusoc.digital.model import regmap
from neusoc.digital.model.regmap import Register
from neusoc.software.driver.backends.image_unit import ImageUnit
from neusoc.software.driver.backends.job_unit import JobUnit


class RegisterWords:
    """Registers of one chip as after a reset.

    Args:
        chip: its sizes.
        spikes: its neurons.
    """

    _jobs: JobUnit

    def __init__(self, chip: Chip, spikes: ImageUnit) -> None:
        self._chip, self._spikes, self._map = chip, spikes, regmap.registers()
        self._at = {register.offset: (name, register) for name, register in self._map.items()}
        self._words = {name: regmap.reset_word(name) for name in self._map}
        self._words["id"] |= self._word("id", rows=chip.rows - 1, neurons=chip.neurons - 1)
        self._words["size"] |= self._word("size", columns=chip.columns - 1)
        self._sticky = 0  # bits of IRQ_STATUS that stay
        self._told = (0, 0)  # ends of jobs, and those not well, that IRQ_STATUS knows of
        self._shown = 0  # images whose end it knows of, as ImageUnit.count

    # --- reads

    def _value(self, name: str, register: Register) -> int:
        if not register.readable:
            return 0
        own = getattr(self, f"_read_{name}", None)
        return int(own()) if own else self._words[name]

    def _read_irq_status(self) -> int:
        jobs = self._jobs
        return self._sticky | self._flags(
            "irq_status",
            result=len(jobs.results) >= max(1, self._field("marks", "results")),
            job_waits=jobs.waits_level or jobs.waits_room,
            levels=jobs.running is not None and jobs.levels.words <= self._field("marks", "level_words"),
            event_out=self._waiting and not self._field("ctrl", "aer_out"),
            pixels=not self._spikes.pixels.full,
        )

    def _read_status(self) -> int:
        images = self._spikes
        shown, waits = images.waits or images.running is not None, images.event_waits is not None
        return self._flags("status", event_out_valid=self._waiting, pulse_busy=shown, event_in_busy=waits)

    def _read_event_out(self) -> int:
        """EVENT_OUT takes the spike that is offered; while spikes leave on the pins, and without one, it is
        not valid."""
        spike, valid = self._spikes.offered, self._waiting and not self._field("ctrl", "aer_out")
        if valid:
            self._spikes.take()
            self._add("events", "sent")
        return self._word("event_out", valid=int(valid), neuron=spike or 0)

    def _read_key(self) -> int:
        return int(self._jobs.key)

    def _read_error(self) -> int:
        return self._word("error", job=self._jobs.error, bus=self._field("error", "bus"))

    def _read_job_status(self) -> int:
        jobs = self._jobs
        counts = self._word("job_status", level_words=jobs.levels.words, results=len(jobs.results))
        return counts | self._flags(
            "job_status",
            busy=jobs.running is not None,
            waits_level=jobs.waits_level,
            waits_room=jobs.waits_room,
        )

    def _read_result(self) -> int:
        """RESULT takes the oldest result; without one it is 0."""
        jobs = self._jobs
        if not jobs.results:
            return 0
        first = jobs.results.popleft()
        jobs.advance()
        self._tell_ends()
        return self._word("result", code=first.code, pulses=first.pulses, outcome=int(first.outcome), valid=1)

    def _read_result_cell(self) -> int:
        """RESULT_CELL names the cell of the oldest result; without one it is 0 (in silicon it is any
        cell)."""
        results = self._jobs.results
        return self._word("result_cell", row=results[0].row, col=results[0].col) if results else 0

    def _read_last_cell(self) -> int:
        last = self._jobs.last
        return self._word("last_cell", target=last.target, wl=last.wl) if last else 0

    def _read_image(self) -> int:
        images = self._spikes
        states = self._flags(
            "image",
            full=images.pixels.full,
            waits=images.waits,
            busy=images.running is not None,
            found=images.found,
        )
        return states | self._word("image", neuron=images.neuron, count=images.count)

    @property
    def _waiting(self) -> bool:
        return self._spikes.offered is not None

    # --- words

    def _word(self, name: str, **values: int) -> int:
        return regmap.word(name, **values)

    def _flags(self, name: str, **values: bool) -> int:
        return self._word(name, **{field: int(value) for field, value in values.items()})

    def _split(self, name: str, value: int) -> dict[str, int]:
        return regmap.split(name, value)

    def _top(self, register: str, field: str) -> int:
        """Highest value of a field."""
        return (1 << self._map[register].fields[field].width) - 1

    def _field(self, name: str, field: str) -> int:
        return self._split(name, self._words[name])[field]

    def _put(self, name: str, **values: int) -> None:
        """Set fields of a stored word; the others stay."""
        self._words[name] = self._word(name, **{**self._split(name, self._words[name]), **values})

    def _raise(self, cause: str) -> None:
        self._sticky |= self._map["irq_status"].fields[cause].mask

    def _add(self, name: str, field: str) -> None:
        """Count one more, around the end."""
        self._put(name, **{field: self._field(name, field) + 1 & self._top(name, field)})

    def _count_error(self, field: str) -> None:
        self._put("errors", **{field: min(self._field("errors", field) + 1, self._top("errors", field))})
        self._raise(field)

    # --- causes that IRQ_STATUS is told

    def _tell_ends(self) -> None:
        """Ends of jobs."""
        now = self._jobs.ended.jobs, self._jobs.ended.failed
        for cause, count, told in zip(("job_end", "job_error"), now, self._told, strict=True):
            if count > told:
                self._raise(cause)
        self._told = now

    def _tell_images(self) -> None:
        """Ends of images."""
        if self._spikes.count != self._shown:
            self._shown = self._spikes.count
            self._raise("image_end")
