"""The extractor beside the field solver: the project's within its goals, the wheel as installed not, and the table and fit themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import klayout.db as kdb
import pytest
from neusoc.flow.errors import UserError
from neusoc.pdk.extractor import SIDEWALLS
from neusoc.pdk.layers import LABEL
from neusoc.verification.truth import compare, field, plane
from neusoc.verification.truth.patterns import LEAST, Pattern, Shape, draw, patterns


@pytest.fixture(scope="module")
def true() -> compare.Values:
    return compare.truth()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> compare.Values:
    return compare.extracted(tmp_path_factory.mktemp("ours"))


def test_the_extractor_agrees_with_the_field_solver(ours: compare.Values, true: compare.Values) -> None:
    assert compare.misses(ours, true) == {}


def test_the_wheel_as_installed_does_not(tmp_path: Path, true: compare.Values) -> None:
    assert set(compare.misses(compare.extracted(tmp_path, installed=True), true)) == {"pair far between", "whole"}


def test_every_goal_counts(ours: compare.Values, true: compare.Values) -> None:
    """One wrong value in each part is told, with its pattern; so is a coupling that is not there."""
    parts = {"between_met2": "pair far between", "over_met1_met2": "plane", "cross_met1_met2": "crossing", "alone_met1": "alone"}
    for name, part in parts.items():
        (pattern,) = [p for p in patterns() if p.name == name]
        key = (name, *sorted(pattern.nets))
        assert name in compare.misses({**ours, key: 3 * true[key]}, true)[part]
        assert name in compare.misses({k: v for k, v in ours.items() if k != key}, true)[part]
    halved = {key: value / 2 for key, value in ours.items()}
    assert "whole" in compare.misses(halved, true)


def test_the_table_is_whole(true: compare.Values) -> None:
    """A value for every pattern, from meshes whose extrapolation is below 6 % of it."""
    assert len(patterns()) == 31
    assert {name for name, *_ in true} == {pattern.name for pattern in patterns()}
    for row in compare.rows({}, true):
        assert row.truth > 0.01
    with field.TRUTH.open() as file:
        for row in csv.DictReader(file):
            fine, coarse = float(row["fF_fine"]), float(row["fF_coarse"])
            assert float(row["fF"]) == pytest.approx(field.limit(fine, coarse), abs=2e-4)
            assert abs(float(row["fF"]) / fine - 1) < 0.06
            assert float(row["edge_coarse_um"]) == 2 * float(row["edge_um"])


@pytest.mark.parametrize("layer", LEAST)
def test_the_coefficients_are_the_fit(layer: str) -> None:
    """As curves, over the spacings that count; the numbers of the fit have been rounded."""
    b, c, error = plane.fit(layer)
    assert error < 0.06
    for spacing, coupling in plane.points(layer):
        ours = SIDEWALLS[layer][0] / (spacing + SIDEWALLS[layer][1])
        assert ours == pytest.approx(b / (spacing + c), rel=0.01)
        assert ours == pytest.approx(coupling, rel=0.06)


@pytest.mark.parametrize("layer", LEAST)
def test_the_table_of_pairs_is_what_the_solver_says(layer: str) -> None:
    width, spacing = LEAST[layer]
    assert plane.points(layer)[0] == pytest.approx((spacing, plane.pair(layer, width, spacing)[0]), rel=1e-3)


def test_the_solver_knows_a_capacitor_of_plates() -> None:
    """What a wire of met1 gains with its width, its edges being the same: three dielectrics in series."""
    layers = ((0.9361, 3.9), (0.075, 7.3), (0.365, 4.05))
    narrow, wide = (plane.matrix([("a", "met1", 0.0, width)], 0.02)["a", "gnd"] for width in (100.0, 200.0))
    assert (wide - narrow) / 100.0 == pytest.approx(plane.EPSILON_0 / sum(height / epsilon for height, epsilon in layers), rel=5e-3)


def test_the_two_solvers_agree(true: compare.Values) -> None:
    """In the plane and in space, two methods and two stacks: within 10 % for pairs of 10 um (ends; another oxide under poly)."""
    for layer in LEAST:
        for spacings in (1, 2, 3, 4):
            if (key := (f"pair_{layer}_{spacings}x", "a", "b")) in true:
                (flat,) = [c for s, c in plane.points(layer) if abs(s - spacings * LEAST[layer][1]) < 1e-6]
                assert 1e-3 * flat * 10.0 == pytest.approx(true[key], rel=0.10), key


def test_richardson() -> None:
    assert field.limit(1 + 0.5**field.RATE, 2.0) == pytest.approx(1.0)


def test_the_solver_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert field.main(["--tools", str(tmp_path), "--table", str(tmp_path / "t.csv"), "pair_met1_1x"]) == 2
    assert "holds no kpex" in capsys.readouterr().err
    assert field.main(["--tools", str(tmp_path), "pair_met9"]) == 2
    assert "pattern pair_met9: not known" in capsys.readouterr().err


def test_a_net_on_two_layers_has_a_label_on_both(tmp_path: Path) -> None:
    shapes = (Shape("a", "met1", 0, 0, 1, 0.14), Shape("a", "met2", 0, 0, 1, 0.14), Shape("a", "met1", 0, 1, 1, 1.14))
    draw([Pattern("two", "pair", ("a", "a"), shapes)], tmp_path / "two.gds")
    layout = kdb.Layout()
    layout.read(str(tmp_path / "two.gds"))
    assert sorted((i.layer, i.datatype) for i in layout.layer_infos() if i.datatype == LABEL) == [(68, LABEL), (69, LABEL)]


def test_a_value_that_is_not_understood_is_told() -> None:
    with pytest.raises(UserError, match="'lots'"):
        compare.from_netlist("c1 p__a p__b lots\n")
