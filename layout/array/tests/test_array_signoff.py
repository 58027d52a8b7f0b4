"""Array generator: three DRC decks and LVS on small sizes, every kind of tile included; and that a fault is
caught."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.layout.array.array import array
from neusoc.layout.array.netlist import spice
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs


def _write(rows: int, columns: int, folder: Path) -> tuple[Path, Path, str]:
    component = array(rows=rows, columns=columns)
    gds, netlist = folder / f"{component.name}.gds", folder / f"{component.name}.spice"
    component.write_gds(gds, with_metadata=False)
    netlist.write_text(spice(rows, columns))
    return gds, netlist, component.name


@pytest.mark.full
@pytest.mark.parametrize(("rows", "columns"), [(16, 26), (8, 8), (66, 70)])
def test_array_drc_is_clean(rows: int, columns: int, tmp_path: Path) -> None:
    gds, _, name = _write(rows, columns, tmp_path)
    result = run_drc(gds, name, tmp_path / "drc")
    assert result.clean, result.violations or result.errors


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (16, 26), (66, 70), (64, 64), (256, 256)])
def test_array_lvs_matches(rows: int, columns: int, tmp_path: Path) -> None:
    gds, netlist, name = _write(rows, columns, tmp_path)
    result = run_lvs(gds, name, [netlist], tmp_path / "lvs", whole_nets=True)
    assert result.clean, result.messages()
    assert result.devices == (2 * rows * columns, 2 * rows * columns)
    assert "synapse_pair" in result.kept


def test_array_lvs_sees_word_lines_swapped_between_tiles(tmp_path: Path) -> None:
    gds, netlist, name = _write(66, 70, tmp_path)
    text = netlist.read_text()
    call = text.index("xtile0_1")
    swapped = text[:call] + text[call:].replace("wl[0] wl[1] ", "wl[1] wl[0] ", 1)
    assert swapped != text
    netlist.write_text(swapped)
    assert not run_lvs(gds, name, [netlist], tmp_path / "lvs").clean


def test_array_lvs_sees_a_cut_bit_line(tmp_path: Path) -> None:
    gds, netlist, name = _write(8, 8, tmp_path)
    layout = db.Layout()
    layout.read(str(gds))
    top = layout.cell(name)
    metal = layout.layer(*LAYERS["met2"])
    stubs = [s for s in top.shapes(metal).each() if s.bbox().bottom == top.bbox().bottom]
    top.shapes(metal).erase(stubs[0])
    layout.write(str(gds))
    assert not run_lvs(gds, name, [netlist], tmp_path / "lvs").clean
