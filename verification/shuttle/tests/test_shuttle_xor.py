"""The rim against the golden frame: the harness' own file is equal to itself, and what is planted into the
rim is found."""

import subprocess

import klayout.db as db
import pytest
from neusoc.layout.top.frame import DIE, TOP, draw_frame, frame_source, outer_metal
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer
from neusoc.verification.shuttle.frame_xor import LayerShapes, frame_differences, golden_rim, rim_of
from neusoc.verification.shuttle.tests.wrapper_faults import RIM_FAULTS, draw, wrapper_layout
from neusoc.verification.signoff.gds import read_layout

SEEDS = 20


def test_shuttle_xor_of_the_harness_and_of_a_sound_wrapper(tmp_path):
    assert frame_differences(frame_source()) == []
    assert frame_differences(draw(tmp_path / "sound.gds")) == []


def test_shuttle_xor_sees_the_pads_that_reach_farther_than_their_pins(tmp_path):
    """Nine pads on the left have metal outside the die and no pin there."""
    layout = db.Layout()
    cell = layout.create_cell(TOP)
    draw_frame(layout, cell)
    metal = cell.shapes(layout.layer(*LAYERS["met3"]))
    gone = {db.Box(*rect[1:]) for rect in outer_metal()}
    for shape in [shape for shape in metal.each(db.Shapes.SBoxes) if shape.box in gone]:
        shape.delete()
    found = frame_differences(write_gds(layout, tmp_path / "short.gds"))
    assert len(found) == len(gone) == 9 and {d.layer for d in found} == {"70/20"}


@pytest.mark.parametrize("change", RIM_FAULTS)
def test_shuttle_xor_finds_planted_faults(tmp_path, change):
    missed = [
        seed for seed in range(SEEDS) if not frame_differences(draw(tmp_path / "changed.gds", change, seed))
    ]
    assert missed == []


def _inside(layout, top, _):
    for metal in ("met1", "met2", "met5"):
        top.shapes(layout.layer(*LAYERS[metal])).insert(db.Box(0, 0, *DIE))


def _rings(layout, top, _):
    top.shapes(layout.layer(*LAYERS["met5"])).insert(db.Box(-30_000, 0, -20_000, DIE[1]))
    top.shapes(layout.layer(*LAYERS["met4"])).insert(db.Box(0, -30_000, DIE[0], -20_000))


def _far(layout, top, _):
    top.shapes(layout.layer(*LAYERS["met1"])).insert(db.Box(-90_000, 0, -80_000, 10_000))


def _texts(layout, top, _):
    for purpose in (pin_layer, label_layer):
        top.shapes(layout.layer(*purpose("met2"))).insert(db.Text("note", db.Trans(-2000, 5000)))


@pytest.mark.parametrize("change", [_inside, _rings, _far, _texts])
def test_shuttle_xor_leaves_alone_what_the_tool_erases(tmp_path, change):
    assert frame_differences(draw(tmp_path / "other.gds", change)) == []


def _written(drawing: LayerShapes, path):
    layout = db.Layout()
    layout.dbu = 0.001
    cell = layout.create_cell("xor_target")
    for (layer, datatype), region in drawing.items():
        cell.shapes(layout.layer(layer, datatype)).insert(region)
    return write_gds(layout, path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(SEEDS))
def test_shuttle_xor_counts_as_the_script_of_the_tool(tmp_path, seed):
    """cf-precheck's own XOR by KLayout, on the two rims."""
    script = frame_source().parents[2] / "drc_scripts" / "xor.rb.drc"
    gds = draw(tmp_path / "changed.gds", RIM_FAULTS[seed % len(RIM_FAULTS)], seed)
    layout = read_layout(gds, TOP)
    a, b = (
        _written(rim_of(layout, layout.cell(TOP)), tmp_path / "a.gds"),
        _written(golden_rim(), tmp_path / "b.gds"),
    )
    values = {
        "ext": "gds",
        "top_cell": "xor_target",
        "thr": 1,
        "a": a,
        "b": b,
        "o": tmp_path / "x.gds",
        "ol": tmp_path / "x.gds",
    }
    command = ["klayout", "-b", "-r", script, "-rd", f"xor_total_file_path={tmp_path / 'total'}"]
    subprocess.run(
        [*command, *(w for k, v in values.items() for w in ("-rd", f"{k}={v}"))],
        check=True,
        capture_output=True,
        timeout=600,
    )
    assert int((tmp_path / "total").read_text()) == len(frame_differences(gds)) > 0


def test_shuttle_xor_of_an_empty_die_is_not_equal(tmp_path):
    layout, top = wrapper_layout()
    for index in layout.layer_indexes():
        top.shapes(index).clear()
    assert len(frame_differences(write_gds(layout, tmp_path / "bare.gds"))) > 600
