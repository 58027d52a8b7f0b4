"""`neusoc trains`: spike times of the neuron's twin against ngspice, over random trains that it was fitted to and over others."""

from __future__ import annotations

from pathlib import Path

from neusoc.analog.bench.characterise import ANALOG
from neusoc.analog.bench.depends import circuit_inputs
from neusoc.analog.neuron.trains import errors
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions

FITTED, OTHERS = range(100), range(2000, 2008)          # seeds; the twin's numbers were fitted to the first
MOST_PERCENT = 2.0                                      # asked of the neuron


def report_inputs() -> list[Path]:
    """What the report is made of, for the hash that it keeps: this code, the neuron's sheets, datasheet and bench."""
    bench = ANALOG / "neuron" / "tb" / "train.spice"
    return [*circuit_inputs(Path(__file__), blocks=["neuron"]), ANALOG / "neuron" / "neuron.yaml", bench]


def trains_report(fitted: range = FITTED, others: range = OTHERS) -> Report:
    """Both sets of trains; written to build/reports/neuron_trains.json if they are those that are stated.

    Args:
        fitted, others: seeds of the trains that the twin was fitted to, and of those that it was not.

    Raises:
        ValueError: the twin and the circuit do not fire equally often.
    """
    watch, figures = Stopwatch(), []
    for name, seeds in (("trains of the fit", fitted), ("other trains", others)):
        found = errors(seeds)
        worst = round(100 * max(map(abs, found)), 2)
        figures += [
            Figure(name=f"{name}: trains", value=len(seeds), source="simulation"),
            Figure(name=f"{name}: spikes", value=len(found), min=len(seeds), source="simulation"),
            Figure(name=f"{name}: greatest error of a spike's time", value=worst, unit="%", max=MOST_PERCENT, source="simulation"),
        ]
    report = Report(step="neuron_trains", figures=figures, tools=versions("ngspice", "numpy"), seconds=watch.seconds)
    if (fitted, others) == (FITTED, OTHERS):
        report = report.model_copy(update={"inputs_hash": made_by(__name__)})
        report.write()
    return report
