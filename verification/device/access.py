"""The access transistor of the 1T1R cell as a table: ngspice with the PDK's models samples it once, numpy interpolates it.

    series = CellTransistor(access_table("tt"))          # bias of a cell: (bl, wl, sl) in volts, body at 0 V
    v = divide(x_nm, bias, series, p)
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from neusoc.analog.spice import deck, run
from neusoc.flow.cache import step
from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD
from neusoc.flow.tools import version
from neusoc.pdk.devices import NFET_5V
from neusoc.pdk.models import model_file
from neusoc.verification.device.equations import Floats, Value
from scipy.ndimage import map_coordinates, spline_filter

WIDTH_UM, LENGTH_UM = 1.0, 0.5              # the array's cell
STEP_V, GATE_MAX_V, CHANNEL_MAX_V = 0.05, 5.0, 4.0
_NUDGE_V = 1e-3
# Ohms: only scales amperes to volts where a residual is wanted in volts; the cell's oxide is charged through the transistor anyway
_SCALE_OHM = 10e3


@dataclass(frozen=True)
class AccessTable:
    """Channel current (A, drain to source) on a grid of gate, drain and source voltages against the body at 0 V."""

    amperes: Floats
    _spline: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spline", spline_filter(self.amperes, order=3))

    def current(self, gate: Value, drain: Value, source: Value) -> Floats:
        """Current from drain to source by cubic splines; voltages outside the grid (0 to 5 V, 0 to 4 V) count as its edge."""
        volts = np.broadcast_arrays(np.asarray(gate, float), drain, source)
        index = np.stack([v.ravel() for v in volts]) / STEP_V
        return map_coordinates(self._spline, index, order=3, mode="nearest", prefilter=False).reshape(volts[0].shape)


@cache
def access_table(corner: str = "tt", temperature: float = 27.0, width_um: float = WIDTH_UM, length_um: float = LENGTH_UM) -> AccessTable:
    """The table of the array's transistor; sampled by ngspice on first use (seconds), kept in build/device.

    Args:
        corner: see neusoc.pdk.models.model_file.
        temperature: degrees Celsius.
        width_um, length_um: drawn.

    Raises:
        UserError: no ngspice, no PDK.
    """
    name = f"access_{corner}_{temperature:g}_{width_um:g}_{length_um:g}"
    path = BUILD / "device" / f"{name}.npy"

    def sample() -> None:
        _sample(path, corner, temperature, width_um, length_um)

    step(f"device.{name}", [model_file(corner)], [path], sample, version("ngspice"), 1)
    return AccessTable(np.load(path))


def _sample(path: Path, corner: str, temperature: float, width_um: float, length_um: float) -> None:
    sources = np.arange(0, CHANNEL_MAX_V + STEP_V / 2, STEP_V)
    lines = ["vg gate 0 0", "vd drain 0 0"]
    for k, volts in enumerate(sources):
        lines += [f"vs{k} s{k} 0 {volts:.3f}", f"xn{k} drain gate s{k} 0 {NFET_5V} w={width_um:g} l={length_um:g} nf=1 m=1"]
    vectors = " ".join(f"i(vs{k})" for k in range(len(sources)))
    commands = [f"dc vd 0 {CHANNEL_MAX_V} {STEP_V} vg 0 {GATE_MAX_V} {STEP_V}", f"write table.raw {vectors}"]
    arrays = run(deck("\n".join(lines), commands, corner=corner, temperature=temperature), timeout=300).arrays["table"]
    gates = round(GATE_MAX_V / STEP_V) + 1
    table = np.stack([arrays[f"i(vs{k})"].reshape(gates, len(sources)) for k in range(len(sources))], axis=2)
    if not np.isfinite(table).all() or table.max() < 1e-5:
        raise UserError(f"{NFET_5V}: ngspice gave no channel current; check the PDK's models")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.npy")
    np.save(temporary, table)
    temporary.replace(path)


@dataclass(frozen=True)
class CellTransistor:
    """1T1R: te - cell - be = drain, the transistor's source at the SL; bias (bl, wl, sl) of shape (..., 3), volts.

    Attributes:
        table: the transistor.
        bl_ohms, sl_ohms: line resistance between drivers and cell, scalar or one value a cell.
    """

    table: AccessTable
    bl_ohms: Value = 0.0
    sl_ohms: Value = 0.0
    width: int = 3

    def residual(self, v: Floats, amperes: Floats, bias: Floats) -> tuple[Floats, Floats, Floats]:
        """(transistor's current - cell's current) times 10 kohm."""
        bl, wl, sl = bias[..., 0], bias[..., 1], bias[..., 2]
        drain, source = bl - self.bl_ohms * amperes - v, sl + self.sl_ohms * amperes
        there = self.table.current(wl, drain, source)
        by_drain = (self.table.current(wl, drain + _NUDGE_V, source) - there) / _NUDGE_V
        by_i = -self.bl_ohms * by_drain - 1.0
        if np.any(self.sl_ohms):
            by_i = by_i + self.sl_ohms * (self.table.current(wl, drain, source + _NUDGE_V) - there) / _NUDGE_V
        return _SCALE_OHM * (there - amperes), -_SCALE_OHM * by_drain, _SCALE_OHM * by_i * np.ones_like(v)

    def limits(self, bias: Floats) -> tuple[Floats, Floats]:
        """Between zero and the whole voltage."""
        whole = bias[..., 0] - bias[..., 2]
        return np.minimum(whole, 0.0), np.maximum(whole, 0.0)

    def take(self, index: np.ndarray) -> CellTransistor:
        """The transistors of some cells only."""
        return CellTransistor(self.table, *(np.asarray(r)[index] if np.ndim(r) else r for r in (self.bl_ohms, self.sl_ohms)))
