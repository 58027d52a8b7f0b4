"""The proofs close, every cover is reached, every planted mutant is killed."""

from __future__ import annotations

import dataclasses
import random
import re

import pytest
from neusoc.base.errors import UserError
from neusoc.base.yaml_file import read_reasons
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
from neusoc.digital.rtl.files import TOP

WHOLES = [u for u in UNITS if u.whole]
(FIRST_WHOLE,) = [u for u in WHOLES if u.name == TOP]
GATES = [(u, gate) for u in WHOLES for gate in gates.FAULTS[u.name]]
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


@pytest.mark.full
@pytest.mark.parametrize(("unit", "prop"), [(u, p) for u in WHOLES for p in names(u, "p")], ids=lambda x: getattr(x, "name", x))
def test_formal_whole_controller_alone(unit, prop):
    """Each property of a whole controller is proven with the invariants alone: so a fault that breaks that proof is its own."""
    assert sat(unit, [(prop, "1"), *((name, "1") for name in names(unit, "i"))], unit.depth, True)


@pytest.mark.parametrize("unit", WHOLES, ids=lambda u: u.name)
def test_formal_whole_controller_in_a_minute(unit):
    begin = processor_seconds()
    assert proven(unit)
    assert processor_seconds() - begin < 60


@pytest.mark.parametrize("what", SILICON)
def test_formal_fault_in_silicon_fails(what):
    """What a broken interlock does in silicon breaks the proof of the whole controller."""
    assert fails_in_silicon(what)


@pytest.mark.full
@pytest.mark.parametrize("unit", WHOLES, ids=lambda u: u.name)
def test_formal_clock_gates_change_nothing(unit):
    proven, behind = gates.unchanged(unit)
    assert proven and set(behind) == set(gates.FAULTS[unit.name])


@pytest.mark.full
@pytest.mark.parametrize(("unit", "gate"), GATES, ids=lambda x: getattr(x, "name", x))
def test_formal_clock_that_stops_too_early_fails(unit, gate):
    assert gates.unfaithful(unit, gate)


def test_formal_clock_gates_all_found():
    """Each gate before a module has a planted fault; a netlist without gates, or with registers that the proof does not know, is told."""
    for unit in WHOLES:
        source = "".join(path.read_text() for path in prove.files(unit))
        assert len(gates.FAULTS[unit.name]) == len(re.findall(r"clock_gate (#\(.*?\)\) )?u_clock", source))
        assert all(changed(unit, gates.PROPERTY, *fault) for fault in gates.FAULTS[unit.name].values())
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
    assert all(changed(FIRST_WHOLE, prop, *change) for prop, *change in SILICON.values())
    assert [what for what, (prop, *_) in SILICON.items() if f"| {what} | `{prop}` |" not in page] == []


def test_formal_mutant_that_lost_its_place_says_so():
    unit = dataclasses.replace(UNITS[0], mutants={"p_one_switch": ("no such text", "")})
    with pytest.raises(UserError, match="path_interlock.sv: the mutant of p_one_switch wants"):
        mutated(unit, "p_one_switch")


def test_formal_proof_that_takes_too_long_says_so(monkeypatch):
    """The bound is processor time, so it holds on a loaded machine too."""
    monkeypatch.setattr(prove, "PROOF_SECONDS", 1)
    unit = next(u for u in UNITS if u.slow)
    with pytest.raises(UserError, match=f"{unit.name}: no answer of Yosys in 1 s of processor time; make depth smaller"):
        proven(unit)


# Of the mutants of the interlock, in every `make test`; `make formal` judges all.
SOME = 6


def test_formal_interlock_mutants_some():
    found = random.Random(1).sample(mutants.mutants(), SOME)
    assert {mutants.verdict(mutant) for mutant in found} <= {mutants.KILLED, mutants.EQUIVALENT}


def test_formal_interlock_mutant_may_survive(monkeypatch):
    """A fault that no trace of the wanted length shows is neither killed nor equal."""
    monkeypatch.setattr(mutants, "TRACE", 1)
    assert mutants.judge(UNITS[0], mutated(UNITS[0], "p_gap_before_row")) == mutants.SURVIVES


def test_formal_interlock_mutants_have_reasons():
    labels = {mutants.label(mutant) for mutant in mutants.mutants()}
    assert set(read_reasons(mutants.REASONS)) <= labels


def test_formal_interlock_campaign_wants_reasons(monkeypatch, tmp_path):
    """A mutant that is equivalent, or refused, needs its reason; one that survives fails the report."""
    chosen = mutants.mutants()[:3]
    verdicts = dict(zip(chosen, (mutants.EQUIVALENT, mutants.SURVIVES, mutants.KILLED), strict=True))
    monkeypatch.setattr(mutants, "verdict", verdicts.get)
    monkeypatch.setattr(mutants, "read_reasons", lambda _: {})
    bad = [figure.name for figure in mutants.campaign(chosen, tmp_path) if not figure.passes]
    assert bad == ["path_interlock: all mutants, surviving", "path_interlock: all mutants, equivalent or refused without a reason"]
    monkeypatch.setattr(mutants, "read_reasons", lambda _: {mutants.label(chosen[0]): "why"})
    bad = [figure.name for figure in mutants.campaign(chosen, tmp_path) if not figure.passes]
    assert bad == ["path_interlock: all mutants, surviving"]
