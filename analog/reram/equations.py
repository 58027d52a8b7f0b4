"""The numpy twin of analog/reram/reram.va: exactly its equations, over any number of cells at once.

Every array argument broadcasts: state, voltages and any field of Parameters may be a scalar or one value a
    cell.

Units: lengths nm, speeds m/s (= nm/ns), times s, volts, amperes, siemens, kelvin, eV. A positive voltage (te
above be) lengthens the filament (SET), a negative one shortens it (RESET). Equations and sources:
analog/reram/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from neusoc.analog.reram.sets import DEFAULT, ModelParameters, load_set
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Value = float | Floats

BOLTZMANN_EV = 1.3806503e-23 / 1.602176462e-19  # J/K over C, as OpenVAF's constants.vams has them
EPS0 = 8.854187817e-12  # F/m, ditto
NOMINAL_CELSIUS = 27.0  # of the ambient: t0_k, and the current without a factor, hold there


@dataclass(frozen=True)
class Parameters:
    """The parameters of reram.va, and the ambient; a field is a float or an array with one value a cell."""

    tox_nm: Value
    xmin_nm: Value
    xmax_nm: Value
    a0_nm: Value
    v0_mps: Value
    eg_ev: Value
    er_ev: Value
    ef_ev: Value
    g0: Value
    g1: Value
    i1_a: Value
    xref_nm: Value
    vref_v: Value
    t0_k: Value
    cth_jk: Value
    tau_s: Value
    er_ox: Value
    ea_hrs_ev: Value
    tc_lrs_per_k: Value
    xlrs_nm: Value
    stop_nm: Value
    vmax_mps: Value
    vlin_v: Value
    area_um2: Value = 0.1024
    celsius: Value = NOMINAL_CELSIUS

    @classmethod
    def of(cls, chosen: str | Path | ModelParameters = DEFAULT) -> Self:
        """Parameters of a set of analog/reram/parameter_sets, of a YAML file, or of a validated model
        section."""
        model = chosen if isinstance(chosen, ModelParameters) else load_set(chosen).model
        return cls(**model.model_dump())

    def with_(self, **changes: Value) -> Self:
        """A copy with some fields changed (spread, temperature): p.with_(celsius=85.0, i1_a=p.i1_a *
        spread)."""
        return replace(self, **changes)

    def take(self, index: NDArray[np.intp]) -> Self:
        """Parameters of some cells only."""
        chosen = {
            f.name: np.asarray(value)[index] for f in fields(self) if np.ndim(value := getattr(self, f.name))
        }
        return replace(self, **chosen) if chosen else self

    @property
    def rest_k(self) -> Value:
        """Temperature of the filament at rest, K: t0_k at 27 C, and as many kelvin away as the ambient is."""
        return self.t0_k + (self.celsius - NOMINAL_CELSIUS)

    @property
    def capacitance(self) -> Value:
        """Farads of the oxide under the drawn area."""
        return EPS0 * self.er_ox * self.area_um2 * 1e-12 / (self.tox_nm * 1e-9)


def clamp(x_nm: Value, p: Parameters) -> Floats:
    """The filament that barriers and field see."""
    return np.minimum(np.maximum(x_nm, p.xmin_nm), p.xmax_nm)


def current_scale(x_nm: Value, p: Parameters) -> Floats:
    """I1 exp(-(tox - x)/(tox - xref)) warm, amperes: the factor before sinh."""
    scale: Floats = p.i1_a * np.exp((np.minimum(x_nm, p.xmax_nm) - p.tox_nm) / (p.tox_nm - p.xref_nm))
    return scale if _nominal(p) else scale * warmth(x_nm, p)


def _nominal(p: Parameters) -> bool:
    """Whether every cell is at 27 C."""
    return bool(np.all(np.asarray(p.celsius) == NOMINAL_CELSIUS))


def warmth(x_nm: Value, p: Parameters) -> Floats:
    """Current at the ambient over that at 27 C: activated in a reset cell (depth 1), metallic from xlrs_nm on
    (depth 0)."""
    depth = np.clip((p.xlrs_nm - np.asarray(x_nm)) / (p.xlrs_nm - p.xmin_nm), 0.0, 1.0)
    activated = np.exp(depth * p.ea_hrs_ev / BOLTZMANN_EV * (1.0 / p.t0_k - 1.0 / p.rest_k))
    return np.asarray(activated * (1.0 + (1.0 - depth) * p.tc_lrs_per_k * (p.rest_k - p.t0_k)))


def voltage_shape(v: Value, p: Parameters) -> tuple[Floats, Floats]:
    """sinh(v/Vref), continued as its tangent above vlin_v, and its derivative by v (1/V)."""
    size = np.abs(v)
    inner = np.minimum(size, p.vlin_v)
    up = np.exp(inner / p.vref_v)
    sinh, cosh = 0.5 * (up - 1.0 / up), 0.5 * (up + 1.0 / up)
    slope = cosh / p.vref_v
    return np.copysign(sinh + slope * (size - inner), v), slope


def current(x_nm: Value, v: Value, p: Parameters) -> Floats:
    """Static current from te to be, amperes."""
    return current_scale(x_nm, p) * voltage_shape(v, p)[0]


def conductance(x_nm: Value, p: Parameters) -> Floats:
    """Small-signal conductance dI/dV at 0 V, siemens."""
    return current_scale(x_nm, p) / p.vref_v


def filament(siemens: Value, p: Parameters) -> Floats:
    """Filament (nm) of a small-signal conductance; the caller keeps it within the stops."""
    x = nominal = p.tox_nm + (p.tox_nm - p.xref_nm) * np.log(np.asarray(siemens) * p.vref_v / p.i1_a)
    for _ in range(0 if _nominal(p) else 60):  # each round leaves less than a fifth of the error
        x = nominal - (p.tox_nm - p.xref_nm) * np.log(warmth(x, p))
    return x


def heating(v: Value, amperes: Value, p: Parameters) -> Value:
    """Temperature above rest_k (K) at which the filament settles within a few tau_s."""
    return v * amperes * (p.tau_s / p.cth_jk)


def speed(x_nm: Value, v: Value, heat_k: Value, p: Parameters) -> Floats:
    """dx/dt in m/s (= nm/ns): generation against recombination over field-lowered barriers, speed limit, soft
    stops."""
    x_nm = np.asarray(x_nm)
    kt = BOLTZMANN_EV * (p.rest_k + np.maximum(heat_k, 0.0))
    gap = p.tox_nm - clamp(x_nm, p)
    drop = (p.g0 + p.g1 * gap * gap * gap) * (p.a0_nm / p.tox_nm) * v
    unformed = 1.0 - np.exp(np.minimum((x_nm - p.xmin_nm) / p.stop_nm, 0.0))
    grow = p.v0_mps * np.exp(np.minimum((drop - p.eg_ev - p.ef_ev * unformed) / kt, 30.0))
    shrink = p.v0_mps * np.exp(np.minimum((-drop - p.er_ev) / kt, 30.0))
    grow = grow / (1.0 + grow / p.vmax_mps)
    shrink = shrink / (1.0 + shrink / p.vmax_mps)
    above = (p.xmax_nm - x_nm) / p.stop_nm
    room_up = np.where(above > 0.0, -np.expm1(-np.maximum(above, 0.0)), above)
    room_down = -np.expm1(-np.maximum((x_nm - p.xmin_nm) / p.stop_nm, 0.0))
    return grow * room_up - shrink * room_down


class Series(Protocol):
    """What lies between the source and the cell."""

    @property
    def width(self) -> int:
        """Number of bias voltages."""
        ...

    def residual(self, v: Floats, amperes: Floats, bias: Floats) -> tuple[Floats, Floats, Floats]:
        """What drives the cell's voltage, in volts: 0 at rest, positive if v must rise, falling with v and
        with amperes.

        Args:
            v: voltage of the cell, shape (...).
            amperes: static current of the cell, shape (...).
            bias: voltages of the source, shape (..., width).

        Returns:
            residual, its derivative by v at constant amperes, its derivative by amperes (ohm); each of shape
            (...).
        """
        ...

    def limits(self, bias: Floats) -> tuple[Floats, Floats]:
        """Least and greatest voltage that the cell can have at rest."""
        ...


@dataclass(frozen=True)
class Resistor:
    """A source behind a resistor; bias: the source's voltage, shape (..., 1)."""

    ohms: Value
    width: int = 1

    def residual(self, v: Floats, amperes: Floats, bias: Floats) -> tuple[Floats, Floats, Floats]:
        """bias - v - R i."""
        one = np.ones_like(v)
        return bias[..., 0] - v - self.ohms * amperes, -one, -self.ohms * one

    def limits(self, bias: Floats) -> tuple[Floats, Floats]:
        """Between zero and the source."""
        return np.minimum(bias[..., 0], 0.0), np.maximum(bias[..., 0], 0.0)

    def take(self, index: NDArray[np.intp]) -> Self:
        """The resistors of some cells only."""
        return replace(self, ohms=np.asarray(self.ohms)[index]) if np.ndim(self.ohms) else self


