"""Cells that the test of the whole chip programs: what its report keeps of them, and the table of README.md, which `make docs` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neusoc.base.report import Figure, Report
from neusoc.base.tables import number, table

README = Path(__file__).with_name("README.md")
MARKERS = "<!-- cells: written by make docs -->", "<!-- cells: end -->"
REPORT = "whole.mini"
# row, column -> level. Rows, neurons and levels differ, so that an exchange among them shows; the last is in a negative column.
# The array's twin draws no noise: 11, 14 and 15 lie between what two neighbouring codes of the word line give, and time out there.
LEVELS = {(1, 0): 13, (2, 4): 6, (5, 2): 1, (6, 7): 12}
LEVEL, TARGET, CODE, PULSES, EVENTS, FEWEST, MOST = "level", "target", "code", "pulses", "events", "fewest events", "most events"
SHOWN = TARGET, CODE, PULSES, EVENTS


def figure_name(row: int, column: int, what: str) -> str:
    """Name of a figure of a cell."""
    return f"cell {row} {column}: {what}"


def cell_figures(found: Mapping[str, Mapping[str, Any]], tolerance: float) -> list[Figure]:
    """Figures of all cells from what the test left; one without a value, which fails, where it did not come that far.

    Args:
        found: values by name, as Outcome has them.
        tolerance: tolerance of a code, in codes.
    """
    figures: list[Figure] = []
    for (row, column), level in LEVELS.items():
        values: dict[str, float | None] = {LEVEL: level}
        values |= {what: found.get(figure_name(row, column, what), {}).get("value") for what in (*SHOWN, FEWEST, MOST)}
        target = values[TARGET]
        limits = {PULSES: (1.0, None), EVENTS: (values[FEWEST], values[MOST])}
        if target is not None:
            limits[CODE] = (target - tolerance, target + tolerance)
        for what in (LEVEL, *SHOWN):
            least, most = limits.get(what, (None, None))
            name = figure_name(row, column, what)
            figures.append(Figure(name=name, value=values[what], min=least, max=most, source="simulation"))
    return figures


def cells_table(report: Report) -> str:
    """A line a cell, as Markdown."""
    known = {figure.name: figure for figure in report.figures}
    rows = []
    for row, column in LEVELS:
        level, target, code, pulses, events = (known.get(figure_name(row, column, w)) for w in (LEVEL, TARGET, CODE, PULSES, EVENTS))
        neuron, negative = divmod(column, 2)
        expected = [number(limit) for limit in dict.fromkeys((events.min, events.max) if events else ()) if limit is not None]
        codes = ", ".join(number(f.value if f else None) for f in (target, code))
        shown = [number(f.value if f else None) for f in (level, pulses, events)]
        told = f"{neuron}, by phi_n" if negative else f"{neuron}"
        rows.append((f"{row}, {column}", shown[0], told, codes, shown[1], shown[2], " or ".join(expected) or "-"))
    return table(("row, column", "level", "neuron", "target, code (of two reads)", "pulses", "events to the spike", "expected"), rows)
