"""The harness frame: what it holds, and that a changed pin is found."""

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.top.frame import (
    DIE,
    TOP,
    differences,
    draw_frame,
    frame,
    frame_check,
    frame_source,
    outer_metal,
)
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer


def _drawn(path, change=None):
    layout = db.Layout()
    cell = layout.create_cell(TOP)
    draw_frame(layout, cell)
    if change:
        change(layout, cell)
    layout.write(str(path))
    return path


def test_top_frame_is_the_harness():
    found = frame()
    assert found.outline == (0, 0, *DIE)
    assert len(found.pins) == 663
    assert sum(len(pin.shapes) for pin in found.pins.values()) == 690
    assert len(found.pins["io_analog[4]"].shapes) == 6
    assert found.pins["wbs_dat_o[31]"].direction == "output"
    assert found.pins["la_oenb[0]"].direction == "input"
    assert found.pins["vccd1"].direction == "inout"


def test_top_frame_of_the_harness_equals_itself(tmp_path):
    assert differences(frame_source()) == []
    figures = frame_check(_drawn(tmp_path / "same.gds"))
    assert all(f.passes for f in figures)


def test_top_frame_draws_the_pads_that_reach_out_of_the_die(tmp_path):
    """Nine on the left: their pins end at the die's edge, their metal does not, and the shuttle's XOR
    compares it."""
    layout = db.Layout()
    layout.read(str(_drawn(tmp_path / "x.gds")))
    drawn = {
        (m, *b) for m in ("met2", "met3") for b in _boxes(layout.cell(TOP).shapes(layout.layer(*LAYERS[m])))
    }
    ends = {
        (r.metal, r.bottom, r.top)
        for pin in frame().pins.values()
        for r in pin.shapes
        if r.left == 0 and r.metal == "met3"
    }
    assert len(outer_metal()) == 9 and {tuple(rect) for rect in outer_metal()} <= drawn
    assert all(
        (rect.left, rect.right) == (-4000, 0) and (rect.metal, rect.bottom, rect.top) in ends
        for rect in outer_metal()
    )


def _boxes(shapes):
    return [(s.box.left, s.box.bottom, s.box.right, s.box.top) for s in shapes.each(db.Shapes.SBoxes)]


def _move(layout, cell):
    shape = next(cell.shapes(layout.layer(*pin_layer("met2"))).each(db.Shapes.SBoxes))
    shape.box = shape.box.moved(5, 0)


def _rename(layout, cell):
    texts = cell.shapes(layout.layer(*pin_layer("met3"))).each(db.Shapes.STexts)
    next(s for s in texts if s.text_string == "vccd2").text_string = "vccd1"


def _drop(layout, cell):
    texts = cell.shapes(layout.layer(*pin_layer("met2"))).each(db.Shapes.STexts)
    next(s for s in texts if s.text_string == "user_clock2").delete()


def _bare(layout, cell):
    metal = cell.shapes(layout.layer(70, 20))
    next(metal.each(db.Shapes.SBoxes)).delete()


def _outline(layout, cell):
    shapes = cell.shapes(layout.layer(235, 4))
    shapes.clear()
    shapes.insert(db.Box(0, 0, DIE[0], DIE[1] - 5))


@pytest.mark.parametrize("change", [_move, _rename, _drop, _bare, _outline])
def test_top_frame_finds_a_planted_change(tmp_path, change):
    path = _drawn(tmp_path / "changed.gds", change)
    assert differences(path)
    assert not all(f.passes for f in frame_check(path))


def test_top_frame_labels_are_drawn_for_lvs(tmp_path):
    layout = db.Layout()
    layout.read(str(_drawn(tmp_path / "x.gds")))
    found = {
        s.text_string
        for m in ("met2", "met3")
        for s in layout.cell(TOP).shapes(layout.layer(*label_layer(m))).each(db.Shapes.STexts)
    }
    assert found == set(frame().pins)


def test_top_frame_refuses_another_top(tmp_path):
    layout = db.Layout()
    layout.create_cell("other")
    layout.write(str(tmp_path / "other.gds"))
    with pytest.raises(UserError, match="other.gds: has no cell"):
        frame_check(tmp_path / "other.gds")
