"""Runs the decks and keeps their waves: build/whole_decks/<chip>/<run>/waves.npz, again only when the deck
itself has changed."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from neusoc.base.chip import Chip
from neusoc.base.paths import BUILD
from neusoc.base.store import content_hash, folder
from neusoc.pdk.spice.ngspice import SpiceError, run
from neusoc.verification.whole_decks.circuit import WholeDeck, whole_deck
from neusoc.verification.whole_decks.decks import Plan

PROCESSOR_S = 3 * 3600.0  # s of processor time that one run may take
LAST_RESORT = "Transient op started"  # what ngspice does where it finds no operating point
_SECONDS = "processor seconds"


@dataclass(frozen=True)
class Ran:
    """One run and what it left.

    Attributes:
        plan: run that was asked for.
        deck: the deck.
        waves: vector -> samples; SI units, filaments in nm.
        seconds: processor time of the simulator, s.
    """

    plan: Plan
    deck: WholeDeck = field(repr=False)
    waves: dict[str, np.ndarray] = field(repr=False)
    seconds: float

    def at(self, vector: str, time: float) -> float:
        """A wave's value at a time, s."""
        return float(np.interp(time, self.waves["time"], self.waves[vector]))

    def inside(self, vector: str, begin: float, end: float) -> np.ndarray:
        """A wave between two times, s."""
        time = self.waves["time"]
        return np.asarray(self.waves[vector][(time >= begin) & (time <= end)])

    def charge(self, source: str, begin: float, end: float) -> float:
        """Charge that a source gives between two times, C."""
        time = self.waves["time"]
        inside = (time >= begin) & (time <= end)
        return float(-np.trapezoid(self.waves[f"i({source})"][inside], time[inside]))


def file_of(chip: Chip, plan: Plan) -> Path:
    """Where a run's waves are kept."""
    return BUILD / "whole_decks" / chip.name / plan.name / "waves.npz"


def ran(chip: Chip, plan: Plan, netlist: str | None = None) -> Ran:
    """Run a deck, or take the waves of its last run if it is the same to the letter.

    Args:
        chip: the variant.
        plan: run that is asked for.
        netlist: netlist of the core; the one that LVS holds to the layout by default.

    Raises:
        SpiceError: ngspice did not end the run.
    """
    deck = whole_deck(
        chip,
        plan.steps,
        plan.states_nm,
        plan.vectors(),
        watched=plan.watched,
        further=plan.further,
        netlist=netlist,
    )
    path = file_of(chip, plan)

    def simulate(place: Path) -> None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = run(deck.text, timeout=PROCESSOR_S)
        if LAST_RESORT in done.log:
            raise SpiceError(
                f"ngspice: {plan.name} of {chip.name} has no operating point, so it would begin with levels"
                " that still move"
            )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        np.savez(place / path.name, **done.arrays["tran"], **{_SECONDS: np.array(seconds)})

    path.parent.parent.mkdir(parents=True, exist_ok=True)
    folder(path.parent, content_hash([], deck.text), simulate)
    with np.load(path) as kept:
        waves = {name: kept[name] for name in kept.files if name != _SECONDS}
        return Ran(plan, deck, waves, float(kept[_SECONDS]))
