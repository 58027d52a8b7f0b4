"""Neurons that compute a whole image: all rows of a plane at once, both columns of a pair at once, on one
membrane that holds the sum.

    neurons = ImageNeurons(ImageCircuit.of(chip), seed=3)
    volts = neurons.membranes(bit_planes(images), positive, negative)       # (images, neurons)
    first = neurons.first(volts)                                            # the neuron that a falling
                                                                            threshold makes fire first

What a window does is the front end's twin (analog/front_end/model.py, held to ngspice); how neurons differ is
read from its figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from neusoc.analog.front_end.model import CODES, MIDDLE, STEP, UNITS, FrontEnd
from neusoc.analog.neuron.model import TRIM_CODES, TRIM_STANDARD
from neusoc.analog.references.model import UNIT, settling
from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.report import Source
from neusoc.digital.model.images import LAG, LATENCY, PLANES, ImageSettings
from neusoc.digital.model.ispp import CLOCK_S
from neusoc.software.emulator.measured import SOURCE_LINE_COLUMNS, ImageSpread, image_spread, membrane
from neusoc.software.emulator.pulse import Floats, Ints

TOP = 1 << PLANES  # above the brightest pixel
MOST = 16.0  # value of the brightest pixel of an image, where nothing else is said
WINDOWS = ImageSettings().windows  # clock cycles of a plane's window, highest bit first
SEGMENT_OHM = 0.744  # of a source line from column to column: 47.6 ohm along 64 columns
SOURCE_OHM = 15.0  # of the source lines to ground: the target; drawn 15.4 nominal, of it the switch 9.3
BIT_LINE_OHM = 26.0  # of a bit line along 64 rows; all held to the layout by layout/core/tests
OUT_OHM = (24.0, 69.0)  # from the array of 64 x 64 to the nearest and to the farthest neuron


def shown_pixels(images: Floats, most: float = MOST) -> Ints:
    """Pixels from 0 to most as the whole numbers that planes can show, (images, rows).

    Raises:
        UserError: a pixel is negative, above most, or no number.
    """
    if not (np.isfinite(images).all() and images.min(initial=0) >= 0 and images.max(initial=0) <= most):
        raise UserError(f"images: a pixel is not from 0 to {most:g}; scale the values")
    return np.floor(images * (TOP - 1) / most + 0.5).astype(np.int64)


def bit_planes(images: Floats, most: float = MOST) -> Ints:
    """Their bits, highest first, (planes, images, rows); arguments and errors as of shown_pixels()."""
    whole = shown_pixels(images, most)
    return np.stack([whole >> bit & 1 for bit in reversed(range(PLANES))])


@dataclass(frozen=True)
class ImageWiring:
    """Resistances of an array, ohm.

    Attributes:
        segment: resistance of a source line from column to column.
        source: resistance from all source lines to ground.
        along: resistance of a bit line along the array.
        out: resistances from the array to the nearest and to the farthest neuron.
    """

    segment: float = 0.0
    source: float = 0.0
    along: float = 0.0
    out: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class ImageCircuit:
    """What neurons of a chip have in common.

    Attributes:
        count: number of neurons.
        membrane_f: capacitance of a membrane, F.
        zero_s: current of an event without a cell, as a sum of cells, S; below 0 it takes from the membrane.
        spread: differences between them.
        wiring: wiring of the array.
        noise: standard deviation of what a cell gives to an event, share of it.
        loss: share that a window takes of a membrane's height over rest.
        swing_v: voltage that a membrane moves to either side of its rest, V.
        trimmed: each pair has its best code.
        last_v: voltage above rest of the last threshold that is heard when it falls a code a cycle, V.
    """

    count: int
    membrane_f: float
    zero_s: float
    spread: ImageSpread
    wiring: ImageWiring
    noise: float
    loss: float = 0.0
    swing_v: float = 0.85
    trimmed: bool = True
    last_v: float = 0.0

    @classmethod
    def of(cls, chip: Chip, source: Source = "schematic") -> Self:
        """As measured: front end, neuron and array.

        Args:
            chip: the variant.
            source: view whose capacitance and loss of a membrane, and current without a cell, count.

        Raises:
            UserError: something was not measured.
        """
        noise, own = load_statistics().noise, membrane(source)
        share = noise.white_share.value if noise.active else 0.0
        wiring = ImageWiring(SEGMENT_OHM, SOURCE_OHM, BIT_LINE_OHM * chip.rows / SOURCE_LINE_COLUMNS, OUT_OHM)
        last = last_heard(chip.neurons, own.late_v)
        return cls(chip.neurons, own.farad, own.zero_s, image_spread(), wiring, share, own.loss, last_v=last)


def last_heard(neurons: int, late_v: float) -> float:
    """Voltage above rest of the last threshold that is heard when it falls a code a cycle, V.

    Code 0 stands LAG cycles longer. The threshold is then as many codes behind as its time constant has
    cycles, and catches up in what pins, synchroniser and comparator leave of those cycles.

    Args:
        neurons: number of neurons, which load the threshold.
        late_v: voltage by which a comparator answers late when its threshold falls a code a cycle, V; figure
            `lag` of neuron.
    """
    behind = settling(neurons) / CLOCK_S
    left = max(0.0, LAG + 1 - LATENCY - late_v / UNIT)
    return float(UNIT * behind * np.exp(-left / behind))


class ImageNeurons:
    """Neurons of one chip.

    Attributes:
        threshold_v: shift of each comparator against what the threshold says, V.

    Args:
        circuit: circuit that they have in common.
        seed: names the chip.
    """

    def __init__(self, circuit: ImageCircuit, seed: int) -> None:
        self.circuit, spread = circuit, circuit.spread
        draw = np.random.default_rng([seed, 7])
        pair, tilt, gain, zero, threshold = draw.standard_normal((5, circuit.count))
        low, middle, high = spread.trimmed
        self._base = (middle if circuit.trimmed else spread.pair) * pair
        # what the code takes at one sum comes back at others: mirrors differ by more at small currents, so
        #   both have other signs
        self._at_low, self._at_high = (
            sign * np.sqrt(max(s**2 - middle**2, 0.0)) * tilt for sign, s in ((1, low), (-1, high))
        )
        self._gain, self._zero = 1 + spread.gain * gain, circuit.zero_s + spread.zero_s * zero
        self.threshold_v = spread.threshold_v * threshold
        self._pair, self._comparator = pair, threshold
        self._random = np.random.default_rng([seed, 8])

    def take_codes(self, pair: Ints, threshold: Ints) -> None:
        """What the latches hold, in place of each neuron's best codes.

        Args:
            pair: trim of the pair of lines, (neurons,), 0 to 31.
            threshold: trim of the comparator, (neurons,), 0 to 7.
        """
        spread = self.circuit.spread
        self._base = spread.pair * self._pair + STEP * (pair - MIDDLE)
        self.threshold_v = spread.comparator_v * self._comparator - spread.code_v * (
            threshold - TRIM_STANDARD
        )

    def best_codes(self) -> tuple[Ints, Ints]:
        """Codes of both trims, as of take_codes(), that leave least: what a tester finds who measures each
        neuron apart."""
        spread = self.circuit.spread
        pair = MIDDLE - np.rint(spread.pair * self._pair / STEP).astype(np.int64)
        threshold = np.full(self.circuit.count, TRIM_STANDARD)
        if spread.code_v:
            threshold = threshold + np.rint(spread.comparator_v * self._comparator / spread.code_v).astype(
                np.int64
            )
        return np.clip(pair, 0, CODES - 1), np.clip(threshold, 0, TRIM_CODES - 1)

    def _uneven(self, siemens: Floats) -> Floats:
        """What a pair's lines differ by at some sums, share, (..., neurons)."""
        at = np.array(self.circuit.spread.at_s)
        low = np.clip((siemens - at[0]) / (at[1] - at[0]), 0, 1)
        high = np.clip((siemens - at[1]) / (at[2] - at[1]), 0, 1)
        return np.asarray(self._base + self._at_low * (1 - low) + self._at_high * high)

    def sums(self, plane: Ints, cells: Floats) -> Floats:
        """Sums of the cells of the rows that are on, with what the source lines take, S, (images, columns).

        Args:
            plane: (images, rows), 0 or 1.
            cells: conductances of all columns in their order on the source lines, (rows, columns), S.
        """
        on = plane.astype(np.float64)
        segment = self.circuit.wiring.segment
        if not segment:
            return on @ cells
        beside = on.reshape(len(on), -1, 2)[:, :, ::-1].reshape(on.shape)  # a source line serves two rows
        pairs = cells.reshape(-1, 2, cells.shape[1]).sum(axis=1).repeat(2, axis=0)
        alone, both = (cells * self._left(current, segment) for current in (cells, pairs))
        return (on * (1 - beside)) @ alone + (on * beside) @ both

    @staticmethod
    def _left(cells: Floats, segment: float) -> Floats:
        """Share of its voltage that a cell keeps when those of its source line conduct, to first order,
        (rows, columns)."""
        flows = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1]  # toward the end at the first column
        return 1 - segment * np.cumsum(flows, axis=1)

    def membranes(
        self,
        planes: Ints,
        positive: Floats,
        negative: Floats,
        windows: tuple[int, ...] = WINDOWS,
        units: int = 1,
    ) -> Floats:
        """What membranes hold above their rest after an image, V, (images, neurons).

        Args:
            planes: (planes, images, rows), 0 or 1.
            positive, negative: cells, S, (rows, neurons).
            windows: window of each plane, clock cycles.
            units: number of the mirrors' outputs, 1 to 8 of 32.

        Raises:
            UserError: windows for other planes, or cells of other neurons.
        """
        circuit = self.circuit
        shape = planes.shape[2], circuit.count
        if len(windows) != len(planes) or positive.shape != shape or negative.shape != shape:
            raise UserError(
                f"planes {planes.shape}, windows {windows}, cells {positive.shape}, {negative.shape}: do not"
                f" fit {circuit.count} neurons; give a window a plane, a row of cells a pixel and a column of"
                " cells a neuron"
            )
        cells = np.stack([positive, negative], axis=2).reshape(len(positive), -1)
        volts = np.zeros((planes.shape[1], circuit.count))
        for plane, cycles in zip(planes, windows, strict=True):
            volts = self.window(volts, plane, cells, cycles, units)
        return volts

    def window(self, volts: Floats, plane: Ints, cells: Floats, cycles: int, units: int) -> Floats:
        """Membranes behind one more window, V, (images, neurons).

        Args:
            volts: voltages of the membranes before it, above their rest, V, (images, neurons).
            plane: rows that are on, (images, rows), 0 or 1.
            cells: conductances of all columns in their order, (rows, columns), S.
            cycles: clock cycles of the window.
            units: number of the mirrors' outputs, 1 to 8 of 32.
        """
        circuit, drawn = self.circuit, self.sums(plane, cells)
        if circuit.noise:
            drawn = drawn + circuit.noise * np.sqrt(plane @ cells**2) * self._random.standard_normal(
                drawn.shape
            )
        return np.asarray(
            np.clip(
                volts * (1 - circuit.loss) + self.step(drawn, cycles, units),
                -circuit.swing_v,
                circuit.swing_v,
            )
        )

    def step(self, drawn: Floats, cycles: int, units: int) -> Floats:
        """What a window adds to the membranes, V, (images, neurons).

        Args:
            drawn: sums as of sums(), S, (images, columns).
            cycles: clock cycles of the window.
            units: number of the mirrors' outputs, 1 to 8 of 32.
        """
        circuit, wiring, twin = self.circuit, self.circuit.wiring, FrontEnd(units=units)
        out = (
            np.linspace(*wiring.out, circuit.count) + wiring.along / 3
        )  # cells alike all along a line see a third of it
        seen = drawn / (1 + drawn * np.repeat(out, 2))
        seen = seen / (1 + wiring.source * seen.sum(axis=1, keepdims=True))
        p, n = seen[:, 0::2], seen[:, 1::2]
        uneven = self._uneven((p + n) / 2)
        current = (
            twin.current(p) * (1 + uneven / 2) - twin.current(n) * (1 - uneven / 2) + twin.vread * self._zero
        )
        return np.asarray(units / UNITS * cycles * CLOCK_S / circuit.membrane_f * self._gain * current)

    def first(
        self, volts: Floats, top_v: float = 0.6, step_v: float = UNIT, used: Ints | None = None
    ) -> Ints:
        """Which neuron fires first when the threshold falls, among those of one step the earliest; -1: none
        that is heard, (images,).

        Args:
            volts: voltages of the membranes, above their rest, V, (images, neurons).
            top_v: voltage at which the threshold begins, above rest, V.
            step_v: voltage by which it falls, V.
            used: neurons that are not masked, in the order in which they are counted; by default all.
        """
        above = volts - self.threshold_v
        chosen = above if used is None else above[:, used]
        fallen = np.ceil((top_v - np.minimum(chosen, top_v)) / step_v)
        found = fallen.argmin(axis=1)
        return np.where(fallen.min(axis=1) <= round((top_v - self.circuit.last_v) / step_v), found, -1)
