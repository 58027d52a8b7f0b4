"""What chips learn from spikes alone (software/learning/patterns.py), as a picture and figures.

    neusoc learn [CHIPS] [--readme]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from neusoc.analog.bench.pictures import Picture, verdict
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.software.learning.patterns import NEURONS, PRESENTATIONS, ROWS, Association, Learnt, pavlov, two_patterns

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure as Sheet

CHIPS = 20
FOLDER = ROOT / "analog" / "neuron"                 # whose README shows it


def picture(runs: Sequence[Learnt], pairs: Sequence[Association], controls: Sequence[Association]) -> Picture:
    """States of the first chip before and after, who answered each presentation on every chip, and the bell's cells before and after."""
    first = runs[0]

    def draw(sheet: Sheet) -> None:
        top, bottom = sheet.subfigures(2, 1, height_ratios=(1, 1))
        maps = top.subplots(1, 3)
        bell_and_food = np.stack([pairs[0].states_before, pairs[0].states_after])
        states = (("before", first.before.T), ("after", first.after.T), ("bell, food: before and after", bell_and_food))
        for axis, (title, values) in zip(maps, states, strict=True):
            shown = axis.imshow(values, vmin=0, vmax=60, cmap="viridis", aspect="auto")
            axis.set(title=title, xlabel="row", yticks=range(len(values)), ylabel="neuron" if title in ("before", "after") else "")
            axis.grid(visible=False)
        top.colorbar(shown, ax=maps, label="uS")
        axis = bottom.subplots()
        for chip, run in enumerate(runs):
            for index, winner in enumerate(run.winners):
                if winner >= 0:
                    axis.plot(index, chip, "s", color=f"C{winner}", fillstyle="full" if run.shown[index] else "none")
        axis.set(xlabel="presentation (open: pattern 0, filled: pattern 1; colour: neuron that answered)", ylabel="chip")
        axis.set_yticks(range(0, len(runs), 2))

    table = {"row": np.arange(ROWS)}
    for name, values in (("before", first.before), ("after", first.after)):
        table |= {f"neuron{k}_{name}_uS": values[:, k] for k in range(NEURONS)}
    share = 100 / len(runs)
    figures = [
        verdict("learning: chips whose neurons took a pattern each", share * sum(r.learnt() for r in runs), "%", low=80),
        verdict("learning: chips that answer the bell before pairing", share * sum(a.bell_before for a in pairs), "%", high=0),
        verdict("learning: chips that answer the bell after pairing", share * sum(a.bell_after for a in pairs), "%", low=80),
        verdict("learning: chips that answer the bell shown apart from food", share * sum(a.bell_after for a in controls), "%", high=0),
    ]
    return Picture("learning", "Two patterns, and bell and food, on the numpy twins.", table, figures, draw, (8.0, 6.4))


def learn(count: int = CHIPS, readme: bool = False) -> Report:
    """What so many chips learnt, with `readme` as the README's picture too.

    Args:
        count: sampled chips, seeds from 0 up.
        readme: the picture into the README.

    Returns:
        The report, written to build/reports/learning_twins.json if of as many chips as is stated.
    """
    watch, chips = Stopwatch(), range(count)
    runs = [two_patterns(seed) for seed in chips]
    pairs, controls = ([pavlov(seed, paired) for seed in chips] for paired in (True, False))
    shown = picture(runs, pairs, controls)
    time, pulses = 1e6 * float(np.mean([r.seconds for r in runs])), float(np.mean([r.changes for r in runs]))
    costs = (("presentations", float(PRESENTATIONS), ""), ("time", round(time, 1), "us"), ("programming pulses", round(pulses, 1), ""))
    figures = [f.model_copy(update={"name": f.name.removeprefix("learning: "), "source": "simulation"}) for f in shown.figures]
    figures += [Figure(name=f"two patterns: {name} a chip", value=value, unit=unit, source="simulation") for name, value, unit in costs]
    shown.publish(FOLDER if readme else None)
    report = Report(step="learning_twins", figures=figures, tools=versions("numpy"), seconds=watch.seconds)
    if count == CHIPS:
        report = report.model_copy(update={"inputs_hash": made_by(__name__)})
        report.write()
    return report
