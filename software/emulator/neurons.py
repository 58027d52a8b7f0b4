"""The neurons of one chip at the level of events: rows in, spikes out; bit lines that remember, membranes, thresholds and their trim.

    neurons = Neurons(Circuit.of(chip), seed=3)
    neurons.connect(positive, negative, Timing(2, 3, 2, 2, signed=True))
    neurons.ground()                                        # as while CTRL.enable is 0
    for event, neuron, cycle in neurons.run(rows): ...

What an event does to a neuron stands in lines.py, fitted to transistors; threshold, comparator and settings are those of the neuron's twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from neusoc.analog.neuron.model import (
    BANK_WORDS,
    COMPARATOR_AREA,
    RELEASE_STEP,
    THRESHOLD_OFFSET,
    TRIM_CODES,
    TRIM_STANDARD,
    TRIM_STEP,
)
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import IMAGE, Chip
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.kernels import DRAWS, HELD, count, state, taken, trace, wide
from neusoc.software.emulator.lines import Line, Wiring, table
from neusoc.software.emulator.measured import Spread, View, floor_of, known, line_of, spread_of, wiring_of
from neusoc.software.emulator.pulse import Board, Floats, Ints, Timing
from numpy.typing import ArrayLike, NDArray

ALIKE = Spread(0.0, 0.0)
ANSWER_CYCLES = 4                # from the comparator to the discharge: two flip-flops of the synchroniser, the collector, the output


@dataclass(frozen=True)
class Circuit:
    """What neurons of a chip have in common.

    Attributes:
        count: number of neurons.
        line: parameters of their inputs and bit lines.
        wiring: wiring of the array.
        spread: differences between them.
        floor_v: lowest voltage of a membrane, V.
        noise: standard deviation of what a cell gives to an event, share of it.
    """

    count: int
    line: Line
    wiring: Wiring
    spread: Spread
    floor_v: float
    noise: float

    @classmethod
    def of(cls, chip: Chip, view: View = "extracted") -> Self:
        """As measured; view: as of measured.line_load().

        Raises:
            UserError: something was not measured, or the chip has the image core, whose neurons are others (whole_image.py).
        """
        if chip.core == IMAGE:
            raise UserError(f"{chip.name}: has the image core, whose neurons take whole images: `neusoc images`")
        results, noise = known(), load_statistics().noise
        share = noise.white_share.value if noise.active else 0.0
        return cls(chip.neurons, line_of(results), wiring_of(results, chip, view), spread_of(results), floor_of(results), share)


def lost_events(timing: Timing, hold_cycles: int) -> int:
    """Events that a neuron misses after its spike, with events back to back.

    Args:
        timing: timing of an event.
        hold_cycles: length of the discharge.
    """
    return max(0, -(-(timing.phi_p + ANSWER_CYCLES + hold_cycles) // timing.cycles) - 1)


class Neurons:
    """Neurons of one chip and what is on their bit lines.

    Attributes:
        trim, bank: words that their latches hold; write with configure().
        offset_v: offset of each virtual ground, V.
        shift_v: shift of each threshold at one code of the trim, V.

    Args:
        circuit: circuit that they have in common.
        seed: names the chip; its offsets, thresholds and noise.
        board: levels.
    """

    def __init__(self, circuit: Circuit, seed: int, board: Board | None = None) -> None:
        self.circuit, self.board = circuit, board or Board()
        draw = np.random.default_rng([seed, 1])
        self.offset_v, self.shift_v = (
            sigma * draw.standard_normal(circuit.count) for sigma in (circuit.spread.offset_v, circuit.spread.threshold_v)
        )
        self._noise = (circuit.noise * draw.standard_normal(DRAWS)).astype(np.float32)
        self._draw = np.random.default_rng([seed, 2])
        self.trim, self.bank = np.full(circuit.count, TRIM_STANDARD), np.zeros(circuit.count, np.int64)
        self._p, self._n, self._v, self._dead = (np.zeros(circuit.count, np.float32) for _ in range(4))
        self._cells: tuple[Floats, Floats] | None = None
        self._timing = Timing()
        self._table: NDArray[np.float32] | None = None
        self._wide: NDArray[np.float32] | None = None            # of the table, made when images are counted
        self.ground()

    def configure(self, neuron: int | None, trim: int, bank: int) -> None:
        """Write the latches of a neuron, or of all.

        Raises:
            UserError: a neuron, code or word that does not exist.
        """
        for name, value, end in (("neuron", neuron or 0, self.circuit.count), ("trim", trim, TRIM_CODES), ("bank", bank, BANK_WORDS)):
            if value not in range(end):
                raise UserError(f"{name} {value}: choose 0 to {end - 1}")
        chosen = slice(None) if neuron is None else neuron
        self.trim[chosen], self.bank[chosen] = trim, bank
        self._table = None

    def connect(self, positive: Floats, negative: Floats, timing: Timing) -> None:
        """Cells and the timing of events from now on; lines and membranes stay as they are.

        Args:
            positive, negative: conductances that a neuron sees of the cells of its two columns, S, (rows, neurons).
            timing: timing of the row pulses.

        Raises:
            UserError: not one column of cells a neuron, or a conductance that is none.
        """
        for name, cells in (("positive", positive), ("negative", negative)):
            if cells.ndim != 2 or cells.shape != positive.shape or cells.shape[1] != self.circuit.count:
                raise UserError(f"{name} cells: shape {cells.shape} is not rows by {self.circuit.count} neurons; give a column a neuron")
            if not (np.isfinite(cells).all() and (cells >= 0).all()):
                raise UserError(f"{name} cells: a conductance is negative or no number; give siemens")
        self._cells, self._timing, self._table = (positive, negative), timing, None

    def ground(self) -> None:
        """Bit lines at 0 V and all membranes discharged, as while CTRL.enable is 0: the first event brings the lines up, and is seen."""
        self._p[:] = self._n[:] = -self.board.vref_v
        self.discharge()

    def discharge(self) -> None:
        """All membranes, as before an image; bit lines stay, and no neuron is held any more."""
        self._v[:], self._dead[:] = RELEASE_STEP, 0

    def limits(self) -> tuple[Floats, Floats]:
        """Membrane at which each neuron fires after the positive phase, and after the whole event, V.

        The comparator collects overdrive: what stands above the threshold only until phi_n takes it back has to stand higher.
        """
        threshold = self.board.vth_v - self.board.vref_v + THRESHOLD_OFFSET - TRIM_STEP * (self.trim - TRIM_STANDARD) + self.shift_v
        t = self._timing
        last = COMPARATOR_AREA / (CLOCK_S * (t.settle + 2 * t.gap + 1))
        between = COMPARATOR_AREA / (CLOCK_S * t.gap) if t.signed else last
        return threshold + between, threshold + last

    def _ready(self, rows: ArrayLike) -> tuple[Ints, NDArray[np.float32]]:
        """Rows of events, and the table.

        Raises:
            UserError: no cells, or a row that they have not.
        """
        if self._cells is None:
            raise UserError("neurons: no cells are connected; call connect() first")
        if self._table is None:
            found = table(*self._cells, self.circuit.line, self.circuit.wiring, self._timing, self.board.read_v, self.offset_v, self.bank)
            self._table, self._wide = found, None
        order = np.atleast_1d(np.asarray(rows, np.int64))
        if order.size and not (0 <= order.min() and order.max() < len(self._table)):
            raise UserError(f"event to row {order.max() if order.max() >= len(self._table) else order.min()}: "
                            f"the array has rows 0 to {len(self._table) - 1}; choose one of them")  # fmt: skip
        return order, self._table

    def _constants(self) -> tuple[NDArray[np.float32], NDArray[np.float32], np.float32, np.float32]:
        peak, after = self.limits()
        return peak.astype(np.float32), after.astype(np.float32), np.float32(RELEASE_STEP), np.float32(self.circuit.floor_v)

    def _seed(self) -> int:
        return int(self._draw.integers(1 << 32))

    def hold(self, held: ArrayLike) -> None:
        """Hold some neurons discharged from now on, masked ones say, and release all others; held: one a neuron."""
        chosen = np.asarray(held, bool)
        self._v[chosen] = RELEASE_STEP
        self._dead[chosen] = HELD
        self._dead[~chosen & (self._dead >= HELD)] = 0

    def run(self, rows: ArrayLike, *, lost: int = 0, inhibited: int | None = None) -> Ints:
        """Events, one after the other.

        Args:
            rows: row of each event.
            lost: events that a neuron misses after its spike.
            inhibited: winner-take-all: events that all others miss then.

        Returns:
            (spikes, 3): event, neuron and clock cycle of the positive phase (the one after it: later), in that order.

        Raises:
            UserError: no cells, or a row that they have not.
        """
        order, numbers = self._ready(rows)
        found = np.empty((order.size * self.circuit.count, 3), np.int64)
        inhibits = np.float32(-1 if inhibited is None else inhibited)
        total = trace(
            order, numbers, *self._constants(), np.float32(lost), inhibits, self._timing.phi_p, self._noise, self._seed(),
            self._p, self._n, self._v, self._dead, found,
        )  # fmt: skip
        return found[:total]

    def counts(self, rows: ArrayLike, ends: ArrayLike, *, lost: int = 0) -> tuple[Ints, Floats]:
        """Spikes of each image of many; each begins with discharged membranes.

        Args:
            rows: rows of the events of all images.
            ends: number of events at the end of each image.
            lost: number of events as of run().

        Returns:
            Spikes, and when the last one came as a share of the image (0: never), (images, neurons).

        Raises:
            UserError: as of run(), or images whose ends do not rise to the last event.
        """
        order, numbers = self._ready(rows)
        stops = np.asarray(ends, np.int64)
        if not stops.size or stops[-1] != order.size or (np.diff(stops, prepend=0) < 0).any():
            raise UserError(f"ends of images: do not rise to the {order.size} events; give the number of events at the end of each")
        found, last = (np.zeros((stops.size, self.circuit.count), np.float32) for _ in range(2))
        peak, after, rest, floor = self._constants()
        lanes = state(self._p, self._n, self._dead, peak, after)
        if self._wide is None:
            self._wide = wide(numbers)
        count(
            order, stops, self._wide, lanes, np.uint64(self.circuit.count), rest, floor, np.float32(lost), self._noise,
            np.uint64(self._seed()), found, last,
        )  # fmt: skip
        taken(lanes, self._p, self._n, self._dead)
        return found.astype(np.int64), last.astype(np.float64)
