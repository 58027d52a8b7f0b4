"""What the statistics must reproduce: the foundry's single-shot yields and its range after forming; and what
spreads result.

In volts at the cell, as the foundry states them: no DAC of this chip is in the way.
"""

from __future__ import annotations

import numpy as np
from neusoc.analog.dac6.model import Dac6
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.reram.statistics import Statistics
from neusoc.base.report import Figure
from neusoc.digital.model.ispp import CLOCK_S, Kind, load_registers
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.forming import FORM_WL_V, RESET_WL_V, STRONG_V, US, formed_array, pulse_all

SEED = 20100
CELLS = 20_000
FORM_BL_V, SET_BL_V, SET_WL_V, RESET_SL_V = 2.83, 2.40, 1.70, 2.59
STRONG_BL_V, FORM_WLS_V = 3.10, (1.40, 2.00)  # of the range after forming
FORMED, SET, RESET = 10e-6, 10e-6, 1.4e-6  # S: what counts as formed, set and reset
FOUNDRY_WIDTH_UM = 2.0  # a transistor with which the foundry's word lines give its conductances
YIELDS = {"form": 92.7, "reset": 90.8, "set": 97.5}
YIELD_MARGIN = 1.0  # percentage points
AFTER_FORMING_US = (30.0, 120.0)


def single_shots(
    cells: int = CELLS, seed: int = SEED, statistics: Statistics | None = None
) -> dict[str, float]:
    """Percent of the cells that one pulse forms, sets and resets: 1 us for FORM and SET, the controller's
    width for RESET."""
    array = CellArray(cells, seed, statistics)
    pulse_all(array, Kind.FORM, FORM_WL_V, FORM_BL_V, US)
    found = {"form": float(np.mean(array.conductance() > FORMED))}
    array = formed_array(cells, seed, statistics)
    before = array.conductance() <= RESET
    pulse_all(array, Kind.SET, SET_WL_V, SET_BL_V, US)
    after = array.conductance()
    found["set"] = float(np.mean(after[before] >= SET))
    before = after >= SET
    pulse_all(array, Kind.RESET, RESET_WL_V, RESET_SL_V, load_registers().reset.width * CLOCK_S)
    found["reset"] = float(np.mean(array.conductance()[before] <= RESET))
    return {name: 100 * share for name, share in found.items()}


def after_forming(
    cells: int = CELLS,
    seed: int = SEED,
    width_um: float = FOUNDRY_WIDTH_UM,
    statistics: Statistics | None = None,
) -> Floats:
    """Conductance (S) of the cells that one pulse forms at BL 3.1 V, word lines spread over the foundry's 1.4
    to 2.0 V."""
    array = CellArray(cells, seed, statistics, width_um=width_um)
    wl = np.linspace(*FORM_WLS_V, cells)
    pulse_all(array, Kind.FORM, wl, STRONG_BL_V, US)
    return array.conductance()[array.formed & (array.stuck == 0)]


def spreads(
    cells: int = 4000, seed: int = SEED, pulses: int = 20, statistics: Statistics | None = None
) -> tuple[float, float]:
    """Cell-to-cell and cycle-to-cycle standard deviation of the conductance after a SET at WL 1.7 V, the line
    as in a job, percent."""
    registers = load_registers()
    line_v, set_s, reset_s = (
        float(Dac6().volts(registers.set.line.start)),
        registers.set.width * CLOCK_S,
        registers.reset.width * CLOCK_S,
    )
    array = formed_array(cells, seed, statistics)
    sound = array.stuck == 0
    seen = []
    for _ in range(pulses):
        pulse_all(array, Kind.SET, SET_WL_V, line_v, set_s)
        seen.append(array.conductance()[sound])
        for _ in range(3):
            pulse_all(array, Kind.RESET, RESET_WL_V, STRONG_V, reset_s)
    states = np.array(seen)
    states = np.where(
        states > 0.6 * np.median(states), states, np.nan
    )  # pulses that missed are counted among the single shots
    mean = np.nanmean(states, axis=0)
    return 100 * float(np.std(mean) / np.mean(mean)), 100 * float(np.mean(np.nanstd(states, axis=0) / mean))


def foundry_figures(
    cells: int = CELLS, seed: int = SEED, statistics: Statistics | None = None
) -> list[Figure]:
    """Figures with the foundry's numbers as limits, and the resulting spreads."""
    figures = []
    for name, percent in single_shots(cells, seed, statistics).items():
        low, high = YIELDS[name] - YIELD_MARGIN, YIELDS[name] + YIELD_MARGIN
        figures.append(
            Figure(
                name=f"single-shot {name}",
                value=round(percent, 2),
                unit="%",
                min=low,
                max=high,
                source="simulation",
            )
        )
    array = CellArray(cells, seed, statistics)
    pristine = 1e6 * float(array.conductance()[array.stuck == 0].max())
    figures.append(Figure(name="pristine, greatest", value=pristine, unit="uS", max=0.1, source="simulation"))
    for width, limits in ((FOUNDRY_WIDTH_UM, AFTER_FORMING_US), (1.0, (None, None))):
        state = 1e6 * after_forming(cells, seed, width, statistics)
        for share, limit in ((5, "min"), (95, "max")):
            bound = {limit: limits[0 if limit == "min" else 1]}
            value = round(float(np.percentile(state, share)), 1)
            figures.append(
                Figure(
                    name=f"after forming, W {width:g} um, {share} %",
                    value=value,
                    unit="uS",
                    **bound,
                    source="simulation",
                )
            )
    for name, percent in zip(("cell-to-cell", "cycle-to-cycle"), spreads(statistics=statistics), strict=True):
        figures.append(
            Figure(
                name=f"spread of a SET state, {name}", value=round(percent, 2), unit="%", source="simulation"
            )
        )
    return figures
