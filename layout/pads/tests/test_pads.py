"""Protection of the pads: three decks, LVS, views that agree, rails as low as the diodes were judged with,
and faults that are caught."""

from __future__ import annotations

import re
from pathlib import Path

import klayout.db as db
import pytest
import yaml
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.base.paths import ROOT
from neusoc.layout.core.lef import drawn_pins, write_lef
from neusoc.layout.core.registry import blocks
from neusoc.layout.pads.netlist import connections, spice
from neusoc.layout.pads.pads import PIN_DEPTH
from neusoc.pdk.layers import LAYERS
from neusoc.pdk.technology import sheet_resistance
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs

CHIP = load_chip("mini")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """GDS and netlist."""
    return blocks(CHIP)[PADS_CELL].write(tmp_path_factory.mktemp("pads"))


@pytest.mark.full
def test_pads_signoff_is_clean(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    drc = run_drc(drawn[0], PADS_CELL, tmp_path / "drc")
    assert drc.clean, drc.violations or drc.errors


def test_pads_match_their_netlist(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    lvs = run_lvs(drawn[0], PADS_CELL, [drawn[1]], tmp_path / "lvs", whole_nets=True)
    assert lvs.clean, lvs.messages()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("vtest_pad vtest vdd1v8", "vobserve_pad vtest vdd1v8"),
        ("vobserve_pad vpp vss esd_pad", "vobserve vpp vss esd_pad"),
        ("vpp vpp vss esd_pad", "vdd1v8 vpp vss esd_pad"),
    ],
)
def test_pads_lvs_sees_a_crossed_net(old: str, new: str, drawn: tuple[Path, Path], tmp_path: Path) -> None:
    text, netlist = drawn[1].read_text(), tmp_path / "crossed.spice"
    assert old in text
    netlist.write_text(text.replace(old, new, 1))
    lvs = run_lvs(drawn[0], PADS_CELL, [netlist], tmp_path / "lvs", whole_nets=True)
    assert not lvs.clean


def test_pads_views_agree(drawn: tuple[Path, Path], tmp_path: Path) -> None:
    wanted = [pin.name for pin in pads_pins(CHIP)]
    layout = db.Layout()
    layout.read(str(drawn[0]))
    pins = drawn_pins(layout, PADS_CELL)
    assert sorted(pins) == sorted(wanted)
    header = re.search(rf"^\.subckt {PADS_CELL} (.*)$", spice(CHIP).replace("\n+ ", " "), re.M)
    assert header and header[1].split() == wanted
    lef = write_lef(CHIP, PADS_CELL, drawn[0], tmp_path / "pads.lef").read_text()
    assert re.findall(r"^  PIN (\S+)$", lef, re.M) == wanted
    top = layout.cell(PADS_CELL).dbbox(layout.layer(*LAYERS["prbndry"])).top
    assert all(
        metal == "met4" and box.top == pytest.approx(top) and box.height() == pytest.approx(PIN_DEPTH)
        for shapes in pins.values()
        for metal, box in shapes
    )


def test_pads_hold_every_pad_of_the_chip() -> None:
    chip, parts = CHIP, PARTS
    assert {*parts.guarded, *parts.plain} == set(chip.pads)
    by_cell: dict[str, list[dict[str, str]]] = {}
    for _, cell, nets in connections(chip):
        by_cell.setdefault(cell, []).append(nets)
    assert len(by_cell["esd_clamp"]) == 1
    assert {nets["pad"] for nets in by_cell["esd_pad"]} == {
        guarded_pad(net) if net in parts.guarded else net for net in chip.pads
    }
    assert {(nets["pad"], nets["gate"]) for nets in by_cell["esd_second"]} == {
        (guarded_pad(net), net) for net in parts.guarded
    }


def test_pads_rails_are_as_low_as_the_diodes_were_judged_with(drawn: tuple[Path, Path]) -> None:
    """Squares of met4 from the middle of the outermost diodes to that of the clamp, for vpp and for the one
    rail of vss beside them."""
    judged = yaml.safe_load((ROOT / "analog" / "esd_pad" / "esd_pad.yaml").read_text())["setup"]["rail_ohm"]
    layout = db.Layout()
    layout.read(str(drawn[0]))
    top = layout.cell(PADS_CELL)
    met4 = db.Region(top.begin_shapes_rec(layout.layer(*LAYERS["met4"]))).merged()
    width = top.dbbox(layout.layer(*LAYERS["prbndry"])).width()
    cells = [inst.dbbox() for inst in top.each_inst() if inst.cell.name == "esd_pad"]
    reach = width / 2 - min(box.center().x for box in cells)
    line = db.Region(db.DBox(width * 0.2, 0, width * 0.2 + 0.01, 1000).to_itype(layout.dbu))
    rails = sorted(box.bbox().height() * layout.dbu for box in (met4 & line).each())
    assert len(rails) == 3
    assert all(sheet_resistance()["met4"] * reach / rail <= judged for rail in rails)
