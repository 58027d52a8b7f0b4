"""Array generator: sizes, names, pins, area and refusals."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.layout.array import dimensions as dim
from neusoc.layout.array.array import array
from neusoc.layout.array.netlist import spice
from neusoc.layout.array.plan import MARGIN, Plan, cell_area
from neusoc.layout.array.report import area_report
from neusoc.pdk.layers import LABEL, LAYERS

SIZES = [(8, 8), (8, 10), (10, 12), (16, 24), (64, 64), (66, 64), (128, 72), (256, 256)]


def _subcircuits(text: str) -> dict[str, list[str]]:
    joined = text.replace("\n+ ", " ")
    return {
        words[1]: words[2:]
        for words in (line.split() for line in joined.splitlines())
        if words[0] == ".subckt"
    }


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_array_cells_pins_and_netlist_agree(rows: int, columns: int) -> None:
    component = array(rows=rows, columns=columns)
    subcircuits = _subcircuits(spice(rows, columns))
    drawn = {component.kcl[i].name for i in component.called_cells()} | {component.name}
    assert set(subcircuits) <= drawn
    layout_only = {"word_line_strap", "substrate_tap", "ring_tap_met1", "ring_tap_li1"}
    assert drawn - set(subcircuits) <= layout_only
    pins = subcircuits[component.name]
    assert pins == Plan(rows, columns).pins
    assert len(pins) == rows + columns + rows // 2 + 1
    assert sorted(p.name for p in component.ports) == sorted(pins)
    labels = [
        shape.text_string
        for metal in ("met1", "met2", "met3")
        for shape in component.shapes(component.kcl.layer(db.LayerInfo(LAYERS[metal][0], LABEL))).each()
    ]
    assert sorted(labels) == sorted(pins)


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_array_has_every_cell_once(rows: int, columns: int) -> None:
    component = array(rows=rows, columns=columns)
    pairs = db.RecursiveShapeIterator(
        component.kcl.layout, component.kdb_cell, component.kcl.layer(db.LayerInfo(*LAYERS["reram"]))
    )
    places = {
        (shape.bbox().transformed(at).center().x, shape.bbox().transformed(at).center().y)
        for shape, at in _each(pairs)
    }
    assert len(places) == rows * columns
    assert len({x for x, _ in places}) == columns
    assert len({y for _, y in places}) == rows


def _each(iterator: db.RecursiveShapeIterator):  # noqa: ANN202
    while not iterator.at_end():
        yield iterator.shape(), iterator.trans()
        iterator.next()


@pytest.mark.parametrize(("rows", "columns"), SIZES)
def test_array_ports_lie_on_the_lines(rows: int, columns: int) -> None:
    component, plan = array(rows=rows, columns=columns), Plan(rows, columns)
    width, height = plan.width + MARGIN, plan.height + MARGIN
    assert [component.ports[f"wl[{i}]"].center for i in range(rows)] == [
        pytest.approx((-MARGIN, y)) for y in plan.word_lines
    ]
    assert [component.ports[f"bl[{i}]"].center for i in range(columns)] == [
        pytest.approx((x, -MARGIN)) for x in plan.bit_lines
    ]
    assert [component.ports[f"sl[{i}]"].center for i in range(rows // 2)] == [
        pytest.approx((width, y)) for y in plan.source_lines
    ]
    assert list(plan.bit_lines) == sorted(plan.bit_lines)
    assert list(plan.word_lines) == sorted(plan.word_lines)
    box = component.dbbox()
    assert (box.left, box.bottom, box.right, box.top) == pytest.approx((-MARGIN, -MARGIN, width, height))


def test_array_area_of_a_cell_is_within_the_limit() -> None:
    assert cell_area(64, 64) <= 1.65
    box = array(rows=64, columns=64).dbbox()
    assert cell_area(64, 64) == pytest.approx(box.width() * box.height() / 64**2)


def test_array_report_measures_the_drawn_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)
    report = area_report(load_chip("tapeout"))
    values = {figure.name: figure for figure in report.figures}
    assert report.verdict == "pass" and (tmp_path / "array.tapeout.json").exists()
    assert values["cells"].value == 64 * 64
    area = values["area of the array over its cells"]
    assert area.value == pytest.approx(cell_area(64, 64), abs=1e-4) and area.max == 1.65


def test_array_report_sees_a_wider_array_and_a_cell_too_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: an outline wider by a tenth, and one that holds a row less."""
    monkeypatch.setattr("neusoc.base.report.REPORTS", tmp_path)

    def missed(rows: int, wider: float) -> list[str]:
        planted = array(rows=rows, columns=64).dup()
        box = planted.dbbox()
        outline = planted.kcl.layer(db.LayerInfo(*LAYERS["prbndry"]))
        planted.shapes(outline).insert(
            db.DBox(box.left, box.bottom, box.right + wider * box.width(), box.top)
        )
        monkeypatch.setattr("neusoc.layout.array.report.array", lambda **_: planted)
        return [figure.name for figure in area_report(load_chip("tapeout")).figures if not figure.passes]

    assert missed(64, 0.0) == []
    assert missed(64, 0.1) == ["area of the array over its cells"]
    assert missed(62, 0.0) == ["cells"]


def test_array_columns_stand_at_most_half_a_block_from_a_strap() -> None:
    for columns in (8, 10, 24, 64, 250):
        plan = Plan(8, columns)
        reach = dim.STRAP_COLUMNS / 2 * dim.PITCH_X + dim.STRAP_WIDTH
        assert all(min(abs(x - s) for s in plan.straps) <= reach for x in plan.bit_lines)


@pytest.mark.parametrize(
    ("rows", "columns", "field", "value"),
    [
        (7, 8, "rows", "7"),
        (8, 9, "columns", "9"),
        (6, 8, "rows", "6"),
        (8, 258, "columns", "258"),
        (0, 8, "rows", "0"),
        (8, -8, "columns", "-8"),
        (8.0, 8, "rows", "8.0"),
        ("8", 8, "rows", "'8'"),
        (True, 8, "rows", "True"),
    ],
)
def test_array_refuses_bad_sizes(rows: object, columns: object, field: str, value: str) -> None:
    for make in (
        lambda: array(rows=rows, columns=columns),
        lambda: spice(rows, columns),
        lambda: cell_area(rows, columns),
    ):
        with pytest.raises(
            UserError, match=rf"array: {field} is {re.escape(value)}; choose an even .* from 8 to 256"
        ):
            make()


def test_array_gds_is_the_same_in_every_process(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom neusoc.layout.array.array import array\n"
        "array(rows=8, columns=10).write_gds(sys.argv[1], with_metadata=False)\n"
    )
    files = [tmp_path / "first.gds", tmp_path / "second.gds"]
    for path in files:
        subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=120)
    assert files[0].read_bytes() == files[1].read_bytes()
