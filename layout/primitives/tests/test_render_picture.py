"""Pictures: the right size and colours, and wrong input refused."""

import struct

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.primitives.render import STYLES, render
from neusoc.pdk.layers import LABEL, LAYERS


@pytest.fixture
def bars(tmp_path):
    layout = db.Layout()
    cell = layout.create_cell("bars")
    for i, metal in enumerate(("met1", "met2", "met3")):
        cell.shapes(layout.layer(*LAYERS[metal])).insert(db.DBox(0, 4 * i, 20, 4 * i + 2))
    layout.write(str(tmp_path / "bars.gds"))
    return tmp_path / "bars.gds"


def _size(png):
    data = png.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def _colours(png):
    import klayout.db  # noqa: F401  (PixelBuffer lives in lay)
    import klayout.lay as lay

    image = lay.PixelBuffer.read_png(str(png))
    return {
        image.pixel(x, y) & 0xFFFFFF for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)
    }


def test_render_picture_has_the_layout_s_shape(bars, tmp_path):
    width, height = _size(render(bars, tmp_path / "bars.png", 300))
    assert width == 300
    assert height == pytest.approx(300 * 10.6 / 20.6, abs=2)


def test_render_picture_has_room_for_a_label_at_its_right_edge(bars, tmp_path):
    layout = db.Layout()
    layout.read(str(bars))
    layout.top_cell().shapes(layout.layer(LAYERS["met3"][0], LABEL)).insert(db.DText("spike_1v8", 20.0, 9.0))
    layout.write(str(bars))
    wide, narrow = (
        _size(render(bars, tmp_path / "label.png", 300, labels=labels)) for labels in (True, False)
    )
    assert wide[0] == narrow[0] and wide[1] < narrow[1]


def test_render_picture_draws_the_chosen_layers_only(bars, tmp_path):
    found = _colours(render(bars, tmp_path / "one.png", 300, layers=("capm", "met3"), labels=False))
    assert len(found) > 1
    everything = _colours(render(bars, tmp_path / "all.png", 300, labels=False))
    assert found < everything | found and len(everything) > len(found)


def test_render_picture_knows_every_style():
    assert set(STYLES) <= set(LAYERS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"top": "other"}, "has no cell other"), ({"layers": ("met9",)}, "'met9' has no style")],
)
def test_render_picture_refuses_wrong_input(bars, tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        render(bars, tmp_path / "x.png", 100, **arguments)
    assert not (tmp_path / "x.png").exists()


def test_render_picture_refuses_what_is_no_gds(tmp_path):
    (tmp_path / "x.gds").write_text("no gds")
    with pytest.raises(UserError, match="x.gds: not a readable GDS"):
        render(tmp_path / "x.gds", tmp_path / "x.png")
    with pytest.raises(UserError, match="y.gds: not found"):
        render(tmp_path / "y.gds", tmp_path / "x.png")
