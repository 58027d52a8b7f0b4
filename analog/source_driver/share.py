"""How many cells a RESET erases: the numpy twin with the array's statistics, at the corner and temperature of
a bench.

What moves a filament is the twin's (analog/reram, access transistor as a table of the corner); what spreads
cells and pulses is
analog/reram/statistics.yaml: barrier and gate voltage cell to cell and cycle to cycle, RESETs that miss,
    cells that never reset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from neusoc.analog.reram.equations import BOLTZMANN_EV, Floats, Parameters
from neusoc.analog.reram.pulse_tables import PulseTable
from neusoc.analog.reram.random_numbers import RandomNumbers, Stream
from neusoc.analog.reram.statistics import load_statistics
from neusoc.analog.source_driver.window import ERASED, LEAST, MOST, Job, filament_of, state_of
from neusoc.analog.synapse.access import LENGTH_UM, WIDTH_UM, AccessTable, CellTransistor, access_table
from neusoc.analog.synapse.access_sample import write_table
from neusoc.analog.synapse.bench import line_resistance
from neusoc.base.errors import UserError

BELOW, ABOVE, STEP = 0.1, 0.06, 0.01  # V round vpp that the table spans at the gate
SEED = 1


def _table(corner: str, temperature: float) -> AccessTable:
    """The access transistor's, sampled by ngspice where nobody has yet."""
    try:
        return access_table(corner, temperature)
    except UserError:
        write_table(corner, temperature, WIDTH_UM, LENGTH_UM)
        return access_table(corner, temperature)


@dataclass(frozen=True)
class Cells:
    """RESET pulses of one kind on any number of cells.

    Attributes:
        table: their way, over the gate's voltage.
        job: the pulses.
    """

    table: PulseTable
    job: Job

    @classmethod
    def under(cls, job: Job, bl_ohms: float, sl_ohms: float) -> Self:
        """Cells behind bit and source lines with drivers of these resistances (ohm)."""
        p = Parameters.of().with_(celsius=job.temperature)
        lines = CellTransistor(_table(job.corner, job.temperature), bl_ohms, sl_ohms + line_resistance().sl)
        gates = job.vpp + np.arange(-BELOW, ABOVE + STEP / 2, STEP)
        bias = np.stack([np.zeros_like(gates), gates, np.full_like(gates, job.vpp)], axis=1)
        rest = np.array([0.0, 0.0, job.vpp])
        return cls(
            PulseTable.build(p, lines, gates, bias, rest=rest, shortest_nm=float(p.xmin_nm - 4 * p.stop_nm)),
            job,
        )

    def window(self) -> float:
        """Highest state (S) that one pulse brings below ERASED, without any spread."""
        starts = np.linspace(filament_of(LEAST), filament_of(MOST), 400)
        ends = self.table.pulse(starts, self.job.vpp, self.job.width)
        return state_of(float(starts[ends < filament_of(ERASED)].max(initial=filament_of(0.0))))

    def erased(self, start_nm: float, count: int, pulses: int) -> Floats:
        """Share of cells that are below ERASED after each of a train of pulses, each verified: (pulses,)."""
        s, draws, cell = load_statistics(), RandomNumbers(SEED), np.arange(count)
        kt = BOLTZMANN_EV * s.cells.switching_k.value
        barrier = s.cells.barrier_sigma_ev.value * draws.normal(Stream.CELL_BARRIER_RESET, cell)
        gate = self.job.vpp - s.cells.wl_sigma_v.value * draws.normal(Stream.CELL_WL, cell)
        stuck = draws.uniform(Stream.CELL_STUCK, cell) > 1.0 - s.stuck.high_share.value
        x, done = np.full(count, start_nm), np.zeros(pulses)
        for event in range(pulses):
            number = np.full(count, event)
            slow = (
                barrier + s.cycles.barrier_sigma_ev.value * draws.normal(Stream.CYCLE_BARRIER, cell, number)
            ) / kt
            slow += np.log(s.cycles.miss_slowdown.value) * (
                draws.uniform(Stream.CYCLE_MISS, cell, number) < s.cycles.reset_miss.value
            )
            wl = gate + s.cycles.wl_sigma_v.value * draws.normal(Stream.CYCLE_WL, cell, number)
            x = np.where(stuck, x, self.table.pulse(x, wl, self.job.width, 0.0, np.exp(-slow)))
            done[event] = np.mean(x < filament_of(ERASED))
        return done
