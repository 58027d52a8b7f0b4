"""The union-find sees what hangs together, and the arguments hold for equal circuits alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.tests.sheets import Sheet
from neusoc.verification.tools.layout_mutants.conductors import Conductors
from neusoc.verification.tools.layout_mutants.equivalence import argument
from neusoc.verification.tools.layout_mutants.tests.tiny import conductors, tiny


def _labels(drawing: Conductors) -> dict[str, set[str]]:
    """Label -> kinds of the other ends of its net."""
    return {
        end[1]: {other[0] for other in group if other != end}
        for group in drawing.joined()
        for end in group
        if end[0] == "label"
    }


def test_conductors_join_what_metal_joins(tmp_path: Path):
    assert _labels(tiny(tmp_path).conductors) == {
        "g": {"gate"},
        "d": {"source_drain"},
        "vss": {"source_drain", "tap"},
    }


def _stack(*shapes: tuple[object, ...]) -> Conductors:
    sheet = Sheet("stack")
    for layer, *corners in shapes:
        sheet.box(str(layer), *corners)
    sheet.label("met1" if shapes[0][0] == "met1" else "met3", "below", 0.1, 0.1)
    sheet.label("met2" if shapes[0][0] == "met1" else "met4", "above", 1.9, 1.9)
    return Conductors(sheet.layout, "stack")


def test_conductors_a_reram_and_a_capacitor_are_no_wires():
    reram = (("met1", 0, 0, 2, 2), ("met2", 0, 0, 2, 2), ("via", 1, 1, 1.15, 1.15))
    assert len(_stack(*reram).joined()) == 1
    assert len(_stack(*reram, ("reram", 0.9, 0.9, 1.3, 1.3)).joined()) == 2
    plates = (("met3", 0, 0, 2, 2), ("met4", 0, 0, 2, 2), ("via3", 1, 1, 1.2, 1.2))
    assert len(_stack(*plates).joined()) == 1
    assert len(_stack(*plates, ("capm", 0.5, 0.5, 1.5, 1.5)).joined()) == 2
    assert len(_stack(*plates, ("capm", 0.5, 0.5, 1.5, 1.5), ("via3", 0.1, 0.1, 0.3, 0.3)).joined()) == 1


TAP = (
    ("tap", (-4, 0, -3.5, 1)),
    ("psdm", (-4.2, -0.2, -3.3, 1.2)),
    ("licon1", (-3.835, 0.415, -3.665, 0.585)),
    ("li1", (-4, 0, -1.5, 1)),
)
SAME: dict[str, tuple[Callable[[Mutant], object], str]] = {
    "drawn twice": (lambda m: m.add("met1", (2, 0.4, 3, 0.6)), "masks"),
    "one of two straps": (lambda m: m.cut("met1", (-0.5, 0, -0.3, 0.3)), "circuit"),
    "a stub longer": (lambda m: m.add("met1", (4, 0.3, 5, 0.7)), "circuit"),
    "contacts of one of two straps": (lambda m: m.cut("mcon", (0.3, 0.1, 0.5, 0.3)), "circuit"),
    "implant where nothing is": (lambda m: m.add("nsdm", (5, 5, 6, 6)), "circuit"),
}
OTHER: dict[str, Callable[[Mutant], object]] = {
    "both straps": lambda m: m.cut("met1", (-0.5, 0, -0.3, 1)),
    "contact of the drain": lambda m: m.cut("licon1", (1.5, 0.4, 1.7, 0.6)),
    "contact of the gate": lambda m: m.cut("licon1", (0.9, 1.5, 1.1, 1.7)),
    "drain to ground": lambda m: m.add("met1", (0.6, 0.7, 1.5, 0.8), (1.4, 0.6, 1.5, 0.8)),
    "longer gate": lambda m: m.add("poly", (1.075, 0, 1.08, 1)),
    "narrower gate": lambda m: m.cut("diff", (0.925, 0.95, 1.075, 1)),
    "no implant": lambda m: m.cut("nsdm"),
    "no poly cut": lambda m: m.cut("npc"),
    "thick oxide": lambda m: m.add("hvi", (-0.5, -0.5, 2.5, 1.5)),
    "in a well": lambda m: m.add("nwell", (-0.5, -0.5, 2.5, 1.5)),
    "no tap": lambda m: m.cut("tap").cut("licon1", (-1.9, 0.4, -1.6, 0.6)),
    "tap without contact": lambda m: m.cut("licon1", (-1.9, 0.4, -1.6, 0.6)),
    "swapped labels": lambda m: m.rename({"g": "d", "d": "g"}),
}


@pytest.mark.parametrize("name", SAME)
def test_arguments_hold(name: str, tmp_path: Path):
    block, (damage, why) = tiny(tmp_path), SAME[name]
    mutant = block.drawing()
    damage(mutant)
    assert argument(block.conductors, conductors(mutant)) == why


@pytest.mark.parametrize("name", OTHER)
def test_arguments_do_not_hold(name: str, tmp_path: Path):
    block = tiny(tmp_path)
    mutant = block.drawing()
    OTHER[name](mutant)
    assert argument(block.conductors, conductors(mutant)) == ""


@pytest.mark.parametrize(
    ("near", "high", "why"), [(True, False, "tap"), (True, True, "tap"), (False, False, "")]
)
def test_arguments_of_taps_need_another_one_near(near: bool, high: bool, why: str, tmp_path: Path):
    """One of two taps may go, under thick oxide's mask too; not if the other is 20 um away."""
    shapes = [
        (layer, box if near else (box[0] - 20, box[1], box[2] - (20 if layer != "li1" else 0), box[3]))
        for layer, box in TAP
    ]
    two = tiny(tmp_path).drawing()
    for layer, box in shapes + ([("hvi", (-2.5, -0.5, 2.5, 1.5))] if high else []):
        two.add(layer, box)
    whole = conductors(two)
    one = two.cut("tap", (-2, 0, -1.5, 1)).cut("licon1", (-1.9, 0.4, -1.6, 0.6))
    assert argument(whole, conductors(one)) == why


def test_arguments_of_taps_need_each_contacted(tmp_path: Path):
    """A tap that stays without contact is a fault, with another beside it too: it is wired to nothing."""
    two = tiny(tmp_path).drawing()
    for layer, box in TAP:
        two.add(layer, box)
    whole = conductors(two)
    assert argument(whole, conductors(two.cut("licon1", (-1.9, 0.4, -1.6, 0.6)))) == ""
