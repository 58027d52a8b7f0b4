"""Cells of any parameter set with its statistics on a tester: a source with a current limit at two terminals, no transistor, no codes.

    array = BenchArray(2000, seed=1, set_name="cbram_gese")
    array.set(limit_a=1e-6)
    array.reset()
    siemens = array.conductance()

The state after SET is what the current limit leaves, as in the review's figures 4 and 5. All effects are those of CellArray
(software/emulator/cells.py), whose access transistor and its word line the limit replaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from neusoc.analog.reram.current_limit import CurrentLimit
from neusoc.analog.reram.equations import Floats, Parameters, current
from neusoc.analog.reram.pulse_tables import PulseTable
from neusoc.analog.reram.statistics import Statistics, statistics_of
from neusoc.analog.reram.sweep import OHMS
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.cells import READ_V, CellArray
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS

SEED, CELLS, CYCLES = 20400, 2000, 12
STEP_V, STEP_NM = 0.01, 0.006               # of the tables


@dataclass(frozen=True)
class Bench:
    """Pulses of a set.

    Attributes:
        set_v, set_s, reset_v, reset_s, form_v, form_s: height (V) and width (s) of the pulses.
        limits_a: current limits of SET that are compared, A, from the least.
    """

    set_v: float
    set_s: float
    reset_v: float
    reset_s: float
    form_v: float
    form_s: float
    limits_a: tuple[float, ...]


# Some tenths of a volt above the thresholds of the slow sweeps: pulses are short. The limits are the compliance currents of the sets.
BENCHES = {
    "oxram_leti": Bench(1.8, 1e-6, 2.6, 10e-6, 2.8, 10e-6, (10e-6, 30e-6, 100e-6)),
    "cbram_gese": Bench(1.1, 100e-6, 0.6, 1e-3, 1.1, 100e-6, (50e-9, 0.707e-6, 10e-6)),
}


@cache
def _parameters(set_name: str, celsius: float, warm: bool) -> Parameters:
    room = Parameters.of(set_name)
    return room.with_(celsius=celsius) if warm else room.with_(t0_k=room.t0_k + celsius - ROOM_CELSIUS)


@cache
def _pulses(set_name: str, kind: Kind, limit_a: float, celsius: float, warm: bool) -> PulseTable:
    """Pulses by the source's height, whose current is limited in a SET."""
    p, bench = _parameters(set_name, celsius, warm), BENCHES[set_name]
    top = max(bench.set_v, bench.form_v) if kind != Kind.RESET else bench.reset_v
    volts = np.linspace(0.05, top, round((top - 0.05) / STEP_V) + 1)
    bias = (-volts if kind == Kind.RESET else volts)[:, None]
    shortest = float(p.xmin_nm - 4 * p.stop_nm)
    return PulseTable.build(p, CurrentLimit(limit_a, OHMS), volts, bias, shortest_nm=shortest, step_nm=STEP_NM)


