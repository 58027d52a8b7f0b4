"""Nets and channels of a small drawn core, and of the chip's: where currents enter, and faults that are
planted in the drawing."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import numpy as np
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Report
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.pdk.layers import LAYERS, label_layer, pin_layer
from neusoc.software.emulator.parameters import parameter
from neusoc.verification.power.analysis import Worst, examine
from neusoc.verification.power.cases import Case, Load, Places
from neusoc.verification.power.currents import Currents
from neusoc.verification.power.nets import CoreNets, Terminals
from neusoc.verification.power.power import check_core, figures_of, table_of

DBU = 0.001
TABLE = [("load", {"vdd": "vdd1v8", "out": f"out{i}"}) for i in range(2)]
LIMIT_MV = 20.0


def box(cell: db.Cell, layer: tuple[int, int], *rect: float) -> None:
    cell.shapes(cell.layout().layer(*layer)).insert(db.DBox(*rect))


def text(cell: db.Cell, metal: str, name: str, x: float, y: float) -> None:
    cell.shapes(cell.layout().layer(*label_layer(metal))).insert(db.DText(name, x, y))


def small_core(cut: bool = False, vias: int = 40, width: float = 2.0) -> db.Layout:
    """Two blocks of one channel of 4 um, vdd on met1, under a met4 strap with its pin at the top.

    Args:
        cut: the strap is cut between the blocks.
        vias: cuts of each layer at each block.
        width: width of the strap between the blocks, um.
    """
    layout = db.Layout()
    layout.dbu = DBU
    load, top = layout.create_cell("load"), layout.create_cell("core")
    box(load, LAYERS["diff"], 0, 0, 2, 4)
    box(load, LAYERS["poly"], 0.85, -0.2, 1.15, 4.2)
    for x in (0.3, 1.5):
        for y in np.arange(0.3, 3.6, 0.4):
            for cut_layer in ("licon1", "mcon"):
                box(load, LAYERS[cut_layer], x, y, x + 0.17, y + 0.17)
        box(load, LAYERS["li1"], x - 0.05, 0.2, x + 0.22, 3.8)
        box(load, LAYERS["met1"], x - 0.05, 0.2, x + 0.22, 3.8)
    text(load, "met1", "vdd", 0.35, 1.0)
    text(load, "met1", "out", 1.55, 1.0)
    for y in (0.0, 50.0):
        top.insert(db.DCellInstArray(load.cell_index(), db.DTrans(0, y)))
        for metal in ("met1", "met2", "met3"):
            box(top, LAYERS[metal], -2.2, y + 0.2, 0.5 if metal == "met1" else -0.2, y + 3.8)
        for index in range(vias):
            for via, side in (("via", 0.15), ("via2", 0.2), ("via3", 0.2)):
                x, low = -2.0 + 0.4 * (index % 5), y + 0.4 + 0.4 * (index // 5)
                box(top, LAYERS[via], x, low, x + side, low + side)
    box(top, LAYERS["met4"], -2.2, 0, -0.2, 20)
    box(top, LAYERS["met4"], -2.2, 20.3 if cut else 20, -2.2 + width, 45)
    box(top, LAYERS["met4"], -2.2, 45, -0.2, 60)
    box(top, pin_layer("met4"), -2.2, 59, -0.2, 60)
    text(top, "met4", "vdd1v8", -1.2, 59.5)
    return layout


def examined(layout: db.Layout, amperes: float = 2.5e-3) -> tuple[Worst, Places]:
    """Both blocks draw the same current."""
    places = Places(CoreNets(layout, "core"), TABLE)
    loads = tuple(places.loads("vdd1v8", "load", amperes))
    cases = [Case("vdd1v8", "vdd1v8", "set", "", loads, None, LIMIT_MV)] if loads else []
    return examine(places, cases), places


def missed(worst: Worst, places: Places) -> set[str]:
    return {figure.name for figure in figures_of(worst, places) if not figure.passes}


def test_current_enters_by_the_contacts_of_the_channel() -> None:
    places = Places(CoreNets(small_core(), "core"), TABLE)
    end, other = (load.at for load in places.loads("vdd1v8", "load", 1.0))
    assert end.layer == "li1" and len(end.points) == 9 and end.weights == pytest.approx([1 / 9] * 9)
    assert set(end.points[:, 0] * DBU) == {0.385} and set(other.points[:, 1] // 50_000) == {1}


def test_sound_core_is_within_its_limits() -> None:
    worst, places = examined(small_core())
    assert missed(worst, places) == set()
    assert worst.drop["vdd1v8", "set"].drop_mv > 0


def test_planted_cut_strap_is_told() -> None:
    worst, places = examined(small_core(cut=True))
    assert missed(worst, places) == {"blocks_off_their_net"} and places.off == {"vdd1v8": 1}


def test_planted_narrow_strap_is_told() -> None:
    sound, narrow = examined(small_core())[0], examined(small_core(width=0.3))
    assert missed(*narrow) == {"vdd1v8.set.density"}
    key = ("vdd1v8", "set")
    assert narrow[0].drop[key].ohm > 1.3 * sound.drop[key].ohm and narrow[0].density[
        key
    ].density.at.startswith("met4 at ")


def test_planted_missing_vias_are_told() -> None:
    worst, places = examined(small_core(vias=1))
    assert {"vdd1v8.set.drop", "vdd1v8.set.density"} <= missed(worst, places)
    assert worst.density["vdd1v8", "set"].density.at.startswith("via at ")
    worst, places = examined(small_core(vias=0))
    assert missed(worst, places) == {"blocks_off_their_net", "pieces_of_metal"} and places.off == {
        "vdd1v8": 2
    }


def test_metal_without_a_way_to_the_pin_is_told() -> None:
    places = Places(CoreNets(small_core(), "core"), TABLE)
    load, _ = places.loads("vdd1v8", "load", 1e-3)
    beside = Load(
        "beside", Terminals(load.at.layer, load.at.points + (1200, 0), load.at.weights), 1e-3
    )  # the contacts of `out`
    lost = examine(places, [Case("vdd1v8", "vdd1v8", "set", "", (load, beside), None, LIMIT_MV)])
    assert lost.unreached == ["vdd1v8, set: beside"] and not lost.drop
    assert "currents_without_a_way" in missed(lost, places)


def test_core_of_another_netlist_is_told() -> None:
    places = Places(CoreNets(small_core(), "core"), TABLE)
    with pytest.raises(UserError, match="no block leads to the net vpp"):
        places.net("vpp")
    with pytest.raises(UserError, match="no channel between vdd1v8 and vdd1v8"):
        places.ends("vdd1v8", "vdd1v8")
    with pytest.raises(UserError, match=r"core.spice: has no .subckt core"):
        table_of(".subckt other a\n.ends\n", "core", "core.spice")
    with pytest.raises(UserError, match="calls b, which it lacks"):
        table_of(".subckt core a\nx1 a b\n.ends\n", "core", "core.spice")


def test_core_without_a_drawing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent.gds: not a readable GDS"):
        check_core(load_chip("mini"), tmp_path / "absent.gds", tmp_path / "absent.spice")


def test_currents_are_the_larger_of_limit_and_measurement() -> None:
    currents = Currents(load_chip("tapeout"))
    assert currents.reset_a == pytest.approx(250e-6) and currents.learn_a == pytest.approx(
        150e-6
    )  # limits, above what was measured
    measured = max(parameter(f"dac6.static_most.{source}") for source in ("schematic", "extracted"))
    assert currents.most("dac6", "static_most") == pytest.approx(max(measured, 20e-6))
    with pytest.raises(UserError, match="has no figure area of analog.dac6"):
        currents.most("dac6", "area")


@pytest.fixture(scope="module")
def mini() -> Report:
    chip = load_chip("mini")
    build_blocks(chip)
    folder = blocks_dir(chip)
    return check_core(chip, folder / f"{CELL}.gds", folder / f"{CELL}.spice")


MISSED = {
    "bl.image.drop",
    "sl.set.drop",
    "sl.learn.drop",
}  # README.md says why; fails as well once one is met


@pytest.mark.full
def test_core_of_mini_misses_what_is_known(mini: Report) -> None:
    assert {figure.name for figure in mini.figures if not figure.passes} == MISSED


@pytest.mark.full
def test_core_of_mini_with_a_cut_trunk_is_told(tmp_path: Path) -> None:
    chip = load_chip("mini")
    build_blocks(chip)
    folder, layout = blocks_dir(chip), db.Layout()
    layout.read(str(folder / f"{CELL}.gds"))
    top, met4 = layout.cell(CELL), layout.layer(*LAYERS["met4"])
    nets = CoreNets(layout, CELL)
    ((_, pin),) = nets.pins("vdd1v8")
    gap = db.Region(db.Box(pin.left - 10, pin.bottom - 60_000, pin.right + 10, pin.bottom - 59_000))
    rest = db.Region(top.shapes(met4)) - gap
    top.shapes(met4).clear()
    top.shapes(met4).insert(rest)
    layout.write(str(tmp_path / f"{CELL}.gds"))
    report = check_core(chip, tmp_path / f"{CELL}.gds", folder / f"{CELL}.spice")
    off = next(figure for figure in report.figures if figure.name == "blocks_off_their_net")
    assert not off.passes and off.at and "vdd1v8" in off.at
