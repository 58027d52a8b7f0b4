"""What only a well holds together: a well that a cell keeps to itself is no such piece, two nets in one well
are."""

import klayout.db as db
import pytest
from neusoc.verification.signoff.extraction import extract
from neusoc.verification.signoff.tests.sheets import Sheet


def _tap(sheet: Sheet, x: float) -> None:
    """An n tap with li1."""
    for layer, half in (("tap", 0.205), ("nsdm", 0.33), ("li1", 0.165), ("licon1", 0.085)):
        sheet.box(layer, x - half, -half, x + half, half)


def _pair_of_cells(second_tap: bool) -> db.Layout:
    """Two cells, each with a well, a tap and a source of a net of its own; the top may have a tap in one of
    these wells."""
    cell = Sheet("cell")
    cell.box("nwell", -1, -2, 3, 1)
    _tap(cell, 0)
    for layer, half in (("diff", 0.3), ("psdm", 0.43), ("licon1", 0.085)):
        cell.box(layer, -half, -1.2 - half, half, -1.2 + half)
    cell.box("li1", -0.165, -1.3, 0.165, 0)
    top = Sheet("top", cell.layout)
    inner = top.layout.cell("cell")
    for x in (0, 10):
        top.cell.insert(db.DCellInstArray(inner.cell_index(), db.DTrans(db.DVector(x, 0))))
    if second_tap:
        _tap(top, 12)
    return top.layout


@pytest.mark.parametrize(("second_tap", "pieces"), [(False, []), (True, ["0.000, 0.000", "12.000, 0.000"])])
def test_signoff_wells_of_cells_below(second_tap: bool, pieces: list[str]):
    found = extract(_pair_of_cells(second_tap), "top", threads=1).soft
    assert [len(one.labels) for one in found] == [2] * bool(pieces)
    assert all(any(piece in label for one in found for label in one.labels) for piece in pieces)