class BenchArray(CellArray):
    """count cells of a set.

    Args:
        count, seed, celsius, first_cell: arguments as of CellArray.
        set_name: parameter set, one of BENCHES.
        statistics: spreads and faults; default: those of the set.

    Raises:
        UserError: statistics with a spread of the word line.
    """

    def __init__(
        self, count: int, seed: int, set_name: str, statistics: Statistics | None = None, *, celsius: float = ROOM_CELSIUS,
        first_cell: int = 0,
    ) -> None:  # fmt: skip
        self._set_name, self._bench = set_name, BENCHES[set_name]
        chosen = statistics or statistics_of(set_name)
        if chosen.cells.wl_sigma_v.value or chosen.cycles.wl_sigma_v.value:
            raise UserError("tester: statistics of the array, whose word line spreads; a tester has no word line, set wl_sigma_v to 0")
        super().__init__(count, seed, chosen, celsius=celsius, first_cell=first_cell)

    def set(self, limit_a: float) -> None:
        """One SET pulse on every cell behind a current limit, A."""
        self._on_all(Kind.SET, self._bench.set_v, self._bench.set_s, limit_a)

    def form(self, limit_a: float) -> None:
        """One forming pulse on every cell behind a current limit, A."""
        self._on_all(Kind.FORM, self._bench.form_v, self._bench.form_s, limit_a)

    def reset(self) -> None:
        """One RESET pulse on every cell."""
        self._on_all(Kind.RESET, self._bench.reset_v, self._bench.reset_s, self._bench.limits_a[-1])

    def _on_all(self, kind: Kind, volts: float, seconds: float, limit_a: float) -> None:
        cells = np.arange(self.number.size)
        self.pulse(kind, cells, np.full(cells.size, limit_a), np.full(cells.size, volts), seconds)

    def _model(self) -> Parameters:
        return _parameters(self._set_name, ROOM_CELSIUS, True)

    def _table(self, celsius: float, warm: bool) -> tuple[Floats, Floats]:
        p = _parameters(self._set_name, celsius, warm)
        x = np.linspace(p.xmin_nm - 4 * p.stop_nm, p.xmax_nm, 1601)
        return x, current(x, READ_V, p) / READ_V

    def _refuse_levels(self, wl_v: Floats, line_v: Floats) -> None:
        """In place of the word line's level stands the current limit, A: both come from BENCHES."""

    def _fly(self, kind: Kind, x: Floats, wl: Floats, line_v: Floats, seconds: float, time_scale: Floats) -> Floats:
        way = Kind.RESET if kind == Kind.RESET else Kind.SET
        table = _pulses(self._set_name, way, float(np.max(wl)), self.celsius, self._warm)
        return table.pulse(x, line_v, seconds, 0.0, time_scale)


def _spread(siemens: Floats) -> float:
    """Standard deviation of the logarithm, from the middle two thirds: a tail does not count."""
    low, high = np.percentile(np.log(siemens), [15.87, 84.13])
    return float(high - low) / 2


def set_figures(set_name: str, cells: int = CELLS, cycles: int = CYCLES, seed: int = SEED) -> list[Figure]:
    """States of a set behind each of its current limits: medians, spreads of cells and cycles, share of pulses that succeed."""
    bench, found = BENCHES[set_name], []

    def figure(name: str, value: float, unit: str = "", low: float | None = None) -> None:
        found.append(Figure(name=f"{set_name}: {name}", value=float(f"{value:.4g}"), unit=unit, min=low, source="simulation"))

    spreads = []
    for limit in bench.limits_a:
        array = BenchArray(cells, seed, set_name)
        for _ in range(3):
            array.form(limit)
        for _ in range(3):
            array.reset()
        sound, after = array.stuck == 0, {"SET": [], "RESET": []}
        for _ in range(cycles):
            array.set(limit)
            after["SET"].append(array.conductance()[sound])
            array.reset()
            after["RESET"].append(array.conductance()[sound])
        where = f"at {limit * 1e6:.3g} uA"
        low, high = np.array(after["SET"]), np.array(after["RESET"])
        border = np.sqrt(np.median(low) * np.median(high))
        for name, state in (("SET", low), ("RESET", high)):
            good = np.where((state > border) == (name == "SET"), state, np.nan)
            logs = np.log(good)
            figure(f"{name} {where}, median", 1e6 * float(np.nanmedian(good)), "uS")
            figure(f"{name} {where}, cell to cell", 100 * float(np.nanstd(np.nanmean(logs, axis=0))), "%")
            figure(f"{name} {where}, cycle to cycle", 100 * float(np.nanmean(np.nanstd(logs, axis=0))), "%")
            figure(f"{name} {where}, pulses that succeed", 100 * float(np.mean(~np.isnan(good))), "%")
        spreads.append(_spread(low[low > border]))
    figure("spread of SET, least over greatest limit", spreads[0] / max(spreads[-1], 1e-9), low=1.2)
    return found
