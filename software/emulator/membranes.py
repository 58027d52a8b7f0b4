"""Membranes of one image chip, window by window: what the emulated registers and the pins of a simulated
controller both ask.

membranes = Membranes(ImageCircuit.of(chip), seed=3)
membranes.connect(cells)                                # siemens, (rows, columns)
membranes.window([0, 5], cycles=8, ratio=0)
membranes.above(code=12)                                # mask of the neurons whose comparators are up
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from neusoc.analog.front_end.model import CODES, MIDDLE
from neusoc.analog.neuron.model import TRIM_CODES, TRIM_STANDARD
from neusoc.analog.references.model import UNIT
from neusoc.base.errors import UserError
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.whole_image import ImageCircuit, ImageNeurons

CODE_V = UNIT  # of the threshold, a code


class Membranes:
    """Membranes and latches of all neurons. After a reset the latches hold the middle of both trims.

    Attributes:
        volts: voltages of the membranes, above their rest, V, (neurons,).

    Args:
        circuit: circuit that the neurons have in common; whether it is trimmed does not matter: the latches
            say so.
        seed: names the chip.
    """

    def __init__(self, circuit: ImageCircuit, seed: int) -> None:
        self._neurons = ImageNeurons(circuit, seed)
        self._cells: Floats | None = None
        self.volts = np.zeros(circuit.count)
        self._pair, self._trim = np.full(circuit.count, MIDDLE), np.full(circuit.count, TRIM_STANDARD)
        self._neurons.take_codes(self._pair, self._trim)

    @property
    def count(self) -> int:
        """Neurons."""
        return self.volts.size

    def configure(self, neuron: int | None, pair: int, trim: int) -> None:
        """Write the latches of a neuron, or of all.

        Raises:
            UserError: a neuron or a code that does not exist.
        """
        for name, value, end in (
            ("neuron", neuron or 0, self.count),
            ("pair", pair, CODES),
            ("trim", trim, TRIM_CODES),
        ):
            if value not in range(end):
                raise UserError(f"{name} {value}: choose 0 to {end - 1}")
        chosen = slice(None) if neuron is None else neuron
        self._pair[chosen], self._trim[chosen] = pair, trim
        self._neurons.take_codes(self._pair, self._trim)

    def best_codes(self) -> tuple[Ints, Ints]:
        """As of ImageNeurons."""
        return self._neurons.best_codes()

    def connect(self, cells: Floats) -> None:
        """Cells from now on, S, (rows, columns); the membranes stay.

        Raises:
            UserError: not two columns a neuron, or a conductance that is none.
        """
        if cells.ndim != 2 or cells.shape[1] != 2 * self.count:
            raise UserError(
                f"cells: shape {cells.shape} is not rows by {2 * self.count} columns; give two columns a"
                " neuron"
            )
        if not (np.isfinite(cells).all() and (cells >= 0).all()):
            raise UserError("cells: a conductance is negative or no number; give siemens")
        self._cells = cells

    def discharge(self, held: Sequence[bool] | np.ndarray | None = None) -> None:
        """Membranes to their rest; held: one a neuron, by default all."""
        self.volts[slice(None) if held is None else np.asarray(held, bool)] = 0.0

    def window(self, rows: Iterable[int], cycles: int, ratio: int, held: np.ndarray | None = None) -> None:
        """All membranes listen.

        Args:
            rows: rows that are on.
            cycles: length of the window, clock cycles.
            ratio: units of current, less one.
            held: neurons that are discharged meanwhile, one a neuron.

        Raises:
            UserError: no cells, or a row that they have not.
        """
        if self._cells is None:
            raise UserError("membranes: no cells are connected; call connect() first")
        on = np.zeros((1, len(self._cells)), np.int64)
        for row in rows:
            if not 0 <= row < on.size:
                raise UserError(f"row {row}: the array has rows 0 to {on.size - 1}; choose one of them")
            on[0, row] = 1
        self.volts = self._neurons.window(self.volts[None], on, self._cells, cycles, ratio + 1)[0]
        if held is not None:
            self.discharge(held)

    def above(self, code: int) -> int:
        """Mask of the neurons whose membranes are at or above a code of the threshold."""
        return sum(
            1 << int(k) for k in np.flatnonzero(self.volts - self._neurons.threshold_v >= CODE_V * code)
        )
