"""Verdicts: a sound block is clean, the checker for a fault sees it, a marker counts for the mutant in whose
place it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from neusoc.verification.signoff import drc
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.tools.layout_mutants.judge import by_drc, by_erc, by_lvs
from neusoc.verification.tools.layout_mutants.tests.tiny import CELL, NETLIST, tiny, written

DECK = """
source($input, $top_cell)
report("one rule", $report)
deep
input({layer}).width(0.14).output("width", "met1 at least 0.14 um")
{error}
"""


def test_verdicts_on_a_sound_block(tmp_path: Path):
    block = tiny(tmp_path)
    assert by_lvs(block.gds, CELL, block.netlist, tmp_path, both=True) == ([], [])
    assert by_erc(block.gds, CELL, block.netlist, tmp_path) == []


FAULTS: dict[str, tuple[Callable[[Mutant], object], str, str]] = {
    "longer gate": (lambda m: m.add("poly", (1.075, 0, 1.08, 1)), "L=0.155", ""),
    "open gate": (
        lambda m: m.cut("licon1", (0.9, 1.5, 1.1, 1.7)),
        "has not the label g",
        "drawn.floating_gate: 1.0",
    ),
    "no tap": (lambda m: m.cut("tap"), "substrate", "tap: 1.0"),
    "no ground": (
        lambda m: m.unlabel("vss"),
        "pin vss of the netlist labels no net",
        "refused: TOP=tiny: none of its pins is a ground",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_verdicts_on_a_fault(name: str, tmp_path: Path):
    damage, lvs, erc = FAULTS[name]
    mutant = tiny(tmp_path).drawing()
    damage(mutant)
    gds, netlist = mutant.write(tmp_path / "mutant.gds"), tmp_path / f"{CELL}.spice"
    assert any(lvs in said for said in by_lvs(gds, CELL, netlist, tmp_path)[0])
    found = by_erc(gds, CELL, netlist, tmp_path)
    assert any(said.startswith(erc) for said in found) if erc else found == []


def test_verdicts_on_a_netlist_of_both_comparers(tmp_path: Path):
    block = tiny(tmp_path)
    (tmp_path / "wrong.spice").write_text(NETLIST.replace("w=1", "w=1.1"))
    first, second = by_lvs(block.gds, CELL, tmp_path / "wrong.spice", tmp_path, both=True)
    assert any("W=1.1" in said for said in first) and any("property error" in said.lower() for said in second)


def _decks(folder: Path, error: str = "") -> dict[str, Path]:
    found = {}
    for name, layer in (("mr", "68, 20"), ("sky130", "69, 20"), ("supplement", "70, 20")):
        found[name] = folder / f"{name}.drc"
        found[name].write_text(DECK.format(layer=layer, error=error))
    return found


def test_verdicts_of_decks_go_to_the_mutant_in_whose_place_the_marker_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of four in a sheet, the second has a thin met1 at its left end, the fourth at its right end and a thin
    met2."""
    monkeypatch.setattr(drc, "find_decks", lambda folder: _decks(tmp_path))
    gds, _ = written(tmp_path)
    drawings = [Mutant(gds, CELL) for _ in range(4)]
    drawings[1].add("met1", (-2.1, 3, -2, 4))
    drawings[3].add("met1", (3.9, 3, 4, 4)).add("met2", (0, 0, 0.1, 1))
    paths = [mutant.write(tmp_path / f"{number}.gds") for number, mutant in enumerate(drawings)]
    assert by_drc(paths, CELL, tmp_path) == [[], ["mr width"], [], ["mr width", "sky130 width"]]


def test_verdicts_need_all_decks_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        drc, "find_decks", lambda folder: {"mr": _decks(tmp_path, "no_such_function(1)")["mr"]}
    )
    with pytest.raises(RuntimeError, match="mutants of tiny: .*ERROR"):
        by_drc([written(tmp_path)[0]], CELL, tmp_path)
    monkeypatch.setattr(drc, "find_decks", lambda folder: {"mr": _decks(tmp_path)["mr"]})
    with pytest.raises(RuntimeError, match="a deck is missing"):
        by_drc([written(tmp_path)[0]], CELL, tmp_path)


@pytest.mark.full
def test_verdicts_of_the_real_decks(tmp_path: Path):
    """A cut to the least width less one step of the grid is seen, in its mutant alone; sheets stand on the
    grid of every rule."""
    gds, _ = written(tmp_path)
    thin = Mutant(gds, CELL).add("met1", (10, 0, 10.135, 2))
    sound, damaged, again = by_drc([gds, thin.write(tmp_path / "thin.gds"), gds], CELL, tmp_path)
    assert sound == again and set(damaged) - set(sound)
