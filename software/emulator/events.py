"""Neurons that take events: rows in, spikes out; each event is an exposure of its row alone.

    neurons = EventNeurons(ImageCircuit.of(chip), seed=3, mode=EventMode(window=20))
    neurons.connect(cells)                                  # siemens, (rows, columns)
    for event, neuron in neurons.run(rows): ...
    spikes, last = neurons.count(trains)                    # (images, events) -> (images, neurons)

Front ends, comparators and their trims are those of ImageNeurons (whole_image.py) of the same seed; ImageUnit
says the same by registers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from neusoc.analog.front_end.model import RATIOS
from neusoc.analog.references.model import UNIT
from neusoc.base.errors import UserError
from neusoc.digital.model.events import EventSettings
from neusoc.digital.model.images import CODES, MIDDLE
from neusoc.software.emulator.event_kernels import DRAWS, HELD, count, trace, wide
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons
from numpy.typing import ArrayLike

ANSWER_CYCLES = (
    4  # from the window's end to the discharge: two flip-flops of the synchroniser, the collector, the output
)
LONGEST = (1 << 8) - 1  # of a window and of each part of an exposure, clock cycles
MOST_TICK = 1 << 10  # of REFRACTORY, clock cycles


@dataclass(frozen=True)
class EventMode:
    """How events are shown and answered; defaults are those after a reset.

    Attributes:
        window: WINDOW.window, clock cycles in which the membranes listen.
        units: WINDOW.ratio + 1, units of current in it.
        rest: THRESHOLD.rest, code of the threshold outside images.
        refractory: longest time that a neuron is held discharged after its spike, clock cycles.
        inhibit: INHIBIT.cycles, in which all are held after the spike of a winner, clock cycles.
        winner: CTRL.winner: a spike holds all neurons.
        around: EXPOSURE of the row, without the window.

    Raises:
        UserError: a number that the registers cannot hold.
    """

    window: int = 2
    units: int = 1
    rest: int = MIDDLE
    refractory: int = 60
    inhibit: int = 500
    winner: bool = False
    around: EventSettings = EventSettings()

    def __post_init__(self) -> None:
        around = {name: getattr(self.around, name) for name in ("lead", "opened", "close", "tail")}
        ranges = (
            (1, LONGEST, "window"),
            (1, len(RATIOS), "units"),
            (0, CODES - 1, "rest"),
            (1, MOST_TICK, "refractory"),
            (1, 65535, "inhibit"),
        )
        for first, last, name in (*ranges, *((0, LONGEST, name) for name in around)):
            value = around[name] if name in around else getattr(self, name)
            if type(value) is not int or not first <= value <= last:
                raise UserError(f"events: {name} {value}: choose {first} to {last}")

    @property
    def cycles(self) -> int:
        """From one event to the next, back to back, clock cycles."""
        return int(replace(self.around, window=self.window).cycles)

    def lost(self, held: int) -> int:
        """Events back to back that are lost while a neuron is held discharged so many cycles behind its
        spike."""
        return max(0, -(-(self.window + ANSWER_CYCLES + held) // self.cycles) - 1)


class EventNeurons:
    """Neurons of one chip that take events.

    Attributes:
        circuit: circuit that the neurons have in common.
        neurons: the same neurons for whole images; take_codes() there sets their trims.
        mode: settings of events; may be replaced.
        masked: neurons that are held discharged for ever, (neurons,) bool.
        volts: membranes above their rest, V, (neurons,).

    Args:
        circuit: circuit that the neurons have in common.
        seed: names the chip.
        mode: settings of events.
    """

    def __init__(self, circuit: ImageCircuit, seed: int, mode: EventMode | None = None) -> None:
        self.circuit, self.neurons = circuit, ImageNeurons(circuit, seed)
        self.mode = mode or EventMode()
        self.masked = np.zeros(circuit.count, bool)
        self.volts, self._dead = np.zeros((2, circuit.count))
        self._cells: Floats | None = None
        self._steps: tuple[object, Floats, Floats] | None = None
        self._random = np.random.default_rng([seed, 9])

    @cached_property
    def _noise(self) -> Floats:
        return self._random.standard_normal(DRAWS)

    def connect(self, cells: Floats) -> None:
        """Cells from now on; membranes stay.

        Args:
            cells: conductances of all columns in their order, two a neuron, S, (rows, columns).

        Raises:
            UserError: not two columns a neuron, or a conductance that is none.
        """
        if cells.ndim != 2 or cells.shape[1] != 2 * self.circuit.count:
            raise UserError(
                f"cells: shape {cells.shape} is not rows by {2 * self.circuit.count} columns; give two"
                " columns a neuron"
            )
        if not (np.isfinite(cells).all() and (cells >= 0).all()):
            raise UserError("cells: a conductance is negative or no number; give siemens")
        self._cells, self._steps = cells, None

    def ground(self) -> None:
        """All membranes discharged and none held any more, as after CTRL.enable was 0."""
        self.volts[:], self._dead[:] = 0, 0

    def steps(self) -> tuple[Floats, Floats]:
        """Mean and standard deviation of what an event adds to each membrane, V, (rows, neurons).

        Raises:
            UserError: no cells are connected.
        """
        if self._cells is None:
            raise UserError("neurons: no cells are connected; call connect() first")
        key = (self.mode.window, self.mode.units)
        if self._steps is None or self._steps[0] != key:
            drawn = self.neurons.sums(np.eye(len(self._cells), dtype=np.int64), self._cells)
            mean = self.neurons.step(drawn, *key)
            sides = np.tile([1.0, 0.0], self.circuit.count), np.tile([0.0, 1.0], self.circuit.count)
            moved = [
                self.neurons.step(drawn + self.circuit.noise * self._cells * side, *key) - mean
                for side in sides
            ]
            self._steps = key, mean, np.hypot(*moved)
        return self._steps[1:]

    def _order(self, rows: ArrayLike) -> Ints:
        order = np.asarray(rows, np.int64)
        rows_there = len(self.steps()[0])
        if order.size and not (-1 <= order.min() and order.max() < rows_there):
            wrong = int(order.max() if order.max() >= rows_there else order.min())
            raise UserError(
                f"event to row {wrong}: the array has rows 0 to {rows_there - 1}; choose one of them"
            )
        return order

    def _constants(self) -> tuple[Floats, Floats, float, float, Floats, float]:
        """Arguments that both kernels share."""
        circuit = self.circuit
        return (
            *self.steps(),
            1 - circuit.loss,
            circuit.swing_v,
            self.neurons.threshold_v,
            UNIT * self.mode.rest,
        )

    def _draw(self) -> np.uint64:
        return np.uint64(self._random.integers(1 << 32))

    def run(self, rows: ArrayLike) -> Ints:
        """Events back to back, behind those of the run before.

        Args:
            rows: row of each event.

        Returns:
            Event and neuron of each spike in that order, (spikes, 2).

        Raises:
            UserError: no cells are connected, or a row that they have not.
        """
        constants, mode = self._constants(), self.mode
        order = np.atleast_1d(self._order(rows))
        self._dead[self.masked] = HELD
        self._dead[~self.masked & (self._dead >= HELD)] = 0
        lost = float(mode.lost(mode.refractory))
        inhibited = float(mode.lost(mode.inhibit)) if mode.winner else -1.0
        spikes = np.empty((order.size * self.circuit.count, 2), np.int64)
        total = trace(
            order, *constants, lost, inhibited, self._noise, self._draw(), self.volts, self._dead, spikes
        )
        return spikes[:total]

    def count(self, trains: ArrayLike, ends: ArrayLike | None = None) -> tuple[Ints, Ints]:
        """Spikes of many images, each of which all neurons begin discharged.

        Args:
            trains: rows of the events, (images, events), -1 for none; with ends those of all images behind
                each other, (events,).
            ends: number of events at the end of each image, (images,).

        Returns:
            Spikes, and index within its image of the event that brought the last one, -1 without; both
            (images, neurons).

        Raises:
            UserError: as of run(); ends that do not rise to the last event; a winner, of whom run() knows.
        """
        if self.mode.winner:
            raise UserError(
                "count: spikes of images are counted without a winner (EventMode.winner); use run()"
            )
        (step, sigma, *constants), order = self._constants(), self._order(trains)
        if ends is None and order.ndim != 2:
            raise UserError(
                f"trains: shape {order.shape} is not images by events; give a row an image, or the end of"
                " each"
            )
        stops = np.arange(1, len(order) + 1) * order.shape[1] if ends is None else np.asarray(ends, np.int64)
        if not stops.size or stops[-1] != order.size or (np.diff(stops, prepend=0) < 0).any():
            raise UserError(
                f"ends of images: do not rise to the {order.size} events; give the number of events at the"
                " end of each"
            )
        spikes, last = np.empty((2, stops.size, self.circuit.count), np.int64)
        held = np.where(self.masked, HELD, 0.0)
        lost = float(self.mode.lost(self.mode.refractory))
        count(
            order.ravel(),
            stops,
            wide(step),
            wide(sigma),
            *constants,
            lost,
            held,
            self._noise,
            self._draw(),
            spikes,
            last,
        )  # type: ignore[call-arg]
        return spikes, last
