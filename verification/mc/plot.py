"""The picture of the yields: a line a specification that a sample breaks, with its interval and its promise; and the chips' accuracies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from neusoc.base.report import replacing
from neusoc.verification.mc.specifications import Specification
from neusoc.verification.mc.yields import CONFIDENCE

_KEPT, _MISSED, _PROMISE = "#2166ac", "#b2182b", "#555555"


def plot_yields(found: Sequence[Specification], accuracies: Sequence[float], least: float, path: Path) -> Path:
    """Write a PNG.

    Args:
        found: specifications. Those with a sample outside are shown, from the least yield up; the others are counted. Red: the samples do
            not show what was promised.
        accuracies: accuracies of chips, %; none: without that part.
        least: accuracy of a chip that classifies, %.
        path: file to write.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = sorted((one for one in found if one.found.percent < 100), key=lambda one: (one.found.shown, one.name))
    figure = pyplot.figure(figsize=(9, 1.6 + 0.17 * len(rows) + (1.8 if accuracies else 0)), layout="constrained")
    heights = [0.17 * len(rows) + 1.0, *([1.6] if accuracies else [])]
    axes, *others = figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    for place, one in enumerate(rows):
        low, high = one.found.interval()
        colour = _KEPT if one.figure().passes else _MISSED
        axes.plot([low, high], [place, place], color=colour, lw=1.2)
        axes.plot([one.found.percent], [place], "o" if one.subject.view == "schematic" else "s", ms=3.5, color=colour)
        axes.plot([100 * one.least], [place], "|", ms=6, color=_PROMISE)
    axes.set_yticks(range(len(rows)), [f"{one.name} ({one.subject.view})" for one in rows], fontsize=6)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_title(f"{len(rows)} yields with a sample outside; {len(found) - len(rows)} others with all samples inside", fontsize=8)
    axes.set_xlabel(
        f"yield with mismatch, %; line: {100 * CONFIDENCE:g} % interval; stroke: promised; circle: schematic, square: extracted",
        fontsize=8,
    )  # fmt: skip
    axes.grid(axis="x", lw=0.3)
    for lower in others:
        lower.hist(accuracies, bins=20, color=_KEPT)
        lower.axvline(least, color=_MISSED, lw=1)
        lower.set_xlabel("digits told right by a chip of sampled blocks, %; line: classifies from here", fontsize=8)
        lower.set_ylabel("chips", fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
    pyplot.close(figure)
    return path
