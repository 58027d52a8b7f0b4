"""What the emulator takes from docs/results/figures.json: fitted parameters, capacitances, resistances and spreads of the blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from neusoc.base.chip import Chip
from neusoc.base.results import Results, figure_value, read_results
from neusoc.software.emulator.lines import Line, Wiring

STEP = "emulator_fit"
# parameter of Line -> unit of its figure, and what a value in that unit is multiplied by to be SI
UNITS = {
    "input_ohm": ("kohm", 1e3), "fixed_ohm": ("kohm", 1e3), "sink_lag": ("ns", 1e-9), "early_s": ("ns", 1e-9), "own_f": ("fF", 1e-15),
    "membrane_f": ("fF", 1e-15), "push_p_c": ("fC", 1e-15), "push_n_c": ("fC", 1e-15), "share_p_f": ("fF", 1e-15),
    "share_n_f": ("fF", 1e-15), "kick_c": ("fC", 1e-15), "start_p_c": ("fC", 1e-15),
    "start_n_c": ("fC", 1e-15),
}  # fmt: skip
COLUMN_LOAD, SOURCE_LINE, FLOOR = "column_driver_load", "source_line", "membrane_floor"      # further figures of that step
SOURCE_LINE_COLUMNS = 64         # columns of the array whose source line that is
FEMTO, MILLI = 1e-15, 1e-3
View = Literal["schematic", "extracted"]


@dataclass(frozen=True)
class Spread:
    """How neurons of one chip differ, standard deviations.

    Attributes:
        offset_v: offset of the virtual ground, V.
        threshold_v: shift of the threshold at one code of the trim, V.
    """

    offset_v: float
    threshold_v: float


@cache
def known() -> Results:
    """The file, read once."""
    return read_results()


def line_of(results: Results) -> Line:
    """The fitted parameters of the last characterisation.

    Raises:
        UserError: it has not run.
    """
    return Line(**{name: figure_value(results, STEP, name) * scale for name, (_, scale) in UNITS.items()})


def line_load(results: Results, rows: int, view: View = "extracted", column_f: float | None = None) -> float:
    """Capacitance of a bit line without its neuron, F: its cells, its half of a fire driver, its column driver.

    Args:
        results: results of the blocks.
        rows: number of rows of the array.
        view: schematic: without wires, as the mixed simulation has it.
        column_f: capacitance of a column driver, F, while the figure is being made.

    Raises:
        UserError: a block was not measured.
    """
    cells = rows * figure_value(results, "analog.synapse", "c_bl nominal", view)
    fire = figure_value(results, "analog.fire_driver", "line_load nominal", view)
    column = figure_value(results, STEP, COLUMN_LOAD) * FEMTO if column_f is None else column_f
    return (cells + fire) * FEMTO + column


def wiring_of(results: Results, chip: Chip, view: View = "extracted") -> Wiring:
    """What an array puts around its neurons; arguments and errors as of line_load().

    A schematic's source lines are without resistance."""
    load = line_load(results, chip.rows, view)
    if view == "schematic":
        return Wiring(load)
    switch = figure_value(results, "analog.line_driver", "sl_neuron_resistance nominal", view)
    strap = figure_value(results, f"gds.{chip.name}", "strap_vsl")
    return Wiring(load, figure_value(results, STEP, SOURCE_LINE) / SOURCE_LINE_COLUMNS, switch + strap)


def spread_of(results: Results) -> Spread:
    """Of the neurons of a chip, device mismatch.

    Raises:
        UserError: the neuron was not measured.
    """
    return Spread(*(figure_value(results, "analog.neuron", f"{name}_sigma") * MILLI for name in ("offset", "threshold")))


def floor_of(results: Results) -> float:
    """Lowest voltage of a membrane, where the amplifier's output is at ground, V.

    Raises:
        UserError: it was not characterised.
    """
    return figure_value(results, STEP, FLOOR) * MILLI
