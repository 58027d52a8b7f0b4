"""Digits on sampled chips that are shown whole images, as figures with limits: the measure of every circuit.
`make digits`.

The circuit is that of the schematics of analog/front_end and analog/neuron; one case has what extraction
makes of it. Settings of the training were chosen by cross-validation inside the training part
(trained.chosen()); the test part is seen once, by the chips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from neusoc.analog.references.model import UNIT
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.parameters import parameter
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.energy import image_energy, image_time
from neusoc.software.workloads.extracted_reads import chip_of_extracted_reads
from neusoc.software.workloads.study import Outcome, Trial, one_chip, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.trained import USUAL, trained

CHIPS = 20
AGES = {"programmed": 0.0, "1 s": 1.0, "1 day": DAY_S}
# age -> split -> least mean, %
LIMITS = {"programmed": (96.5, 91.5), "1 s": (96.0, 91.0), "1 day": (95.5, 90.5)}
WORST = (95.0, 89.5)  # split -> worst chip, just programmed, %
MOST_S, MOST_J = 2.5e-6, 3e-9  # an image, without loading
BLOCK = 0.3  # points that a block may cost
BASE, DRAWN, LATE = "everything on", "as extracted", "threshold as late as its layout"
READS = "cells verified by the extracted converter"
MOST_LOST = (LATE, READS)  # cases of a block each
EACH = 3  # neurons a class


def cases(trial: Trial) -> dict[str, Trial]:
    """Case -> what is specified for its chips; the first with everything on, at all ages."""
    circuit, now = trial.circuit, replace(trial, ages=(0.0,))
    extracted = ImageCircuit.of(trial.chip, "extracted")
    drawn = replace(
        circuit,
        membrane_f=extracted.membrane_f,
        zero_s=extracted.zero_s,
        loss=extracted.loss,
        last_v=extracted.last_v,
    )
    late = parameter("references.fall_lag.extracted") * UNIT  # nothing of it is caught up at code 0
    return {
        BASE: trial,
        DRAWN: replace(now, circuit=drawn),
        "not trimmed": replace(now, circuit=replace(circuit, trimmed=False)),
        LATE: replace(now, circuit=replace(circuit, last_v=late)),
        "stuck cells not known": replace(now, around=False),
    }


def outcomes_of(trial: Trial, name: str, seeds: Sequence[int], workers: int) -> dict[str, list[Outcome]]:
    """Case -> its chips; name: of the data, for the table of chips."""
    outcomes: dict[str, list[Outcome]] = {}
    for some, chip in (
        (cases(trial), one_chip),
        ({READS: replace(trial, ages=(0.0,))}, chip_of_extracted_reads),
    ):
        found = run_chips(
            {f"digits {name}, {case}": of for case, of in some.items()}, seeds, workers=workers, one=chip
        )
        outcomes |= zip(some, found.values(), strict=True)
    return outcomes


def figures_of(split: int, outcomes: Mapping[str, Sequence[Outcome]]) -> list[Figure]:
    """Accuracy of all cases at their ages, and what a block costs."""
    figures = []
    for case, chips in outcomes.items():
        main = case == BASE
        for age, row in zip(AGES, summary(chips), strict=False):
            least = LIMITS[age][split] if main else None
            worst = WORST[split] if main and age == "programmed" else None
            figures += accuracy_figures(f"64-30 {case} {SPLITS[split]} {age}", row, least, worst)
    means = {case: 100 * float(summary(chips)[0, 0]) for case, chips in outcomes.items()}
    for case in MOST_LOST:
        name = f"64-30 lost by {'a ' if case == LATE else ''}{case} {SPLITS[split]}"
        figures.append(
            Figure(
                name=name,
                value=round(means[BASE] - means[case], 2) + 0.0,
                unit="%",
                max=BLOCK,
                source="simulation",
            )
        )
    return figures


def costs(trial: Trial, outcomes: Sequence[Outcome]) -> list[Figure]:
    """Time and energy of an image, and how many images nobody answers."""
    outputs, planes = trial.network.layers[0].outputs, trial.planes()
    rows = float(planes.sum(axis=(0, 2)).mean())
    column = float(np.mean([outcome.column_s for outcome in outcomes]))
    energy, operations = image_energy(outputs, column, rows), rows * outputs

    def figure(name: str, value: float, unit: str, most: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 4), unit=unit, max=most, source="simulation")

    return [
        figure("image: time without loading", 1e6 * image_time(), "us", 1e6 * MOST_S),
        figure("image: front ends and rows", 1e9 * energy, "nJ", 1e9 * MOST_J),
        figure("synaptic operation: front ends and rows", 1e12 * energy / operations, "pJ"),
        figure("column: mean sum of a plane's cells", 1e6 * column, "uS"),
        figure(
            "images of which no neuron came above its rest",
            100 * float(np.mean([o.silent for o in outcomes])),
            "%",
        ),
    ]


def digits_report(chips: int = CHIPS, workers: int = 1) -> Report:
    """Train, program sampled chips, show whole images; written to build/reports/digits.json if of as many
    chips as is stated.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().

    Raises:
        UserError: chips below 1, the front end was not measured, or as of run_chips().
    """
    watch, seeds, chip = Stopwatch(), seeds_of("digits", chips, CHIPS), load_chip(CHIP)
    circuit = ImageCircuit.of(chip)
    figures: list[Figure] = []
    for split, name in enumerate(SPLITS):
        data = digits(name)
        network = trained(data, EACH)
        print(f"  {name}: trained with {USUAL.text()} ({watch.seconds:.0f} s)", flush=True)
        trial = Trial(chip, circuit, network, data.test, data.test_labels, tuple(AGES.values()))
        outcomes = outcomes_of(trial, name, seeds, workers)
        figures += figures_of(split, outcomes)
        for case, some in outcomes.items():
            print(f"  {name}, {case}: {100 * summary(some)[0, 0]:.2f} % ({watch.seconds:.0f} s)", flush=True)
        if split == 0:
            figures += costs(trial, outcomes[BASE])
    text = (
        "four bit planes, ratio 1:32, a falling threshold in steps of 10 mV; trims alone, no calibration;"
        " placed around cells that "
    )
    text += "PROGRAM reported."
    return chips_report(Report(step="digits"), __name__, figures, seeds, text, watch, chips == CHIPS)
