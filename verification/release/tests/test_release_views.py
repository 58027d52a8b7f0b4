"""Views of a released macro: those of an array agree, and a fault planted into any of them is told of that
view."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.layout.array.plan import Plan
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer
from neusoc.verification.release.loads import Loads
from neusoc.verification.release.macro import Macro, array_macro, cdl_text, require_netlist, verilog_text
from neusoc.verification.release.release import _lef, write_views
from neusoc.verification.release.views import ENDINGS, compare, unlike_table

ROWS, COLUMNS = 8, 8
NAME = Plan(ROWS, COLUMNS).name
LOADS = Loads(
    {"wl": 0.02, "bl": 0.03, "sl": 0.01}, ""
)  # numbers of no array: what is measured has tests of its own


@pytest.fixture(scope="module")
def macro() -> Macro:
    return array_macro(ROWS, COLUMNS)


@pytest.fixture(scope="module")
def sound(macro: Macro, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_views(macro, macro.netlist(), lambda *_: LOADS, _lef, folder)
    return folder


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "copy"))


def test_release_views_agree(macro: Macro, sound: Path) -> None:
    found = compare(sound, NAME, macro.supplies)
    assert len(found) == 8 and not any(found.values()), found
    assert unlike_table(sound, NAME, macro.pins) == []


def test_release_gds_is_the_array_moved_to_the_origin(sound: Path) -> None:
    from neusoc.layout.array.array import array
    from neusoc.layout.array.plan import MARGIN

    layout = db.Layout()
    layout.read(str(sound / f"{NAME}.gds"))
    drawn = array(rows=ROWS, columns=COLUMNS)
    for name in ("diff", "poly", "met1", "met2", "met3", "reram"):
        here = db.Region(layout.cell(NAME).begin_shapes_rec(layout.layer(*LAYERS[name]))).merged()
        there = db.Region(
            drawn.kdb_cell.begin_shapes_rec(drawn.kcl.layer(db.LayerInfo(*LAYERS[name])))
        ).merged()
        there.move(db.Vector(round(MARGIN * 1000), round(MARGIN * 1000)))
        assert not here.is_empty() and (here ^ there).is_empty(), name


def test_release_is_written_alike_twice(macro: Macro, sound: Path, tmp_path: Path) -> None:
    write_views(macro, macro.netlist(), lambda *_: LOADS, _lef, tmp_path)
    files = sorted(path.name for path in sound.iterdir())
    assert files == sorted(f"{NAME}{ending}" for view, ending in ENDINGS.items() if view != "datasheet")
    assert [name for name in files if (sound / name).read_bytes() != (tmp_path / name).read_bytes()] == []


def test_release_lef_has_antennas_of_gates_and_sources(sound: Path) -> None:
    text = (sound / f"{NAME}.lef").read_text()
    word_line = re.search(r"PIN wl\[0\].*?END wl\[0\]", text, re.S)[0]
    assert f"ANTENNAGATEAREA {COLUMNS * 0.5:g} LAYER met3" in word_line  # gates of 1.0 x 0.5 um
    assert "ANTENNADIFFAREA" in re.search(r"PIN sl\[0\].*?END sl\[0\]", text, re.S)[0]
    assert "ANTENNA" not in re.search(r"PIN bl\[0\].*?END bl\[0\]", text, re.S)[0]  # behind ReRAMs
    assert {"li1", "met1", "met2", "met3", "met4"} == set(
        re.findall(r"LAYER (\w+) ;", text.partition("  OBS")[2])
    )


# ending of the file -> (view that must tell, what it must name, pattern, what takes its place)
TEXT_FAULTS = [
    (".lef", "gds", "size", r"BY 10.060", "BY 10.160"),
    (".lef", "gds", "wl[3]", r"(?s)  PIN wl\[3\].*?END wl\[3\]\n", ""),
    (".lef", "gds", "bl[2]", r"(PIN bl\[2\].*?LAYER )met2", r"\1met3"),
    (".lef", "liberty", "bl[1]", r"(PIN bl\[1\]\n    DIRECTION )INOUT", r"\1INPUT"),
    (".lef", "gds", "sl[1]", r"(PIN sl\[1\].*?RECT )([\d.]+)", r"\g<1>12.250"),
    (".lef", "gds", "met1 at (", r"(  OBS.*?LAYER met1 ;.*?RECT [^\n]*\n)      RECT [^\n]*\n", r"\1"),
    (".lef", "gds", "met2 at (", r"(  OBS.*?LAYER met2 ;\n      RECT 1.000 1.000 )12", r"\g<1>11"),
    (".lef", "gds", "met3 at (", r"(  OBS.*?)LAYER met3 ;", r"\1LAYER met5 ;"),
    (".lib", "liberty", "area", r"area : [\d.]+", "area : 100"),
    (".lib", "liberty", "wl[0]", r'(bus \("wl"\).*?direction : )"input"', r'\1"output"'),
    (".lib", "liberty", "bl[7]", r'(type \("bl_bus"\).*?bit_width : )8(.*?bit_from : )7', r"\g<1>7\g<2>6"),
    (".lib", "liberty", "width", r"bit_width : 8", "bit_width : 9"),
    (".lib", "liberty", "vss", r'(?s) +pg_pin \("vss"\) \{.*?\}\n', ""),
    (".lib", "liberty", "capacitance", r"capacitance : 0.02", "capacitance : 0"),
    (".lib", "liberty", "voltage_map", r"voltage_map [^\n]*\n", "\n"),
    (".lib", "liberty", "slew_upper_threshold_pct_fall", r"slew_upper_threshold_pct_fall [^\n]*\n", "\n"),
    (".lib", "liberty", "Liberty", r"\}\s*\Z", ""),
    (".v", "verilog", "sl[3]", r"\[3:0\]   sl", "[2:0]   sl"),
    (".v", "verilog", "wl[0]", r"input  wire \[7:0\]   wl", "output wire [7:0]   wl"),
    (".v", "verilog with USE_POWER_PINS", "vss", r"    inout  wire         vss,\n", ""),
    (".v", "verilog", "vss", r"`ifdef USE_POWER_PINS\n(.*\n)`endif\n", r"\1"),
    (".v", "verilog", NAME, rf"module {NAME}", "module another"),
    (".pnl.v", "powered verilog", "vss", r"    inout  wire         vss,\n", ""),
    (".pnl.v", "powered verilog", "bl[0]", r"inout  wire \[7:0\]   bl", "input  wire [7:0]   bl"),
    (".spice", "spice", "order", r"(\.subckt array_8x8 )wl\[0\] wl\[1\]", r"\1wl[1] wl[0]"),
    (".spice", "spice", "bl[0]", r"bl\[0\]", "bit[0]"),
    (".spice", "cdl", "xpair0_0", r"xpair0_0 bl\[0\]", "xpair0_0 bl[1]"),
    (".spice", "spice", NAME, rf"\.subckt {NAME} ", ".subckt another "),
    (".cdl", "cdl", "wl[2]", r"wl\[2\]:I", "wl[2]:O"),
    (".cdl", "cdl", "wl[2]", r" wl\[2\]:I", ""),
    (".cdl", "cdl", "cell0", r"w=1u", "w=1.1u"),
    (".cdl", "cdl", "order", r"(\.subckt array_8x8 )wl\[0\] wl\[1\]", r"\1wl[1] wl[0]"),
    (".cdl", "cdl", "more devices", r"xpair3_7 [^\n]*\n", ""),
]


@pytest.mark.parametrize(("ending", "view", "named", "pattern", "instead"), TEXT_FAULTS)
def test_release_views_tell_a_planted_fault(
    ending: str, view: str, named: str, pattern: str, instead: str, macro: Macro, copy: Path
) -> None:
    path = copy / f"{NAME}{ending}"
    text = path.read_text()
    damaged, count = re.subn(pattern, instead, text, count=1, flags=re.S)
    assert count == 1 and damaged != text
    path.write_text(damaged)
    lines = compare(copy, NAME, macro.supplies)[view]
    assert any(named in line for line in lines), lines


def _edit(path: Path, edit) -> None:
    layout = db.Layout()
    layout.read(str(path))
    edit(layout, layout.cell(NAME))
    write_gds(layout, path)


def _moved_pin(layout: db.Layout, cell: db.Cell) -> None:
    shape = next(s for s in cell.shapes(layout.layer(*pin_layer("met2"))).each())
    shape.transform(db.Trans(db.Vector(2, 0)))  # 2 nm: off the grid


def _renamed(layout: db.Layout, cell: db.Cell) -> None:
    next(
        s for s in cell.shapes(layout.layer(*label_layer("met3"))).each() if s.text_string == "wl[5]"
    ).text_string = "wl[8]"


def _unlabelled(layout: db.Layout, cell: db.Cell) -> None:
    next(
        s for s in cell.shapes(layout.layer(*label_layer("met1"))).each() if s.text_string == "sl[0]"
    ).delete()


def _other_metal(layout: db.Layout, cell: db.Cell) -> None:
    for of in (pin_layer, label_layer):
        shapes = cell.shapes(layout.layer(*of("met2")))
        cell.shapes(layout.layer(*of("met4"))).insert(shapes)
        shapes.clear()


def _larger(layout: db.Layout, cell: db.Cell) -> None:
    cell.shapes(layout.layer(*LAYERS["prbndry"])).insert(db.DBox(0, 0, 20, 5))


def _beyond(layout: db.Layout, cell: db.Cell) -> None:
    cell.shapes(layout.layer(*LAYERS["met1"])).insert(db.DBox(-1, 0, 1, 1))


def _wire_on_the_edge(layout: db.Layout, cell: db.Cell) -> None:
    cell.shapes(layout.layer(*LAYERS["met4"])).insert(db.DBox(3, 0.2, 5, 0.6))


GDS_FAULTS = [
    (_moved_pin, "met2 rectangle"),
    (_renamed, "wl[8]"),
    (_unlabelled, "0 labels"),
    (_other_metal, "met4 rectangle"),
    (_larger, "size"),
    (_beyond, "beyond its outline"),
    (_wire_on_the_edge, "met4 at (3,0.2;5,0.6) um"),
]


@pytest.mark.parametrize(("edit", "named"), GDS_FAULTS)
def test_release_gds_tells_a_planted_fault(edit, named: str, macro: Macro, copy: Path) -> None:
    _edit(copy / f"{NAME}.gds", edit)
    lines = compare(copy, NAME, macro.supplies)["gds"]
    assert any(named in line for line in lines), lines


@pytest.mark.parametrize("view", [view for view in ENDINGS if view != "datasheet"])
def test_release_views_tell_a_missing_file(view: str, macro: Macro, copy: Path) -> None:
    (copy / f"{NAME}{ENDINGS[view]}").unlink()
    assert any("not in copy/" in line for line in compare(copy, NAME, macro.supplies)[view])


def test_release_lef_unlike_the_pin_table_is_told(macro: Macro, sound: Path) -> None:
    pins = list(macro.pins)
    assert unlike_table(sound, NAME, pins[1:]) != []
    assert unlike_table(sound, NAME, [pins[1], pins[0], *pins[2:]]) == [
        f"{NAME}: the LEF has its pins in another order than the pin table"
    ]
    assert len(unlike_table(sound, NAME, [pins[0]._replace(use="signal"), *pins[1:]])) == 2


def test_release_texts_follow_the_pin_table(macro: Macro) -> None:
    require_netlist(macro, macro.netlist(), "own")
    assert "Mcell0 drain0 wl[0] sl vss sky130_fd_pr__nfet_g5v0d10v5 w=1u l=0.5u" in cdl_text(
        macro, macro.netlist()
    )
    assert verilog_text(macro).count("USE_POWER_PINS") == 1
