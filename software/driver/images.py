"""Whole images through the registers: settings, trims, pixels in, winners out. A part of Chip (chip.py).

    chip.images.configure(ImageSettings(windows=(8, 4, 2, 1)))
    chip.enable()
    winners = chip.images.classify(pictures)                # one neuron an image, None where none answered

The next image is loaded while one runs; it is started when the answer before it was read, because the chip
keeps one answer alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from neusoc.base.errors import UserError
from neusoc.digital.model.images import (
    MIDDLE,
    SETTING_REGISTERS,
    ImageSettings,
    ReferenceWord,
    pixel_words,
    setting_fields,
    settings_of_fields,
)
from neusoc.digital.model.regmap import registers as register_map
from neusoc.digital.model.regmap import word
from neusoc.software.driver.jobs import Identity
from neusoc.software.driver.registers import Registers
from neusoc.software.driver.transport import DriverError, wait_until

COUNTED = 1 << register_map()["image"].fields["count"].width  # IMAGE.count begins anew
START, STOP, CLEAR = (word("image", **{name: 1}) for name in ("start", "stop", "clear"))
PAIR_MIDDLE, TRIM_MIDDLE = (
    register_map()["neuron_config"].fields[name].reset or 0 for name in ("pair", "trim")
)


class ImageState(NamedTuple):
    """What IMAGE tells.

    Attributes:
        found: a neuron won the image that ended last.
        neuron: number of that neuron; without one that of an image before.
        ended: images that did, modulo COUNTED.
        full, waits, busy: an image is loaded; one was started and waits; one is shown.
    """

    found: bool
    neuron: int
    ended: int
    full: bool
    waits: bool
    busy: bool


def _idle(state: ImageState) -> bool:
    return not (state.busy or state.waits)


class Images:
    """Images of one chip.

    Args:
        registers: registers of the chip.
        identity: identity of the chip.
        stall_s, poll_s: longest wait for an image, and time between looks, s.
    """

    def __init__(self, registers: Registers, identity: Identity, stall_s: float, poll_s: float) -> None:
        self._registers, self._identity = registers, identity
        self._stall_s, self._poll_s = stall_s, poll_s

    # --- settings

    def configure(self, settings: ImageSettings, *, lowest: int = 0, rest: int = MIDDLE) -> None:
        """Write how images are shown, and the threshold outside them; waits for the end of an image.

        Args:
            settings: windows and ratios of the planes, times, threshold; its lag is the controller's own.
            lowest: bit of the last plane: 0 shows all four.
            rest: code of the threshold outside images.

        Raises:
            UserError: a value that does not fit its field.
            Timeout: an image does not end.
        """
        self.settle()
        for name, fields in setting_fields(settings, lowest=lowest, rest=rest).items():
            self._registers.set(name, **fields)

    def settings(self) -> tuple[ImageSettings, int, int]:
        """What configure() wrote: settings, lowest bit, code of the threshold outside images."""
        return settings_of_fields({name: self._registers.fields(name) for name in SETTING_REGISTERS})

    def configure_events(self, window: int, ratio: int = 0) -> None:
        """How an event is shown: its window in clock cycles, units of current less one.

        Raises:
            UserError: a value that does not fit its field.
        """
        self._registers.change("window", window=window, ratio=ratio)

    def trim(
        self,
        neuron: int | None = None,
        *,
        pair: int = PAIR_MIDDLE,
        threshold: int = TRIM_MIDDLE,
        test: bool = False,
    ) -> None:
        """Write the latches of a neuron, by default of all.

        Args:
            neuron: number of the neuron; None: all.
            pair: trim of its pair of lines, 0 to 31: a code more takes from what its second line is worth.
            threshold: trim of its comparator, 0 to 7: a code more lowers its threshold.
            test: its membrane on the test pad.

        Raises:
            UserError: a code that does not fit.
            Refused: the neurons run, or there is no such neuron.
        """
        which = {"all": 1} if neuron is None else {"neuron": neuron}
        self._registers.set("neuron_config", pair=pair, trim=threshold, test=int(test), **which)

    def reference(self, word: ReferenceWord | int, data: int) -> None:
        """Write a word of the references.

        Args:
            word: number of the word.
            data: data as the references' pins have them; 0 is the default of each.

        Raises:
            UserError: data that do not fit.
            Refused: the neurons run, or software writes no such word.
        """
        self._registers.set("reference", word=int(word), data=data)

    # --- one image

    def settle(self) -> None:
        """Wait until no image is shown, and none waits for it; Timeout: one does not end."""
        self._until(_idle, "end of the images before")

    def state(self) -> ImageState:
        """What IMAGE tells: one access."""
        told = self._registers.fields("image")
        return ImageState(
            bool(told["found"]),
            told["neuron"],
            told["count"],
            *(bool(told[name]) for name in ("full", "waits", "busy")),
        )

    def load(self, pixels: Sequence[int]) -> None:
        """An image into PIXELS, to be started.

        Args:
            pixels: 0 to 15, one a row.

        Raises:
            UserError: not a pixel a row, or one that is not from 0 to 15.
            Refused: an image waits already.
        """
        self._send(self._words(pixels))
        self._registers.check("pixels")

    def _words(self, pixels: Sequence[int]) -> list[int]:
        rows, given = self._identity.rows, [int(pixel) for pixel in pixels]
        if len(given) != rows or any(whole != pixel for whole, pixel in zip(given, pixels, strict=True)):
            raise UserError(
                f"image of {len(given)} pixels: give a whole number from 0 to 15 for each of the {rows} rows"
                " of the chip"
            )
        try:
            return pixel_words(given)
        except ValueError as error:
            raise UserError(f"image: {error}; scale the values") from None

    def _send(self, words: Iterable[int]) -> None:
        for eight in words:
            self._registers.write("pixels", eight, checked=False)

    def start(self) -> None:
        """Show what was loaded.

        Raises:
            Refused: nothing is loaded, a start waits, or the neurons do not run.
        """
        self._registers.set("image", start=1)

    def stop(self) -> None:
        """End the image that is shown, without a winner, and forget a start that waits."""
        self._registers.set("image", stop=1)

    def clear(self) -> None:
        """Forget what was loaded and not yet shown."""
        self._registers.set("image", clear=1)

    def show(self, pixels: Sequence[int]) -> int | None:
        """Show one image; returns the neuron that won, None: none answered. Errors as of classify()."""
        return self.classify([pixels])[0]

    # --- many

    def classify(self, images: Iterable[Sequence[int]]) -> list[int | None]:
        """Show images, the next of which is loaded while one runs.

        Args:
            images: pixels from 0 to 15, one a row, of each.

        Returns:
            The neuron that won each, None: none answered.

        Raises:
            UserError: an image that does not fit; none was shown.
            DriverError: the neurons do not run, or another program is on the bus; Refused: a job runs;
                Timeout: an image does not end.
        """
        return list(self.answers([*images]))

    def answers(self, images: Sequence[Sequence[int]]) -> Iterator[int | None]:
        """As classify(), an answer at a time."""
        return self._answers([self._words(pixels) for pixels in images])

    def _answers(self, images: Sequence[list[int]]) -> Iterator[int | None]:
        """As answers(), of words of pixels."""
        if not images:
            return
        if not self._registers.field("ctrl", "enable"):
            raise DriverError("images: the neurons do not run; call enable() first")
        self.settle()
        self.clear()
        count, finished = self.state().ended, False
        self._send(images[0])
        try:
            for number in range(len(images)):
                self._registers.write("image", START, checked=False)
                last = number + 1 == len(images)
                if not last:
                    self._send(images[number + 1])
                state = self._ended(count, f"image {number}")
                count = (count + 1) % COUNTED
                if state.ended != count or state.waits or state.full == last:
                    self._registers.check("image")
                    raise DriverError(f"image {number}: IMAGE tells {state}; is another program on the bus?")
                yield state.neuron if state.found else None
            finished = True
        finally:
            if not finished:  # the caller went away, or something went wrong: nothing is left to be shown
                with suppress(DriverError):  # of a bus that is gone: the first exception tells
                    self._registers.write("image", STOP | CLEAR, checked=False)
        self._registers.check("image")

    def _ended(self, count: int, what: str) -> ImageState:
        """The state once an image has ended that was started behind so many; or once none is shown, for two
        looks: it is counted a
        cycle behind its end."""
        idle = [False, False]

        def ended(state: ImageState) -> bool:
            idle[:] = idle[1], _idle(state)
            return state.ended != count or all(idle)

        return self._until(ended, f"end of {what}")

    def _until(self, holds: Callable[[ImageState], bool], what: str) -> ImageState:
        """The state once it is as wanted.

        Raises:
            Timeout: it does not come to that.
        """
        found: list[ImageState] = []

        def looked() -> bool:
            found.append(self.state())
            return holds(found[-1])

        wait_until(self._registers.transport, looked, what, self._stall_s, self._poll_s)
        return found[-1]
