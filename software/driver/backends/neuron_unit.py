"""The emulated neurons behind their registers: who is held discharged and whose spike leaves when, as spike_collector.sv has it.

Time is counted in clock cycles, and passes with events and with Transport.wait alone: an access of the bus takes none. So events follow one
another back to back, as fast as row_sequencer.sv takes them. A time stamp is of that time. A neuron stays discharged for its refractory
time and until its spike is taken; the refractory time is the longest that REFRACTORY allows (its ticks are the chip's own).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from neusoc.base.chip import Chip
from neusoc.digital.model import regmap
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.digital.model.spikes import STAMP_BITS, Spike, SpikeQueue, TimeStamp
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.registers import MASK_BITS
from neusoc.software.driver.transport import DriverError
from neusoc.software.emulator.neurons import ANSWER_CYCLES, Circuit, Neurons
from neusoc.software.emulator.pulse import Board, Timing

Receiver = Callable[[int], None]
COLLECTED = 2                    # cycles from where a spike counts, and gets its stamp, to ANSWER_CYCLES: the discharge, its output


class NotEmulated(DriverError):
    """The emulator has no model of what was asked for."""


def pulse_timing(word: int, signed: bool) -> Timing:
    """Times of a pulse, of TIMING's word: 0 counts as 1; signed: with the negative phase."""
    return Timing(**{name: max(value, 1) for name, value in regmap.split("timing", word).items()}, signed=signed)


