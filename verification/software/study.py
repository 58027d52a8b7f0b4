"""Digits, one condition changed at a time: what each imperfection costs, time with and without refresh, temperature, stuck cells, events.

`make study`. The network and the first condition are those of `make digits`; chips that one of them computed the other does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.digital.model.ispp import Operation
from neusoc.software.emulator.cells import DAY_S
from neusoc.software.emulator.neurons import Circuit
from neusoc.software.learning.training import CellSpread, train_winners
from neusoc.software.mapping.plan import SIGNED
from neusoc.software.mapping.steps import charge
from neusoc.software.network.encoding import EVENTS
from neusoc.software.network.network import Network
from neusoc.software.workloads.chip_runs import run_chips
from neusoc.software.workloads.digits import SPLITS, Split, digits
from neusoc.software.workloads.passes import HIDDEN, in_passes, threshold_events
from neusoc.software.workloads.study import WITHOUT, Outcome, Trial, one_chip, summary
from neusoc.verification.software.chips_report import CHIP, chips_report, seeds_of
from neusoc.verification.software.digits import AGES, CHIPS, FEWER_EVENTS, FEWER_VTH_V
from neusoc.verification.software.study_plot import plot_study
from neusoc.verification.software.trained import trained, trained_hidden, winners_network

BASE = "everything on"
REFRESHED_DAYS = 4
COLD_AND_HOT = (-40.0, 85.0)
STUCK = (0.01, 0.05)
FEW = (40, FEWER_EVENTS, 160)
UNITS, PROTOTYPES = 32, 6                       # hidden neurons; neurons a class of a layer in two tiles
TWO_PASSES = "64-32-10 in two passes"
ONE_NEURON, COPIED = "64-10", "64-10 on three neurons each"
TILED = "64-60 in two tiles"
OWN_NAMES = (TWO_PASSES, ONE_NEURON, COPIED, TILED)    # cases that say which network; the others are of 64-30
LIMITS = {TWO_PASSES: (96.0, 91.5)}             # least mean of each split, %
PARTS = ("imperfections", "refresh", "celsius", "stuck", "events", "passes", "copies", "tiles")
OTHERS = {"passes", "copies", "tiles"}                   # parts with networks of their own
PICTURE = BUILD / "study" / "study.png"
TEMPERATURE = (
    "At other temperatures than 27 C the cells and their transistors are programmed, read and kept there; neurons, DACs and converter are "
    "as they were characterised at 27 C, and the mapping knows the cells at 27 C."
)
Named = dict[str, list[Outcome]]


def conditions(trial: Trial) -> dict[str, dict[str, Trial]]:
    """Part of PARTS -> name -> what is asked of the chips. The first, BASE, belongs to every part.

    Args:
        trial: trial with everything on.
    """
    few = replace(trial, ages=(0.0,), board=replace(trial.board, vth_v=FEWER_VTH_V))
    days = replace(trial, ages=(REFRESHED_DAYS * DAY_S,))
    return {
        "imperfections": {
            BASE: trial, **{f"without {name}": replace(trial, without=(name,)) for name in WITHOUT},
            "without any of these": replace(trial, without=WITHOUT), "not calibrated": replace(trial, calibrated=False),
        },
        "refresh": {
            "never refreshed": days, "PROGRAM after each day": replace(days, refresh=Operation.PROGRAM),
            "REFRESH after each day": replace(days, refresh=Operation.REFRESH),
        },
        "celsius": {f"at {degrees:g} C": replace(trial, celsius=degrees) for degrees in COLD_AND_HOT},
        "stuck": {f"{100 * share:g} % of the cells stuck": replace(trial, stuck=share) for share in STUCK},
        "events": {f"by {events} events": replace(few, events=events) for events in FEW},
    }  # fmt: skip


def age_name(seconds: float) -> str:
    """Of an age, in figures."""
    named = {age: name for name, age in AGES.items()}
    return named.get(seconds, f"{seconds / DAY_S:g} days")


def figures_of(case: str, split: int, ages: Sequence[float], outcomes: Sequence[Outcome]) -> list[Figure]:
    """Mean of the chips at each age; what the issue limits has its limit."""
    limits, found = LIMITS.get(case), []
    for age, (mean, _, _) in zip(ages, summary(outcomes), strict=True):
        least = limits[split] if limits else None
        name = f"{case if case in OWN_NAMES else f'64-30 {case}'} {SPLITS[split]} {age_name(age)}: mean"
        found.append(Figure(name=name, value=round(100 * mean, 2), unit="%", min=least, source="simulation"))
    return found


def networks(data: Split, chip: Chip, circuit: Circuit, parts: Sequence[str]) -> tuple[dict[str, Trial], dict[str, Trial]]:
    """Networks other than 64-30, of OTHERS: those that the array holds, and those that it takes in passes.

    Args:
        data: split whose training part is trained with, whose test part is asked.
        chip: variant.
        circuit: circuit of its neurons.
        parts: parts as of study_report().
    """

    def asked(network: Network) -> Trial:
        return Trial(chip, circuit, network, data.test, data.test_labels, events=EVENTS)

    held: dict[str, Trial] = {}
    larger: dict[str, Trial] = {}
    if "copies" in parts:
        single = asked(trained(data, chip, circuit, 1)[0])
        held = {ONE_NEURON: single, COPIED: replace(single, copies=3)}
    if "passes" in parts:
        network, settings = trained_hidden(data, CellSpread.of(charge(circuit, HIDDEN)), UNITS, threshold_events(circuit))
        print(f"  {TWO_PASSES}: trained with {settings.text()}", flush=True)
        larger[TWO_PASSES] = asked(network)
    if "tiles" in parts:
        _, settings = trained(data, chip, circuit, 3)
        weights = train_winners(data.train, data.train_labels, CellSpread.of(charge(circuit, SIGNED)), PROTOTYPES, settings)
        larger[TILED] = asked(winners_network(weights))
    return held, larger


def _of_split(split: int, parts: Sequence[str], seeds: Sequence[int], workers: int, watch: Stopwatch) -> tuple[Named, list[Figure]]:
    """Chips and figures of one split."""
    name, chip = SPLITS[split], load_chip(CHIP)
    data, circuit = digits(name), Circuit.of(chip)
    asked: dict[str, Trial] = {}
    if set(parts) - OTHERS:
        network, _ = trained(data, chip, circuit, 3)
        trial = Trial(chip, circuit, network, data.test, data.test_labels, events=EVENTS, ages=tuple(AGES.values()))
        asked = {BASE: trial}
        for part, cases in conditions(trial).items():
            asked |= cases if part in parts else {}
    held, larger = networks(data, chip, circuit, parts)
    asked |= held
    outcomes: Named = {}
    for trials, one in ((asked, one_chip), (larger, in_passes)):
        told = run_chips({f"study {name}, {case}": trial for case, trial in trials.items()}, seeds, workers=workers, one=one)
        outcomes |= dict(zip(trials, told.values(), strict=True))
    asked |= larger
    figures = [figure for case, trial in asked.items() for figure in figures_of(case, split, trial.ages, outcomes[case])]
    print(f"  {name}: {len(asked)} conditions ({watch.seconds:.0f} s)", flush=True)
    return outcomes, figures


def study_report(chips: int = CHIPS, workers: int = 1, parts: Sequence[str] = PARTS) -> Report:
    """Both splits on sampled chips; a picture, and build/reports/study.json if all parts ran on as many chips as `make digits` takes.

    Args:
        chips: sampled chips, seeds from 1 up.
        workers: number of processes, as of run_chips().
        parts: names in PARTS.

    Raises:
        UserError: chips below 1, a part that there is not, the neuron was not characterised, or as of run_chips().
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise UserError(f"study: no part {unknown[0]!r}; choose of {', '.join(PARTS)}")
    watch, seeds = Stopwatch(), seeds_of("study", chips, CHIPS)
    found, figures = [], []
    for split in range(len(SPLITS)):
        outcomes, some = _of_split(split, parts, seeds, workers, watch)
        found.append(outcomes)
        figures += some
    text = f"{EVENTS} events an image if not said otherwise. {TEMPERATURE}"
    report = Report(step="study")
    if set(parts) - OTHERS:
        report.files["picture"] = str(plot_study(_shown(found), PICTURE).relative_to(BUILD))
    return chips_report(report, __name__, figures, seeds, text, watch, chips == CHIPS and set(parts) == set(PARTS))


def _shown(found: Sequence[Named]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Split -> case -> at each age the mean and standard deviation of its difference to the same chips with everything on, points."""
    shown: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for split, outcomes in zip(SPLITS, found, strict=True):
        base = np.array([one.accuracy for one in outcomes[BASE]])
        rows = shown[split] = {BASE: [(100 * float(v), 0.0) for v in base.mean(axis=0)]}
        for case, some in outcomes.items():
            told = np.array([one.accuracy for one in some])
            if case not in (BASE, *OWN_NAMES):
                less = 100 * (told - (base if told.shape == base.shape else base[:, :1]))
                rows[case] = [(float(m), float(s)) for m, s in zip(less.mean(axis=0), less.std(axis=0), strict=True)]
    return shown
