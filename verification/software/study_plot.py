"""The picture of the study: what each condition changes, in points of accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from neusoc.base.report import replacing

_COLOURS = ("#2166ac", "#b2182b")


def plot_study(shown: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], path: Path) -> Path:
    """Write a PNG: a bar for each condition and split right after programming, a dot for its last age; lines: standard deviation of chips.

    Args:
        shown: split -> condition -> at each age mean and standard deviation of the difference to the first condition, which has its own
            accuracy; points.
        path: file to write.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(next(iter(shown.values())))
    base, places = names[0], np.arange(len(names) - 1)
    figure = pyplot.figure(figsize=(9, 1.5 + 0.3 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    for number, (split, rows) in enumerate(shown.items()):
        height, colour = 0.8 / len(shown), _COLOURS[number % len(_COLOURS)]
        at = places + height * (number - (len(shown) - 1) / 2)
        first = np.array([rows[name][0] for name in names[1:]])
        label = f"{split}: {base} {rows[base][0][0]:.1f} %"
        axes.barh(at, first[:, 0], height, xerr=first[:, 1], color=colour, alpha=0.75, error_kw={"lw": 0.8}, label=label)
        aged = [(place, rows[name][-1][0]) for place, name in zip(at, names[1:], strict=True) if len(rows[name]) > 1]
        if aged:
            axes.plot([value for _, value in aged], [place for place, _ in aged], "o", ms=3.5, mfc="white", mec=colour, ls="")
    axes.set_yticks(places, names[1:])
    axes.invert_yaxis()
    axes.axvline(0, color="#555555", lw=0.6)
    axes.set(xlabel=f"points of accuracy more than with {base}\nbar: right after programming; dot: after a day, against a day")
    axes.grid(axis="x", lw=0.3)
    axes.legend(fontsize=8)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130, metadata={"Software": None})
    pyplot.close(figure)
    return path
