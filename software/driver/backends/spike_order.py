"""Spikes behind the registers of an emulated chip: who is held discharged and whose spike leaves when, as
spike_collector.sv has it.

Time is counted in clock cycles, and passes with events and with Transport.wait alone: an access of the bus
takes none. So events follow one another back to back, as fast as event_sequencer.sv takes them. A neuron
stays discharged for its refractory time and until its spike is taken; the
refractory time is the longest that REFRACTORY allows (its ticks are the chip's own).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from neusoc.base.chip import Chip
from neusoc.digital.model import regmap
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.digital.model.spikes import SpikeQueue
from neusoc.software.driver.registers import MASK_BITS
from neusoc.software.driver.transport import DriverError

Receiver = Callable[[int], None]
COLLECTED = 2  # cycles from where a spike counts to ANSWER_CYCLES: the discharge, its output


class NotEmulated(DriverError):
    """The emulator has no model of what was asked for."""


class SpikeOrder:
    """Neurons by their numbers, without membranes.

    Args:
        chip: its sizes.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._now = 0
        self._free = np.zeros(chip.neurons, np.int64)  # cycle from which a neuron is no longer held
        self._pending: set[int] = set()
        self._queue = SpikeQueue()
        self._at = 0  # cycle that the queue has come to

    def wait(self, seconds: float) -> None:
        """Time passes, s."""
        self._now += round(seconds / CLOCK_S)

    @property
    def offered(self) -> int | None:
        """Neuron of the spike that waits to be taken; None: none."""
        if not self._queue.rests:
            self._settle()
        return self._queue.offered

    def _drop(self) -> None:
        """CTRL.enable is 0: spikes that wait are dropped."""
        self._pending.clear()
        self._free[:] = self._now
        self._queue.clear()

    def _held(self, words: Mapping[str, int], now: int) -> np.ndarray:
        """Neurons that are held discharged at a time: masked, with a spike that waits, or after one."""
        masked = self._masked(words)
        return np.asarray(
            masked | np.isin(np.arange(masked.size), list(self._pending)) | (self._free > now), bool
        )

    def _masked(self, words: Mapping[str, int]) -> np.ndarray:
        return np.array(
            [words[f"mask{k // MASK_BITS}"] >> k % MASK_BITS & 1 for k in range(self._chip.neurons)], bool
        )

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
                self._queue.step(())
                self._at += 1
            self._at = max(self._at, cycle) + 1
            self._queue.step({neuron for fires, neuron in found if fires == answered})

    @staticmethod
    def _times(words: Mapping[str, int]) -> tuple[int, int]:
        """Refractory time and inhibition, cycles."""
        refractory = regmap.split("refractory", words["refractory"])
        inhibit = regmap.split("inhibit", words["inhibit"])["cycles"]
        return (refractory["count"] + 1) * (refractory["prescale"] + 1), max(inhibit, 1)

    def _settle(self) -> None:
        """What is asked for comes later than the queue needs: it is over with its moves."""
        while self._queue.moves:
            self._queue.step(())

    def take(self) -> int | None:
        """The spike that is offered leaves; its neuron, None without one."""
        taken = self.offered
        if taken is not None:
            self._pending.discard(taken)
            self._queue.step((), take=True)
        return taken
