"""Wires with neighbours: from the field solution, between a wire alone and a crowded one, and so does the
estimate."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from neusoc.pdk.source import find_pdk
from neusoc.pdk.wires import CROWDED, RoutingLayer, estimate, routing_layers, rules_text, solved_neighbours


@pytest.fixture(scope="module")
def layers() -> list[RoutingLayer]:
    return routing_layers(find_pdk().path("techlef_nom").read_text())


def sides(rules: str, metal: int) -> list[tuple[float, ...]]:
    """(distance, coupling, ground, resistance) of a metal over the substrate, a side."""
    block = re.search(rf"^Metal {metal} OVER 0\nDIST count \d+ width \S+\n(.*?)END DIST", rules, re.S | re.M)
    assert block, metal
    return [tuple(map(float, line.split())) for line in block[1].splitlines()]


def test_wires_neighbours_come_from_the_field_solution() -> None:
    """Least width only; nearer means more coupling and less ground; far away a side has all its ground."""
    solved = solved_neighbours()
    assert {"met1", "met2", "met3", "met4"} <= set(solved)
    first = solved["met1"][0]
    assert first.distance == 0.14 and first.coupling == pytest.approx(142e-6, rel=0.02)
    for pairs in solved.values():
        for near, next_ in pairwise(pairs):
            assert (
                near.distance < next_.distance
                and near.coupling > next_.coupling
                and near.ground < next_.ground
            )
        assert pairs[-1].ground == pytest.approx(1.0)


def test_wires_rules_hold_a_crowded_wire_and_the_lef(layers: list[RoutingLayer]) -> None:
    """Met1 between two at least distance: two and a half to four times a wire alone; far from any: what the
    LEF says."""
    near, *_, far = sides(rules_text(layers), 2)
    met1 = layers[1]
    alone = met1.edge + met1.area * met1.width / 2
    assert 2.5 < (near[1] + near[2]) / alone < 4
    assert far[2] == pytest.approx(alone, rel=1e-4)
    assert 2 * far[3] == pytest.approx(met1.sheet / met1.width / 1000, rel=1e-4)


def test_wires_rules_have_each_table_once(layers: list[RoutingLayer]) -> None:
    rules = rules_text(layers)
    titles = re.findall(
        r"^Metal [1-6] (?:(?:RESOVER|OVER|UNDER|DIAGUNDER) [0-6](?: UNDER [0-6])?)$", rules, re.M
    )
    assert rules.count("END DIST") == len(titles) == len(set(titles)) > 50


@pytest.mark.parametrize("name", CROWDED)
def test_wires_estimate_lies_between_alone_and_crowded(name: str, layers: list[RoutingLayer]) -> None:
    layer = next(layer for layer in layers if layer.name == name)
    nearest, farthest = (solved_neighbours()[name][k] for k in (0, -1))
    alone = layer.area * layer.width + 2 * layer.edge
    least, most = (2 * n.coupling + n.ground * alone for n in (farthest, nearest))
    assert least < estimate(layer)["cap"] < most
    assert estimate(layer)["res"] == pytest.approx(layer.sheet / layer.width / 1000)
