"""The check of the top's connections by name: passes what is drawn, catches a short, an open and a swapped label."""

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.pins import CELL as CORE
from neusoc.layout.top.connectivity import connected_groups, wrong_connections
from neusoc.layout.top.floorplan import place
from neusoc.layout.top.frame import TOP, frame
from neusoc.layout.top.netlist import macros, top_nets
from neusoc.layout.top.straps import strap_reserve
from neusoc.layout.top.tests.standins import assembled, lefs, write_standins
from neusoc.pdk.layers import LAYERS, label_layer


@pytest.fixture(scope="module")
def chip():
    return load_chip("mini")


@pytest.fixture(scope="module")
def drawn(chip, tmp_path_factory):
    """Frame, macros and straps; no routed signal."""
    folder = write_standins(chip, tmp_path_factory.mktemp("standins"))
    return assembled(chip, folder, place(chip, lefs(chip, folder), strap_reserve(chip)))


def _write(layout, path):
    layout.write(str(path))
    return path


def _wrong_nets(chip, path):
    """Names of the drawn nets on whose pins a line stands."""
    lines = wrong_connections(chip, path)
    drawn = {label: net.name for net in top_nets(chip) if net.drawn
             for label in (*net.frame_pins, *(f"{t.macro}.{t.pin}" for t in net.terminals))}
    return {drawn[line.split(":")[0]] for line in lines if line.split(":")[0] in drawn}


def test_top_connectivity_of_straps_is_right_and_signals_are_open(chip, drawn, tmp_path):
    lines = wrong_connections(chip, _write(drawn[0], tmp_path / "x.gds"))
    signals = {label for net in top_nets(chip) if not net.drawn
               for label in (*net.frame_pins, *(f"{t.macro}.{t.pin}" for t in net.terminals))}
    assert {line.split(":")[0] for line in lines} == signals


def test_top_connectivity_joins_the_pieces_of_open_pins(chip, drawn, tmp_path):
    groups = connected_groups(_write(drawn[0], tmp_path / "x.gds"), macros(chip))
    assert groups["io_analog[5]"] == {"io_analog[5]"}
    assert groups["vccd2"] == {"vccd2"}
    assert set(frame().pins) <= set(groups)


def test_top_connectivity_catches_a_planted_short(chip, drawn, tmp_path):
    layout = drawn[0].dup()
    tracks = drawn[1].tracks
    one, two = tracks["io_analog[4]"], tracks["io_analog[9]"]
    bridge = db.Box(two.right - 40_000, one.bottom, two.right - 20_000, two.top)
    layout.cell(TOP).shapes(layout.layer(*LAYERS["met5"])).insert(bridge)
    assert _wrong_nets(chip, _write(layout, tmp_path / "short.gds")) >= {"io_analog[4]", "io_analog[9]"}


def test_top_connectivity_catches_a_planted_open(chip, drawn, tmp_path):
    layout = drawn[0].dup()
    track = drawn[1].tracks["io_analog[4]"]
    gap = db.Region(db.Box(track.left + 100_000, track.bottom, track.left + 110_000, track.top))
    shapes = layout.cell(TOP).shapes(layout.layer(*LAYERS["met5"]))
    cut = db.Region(shapes) - gap
    shapes.clear()
    shapes.insert(cut)
    assert _wrong_nets(chip, _write(layout, tmp_path / "open.gds")) == {"io_analog[4]"}


def test_top_connectivity_catches_swapped_labels(chip, drawn, tmp_path):
    layout = drawn[0].dup()
    texts = {s.text_string: s for s in layout.cell(CORE).shapes(layout.layer(*label_layer("met4"))).each(db.Shapes.STexts)}
    texts["vth"].text_string, texts["vlk"].text_string = "vlk", "vth"
    assert _wrong_nets(chip, _write(layout, tmp_path / "swapped.gds")) == {"vth", "vlk"}
