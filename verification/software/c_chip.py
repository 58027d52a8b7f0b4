"""The C driver's chip, as Python calls it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from neusoc.base.errors import UserError
from neusoc.digital.model.images import MIDDLE, PLANES, ImageSettings
from neusoc.digital.model.ispp import Outcome
from neusoc.software.driver.chip import Chip
from neusoc.software.driver.images import PAIR_MIDDLE, TRIM_MIDDLE, Images, ImageState
from neusoc.software.driver.job_runs import Watch
from neusoc.software.driver.jobs import Cell, Identity, Progress, Region
from neusoc.software.driver.neurons import MOST_SPIKES
from neusoc.software.driver.transport import ClockLost, DriverError, RailRefused, Refused, Timeout, Transport
from neusoc.verification.software.c_driver import (
    CLOCK,
    JOB,
    RAIL,
    REFUSED,
    VERSION,
    WORD,
    CBus,
    CCell,
    CIdentity,
    CJob,
    CRegisters,
    CSettings,
    CState,
    library,
)

OK, GOES_ON, WAITS, NO_CHIP, TIMEOUT, STRANGE, HALTED, LOST, NO_ROW, AER_OUT, PIXEL, TOO_WIDE = range(12)


NOBODY = 0xFF


SAID = {
    NO_CHIP: "ID.magic is another: no NeuSoC answers; check the address and its power",
    STRANGE: "the chip's next result is not that of the next cell; is another program on the bus?",
    HALTED: "the neurons do not run; call enable() first",
    LOST: "events were dropped; is another program on the bus?",
    NO_ROW: "an event to a row that the chip has not; choose another",
    AER_OUT: "spikes leave on the pins; clear CTRL.aer_out",
    PIXEL: "a pixel is not from 0 to 15; scale them",
    TOO_WIDE: "a value does not fit its field; give a smaller one",
    VERSION: "VERSION.interface is another than the headers'; compile with those that belong to the chip",
}


class CChip(Chip):
    """The driver's Chip, with the C driver at work.

    Args:
        transport: the way to the chip.
        path: the library; by default that of the firmware as it stands.
    """

    def __init__(self, transport: Transport, path: Path | None = None, **options: Any) -> None:
        self._bus = self._made_bus(path or library(), transport, options.get("poll_s", 20e-6))
        super().__init__(self._bus, **options)

    def _made_bus(self, path: Path, transport: Transport, poll_s: float) -> CBus:
        return CBus(path, transport, poll_s)

    @property
    def looks(self) -> int:
        """Most looks at something that is waited for."""
        return max(1, round(self._stall_s / self._poll_s))

    def call(self, name: str, *arguments: Any) -> int:
        """Call C; as CBus says."""
        return self._bus.call(name, *arguments)

    def do(self, what: str, name: str, *arguments: Any) -> None:
        """Call C; what it returns becomes the driver's exceptions."""
        self._raise(what, self._bus.call(name, *arguments))

    def _raise(self, what: str, status: int) -> None:
        if status == TIMEOUT:
            raise Timeout(f"{what}: not within {self.looks} looks; read JOB_STATUS and STATUS")
        if REFUSED <= status < JOB:
            raise Refused(what, status - REFUSED)
        if status == CLOCK:
            raise ClockLost(what)
        if status == RAIL:
            raise RailRefused(what)
        if status != OK:
            raise DriverError(f"{what}: {SAID.get(status, f'status {status}')}")

    def _identify(self, expected: Identity | None) -> Identity:
        self.registers = CRegisters(self._bus)
        told = CIdentity()
        self.do("identity", "neusoc_identify", ctypes.byref(told))
        found = Identity(told.rows, told.columns, told.neurons, told.results, told.levels)
        assert bool(told.clock_lost) == self.clock_was_lost
        if expected and found != expected:
            raise DriverError(f"{found}: not the chip that was asked for, {expected}; check the address")
        return found

    def _set_key(self) -> None:
        self.do("key", "neusoc_arm")

    def _take_key(self) -> None:
        self.do("key", "neusoc_disarm")

    def _job(
        self, progress: Progress, region: Region, words: list[int], watch: Watch | None, ahead: int | None
    ) -> None:
        levels = b"".join(word.to_bytes(4, "little") for word in words) if words else None
        job, cells, begun = (
            CJob(int(progress.operation), *region, ahead or 0, levels),
            (CCell * region.size)(),
            len(progress.results),
        )

        def note() -> int:
            """Cells that C has taken go to the progress; how many are new."""
            new = cells[len(progress.results) - begun : job.taken]
            for cell in new:
                self._note(progress, Cell(cell.row, cell.col, Outcome(cell.outcome), cell.pulses, cell.code))
            return len(new)

        try:
            if watch is None:
                status = self._bus.call("neusoc_run", ctypes.byref(job), cells, self.looks)
            else:
                status = self._watched(progress, job, cells, note, watch)
        finally:
            note()
        if status != OK and status < JOB:
            self._raise("region, levels or command" if status >= REFUSED else progress.title, status)
        told, kept = max(0, status - JOB), self.registers.field("error", "job")
        if told != kept:  # Chip.run reads it again, and raises it
            raise AssertionError(f"{progress.title}: C returned the job's code {told}, ERROR.job is {kept}")

    def _watched(
        self, progress: Progress, job: CJob, cells: Any, note: Callable[[], int], watch: Watch
    ) -> int:
        self.do("region", "neusoc_begin", ctypes.byref(job))
        idle = 0
        while idle < self.looks:
            status = self._bus.call("neusoc_step", ctypes.byref(job), cells)
            if status not in (GOES_ON, WAITS):
                return status
            if note():
                watch(progress)
            idle = idle + 1 if status == WAITS else 0
            if idle:
                self._bus.poll(self._poll_s)
        return TIMEOUT

    def _made_images(self) -> CImages:
        return CImages(self)

    def stop(self) -> None:
        self.do("stop", "neusoc_stop", 0, self.looks)

    def _clear(self) -> None:
        self.do("stop", "neusoc_stop", 1, self.looks)

    def _hold(self, row: int, column: int) -> None:
        self.do("hold", "neusoc_hold", row, column)

    def send(self, rows: Iterable[int]) -> None:
        events = list(rows)
        if not all(0 <= row <= 0xFF for row in events):
            raise UserError(SAID[NO_ROW])
        self.do("events", "neusoc_send", bytes(events), len(events), self.looks)

    def spikes(self, most: int = MOST_SPIKES) -> list[int]:
        found, count = (ctypes.c_uint8 * most)(), WORD()
        self.do("spikes", "neusoc_spikes", found, most, ctypes.byref(count))
        return list(found[: count.value])


