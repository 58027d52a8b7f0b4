"""Recordings of a simulation (VCD): how long one is, and one cut to the time that counts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from neusoc.base.errors import UserError

_UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15}
_PICOSECOND = 1e-12


class Recording(NamedTuple):
    """What moved in a mode.

    Attributes:
        vcd: the file.
        scope: scope of the controller in it.
        seconds: length of the recording, s.
    """

    vcd: Path
    scope: str
    seconds: float


def step_s(header: str, name: str) -> float:
    """Step of the times in a VCD with this header, s.

    Raises:
        UserError: the header names no timescale.
    """
    scale = re.search(r"\$timescale\s+(\d+)\s*([munpf]?s)\b", header)
    if scale is None:
        raise UserError(f"{name}: holds no timescale; remove it and run `make gates` again")
    return int(scale[1]) * _UNITS[scale[2]]


def cut(vcd: Path, out: Path, begin_ps: int, end_ps: int) -> float:
    """Write what a VCD holds from one moment on until before another, as a VCD that begins at 0 with the
    values of then.

    It begins at 0 because the analysis of power counts time from there.

    Args:
        vcd: file as Icarus writes it: one change a line.
        out: the file to write.
        begin_ps, end_ps: the moments; changes at begin_ps count, those at end_ps do not.

    Returns:
        The time that it lasts, s.

    Raises:
        UserError: the recording does not reach from one to the other, or holds no timescale.
    """
    values: dict[str, str] = {}
    header: list[str] = []
    with vcd.open() as lines, out.open("w") as kept:
        for line in lines:
            header.append(line)
            if line.startswith("$enddefinitions"):
                break
        step = step_s("".join(header), vcd.name) / _PICOSECOND
        begin, end = round(begin_ps / step), round(end_ps / step)
        now, inside = 0, False
        for line in lines:
            if line.startswith("#"):
                now = int(line[1:])
                if now >= begin and not inside:
                    inside = True
                    kept.writelines([*header, "#0\n$dumpvars\n", *values.values(), "$end\n"])
                if now >= end:
                    break
                if inside and now > begin:
                    kept.write(f"#{now - begin}\n")
            elif line.startswith("$"):
                continue  # the commands around a dump, whose values are changes as all others
            elif inside:
                kept.write(line)
            else:
                values[line.split()[-1] if line[0] in "bBrR" else line[1:].strip()] = line
        if not inside or now < end or end <= begin:
            last = round(now * step)
            raise UserError(
                f"{vcd.name}: recorded until {last} ps, nothing from {begin_ps} to {end_ps} ps; run `make"
                " gates` again"
            )
        kept.write(f"#{end - begin}\n")
    return (end - begin) * step * _PICOSECOND
