"""A chip of the image core emulated at its registers: what it has beside the first one (emulator.py)."""

from __future__ import annotations

from typing import ClassVar, Unpack

from neusoc.base.chip import IMAGE, Chip, Core
from neusoc.digital.model.images import ReferenceWord
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.regmap import Register
from neusoc.digital.model.words import Refusal
from neusoc.software.driver.backends.array import RailCells
from neusoc.software.driver.backends.emulator import Bus, Emulator
from neusoc.software.driver.backends.image_unit import DECIDES, ImageUnit
from neusoc.software.driver.backends.neuron_unit import NotEmulated
from neusoc.software.emulator.whole_image import ImageCircuit

RESETS = (Operation.RESET, Operation.PROGRAM, Operation.REFRESH)


class ImageEmulator(Emulator):
    """Transport to an emulated chip of the image core.

    Args:
        chip: its sizes.
        array: its cells.
        seed: names the chip whose neurons those are.
        circuit: circuit of its neurons; by default as measured.
        bus: options as of Emulator.
    """

    _core: ClassVar[Core] = IMAGE

    def __init__(
        self,
        chip: Chip,
        array: RailCells,
        *,
        seed: int = 1,
        circuit: ImageCircuit | None = None,
        **bus: Unpack[Bus],
    ) -> None:
        self._images, self._rail = ImageUnit(chip, array, seed, circuit), array
        super().__init__(chip, array, unit=self._images, **bus)
        self._shown = 0                                  # images whose end IRQ_STATUS knows of, as ImageUnit.count

    def write(self, offset: int, value: int) -> None:
        """As Transport says."""
        super().write(offset, value)
        self._advance()

    def read(self, offset: int) -> int:
        """As Transport says."""
        found = super().read(offset)
        self._advance()                                  # a result that was taken may have let a job end
        return found

    def wait(self, seconds: float) -> None:
        """As Transport says; images end."""
        super().wait(seconds)
        self._advance()

    def poll(self, seconds: float) -> None:
        """As Simulated says: images go on, the cells stay as they are."""
        self._images.wait(seconds)
        self._advance()

    def _advance(self) -> None:
        """Images and events that can be shown are; their ends are told."""
        for _ in range(self._images.advance(self._words, self._jobs.running is not None)):
            self._add("events", "received")
            self._send()
        self._tell_images()

    def _tell_images(self) -> None:
        if self._images.count != self._shown:
            self._shown = self._images.count
            self._raise("image_end")

    # --- what is refused

    def _refusal(self, offset: int, writes: bool) -> Refusal | None:
        code = super()._refusal(offset, writes)
        if code is not None or not writes:
            return code
        name, register = self._at[offset]
        if "halted" in register.kinds and (self._images.running or self._images.waits):
            return Refusal.RUNNING
        if name == "pixels" and self._images.pixels.full:
            return Refusal.FULL
        return None

    # --- reads

    def _value(self, name: str, register: Register) -> int:
        images = self._images
        if name == "image":
            states = {"full": images.pixels.full, "waits": images.waits, "busy": images.running is not None, "found": images.found}
            return self._word(name, **{field: int(state) for field, state in states.items()}, neuron=images.neuron, count=images.count)
        found = super()._value(name, register)
        if name == "irq_status":
            return found | self._word(name, pixels=int(not images.pixels.full))
        if name == "status":
            waits = images.event_waits is not None
            return found | self._word(name, pulse_busy=int(images.waits or images.running is not None), event_in_busy=int(waits))
        return found

    # --- writes

    def _take(self, name: str, register: Register, value: int) -> None:
        images = self._images
        if images.running and images.running.ends is not None and name in DECIDES:
            raise NotEmulated(f"{name.upper()} written while an image runs is not emulated; wait for the end of the image")
        if name == "image":
            self._ask(self._split(name, value))
        elif name == "pixels":
            images.pixels.write(value)
        elif name == "reference":
            self._refer(name, register, value)
        else:
            if name == "command":
                self._rails(self._split(name, value)["operation"])
            super()._take(name, register, value)

    def _ask(self, asked: dict[str, int]) -> None:
        """A write to IMAGE, as image_requests.sv takes it."""
        images = self._images
        refused = asked["start"] and (not images.pixels.full or images.waits or asked["clear"] or not self._field("ctrl", "enable"))
        if refused:
            self._refuse(Refusal.IMAGE)
        if asked["stop"]:
            images.stop()
        if asked["clear"] and not refused:
            images.clear()
        if asked["start"] and not refused:
            images.start()

    def _refer(self, name: str, register: Register, value: int) -> None:
        """A write to REFERENCE."""
        fields = self._split(name, value)
        if fields["word"] not in list(ReferenceWord):
            self._refuse(Refusal.NEURON)
            return
        self._words[name] = value & sum(field.mask for field in register.fields.values())
        self._images.words[ReferenceWord(fields["word"])] = fields["data"]

    def _rails(self, operation: int) -> None:
        """A job waits for the image that runs, and finds vpp on the rail of the rows where RESET_WL says.

        Raises:
            NotEmulated: the interlock would refuse that pulse.
        """
        self._images.finish(self._words)
        full = self._field("reset_wl", "full")
        if full and not self._field("limits_codes", "full") and operation in list(RESETS):
            raise NotEmulated("LIMITS_CODES.full = 0 refuses the last pulse of RESET, which is not emulated; clear RESET_WL.full")
        self._rail.rail(self._field("reset_wl", "stop") if full else None)

    def _latch(self, neuron: int | None, fields: dict[str, int]) -> None:
        self._images.configure(neuron, fields["pair"], fields["trim"])

    def _event(self, row: int) -> None:
        """An event of software's waits for the end of images; another one meanwhile is dropped."""
        if self._field("ctrl", "enable") and row < self._chip.rows and (self._images.running or self._images.waits):
            if self._images.event_waits is not None:
                self._count_error("overflow")
                return
            self._images.event_waits = row
            self._words["event_in"] = self._word("event_in", row=row)
            return
        super()._event(row)
