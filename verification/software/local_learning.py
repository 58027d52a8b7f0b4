"""Digits that sampled chips learn by themselves, without any gradient: `make learn-digits`."""

from __future__ import annotations

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import One, run_chips
from neusoc.software.workloads.digits import CLASSES, digits
from neusoc.software.workloads.local_learning import SPLIT, before, with_labels, without_labels
from neusoc.software.workloads.study import Trial, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of

CHIPS = 5
AGES = {"": 0.0, " 1 day": DAY_S}
TAUGHT, ALONE = "winner corrected", "winner alone"
RULES: dict[str, One] = {TAUGHT: with_labels, ALONE: without_labels, "before learning": before}
LIMITS = {TAUGHT: 87.6, ALONE: 26.2}  # least mean of chips just programmed, %: what was reached before


def learning_report(chips: int = CHIPS, workers: int = 1) -> Report:
    """Learn on sampled chips; written to build/reports/learning_digits.json if on as many as the figures are
    stated for.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().

    Raises:
        UserError: chips below 1, the front end was not measured, or as of run_chips().
    """
    watch, seeds, chip, data = (
        Stopwatch(),
        seeds_of("learning_digits", chips, CHIPS),
        load_chip(CHIP),
        digits(SPLIT),
    )
    names = Network.from_numpy(
        np.ones((data.train.shape[1], CLASSES)), labels=range(CLASSES)
    )  # of whose labels the images are
    trial = Trial(chip, ImageCircuit.of(chip), names, data.test, data.test_labels, tuple(AGES.values()))
    figures: list[Figure] = []
    for rule, one in RULES.items():
        rows = summary(
            run_chips({f"learning, {rule}": trial}, seeds, workers=workers, one=one)[f"learning, {rule}"]
        )
        for age, row in zip(AGES, rows, strict=True):
            figures += accuracy_figures(f"{rule}{age}", row, None if age else LIMITS.get(rule))
        print(f"  {rule}: {100 * rows[0, 0]:.2f} % ({watch.seconds:.0f} s)", flush=True)
    text = (
        f"{len(data.train)} images of the split {SPLIT} learnt, {len(data.test)} shown; neither calibrated"
        " nor trained before. "
    )
    text += (
        "The rules' settings were tried by hand on a fifth of the training part, on a chip that is none of"
        " these."
    )
    return chips_report(Report(step="learning_digits"), __name__, figures, seeds, text, watch, chips == CHIPS)
