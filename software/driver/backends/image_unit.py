"""The emulated neurons behind their registers: pixels of two images, an image at a time, events, spikes.

Time is counted in clock cycles, and passes with events and with Transport.wait alone, as in spike_order.py.
An image takes the cycles of its twin (digital/model/images.py); what its neurons answer is decided as soon as
time passes behind its begin. So a mask or a setting of images that is written later, while it runs, is not
emulated. Neurons that an event drives to their threshold fire at its window's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from neusoc.base.chip import Chip
from neusoc.digital.model import regmap
from neusoc.digital.model.events import EventSettings
from neusoc.digital.model.images import (
    LAG,
    PIXELS_A_WORD,
    PLANES,
    SETTING_REGISTERS,
    ImageSettings,
    ReferenceWord,
    answered,
    heard,
    planes_of,
    settings_of_fields,
    shown,
)
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.backends.spike_order import NotEmulated, SpikeOrder
from neusoc.software.driver.images import COUNTED
from neusoc.software.emulator.events import ANSWER_CYCLES
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.whole_image import ImageCircuit

# What may change amid an image, and decides its answer.
DECIDES = ("mask0", "mask1", "mask2", "mask3")
NO_CELLS = "integer cells have no conductance that a neuron could see; open the chip with cells=reram"


def image_settings(words: Mapping[str, int]) -> tuple[ImageSettings, int]:
    """How an image is shown, and the lowest bit of its planes; words: all registers."""
    settings, lowest, _ = settings_of_fields(
        {name: regmap.split(name, words[name]) for name in SETTING_REGISTERS}
    )
    return replace(settings, lag=LAG), lowest


def require_defaults(words: Mapping[ReferenceWord, int | None]) -> None:
    """Words of the references that neurons see are as after a reset, 0 or never written; NotEmulated: one is
    not."""
    if others := [word.name.lower() for word, data in words.items() if data and word != ReferenceWord.PAD]:
        raise NotEmulated(
            f"what the word {others[0]} of the references does to neurons is not emulated; write 0 to it"
        )


class PixelBuffer:
    """Pixels of the image that is loaded, as pixel_buffer.sv holds them beside those that are shown.

    Attributes:
        full: an image waits to be shown: no more is taken.

    Args:
        rows: number of rows of the array.
    """

    def __init__(self, rows: int) -> None:
        self._rows, self._pixels, self.full = rows, list[int](), False

    def write(self, word: int) -> None:
        """Eight pixels; only while it is not full."""
        self._pixels += [word >> PLANES * k & (1 << PLANES) - 1 for k in range(PIXELS_A_WORD)]
        self.full = len(self._pixels) >= self._rows

    def clear(self) -> None:
        """The next word is the first of an image."""
        self._pixels, self.full = [], False

    def show(self) -> list[int]:
        """The image that waits leaves, a pixel a row."""
        shown = self._pixels[: self._rows]
        self.clear()
        return shown


@dataclass
class Running:
    """An image that is shown.

    Attributes:
        begins: cycle.
        pixels: value of each row's pixel.
        ends: cycle; None: not decided yet, and who wins neither.
        winner: None: nobody.
    """

    begins: int
    pixels: list[int]
    ends: int | None = None
    winner: int | None = None


class ImageUnit(SpikeOrder):
    """Neurons of a chip.

    Attributes:
        pixels: loaded.
        waits: an image was started and waits for the path, or for the one before it.
        running: the image that is shown.
        event_waits: row of the event that waits for the end of an image.
        found, neuron: result of the image that ended last.
        count: images that ended, modulo COUNTED.
        words: words of the references.

    Args:
        chip: its sizes.
        array: its cells.
        seed: names the chip.
        circuit: circuit of its neurons; by default as measured, when a first image or event needs them.
    """

    def __init__(self, chip: Chip, array: Array, seed: int = 1, circuit: ImageCircuit | None = None) -> None:
        super().__init__(chip)
        self._array, self._seed, self._circuit = array, seed, circuit
        self._membranes: Membranes | None = None
        self._latches: list[tuple[int | None, int, int]] = []  # of neurons that do not exist yet
        self._connected = False
        self._asked = self._idle_from = 0  # cycles: of the start that waits; since when nothing is shown
        self.pixels = PixelBuffer(chip.rows)
        self.waits, self.found = False, False
        self.running: Running | None = None
        self.event_waits: int | None = None
        self.neuron = self.count = 0
        self.words = dict.fromkeys(ReferenceWord, 0)

    # --- neurons

    def disable(self) -> None:
        """All are discharged, an image that runs is stopped; spikes that wait are dropped."""
        self._drop()
        self.event_waits = None
        self.stop()
        self._discharge()

    def interrupt(self) -> None:
        """A job takes the array, even one that is refused: all are discharged; spikes that wait stay."""
        self._discharge()
        self.changed()

    def changed(self) -> None:
        """Cells may have moved."""
        self._connected = False

    def mask(self, words: Mapping[str, int]) -> None:
        """The masks were written: a neuron is discharged as soon as it is masked, not with the next event;
        words: all registers."""
        if self._membranes:
            self._membranes.discharge(self._held(words, self._now))

    def configure(self, neuron: int | None, pair: int, trim: int) -> None:
        """Latches of a neuron, or of all."""
        self._latches.append((neuron, pair, trim))

    def _discharge(self) -> None:
        if self._membranes:
            self._membranes.discharge()

    def _ready(self, masked: np.ndarray) -> Membranes | None:
        """Membranes on the cells as they are; None: nobody sees them, and nothing is known of them.

        Raises:
            NotEmulated: the cells have no conductance; a word of the references is not its default.
        """
        cells = self._array.neuron_conductances()
        if cells is None:
            if masked.all():
                return None
            raise NotEmulated(NO_CELLS)
        require_defaults(self.words)
        if self._membranes is None:
            self._membranes = Membranes(self._circuit or ImageCircuit.of(self._chip), self._seed)
        for latch in self._latches:
            self._membranes.configure(*latch)
        self._latches.clear()
        if not self._connected:
            self._membranes.connect(cells)
            self._connected = True
        return self._membranes

    # --- images

    def start(self) -> None:
        """The image that is loaded is shown as soon as it can be."""
        self.waits, self._asked = True, self._now

    def stop(self) -> None:
        """End the image that runs, without a winner, and forget a start that waits."""
        self.waits = False
        if self.running:
            self.running.ends, self.running.winner = self._now + 1, None

    def clear(self) -> None:
        """Forget what was loaded, and a start that waits."""
        self.pixels.clear()
        self.waits = False

    def finish(self, words: Mapping[str, int]) -> None:
        """Who waits for the end of the image that runs has it; words: all registers."""
        if self.running:
            self._now = max(self._now, self._ends(self.running, words))
            self._end()

    def advance(self, words: Mapping[str, int], job: bool) -> int:
        """Show and end what can be.

        Args:
            words: all registers.
            job: the array is a job's.

        Returns:
            Events that were shown.

        Raises:
            NotEmulated: as of event().
        """
        events = 0
        if job:
            self._idle_from = self._now
        while True:
            if (
                self.running
                and self._now > self.running.begins
                and self._now >= self._ends(self.running, words)
            ):
                self._end()
            elif self.running or job:
                return events
            elif self.waits:
                self.waits = False
                self.running = Running(max(self._asked, self._idle_from), self.pixels.show())
            elif self.event_waits is not None:
                row, self.event_waits = self.event_waits, None
                self.event(row, words)
                events += 1
            else:
                return events

    def _end(self) -> None:
        assert self.running and self.running.ends is not None
        winner, self._idle_from = self.running.winner, self.running.ends + 1
        self.running, self.found, self.count = None, winner is not None, (self.count + 1) % COUNTED
        self.neuron = self.neuron if winner is None else winner

    def _ends(self, image: Running, words: Mapping[str, int]) -> int:
        """Cycle at which an image ends; decides it, unless that is done."""
        if image.ends is not None:
            return image.ends
        settings, lowest = image_settings(words)
        planes, masked = planes_of(image.pixels)[: PLANES - lowest], self._masked(words)
        membranes, off = self._ready(masked), sum(1 << k for k in np.flatnonzero(masked).tolist())
        if membranes:
            membranes.discharge()
            for plane, window, ratio in zip(planes, settings.windows, settings.ratios, strict=False):
                rows = [row for row in range(self._chip.rows) if plane >> row & 1]
                membranes.window(rows, max(1, window), ratio, masked)

        def spikes(code: int) -> int:
            return membranes.above(code) & ~off if membranes else 0

        falling, image.winner = answered(len(planes), settings, heard(spikes))
        self._discharge()
        image.ends = image.begins + sum(1 for _ in shown(planes, settings)) + len(falling)
        return image.ends

    # --- events

    def event(self, row: int, words: Mapping[str, int]) -> None:
        """One event to a row that exists.

        Args:
            row: its row.
            words: all registers.

        Raises:
            NotEmulated: a neuron would see what the emulator cannot tell: several rows at once, a learning
                waveform, integer cells.
        """
        ctrl, masked = regmap.split("ctrl", words["ctrl"]), self._masked(words)
        if ctrl["multi_hot"]:
            raise NotEmulated(
                "events that gather (CTRL.multi_hot) are not emulated; clear it, or run them on the RTL"
            )
        if ctrl["learn"] and ctrl["winner"] and not masked.all():
            raise NotEmulated(
                "learning waveforms (CTRL.learn) are not emulated; clear it, or run the events on the RTL"
            )
        membranes, (settings, _) = self._ready(masked), image_settings(words)
        shown_as = regmap.split("window", words["window"])
        window = max(1, shown_as["window"])
        times = EventSettings(
            lead=settings.lead,
            opened=settings.opened,
            window=window,
            close=settings.close,
            tail=settings.tail,
        )
        begins = self._now + 1 + max(1, settings.lead) + max(1, settings.opened)
        self._now += times.cycles
        self._idle_from = self._now
        if membranes is None:
            return
        held = self._held(words, begins)
        membranes.window([row], window, shown_as["ratio"], held)
        above = membranes.above(regmap.split("threshold", words["threshold"])["rest"])
        fires = [k for k in range(self._chip.neurons) if above >> k & 1 and not held[k]]
        if not fires:
            return
        if ctrl["winner"]:
            del fires[1:]
            membranes.discharge()
        membranes.discharge(np.isin(np.arange(self._chip.neurons), fires))
        self._fired(
            [(begins + window + ANSWER_CYCLES, neuron) for neuron in fires], words, bool(ctrl["winner"])
        )
