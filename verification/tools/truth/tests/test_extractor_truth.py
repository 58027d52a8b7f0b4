"""The extractor beside the field solver: the project's within its goals, the wheel as installed not, and the
table and fit themselves."""

from __future__ import annotations

import csv
from pathlib import Path

import klayout.db as kdb
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.array import dimensions as dim
from neusoc.pdk.extractor import SIDEWALLS
from neusoc.pdk.layers import LABEL
from neusoc.verification.tools.truth import array_crossing, compare, plane, table
from neusoc.verification.tools.truth.patterns import LEAST, Pattern, Shape, draw, patterns


@pytest.fixture(scope="module")
def true() -> table.Values:
    return table.truth()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> table.Values:
    return compare.extracted(tmp_path_factory.mktemp("ours"))


def misses(values: table.Values, true: table.Values) -> dict[str, str | None]:
    """Kinds with a figure beyond its limit -> pattern of the largest error, if that is it."""
    beyond = [figure for figure in compare.figures(values, true) if not figure.passes]
    return {figure.name.partition(":")[0]: figure.at for figure in beyond}


def test_the_extractor_agrees_with_the_field_solver(ours: table.Values, true: table.Values) -> None:
    assert misses(ours, true) == {}


def test_the_wheel_as_installed_does_not(tmp_path: Path, true: table.Values) -> None:
    assert set(misses(compare.extracted(tmp_path, installed=True), true)) == {
        "pair far between",
        "whole capacitance",
    }


def test_every_goal_counts(ours: table.Values, true: table.Values) -> None:
    """One wrong value in each part is reported, with its pattern; so is a coupling that is not there."""
    parts = {
        "between_met2": "pair far between",
        "over_met1_met2": "plane",
        "cross_met1_met2": "crossing",
        "alone_met1": "alone",
    }
    for name, part in parts.items():
        (pattern,) = [p for p in patterns() if p.name == name]
        key = (name, *sorted(pattern.nets))
        assert misses({**ours, key: 3 * true[key]}, true)[part] == name
        assert misses({k: v for k, v in ours.items() if k != key}, true)[part] == name
    assert "whole capacitance" in misses({key: value / 2 for key, value in ours.items()}, true)


def test_the_table_is_whole(true: table.Values) -> None:
    """A value for every pattern, from meshes whose extrapolation is below 6 % of it."""
    assert len(patterns()) == 31
    assert {name for name, *_ in true} == {pattern.name for pattern in patterns()}
    for row in compare.rows({}, true):
        assert row.truth > 0.01
    with table.TRUTH.open() as file:
        for row in csv.DictReader(file):
            fine, coarse = float(row["fF_fine"]), float(row["fF_coarse"])
            assert float(row["fF"]) == pytest.approx(table.limit(fine, coarse), abs=2e-4)
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
    assert (wide - narrow) / 100.0 == pytest.approx(
        plane.EPSILON_0 / sum(height / epsilon for height, epsilon in layers), rel=5e-3
    )


def test_the_two_solvers_agree(true: table.Values) -> None:
    """In the plane and in space, two methods and two stacks: within 10 % for pairs of 10 um (ends; another
    oxide under poly)."""
    for layer in LEAST:
        for spacings in (1, 2, 3, 4):
            if (key := (f"pair_{layer}_{spacings}x", "a", "b")) in true:
                (flat,) = [c for s, c in plane.points(layer) if abs(s - spacings * LEAST[layer][1]) < 1e-6]
                assert 1e-3 * flat * 10.0 == pytest.approx(true[key], rel=0.10), key


def test_richardson() -> None:
    assert table.limit(1 + 0.5**table.RATE, 2.0) == pytest.approx(1.0)


def test_a_net_on_two_layers_has_a_label_on_both(tmp_path: Path) -> None:
    shapes = (
        Shape("a", "met1", 0, 0, 1, 0.14),
        Shape("a", "met2", 0, 0, 1, 0.14),
        Shape("a", "met1", 0, 1, 1, 1.14),
    )
    draw([Pattern("two", "pair", ("a", "a"), shapes)], tmp_path / "two.gds")
    layout = kdb.Layout()
    layout.read(str(tmp_path / "two.gds"))
    assert sorted((i.layer, i.datatype) for i in layout.layer_infos() if i.datatype == LABEL) == [
        (68, LABEL),
        (69, LABEL),
    ]


def test_a_value_that_is_not_understood_is_told() -> None:
    with pytest.raises(UserError, match="'lots'"):
        compare.from_netlist("c1 p__a p__b lots\n")


def test_the_solved_crossing_is_the_drawn_one() -> None:
    """Half a cell with every line of the pair in it, each reaching the mirrors that it passes; and its table
    from fine enough a mesh."""
    left, bottom, right, top = array_crossing.WINDOW
    shapes = {shape.net: shape for shape in array_crossing.half_cell().shapes}
    assert len(shapes) == len(array_crossing.half_cell().shapes) == 7
    assert {shape.left for shape in shapes.values()} == {left}
    for net in ("wl_met3", "wl_poly", "sl_met1"):
        assert shapes[net].right == right
    assert (shapes["bl_met2"].bottom, shapes["bl_met2"].top) == (bottom, top) and shapes[
        "bl_met2"
    ].right == dim.LINE / 2
    assert shapes["wl_met3"].top - shapes["wl_met3"].bottom == pytest.approx(dim.WL_LINE)
    with array_crossing.TABLE.open() as file:
        rows = list(csv.DictReader(file))
    assert {net for row in rows for net in (row["net_a"], row["net_b"])} == {*shapes, "gnd"}
    for row in rows:
        assert float(row["fF"]) == pytest.approx(
            table.limit(float(row["fF_fine"]), float(row["fF_coarse"])), abs=2e-5
        )
        assert float(row["fF"]) == pytest.approx(float(row["fF_fine"]), rel=0.02, abs=1e-4)


def test_lines_are_added_up_over_their_layers() -> None:
    pairs = {
        ("bl_met2", "wl_met3"): 3.0,
        ("bl_met2", "wl_poly"): 1.0,
        ("wl_met3", "wl_poly"): 9.0,
        ("be_met1", "bl_met2"): 2.0,
    }
    assert array_crossing.by_line(pairs) == {("bl", "wl"): 4.0, ("bl", "be"): 2.0}
    assert array_crossing.whole(array_crossing.by_line(pairs)) == 6.0


@pytest.mark.full
def test_the_extractor_on_the_array() -> None:
    """What the array's lines rest on."""
    figures = compare.array_figures(
        array_crossing.by_line(array_crossing.truth()), array_crossing.extracted()
    )
    assert len(figures) == 2 and all(figure.passes for figure in figures)
