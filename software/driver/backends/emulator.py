"""A chip emulated at its registers: the map with its refusals and side effects, jobs on emulated cells, events and spikes.

The map is regmap.json's, the judgement of an access bus_guard.sv's, a job job_unit.py's, a spike's way neuron_unit.py's.
verification/software compares what the driver sees of it with what it sees of the RTL. What the emulator does not know, it says
(NotEmulated), instead of an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypedDict, Unpack

from neusoc.base.chip import FIRST, Chip, Core
from neusoc.digital.model import regmap
from neusoc.digital.model.ispp_registers import settings_of
from neusoc.digital.model.regmap import Register, registers
from neusoc.digital.model.words import KEY, Refusal, endurance_bits
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.backends.job_unit import JobUnit
from neusoc.software.driver.backends.neuron_unit import NeuronUnit, Receiver, SpikeOrder
from neusoc.software.driver.jobs import Region
from neusoc.software.driver.registers import MASK_BITS
from neusoc.software.driver.transport import Timeout
from neusoc.software.emulator.neurons import Neurons
from neusoc.software.emulator.pulse import Board

WORD = (1 << 32) - 1
COUNTED = {"cells": ("ok", "failed"), "pulses": ("count",), **{f"endurance{k}": ("pulses",) for k in range(4)}}


class Bus(TypedDict, total=False):
    """What every emulated chip is given beside cells and neurons.

    Attributes:
        answers: accesses that the bus answers, after which it is dead: a planted fault; None: all.
        receiver: takes the spikes that leave on the pins (CTRL.aer_out); without one they are lost after AER_TIMEOUT.
        ends: called when the chip is closed.
    """

    answers: int | None
    receiver: Receiver | None
    ends: Callable[[], object] | None


class Emulator:
    """Transport to an emulated chip of the first core.

    Args:
        chip: its sizes.
        array: its cells.
        neurons: neurons on the array's columns; by default those that were measured.
        seed: names the chip whose neurons those are.
        unit: neurons with their registers, in place of these two.
        bus: options as of Bus.
    """

    _core: ClassVar[Core] = FIRST

    def __init__(
        self,
        chip: Chip,
        array: Array,
        *,
        neurons: Neurons | None = None,
        seed: int = 1,
        unit: SpikeOrder | None = None,
        **bus: Unpack[Bus],
    ) -> None:
        self._chip, self._array, self._left, self._ends = chip, array, bus.get("answers"), bus.get("ends")
        self._map = registers(self._core)
        self._at = {register.offset: (name, register) for name, register in self._map.items()}
        self._words = {name: sum((field.reset or 0) << field.lsb for field in found.fields.values()) for name, found in self._map.items()}
        self._words["id"] |= self._word("id", rows=chip.rows - 1, neurons=chip.neurons - 1)
        self._words["size"] |= self._word("size", columns=chip.columns - 1)
        self._settings = [self._words["neuron_config"]] * chip.neurons  # of each neuron, as NEURON_CONFIG has them
        self._sticky = 0                                 # bits of IRQ_STATUS that stay
        self._jobs = JobUnit(chip, array, self._field("size", "results"))
        self._spikes: SpikeOrder = unit or NeuronUnit(chip, array, neurons, seed)
        self._receiver = bus.get("receiver")
        self._told = (0, 0)                              # ends of jobs, and those not well, that IRQ_STATUS knows of
        self._turns = 0                                  # turns of the time stamp that it knows of

    # --- Transport

    def read(self, offset: int) -> int:
        """As Transport says."""
        found = self._judged(offset)
        return self._value(*found) & WORD if found else 0

    def write(self, offset: int, value: int) -> None:
        """As Transport says."""
        found = self._judged(offset, writes=True)
        if found:
            self._take(*found, value & WORD)
        self._tell_ends()

    def wait(self, seconds: float) -> None:
        """As Transport says: cells age, refractory times pass; jobs have no time of their own."""
        self._array.wait(seconds)
        self._spikes.wait(seconds)
        self._spikes.changed()

    def close(self) -> None:
        """As Closable says."""
        if self._ends:
            self._ends()

    def supply(self, board: Board) -> None:
        """As Supply says."""
        assert isinstance(self._spikes, NeuronUnit), "levels from the board are those of the first core"
        self._spikes.supply(board)

    # --- what is refused

    def _judged(self, offset: int, *, writes: bool = False) -> tuple[str, Register] | None:
        """The register at an offset; None: the access is refused, and told.

        Raises:
            Timeout: the bus is dead.
        """
        if self._left is not None:
            if not self._left:
                raise Timeout("the bus does not answer: no acknowledge in time; check clock, reset and power of the chip")
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
        (name, register), jobs = self._at[offset], self._jobs
        if not register.writable:
            return Refusal.READ_ONLY
        if "guarded" in register.kinds and self._words["lock"]:
            return Refusal.LOCKED
        if jobs.running and register.kinds & {"frozen", "ordered"} or jobs.results and "ordered" in register.kinds:
            return Refusal.BUSY
        if "halted" in register.kinds and self._field("ctrl", "enable"):
            return Refusal.RUNNING
        if name == "levels" and jobs.levels.closed:
            return Refusal.ENDED
        if name == "levels" and jobs.levels.full:
            return Refusal.FULL
        return None

    def _refuse(self, code: Refusal) -> None:
        self._put("error", bus=code)
        self._raise("bus_error")

    # --- reads

    def _value(self, name: str, register: Register) -> int:
        jobs = self._jobs
        if not register.readable:
            return 0
        if name == "irq_status":
            self._tell_turns()
            states = {
                "result": len(jobs.results) >= max(1, self._field("marks", "results")),
                "job_waits": jobs.waits_level or jobs.waits_room,
                "levels": jobs.running is not None and jobs.levels.words <= self._field("marks", "level_words"),
                "event_out": self._waiting and not self._field("ctrl", "aer_out"),
            }
            return self._sticky | self._word("irq_status", **{field: int(state) for field, state in states.items()})
        if name == "status":
            return self._word(name, event_out_valid=int(self._waiting), stamp=self._spikes.stamp)
        if name == "event_out":
            return self._event_out()
        if name == "key":
            return int(jobs.key)
        if name == "error":
            return self._word("error", job=jobs.error, bus=self._field("error", "bus"))
        if name == "job_status":
            states = {"busy": jobs.running is not None, "waits_level": jobs.waits_level, "waits_room": jobs.waits_room}
            counts = {"level_words": jobs.levels.words, "results": len(jobs.results)}
            return self._word(name, **{field: int(state) for field, state in states.items()}, **counts)
        if name in ("result", "result_cell"):
            return self._result(name)
        if name == "last_cell":
            return self._word(name, target=jobs.last.target, wl=jobs.last.wl) if jobs.last else 0
        if name in COUNTED:
            return self._count(name)
        return self._words[name]

    def _result(self, name: str) -> int:
        """RESULT takes the oldest result, RESULT_CELL tells of it; without one both are 0 (in silicon RESULT_CELL is any cell)."""
        jobs = self._jobs
        if not jobs.results:
            return 0
        first = jobs.results[0]
        if name == "result_cell":
            return self._word(name, row=first.row, col=first.col)
        jobs.results.popleft()
        jobs.advance()
        self._tell_ends()
        return self._word(name, code=first.code, pulses=first.pulses, outcome=int(first.outcome), valid=1)

    @property
    def _waiting(self) -> bool:
        return self._spikes.offered is not None

    def _event_out(self) -> int:
        """EVENT_OUT takes the spike that is offered; while spikes leave on the pins, and without one, it is not valid."""
        spike, valid = self._spikes.offered, self._waiting and not self._field("ctrl", "aer_out")
        if valid:
            self._spikes.take()
            self._add("events", "sent")
        shown = {"neuron": spike.neuron, "stamp": spike.stamp, "late": int(spike.late)} if spike else {}
        return self._word("event_out", valid=int(valid), **shown)

    def _count(self, name: str) -> int:
        jobs = self._jobs
        values = (jobs.ok, jobs.failed) if name == "cells" else (jobs.pulses[self._group(name)],)
        most = self._top(name, "ok") if name == "cells" else self._most(name)
        return self._word(name, **{field: min(value, most) for field, value in zip(COUNTED[name], values, strict=True)})

    def _group(self, name: str) -> int:
        """Place in JobUnit.pulses: all, then the quarters."""
        return 0 if name == "pulses" else 1 + int(name.removeprefix("endurance"))

    # --- writes

    def _take(self, name: str, register: Register, value: int) -> None:
        """A write that was not refused."""
        jobs = self._jobs
        fields = self._split(name, value)
        if name == "command":
            region = Region(**self._split("region", self._words["region"]))
            jobs.start(fields["operation"], bool(fields["quiet"]), region, settings_of(self._words, self._core))
            self._spikes.interrupt()
        elif name == "stop":
            jobs.stop(job=bool(fields["job"]), results=bool(fields["results"]))
        elif name == "levels":
            jobs.levels.write(value, self._field("grid", "max_level"))
            jobs.advance()
        elif name == "key":
            jobs.set_key(fields["code"] == KEY)
        elif name == "event_in":
            self._event(fields["row"])
        elif name == "irq_status":
            self._tell_turns()
            self._sticky &= ~value
        elif name == "error":
            self._put("error", bus=0)
        elif name in ("errors", "spi"):
            self._words[name] = 0
        elif name == "lock":
            self._words[name] |= fields["lock"]
        elif name in COUNTED:
            self._set_count(name, fields)
        elif name.startswith("mask"):
            there = (1 << self._chip.neurons) - 1 >> MASK_BITS * int(name.removeprefix("mask"))
            self._words[name] = value & there & WORD
            self._spikes.mask(self._words)
        elif name == "neuron_config":
            self._configure(name, register, value)
        else:
            self._words[name] = value & sum(field.mask for field in register.fields.values())
            if name == "region":
                jobs.levels.closed = False
            if name == "ctrl":
                self._run_neurons()

    def _configure(self, name: str, register: Register, value: int) -> None:
        fields = self._split(name, value)
        neuron, everyone = fields["neuron"], bool(fields["all"] and not fields["peek"])
        if not everyone and neuron >= self._chip.neurons:
            self._refuse(Refusal.NEURON)
            return
        named = register.fields["neuron"].mask
        setting = sum(field.mask for name, field in register.fields.items() if name not in ("peek", "all", "neuron"))
        if fields["peek"]:
            self._words[name] = value & named | self._settings[neuron]
            return
        for one in range(self._chip.neurons) if everyone else [neuron]:
            self._settings[one] = value & setting
        self._words[name] = value & (setting | named | register.fields["all"].mask)
        self._latch(None if everyone else neuron, fields)

    def _latch(self, neuron: int | None, fields: dict[str, int]) -> None:
        """Latches of a neuron, or of all, take the fields of NEURON_CONFIG."""
        assert isinstance(self._spikes, NeuronUnit)
        self._spikes.configure(neuron, fields["trim"], fields["bank"])

    def _run_neurons(self) -> None:
        """CTRL was written."""
        self._tell_turns()
        if self._field("ctrl", "enable"):
            self._spikes.enable(self._words)
        else:
            self._spikes.disable()
            self._turns = 0
        self._spikes.changed()
        self._send()

    def _send(self) -> None:
        """Spikes leave on the pins, if they are to: to the receiver, or lost without one."""
        while self._field("ctrl", "aer_out") and (spike := self._spikes.take()) is not None:
            if self._receiver:
                self._receiver(spike.neuron)
                self._add("events", "sent")
            else:
                self._count_error("lost")

    def _set_count(self, name: str, fields: dict[str, int]) -> None:
        if name == "cells":
            self._jobs.ok, self._jobs.failed = fields["ok"], fields["failed"]
        else:
            self._jobs.pulses[self._group(name)] = fields[COUNTED[name][0]] & self._most(name)

    def _most(self, name: str) -> int:
        """Highest value of a counter of pulses."""
        return self._top("pulses", "count") if name == "pulses" else (1 << endurance_bits(self._chip.rows * self._chip.columns)) - 1

    def _event(self, row: int) -> None:
        """An event of software's.

        Raises:
            NotEmulated: a neuron would see what the emulator cannot tell.
        """
        if not self._field("ctrl", "enable"):
            self._count_error("overflow")
            return
        if row < self._chip.rows:
            self._spikes.event(row, self._words)
        self._words["event_in"] = self._word("event_in", row=row)
        if row >= self._chip.rows:
            self._count_error("bad_address")
            return
        self._add("events", "received")
        self._send()

    def _add(self, name: str, field: str) -> None:
        """Count one more, around the end."""
        self._put(name, **{field: self._field(name, field) + 1 & self._top(name, field)})

    def _count_error(self, field: str) -> None:
        self._put("errors", **{field: min(self._field("errors", field) + 1, self._top("errors", field))})
        self._raise(field)

    # --- words

    def _word(self, name: str, **values: int) -> int:
        return regmap.word(name, self._core, **values)

    def _split(self, name: str, value: int) -> dict[str, int]:
        return regmap.split(name, value, self._core)

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

    def _tell_turns(self) -> None:
        """Turns of the time stamp reach IRQ_STATUS."""
        if self._spikes.turns > self._turns:
            self._turns = self._spikes.turns
            self._raise("stamp")

    def _tell_ends(self) -> None:
        """Ends of jobs reach IRQ_STATUS."""
        now = self._jobs.ended.jobs, self._jobs.ended.failed
        for cause, count, told in zip(("job_end", "job_error"), now, self._told, strict=True):
            if count > told:
                self._raise(cause)
        self._told = now
