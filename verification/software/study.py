"""Digits, one condition changed at a time: what each imperfection costs, time with and without refresh,
temperature, stuck cells, events.

`make study`. The network and the first condition are those of `make digits`; chips that one of them computed
the other does not. Parts by
events have their own first condition: what each neuron takes without a cell is known of these chips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.digital.model.ispp import Operation
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.whole_image import ImageCircuit
from neusoc.software.network.encoding import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import One, run_chips
from neusoc.software.workloads.digits import SPLITS, Split, digits
from neusoc.software.workloads.event_chips import EventTrial, by_events
from neusoc.software.workloads.passes import in_passes, threshold_events
from neusoc.software.workloads.study import WITHOUT, Outcome, Trial, one_chip, summary
from neusoc.verification.software.chips_report import CHIP, chips_report, seeds_of
from neusoc.verification.software.digits import AGES, BASE, CHIPS, EACH
from neusoc.verification.software.trained import trained, trained_hidden

REFRESHED_DAYS = 4
COLD_AND_HOT = (-40.0, 85.0)
STUCK = (0.01, 0.05)
FEW = (40, 80, 160)
UNITS, PROTOTYPES = 32, 6  # hidden neurons; neurons a class of a layer in two tiles
TWO_PASSES = "64-32-10 in two passes"
TILED = "64-60 in two tiles"
OWN_NAMES = (TWO_PASSES, TILED)  # cases that say which network; the others are of 64-30
BY_EVENTS = f"by {EVENTS} events"
LIMITS = {TWO_PASSES: (96.0, 91.5), BY_EVENTS: (96.0, 91.0)}  # least mean of each split, just programmed, %
PARTS = ("imperfections", "refresh", "celsius", "stuck", "events", "passes", "tiles")
TEMPERATURE = (
    "At other temperatures than 27 C the cells and their transistors are programmed, read and kept there;"
    " neurons, DACs and converter are as they were characterised at 27 C, and the mapping knows the cells at"
    " 27 C."
)
Cases = dict[str, tuple[Trial, One]]


def conditions(trial: Trial) -> dict[str, dict[str, Trial]]:
    """Part of PARTS -> name -> what is specified for chips that are shown whole images.

    Args:
        trial: trial with everything on.
    """
    days = replace(trial, ages=(REFRESHED_DAYS * DAY_S,))
    return {
        "imperfections": {
            **{f"without {name}": replace(trial, without=(name,)) for name in WITHOUT},
            "without any of these": replace(trial, without=WITHOUT),
        },
        "refresh": {
            "never refreshed": days,
            "PROGRAM after each day": replace(days, refresh=Operation.PROGRAM),
            "REFRESH after each day": replace(days, refresh=Operation.REFRESH),
        },
        "celsius": {f"at {degrees:g} C": replace(trial, celsius=degrees) for degrees in COLD_AND_HOT},
        "stuck": {f"{100 * share:g} % of the cells stuck": replace(trial, stuck=share) for share in STUCK},
    }


def with_events(chip: Chip, circuit: ImageCircuit, network: Network, data: Split) -> dict[str, EventTrial]:
    """Name -> what is specified for chips that are shown events."""
    base = EventTrial(chip, circuit, network, data.test, data.test_labels, tuple(AGES.values()))
    now = replace(base, ages=(0.0,))
    few = {f"by {events} events": replace(now, events=events) for events in FEW}
    return {BY_EVENTS: base, **few, f"{BY_EVENTS}, not calibrated": replace(now, calibrated=False)}


def cases(data: Split, chip: Chip, circuit: ImageCircuit, parts: Sequence[str]) -> Cases:
    """Case -> what is specified for its chips, and what computes one.

    Args:
        data: split whose training part is trained with, whose test part is shown.
        chip: variant.
        circuit: circuit of its neurons.
        parts: parts as of study_report().
    """
    network = trained(data, EACH)
    trial = Trial(chip, circuit, network, data.test, data.test_labels, tuple(AGES.values()))
    found: Cases = {BASE: (trial, one_chip)}
    for part, some in conditions(trial).items():
        found |= {name: (changed, one_chip) for name, changed in some.items() if part in parts}
    events = with_events(chip, circuit, network, data)
    if "events" in parts:
        found |= {name: (some, by_events) for name, some in events.items()}
    now = replace(events[BY_EVENTS], ages=(0.0,))
    if "passes" in parts:
        found[TWO_PASSES] = (
            replace(now, network=trained_hidden(data, UNITS, threshold_events(circuit))),
            in_passes,
        )
    if "tiles" in parts:
        found[TILED] = replace(now, network=trained(data, PROTOTYPES)), in_passes
    return found


def age_name(seconds: float) -> str:
    """Of an age, in figures."""
    named = {age: name for name, age in AGES.items()}
    return named.get(seconds, f"{seconds / DAY_S:g} days")


def figures_of(case: str, split: int, ages: Sequence[float], outcomes: Sequence[Outcome]) -> list[Figure]:
    """Mean of the chips at each age, and spikes an image where it was shown as events."""
    own, found = case if case in OWN_NAMES else f"64-30 {case}", []
    for age, (mean, _, _) in zip(ages, summary(outcomes), strict=True):
        least = LIMITS[case][split] if case in LIMITS and age == 0 else None
        name = f"{own} {SPLITS[split]} {age_name(age)}: mean"
        found.append(Figure(name=name, value=round(100 * mean, 2), unit="%", min=least, source="simulation"))
    if spikes := float(np.mean([outcome.spikes for outcome in outcomes])):
        found.append(
            Figure(
                name=f"{own} {SPLITS[split]}: spikes an image", value=round(spikes, 1), source="simulation"
            )
        )
    return found


def _of_split(
    split: int, parts: Sequence[str], seeds: Sequence[int], workers: int, watch: Stopwatch
) -> list[Figure]:
    """Figures of one split."""
    name, chip = SPLITS[split], load_chip(CHIP)
    specified = cases(digits(name), chip, ImageCircuit.of(chip), parts)
    print(f"  {name}: networks trained ({watch.seconds:.0f} s)", flush=True)
    outcomes: dict[str, list[Outcome]] = {}
    for one in dict.fromkeys(one for _, one in specified.values()):
        some = {
            f"study {name}, {case}": trial for case, (trial, chosen) in specified.items() if chosen is one
        }
        results = run_chips(some, seeds, workers=workers, one=one)
        outcomes |= {case.removeprefix(f"study {name}, "): chips for case, chips in results.items()}
    figures = [
        figure
        for case, (trial, _) in specified.items()
        for figure in figures_of(case, split, trial.ages, outcomes[case])
    ]
    print(f"  {name}: {len(specified)} conditions ({watch.seconds:.0f} s)", flush=True)
    return figures


def study_report(chips: int = CHIPS, workers: int = 1, parts: Sequence[str] = PARTS) -> Report:
    """Both splits on sampled chips; build/reports/study.json if all parts ran on as many chips as `make
    digits` takes.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().
        parts: names in PARTS.

    Raises:
        UserError: chips below 1, a part that there is not, the front end was not measured, or as of
            run_chips().
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise UserError(f"study: no part {unknown[0]!r}; choose of {', '.join(PARTS)}")
    watch, seeds = Stopwatch(), seeds_of("study", chips, CHIPS)
    figures: list[Figure] = []
    for split in range(len(SPLITS)):
        figures += _of_split(split, parts, seeds, workers, watch)
    text = f"whole images if not said otherwise. {TEMPERATURE}"
    return chips_report(
        Report(step="study"),
        __name__,
        figures,
        seeds,
        text,
        watch,
        chips == CHIPS and set(parts) == set(PARTS),
    )
