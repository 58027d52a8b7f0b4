"""The access transistor of the 1T1R cell as a table that numpy interpolates; access_sample.py makes it with
ngspice and the PDK's models.

series = CellTransistor(access_table("tt"))          # bias of a cell: (bl, wl, sl) in volts, body at 0 V
v = divide(x_nm, bias, series, p)
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from neusoc.analog.reram.equations import Floats, Value
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from scipy.ndimage import map_coordinates, spline_filter

WIDTH_UM, LENGTH_UM = 1.0, 0.5  # the array's cell
STEP_V, GATE_MAX_V, CHANNEL_MAX_V = 0.05, 5.0, 4.0
SHAPE = (round(GATE_MAX_V / STEP_V) + 1, round(CHANNEL_MAX_V / STEP_V) + 1, round(CHANNEL_MAX_V / STEP_V) + 1)
# of the stored tables: 20 nA flow through a pristine cell that is read, 40 uA through one that is on
QUANTUM_A = 1e-10
COMMITTED, SAMPLED = Path(__file__).with_name("access_tables"), BUILD / "device"
_NUDGE_V = 1e-3
# Ohms: only scales amperes to volts where a residual is wanted in volts; the cell's oxide is charged through
#   the transistor anyway
_SCALE_OHM = 10e3


@dataclass(frozen=True)
class AccessTable:
    """Channel current (A, drain to source) on a grid of gate, drain and source voltages against the body at 0
    V."""

    amperes: Floats
    _spline: Floats = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_spline", spline_filter(self.amperes, order=3))

    def current(self, gate: Value, drain: Value, source: Value) -> Floats:
        """Current from drain to source by cubic splines; voltages outside the grid (0 to 5 V, 0 to 4 V) count
        as its edge."""
        volts = np.broadcast_arrays(np.asarray(gate, float), drain, source)
        index = np.stack([v.ravel() for v in volts]) / STEP_V
        amperes: Floats = map_coordinates(self._spline, index, order=3, mode="nearest", prefilter=False)
        return amperes.reshape(volts[0].shape)


def table_name(corner: str, temperature: float, width_um: float, length_um: float) -> str:
    """Name of a table's file, without its suffix."""
    return f"access_{corner}_{temperature:g}_{width_um:g}_{length_um:g}"


def packed(amperes: Floats) -> bytes:
    """A table as a file: whole quanta of current, as differences along all three axes, compressed."""
    whole = np.round(amperes / QUANTUM_A).astype(np.int64)
    for axis in range(3):
        whole = np.diff(whole, axis=axis, prepend=0)
    return lzma.compress(whole.astype("<i4").tobytes(), preset=9)


def unpacked(data: bytes) -> Floats:
    """The table of a file.

    Returns:
        Channel current, A, (gate, drain, source).
    """
    whole = np.frombuffer(lzma.decompress(data), "<i4").reshape(SHAPE).astype(np.int64)
    for axis in range(3):
        whole = np.cumsum(whole, axis=axis)
    return whole.astype(np.float64) * QUANTUM_A


@cache
def access_table(
    corner: str = "tt", temperature: float = 27.0, width_um: float = WIDTH_UM, length_um: float = LENGTH_UM
) -> AccessTable:
    """The table of a transistor: one of those in access_tables/, or one that `neusoc access-table` has
    sampled on this machine.

    Args:
        corner: tt, ss, ff, sf or fs.
        temperature: degrees Celsius.
        width_um, length_um: drawn size, um.

    Raises:
        UserError: nobody has sampled it.
    """
    name = table_name(corner, temperature, width_um, length_um)
    for folder in (COMMITTED, SAMPLED):
        if (path := folder / f"{name}.xz").exists():
            return AccessTable(unpacked(path.read_bytes()))
    options = f"--corner {corner} --temperature {temperature:g} --width {width_um:g} --length {length_um:g}"
    raise UserError(
        f"{name}.xz: no table of the access transistor at this condition; sample it with `neusoc access-table"
        f" {options}`"
    )


@dataclass(frozen=True)
class CellTransistor:
    """1T1R: te - cell - be = drain, the transistor's source at the SL; bias (bl, wl, sl) of shape (..., 3),
    volts.

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

        def of_some(ohms: Value) -> Value:
            return np.asarray(ohms)[index] if np.ndim(ohms) else ohms

        return CellTransistor(self.table, of_some(self.bl_ohms), of_some(self.sl_ohms))
