"""Digits on sampled chips as figures with limits: the judge of every circuit. `make digits`.

Hyper-parameters are chosen by cross-validation inside the training part; the test part is seen once, by the chips.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from neusoc.base.chip import load_chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.mapping.plan import UNSIGNED
from neusoc.software.network.encoding import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import SPLITS, digits
from neusoc.software.workloads.study import Outcome, Trial, summary
from neusoc.verification.software.chips_report import CHIP, accuracy_figures, chips_report, seeds_of
from neusoc.verification.software.trained import trained

CHIPS = 20
AGES = {"programmed": 0.0, "1 s": 1.0, "1 day": DAY_S}
FEWER_EVENTS = 80
FEWER_VTH_V = 1.1                                            # fewer events drive a membrane less far
# case -> age -> split -> least mean, and of the first also the worst chip's; %
LIMITS: dict[str, dict[str, tuple[float, float]]] = {
    "64-30": {"programmed": (96.5, 91.5), "1 s": (96.0, 91.0), "1 day": (95.5, 90.5)},
    "64-10": {"programmed": (95.0, 88.0)},
    "64-30 unsigned": {"programmed": (95.5, 91.0)},
    "64-30 by 80 events": {"programmed": (95.5, 90.0)},
}
WORST = (95.0, 89.0)
LEFT_MV = 0.3                                                # of the offsets by a calibration


def cases(trial: Trial, one: Network) -> dict[str, Trial]:
    """What is asked of the chips, by the names of LIMITS."""
    board = replace(trial.board, vth_v=FEWER_VTH_V)
    return {
        "64-30": replace(trial, ages=tuple(AGES.values())),
        "64-10": replace(trial, network=one),
        "64-30 unsigned": replace(trial, timing=UNSIGNED),
        "64-30 by 80 events": replace(trial, events=FEWER_EVENTS, board=board),
    }


def _figures(case: str, split: int, outcomes: list[Outcome]) -> list[Figure]:
    figures = []
    for (age, limits), found in zip(LIMITS[case].items(), summary(outcomes), strict=True):
        worst = WORST[split] if (case, age) == ("64-30", "programmed") else None
        figures += accuracy_figures(f"{case} {SPLITS[split]} {age}", found, limits[split], worst)
    return figures


def _calibration_figures(outcomes: list[Outcome]) -> list[Figure]:
    """What the calibration of these chips left."""
    left_mv = 1e3 * np.concatenate([outcome.left_v for outcome in outcomes])
    unknown = sum(outcome.unknown for outcome in outcomes)

    def figure(name: str, value: float, unit: str = "", most: float | None = None) -> Figure:
        return Figure(name=name, value=round(value, 3), unit=unit, max=most, source="simulation")

    return [
        figure("offset left by calibration", float(np.sqrt(np.mean(left_mv**2))), "mV", LEFT_MV),
        figure("largest offset left by calibration", float(np.abs(left_mv).max()), "mV", LEFT_MV),
        figure("neurons whose offset calibration did not find", unknown, f"of {left_mv.size}"),
    ]


def _spikes(case: str, outcomes: list[Outcome]) -> Figure:
    """How often the chips spike: part of an image's energy."""
    spikes = float(np.mean([outcome.spikes for outcome in outcomes]))
    return Figure(name=f"spikes an image {case}", value=round(spikes, 3), source="simulation")


def digits_report(chips: int = CHIPS, workers: int = 1) -> Report:
    """Train, place on sampled chips, count; written to build/reports/digits.json if as many chips as the figures are stated for.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().

    Raises:
        UserError: chips below 1, the neuron was not characterised, or as of run_chips().
    """
    chip, watch, seeds = load_chip(CHIP), Stopwatch(), seeds_of("digits", chips, CHIPS)
    circuit = Circuit.of(chip)
    figures: list[Figure] = []
    for k, name in enumerate(SPLITS):
        data = digits(name)
        three, settings = trained(data, chip, circuit, 3)
        one, _ = trained(data, chip, circuit, 1)
        print(f"  {name}: trained with {settings.text()} ({watch.seconds:.0f} s)", flush=True)
        trial = Trial(chip, circuit, three, data.test, data.test_labels, events=EVENTS)
        asked = {f"digits {name}, {case}": of for case, of in cases(trial, one).items()}
        for case, outcomes in zip(LIMITS, run_chips(asked, seeds, workers=workers).values(), strict=True):
            figures += _figures(case, k, outcomes)
            print(f"  {name}, {case}: {100 * summary(outcomes)[0, 0]:.2f} % ({watch.seconds:.0f} s)", flush=True)
            if case == "64-30" and k == 0:
                figures += _calibration_figures(outcomes)
            if k == 0:
                figures.append(_spikes(case, outcomes))
    return chips_report(Report(step="digits"), __name__, figures, seeds, f"{EVENTS} events an image.", watch, chips == CHIPS)
