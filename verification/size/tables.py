"""Tables of docs/02-chip/size.md, of the reports that `neusoc fit`, `neusoc mnist-large` and `neusoc bench size` write."""

from __future__ import annotations

import re

from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.tables import limits, marked_number, marked_value, table
from neusoc.verification.software.mnist_large import AGES, LIGHT, ONE, PASSES, TWICE

PAGE = ROOT / "docs" / "02-chip" / "size.md"
PICTURE = PAGE.parent / "img" / "growth.png"
# of a size, the columns of the table of growth: figure -> head
GROWTH = {
    "drawn": "drawn, s", "memory of the drawing": "memory, GB", "LVS by both comparers": "LVS, s", "memory of LVS": "memory, GB",
    "area of the core": "core, mm2", "area of the core a cell": "a cell, um2", "farthest bit line": "farthest bit line, ohm",
    "time of an image": "an image, us", "energy of an image, analog": "analog, nJ", "digits told right: mean": "digits, %",
    "points that lines cost": "points that lines cost",
}  # fmt: skip


def markers(report: str) -> tuple[str, str]:
    """First and last line of the page's region for a report."""
    name = report.replace(".", "_")
    return f"<!-- {name}: written by make docs -->", f"<!-- {name}: end -->"


def fit_table(report: Report) -> str:
    """What a variant takes of the frame: figure, limit, value."""
    return table(("figure", "limit", "value"), [(figure.name, limits(figure), marked_value(figure)) for figure in report.figures])


def _known(report: Report) -> dict[str, Figure]:
    return {figure.name: figure for figure in report.figures}


def mnist_table(report: Report) -> str:
    """MNIST at 14 x 14: a case a row, mean and worst chip at each age; `-` where a case has no such age."""
    known = _known(report)

    def cell(name: str) -> str:
        return marked_number(known[name]) if name in known else "-"

    names = [f"{age}: {what}" for age in AGES for what in ("mean", "worst chip")]
    rows = [(case, *(cell(f"{case} {name}") for name in names), cell(f"{case}: spikes an image")) for case in (PASSES, ONE, TWICE, LIGHT)]
    alone = next(figure for name, figure in known.items() if name.endswith("weights alone"))
    rows.insert(0, (alone.name, marked_number(alone), *("-" for _ in range(len(names)))))
    return table(("right, %", *names, "spikes an image"), rows) + f"\n{report.texts[report.step]}\n"


def growth_table(report: Report) -> str:
    """A size a row; below it the ratios, and the picture if `neusoc bench size --readme` drew it."""
    known = _known(report)
    sizes = list(dict.fromkeys(match[0] for name in known if (match := re.match(r"\d+ x \d+(?=:)", name))))
    rows = [(size, *(marked_number(known[f"{size}: {name}"]) for name in GROWTH)) for size in sizes]
    ratios = [(name, marked_number(figure)) for name, figure in known.items() if " / " in name]
    found = table(("array", *GROWTH.values()), rows)
    if ratios:
        found += "\n" + table(("ratio", "value"), ratios)
    if PICTURE.exists():
        found += f"\n![Cost of each size]({PICTURE.relative_to(PAGE.parent)})\n"
    return f"{found}\n{report.texts[report.step]}\n"
