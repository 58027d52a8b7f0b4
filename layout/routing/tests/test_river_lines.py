"""River router: no crossing, no pair closer than the space, no line missing, and clear errors."""

from __future__ import annotations

import random

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.layout.routing.river import River, river
from neusoc.pdk.layers import LAYERS

WIDTH, SPACE = 0.30, 0.28


def _evenly(count: int, pitch: float, centre: float = 0.0) -> list[float]:
    return [round(centre + (i - (count - 1) / 2) * pitch, 3) for i in range(count)]


def _irregular(seed: int) -> tuple[list[float], list[float]]:
    draw = random.Random(seed)
    sides = []
    for _ in range(2):
        x, values = draw.uniform(-20, 20), []
        for _ in range(24):
            x = round(round((x + WIDTH + SPACE + draw.choice([0, 0.005, 0.6, 4])) / 0.005) * 0.005, 3)
            values.append(x)
        sides.append(values)
    return sides[0], sides[1]


CASES = {
    "wider": (_evenly(32, 1.3), _evenly(32, 9.0)),
    "narrower": (_evenly(32, 9.0), _evenly(32, 0.6)),
    "shifted": (_evenly(16, 0.6), _evenly(16, 0.6, 30.0)),
    "straight": (_evenly(8, 2.0), _evenly(8, 2.0)),
    "one": ([0.0], [7.0]),
    **{f"irregular{seed}": _irregular(seed) for seed in range(12)},
}


def _drawn(name: str, along: str, near: float, far: float) -> db.Region:
    starts, ends = CASES[name]
    component = gf.Component()
    river(CellWriter(component), "met2", starts, ends, near, far, width=WIDTH, space=SPACE, along=along)
    return db.Region(component.shapes(component.kcl.layer(db.LayerInfo(*LAYERS["met2"]))))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("along", "sign"), [("x", 1), ("y", 1), ("y", -1)])
def test_river_lines_are_apart_and_arrive(name: str, along: str, sign: int) -> None:
    starts, ends = CASES[name]
    length = River(tuple(starts), tuple(ends), WIDTH, SPACE).length
    far = sign * max(round(length + 0.005, 2), 1.0)
    drawn = _drawn(name, along, 0.0, far).merged()
    assert drawn.count() == len(starts)
    assert drawn.isolated_check(round(SPACE * 1000)).count() == 0
    assert drawn.width_check(round(WIDTH * 1000)).count() == 0
    for start, end in zip(starts, ends, strict=True):
        touched = []
        for across, at in ((start, 0.0), (end, far)):
            x, y = (at, across) if along == "x" else (across, at)
            probe = db.Region(db.Box.from_dbox(db.DBox(x - 0.002, y - 0.002, x + 0.002, y + 0.002) * 1000.0))
            hit = drawn.interacting(probe)
            assert hit.count() == 1
            touched.append(hit)
        assert (touched[0] ^ touched[1]).is_empty(), "the line that starts here ends elsewhere"


def test_river_too_short_channel_says_the_length_it_needs() -> None:
    lines = River(tuple(_evenly(16, 1.3)), tuple(_evenly(16, 9.0)), WIDTH, SPACE)
    lines.points(0.0, lines.length)
    with pytest.raises(ValueError, match=f"need {lines.length:g} um"):
        lines.points(0.0, lines.length - 0.01)


@pytest.mark.parametrize(
    ("starts", "ends", "told"),
    [
        ((0.0, 1.0), (0.0,), "2 starts but 1 ends"),
        ((0.0, 0.5), (0.0, 1.0), r"starts\[0\]"),
        ((0.0, 1.0), (1.0, 0.0), r"ends\[0\]"),
    ],
)
def test_river_refuses_lines_that_cannot_be_drawn(starts: tuple, ends: tuple, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        River(starts, ends, WIDTH, SPACE)
