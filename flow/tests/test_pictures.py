"""The README's pictures: drawn of a built chip, named parts at their places; a chip without them is told."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.flow import pictures
from neusoc.layout.top.netlist import macros
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS


@pytest.fixture
def chip_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a small chip that has every named part but one, each a square of met1 at a place of its own."""
    monkeypatch.setattr(pictures, "IMAGES", tmp_path / "img")
    monkeypatch.setattr(pictures, "chip_gds", lambda _: tmp_path / "chip.gds")
    (tmp_path / "img").mkdir()

    def write(absent: str) -> Path:
        layout = db.Layout()
        top = layout.create_cell("top")
        names = {*macros(load_chip("mini")), *(name.format(rows=8, columns=8) for name in pictures.LABELS)} - {absent}
        for place, name in enumerate(sorted(names)):
            cell = layout.create_cell(name)
            cell.shapes(layout.layer(*LAYERS["met1"])).insert(db.DBox(0, 0, 50, 50))
            top.insert(db.DCellInstArray(cell.cell_index(), db.DTrans(100.0 * (place % 4), 100.0 * (place // 4))))
        return write_gds(layout, tmp_path / "chip.gds")

    return write


def test_pictures_of_the_readme_are_drawn(chip_without) -> None:
    chip_without("")
    made = pictures.render_readme(load_chip("mini"))
    assert len(made) == 4 and all(path.read_bytes().startswith(b"\x89PNG") for path in made)
    layout = db.Layout()
    layout.read(str(pictures.chip_gds(None)))
    where, count = pictures._first(layout, "controller")
    assert count == 1 and (where.width(), where.height()) == (50, 50)


def test_pictures_tell_what_the_chip_has_not(chip_without) -> None:
    with pytest.raises(UserError, match="chip.gds: not found .*make gds CHIP=mini"):
        pictures.render_readme(load_chip("mini"))
    chip_without("neuron")
    with pytest.raises(UserError, match="has no cell neuron; the README's pictures are of a chip with the first core"):
        pictures.render_readme(load_chip("mini"))
