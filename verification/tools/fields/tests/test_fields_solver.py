"""The field solver beside what is known: a capacitor of plates, and the 31 patterns that another solver has
solved (truth.csv)."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.verification.tools.fields import solver
from neusoc.verification.tools.fields.grid import grid, lines, thinned
from neusoc.verification.tools.fields.kpex import scene_text
from neusoc.verification.tools.fields.scene import Body, Scene, read_scene
from neusoc.verification.tools.fields.solved import FINEST, solved
from neusoc.verification.tools.fields.solver import FREE, capacitances
from neusoc.verification.tools.truth.patterns import SUBSTRATE, Pattern, draw, patterns
from neusoc.verification.tools.truth.plane import EPSILON_0
from neusoc.verification.tools.truth.table import MARGIN, truth

PROFILES = {"met3": "met3_ncap", "met4": "met4_ncap"}  # layer -> its name in the scene, where no MIM is


@pytest.fixture(scope="module")
def stack() -> Scene:
    """klayout-pex's own process stack, from the scene of one pattern."""
    (pattern,) = [p for p in patterns() if p.name == "between_met1"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw([pattern], folder / "pattern.gds")
        return read_scene(
            scene_text(folder / "pattern.gds", "TOP", folder, log=folder / "said.log", timeout=100)
        )


def scene_of(stack: Scene, pattern: Pattern) -> Scene:
    bodies = []
    for shape in pattern.shapes:
        layer = PROFILES.get(shape.layer, shape.layer)
        bodies.append(
            Body(shape.net, layer, (shape.left, shape.right), (shape.bottom, shape.top), stack.heights[layer])
        )
    return replace(stack, bodies=bodies)


def test_the_scene_of_a_pattern_is_its_drawing(stack: Scene) -> None:
    (pattern,) = [p for p in patterns() if p.name == "between_met1"]
    drawn = {(b.net, b.layer, *(round(v, 3) for v in (*b.x, *b.y))) for b in scene_of(stack, pattern).bodies}
    assert {(b.net, b.layer, *(round(v, 3) for v in (*b.x, *b.y))) for b in stack.bodies} == drawn
    assert stack.heights["met1"] == (1.3761, 1.7361) and stack.ground < 0


def test_plates() -> None:
    """A plate that fills the window, over two dielectrics: the sum of the series, exactly."""
    x = np.array([0.0, 1.0, 3.0])
    z = np.array([0.0, 0.5, 1.0, 2.0])
    epsilon = np.full((2, 2, 3), 4.0, np.float32)
    epsilon[:, :, 1] = 8.0
    owner = np.full((3, 3, 4), FREE, np.int16)
    owner[:, :, 0], owner[:, :, 2] = 0, 1
    found, _ = capacitances(x, x, z, epsilon, owner, 1, 2)
    assert found[1] == pytest.approx(1e-3 * EPSILON_0 * 9.0 / (0.5 / 4 + 0.5 / 8), rel=1e-4)
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_the_two_solvers_agree_on_all_patterns(stack: Scene) -> None:
    """Finite volumes on this grid and finite elements on tetrahedra: whole capacitance of a net within 6 %,
    in the median within 2 %."""
    true = truth()
    errors = {}
    for pattern in patterns():
        net = pattern.nets[0]
        whole = sum(femto for (name, *pair), femto in true.items() if name == pattern.name and net in pair)
        errors[pattern.name] = solved(scene_of(stack, pattern), net, MARGIN)[net] / whole - 1
    assert max(map(abs, errors.values())) < 0.06, errors
    assert np.median(np.abs(list(errors.values()))) < 0.02


def test_a_wrong_stack_shows(stack: Scene) -> None:
    """The field oxide a fifth thinner in permittivity, or no film on met1: the agreement is gone."""
    (pattern,) = [p for p in patterns() if p.name == "alone_met1"]
    right = solved(scene_of(stack, pattern), "a")["a"]
    wrong = replace(stack, bands=[(low, high, 0.7 * constant) for low, high, constant in stack.bands])
    assert solved(scene_of(wrong, pattern), "a")["a"] < 0.9 * right
    (pattern,) = [p for p in patterns() if p.name == "between_met1"]
    bare = replace(stack, films=[film for film in stack.films if film.layer != "met1"])
    assert solved(scene_of(bare, pattern), "a")["a"] > 1.03 * solved(scene_of(stack, pattern), "a")["a"]


def test_couplings_add_up_to_the_whole(stack: Scene) -> None:
    (pattern,) = [p for p in patterns() if p.name == "grid_met1_met2"]
    row = solved(scene_of(stack, pattern), "a")
    assert sum(femto for net, femto in row.items() if net != "a") == pytest.approx(row["a"], rel=2e-3)
    assert SUBSTRATE in row


def test_what_is_a_device_is_left_out(stack: Scene) -> None:
    """The plates of a MIM, and a gate over its own source: next to nothing between them."""
    square = (0.0, 4.0)
    plates = [
        Body("t", "capm", square, square, stack.heights["capm"]),
        Body("b", "met3_cap", square, square, stack.heights["met3_cap"]),
    ]
    assert 0 < solved(replace(stack, bodies=plates), "t")["b"] < 1.0  # fF, of the 32 that the plates have
    gate = Body("g", "poly", (0.0, 0.15), (0.0, 4.0), stack.heights["poly"])
    surface = stack.heights["nsd"][1]
    source = Body("s", "nsd", (0.15, 0.45), (0.0, 4.0), (surface, surface))
    row = solved(replace(stack, bodies=[gate, source]), "g")
    assert row["s"] < 0.25 * row["g"]


def test_marks_of_the_net_are_exact_and_others_keep_their_distance() -> None:
    kept = thinned([1.0, 1.14], [1.005, 1.5, 1.51, 9.0, 9.05, 9.1], 0.0, 20.0)
    assert {0.0, 1.0, 1.14, 1.5, 9.0, 9.1, 20.0} == set(kept.tolist())
    drawn = lines(kept, FINEST)
    assert set(np.round(kept, 6)) <= set(np.round(drawn, 6)) and np.all(np.diff(drawn) > 0)


def test_a_net_that_is_not_there_and_a_grid_that_is_too_large(stack: Scene) -> None:
    with pytest.raises(UserError, match="nowhere: no net of the scene; name one of a, b, c"):
        grid(stack, "nowhere", FINEST)
    with pytest.raises(UserError, match="more than 0 million; the net is too long"):
        grid(stack, "a", FINEST, most=1000)


def test_a_solution_that_does_not_converge_is_told(stack: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MOST_STEPS", 2)
    with pytest.raises(UserError, match="not converged after 2 steps"):
        solved(stack, "a")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SPHERE a\n", "statement SPHERE"),
        ("METAL met1 Z_OFFSETS 1 2\nPOLYGON CONDUCTOR a LAYER met1 OUTER 0 0 0 1 1 0\n", "slanted edges"),
        ("METAL met1 Z_OFFSETS 1 2\n", "no shapes"),
    ],
)
def test_a_scene_that_is_not_understood_is_told(text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        read_scene(text)
