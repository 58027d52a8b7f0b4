"""Tables of README.md: of the report of `make device`, and of the files of statistics and registers. `make docs` puts them there."""

from __future__ import annotations

import re

from neusoc.analog.reram.statistics import load_statistics
from neusoc.base.report import Figure, Report
from neusoc.base.tables import limits, number, table
from neusoc.digital.model.ispp import load_registers, register_table

LEVELS = re.compile(r"ISPP (\d+) levels: (.*)")
ANCHORS = ("single-shot ", "pristine, ", "after forming, ", "spread of ")
TRIED = re.compile(r"ISPP 16 levels with (.*?): (.*)")
TIME = "ISPP 16 levels: time a cell, "
# the same of what was tried
TRIED_COLUMNS = {
    "programmed": ("within half a level",), "stuck low, high": ("stuck low", "stuck high"), "timed out": ("timed out",),
    "1 s, two passes": ("within half a level 1 s later, two passes",), "pulses": ("pulses a cell",), "reads": ("reads a cell",),
    "array": ("a whole array",), "-40 C: programmed": ("within half a level, -40 degrees",),
    "-40 C: stuck high": ("stuck high, -40 degrees",),
}  # fmt: skip
TEMPERATURE, SYNAPSE = " C: ", "synapse, "
# column -> figures whose values stand in it
COLUMNS = {
    "half a level": ("half a level",), "programmed": ("within half a level",), "pulses": ("pulses a cell",),
    "time": ("time a cell",), "array": ("a whole array",),
    "stuck low, high": ("stuck low", "stuck high"), "timed out": ("timed out",), "pulse 2": ("pulses a cell of the second pass",),
    "1 s": ("within half a level 1 s later, one pass",), "1 s, two passes": ("within half a level 1 s later, two passes",),
    "1 day": ("within half a level 1 day later, one pass",), "1 day, two passes": ("within half a level 1 day later, two passes",),
}  # fmt: skip


def markers(name: str) -> tuple[str, str]:
    """Marker lines of a table."""
    return f"<!-- {name} -->", f"<!-- {name}: end -->"


def _listed(figures: list[Figure]) -> str:
    """Figures beside their limits."""
    rows = []
    for f in figures:
        value = f"{number(f.value)} {f.unit}".strip()
        rows.append((f.name, value if f.passes else f"**{value}**", limits(f)))
    return table(("figure", "value", "limits"), rows)


def twins_table(report: Report) -> str:
    """How far the twins agree."""
    return _listed([f for f in report.figures if not f.name.startswith((*ANCHORS, SYNAPSE, "ISPP "))])


def foundry_table(report: Report) -> str:
    """What the statistics must reproduce, and what spreads result."""
    return _listed([f for f in report.figures if f.name.startswith(ANCHORS)])


def temperature_table(report: Report) -> str:
    """Cold and hot arrays."""
    return _listed([f for f in report.figures if f.name.startswith("ISPP ") and TEMPERATURE in f.name])


def levels_table(report: Report) -> str:
    """A line a number of levels; seeds and number of arrays above it."""
    told = report.texts.get("levels")
    return (f"{told}\n\n" if told else "") + table(("levels", *COLUMNS), _lines(report, LEVELS, COLUMNS))


def tried_table(report: Report) -> str:
    """A line a choice of settings at 16 levels."""
    return table(("settings", *TRIED_COLUMNS), _lines(report, TRIED, TRIED_COLUMNS))


def time_table(report: Report) -> str:
    """Where the time of a cell at 16 levels goes, with the settings after reset."""
    parts = [f for f in report.figures if f.name.startswith(TIME)]
    return table(("what", "time a cell"), [(f.name.removeprefix(TIME), f"{number(f.value)} {f.unit}") for f in parts])


def _lines(report: Report, pattern: re.Pattern[str], columns: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """A line for each first group of a pattern of names, with the figures that its second group names."""
    found: dict[str, dict[str, Figure]] = {}
    for figure in report.figures:
        if match := pattern.fullmatch(figure.name):
            found.setdefault(match[1], {})[match[2]] = figure
    lines = []
    for what, figures in found.items():
        cells = []
        for names in columns.values():
            ones = [figures[name] for name in names if name in figures]
            cells.append(f"{', '.join(number(f.value) for f in ones)} {ones[0].unit}".strip() if ones else "-")
        lines.append([what, *cells])
    return lines


def parameters_table() -> str:
    """Parameters of the statistics with their sources."""
    rows = []
    for part, name, value, source in load_statistics().table():
        shown = ", ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"
        rows.append((part, f"`{name}`", shown, source))
    return table(("part", "parameter", "value", "source"), rows)


def registers_table() -> str:
    """Registers of the ISPP algorithm."""
    rows = [(f"`{r.name}`", f"{r.bits}{' signed' if r.signed else ''}", str(r.value), r.text) for r in register_table(load_registers())]
    return table(("register", "bits", "default", "meaning"), rows)
