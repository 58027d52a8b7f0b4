"""Measured cells as CSV: pulses with the conductance before and after each, or I-V sweeps. SI units, named in
the header.

Pulses, one a line, in the order of their time:

    cell,begin_s,amplitude_v,width_s,edge_s,series_ohm,before_siemens,after_siemens

`amplitude_v` at the source: positive SET, negative RESET; `width_s` the time at full amplitude, `edge_s` each
of the two edges; `before_siemens`, `after_siemens` the small-signal conductance read before and after the
pulse.

Sweeps, one sample a line:

    sweep,time_s,source_v,series_ohm,limit_a,current_a

`limit_a` the current limit of the positive half, 0 for none.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from neusoc.analog.reram.equations import Floats
from neusoc.base.errors import UserError

# column -> least and greatest plausible value, in the unit that its name ends with; a value beyond is taken
# for another unit
PULSE_COLUMNS = {
    "begin_s": (0.0, 1e6),
    "amplitude_v": (-20.0, 20.0),
    "width_s": (1e-10, 10.0),
    "edge_s": (0.0, 10.0),
    "series_ohm": (0.0, 1e7),
    "before_siemens": (1e-13, 1e-2),
    "after_siemens": (1e-13, 1e-2),
}
SWEEP_COLUMNS = {
    "time_s": (0.0, 1e6),
    "source_v": (-20.0, 20.0),
    "series_ohm": (0.0, 1e7),
    "limit_a": (0.0, 0.1),
    "current_a": (-0.1, 0.1),
}


@dataclass(frozen=True)
class Pulses:
    """Arrays of shape (N,), one value a pulse; names and units as the columns."""

    amplitude_v: Floats
    width_s: Floats
    edge_s: Floats
    series_ohm: Floats
    before_siemens: Floats
    after_siemens: Floats


@dataclass(frozen=True)
class Sweep:
    """One sweep: arrays of shape (T,), its series resistor (ohm) and its current limit (A, 0 for none)."""

    name: str
    time_s: Floats
    source_v: Floats
    current_a: Floats
    series_ohm: float
    limit_a: float


def read_measured(path: Path) -> Pulses | list[Sweep]:
    """Read a CSV of pulses or of sweeps; which of the two, its header tells.

    Raises:
        UserError: no such file, columns or units that are not those above, values that are no numbers or not
            plausible in their unit, unordered time, overlapping pulses.
    """
    if not path.is_file():
        raise UserError(f"{path.name}: no such file; give a CSV of pulses or sweeps")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [line for line in csv.reader(file) if line and not line[0].lstrip().startswith("#")]
    except (UnicodeDecodeError, csv.Error):
        raise UserError(f"{path.name}: not a text file of comma-separated values; export it as CSV") from None
    if len(lines) < 2:
        raise UserError(f"{path.name}: holds no data; give a header and one line a pulse or sample")
    header = [name.strip() for name in lines[0]]
    sweeps = "sweep" in header or any(name.startswith(("source_", "current_")) for name in header)
    key, columns = ("sweep", SWEEP_COLUMNS) if sweeps else ("cell", PULSE_COLUMNS)
    _check_header(path.name, header, [key, *columns])
    groups: dict[str, list[list[float]]] = defaultdict(list)
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise UserError(
                f"{path.name}: line {number} has {len(line)} values, the header {len(header)}; mend the line"
            )
        cells = dict(zip(header, line, strict=True))
        row = [_number(path.name, number, name, cells[name], *columns[name]) for name in columns]
        earlier = groups[cells[key].strip()]
        if earlier:
            _check_order(path.name, number, f"{key} {cells[key].strip()}", earlier[-1], row, sweeps)
        earlier.append(row)
    if sweeps:
        return [_sweep(path.name, name, np.array(rows)) for name, rows in groups.items()]
    table = np.array([row for rows in groups.values() for row in rows])
    if not np.abs(table[:, 1]).max() > 0:
        raise UserError(f"{path.name}: every amplitude_v is 0; give pulses that do something")
    return Pulses(*table.T[1:])


def _check_header(file: str, header: list[str], wanted: list[str]) -> None:
    if len(set(header)) < len(header):
        double = next(name for name in header if header.count(name) > 1)
        raise UserError(f"{file}: column {double} is there twice; remove one")
    for name in header:
        if name not in wanted:
            kin = next(
                (
                    w
                    for w in wanted
                    if w.rpartition("_")[0] and w.rpartition("_")[0] == name.rpartition("_")[0]
                ),
                None,
            )
            if kin:
                raise UserError(f"{file}: column {name} has the wrong unit; convert it and call it {kin}")
            raise UserError(f"{file}: column {name} is unknown; the columns are {', '.join(wanted)}")
    if missing := [name for name in wanted if name not in header]:
        raise UserError(f"{file}: column {missing[0]} is missing; the columns are {', '.join(wanted)}")


def _number(file: str, line: int, name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UserError(
            f"{file}: line {line}, {name} = {text.strip() or 'nothing'} is not a number; correct it"
        ) from None
    if not math.isfinite(value):
        raise UserError(f"{file}: line {line}, {name} = {text.strip()} is not finite; remove the line")
    if not least <= value <= most:
        unit = name.rpartition("_")[2]
        raise UserError(
            f"{file}: line {line}, {name} = {value:g} is not plausible in {unit} ({least:g} to {most:g});"
            " check the unit"
        )
    return value


def _check_order(
    file: str, line: int, group: str, before: list[float], now: list[float], sweeps: bool
) -> None:
    if now[0] <= before[0]:
        column = "time_s" if sweeps else "begin_s"
        raise UserError(
            f"{file}: line {line}, {column} = {now[0]:g} of {group} is not after {before[0]:g}; order the"
            " lines by time"
        )
    if sweeps:
        if now[2:4] != before[2:4]:
            raise UserError(
                f"{file}: line {line}, series_ohm or limit_a changes within {group}; give each setting a"
                " sweep of its own"
            )
        return
    end = before[0] + before[2] + 2 * before[3]
    if now[0] < end * (1 - 1e-9):
        overlap = f"the pulse of {group} at {now[0]:g} s begins before the one at {before[0]:g} s ends"
        raise UserError(f"{file}: line {line}, {overlap}; correct the times")


def _sweep(file: str, name: str, rows: Floats) -> Sweep:
    if len(rows) < 20:
        raise UserError(f"{file}: sweep {name} has {len(rows)} samples; give at least 20")
    if not rows[:, 4].any():
        raise UserError(f"{file}: sweep {name} has no current; check current_a")
    return Sweep(name, rows[:, 0], rows[:, 1], rows[:, 4], float(rows[0, 2]), float(rows[0, 3]))
