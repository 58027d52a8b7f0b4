"""The emulator's image neurons at the pins of the controller: rows and windows come in, comparators go up,
discharge answers.

The pins alone decide, a look a cycle in which one of them moved, in its middle. What a window does is known
at its end, as in
software/driver/backends/image_unit.py: a neuron that is discharged at its begin or its end has nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge, First
from cocotb.utils import get_sim_time
from neusoc.base.errors import UserError
from neusoc.base.pins import REFERENCE_WORDS, THRESHOLD_WORD
from neusoc.digital.model.images import MIDDLE, ReferenceWord
from neusoc.software.driver.backends.array import Array
from neusoc.software.driver.backends.image_unit import NO_CELLS, require_defaults
from neusoc.software.driver.backends.spike_order import NotEmulated
from neusoc.software.driver.transport import DriverError
from neusoc.software.emulator.membranes import Membranes
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.verification.cocotb.array_model import RESETS, ArrayModel, View
from neusoc.verification.cocotb.bench import CLOCK_NS, Bench, bits

FOLLOWED = (
    "row",
    "integ",
    "hold",
    "ratio_b",
    "discharge",
    "config",
    "reference_d",
    "reference_write",
    "phi_1",
    "phi_2",
)
RATIO = 0b111  # ratio_b is inverted
ERASE = RESETS[1]


@dataclass
class RailArray(ArrayModel):
    """The array of a chip whose cells are told where vpp is on the rail of the rows.

    Attributes:
        full_at: code of the word line at which RESET has it; None: at none.
    """

    full_at: int | None = None

    def _pulse(self, view: View, width: int) -> None:
        if view.lines in RESETS:
            assert (view.lines == ERASE) == (view.codes[0] == self.full_at), (
                f"{sorted(view.lines)} at code {view.codes[0]}"
            )
        super()._pulse(view, width)


@dataclass(frozen=True)
class Window:
    """A window that is open: the cycle in which it began, and what the pins showed then."""

    begun: int
    rows: int
    ratio: int
    held: int


class PinMembranes:
    """Neurons of a chip behind its pins.

    Attributes:
        broken: error for what came that is not modelled; the next access tells.

    Args:
        bench: before its start.
        array: cells; without conductances only windows that no neuron sees are taken.
        seed: names the chip.

    Raises:
        UserError: neurons were not measured.
    """

    def __init__(self, bench: Bench, array: Array, seed: int) -> None:
        self._bench, self._array = bench, array
        self._membranes = Membranes(ImageCircuit.of(bench.chip), seed)
        self._connected = False
        self._words: list[int | None] = [None] * REFERENCE_WORDS
        self._window: Window | None = None
        self._up = 0  # comparators
        self.broken: DriverError | None = None

    def start(self) -> None:
        """Run for ever."""
        cocotb.start_soon(self._follow())

    def changed(self) -> None:
        """Cells may have moved."""
        self._connected = False

    async def _follow(self) -> None:
        dut = self._bench.dut
        moving = [getattr(dut, f"{name}_1v8_o").value_change for name in FOLLOWED]
        while True:
            await First(*moving)
            await FallingEdge(dut.wb_clk_i)
            try:
                self._look({name: self._bench.pin_1v8(name) for name in FOLLOWED})
            except UserError as error:
                self.broken = error if isinstance(error, DriverError) else DriverError(str(error))

    def _look(self, now: dict[str, int]) -> None:
        """All that the pins do in one cycle.

        Raises:
            NotEmulated: a window that is not modelled.
        """
        membranes, held = self._membranes, now["discharge"]
        for word in bits(now["reference_write"]):
            self._words[word] = now["reference_d"]
        if now["config"]:
            for neuron in bits(held):
                membranes.configure(neuron, self._bench.pin_1v8("pair"), self._bench.pin_1v8("trim"))
        if now["phi_1"] or now["phi_2"]:
            raise NotEmulated("learning waveforms (CTRL.learn) have no model of cells here; clear it")
        if now["integ"] and self._window is None:
            self._window = Window(_cycle(), now["row"], RATIO & ~now["ratio_b"], held)
        elif not now["integ"] and self._window is not None:
            window, self._window = self._window, None
            self._listen(window, held)
        membranes.discharge(_flags(held, membranes.count))
        self._compare(now, held)

    def _listen(self, window: Window, held: int) -> None:
        """A window has ended."""
        membranes, all_of = self._membranes, (1 << self._membranes.count) - 1
        seen = ~(window.held | held) & all_of
        cells = self._array.neuron_conductances()
        if cells is None:
            if seen:
                raise NotEmulated(NO_CELLS)
            return
        require_defaults({word: self._words[word] for word in ReferenceWord})
        if not self._connected:
            membranes.connect(cells)
            self._connected = True
        membranes.window(
            bits(window.rows), _cycle() - window.begun, window.ratio, _flags(all_of & ~seen, membranes.count)
        )

    def _compare(self, now: dict[str, int], held: int) -> None:
        """Comparators; what they find while they are held counts for nothing."""
        threshold, up = self._words[THRESHOLD_WORD], self._up & ~held
        if threshold is not None and not now["hold"]:
            up |= self._membranes.above(threshold ^ MIDDLE) & ~held
        for neuron in bits(up ^ self._up):
            self._bench.drive_spike(neuron, up >> neuron & 1)
        self._up = up


def _flags(mask: int, count: int) -> np.ndarray:
    """One a neuron."""
    return np.array([mask >> k & 1 for k in range(count)], bool)


def _cycle() -> int:
    """Now, clock cycles."""
    return round(get_sim_time("ns")) // CLOCK_NS
