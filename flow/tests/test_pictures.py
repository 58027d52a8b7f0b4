"""The README's picture: drawn of the core, named parts at their places; a core without one is told."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.flow import pictures
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS


@pytest.fixture
def core_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a small core that has every named part but one, each a square of met1 at a place of its own."""
    monkeypatch.setattr(pictures, "IMAGES", tmp_path / "img")
    monkeypatch.setattr(pictures, "blocks_dir", lambda _: tmp_path)
    monkeypatch.setattr(pictures, "chip_dir", lambda _: tmp_path)
    monkeypatch.setattr(pictures, "build_blocks", lambda _: [])
    for name in ("img", "png"):
        (tmp_path / name).mkdir()

    def write(absent: str) -> Path:
        layout = db.Layout()
        top = layout.create_cell(CELL)
        names = {name.format(rows=8, columns=8) for name in pictures.LABELS} - {absent}
        for place, name in enumerate(sorted(names)):
            cell = layout.create_cell(name)
            cell.shapes(layout.layer(*LAYERS["met1"])).insert(db.DBox(0, 0, 50, 50))
            top.insert(
                db.DCellInstArray(cell.cell_index(), db.DTrans(100.0 * (place % 4), 100.0 * (place // 4)))
            )
        return write_gds(layout, tmp_path / f"{CELL}.gds")

    return write


def test_picture_of_the_readme_is_drawn(core_without) -> None:
    gds = core_without("")
    (made,) = pictures.render_readme(load_chip("mini"))
    assert made.read_bytes().startswith(b"\x89PNG")
    layout = db.Layout()
    layout.read(str(gds))
    where, count = pictures._first(layout, "neuron")
    assert count == 1 and (where.width(), where.height()) == (50, 50)


def test_picture_tells_what_the_core_has_not(core_without) -> None:
    core_without("neuron")
    with pytest.raises(UserError, match="has no cell neuron; LABELS names it"):
        pictures.render_readme(load_chip("mini"))
