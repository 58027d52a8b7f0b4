"""Do the twins agree? Random pulse trains through ngspice with the compiled model, and through the numpy
twin.

Figures: end state of each train, time of each switching edge, static current, at room temperature and at both
    ends of the range. Limits
and definitions: twin_figures().
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from neusoc.analog.reram.equations import NOMINAL_CELSIUS, Floats, Parameters, Resistor, current, divide
from neusoc.analog.reram.integrate import ConvergenceError, Trace, integrate_reference
from neusoc.analog.reram.osdi import build_osdi
from neusoc.analog.reram.sets import DEFAULT, ParameterSet, load_set, model_line
from neusoc.analog.reram.sweep import failure, threshold_figures
from neusoc.base.report import Figure
from neusoc.pdk.spice.ngspice import SpiceError, deck, run, run_many

TRAINS = 200
COLD_AND_HOT = (-40.0, 125.0)  # degrees Celsius, beside NOMINAL_CELSIUS
END_LIMIT_PERCENT, EDGE_LIMIT_NS, DC_LIMIT_PERCENT = 1.0, 0.2, 0.1
MOVED_NM = 0.1  # a pulse that moves the filament by more has a switching edge
# What a deck needs for these figures: an error a step that is small against the first motion before a
# run-away (at the default reltol of 1e-3 an edge that takes 300 ns to come is some ns early).
STEP_NS = 0.5
TOLERANCE_NM = 1e-9  # the reference's edges then stand within 0.02 ns of those of a tenth of it
OPTIONS = "reltol=1e-6 trtol=1"
FINE_OPTIONS = (  # off room temperature: where an edge comes late, the step of OPTIONS alone costs 0.6 ns
    "reltol=1e-7 trtol=0.3"
)


@dataclass(frozen=True)
class Train:
    """A cell, its series resistor and the source's corners.

    Attributes:
        start_nm: filament at time zero.
        ohms: series resistor.
        times_s, volts: corners of the source, shape (K,).
        pulses: time of begin and end of each pulse, s.
    """

    start_nm: float
    ohms: float
    times_s: tuple[float, ...]
    volts: tuple[float, ...]
    pulses: tuple[tuple[float, float], ...]


def random_trains(count: int = TRAINS, seed: int = 4, chosen: ParameterSet | None = None) -> list[Train]:
    """Trains of 2 to 5 pulses, 0.1 to 3.3 V of either sign, 5 ns to 2 us (log-uniform) with edges of 1 to 10
    ns, 0 to 20 kohm."""
    random = np.random.default_rng(seed)
    model = (chosen or load_set(DEFAULT)).model
    trains = []
    for _ in range(count):
        times, volts, pulses = [0.0], [0.0], []
        for _ in range(random.integers(2, 6)):
            level = round(float(random.choice([-1, 1]) * random.uniform(0.1, 3.3)), 3)
            width = round(float(np.exp(random.uniform(np.log(5.0), np.log(2000.0)))), 2)
            edge, pause = round(float(random.uniform(1, 10)), 1), round(float(random.uniform(5, 50)), 1)
            begin = times[-1] + pause
            corners = [begin, begin + edge, begin + edge + width, begin + 2 * edge + width]
            times += [round(t, 2) for t in corners]
            volts += [0.0, level, level, 0.0]
            pulses.append((times[-4] * 1e-9, times[-1] * 1e-9))
        times.append(round(times[-1] + 20.0, 2))
        volts.append(0.0)
        start = round(float(random.uniform(model.xmin_nm, model.xmax_nm)), 4)
        ohms = round(float(random.uniform(0, 20e3)), 1) if random.random() > 0.1 else 0.0
        trains.append(Train(start, ohms, tuple(t * 1e-9 for t in times), tuple(volts), tuple(pulses)))
    return trains


def spice_train(
    train: Train, chosen: ParameterSet, options: str = OPTIONS, celsius: float = NOMINAL_CELSIUS
) -> tuple[Floats, Floats]:
    """Times (s) and filament (nm) of a train in ngspice at a temperature, degrees.

    Raises:
        ConvergenceError: ngspice gave up; the message names the train, the time and the bias.
    """
    wave = " ".join(f"{t * 1e9:.3f}n {v:g}" for t, v in zip(train.times_s, train.volts, strict=True))
    resistor = f"rs s te {train.ohms:g}" if train.ohms else "vs0 s te 0"
    end = train.times_s[-1]
    circuit = (
        f"{model_line(chosen, 'cell')}vs s 0 pwl({wave})\n{resistor}\nn1 te 0 cell x0_nm={train.start_nm:g}"
    )
    commands = [
        f"pre_osdi {build_osdi()}",
        f"tran 0.1n {end * 1e9:.3f}n 0 {STEP_NS:g}n",
        "write train.raw v(n1#x)",
    ]
    cell = f"ReRAM model in ngspice: cell of {train.start_nm:g} nm behind {train.ohms:g} ohm"
    try:
        arrays = run(deck(circuit, commands, temperature=celsius, options=options)).arrays["train"]
    except SpiceError as error:
        raise ConvergenceError(f"{cell} {failure(str(error), train.times_s, train.volts)}") from None
    if arrays["time"][-1] < 0.999 * end:
        raise ConvergenceError(
            f"{cell} {failure(f'ended at {arrays['time'][-1]:g} s', train.times_s, train.volts)}"
        )
    return arrays["time"], arrays["v(n1#x)"]


def numpy_trains(trains: Sequence[Train], p: Parameters, tolerance: float = TOLERANCE_NM) -> Trace:
    """All trains at once on the twin; shorter ones rest at 0 V until the longest ends."""
    corners = max(len(t.times_s) for t in trains)
    times = np.array([(*t.times_s, *[t.times_s[-1]] * (corners - len(t.times_s))) for t in trains])
    volts = np.array([(*t.volts, *[0.0] * (corners - len(t.volts))) for t in trains])
    start, ohms = np.array([t.start_nm for t in trains]), np.array([t.ohms for t in trains])
    return integrate_reference(p, start, times, volts, Resistor(ohms), tolerance=tolerance, record=True)


def edges(train: Train, time: Floats, x: Floats, levels: Sequence[float | None]) -> list[float | None]:
    """Time (s) at which the filament crosses a level within each pulse; None where there is no level or no
    crossing."""
    found: list[float | None] = []
    for (begin, end), level in zip(train.pulses, levels, strict=True):
        inside = (time >= begin) & (time <= end)
        t, beyond = time[inside], x[inside] - (level or 0.0)
        crossing = np.flatnonzero(beyond[:-1] * beyond[1:] <= 0.0)
        if level is None or not crossing.size:
            found.append(None)
            continue
        k = crossing[0]
        found.append(float(t[k] + (t[k + 1] - t[k]) * beyond[k] / (beyond[k] - beyond[k + 1])))
    return found


def middles(train: Train, time: Floats, x: Floats) -> list[float | None]:
    """Half way of each pulse that moves the filament by more than MOVED_NM."""
    ends = [(float(np.interp(begin, time, x)), float(np.interp(end, time, x))) for begin, end in train.pulses]
    return [0.5 * (a + b) if abs(b - a) > MOVED_NM else None for a, b in ends]


@dataclass(frozen=True)
class TwinDifferences:
    """Worst differences between the twins.

    Attributes:
        end_percent: filament at the end of each train, shape (trains,).
        edge_ns: difference of each switching edge, ns; infinite where ngspice shows none.
    """

    end_percent: Floats
    edge_ns: Floats


def compare(
    trains: Sequence[Train],
    chosen: ParameterSet,
    tolerance: float = TOLERANCE_NM,
    celsius: float = NOMINAL_CELSIUS,
) -> TwinDifferences:
    """Run trains on both twins at a temperature, degrees."""
    reference = numpy_trains(trains, Parameters.of(chosen.model).with_(celsius=celsius), tolerance)
    assert reference.time_s is not None and reference.path_nm is not None
    build_osdi()
    options = OPTIONS if celsius == NOMINAL_CELSIUS else FINE_OPTIONS
    simulated = run_many(lambda train: spice_train(train, chosen, options, celsius), trains, workers=1)
    end, late = [], []
    for k, (train, (time, x)) in enumerate(zip(trains, simulated, strict=True)):
        known = (reference.time_s[:, k], reference.path_nm[:, k])
        end.append(100 * abs(x[-1] / reference.x_nm[k] - 1))
        levels = middles(train, *known)
        for wanted, found in zip(edges(train, *known, levels), edges(train, time, x, levels), strict=True):
            if wanted is not None:
                late.append(abs(found - wanted) * 1e9 if found is not None else np.inf)
    return TwinDifferences(np.array(end), np.array(late))


def dc_percent(
    chosen: ParameterSet,
    volts: Sequence[float] = (-3.3, -2.1, -1.0, -0.2, 0.1, 0.2, 0.9, 2.0, 3.3),
    celsius: float = NOMINAL_CELSIUS,
) -> float:
    """Greatest difference of static current, percent: nine filaments (one pristine) behind 0, 1 and 20 kohm
    at several voltages."""
    p = Parameters.of(chosen.model).with_(celsius=celsius)
    lengths = [chosen.pristine_nm, *np.linspace(chosen.model.xmin_nm, chosen.model.xmax_nm, 8)]
    cells = [(x, ohms) for x in lengths for ohms in (0.0, 1e3, 20e3)]
    lines = [model_line(chosen, "cell")]
    for k, (x, ohms) in enumerate(cells):
        lines += [
            f"vs{k} s{k} 0 0",
            f"rs{k} s{k} t{k} {ohms:g}" if ohms else f"vz{k} s{k} t{k} 0",
            f"n{k} t{k} 0 cell x0_nm={x:.6f}",
        ]
    names = " ".join(f"i(vs{k})" for k in range(len(cells)))
    commands = [f"pre_osdi {build_osdi()}"]
    for k, level in enumerate(volts):
        commands += [*(f"alter vs{c} {level}" for c in range(len(cells))), "op", f"write op{k}.raw {names}"]
    options = "reltol=1e-7 abstol=1e-18 vntol=1e-10 gmin=1e-18"
    arrays = run(deck("\n".join(lines), commands, temperature=celsius, options=options)).arrays
    x, ohms = np.array([round(c[0], 6) for c in cells]), np.array([c[1] for c in cells])
    worst = 0.0
    for k, level in enumerate(volts):
        found = np.array([-arrays[f"op{k}"][f"i(vs{c})"][0] for c in range(len(cells))])
        v = divide(x, np.full((len(cells), 1), level), Resistor(ohms), p)
        worst = max(worst, float(np.max(np.abs(found / current(x, v, p) - 1)) * 100))
    return worst


def twin_figures(
    count: int = TRAINS, seed: int = 4, set_name: str = DEFAULT, tolerance: float = TOLERANCE_NM
) -> list[Figure]:
    """The twins' agreement, and the thresholds of the parameter sets, as figures for a report.

    End state and edges: `count` random trains at each temperature, ngspice (OPTIONS, FINE_OPTIONS, STEP_NS)
    against integrate_reference at `tolerance` (nm a step). An edge is the time at which a pulse that moves
    the filament by more than MOVED_NM has moved
    it half way. Static current: dc_percent.
    """
    chosen = load_set(set_name)
    trains = random_trains(count, seed, chosen)
    return [
        *_agreement("twins", trains, chosen, tolerance, NOMINAL_CELSIUS),
        *(
            f
            for celsius in COLD_AND_HOT
            for f in _agreement(f"twins at {celsius:g} C", trains, chosen, tolerance, celsius)
        ),
        *threshold_figures(),
    ]


def _agreement(
    name: str, trains: Sequence[Train], chosen: ParameterSet, tolerance: float, celsius: float
) -> list[Figure]:
    """Figures of one temperature."""
    found, count = compare(trains, chosen, tolerance, celsius), len(trains)
    end, edge, static = (
        float(found.end_percent.max()),
        _finite(found.edge_ns.max()),
        dc_percent(chosen, celsius=celsius),
    )
    return [
        Figure(
            name=f"{name}: random pulse trains", value=len(found.end_percent), min=count, source="simulation"
        ),
        Figure(
            name=f"{name}: switching edges in them",
            value=len(found.edge_ns),
            min=count / 2,
            source="simulation",
        ),
        Figure(
            name=f"{name}: end state, worst", value=end, unit="%", max=END_LIMIT_PERCENT, source="simulation"
        ),
        Figure(
            name=f"{name}: switching edge, worst",
            value=edge,
            unit="ns",
            max=EDGE_LIMIT_NS,
            source="simulation",
        ),
        Figure(
            name=f"{name}: static current, worst",
            value=static,
            unit="%",
            max=DC_LIMIT_PERCENT,
            source="simulation",
        ),
    ]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
