"""Tables of pulses for the cells of the array, kept below build/: the first chip of a machine makes them, the
others read them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from neusoc.analog.reram.equations import NOMINAL_CELSIUS, Parameters
from neusoc.analog.reram.pulse_tables import PulseTable
from neusoc.analog.reram.sets import DEFAULT
from neusoc.analog.synapse.access import CellTransistor, access_table
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.digital.model.ispp import Kind

ROOM_CELSIUS = NOMINAL_CELSIUS
TABLE_ENDS = (0.5, 2.1, 3.7)  # WL volts: in two halves, most pulses need one
_TABLE_STEP = 0.01
_LENGTH_STEP_NM = 0.006  # twice that leaves 8 % on a RESET that ends half way
_KEPT, _ARRAYS = "table.npz", ("x_nm", "drive", "time_s", "edge")


@cache
def parameters(celsius: float, warm: bool = True) -> Parameters:
    """Of the default cell at a temperature, degrees; warm: its current follows the temperature, not its
    filament alone."""
    room = Parameters.of(DEFAULT)
    if warm or celsius == ROOM_CELSIUS:
        return room.with_(celsius=celsius)
    return room.with_(t0_k=room.t0_k + celsius - ROOM_CELSIUS)


@cache
def _sources() -> str:
    """Hash of the code and the data that decide a table."""
    return content_hash(needs(Path(__file__)), np.__version__)


@cache
def stored_table(
    kind: Kind,
    line_v: float,
    upper: bool,
    celsius: float,
    width_um: float,
    source_v: float = 0.0,
    warm: bool = True,
) -> PulseTable:
    """Pulses of one kind and one level of the line.

    Args:
        kind: SET or RESET.
        line_v: level of the bit line, for RESET of the source line, V.
        upper: half of the range of WL volts, the table's drive.
        celsius: degrees.
        width_um: width of the access transistor, um.
        source_v: level of the source line of a SET, V; the bit line comes from there and goes back to it.
        warm: choice as of parameters().
    """
    facts = (kind.name, line_v, upper, celsius, width_um, source_v, warm)
    key = content_hash([], _sources(), *facts)

    def fill(place: Path) -> None:
        table = _made(kind, line_v, upper, celsius, width_um, source_v, warm)
        np.savez(place / _KEPT, allow_pickle=False, **{name: getattr(table, name) for name in _ARRAYS})

    with np.load(
        folder(BUILD / "software" / "pulse_tables" / key[:24], key, fill) / _KEPT, allow_pickle=False
    ) as kept:
        x_nm, drive, time_s, edge = (kept[name] for name in _ARRAYS)
        return PulseTable(x_nm, drive, time_s, edge, kind != Kind.RESET)


def _made(
    kind: Kind, line_v: float, upper: bool, celsius: float, width_um: float, source_v: float, warm: bool
) -> PulseTable:
    p = parameters(celsius, warm)
    begin, end = TABLE_ENDS[upper], TABLE_ENDS[upper + 1]
    wl = np.linspace(begin, end, round((end - begin) / _TABLE_STEP) + 1)
    line = np.full_like(wl, line_v)
    source = np.full_like(wl, source_v)
    bias = np.stack([source, wl, line] if kind == Kind.RESET else [line, wl, source], axis=1)
    series = CellTransistor(access_table("tt", celsius, width_um))
    rest, shortest = np.array([source_v, 0.0, source_v]), float(p.xmin_nm - 4 * p.stop_nm)
    return PulseTable.build(p, series, wl, bias, rest=rest, shortest_nm=shortest, step_nm=_LENGTH_STEP_NM)