class SpikeOrder(ABC):
    """Who is held discharged and whose spike leaves when: as spike_collector.sv, of both cores.

    Args:
        chip: its sizes.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._now = 0
        self._free = np.zeros(chip.neurons, np.int64)            # cycle from which a neuron is no longer held
        self._pending: set[int] = set()
        self._queue, self._stamp = SpikeQueue(), TimeStamp()
        self._at = 0                                             # cycle that the queue has come to

    def wait(self, seconds: float) -> None:
        """Time passes, s."""
        self._now += round(seconds / CLOCK_S)

    def enable(self, words: Mapping[str, int]) -> None:
        """CTRL was written, with enable = 1; words: all registers."""
        self._stamp.begin(self._now, words["ctrl"] >> regmap.registers()["ctrl"].fields["stamp"].lsb & 0xF)

    @property
    def stamp(self) -> int:
        """Time stamp of now."""
        return self._stamp.at(self._now)

    @property
    def turns(self) -> int:
        """How often the time stamp has gone around since the neurons were enabled."""
        return self._stamp.ticks(self._now) >> STAMP_BITS

    @property
    def offered(self) -> Spike | None:
        """The spike that waits to be taken; None: none."""
        if not self._queue.rests:
            self._settle()
        return self._queue.offered

    @abstractmethod
    def disable(self) -> None:
        """All are discharged; spikes that wait are dropped."""

    @abstractmethod
    def interrupt(self) -> None:
        """A job takes the array, even one that is refused: all are discharged; spikes that wait stay."""

    @abstractmethod
    def changed(self) -> None:
        """Cells may have moved."""

    @abstractmethod
    def mask(self, words: Mapping[str, int]) -> None:
        """The masks were written: a neuron is discharged as soon as it is masked, not with the next event; words: all registers."""

    @abstractmethod
    def event(self, row: int, words: Mapping[str, int]) -> None:
        """One event to a row that exists.

        Args:
            row: its row.
            words: all registers.

        Raises:
            NotEmulated: a neuron would see what the emulator cannot tell.
        """

    def _drop(self) -> None:
        """CTRL.enable is 0: spikes that wait are dropped."""
        self._pending.clear()
        self._free[:] = self._now
        self._queue.clear()
        self._stamp.stop()

    def _held(self, words: Mapping[str, int], now: int) -> np.ndarray:
        """Neurons that are held discharged at a time: masked, with a spike that waits, or after one."""
        masked = self._masked(words)
        return np.asarray(masked | np.isin(np.arange(masked.size), list(self._pending)) | (self._free > now), bool)

    def _masked(self, words: Mapping[str, int]) -> np.ndarray:
        return np.array([words[f"mask{k // MASK_BITS}"] >> k % MASK_BITS & 1 for k in range(self._chip.neurons)], bool)

    def _fired(self, found: Sequence[tuple[int, int]], words: Mapping[str, int], winner: bool) -> None:
        """Spikes are taken in.

        Args:
            found: cycle at which each is answered, and its neuron, in the order of the cycles.
            words: all registers.
            winner: CTRL.winner.
        """
        refractory, inhibit = self._times(words)
        for fires, neuron in found:
            if winner:
                self._free = np.maximum(self._free, fires + inhibit)
            self._free[neuron] = max(int(self._free[neuron]), fires + refractory)
            self._pending.add(neuron)
        for answered in sorted({fires for fires, _ in found}):
            cycle = answered - COLLECTED
            while self._at < cycle and self._queue.moves:
                self._queue.step((), self._stamp.at(self._at))
                self._at += 1
            self._at = max(self._at, cycle) + 1
            self._queue.step({neuron for fires, neuron in found if fires == answered}, self._stamp.at(cycle))

    @staticmethod
    def _times(words: Mapping[str, int]) -> tuple[int, int]:
        """Refractory time and inhibition, cycles."""
        refractory = regmap.split("refractory", words["refractory"])
        inhibit = regmap.split("inhibit", words["inhibit"])["cycles"]
        return (refractory["count"] + 1) * (refractory["prescale"] + 1), max(inhibit, 1)

    def _settle(self) -> None:
        """What is asked for comes later than the queue needs: it is over with its moves."""
        while self._queue.moves:
            self._queue.step((), self._stamp.at(max(self._at, self._now)))

    def take(self) -> Spike | None:
        """The spike that is offered leaves; None without one."""
        taken = self.offered
        if taken is not None:
            self._pending.discard(taken.neuron)
            self._queue.step((), self._stamp.at(max(self._at, self._now)), take=True)
        return taken


class NeuronUnit(SpikeOrder):
    """Neurons of a chip of the first core, and the order of their spikes.

    Args:
        chip: its sizes.
        array: its cells.
        neurons: neurons on its columns; by default those that were measured, of the chip that seed names, made when a first event needs
            them.
        seed: names the chip.
    """

    def __init__(self, chip: Chip, array: Array, neurons: Neurons | None = None, seed: int = 1) -> None:
        super().__init__(chip)
        self._array, self._neurons, self._seed = array, neurons, seed
        self._board = neurons.board if neurons else Board()
        self._settings: list[tuple[int | None, int, int]] = []   # of neurons that do not exist yet
        self._connected: object = None

    def supply(self, board: Board) -> None:
        """Levels from outside, from now on."""
        self._board, self._connected = board, None
        if self._neurons:
            self._neurons.board = board

    def disable(self) -> None:
        """All are discharged, the bit lines grounded; spikes that wait are dropped."""
        self._drop()
        if self._neurons:
            self._neurons.ground()

    def interrupt(self) -> None:
        """A job takes the array, even one that is refused: all are discharged, the bit lines grounded; spikes that wait stay."""
        if self._neurons:
            self._neurons.ground()
        self.changed()

    def configure(self, neuron: int | None, trim: int, bank: int) -> None:
        """Latches of a neuron, or of all."""
        self._settings.append((neuron, trim, bank))
        self._configure()

    def _configure(self) -> None:
        if self._neurons:
            for setting in self._settings:
                self._neurons.configure(*setting)
            self._settings.clear()

    def changed(self) -> None:
        """Cells may have moved."""
        self._connected = None

    def mask(self, words: Mapping[str, int]) -> None:
        """The masks were written: a neuron is discharged as soon as it is masked, not with the next event; words: all registers."""
        if self._neurons:
            self._neurons.hold(self._held(words, self._now))

    def event(self, row: int, words: Mapping[str, int]) -> None:
        """One event to a row that exists.

        Args:
            row: its row.
            words: all registers.

        Raises:
            NotEmulated: a neuron would see what the emulator cannot tell: several rows at once, a learning waveform, integer cells.
        """
        ctrl, masked = regmap.split("ctrl", words["ctrl"]), self._masked(words)
        if masked.all() and self._array.neuron_conductances() is None:
            return                                               # nobody sees it, and nothing is known of the lines
        if ctrl["multi_hot"]:
            raise NotEmulated("events that gather (CTRL.multi_hot) are not emulated; clear it, or run them on the RTL")
        if ctrl["learn"] and ctrl["winner"] and not masked.all():
            raise NotEmulated("learning waveforms (CTRL.learn) are not emulated; clear it, or run the events on the RTL")
        timing = pulse_timing(words["timing"], bool(ctrl["signed_phase"]))
        neurons = self._ready(timing)
        begins = self._now + timing.settle
        neurons.hold(self._held(words, begins))
        found = neurons.run([row], inhibited=0 if ctrl["winner"] else None)
        self._now += timing.cycles
        answered = [(begins + cycle + ANSWER_CYCLES, neuron) for _, neuron, cycle in found.tolist()]
        self._fired(answered, words, bool(ctrl["winner"]))

    def _ready(self, timing: Timing) -> Neurons:
        """Neurons with their cells as they are now.

        Raises:
            NotEmulated: the cells have no conductance.
        """
        if self._connected != timing:
            siemens = self._array.neuron_conductances()
            if siemens is None:
                raise NotEmulated("integer cells have no conductance that a neuron could see; open the chip with cells=reram")
            if self._neurons is None:
                self._neurons = Neurons(Circuit.of(self._chip), self._seed, self._board)
            self._neurons.connect(siemens[:, 0::2], siemens[:, 1::2], timing)
            self._connected = timing
        assert self._neurons
        self._configure()
        return self._neurons