class CImages(Images):
    """The driver's Images, with the C driver at work.

    Args:
        chip: whose.
    """

    def __init__(self, chip: CChip) -> None:
        super().__init__(chip.registers, chip.identity, 0.0, 1.0)
        self._chip = chip

    def configure(self, settings: ImageSettings, *, lowest: int = 0, rest: int = MIDDLE) -> None:
        s, planes = settings, ctypes.c_uint8 * PLANES
        given = CSettings(
            planes(*s.windows),
            planes(*s.ratios),
            lowest,
            s.clear,
            s.lead,
            s.opened,
            s.close,
            s.tail,
            s.step,
            s.top,
            rest,
        )
        self._chip.do("settings of images", "neusoc_image_configure", ctypes.byref(given), self._chip.looks)

    def configure_events(self, window: int, ratio: int = 0) -> None:
        self._chip.do("window", "neusoc_event_configure", window, ratio)

    def trim(
        self,
        neuron: int | None = None,
        *,
        pair: int = PAIR_MIDDLE,
        threshold: int = TRIM_MIDDLE,
        test: bool = False,
    ) -> None:
        if neuron is None:
            self._chip.do("neuron_config", "neusoc_trim_all", pair, threshold, int(test))
        else:
            self._chip.do("neuron_config", "neusoc_trim", neuron, pair, threshold, int(test))

    def reference(self, word: int, data: int) -> None:
        self._chip.do("reference", "neusoc_reference", int(word), data)

    def settle(self) -> None:
        self._chip.do("images", "neusoc_image_settle", self._chip.looks)

    def state(self) -> ImageState:
        told = CState()
        self._chip.call("neusoc_image_state_of", ctypes.byref(told))
        return ImageState(
            bool(told.found),
            told.neuron,
            told.count,
            *(bool(getattr(told, name)) for name in ("full", "waits", "busy")),
        )

    def load(self, pixels: Sequence[int]) -> None:
        self._chip.do("pixels", "neusoc_image_load", self._bytes([pixels]))

    def start(self) -> None:
        self._chip.do("image", "neusoc_image_start")

    def stop(self) -> None:
        self._chip.do("image", "neusoc_image_stop")

    def clear(self) -> None:
        self._chip.do("image", "neusoc_image_clear")

    def _bytes(self, images: Sequence[Sequence[int]]) -> bytes:
        if any(len(pixels) != self._identity.rows for pixels in images):
            raise UserError(f"image: give a pixel for each of the {self._identity.rows} rows of the chip")
        return bytes(int(pixel) for pixels in images for pixel in pixels)

    def answers(self, images: Sequence[Sequence[int]]) -> Iterator[int | None]:
        """As Images says; all at once."""
        data, winners, done = self._bytes(images), (ctypes.c_uint8 * max(1, len(images)))(), WORD()
        self._chip.do(
            "image", "neusoc_classify", data, len(images), winners, ctypes.byref(done), self._chip.looks
        )
        assert done.value == len(images)
        yield from (None if winner == NOBODY else winner for winner in winners[: done.value])
