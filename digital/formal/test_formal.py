"""The proofs close, every cover is reached, every planted mutant is killed."""

from __future__ import annotations

import dataclasses

import pytest
from neusoc.digital.formal import prove
from neusoc.digital.formal.prove import HERE, UNITS, killed, mutated, names, proven, reached
from neusoc.flow.errors import UserError

CASES = [pytest.param(u, id=u.name, marks=[pytest.mark.full] if u.slow else []) for u in UNITS]


@pytest.mark.parametrize("unit", CASES)
def test_formal_proven(unit):
    assert proven(unit)


@pytest.mark.full
@pytest.mark.parametrize(("unit", "cover"), [(u, c) for u in UNITS for c in names(u, "c")], ids=lambda x: getattr(x, "name", x))
def test_formal_cover(unit, cover):
    assert reached(unit, cover)


@pytest.mark.full
@pytest.mark.parametrize(("unit", "prop"), [(u, p) for u in UNITS for p in names(u, "p")], ids=lambda x: getattr(x, "name", x))
def test_formal_mutant_killed(unit, prop):
    assert killed(unit, prop)


def test_formal_table_is_complete():
    for unit in UNITS:
        assert set(unit.mutants) == set(names(unit, "p")), unit.name
        assert all(mutated(unit, p) for p in unit.mutants)
    page = (HERE / "README.md").read_text()
    assert [p for u in UNITS for p in names(u, "p") + names(u, "c") if f"`{p}`" not in page] == []


def test_formal_mutant_that_lost_its_place_says_so():
    unit = dataclasses.replace(UNITS[0], mutants={"p_one_switch": ("no such text", "")})
    with pytest.raises(UserError, match="path_interlock.sv: the mutant of p_one_switch wants"):
        mutated(unit, "p_one_switch")


def test_formal_proof_that_takes_too_long_says_so(monkeypatch):
    """The bound is processor time, so it holds on a loaded machine too."""
    monkeypatch.setattr(prove, "PROOF_SECONDS", 1)
    (unit,) = [u for u in UNITS if u.slow]
    with pytest.raises(UserError, match=f"{unit.name}: no answer of Yosys in 1 s of processor time; make depth smaller"):
        proven(unit)
