import klayout.db as db
import pytest
from neusoc.verification.signoff import rows


def placed(count: int) -> db.Layout:
    """Two rows of two kinds of cell that abut, the upper one upside down, and a block beside them."""
    layout = db.Layout()
    metal = layout.layer(68, 20)
    top, block = layout.create_cell("top"), layout.create_cell("block")
    block.shapes(metal).insert(db.DBox(0, 0, 5, 5))
    cells = [layout.create_cell(f"std__{name}") for name in "ab"]
    for cell, width in zip(cells, (0.46, 0.92), strict=True):
        cell.shapes(metal).insert(db.DBox(0, 0, width, 0.24))
        cell.shapes(metal).insert(db.DBox(0, 2.48, width, 2.72))
    x = 0.0
    for number in range(count):
        cell = cells[number % 2]
        for trans in (db.DTrans(0, False, x, 0.0), db.DTrans(0, True, x, 5.44)):
            top.insert(db.DCellInstArray(cell.cell_index(), trans))
        x += (0.46, 0.92)[number % 2]
    top.insert(db.DCellInstArray(block.cell_index(), db.DTrans(0, False, 0.0, 20.0)))
    top.shapes(metal).insert(db.DText("VPWR", 0.1, 0.1))
    return layout


def drawn(layout: db.Layout) -> tuple[db.Region, list[str]]:
    shapes = layout.top_cell().begin_shapes_rec(layout.layer(68, 20))
    return db.Region(shapes), [
        s.text_string for s in layout.top_cell().shapes(layout.layer(68, 20)).each() if s.is_text()
    ]


def test_rows_change_no_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LEAST", 20)
    layout = placed(10)
    before, labels = drawn(layout)
    assert rows.group_rows(layout, "std__") == 2
    after, labels_after = drawn(layout)
    assert (
        (before ^ after).is_empty() and before.count() == after.count() and labels == labels_after == ["VPWR"]
    )
    assert sorted(i.cell.name for i in layout.top_cell().each_inst()) == ["block", "top_row_0", "top_row_1"]


def test_rows_of_a_small_cell_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LEAST", 21)
    layout = placed(10)
    assert rows.group_rows(layout, "std__") == 0 and layout.cells() == 4
