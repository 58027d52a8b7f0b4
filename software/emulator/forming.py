"""An array as it is after forming: what learning and tests start from."""

from __future__ import annotations

import numpy as np
from neusoc.analog.reram.statistics import Statistics
from neusoc.digital.model.ispp import Kind
from neusoc.software.emulator.cells import ROOM_CELSIUS, CellArray, Ints

US = 50                                          # cycles of 20 ns in a microsecond
FORM_WL, RESET_WL = 49, 63                       # 1.70 V fine, 3.4 V coarse
STRONG = 58                                      # 3.16 V: forms and resets every cell that can be


def pulse_all(array: CellArray, kind: Kind, wl: int | Ints, line: int, cycles: int) -> None:
    """One pulse on every cell, of 20 ns cycles; codes as of CellArray.pulse()."""
    cells = np.arange(array.x_nm.size)
    fine = 0 if kind == Kind.RESET else 1
    array.pulse(kind, cells, np.broadcast_to(wl, cells.shape), fine, np.full(cells.size, line), cycles)


def formed_array(cells: int, seed: int, statistics: Statistics | None = None, *, celsius: float = ROOM_CELSIUS) -> CellArray:
    """Cells formed by force (all that can be), then fully reset; arguments as of CellArray."""
    array = CellArray(cells, seed, statistics, celsius=celsius)
    for _ in range(3):
        pulse_all(array, Kind.FORM, FORM_WL, STRONG, 10 * US)
    for _ in range(6):
        pulse_all(array, Kind.RESET, RESET_WL, STRONG, 10 * US)
    return array
