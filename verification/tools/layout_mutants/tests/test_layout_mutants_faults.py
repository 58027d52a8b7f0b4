"""Faults are what they say, the same for one seed, and small; faults of netlists too."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.reader import parse_subcircuits, read_reference
from neusoc.verification.signoff.tests.sheets import Sheet
from neusoc.verification.tools.layout_mutants import faults, netlist_faults
from neusoc.verification.tools.layout_mutants.conductors import Conductors
from neusoc.verification.tools.layout_mutants.equivalence import argument
from neusoc.verification.tools.layout_mutants.faults import Fault, Faults, draw, plant
from neusoc.verification.tools.layout_mutants.tests.tiny import NETLIST, conductors, tiny

DRAWN_THERE = set(faults.KINDS) - {"missing ReRAM", "device size"}


@pytest.mark.parametrize("kind", faults.KINDS)
def test_faults_of_each_kind_change_the_drawing(kind: str, tmp_path: Path):
    block = tiny(tmp_path)
    drawn = draw(block.conductors, kind, 3, "1")
    assert bool(drawn) == (kind in DRAWN_THERE) and all(fault.kind == kind for fault in drawn)
    for fault in drawn:
        why = argument(block.conductors, conductors(plant(block.drawing(), fault)))
        assert why in ("", "circuit") and (
            why == "" or kind in ("cut wire", "missing via group", "missing implant")
        ), fault


def test_faults_of_one_seed_are_the_same(tmp_path: Path):
    drawing = tiny(tmp_path).conductors
    assert draw(drawing, "bridge", 3, "1") == draw(drawing, "bridge", 3, "1")
    assert draw(drawing, "gate length", 3, "1") != draw(drawing, "gate length", 3, "2")
    names = [fault.name for fault in draw(drawing, "gate length", 4, "1")]
    assert len(set(names)) == len(names) == 4
    assert draw(drawing, "gate length", 2, "1") == draw(drawing, "gate length", 4, "1")[:2], (
        "a larger count renames the first ones"
    )


def test_faults_cut_and_bridge_what_they_should(tmp_path: Path):
    block = tiny(tmp_path)
    nets = len(block.conductors.joined())
    for fault in draw(block.conductors, "bridge", 5, "1"):
        assert len(conductors(plant(block.drawing(), fault)).joined()) < nets, fault
    for fault in draw(block.conductors, "cut wire", 5, "1"):
        (edit,) = fault.edits
        before, after = (
            block.conductors.masks[edit.layer],
            conductors(plant(block.drawing(), fault)).masks[edit.layer],
        )
        assert after.count() == before.count() + 1, fault


def test_faults_of_rerams(tmp_path: Path):
    sheet = Sheet("cell")
    for layer in ("met1", "met2"):
        sheet.box(layer, 0, 0, 2, 2)
    sheet.box("reram", 0.8, 0.8, 1.2, 1.2)
    sheet.square("via", 1, 1, 0.15)
    sheet.layout.write(str(tmp_path / "cell.gds"))
    drawing = Conductors(sheet.layout, "cell")
    found = {fault.where.split(" at")[0]: fault for fault in draw(drawing, "missing ReRAM", 3, "1")}
    assert set(found) == {"body", "via", "body and via"}
    left = {
        which: Conductors(plant(Mutant(tmp_path / "cell.gds", "cell"), fault).layout, "cell").masks
        for which, fault in found.items()
    }
    assert {which: (masks["reram"].count(), masks["via"].count()) for which, masks in left.items()} == {
        "body": (0, 1),
        "via": (1, 0),
        "body and via": (0, 0),
    }


def test_faults_of_capacitors_and_resistors():
    sheet = Sheet("cell")
    sheet.box("capm", 0, 0, 5, 5)
    sheet.box("poly", 10, 0, 20, 1)
    sheet.box("poly_res", 12, -1, 18, 2)
    drawing = Conductors(sheet.layout, "cell")
    made = [faults.KINDS["device size"](Faults(drawing, random.Random(seed))) for seed in range(20)]
    assert {fault.edits[0].layer for fault in made if isinstance(fault, Fault)} == {"capm", "poly_res"}


@pytest.mark.parametrize("kind", netlist_faults.KINDS)
def test_netlist_faults_change_one_thing(kind: str, tmp_path: Path):
    circuits = parse_subcircuits(
        NETLIST.replace(".ends", "x2 d mid vss vss sky130_fd_pr__nfet_01v8 w=2 l=0.15\n.ends"), "here"
    )
    drawn = netlist_faults.draw(circuits, kind, 3, "1")
    assert drawn and drawn == netlist_faults.draw(circuits, kind, 3, "1")
    for fault in drawn:
        path = tmp_path / "x.spice"
        path.write_text(fault.text)
        found = read_reference([path], "tiny")["tiny"]
        cards = " ".join(circuits["tiny"].cards)
        assert (
            found.pins == ("d", "g", "vss")
            and " ".join(parse_subcircuits(fault.text, "there")["tiny"].cards) != cards
        )
        assert len(found.devices) == (1 if kind == "device removed" else 2)


def test_netlist_faults_swap_no_equals():
    """Source and drain of a transistor, plates of a capacitor, ends of a resistor are equals."""
    cards = {
        "x1 a g b vss sky130_fd_pr__nfet_01v8 w=1 l=0.15": {
            "1 and 2",
            "1 and 4",
            "2 and 3",
            "2 and 4",
            "3 and 4",
        },
        "x1 a b sky130_fd_pr__cap_mim_m3_1 w=5 l=5": set(),
        "x1 a b vss sky130_fd_pr__res_high_po w=0.35 l=5": set(),
        "x1 a b sky130_fd_pr_reram__reram_cell area_ox=0.1": {"1 and 2"},
        "x1 a a vss vss sky130_fd_pr__nfet_01v8 w=1 l=0.15": {"1 and 4", "2 and 3", "2 and 4"},
    }
    for card, pairs in cards.items():
        circuits = parse_subcircuits(f".subckt x a b g vss\n{card}\n.ends\n", "here")
        found = {
            fault.where.partition(", ")[2]
            for fault in netlist_faults.draw(circuits, "terminals swapped", 9, "1")
        }
        assert found == pairs, card
