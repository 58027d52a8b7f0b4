"""Figures of digits by whole images on arrays in which something breaks: the others stay, the neuron is found and masked. Part of
`make digits`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from neusoc.base.report import Figure
from neusoc.software.workloads.digits import SPLITS
from neusoc.software.workloads.image_faults import KINDS, OPEN, ROW_ON, SHORTED, accuracy, change, drawn, short_s, written_again
from neusoc.software.workloads.study import Held, Trial
from neusoc.verification.software.chips_report import accuracy_figures

MOST_CHANGE, FOUND = 1.0, 100.0         # %: of other neurons; chips whose neuron is found and masked


def fault_figures(trial: Trial, held: Sequence[Held], split: int, least: float) -> list[Figure]:
    """One fault of each kind on each chip.

    Args:
        trial: trial of every chip.
        held: the chips without the fault, programmed.
        split: number of the split of the digits.
        least: accuracy of chips without a fault, which those that are masked are to reach too, mean, %.
    """

    def figure(name: str, value: float, unit: str, lower: float | None = None, upper: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 4), unit=unit, min=lower, max=upper, source="simulation")

    def accuracies(name: str, shares: Sequence[float], limit: float | None = None) -> list[Figure]:
        row = np.array([np.mean(shares), np.std(shares), np.min(shares)])
        return accuracy_figures(f"64-30 {name} {SPLITS[split]} programmed", row, limit)

    figures = [figure("shorted cell: its transistor alone", 1e6 * short_s(), "uS")]
    for kind in KINDS:
        faults = [drawn(kind, trial, one) for one in held]
        changes = [change(trial, one, fault) for one, fault in zip(held, faults, strict=True)]
        whose = "another neuron" if kind in (SHORTED, OPEN) else "a neuron"
        figures.append(figure(f"{kind}: most of {whose} of the threshold's range", 100 * max(changes), "%", upper=MOST_CHANGE))
        figures += accuracies(kind, [accuracy(trial, one, fault) for one, fault in zip(held, faults, strict=True)])
        if kind == ROW_ON:
            continue
        again = [written_again(trial, fault, one.chip.seed) for one, fault in zip(held, faults, strict=True)]
        limit = None
        if kind in (SHORTED, OPEN):
            masked = [fault.neuron not in chip.neurons for fault, (chip, _) in zip(faults, again, strict=True)]
            figures.append(figure(f"{kind}: chips whose neuron is found and masked", 100 * float(np.mean(masked)), "%", lower=FOUND))
            limit = least
        else:
            least_found = 100 * min(found for _, found in again)
            figures.append(figure(f"{kind}: least share of its cells that is told as stuck", least_found, "%"))
        shares = [accuracy(trial, chip, fault) for fault, (chip, _) in zip(faults, again, strict=True)]
        figures += accuracies(f"{kind} found", shares, limit)
    return figures
