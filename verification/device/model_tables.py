"""Tables of README.md of the report of `make memories`, and of the files of memories/. `make docs` puts them there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from neusoc.base.report import Figure, Report
from neusoc.base.tables import limits, number, table
from neusoc.verification.device.memories import TIMES, OfFile, technologies
from neusoc.verification.device.models_report import MEMORIES, REGIMES, SETS, TAILS

# column of the tails' table -> figures whose values stand in it
TAIL_COLUMNS = {
    "within half a level": ("within half a level",), "pulses": ("pulses a cell",), "stuck low, high": ("stuck low", "stuck high"),
    "timed out": ("timed out",), "not reported": ("faulty cells not reported",),
}  # fmt: skip
STATE_COLUMNS = ("median", "cell to cell", "cycle to cycle", "pulses that succeed")


def _of(report: Report, head: str) -> list[tuple[str, str, Figure]]:
    """Figures of a part: what stands before the last colon of their names (without the head), what behind it, and the figure."""
    found = [f for f in report.figures if f.name.startswith(head)]
    return [(*f.name.removeprefix(head).rsplit(": ", 1), f) for f in found]  # type: ignore[misc]


def _rows(figures: Sequence[tuple[str, str, Figure]]) -> dict[str, dict[str, Figure]]:
    """First part of the name -> second -> figure, in the order in which they come."""
    rows: dict[str, dict[str, Figure]] = {}
    for first, second, figure in figures:
        rows.setdefault(first, {})[second] = figure
    return rows


def _cell(figures: Sequence[Figure]) -> str:
    """Values with their unit, bold where one misses."""
    text = f"{', '.join(number(f.value) for f in figures)} {figures[0].unit}".strip()
    return text if all(f.passes for f in figures) else f"**{text}**"


def regimes_table(report: Report) -> str:
    """Staircases: greatest step beside its limit, and what else is told of them."""
    rows = []
    for name, found in _rows(_of(report, REGIMES)).items():
        step = found["greatest step"]
        ends = [_cell([found[what]]) for what in ("steps above 2 %", "conductance at the end", "twins, worst")]
        rows.append((name, _cell([step]), limits(step), *ends))
    return table(("staircase", "greatest step", "limits", "steps above 2 %", "at the end", "twins, worst"), rows)


def sets_table(report: Report) -> str:
    """A line a set, a current limit and a state."""
    rows: dict[tuple[str, str], dict[str, Figure]] = {}
    told = []
    for name, what, figure in _of(report, SETS):
        state, _, column = what.partition(", ")
        if column in STATE_COLUMNS:
            rows.setdefault((name, state), {})[column] = figure
        else:
            told.append((f"{name}: {what}", _cell([figure]), limits(figure)))
    lines = [(name, state, *(_cell([found[c]]) for c in STATE_COLUMNS)) for (name, state), found in rows.items()]
    states = table(("set", "state", *STATE_COLUMNS), lines)
    return f"{report.texts['seeds']}\n\n{states}\n{table(('figure', 'value', 'limits'), told)}"


def tails_table(report: Report) -> str:
    """A line a scenario."""
    rows = []
    for name, found in _rows(_of(report, TAILS)).items():
        rows.append((name, *(_cell([found[n] for n in names]) for names in TAIL_COLUMNS.values())))
    return table(("16 levels by ISPP", *TAIL_COLUMNS), rows)


def memories_table(report: Report) -> str:
    """A line a memory: levels and write cycles of the review's table I, levels that stay apart."""
    rows = []
    for name, found in _rows(_of(report, MEMORIES)).items():
        told_there = technologies()[name].table_one
        levels = " to ".join(str(2**bits) for bits in dict.fromkeys(told_there.bits))
        cycles = f"1e{round(math.log10(told_there.endurance))}"
        apart = [_cell([found[f"levels apart, {when}, with a common factor"]]) for when in TIMES]
        bare = [_cell([found[f"levels apart, {when}, as programmed"]]) for when in ("1 day", "1 year")]
        told = [_cell([found[f"{count} levels told right, 1 day"]]) for count in (4, 16)]
        rows.append((name, levels, cycles, *apart, *bare, *told))
    bare_heads = ("1 day, no factor", "1 year, no factor")
    return table(("memory", "table I: levels", "cycles", *TIMES, *bare_heads, "4 levels, 1 day", "16 levels, 1 day"), rows)


def memory_parameters_table() -> str:
    """Parameters of the files of memories/ with their sources."""
    rows = []
    for name, technology in technologies().items():
        if not isinstance(technology, OfFile):
            continue
        for field in type(technology.memory).model_fields:
            part = getattr(technology.memory, field)
            if not hasattr(part, "source"):
                continue
            value = getattr(part, "value", None)
            if hasattr(part, "per_e"):
                shown = f"{part.at_full:g} - {part.per_e:g} ln g in {part.least:g}..{part.most:g}"
            elif isinstance(value, tuple):
                shown = ", ".join(f"{v:g}" for v in value)
            else:
                shown = "-" if value is None else f"{value:g}"
            rows.append((name, f"`{field}`", shown, part.source))
    return table(("memory", "parameter", "value", "source"), rows)
