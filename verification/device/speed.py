"""How fast the array twin is: cell-pulses a second, and the same 64 x 64 program job in ngspice."""

from __future__ import annotations

import multiprocessing
import resource
import time

import numpy as np
from neusoc.analog.reram.osdi import build_osdi, wrapper
from neusoc.base.report import Figure
from neusoc.digital.model.ispp import CLOCK_S, Kind, Operation, Registers, Stage
from neusoc.digital.model.ispp_many import Ints, run_cells
from neusoc.pdk.devices import NFET_5V, RERAM
from neusoc.pdk.spice.ngspice import deck, run
from neusoc.software.emulator.cells import READ_V, READ_WL_V, CellArray
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.levels import plan
from neusoc.verification.device.levels import CELLS, random_levels, used_array

SEED = 20400
CORES, BLOCK, PULSES, ROUNDS = 2, 65536, 8, 5  # processes, cells of each, pulses on each cell, times
LEVELS, SPICE_CELLS = 16, 6
LEAST_RATE = 1e6  # cell-pulses a second on two cores
EDGE_S, GAP_S, READ_S = 10e-9, 20e-9, 40e-9


def _block(seed: int) -> tuple[float, float]:
    """Least wall time and least processor time of ROUNDS times PULSES SET and RESET pulses on BLOCK cells,
    all statistics on, s."""
    registers, _ = plan(LEVELS)
    array, cells = CodePath(CellArray(BLOCK, seed)), np.arange(BLOCK)
    array.cells.formed[:] = True
    _train(array, cells, registers, 2)  # builds the tables
    found = []
    for _ in range(ROUNDS):
        begin = time.perf_counter(), time.process_time()
        _train(array, cells, registers, PULSES)
        found.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    return min(wall for wall, _ in found), min(own for _, own in found)


def _train(array: CodePath, cells: Ints, registers: Registers, count: int) -> None:
    for turn in range(count):
        kind = Kind.RESET if turn % 2 else Kind.SET
        stage: Stage = registers.reset if turn % 2 else registers.set
        wl = np.full(cells.size, stage.wl.stop) if turn % 2 else 20 + (cells * 7) % 40
        array.pulse(kind, cells, wl, stage.fine, np.full(cells.size, stage.line.start), stage.width)


def twin_rate() -> tuple[float, float]:
    """Cell-pulses a second of CORES processes at once, each timed by itself: by the clock, and by processor
    time (a shared machine)."""
    with multiprocessing.get_context("spawn").Pool(CORES) as pool:
        seconds = pool.map(_block, range(SEED, SEED + CORES), chunksize=1)
    wall, own = (sum(BLOCK * PULSES / s[k] for s in seconds) for k in (0, 1))
    return wall, own


class _Noted:
    """Passes pulses on to an array and notes those of the first SPICE_CELLS cells, in volts."""

    def __init__(self, path: CodePath) -> None:
        self._path = path
        self.seen: list[list[tuple[float, float, float, float]]] = [[] for _ in range(SPICE_CELLS)]

    def pulse(
        self, kind: Kind, cells: Ints, wl_code: Ints, wl_fine: int, line_code: Ints, width_cycles: int
    ) -> None:
        for cell, wl, line in zip(cells, wl_code, line_code, strict=True):
            if cell < SPICE_CELLS:
                level = float(self._path.line_volts(line))
                bl, sl = (0.0, level) if kind == Kind.RESET else (level, 0.0)
                self.seen[cell].append(
                    (float(self._path.wl_volts(wl, wl_fine)), bl, sl, width_cycles * CLOCK_S)
                )
        self._path.pulse(kind, cells, wl_code, wl_fine, line_code, width_cycles)

    def read(self, cells: Ints, low_range: int, times: int = 1) -> Ints:
        return self._path.read(cells, low_range, times)

    def offset(self, count: int, low_range: int, times: int = 1) -> Ints:
        return self._path.offset(count, low_range, times)


def _spice_seconds(pulses: list[tuple[float, float, float, float]], x0_nm: float) -> float:
    """Processor time of one 1T1R cell's pulses in ngspice, each followed by one read."""
    now, corners = 0.0, {"wl": [(0.0, 0.0)], "bl": [(0.0, 0.0)], "sl": [(0.0, 0.0)]}
    for wl, bl, sl, width in pulses:
        for volts, length in (((wl, bl, sl), width), ((READ_WL_V, READ_V, 0.0), READ_S)):
            now += GAP_S
            for net, v in zip(("wl", "bl", "sl"), volts, strict=True):
                corners[net] += [
                    (now, 0.0),
                    (now + EDGE_S, v),
                    (now + EDGE_S + length, v),
                    (now + 2 * EDGE_S + length, 0.0),
                ]
            now += 2 * EDGE_S + length
    sources = "\n".join(
        f"v{net} {net} 0 pwl({' '.join(f'{t:.6g} {v:.5g}' for t, v in points)})"
        for net, points in corners.items()
    )
    cell = f"x1 bl be {RERAM} area_ox=0.1024 x0_nm={x0_nm:.5g}\nxm be wl sl 0 {NFET_5V} w=1 l=0.5 nf=1 m=1\n"
    commands = [
        f"pre_osdi {build_osdi()}",
        f"tran 1n {now:.6g}",
        f"meas tran filament find v(n.x1.ncell#x) at={now - EDGE_S:.6g}",
    ]
    begin = _children_seconds()
    result = run(deck(wrapper() + cell + sources, commands, options="reltol=1e-3 method=gear"), timeout=300)
    if "filament" not in result.measures:
        raise RuntimeError("ngspice gave no filament")
    return _children_seconds() - begin


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def speed_figures() -> list[Figure]:
    """Rate of the twin and its ratio to ngspice, both of the latter in processor time.

    The job: 16 levels on a used 64 x 64 array, statistics and verifies included. ngspice runs the pulses that
    the twin's first SPICE_CELLS cells got, each cell alone with its transistor and one read a pulse, and is
    scaled by the number of pulses: less than an array would take, whose cells load one another.
    """
    rate, by_processor = twin_rate()
    registers, _ = plan(LEVELS)
    path, cells = used_array(registers, 0, None, SEED), np.arange(CELLS)
    start = path.cells.x_nm[:SPICE_CELLS].copy()
    noted = _Noted(path)
    begin = time.process_time()
    fleet = run_cells(noted, registers, Operation.PROGRAM, cells, random_levels(registers, cells, SEED, 1))
    twin_s = time.process_time() - begin
    mine = [(pulses, float(x)) for pulses, x in zip(noted.seen, start, strict=True) if pulses]
    spice_s = sum(_spice_seconds(pulses, x) for pulses, x in mine)
    count = sum(len(pulses) for pulses, _ in mine)
    scaled = spice_s / count * int(fleet.pulses.sum())
    least = LEAST_RATE / 1e6
    return [
        Figure(
            name=f"array twin on {CORES} cores",
            value=round(rate / 1e6, 3),
            unit="M cell-pulses/s",
            min=least,
            source="measured",
        ),
        Figure(
            name="the same by processor time",
            value=round(by_processor / 1e6, 3),
            unit="M cell-pulses/s",
            source="measured",
        ),
        Figure(
            name="64 x 64 program job, array twin on one core",
            value=round(twin_s, 3),
            unit="s",
            source="measured",
        ),
        Figure(
            name=f"same job, ngspice, scaled from {count} pulses",
            value=round(scaled, 1),
            unit="s",
            source="measured",
        ),
        Figure(name="same job, ngspice / array twin", value=round(scaled / twin_s, 1), source="measured"),
    ]
