"""The learning waveform on an emulated array: what a neuron's spike does to the cells of its two columns.

    learner = Waveform(chip, vfire_v=2.6)
    learner.run(neuron=3, window=rows, factor=1)

While the fire driver of a neuron has its bit lines, phi_1 lifts the positive column to vfire with the rows of the window on, phi_2 the
negative one with the others; both are a SET against the source lines' rest (analog/fire_driver/README.md). Driver, bit line and the switch
of the source lines carry all cells of a phase, so each is lifted less, the more there are. A negative factor exchanges the rows, its size
is how often the waveform runs, 0 leaves everything (RTL: digital/rtl/learning.sv).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from neusoc.analog.reram.equations import current, divide
from neusoc.analog.synapse.access import WIDTH_UM, CellTransistor, access_table
from neusoc.base.errors import UserError
from neusoc.base.results import figure_value
from neusoc.digital.model.ispp import CLOCK_S, Kind
from neusoc.software.emulator.cells import READ_WL_V
from neusoc.software.emulator.measured import known
from neusoc.software.emulator.pulse import Floats, Ints
from neusoc.software.emulator.pulse_table_store import parameters, stored_table
from neusoc.software.mapping.chips import SampledChip

BIT_LINE_OHM = 50.0             # to the farthest cell of 64 rows, and the route; `bl_ohm` of analog/fire_driver/fire_driver.yaml
LEAST_V, STEP_V = 2.2, 0.025    # of the lines: below the first nothing moves; each level that is told apart costs a table
MOST_FACTOR = 3                 # of FACTOR.value
SETTLES = 4                     # rounds in which currents and levels agree


@cache
def drive_ohm() -> float:
    """Of a fire driver, as laid out, ohm."""
    return figure_value(known(), "analog.fire_driver", "drive_resistance nominal", "extracted")


@cache
def cell_amperes(line_v: float, source_v: float, celsius: float) -> tuple[Floats, Floats]:
    """Filament, nm, rising, and the current of its cell between two lines with its row on, A."""
    p = parameters(celsius)
    x = np.linspace(p.xmin_nm, p.xmax_nm, 200)
    bias = np.broadcast_to(np.array([line_v, READ_WL_V, source_v]), (x.size, 3))
    return x, current(x, divide(x, bias, CellTransistor(access_table("tt", celsius, WIDTH_UM)), p), p)


@dataclass
class Waveform:
    """Waveforms on one chip.

    Attributes:
        chip: whose cells move.
        vfire_v: level, V.
        phi_1, phi_2: widths of the phases, cycles; 0 counts as 1, as in LEARN.
        count: waveforms so far.
    """

    chip: SampledChip
    vfire_v: float
    phi_1: int = 10
    phi_2: int = 10
    count: int = 0

    def __post_init__(self) -> None:
        if not LEAST_V <= self.vfire_v <= READ_WL_V:
            raise UserError(f"vfire {self.vfire_v:g} V: choose {LEAST_V} to {READ_WL_V} V")

    @property
    def _source_v(self) -> float:
        """Level of the source lines at rest, to the millivolt: of each there is a table."""
        return round(self.chip.neurons.board.vsl_v, 3)

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
        array, seconds, source_v = self.chip.path.cells, cycles * CLOCK_S, self._source_v
        x = array.x_nm[cells]
        levels = _told_apart(self._levels(cells, x))
        mean = float(_told_apart(levels.mean(keepdims=True))[0])
        if mean >= LEAST_V:                     # as cells conduct more they lower each other's level: half way counts
            grown = stored_table(Kind.SET, mean, True, array.celsius, WIDTH_UM, source_v).pulse(x, READ_WL_V, seconds)
            levels = _told_apart(self._levels(cells, 0.5 * (x + grown)))
        moved = levels >= LEAST_V
        array.pulse(Kind.SET, cells[moved], np.full(int(moved.sum()), READ_WL_V), levels[moved], seconds, source_v)

    def _levels(self, cells: Ints, x_nm: Floats) -> Floats:
        """Level of the bit line at each cell, V, at these filaments."""
        place = (cells // self.chip.chip.columns + 1) / self.chip.chip.rows            # along the bit line, the driver at its beginning
        common_ohm = drive_ohm() + self.chip.neurons.circuit.wiring.end_ohm            # its end: the switch of the source lines
        levels = np.full(cells.size, self.vfire_v)
        for _ in range(SETTLES):
            x, amperes = cell_amperes(round(float(levels.mean()), 2), self._source_v, self.chip.path.cells.celsius)
            each = np.interp(x_nm, x, amperes)
            along = BIT_LINE_OHM * (np.minimum(place[:, None], place[None, :]) @ each)
            levels = 0.5 * (levels + self.vfire_v - common_ohm * each.sum() - along)
        return levels


def _told_apart(levels: Floats) -> Floats:
    return np.round(np.round(levels / STEP_V) * STEP_V, 6)
