"""Second core: clean on sizes that no variant has, crossed and missing wires are seen, its bit lines and its ground stay short."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.image_pins import CELL, LEVELS, core_pins
from neusoc.layout.core.image_core import image_core
from neusoc.layout.core.image_netlist import spice
from neusoc.layout.top.antenna import chip_antennas
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs


def _chip(rows: int, columns: int):
    return load_chip("mini").model_copy(update={"rows": rows, "columns": columns, "neurons": columns // 2})


def _write(rows: int, columns: int, folder: Path) -> tuple[Path, Path]:
    gds, netlist = folder / f"{CELL}.gds", folder / f"{CELL}.spice"
    image_core(_chip(rows, columns)).write_gds(gds, with_metadata=False)
    netlist.write_text(spice(_chip(rows, columns)))
    return gds, netlist


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A core of 8 x 8 as GDS and netlist; tests leave both as they are."""
    return _write(8, 8, tmp_path_factory.mktemp("image_core"))


@pytest.mark.parametrize(("rows", "columns"), [pytest.param(*s, marks=pytest.mark.full) for s in ((10, 14), (8, 40), (24, 16), (128, 128))])
def test_image_core_signoff_is_clean(rows: int, columns: int, tmp_path: Path) -> None:
    gds, netlist = _write(rows, columns, tmp_path)
    drc = run_drc(gds, CELL, tmp_path / "drc")
    assert drc.clean, drc.violations or drc.errors
    lvs = run_lvs(gds, CELL, [netlist], tmp_path / "lvs", whole_nets=True)
    assert lvs.clean, lvs.messages()


CROSSED = [                     # the first three also in the fast tier
    ("nbias cbias", "cbias nbias"), ("con_vpp wake_1v8", "wake_1v8 con_vpp"), ("vdac idac[0]", "idac[0] vdac"),
    ("bl[4] bl[5]", "bl[5] bl[4]"), ("spike_1v8[2]", "spike_1v8[1]"), ("vsense", "vread"),
    ("pair_1v8[0] pair_1v8[1]", "pair_1v8[1] pair_1v8[0]"), ("hold_1v8", "integ_1v8"), ("dac_enable_1v8", "vdd1v8"),
    ("phi_1_vpp phi_2_vpp", "phi_2_vpp phi_1_vpp"), ("sl_ground_vpp", "sl_program_vpp"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(*pair, marks=[pytest.mark.full] if k >= 3 else []) for k, pair in enumerate(CROSSED)]
)
def test_image_core_lvs_sees_crossed_nets(old: str, new: str, small: tuple[Path, Path], tmp_path: Path) -> None:
    gds, netlist = small[0], tmp_path / "crossed.spice"
    text = small[1].read_text()
    start = text.index("\nxdriver0 ")
    calls = " ".join(text[start:].split("\n+"))                 # calls of one line each
    crossed = next((line.replace(old, new, 1) for line in calls.splitlines() if f" {old} " in f"{line} "), None)
    assert crossed, f"{old}: in no call"
    whole = next(line for line in calls.splitlines() if f" {old} " in f"{line} ")
    netlist.write_text(text[:start] + calls.replace(whole, crossed))
    assert not run_lvs(gds, CELL, [netlist], tmp_path / "lvs").clean


def test_image_core_has_no_antenna_of_its_own(small: tuple[Path, Path]) -> None:
    assert not {metal: places for metal, places in chip_antennas(small[0], CELL).items() if places}


@pytest.mark.parametrize("metal", ["met2", "met3", "met4"])
def test_image_core_lvs_sees_a_missing_wire(metal: str, small: tuple[Path, Path], tmp_path: Path) -> None:
    gds, netlist = tmp_path / f"{CELL}.gds", small[1]
    layout = db.Layout()
    layout.read(str(small[0]))
    shapes = layout.cell(CELL).shapes(layout.layer(*LAYERS[metal]))
    longest = max(shapes.each(), key=lambda s: (max(s.bbox().width(), s.bbox().height()), s.bbox().left, s.bbox().bottom))
    shapes.erase(longest)
    layout.write(str(gds))
    assert not run_lvs(gds, CELL, [netlist], tmp_path / "lvs", whole_nets=True).clean


def test_image_core_pins_lie_at_the_edges_by_kind() -> None:
    """Rows at the left, neurons at the bottom, the path's controls and all levels at the top: where the chip's wires come from."""
    core, controls = image_core(_chip(8, 8)), ("sel_", "unsel_", "sl_", "wl_", "con_", "dac_", "adc_")
    box = core.dbbox()
    at = {port.name: port for port in core.ports}
    assert {pin.name for pin in core_pins(_chip(8, 8))} == set(at)
    for name, port in at.items():
        x, y = port.dcenter
        if name.startswith(("row_", "phi_")):
            assert x == pytest.approx(box.left), name
        elif name in (*LEVELS, "vtest", "vpp", "vdd1v8", "vss") or name.startswith(controls):
            assert y == pytest.approx(box.top), name
        else:
            assert y == pytest.approx(box.bottom), name
