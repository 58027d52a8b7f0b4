"""Wells of inner cells: one on a net of the cell's own is sound, taps wired to nothing and a well on two nets
are not."""

import klayout.db as db
import pytest
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.extraction import extract


def _box(cell, layer, *corners):
    cell.shapes(cell.layout().layer(*LAYERS[layer])).insert(db.DBox(*corners))


def _island(cell, layer, implant, x):
    """Tap or diffusion with its contact and li1."""
    _box(cell, layer, x, 0, x + 1, 1)
    _box(cell, implant, x - 0.13, -0.13, x + 1.13, 1.13)
    _box(cell, "licon1", x + 0.4, 0.4, x + 0.57, 0.57)
    _box(cell, "li1", x + 0.2, 0.2, x + 0.8, 0.8)


def _soft(links):
    """A well of an inner cell with taps at 0 and 6 um and diffusions at 3 and 9 um; links: x ranges of
    li1."""
    layout = db.Layout()
    top, inner = layout.create_cell("outer"), layout.create_cell("inner")
    _box(inner, "nwell", -2, -2, 12, 3)
    for x in (0, 6):
        _island(inner, "tap", "nsdm", x)
        _island(inner, "diff", "psdm", x + 3)
    for x0, x1 in links:
        _box(inner, "li1", x0, 0.3, x1, 0.6)
    top.insert(db.CellInstArray(inner, db.Trans(5000, 5000)))
    _box(top, "met1", 0, 0, 1, 1)
    return [str(soft) for soft in extract(layout, "outer", threads=1).soft]


def test_signoff_inner_well_on_a_net_of_its_cell_is_sound():
    assert _soft([(0.5, 9.5)]) == []


@pytest.mark.parametrize(
    ("links", "pieces"),
    [([], [1, 1]), ([(0.5, 3.5)], [1]), ([(0.5, 3.5), (6.5, 9.5)], [2])],
    ids=["two taps wired to nothing", "one of them", "a well on two nets"],
)
def test_signoff_inner_well_faults_are_seen(links, pieces):
    found = _soft(links)
    assert [int(text.split(": ")[1].split()[0]) for text in found] == pieces, found
    assert all("joined only by a well" in text for text in found)
