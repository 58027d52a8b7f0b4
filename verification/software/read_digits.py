"""Digits on sampled chips whose cells are verified by the converter as extracted: what its wires cost a network. `make digits`.

The same networks, seeds of chips and images as in digits.py, which has the converter of the schematic. What is left of the table of chips
is taken.
"""

from __future__ import annotations

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.network.encoding import EVENTS
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.extracted_reads import chip_of_extracted_reads
from neusoc.software.workloads.study import Outcome, Trial, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.digits import CHIPS, cases
from neusoc.verification.software.trained import trained

CASE, SPLIT = "64-30", SPLITS[0]
MOST_LOST = 0.3                                              # points of the mean, just programmed


def _figures(drawn: list[Outcome], extracted: list[Outcome]) -> list[Figure]:
    """Accuracy by both converters, and what the second loses."""
    found = [summary(outcomes)[0] for outcomes in (drawn, extracted)]
    names = (f"{CASE} converter of the schematic {SPLIT} programmed", f"{CASE} extracted converter {SPLIT} programmed")
    figures = [figure for name, row in zip(names, found, strict=True) for figure in accuracy_figures(name, row)]
    lost = 100 * np.array([one.accuracy[0] - other.accuracy[0] for one, other in zip(drawn, extracted, strict=True)])
    error = float(lost.std(ddof=1)) / len(lost) ** 0.5 if len(lost) > 1 else 0.0

    def figure(name: str, value: float, most: float | None = None) -> Figure:
        return Figure(name=f"{CASE} lost by the extracted converter{name}", value=value, unit="%", max=most, source="simulation")

    return [*figures, figure("", round(float(lost.mean()), 2) + 0.0, MOST_LOST), figure(": standard error", round(error, 2))]


def read_digits_report(chips: int = CHIPS, workers: int = 1) -> Report:
    """Program each chip by both converters, count; written to build/reports/read_digits.json if as many as stated.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().

    Raises:
        UserError: chips below 1, the neuron was not characterised, or as of run_chips().
    """
    chip, watch, seeds = load_chip(CHIP), Stopwatch(), seeds_of("read_digits", chips, CHIPS)
    circuit, data = Circuit.of(chip), digits(SPLIT)
    network, _ = trained(data, chip, circuit, 3)
    trial = Trial(chip, circuit, network, data.test, data.test_labels, events=EVENTS)
    kept = cases(trial, network)[CASE]                       # as digits.py asks: its chips are in the table
    (drawn,) = run_chips({f"digits {SPLIT}, {CASE}": kept}, seeds, workers=workers).values()
    (extracted,) = run_chips({f"digits {SPLIT}, {CASE}, extracted": trial}, seeds, workers=workers, one=chip_of_extracted_reads).values()
    return chips_report(Report(step="read_digits"), __name__, _figures(drawn, extracted), seeds, f"{EVENTS} events.", watch, chips == CHIPS)
