"""A parameter set from measured cells: least squares of the numpy twin's compact pulses, with confidence
intervals.

Pulses: the logarithm of the conductance after each pulse, given the one before. Sweeps: the logarithm of the
current at each sample away from the switching, and the threshold voltages. Each group of residuals is weighed
by its own scatter, found from the fit itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from neusoc.analog.reram.current_limit import CurrentLimit
from neusoc.analog.reram.equations import (
    Floats,
    Parameters,
    Resistor,
    Series,
    conductance,
    current,
    divide,
    filament,
    voltage_shape,
)
from neusoc.analog.reram.measured import Pulses, Sweep, read_measured
from neusoc.analog.reram.pulse_tables import PulseTable
from neusoc.analog.reram.sets import ModelParameters, ParameterSet, load_set
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from pydantic import ValidationError
from scipy.optimize import least_squares
from scipy.stats import t as student

DEFAULT_NAMES = ("eg_ev", "er_ev", "g0")
FITTABLE = ("v0_mps", "eg_ev", "er_ev", "ef_ev", "g0", "g1", "i1_a", "xref_nm", "vref_v", "tau_s", "vmax_mps")
CONFIDENCE = 0.95
_LEAST_V = 0.05  # below, neither motion nor a current worth fitting
_GUARD = 3  # samples on either side of a switching edge whose current is left out
_MOST_SETTINGS = 16
_MOVED_NM = 0.2  # a run that moves the filament by less has no threshold


@dataclass(frozen=True)
class Fit:
    """A fitted set.

    Attributes:
        chosen: base set with the fitted values and their confidence intervals.
        scatter: standard deviation of each group of residuals: ln(conductance or current), threshold volts.
        count: number of residuals.
    """

    chosen: ParameterSet
    scatter: dict[str, float]
    count: int


def fit_file(data: Path, base: str, output: Path, names: Sequence[str] = DEFAULT_NAMES) -> Fit:
    """Fit a CSV and write the set as YAML (named after the file).

    Raises:
        UserError: bad CSV, unknown base or parameter, data that do not determine the parameters.
    """
    if (
        output.suffix not in (".yaml", ".yml")
        or not output.stem.isidentifier()
        or output.stem.lower() != output.stem
    ):
        raise UserError(
            f"{output.name}: not a name for a set; give lower-case letters, digits and _ with the ending"
            " .yaml"
        )
    done = fit(
        read_measured(data),
        load_set(base),
        names,
        output.stem,
        f"fitted to {data.name}, starting from {base}",
    )
    write_atomic(
        output, yaml.safe_dump(done.chosen.model_dump(mode="json", exclude_none=True), sort_keys=False)
    )
    load_set(output)
    return done


def fit(
    measured: Pulses | list[Sweep],
    base: ParameterSet,
    names: Sequence[str],
    name: str = "fitted",
    source: str = "fitted",
) -> Fit:
    """Fit some parameters of a set, the others kept.

    Args:
        measured: pulses or sweeps that read_measured() gives.
        base: set at which the fit starts; the thresholds are searched within a fifth around it.
        names: parameters to fit.
        name, source: name and source of the new set.
    """
    if unknown := [n for n in names if n not in FITTABLE]:
        raise UserError(f"device-fit: {unknown[0]} cannot be fitted; choose from {', '.join(FITTABLE)}")
    if not names or len(set(names)) < len(names):
        raise UserError("device-fit: name each parameter to fit once")
    model = (
        _Pulses(measured) if isinstance(measured, Pulses) else _Sweeps(measured, Parameters.of(base.model))
    )
    start = np.array([getattr(base.model, n) for n in names])
    scale = np.where(start != 0.0, np.abs(start), 1.0)

    def parameters(factors: Floats) -> Parameters:
        """Factors of 1 are the base."""
        return Parameters.of(base.model).with_(
            **{n: float(v) for n, v in zip(names, start + (factors - 1.0) * scale, strict=True)}
        )

    def residuals(factors: Floats, weights: dict[str, float], coarse: bool = False) -> Floats:
        found = model.residuals(parameters(factors), coarse)
        return np.concatenate([found[group] / weights[group] for group in found])

    weights = dict(model.first_scatter)
    factors = _scan(lambda f: residuals(f, weights, True), names)
    for _ in range(3):
        factors = least_squares(
            residuals,
            factors,
            args=(weights,),
            loss="soft_l1",
            diff_step=2e-5,
            xtol=1e-7,
            ftol=1e-8,
            max_nfev=40,
        ).x
        groups = model.residuals(parameters(factors), False)
        weights = {
            g: max(float(1.4826 * np.median(np.abs(r))), model.least_scatter[g]) for g, r in groups.items()
        }
    count = sum(r.size for r in groups.values())
    if count <= len(names):
        raise UserError(
            f"device-fit: {count} figures for {len(names)} parameters; measure more, or fit fewer"
        )
    jacobian = np.stack(
        [_slope(lambda f: residuals(f, weights), factors, k) for k in range(len(names))], axis=1
    )
    information = jacobian.T @ jacobian
    if not np.isfinite(information).all() or np.linalg.cond(information) > 1e14:
        flat = names[int(np.argmin(np.diag(information)))]
        raise UserError(
            f"device-fit: the data do not determine {flat}; leave it out with --fit, or measure where it acts"
        )
    reduced = float(np.sum(np.minimum(np.abs(residuals(factors, weights)), 3.0) ** 2) / (count - len(names)))
    deviation = np.sqrt(np.diag(np.linalg.inv(information)) * max(reduced, 1.0)) * scale
    spread = deviation * student.ppf(0.5 + CONFIDENCE / 2, count - len(names))
    values = start + (factors - 1.0) * scale
    intervals = {n: (float(v - s), float(v + s)) for n, v, s in zip(names, values, spread, strict=True)}
    try:
        fitted = ModelParameters.model_validate(
            base.model.model_dump() | dict(zip(names, map(float, values), strict=True))
        )
    except ValidationError as error:
        told = error.errors()[0]["msg"]
        raise UserError(
            f"device-fit: the best fit is not physical ({told}); start from another base or fit fewer"
        ) from None
    changes = {"name": name, "description": f"{base.description}; fitted", "source": source, "model": fitted}
    chosen = base.model_copy(update={**changes, "thresholds": None, "confidence": intervals})
    return Fit(chosen, weights, count)


def _scan(cost_of: Callable[[Floats], Floats], names: Sequence[str]) -> Floats:
    """Best start: each barrier and the field factor tried within a fifth, two rounds, because a cell that
    never switches has no slope."""
    factors = np.ones(len(names))
    for _ in range(2):
        for k, name in enumerate(names):
            if name not in ("eg_ev", "er_ev", "g0"):
                continue
            tries = np.unique(np.append(factors[k] + np.linspace(-0.2, 0.2, 11), factors[k]))
            costs = [
                np.sum(np.log1p(cost_of(np.where(np.arange(len(names)) == k, t, factors)) ** 2))
                for t in tries
            ]
            factors[k] = tries[int(np.argmin(costs))]
    return factors


def _slope(function: Callable[[Floats], Floats], at: Floats, k: int, step: float = 2e-5) -> Floats:
    """Central derivative by one factor."""
    up, down = at.copy(), at.copy()
    up[k] += step
    down[k] -= step
    return (function(up) - function(down)) / (2 * step)


def _tables(p: Parameters, series: Series, volts: Floats, coarse: bool) -> dict[bool, PulseTable]:
    """SET (True) and RESET (False) tables that cover the amplitudes."""
    tables = {}
    for grows in (True, False):
        sizes = np.abs(volts[(volts > 0) == grows])
        sizes = sizes[sizes >= _LEAST_V]
        if sizes.size:
            low, high = sizes.min() - 1e-3, sizes.max() + 1e-3
            grid = np.linspace(
                low, high, max(3, int(np.ceil((high - low) / (0.04 if coarse else 0.015))) + 1)
            )
            bias = grid if grows else -grid
            tables[grows] = PulseTable.build(
                p, series, grid, bias[:, None], step_nm=0.04 if coarse else 0.012
            )
    return tables


class _Pulses:
    """ln(conductance after) of the model less that of the measurement."""

    first_scatter, least_scatter = {"ln_conductance": 0.05}, {"ln_conductance": 1e-4}

    def __init__(self, measured: Pulses) -> None:
        self.measured = measured
        self.settings = np.unique(measured.series_ohm)
        if self.settings.size > _MOST_SETTINGS:
            raise UserError(
                f"device-fit: {self.settings.size} different series_ohm; give at most {_MOST_SETTINGS}"
            )

    def residuals(self, p: Parameters, coarse: bool) -> dict[str, Floats]:
        """One value a pulse."""
        m = self.measured
        x = np.clip(filament(m.before_siemens, p), p.xmin_nm - 1.0, p.xmax_nm)
        after = x.copy()
        for ohms in self.settings:
            same = m.series_ohm == ohms
            for grows, table in _tables(p, Resistor(ohms), m.amplitude_v[same], coarse).items():
                chosen = same & ((m.amplitude_v > 0) == grows) & (np.abs(m.amplitude_v) >= _LEAST_V)
                after[chosen] = table.pulse(
                    x[chosen], np.abs(m.amplitude_v[chosen]), m.width_s[chosen], m.edge_s[chosen]
                )
        return {"ln_conductance": np.log(conductance(after, p) / m.after_siemens)}


class _Sweeps:
    """ln(current) and threshold voltages of the model less those of the measurement."""

    first_scatter = {"ln_current": 0.05, "threshold_v": 0.02}

    def __init__(self, measured: list[Sweep], base: Parameters) -> None:
        self.measured = measured
        self.halves = [_halves(s, base) for s in measured]
        steps = [np.abs(np.diff(s.source_v)).max() for s in measured]
        self.least_scatter = {"ln_current": 1e-4, "threshold_v": float(max(steps)) / 12**0.5}

    def residuals(self, p: Parameters, coarse: bool) -> dict[str, Floats]:
        """Samples of all sweeps, then thresholds of all halves."""
        currents, thresholds = [], []
        tables: dict[tuple[float, float], dict[bool, PulseTable]] = {}
        for sweep, halves in zip(self.measured, self.halves, strict=True):
            series: Series = (
                CurrentLimit(sweep.limit_a, max(sweep.series_ohm, 1.0))
                if sweep.limit_a
                else Resistor(sweep.series_ohm)
            )
            setting = (sweep.series_ohm, sweep.limit_a)
            if setting not in tables:
                volts = np.concatenate(
                    [s.source_v for s in self.measured if (s.series_ohm, s.limit_a) == setting]
                )
                tables[setting] = _tables(p, series, volts, coarse)
            x = _path(sweep, tables[setting], p)
            v = divide(x, sweep.source_v[:, None], series, p)
            apart = np.log(
                np.maximum(np.abs(current(x, v, p)), 1e-15) / np.maximum(np.abs(sweep.current_a), 1e-15)
            )
            for run, wanted in halves:
                keep = np.ones(run.size, bool)
                if wanted is not None:
                    found = _threshold(sweep, run, x, tables[setting])
                    thresholds.append(found - wanted)
                    for volts_at in (found, wanted):
                        keep[
                            max(0, _index(sweep, run, volts_at) - _GUARD) : _index(sweep, run, volts_at)
                            + _GUARD
                            + 1
                        ] = False
                    first, last = sorted(_index(sweep, run, u) for u in (found, wanted))
                    keep[first : last + 1] = False
                currents.append(np.where(keep, apart[run], 0.0))
        found = {"ln_current": np.concatenate(currents)}
        return found | {"threshold_v": np.array(thresholds)} if thresholds else found


def _seen(sweep: Sweep, base: Parameters) -> Floats:
    """Filament at each sample as current and voltage tell it; where the limit holds, as the next sample below
    the limit tells it."""
    over = sweep.source_v - sweep.series_ohm * sweep.current_a
    shape = np.maximum(np.abs(voltage_shape(over, base)[0]), 1e-12)
    scale = np.maximum(np.abs(sweep.current_a), 1e-15) / shape
    x = np.clip(
        base.tox_nm + (base.tox_nm - base.xref_nm) * np.log(scale / base.i1_a),
        base.xmin_nm - 1.0,
        base.xmax_nm,
    )
    limited = (sweep.current_a > 0.9 * sweep.limit_a) if sweep.limit_a else np.zeros(x.size, bool)
    for k in np.flatnonzero(limited)[::-1]:
        x[k] = x[min(k + 1, x.size - 1)]
    return x


def _halves(sweep: Sweep, base: Parameters) -> list[tuple[np.ndarray, float | None]]:
    """Runs of samples of one sign, each with the source's voltage at which the filament is half way along it
    (None: it hardly moves)."""
    sign = np.where(np.abs(sweep.source_v) < _LEAST_V, 0, np.sign(sweep.source_v))
    runs = [
        run
        for run in np.split(np.arange(sign.size), np.flatnonzero(np.diff(sign)) + 1)
        if sign[run[0]] and run.size >= 8
    ]
    if not runs:
        raise UserError(
            f"device-fit: sweep {sweep.name} has no run of samples above {_LEAST_V} V; check source_v"
        )
    x = _seen(sweep, base)
    halves: list[tuple[np.ndarray, float | None]] = []
    for run in runs:
        begin, end = np.median(x[run][:5]), np.median(x[run][-5:])
        beyond = x[run] - 0.5 * (begin + end)
        crossing = np.flatnonzero(beyond[:-1] * beyond[1:] <= 0)
        if abs(end - begin) < _MOVED_NM or not crossing.size:
            halves.append((run, None))
            continue
        k = int(crossing[0])
        share = beyond[k] / (beyond[k] - beyond[k + 1])
        volts = sweep.source_v[run]
        halves.append((run, float(volts[k] + share * (volts[k + 1] - volts[k]))))
    return halves


def _path(sweep: Sweep, tables: dict[bool, PulseTable], p: Parameters) -> Floats:
    """Filament at each sample: between two samples the source stands at their mean."""
    known = np.flatnonzero((np.abs(sweep.source_v) >= _LEAST_V) & (np.abs(sweep.current_a) > 0))[:5]
    over = sweep.source_v[known] - sweep.series_ohm * sweep.current_a[known]
    scale = np.abs(sweep.current_a[known] / voltage_shape(over, p)[0])
    x = float(
        np.median(
            np.clip(p.tox_nm + (p.tox_nm - p.xref_nm) * np.log(scale / p.i1_a), p.xmin_nm - 1.0, p.xmax_nm)
        )
    )
    path = np.empty(sweep.time_s.size)
    path[0] = x
    means, waits = 0.5 * (sweep.source_v[1:] + sweep.source_v[:-1]), np.diff(sweep.time_s)
    for k, (volts, wait) in enumerate(zip(means, waits, strict=True)):
        if abs(volts) >= _LEAST_V:
            x = tables[volts > 0].advance_one(x, abs(volts), wait)
        path[k + 1] = x
    return path


def _index(sweep: Sweep, run: np.ndarray, volts: float) -> int:
    """First sample of a run that has reached a voltage."""
    reached = np.flatnonzero(np.abs(sweep.source_v[run]) >= abs(volts))
    return int(reached[0]) if reached.size else run.size - 1


def _threshold(sweep: Sweep, run: np.ndarray, x: Floats, tables: dict[bool, PulseTable]) -> float:
    """Source voltage at which the model's filament is half way along a run; a tenth beyond the peak if it
    hardly moves."""
    along = x[run]
    peak = sweep.source_v[run][np.argmax(np.abs(sweep.source_v[run]))]
    if abs(along[-1] - along[0]) < 0.02:
        return float(1.1 * peak)
    middle = 0.5 * (along[0] + along[-1])
    k = int(np.flatnonzero((along[:-1] - middle) * (along[1:] - middle) <= 0)[0])
    begin, end = sweep.source_v[run[k]], sweep.source_v[run[k + 1]]
    mean = 0.5 * (begin + end)
    needed = tables[mean > 0].time_between(along[k], middle, abs(mean))
    share = min(max(float(needed[0]) / (sweep.time_s[run[k + 1]] - sweep.time_s[run[k]]), 0.0), 1.0)
    return float(begin + share * (end - begin))