def divide(
    x_nm: Value, bias: Floats, series: Series, p: Parameters, *, rounds: int = 60, tolerance: float = 1e-11
) -> Floats:
    """Voltage of the cell at rest: its static current equals that of what lies in series.

    Newton's method within a bracket that only shrinks (bisection where a step leaves it).

    Args:
        x_nm: filament, shape (...).
        bias: volts of the source, shape (..., series.width).
        rounds: largest number of steps.
        tolerance: error of the voltage, V.

    Returns:
        Volts, shape (...).
    """
    scale = current_scale(x_nm, p)
    low, high = (limit + np.zeros(np.broadcast(scale, limit).shape) for limit in series.limits(bias))
    if isinstance(series, Resistor):  # R i alone may not exceed the source either: a far better start
        most = p.vref_v * np.arcsinh(bias[..., 0] / np.maximum(series.ohms * scale, 1e-12))
        low, high = np.maximum(low, np.minimum(most, 0.0)), np.minimum(high, np.maximum(most, 0.0))
        if np.any(np.abs(bias) > p.vlin_v):  # above vlin_v sinh is not what flows
            low, high = series.limits(bias)
            low, high = low + np.zeros_like(scale), high + np.zeros_like(scale)
    v = np.where(np.abs(low) > np.abs(high), low, high)
    shape = v.shape
    # Most cells are at rest after a few rounds; the others alone go on, where nothing but filament and bias
    # differs from cell to cell.
    alike = all(np.ndim(one) == 0 for one in (*vars(series).values(), *vars(p).values()))
    if alike:
        scale = np.broadcast_to(scale, shape).ravel()
        bias = np.broadcast_to(bias, (*shape, series.width)).reshape(-1, series.width)
        v, low, high = v.ravel(), low.ravel(), high.ravel()
    found, moving = v, np.arange(v.size)
    for _ in range(rounds):
        relative, slope = voltage_shape(v, p)
        rest, by_v, by_i = series.residual(v, scale * relative, bias)
        low, high = np.where(rest > 0.0, v, low), np.where(rest < 0.0, v, high)
        step = rest / (by_v + by_i * scale * slope)
        wanted = v - step
        inside = (wanted >= low) & (wanted <= high)
        following = np.where(inside, wanted, 0.5 * (low + high))
        moves = np.abs(following - v) >= tolerance
        v = following
        if not alike:
            found = v
        else:
            found[moving] = v
            if np.count_nonzero(moves) < 0.8 * moves.size:
                moving, v, low, high, scale, bias = (
                    moving[moves],
                    v[moves],
                    low[moves],
                    high[moves],
                    scale[moves],
                    bias[moves],
                )
        if not np.any(moves):
            break
    return found.reshape(shape)


def settled_speed(x_nm: Value, bias: Floats, series: Series, p: Parameters) -> tuple[Floats, Floats]:
    """dx/dt (m/s) and voltage (V) of a cell whose voltage and temperature have settled (both do within a
    nanosecond)."""
    v = divide(x_nm, bias, series, p)
    return speed(x_nm, v, heating(v, current(x_nm, v, p), p), p), v
