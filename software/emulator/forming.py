"""An array as it is after forming: what learning and tests start from. In volts: a tester's pulses, not those
of the chip's DACs."""

from __future__ import annotations

import numpy as np
from neusoc.analog.reram.random_numbers import Floats
from neusoc.analog.reram.statistics import Statistics
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.cells import CellArray
from neusoc.software.emulator.pulse_table_store import ROOM_CELSIUS

US = 1e-6  # s
FORM_WL_V, RESET_WL_V = 1.70, 3.40
STRONG_V = 3.16  # forms and resets every cell that can be


def pulse_all(array: CellArray, kind: Kind, wl_v: float | Floats, line_v: float, seconds: float) -> None:
    """One pulse on every cell; levels (V, one for all or one a cell) and width (s) as of
    CellArray.pulse()."""
    cells = np.arange(array.x_nm.size)
    array.pulse(
        kind, cells, np.broadcast_to(np.float64(wl_v), cells.shape), np.full(cells.size, line_v), seconds
    )


def formed_array(
    cells: int, seed: int, statistics: Statistics | None = None, *, celsius: float = ROOM_CELSIUS
) -> CellArray:
    """Cells formed by force (all that can be), then fully reset; arguments as of CellArray."""
    array = CellArray(cells, seed, statistics, celsius=celsius)
    for _ in range(3):
        pulse_all(array, Kind.FORM, FORM_WL_V, STRONG_V, 10 * US)
    for _ in range(6):
        pulse_all(array, Kind.RESET, RESET_WL_V, STRONG_V, 10 * US)
    return array
