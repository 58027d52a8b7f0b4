"""The learning waveform on an emulated array: what a neuron's spike does to the cells of its two columns.

    learner = Waveform(chip, rail_v=1.9)
    learner.run(neuron=3, window=rows, factor=1)

While the fire driver of a neuron has its bit lines, phi_1 lifts the positive column to vpp with the rows of
the window on, phi_2 the negative one with the others; both are a SET against source lines at ground. Rows are
at the rail of the WL DAC, so the access transistor limits each cell, and what all cells of a phase lift the
source lines by its gate loses (analog/fire_driver/README.md). A negative factor exchanges the rows, its size
is how often the waveform runs, 0 leaves everything (RTL: digital/rtl/learning.sv, rail_learning.sv).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from neusoc.analog.reram.equations import current, divide
from neusoc.analog.synapse.access import WIDTH_UM, CellTransistor, access_table
from neusoc.base.errors import UserError
from neusoc.digital.model.ispp import CLOCK_S, Kind
from neusoc.software.emulator.parameters import parameter
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.pulse_table_store import parameters
from neusoc.software.emulator.whole_image import SOURCE_OHM
from neusoc.software.mapping.chips import SampledCells

BIT_LINE_OHM = (
    50.0  # to the farthest cell of 64 rows, and the route; `bl_ohm` of analog/fire_driver/fire_driver.yaml
)
VPP = 3.3  # V, of the bit line; as in the fire driver's bench
LOWEST, HIGHEST = 1.0, 2.4  # V, of the rail
STEP_V = 0.05  # of the lines: each level that is told apart costs a table
MOST_FACTOR = 3  # of FACTOR.value
SETTLES = 4  # rounds in which currents and levels agree


def drive_ohm() -> float:
    """Of a fire driver, as laid out, ohm."""
    return parameter("fire_driver.drive_resistance.extracted")


@cache
def cell_amperes(line_v: float, rail_v: float, celsius: float) -> tuple[Floats, Floats]:
    """Filament, nm, rising, and the current of its cell, A; line and rail over the source line, V."""
    p = parameters(celsius)
    x = np.linspace(p.xmin_nm, p.xmax_nm, 200)
    bias = np.broadcast_to(np.array([line_v, rail_v, 0.0]), (x.size, 3))
    return x, current(x, divide(x, bias, CellTransistor(access_table("tt", celsius, WIDTH_UM)), p), p)


@dataclass
class Waveform:
    """Waveforms on one chip.

    Attributes:
        chip: chip whose cells move.
        rail_v: level of the rows, V.
        phi_1, phi_2: widths of the phases, cycles; 0 counts as 1, as in LEARN.
        source_ohm: resistance from the source lines to ground, ohm.
        count: waveforms so far.
    """

    chip: SampledCells
    rail_v: float = 1.9
    phi_1: int = 10
    phi_2: int = 10
    source_ohm: float = SOURCE_OHM
    count: int = 0

    def __post_init__(self) -> None:
        if not LOWEST <= self.rail_v <= HIGHEST:
            raise UserError(f"rail {self.rail_v:g} V: choose {LOWEST} to {HIGHEST} V")

    def run(self, neuron: int, window: Ints, factor: int = 1) -> None:
        """What a spike of a neuron does.

        Args:
            neuron: neuron that fired.
            window: rows whose events are young enough.
            factor: third factor, as FACTOR.

        Raises:
            UserError: a factor that FACTOR does not take.
        """
        if abs(factor) > MOST_FACTOR:
            raise UserError(f"factor {factor}: choose -{MOST_FACTOR} to {MOST_FACTOR}")
        inside = np.zeros(self.chip.chip.rows, bool)
        inside[window] = True
        for _ in range(abs(factor)):
            for below, cycles in enumerate((self.phi_1, self.phi_2)):
                rows = np.flatnonzero(inside == (below == (factor < 0)))
                self._phase(rows * self.chip.chip.columns + 2 * neuron + below, max(cycles, 1))
            self.count += 1

    def _phase(self, cells: Ints, cycles: int) -> None:
        """Cells of one column, in the order of their rows."""
        if not cells.size:
            return
        lines, rail = self._levels(cells)
        lines = np.round(np.round(lines / STEP_V) * STEP_V, 6)
        self.chip.path.cells.pulse(Kind.SET, cells, np.full(cells.size, rail), lines, cycles * CLOCK_S)

    def _levels(self, cells: Ints) -> tuple[Floats, float]:
        """Level of the bit line at each cell, and of the rows, over the source lines, V."""
        array = self.chip.path.cells
        place = (
            cells // self.chip.chip.columns + 1
        ) / self.chip.chip.rows  # along the bit line, the driver at its beginning
        lines, rail = np.full(cells.size, VPP), self.rail_v
        for _ in range(SETTLES):
            x, amperes = cell_amperes(round(float(lines.mean()), 1), round(rail, 2), array.celsius)
            each = np.interp(array.x_nm[cells], x, amperes)
            along = BIT_LINE_OHM * (np.minimum(place[:, None], place[None, :]) @ each)
            lift = self.source_ohm * float(each.sum())
            lines = 0.5 * (lines + VPP - drive_ohm() * each.sum() - along - lift)
            rail = 0.5 * (rail + self.rail_v - lift)
        return lines, rail
