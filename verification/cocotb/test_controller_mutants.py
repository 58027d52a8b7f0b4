"""Faults planted in the controller's RTL make the very test fail that is there to see them."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.paths import BUILD
from neusoc.verification.cocotb.mutants import FAST, MUTANTS, Mutant, mutant_sources
from neusoc.verification.cocotb.run import simulate

FOLDER = BUILD / "cocotb" / "mutants"
CASES = [pytest.param(m, id=m.name, marks=[] if m.name in FAST else [pytest.mark.full]) for m in MUTANTS]


@pytest.mark.parametrize("mutant", CASES)
def test_controller_mutants(mutant: Mutant) -> None:
    chip = load_chip("mini")
    sources = mutant_sources(chip, mutant, FOLDER / "sources" / mutant.name)
    outcome = simulate(chip, "icarus", FOLDER / mutant.name, sources=sources, tests=[mutant.killer])
    assert outcome.failed == [mutant.killer], f"{mutant.killer} does not see {mutant.name}"


@pytest.mark.full
def test_controller_mutants_control() -> None:
    """Without a fault the same tests, run the same way, pass. In the fast tier test_controller says so."""
    killers = sorted({m.killer for m in MUTANTS})
    outcome = simulate(load_chip("mini"), "icarus", FOLDER / "none", tests=killers)
    assert not outcome.failed and sorted(outcome.passed) == killers


def test_controller_mutants_in_step_with_rtl() -> None:
    chip = load_chip("mini")
    for mutant in MUTANTS:
        mutant_sources(chip, mutant, FOLDER / "sources" / mutant.name)
    with pytest.raises(RuntimeError, match="expected once"):
        mutant_sources(chip, Mutant("stale", "none", "controller.sv", "text that is not there", ""), FOLDER / "sources" / "stale")
