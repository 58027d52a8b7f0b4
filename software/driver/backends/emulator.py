"""A chip emulated at its registers: the map with its refusals and side effects, jobs on emulated cells,
images, events and spikes.

Reads are register_words.py's, refusals as bus_guard.sv has them, a job is job_unit.py's, an image and a spike
are image_unit.py's. verification/software compares what the driver sees of it with what it sees of the RTL.
What the emulator does not know, it says (NotEmulated), instead of an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, Unpack

from neusoc.base.chip import Chip
from neusoc.digital.model.images import ReferenceWord
from neusoc.digital.model.ispp import Operation
from neusoc.digital.model.ispp_registers import settings_of
from neusoc.digital.model.regmap import Register
from neusoc.digital.model.words import KEY, Refusal
from neusoc.software.driver.backends.array import Cells
from neusoc.software.driver.backends.image_unit import DECIDES, ImageUnit
from neusoc.software.driver.backends.job_unit import JobUnit
from neusoc.software.driver.backends.register_words import RegisterWords
from neusoc.software.driver.backends.spike_order import NotEmulated, Receiver
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.registers import MASK_BITS
from neusoc.software.driver.transport import Timeout
from neusoc.software.emulator.whole_image import ImageCircuit

WORD = (1 << 32) - 1
RESETS = (Operation.RESET, Operation.PROGRAM, Operation.REFRESH)


class Bus(TypedDict, total=False):
    """What every emulated chip is given beside cells and neurons.

    Attributes:
        answers: accesses that the bus answers, after which it is dead: a planted fault; None: all.
        receiver: takes the spikes that leave on the pins (CTRL.aer_out); without one they are lost after
            AER_TIMEOUT.
        ends: called when the chip is closed.
    """

    answers: int | None
    receiver: Receiver | None
    ends: Callable[[], object] | None


class Emulator(RegisterWords):
    """Transport to an emulated chip.

    Args:
        chip: its sizes.
        array: its cells.
        seed: names the chip whose neurons those are.
        circuit: circuit of its neurons; by default as measured.
        bus: options as of Bus.
    """

    def __init__(
        self,
        chip: Chip,
        array: Cells,
        *,
        seed: int = 1,
        circuit: ImageCircuit | None = None,
        **bus: Unpack[Bus],
    ) -> None:
        super().__init__(chip, ImageUnit(chip, array, seed, circuit))
        self._array, self._left, self._ends = array, bus.get("answers"), bus.get("ends")
        self._receiver = bus.get("receiver")
        self._jobs = JobUnit(chip, array, self._field("size", "results"))

    # --- Transport

    def read(self, offset: int) -> int:
        at = self._allowed(offset)
        value = self._value(*at) & WORD if at else 0
        self._advance()  # a result that was taken may have let a job end
        return value

    def write(self, offset: int, value: int) -> None:
        at = self._allowed(offset, writes=True)
        if at:
            self._take(*at, value & WORD)
        self._tell_ends()
        self._advance()

    def wait(self, seconds: float) -> None:
        """As Transport says: cells age, refractory times pass, images end; jobs have no time of their own."""
        self._array.wait(seconds)
        self._spikes.changed()
        self.poll(seconds)

    def poll(self, seconds: float) -> None:
        """As Simulated says: images go on, the cells stay as they are."""
        self._spikes.wait(seconds)
        self._advance()

    def close(self) -> None:
        if self._ends:
            self._ends()

    def _advance(self) -> None:
        """Images and events that can be shown are; their ends are told."""
        for _ in range(self._spikes.advance(self._words, self._jobs.running is not None)):
            self._add("events", "received")
            self._send()
        self._tell_images()

    # --- what is refused

    def _allowed(self, offset: int, *, writes: bool = False) -> tuple[str, Register] | None:
        """The register at an offset; None: the access is refused, and told.

        Raises:
            Timeout: the bus is dead.
        """
        if self._left is not None:
            if not self._left:
                raise Timeout(
                    "the bus does not answer: no acknowledge in time; check clock, reset and power of the"
                    " chip"
                )
            self._left -= 1
        code = self._refusal(offset, writes)
        if code is None:
            return self._at[offset]
        self._refuse(code)
        return None

    def _refusal(self, offset: int, writes: bool) -> Refusal | None:
        """As bus_guard.sv, in its order."""
        if offset % 4:
            return Refusal.PARTIAL
        if offset not in self._at:
            return Refusal.RESERVED
        if not writes:
            return None
        (name, register), jobs, images = self._at[offset], self._jobs, self._spikes
        if not register.writable:
            return Refusal.READ_ONLY
        if "guarded" in register.kinds and self._words["lock"]:
            return Refusal.LOCKED
        if (
            jobs.running
            and register.kinds & {"frozen", "ordered"}
            or jobs.results
            and "ordered" in register.kinds
        ):
            return Refusal.BUSY
        shown = bool(images.running or images.waits)
        if (
            "halted" in register.kinds
            and (self._field("ctrl", "enable") or shown)
            or "imaged" in register.kinds
            and shown
        ):
            return Refusal.RUNNING
        if name == "levels" and jobs.levels.closed:
            return Refusal.ENDED
        if name == "levels" and jobs.levels.full or name == "pixels" and images.pixels.full:
            return Refusal.FULL
        return None

    def _refuse(self, code: Refusal) -> None:
        self._put("error", bus=code)
        self._raise("bus_error")

    # --- writes

    def _take(self, name: str, register: Register, value: int) -> None:
        """A write that was not refused.

        Raises:
            NotEmulated: it would change an image that runs; an event or a job meets what the emulator does
                not know.
        """
        running = self._spikes.running
        if running and running.ends is not None and name in DECIDES:
            raise NotEmulated(
                f"{name.upper()} written while an image runs is not emulated; wait for the end of the image"
            )
        fields, own = self._split(name, value), getattr(self, f"_write_{name}", None)
        if own:
            own(fields)
        elif name in ("errors", "spi"):
            self._words[name] = 0
        elif name.startswith("mask"):
            there = (1 << self._chip.neurons) - 1 >> MASK_BITS * int(name.removeprefix("mask"))
            self._words[name] = value & there & WORD
            self._spikes.mask(self._words)
        elif name == "neuron_config":
            self._configure(register, value, fields)
        elif name == "pixels":
            self._spikes.pixels.write(value)
        elif name == "levels":
            self._jobs.levels.write(value, self._field("grid", "max_level"))
            self._jobs.advance()
        elif name == "irq_status":
            self._sticky &= ~value
        else:
            self._words[name] = value & sum(field.mask for field in register.fields.values())
            if name == "region":
                self._jobs.levels.closed = False
            if name == "ctrl":
                self._run_neurons()

    def _write_command(self, fields: dict[str, int]) -> None:
        """A job waits for the image that runs, and finds vpp on the rail of the rows where RESET_WL says.

        Raises:
            NotEmulated: the interlock would refuse that pulse.
        """
        self._spikes.finish(self._words)
        operation, full = fields["operation"], self._field("reset_wl", "full")
        if full and not self._field("limits_codes", "full") and operation in list(RESETS):
            raise NotEmulated(
                "LIMITS_CODES.full = 0 refuses the last pulse of RESET, which is not emulated; clear"
                " RESET_WL.full"
            )
        self._array.rail(self._field("reset_wl", "stop") if full else None)
        region = Region(**self._split("region", self._words["region"]))
        self._jobs.start(operation, bool(fields["quiet"]), region, settings_of(self._words))
        self._spikes.interrupt()

    def _write_stop(self, fields: dict[str, int]) -> None:
        self._jobs.stop(job=bool(fields["job"]), results=bool(fields["results"]))

    def _write_key(self, fields: dict[str, int]) -> None:
        self._jobs.set_key(fields["code"] == KEY)

    def _write_error(self, _: dict[str, int]) -> None:
        self._put("error", bus=0)

    def _write_lock(self, fields: dict[str, int]) -> None:
        self._words["lock"] |= fields["lock"]

    def _write_event_in(self, fields: dict[str, int]) -> None:
        self._event(fields["row"])

    def _write_image(self, fields: dict[str, int]) -> None:
        """As image_requests.sv takes it."""
        images = self._spikes
        refused = fields["start"] and (
            not images.pixels.full or images.waits or fields["clear"] or not self._field("ctrl", "enable")
        )
        if refused:
            self._refuse(Refusal.IMAGE)
        if fields["stop"]:
            images.stop()
        if fields["clear"] and not refused:
            images.clear()
        if fields["start"] and not refused:
            images.start()

    def _write_reference(self, fields: dict[str, int]) -> None:
        if fields["word"] not in list(ReferenceWord):
            self._refuse(Refusal.NEURON)
            return
        self._words["reference"] = self._word("reference", **fields)
        self._spikes.words[ReferenceWord(fields["word"])] = fields["data"]

    def _configure(self, register: Register, value: int, fields: dict[str, int]) -> None:
        """A write to NEURON_CONFIG."""
        neuron, everyone = fields["neuron"], bool(fields["all"])
        if not everyone and neuron >= self._chip.neurons:
            self._refuse(Refusal.NEURON)
            return
        self._words["neuron_config"] = value & sum(field.mask for field in register.fields.values())
        self._spikes.configure(None if everyone else neuron, fields["pair"], fields["trim"])

    def _run_neurons(self) -> None:
        """CTRL was written."""
        if not self._field("ctrl", "enable"):
            self._spikes.disable()
        self._spikes.changed()
        self._send()

    def _send(self) -> None:
        """Spikes leave on the pins, if they are to: to the receiver, or lost without one."""
        while self._field("ctrl", "aer_out") and (neuron := self._spikes.take()) is not None:
            if self._receiver:
                self._receiver(neuron)
                self._add("events", "sent")
            else:
                self._count_error("lost")

    def _event(self, row: int) -> None:
        """An event of software's; it waits for the end of images, and another one meanwhile is dropped.

        Raises:
            NotEmulated: a neuron would see what the emulator cannot tell.
        """
        images = self._spikes
        if not self._field("ctrl", "enable"):
            self._count_error("overflow")
            return
        waits = row < self._chip.rows and (images.running or images.waits)
        if waits and images.event_waits is not None:
            self._count_error("overflow")
            return
        if waits:
            images.event_waits = row
        elif row < self._chip.rows:
            images.event(row, self._words)
        self._words["event_in"] = self._word("event_in", row=row)
        if row >= self._chip.rows:
            self._count_error("bad_address")
        elif not waits:
            self._add("events", "received")
            self._send()
