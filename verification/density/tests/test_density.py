"""Densities: areas against KLayout's own, fill against the style's statements as booleans, and what is
planted."""

import klayout.db as db
import numpy as np
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.top.frame import DIE, TOP
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.verification.density.rectangles import (
    Pattern,
    area_in,
    area_within,
    as_region,
    rectangles,
    windows,
)
from neusoc.verification.density.report import MEASURED, check_density, drawn_layers
from neusoc.verification.density.style import Tile, read_style, style_file

BOX = db.Box(0, 0, 40_000, 40_000)


def _random(count, seed, extent=40_000, largest=6000):
    """Rectangles on the grid, some of which overlap or reach out of the box."""
    random = np.random.default_rng(seed)
    corner = random.integers(-2000, extent, (count, 2)) // 5 * 5
    return np.concatenate([corner, corner + random.integers(30, largest, (count, 2)) // 5 * 5], axis=1)


def _wrapper(path, **drawn):
    """A wrapper with boxes, um, on some layers."""
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell(TOP)
    cell.shapes(layout.layer(*LAYERS["prbndry"])).insert(db.Box(0, 0, *DIE))
    for layer, boxes in drawn.items():
        for box in boxes:
            cell.shapes(layout.layer(*LAYERS[layer])).insert(db.DBox(*box))
    return write_gds(layout, path)


def _figure(report, name):
    return next(f for f in report.figures if f.name == name)


@pytest.fixture(scope="module")
def style():
    return read_style(style_file())


def test_density_areas_are_those_of_klayout():
    drawn = as_region(_random(60, 1))
    over, found = windows((40_000, 30_000), 7000, 2500), rectangles(drawn, "drawn")
    measured = area_in(found, over)
    for i, left in enumerate(over.left):
        for j, bottom in enumerate(over.bottom):
            window = db.Region(db.Box(int(left), int(bottom), int(left) + over.size, int(bottom) + over.size))
            assert measured[i, j] == (drawn & window).area()
    assert area_within(found, (40_000, 30_000)) == (drawn & db.Region(db.Box(0, 0, 40_000, 30_000))).area()


def test_density_windows_reach_the_far_edges():
    over = windows(DIE, 700_000, 70_000)
    assert (over.left[0], over.bottom[0]) == (0, 0)
    assert (over.left[-1] + over.size, over.bottom[-1] + over.size) == DIE
    assert max(np.diff(over.left).max(), np.diff(over.bottom).max()) == 70_000


@pytest.mark.parametrize(
    ("pattern", "seed"),
    [(Pattern(2000, 800, 700, 350), 2), (Pattern(580, 200, 700, 0), 3), (Pattern(300, 200, 100, 50), 4)],
)
def test_density_squares_are_those_that_klayout_finds_clear(pattern, seed):
    """All squares of the pattern, and by KLayout those which overlap no obstruction and lie in the box."""
    obstructions = _random(25, seed)
    every = as_region(pattern.free(BOX, obstructions[:0]))
    kept = as_region(pattern.free(BOX, obstructions))
    assert every.count() > kept.count() > 0
    assert (kept & as_region(obstructions)).is_empty() and kept.bbox().inside(BOX)
    lost = every.not_inside(kept)
    assert (
        lost.count()
        == every.count() - kept.count()
        == lost.interacting(lost & as_region(obstructions)).count()
    )
    assert kept.space_check(pattern.gap).count() == 0 and kept.width_check(pattern.size).count() == 0


def test_density_fill_keeps_the_distances_of_the_style(style):
    """Each pass of met1 as the style's statements say, done as booleans of KLayout; and the density of an
    empty tile."""
    metal = _random(12, 5, 60_000, 9000)
    box = db.Box(0, 0, 60_000, 60_000)
    made = as_region(Tile(style, {"allm1": metal}, box).written["MET1FILL"])
    assert (
        made.bbox().inside(box.enlarged(-1500, -1500))
        and made.separation_check(as_region(metal), 300).count() == 0
    )
    coarse = made.with_bbox_width(2000, False)
    assert (
        coarse.count()
        and coarse.separation_check(as_region(metal), 3000, False, db.Region.Square).count() == 0
    )
    assert made.space_check(200).count() == 0 and {p.bbox().width() for p in made.each()} <= {
        2000,
        1000,
        580,
        300,
    }
    empty = as_region(Tile(style, {}, box).written["MET1FILL"]).area() / box.area()
    assert (2000 / 2800) ** 2 * (57 / 60) ** 2 * 0.95 < empty < 0.6


def test_density_fill_of_diffusion_keeps_off_poly_and_the_edge_of_a_well(style):
    well = np.array([[20_000, 20_000, 60_000, 60_000]])
    poly = np.array([[5000, 5000, 15_000, 6000]])
    drawn = {"allnwell": well, "nwell": well, "allpoly": poly}
    written = Tile(style, drawn, db.Box(0, 0, 80_000, 80_000)).written
    diffusion, edge = as_region(written["FOMFILL"]), as_region(well).edges()
    assert diffusion.count() and diffusion.separation_check(as_region(poly), 500).count() == 0
    assert (diffusion & edge.extended(335, 335, 335, 175, False)).is_empty()
    assert as_region(written["POLYFILL"]).separation_check(diffusion, 300).count() == 0


def test_density_of_an_empty_tile_is_what_the_rules_ask(style):
    """Fill reaches every least density where nothing is in its way."""
    written = Tile(style, {}, db.Box(0, 0, 700_000, 700_000)).written
    for name, measured in MEASURED.items():
        share = 100 * area_within(written[measured.fill], (700_000, 700_000)) / 700_000**2
        assert measured.least is None or measured.least <= share <= measured.most, name


def test_density_of_planted_layouts(tmp_path):
    """A window that is too full is told; so is one that fill cannot reach, because thin wires stand too near
    to each other."""
    full = [(0, 0, 700, 500)]  # met3: 71 % of a window
    comb = [(1400 + 0.9 * k, 1400, 1400.2 + 0.9 * k, 2100) for k in range(778)]  # met1: 22 %, no room between
    report = check_density(
        _wrapper(tmp_path / "planted.gds", met3=full, met1=comb), "density.planted", tmp_path
    )
    missed = {f.name for f in report.figures if not f.passes}
    assert {"met3.drawn_most", "met3.filled_most", "met1.filled_least"} <= missed
    assert not {n for n in missed if n.startswith(("met2", "met4", "met5", "fom"))}
    assert _figure(report, "met3.drawn_most").value == pytest.approx(100 * 5 / 7, abs=0.001)
    assert _figure(report, "met3.drawn_most").at == "700 um at 0, 0 um"
    assert _figure(report, "met1.filled_least").at == "700 um at 1400, 1400 um"
    assert _figure(report, "met1.drawn_least").value == 0 and report.verdict == "fail"


def test_density_counts_a_pin_and_its_metal_once(tmp_path):
    path = _wrapper(tmp_path / "pin.gds", met2=[(0, 0, 292, 352)])
    layout = db.Layout()
    layout.read(str(path))
    layout.cell(TOP).shapes(layout.layer(69, 16)).insert(db.DBox(100, 100, 292, 704))
    write_gds(layout, path)
    assert area_within(drawn_layers(path)["allm2"], DIE) == pytest.approx((292 * 352 + 192 * 352) * 1e6)


def test_density_refuses_what_is_no_layout(tmp_path):
    broken = tmp_path / "broken.gds"
    broken.write_bytes(_wrapper(tmp_path / "sound.gds", met1=[(0, 0, 9, 9)]).read_bytes()[:90])
    with pytest.raises(UserError, match="truncated or not a GDS file"):
        check_density(broken, "density.broken", tmp_path)
    slanted = tmp_path / "slanted.gds"
    layout = db.Layout()
    layout.create_cell(TOP).shapes(layout.layer(68, 20)).insert(
        db.DPolygon([db.DPoint(0, 0), db.DPoint(9, 9), db.DPoint(9, 0)])
    )
    write_gds(layout, slanted)
    with pytest.raises(UserError, match="allm1: 1 shapes have slanted edges"):
        check_density(slanted, "density.slanted", tmp_path)
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("style wafflefill", "style waffle", "has no style wafflefill"),
        ("grow 3000", "swell 3000", "'swell 3000' in style wafflefill is not known"),
        (
            "slots 0 2000 800 0 2000 800 700 350",
            "slots 0 2000 800 0 4000 800 700 350",
            "other shapes than squares",
        ),
    ],
)
def test_density_refuses_a_style_that_it_does_not_know(tmp_path, before, after, said):
    text = " ".join(style_file().read_text().split(" "))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    changed = tmp_path / "sky130B.tech"
    changed.write_text("\n".join(lines).replace(before, after))
    assert changed.read_text() != "\n".join(lines)
    with pytest.raises(UserError, match=said):
        Tile(read_style(changed), {}, BOX)
