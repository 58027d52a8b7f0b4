"""The picture of a comparison: errors by cell, and their distribution by kind."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from neusoc.base.report import replacing
from neusoc.verification.tools.liberty.compare import PICOSECONDS, RELATIVE, Comparison

_COLOURS = {"tt": "#1b7837", "ss": "#2166ac", "ff": "#b2182b"}
_SHOWN = 25.0                   # percent, and ps: what lies beyond is drawn at the rim


def _colour(corner: str) -> str:
    return _COLOURS.get(corner[:2], "#555555")


def plot_comparison(comparisons: dict[str, Comparison], path: Path) -> Path:
    """Write a PNG.

    Top: median (dot) and 95th percentile (line) of |delay error| of every cell. Below: cumulative distribution of |error| of each kind.

    Args:
        comparisons: comparisons by corner name.
        path: file to write.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    cells = sorted({cell for comparison in comparisons.values() for cell in comparison.cells})
    kinds = [k for k in (*RELATIVE, *PICOSECONDS) if any(c.errors(k).size for c in comparisons.values())]
    columns = 6
    rows = -(-len(kinds) // columns)
    figure = pyplot.figure(figsize=(16, 4.6 + 2.7 * rows), layout="constrained")
    layout = figure.add_gridspec(rows + 1, columns, height_ratios=[1.6, *[1] * rows])
    top = figure.add_subplot(layout[0, :])
    for number, (corner, comparison) in enumerate(comparisons.items()):
        offset = 0.25 * (number - (len(comparisons) - 1) / 2)
        for place, cell in enumerate(cells):
            errors = np.abs(np.concatenate([comparison.errors(kind, cell) for kind in ("delay", "clk_to_q")]))
            if errors.size:
                median, high = np.median(errors), np.percentile(errors, 95)
                top.plot([place + offset] * 2, [min(median, _SHOWN), min(high, _SHOWN)], color=_colour(corner), lw=1.2)
                top.plot(place + offset, min(median, _SHOWN), ".", ms=4, color=_colour(corner))
        top.plot([], [], ".-", color=_colour(corner), label=corner)
    top.set_xticks(range(len(cells)), [cell.split("__")[-1] for cell in cells], rotation=90, fontsize=min(8, 900 / max(len(cells), 1)))
    top.set(ylabel="|delay error| in %: median to 95th percentile", ylim=(0, _SHOWN), xlim=(-1, len(cells)))
    top.grid(axis="y", lw=0.3)
    top.legend(fontsize=8)
    for number, kind in enumerate(kinds):
        axes = figure.add_subplot(layout[1 + number // columns, number % columns])
        limit = 0.0
        for corner, comparison in comparisons.items():
            errors = np.sort(np.abs(comparison.errors(kind)))
            if errors.size:
                axes.plot(errors, (np.arange(errors.size) + 1) / errors.size, color=_colour(corner))
                limit = max(limit, float(np.percentile(errors, 97)))
        axes.axhline(0.5, color="#999999", lw=0.4)
        axes.axhline(0.95, color="#999999", lw=0.4)
        unit = "ps" if kind in PICOSECONDS else "%"
        axes.set(xlim=(0, limit or 1), ylim=(0, 1), title=kind.replace("_", " "), xlabel=f"|error| in {unit}")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=110, format="png", metadata={"Software": None})
    pyplot.close(figure)
    return path
