"""An array of 1T1R cells with all statistics: the numpy twin in volts, seconds and siemens, vectorised over
cells.

    cells = CellArray(4096, seed=1)
    cells.pulse(Kind.FORM, index, wl_v, line_v, 1e-6)
    siemens = cells.read(index)

code_path.py puts the chip's DACs and its ADC in front. The filament follows neusoc.analog.reram.pulse_tables
(the equations of analog/reram); verification/device/README.md has the equations of what is added. Every
random number depends on (seed, cell, event) alone, so visiting cells one by one or all at once gives the same
result.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from neusoc.analog.reram.equations import BOLTZMANN_EV, Floats, current, divide
from neusoc.analog.reram.random_numbers import RandomNumbers, Stream
from neusoc.analog.reram.statistics import Statistics, load_statistics
from neusoc.analog.sense_adc.model import READ
from neusoc.analog.synapse.access import WIDTH_UM, CellTransistor, access_table
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS, TABLE_ENDS, parameters, stored_table
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
READ_V, READ_WL_V = READ, 3.3  # across the cell and its transistor, and on the word line, while it is read
MICRO = 1e-6  # statistics.yaml has its conductances in uS, and so has what is computed with them here
ROOM_K = 300.0  # at ROOM_CELSIUS
LRS_US, STUCK_HIGH_US = 30.0, 60.0  # reference of telegraph noise; state of a cell that never resets
DAY_S = 86400.0
_LEAST_US = 0.02
# name -> attribute of a CellArray
_STATE = {name: name for name in ("x_nm", "formed", "pulses", "reads", "cycles")} | {
    "age_s": "_age_s",
    "stored_s": "_stored_s",
}


@cache
def read_table(
    celsius: float = ROOM_CELSIUS, width_um: float = WIDTH_UM, warm: bool = True
) -> tuple[Floats, Floats]:
    """Filament (nm) and what the converter sees of it: current at 0.2 V across cell and transistor over 0.2
    V, S; both rising."""
    p = parameters(celsius, warm)
    x = np.linspace(p.xmin_nm - 4 * p.stop_nm, p.xmax_nm, 801)
    bias = np.broadcast_to(np.array([READ_V, READ_WL_V, 0.0]), (x.size, 3))
    v = divide(x, bias, CellTransistor(access_table("tt", celsius, width_um)), p)
    return x, current(x, v, p) / READ_V


class CellArray:
    """count cells.

    Attributes:
        number: number of each cell in the random streams.
        draws: random numbers of all cells.
        statistics: statistics of their spreads.
        x_nm: filament after the last pulse, nm.
        formed: False while pristine.
        stuck: 0 sound, 1 never conductive, 2 never reset.
        pulses, reads: events so far, one number a cell.
        cycles: RESET pulses so far.

    Args:
        count: number of cells.
        seed: seed of all random numbers.
        statistics: spreads and faults; default: statistics.yaml.
        celsius: temperature of array, pulses and reads, degrees; `wait` may have its own.
        first_cell: number of the first cell in the random streams (arrays of one seed that must differ).
        width_um: width of the access transistor, um.
    """

    def __init__(
        self,
        count: int,
        seed: int,
        statistics: Statistics | None = None,
        *,
        celsius: float = ROOM_CELSIUS,
        first_cell: int = 0,
        width_um: float = WIDTH_UM,
    ) -> None:
        self.statistics = statistics or load_statistics()
        self.celsius, self._width_um = float(celsius), float(width_um)
        self.draws = RandomNumbers(seed)
        self.number = np.arange(first_cell, first_cell + count)
        self._p = parameters(ROOM_CELSIUS)
        self._x_of_g, siemens = read_table(
            ROOM_CELSIUS, self._width_um
        )  # statistics are stated at room temperature
        self._g_of_x = siemens * 1e6
        self.pulses, self.reads, self.cycles = (np.zeros(count, np.int64) for _ in range(3))
        self._age_s, self._stored_s = np.zeros(count), np.zeros(count)
        self.x_nm = np.full(count, self._p.xmin_nm)
        self._sample()

    def _sample(self) -> None:
        """What distinguishes the cells."""
        s, draw, cell = self.statistics, self.draws, self.number
        count = cell.size
        self.formed = np.full(count, not s.forming.active)
        self._form_v = s.forming.voltage_mean_v.value + s.forming.voltage_sigma_v.value * draw.normal(
            Stream.CELL_FORMING, cell
        )
        self._wl_shift, self._slow = np.zeros(count), np.zeros((2, count))
        if s.cells.active:
            kt = BOLTZMANN_EV * s.cells.switching_k.value
            self._wl_shift = s.cells.wl_sigma_v.value * draw.normal(Stream.CELL_WL, cell)
            barrier = np.stack(
                [draw.normal(stream, cell) for stream in (Stream.CELL_BARRIER, Stream.CELL_BARRIER_RESET)]
            )
            self._slow = s.cells.barrier_sigma_ev.value / kt * barrier
        self.stuck = np.zeros(count, np.int8)
        if s.stuck.active:
            place = draw.uniform(Stream.CELL_STUCK, cell)
            self.stuck[place < s.stuck.low_share.value] = 1
            self.stuck[place > 1.0 - s.stuck.high_share.value] = 2
        self.x_nm[self.stuck == 2] = np.interp(STUCK_HIGH_US, self._g_of_x, self._x_of_g)
        self.formed |= self.stuck == 2
        self._life = np.full(count, np.inf)
        if s.endurance.active:
            decades = s.endurance.sigma_decades.value * draw.normal(Stream.CELL_ENDURANCE, cell)
            self._life = s.endurance.median_cycles.value * 10.0**decades
        self._jump = np.zeros(count)
        if s.telegraph.active:
            active = draw.uniform(Stream.CELL_TELEGRAPH, cell) < s.telegraph.cells.value
            size = -np.log(draw.uniform(Stream.CELL_TELEGRAPH_SIZE, cell))
            self._jump = np.where(active, s.telegraph.share_low.value * size, 0.0)

    @property
    def faulty(self) -> NDArray[np.int8]:
        """0 sound, 1 never conductive, 2 never reset: stuck from the beginning, or worn; (cells,)."""
        return np.where((self.stuck == 0) & (self.cycles >= self._life), 2, self.stuck).astype(np.int8)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """What time and pulses have made of the cells, by name, (cells,) each; all else follows from seed and
        statistics."""
        return {name: getattr(self, attribute).copy() for name, attribute in _STATE.items()}

    def restore(self, state: Mapping[str, ArrayLike]) -> None:
        """Take what state() gave.

        Raises:
            ValueError: something is missing, is no number, is not one a cell, or none that a cell can have.
        """
        found = {}
        for name, attribute in _STATE.items():
            now, given = getattr(self, attribute), np.asarray(state[name] if name in state else None)
            if given.shape != now.shape or given.dtype.kind not in "biuf" or not np.isfinite(given).all():
                raise ValueError(f"{name}: is not {now.size} numbers")
            least, most = float(given.min()), float(given.max())
            if least < 0 or (name == "x_nm" and most > self._p.xmax_nm):
                raise ValueError(f"{name}: {least if least < 0 else most:g} is none that a cell can have")
            found[attribute] = given.astype(now.dtype)
        for attribute, values in found.items():
            setattr(self, attribute, values)

    def pulse(self, kind: Kind, cells: Ints, wl_v: Floats, line_v: Floats, seconds: float) -> None:
        """One flat pulse on each of some cells (no cell twice).

        Args:
            kind: FORM, SET or RESET.
            cells: indices, (n,).
            wl_v: level of the word line, V, (n,).
            line_v: level of the bit line, for RESET of the source line, V, (n,). Each new level costs a
                table, a second: take few.
            seconds: width, s.

        Raises:
            ValueError: a level outside 0 to 3.7 V.
        """
        for name_of, level in (("word line", wl_v), ("line", line_v)):
            bad = level[~((level >= 0) & (level <= TABLE_ENDS[-1]))]
            if bad.size:
                raise ValueError(f"{name_of} at {bad[0]:g} V: give 0 to {TABLE_ENDS[-1]} V")
        s, draw, name, event = self.statistics, self.draws, self.number[cells], self.pulses[cells]
        reset = kind == Kind.RESET
        x = self.x_nm[cells]
        aged = self._age_s[cells] > 0
        if aged.any():
            x = np.where(aged, self._filament(self._room_us(cells)), x)
        wl = wl_v - self._wl_shift[cells]
        slow = self._slow[int(reset)][cells]
        if s.cycles.active:
            kt = BOLTZMANN_EV * s.cells.switching_k.value
            slow = slow + s.cycles.barrier_sigma_ev.value / kt * draw.normal(
                Stream.CYCLE_BARRIER, name, event
            )
            wl = wl + s.cycles.wl_sigma_v.value * draw.normal(Stream.CYCLE_WL, name, event)
            chance = s.cycles.reset_miss.value if reset else s.cycles.set_miss.value
            missed = (draw.uniform(Stream.CYCLE_MISS, name, event) < chance) & self.formed[cells]
            slow = slow + np.where(missed, np.log(s.cycles.miss_slowdown.value), 0.0)
        moves = (self.stuck[cells] == 0) & self.formed[cells]
        if reset:
            moves &= self.cycles[cells] < self._life[cells]
        forming = None
        if not (reset or self.formed[cells].all()):
            needed = self._form_v[cells] + s.forming.voltage_per_decade_v.value * np.log10(seconds / 1e-6)
            forming = ~self.formed[cells] & (self.stuck[cells] != 1) & (line_v >= needed)
            self.formed[cells[forming]] = True
            moves = moves | forming
        end = self._fly(kind, x, wl, line_v, seconds, np.exp(-slow))
        if forming is not None and forming.any():
            over = np.exp(s.forming.overshoot_sigma.value * draw.normal(Stream.FORM_OVERSHOOT, name, event))
            grown = np.interp(end, self._x_of_g, self._g_of_x) * s.forming.overshoot_median.value * over
            end = np.where(forming, self._filament(grown), end)
        if reset:
            end = self._left_by_reset(cells, x, end)
        self.x_nm[cells] = np.where(moves, end, x)
        self.pulses[cells] += 1
        self._age_s[cells] = self._stored_s[cells] = 0.0
        if reset:
            self.cycles[cells] += 1

    def _left_by_reset(self, cells: Ints, x: Floats, end: Floats) -> Floats:
        """Filament (nm) after RESET: never quite the stop."""
        s = self.statistics.cycles
        rest = np.zeros(cells.size)
        if s.active:
            normal = self.draws.normal(Stream.CYCLE_HRS, self.number[cells], self.pulses[cells])
            rest = np.abs(normal) * s.hrs_sigma.value * (self._p.tox_nm - self._p.xref_nm)
        return np.where(end < self._p.xmin_nm + rest, np.minimum(self._p.xmin_nm + rest, x), end)

    def _fly(
        self, kind: Kind, x: Floats, wl: Floats, line_v: Floats, seconds: float, time_scale: Floats
    ) -> Floats:
        end = x.copy()
        way = Kind.RESET if kind == Kind.RESET else Kind.SET
        upper = wl > TABLE_ENDS[1]
        for level in np.unique(line_v):
            for half in (False, True):
                some = np.flatnonzero((line_v == level) & (upper == half))
                if some.size:
                    table = stored_table(
                        way, float(level), half, self.celsius, self._width_um, warm=self._warm
                    )
                    end[some] = table.pulse(x[some], wl[some], seconds, 0.0, time_scale[some])
        return end

    def _filament(self, us: Floats) -> Floats:
        return np.clip(np.interp(us, self._g_of_x, self._x_of_g), self._p.xmin_nm, self._p.xmax_nm)

    def place(self, us: Floats) -> None:
        """Give every cell that is not stuck the filament that conducts so at room temperature, uS, (cells,),
        as if just programmed."""
        sound = self.stuck == 0
        self.x_nm[sound], self.formed[sound] = self._filament(us)[sound], True
        self._age_s[:] = self._stored_s[:] = 0.0

    def wait(self, seconds: float, celsius: float | None = None) -> None:
        """Store all cells."""
        s = self.statistics.drift
        kelvin = ROOM_K + (self.celsius if celsius is None else celsius) - ROOM_CELSIUS
        faster = np.exp(s.activation_ev.value / BOLTZMANN_EV * (1 / ROOM_K - 1 / kelvin)) if s.active else 1.0
        self._age_s += seconds
        self._stored_s += seconds * faster

    def conductance(self, cells: Ints | None = None) -> Floats:
        """What flows at the read voltage without any noise, over that voltage: relaxed, drifted and at the
        array's temperature.

        Args:
            cells: indices, (n,); default: all.

        Returns:
            S, (n,).
        """
        return self._us(cells) * MICRO

    @property
    def _warm(self) -> bool:
        """Whether the cells' current follows the temperature; at room temperature nothing differs."""
        return self.statistics.temperature.active or self.celsius == ROOM_CELSIUS

    def _us(self, cells: Ints | None = None) -> Floats:
        g = self._room_us(np.arange(self.number.size) if cells is None else cells)
        if self.celsius != ROOM_CELSIUS:
            _, siemens = read_table(self.celsius, self._width_um, self._warm)
            g = g * np.interp(g, self._g_of_x, siemens / MICRO / self._g_of_x)
        return g

    def _room_us(self, cells: Ints) -> Floats:
        """Relaxed and drifted, read at room temperature."""
        g: Floats = np.interp(self.x_nm[cells], self._x_of_g, self._g_of_x)
        age = self._age_s[cells]
        if (age > 0).any():
            g = self._aged(cells, g, age)
        s = self.statistics
        if not self.formed[cells].all():
            g = np.where(self.formed[cells], g, s.forming.pristine_us.value)
        return g

    def _aged(self, cells: Ints, g: Floats, age: Floats) -> Floats:
        s, event, name = self.statistics, self.pulses[cells], self.number[cells]
        decades = np.log10(np.maximum(self._stored_s[cells], 1.0))
        if s.relaxation.active:
            second, day = s.relaxation.variances(g)
            start = s.relaxation.start_s.value
            short = np.clip(np.log10(np.maximum(age, start) / start) / -np.log10(start), 0.0, 1.0)
            far = np.sqrt(np.maximum(day - second, 0.0)) * decades / np.log10(DAY_S)
            change = np.sqrt(second) * short * self.draws.normal(Stream.RELAX_SHORT, name, event)
            g_new = g + change + far * self.draws.normal(Stream.RELAX_LONG, name, event)
        else:
            g_new = g
        if s.drift.active:
            g_new = g_new * (1.0 + s.drift.share_per_decade.value) ** decades
        fixed = (self.stuck[cells] != 0) | (age <= 0)
        return np.where(fixed, g, np.clip(g_new, min(_LEAST_US, self._g_of_x[0]), self._g_of_x[-1]))

    def read(self, cells: Ints) -> Floats:
        """One read of each of some cells, with its noise.

        Args:
            cells: indices, (n,).

        Returns:
            Current at the read voltage over that voltage, S, (n,).
        """
        return np.asarray(self.reads_of(cells, 1)[0])

    def reads_of(self, cells: Ints, times: int) -> Floats:
        """Reads of each of some cells (no cell twice), each with its noise.

        Args:
            cells: indices, (n,).
            times: reads of a cell, with nothing between them.

        Returns:
            Current at the read voltage over that voltage, S, (times, n).
        """
        s, draw, name = self.statistics, self.draws, self.number[cells]
        event = self.reads[cells] + np.arange(times)[:, None]
        self.reads[cells] += times
        g = self._us(cells)
        change: Floats = np.zeros(event.shape)
        if s.noise.active:
            change = s.noise.white_share.value * draw.normal(Stream.READ_WHITE, name, event)
        if s.telegraph.active:
            side = (
                draw.bits(Stream.READ_TELEGRAPH, name, event // s.telegraph.dwell_reads.value) & np.uint64(1)
            ).astype(np.float64) - 0.5
            change = (
                change + np.minimum(self._jump[cells] * (LRS_US / g) ** s.telegraph.slope.value, 1.0) * side
            )
        return np.maximum(g * (1.0 + change), 0.0) * MICRO
