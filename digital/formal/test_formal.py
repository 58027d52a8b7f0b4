"""The proofs close, every cover is reached, every planted mutant is killed."""

from __future__ import annotations

import dataclasses
import re

import pytest
from neusoc.base.errors import UserError
from neusoc.digital.formal import gates, mutants, prove
from neusoc.digital.formal.prove import (
    HERE,
    SILICON,
    UNITS,
    changed,
    fails_in_silicon,
    killed,
    mutated,
    names,
    processor_seconds,
    proven,
    reached,
    sat,
)

(WHOLE,) = [u for u in UNITS if u.whole]
CASES = [pytest.param(u, id=u.name, marks=[pytest.mark.full] if u.slow else []) for u in UNITS]


@pytest.mark.parametrize("unit", CASES)
def test_formal_proven(unit):
    assert proven(unit)


@pytest.mark.full
@pytest.mark.parametrize(
    ("unit", "cover"), [(u, c) for u in UNITS for c in names(u, "c")], ids=lambda x: getattr(x, "name", x)
)
def test_formal_cover(unit, cover):
    assert reached(unit, cover)


@pytest.mark.full
@pytest.mark.parametrize(
    ("unit", "prop"), [(u, p) for u in UNITS for p in names(u, "p")], ids=lambda x: getattr(x, "name", x)
)
def test_formal_mutant_killed(unit, prop):
    assert killed(unit, prop)


@pytest.mark.full
@pytest.mark.parametrize("prop", names(WHOLE, "p"))
def test_formal_whole_controller_alone(prop):
    """Each property of the whole controller is proven with the invariants alone: so a fault that breaks that
    proof is its own."""
    assert sat(WHOLE, [(prop, "1"), *((name, "1") for name in names(WHOLE, "i"))], WHOLE.depth, True)


def test_formal_whole_controller_in_a_minute():
    begin = processor_seconds()
    assert proven(WHOLE)
    assert processor_seconds() - begin < 60


@pytest.mark.parametrize("what", SILICON)
def test_formal_fault_in_silicon_fails(what):
    """What a broken interlock does in silicon breaks the proof of the whole controller."""
    assert fails_in_silicon(what)


@pytest.mark.full
def test_formal_clock_gates_change_nothing():
    proven, behind = gates.unchanged()
    assert proven and set(behind) == set(gates.FAULTS)


@pytest.mark.full
@pytest.mark.parametrize("gate", gates.FAULTS)
def test_formal_clock_that_stops_too_early_fails(gate):
    assert gates.unfaithful(gate)


def test_formal_clock_gates_all_found():
    """Each gate before a module has a planted fault; a netlist without gates, or with registers that the
    proof does not know, is told."""
    source = "".join(path.read_text() for path in prove.files(WHOLE))
    assert len(gates.FAULTS) == len(re.findall(r"clock_gate (#\(.*?\)\) )?u_clock", source))
    assert all(changed(WHOLE, gates.PROPERTY, *fault) for fault in gates.FAULTS.values())
    with pytest.raises(UserError, match="clock gates: none in the netlist"):
        gates.add_property({"cells": {}, "netnames": {}})
    enable = {"gate.gate_enable": {"bits": [3]}, "clock": {"bits": [4]}}
    gate = {"type": "$and", "connections": {"A": [2], "B": [3], "Y": [4]}}
    other = {"type": "$dffe", "connections": {"CLK": [4], "D": [5], "Q": [6]}}
    with pytest.raises(UserError, match="dffe is not known to the proof"):
        gates.add_property({"cells": {"gate": gate, "other": other}, "netnames": enable})
    with pytest.raises(UserError, match="the line that passes the clock is not there"):
        gates.marked_gate("")


def test_formal_table_is_complete():
    for unit in UNITS:
        assert set(unit.mutants) == set(names(unit, "p")), unit.name
        assert all(mutated(unit, p) for p in unit.mutants)
    page = (HERE / "README.md").read_text()
    assert [p for u in UNITS for p in names(u, "p") + names(u, "c") if f"`{p}`" not in page] == []
    assert all(changed(WHOLE, prop, *change) for prop, *change in SILICON.values())
    assert [what for what, (prop, *_) in SILICON.items() if f"| {what} | `{prop}` |" not in page] == []


def test_formal_mutant_that_lost_its_place_says_so():
    unit = dataclasses.replace(UNITS[0], mutants={"p_one_switch": ("no such text", "")})
    with pytest.raises(UserError, match="interlock.sv: the mutant of p_one_switch wants"):
        mutated(unit, "p_one_switch")


def test_formal_proof_that_takes_too_long_says_so(monkeypatch):
    """The bound is processor time, so it holds on a loaded machine too."""
    monkeypatch.setattr(prove, "PROOF_SECONDS", 1)
    unit = next(u for u in UNITS if u.slow)
    with pytest.raises(
        UserError, match=f"{unit.name}: no answer of Yosys in 1 s of processor time; make depth smaller"
    ):
        proven(unit)


# Of the faults of the interlock, in every `make test`; `make formal` judges all.
SOME = 6


def test_formal_interlock_faults_some():
    chosen = mutants.mutants()
    assert len(chosen) == mutants.COUNT and chosen == mutants.mutants()
    assert mutants.SURVIVES not in {mutants.verdict(fault) for fault in chosen[:SOME]}


def test_formal_interlock_fault_may_survive(monkeypatch):
    """A fault that no trace of the wanted length shows is neither killed nor equal; on a longer one it is
    killed."""
    killed_late = mutants.mutants()[0]
    monkeypatch.setattr(mutants, "sat", lambda unit, proves, depth, induction, fault: not induction)
    assert mutants.verdict(killed_late) == mutants.SURVIVES
    monkeypatch.setattr(
        mutants, "sat", lambda unit, proves, depth, induction, fault: not induction and depth < mutants.TRACE
    )
    assert mutants.verdict(killed_late) == mutants.KILLED


def test_formal_interlock_survivor_fails_the_report(monkeypatch):
    verdicts = {"a": mutants.EQUIVALENT, "b": mutants.SURVIVES, "c": mutants.KILLED}
    monkeypatch.setattr(mutants, "verdict", verdicts.get)
    assert [figure.name for figure in mutants.campaign([*verdicts]) if not figure.passes] == [
        "interlock: random faults, surviving"
    ]
    assert all(figure.passes for figure in mutants.campaign(["a", "c"]))
