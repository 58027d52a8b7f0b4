"""The picture of growth: what each size costs, one panel a cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from neusoc.base.report import Figure, replacing

# panel -> (figures, what each line is called; whether the axis is logarithmic)
PANELS: dict[str, tuple[dict[str, str], bool]] = {
    "processor time, s": ({"drawn": "drawing", "LVS by both comparers": "LVS"}, True),
    "memory, GB": ({"memory of the drawing": "drawing", "memory of LVS": "LVS"}, False),
    "area of the core a cell, um2": ({"area of the core a cell": ""}, True),
    "energy of an image, analog, nJ": ({"energy of an image, analog": ""}, True),
    "time of an image, us": ({"time of an image": ""}, True),
    "digits told right, %": ({"digits told right: mean": "with line resistances", "without resistance of lines: mean": "without"}, False),
}
_COLOURS = ("#2166ac", "#b2182b")


def plot_growth(figures: Sequence[Figure], sizes: Sequence[int], path: Path) -> Path:
    """Write a PNG.

    Args:
        figures: figures of growth_report(), named `<size> x <size>: <what>`.
        sizes: sizes of the arrays.
        path: file to write.

    Raises:
        KeyError: a figure is missing.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    value = {figure.name: figure.value for figure in figures}
    whole, places = pyplot.subplots(2, 3, figsize=(11, 6), layout="constrained")
    for axes, (title, (lines, logarithmic)) in zip(places.flat, PANELS.items(), strict=True):
        for (name, label), colour in zip(lines.items(), _COLOURS, strict=False):
            axes.plot(sizes, [value[f"{size} x {size}: {name}"] for size in sizes], "o-", ms=4, color=colour, label=label)
        axes.set_xscale("log", base=2)
        if logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
            axes.yaxis.set_minor_formatter(ticker.LogFormatter(minor_thresholds=(1.2, 0.5)))
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.set_title(title, fontsize=10)
        axes.grid(lw=0.3, which="both")
        if any(lines.values()):
            axes.legend(fontsize=8)
    whole.supxlabel("rows and columns of the array", fontsize=10)
    with replacing(path) as temporary:
        whole.savefig(temporary, format="png", dpi=110, metadata={"Software": None})
    pyplot.close(whole)
    return path
