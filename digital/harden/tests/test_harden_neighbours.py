"""Rules of wires with neighbours: from the field solution, between what a wire alone and a crowded one has; the macro's absence is told."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.installed_check import Macro
from neusoc.digital.harden.neighbours import PAIRS, check_neighbours, neighbour_figures, neighbour_rules
from neusoc.digital.harden.tests.test_harden_endpoints import SPEF, timed_macro
from neusoc.pdk.assemble.technology import routing_layers
from neusoc.pdk.assemble.wires import neighbours_of, rules_text
from neusoc.pdk.source import Pdk, find_pdk, wheels_pdk


def sides(rules: str, metal: int) -> list[tuple[float, ...]]:
    """(distance, coupling, ground, resistance) of a metal over the substrate, a side."""
    block = re.search(rf"^Metal {metal} OVER 0\nDIST count \d+ width \S+\n(.*?)END DIST", rules, re.S | re.M)
    assert block, metal
    return [tuple(map(float, line.split())) for line in block[1].splitlines()]


def test_neighbours_come_from_the_field_solution() -> None:
    """Least width only; nearer means more coupling and less ground; far away a side has all its ground."""
    found = neighbours_of(PAIRS.read_text().splitlines())
    assert {"met1", "met2", "met3", "met4"} <= set(found)
    first = found["met1"][0]
    assert first.distance == 0.14 and first.coupling == pytest.approx(142e-6, rel=0.02)
    for pairs in found.values():
        for near, next_ in pairwise(pairs):
            assert near.distance < next_.distance and near.coupling > next_.coupling and near.ground < next_.ground
        assert pairs[-1].ground == pytest.approx(1.0)


def test_neighbours_in_the_rules(tmp_path: Path) -> None:
    """A met1 wire between two at least distance has two and a half to four times a wire alone; one far from any has what the LEF says."""
    pdk = find_pdk()
    layers = routing_layers(pdk.path("techlef_nom").read_text())
    rules = neighbour_rules(pdk, tmp_path)["nom"].read_text()
    (alone, *_), (beside, *_, far) = sides(rules_text(layers), 2), sides(rules, 2)
    assert 2.5 < (beside[1] + beside[2]) / alone[2] < 4
    assert far[2] == pytest.approx(alone[2], rel=1e-4) and far[3] == alone[3]


@pytest.mark.parametrize(
    ("load", "missed"),
    [
        (0.1, set()),
        (0.025, {"wires.beside_over_alone_median", "wires.beside_over_alone_95th"}),
        (20.0, {f"setup_slack_beside_neighbours.{corner}" for corner in STA_CORNERS}),
    ],
    ids=("twice", "lighter", "heavy"),
)
def test_neighbours_figures_see_a_fault(load: float, missed: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wires of twice the load pass; planted: rules under which neighbours take load away, and a wire that costs more than a period."""

    def extract(_pdk: Pdk, _definition: Path, wires: str, folder: Path, _rules: Path) -> Path:
        (spef := folder / f"{wires}.spef").write_text(SPEF.format(load=load))
        return spef

    monkeypatch.setattr("neusoc.digital.harden.neighbours.extract", extract)
    macro = timed_macro(tmp_path / "macro", "")
    (macro / "controller.def").touch()
    figures = neighbour_figures(wheels_pdk(), Macro(macro), tmp_path / "work")
    assert {f.name for f in figures if not f.passes} == missed


def test_neighbours_without_a_macro(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("neusoc.digital.harden.installed_check.macro_dir", lambda chip: tmp_path / chip.name)
    with pytest.raises(UserError, match="missing; run `make harden` first"):
        check_neighbours(load_chip("mini"))
