"""Analog core: three DRC decks and LVS on sizes that no variant of chip.yaml has; and that faults are caught."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.pins import CELL
from neusoc.layout.core.core import analog_core
from neusoc.layout.core.netlist import spice
from neusoc.layout.core.tests.core_files import Files, must_be_clean, must_miss_its_longest_wire, sized, written
from neusoc.verification.signoff.lvs import run_lvs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A core of 8 x 8 as GDS and netlist; tests leave both as they are."""
    return written(sized(8, 8), CELL, analog_core, spice, tmp_path_factory.mktemp("core"))


@pytest.mark.parametrize(("rows", "columns"), [pytest.param(*s, marks=pytest.mark.full) for s in ((10, 14), (24, 16), (128, 128))])
def test_core_signoff_is_clean(rows: int, columns: int, tmp_path: Path) -> None:
    must_be_clean(written(sized(rows, columns), CELL, analog_core, spice, tmp_path), CELL, tmp_path)


CROSSED = [                     # the first five also in the fast tier: bit lines, supplies, spikes, DACs, test
    ("bl[4] bl[5]", "bl[5] bl[4]"), ("vdd3v3", "vpp"), ("spike_1v8[2]", "spike_1v8[1]"),
    ("vsl_dac vsl vwl vwl_dac", "vwl_dac vsl vwl vsl_dac"), ("config_1v8 vtest", "vtest config_1v8"),
    ("row_1v8[1] wl[1]", "row_1v8[1] wl[0]"), ("bl[4] vbl", "bl[5] vbl"), ("idac[0] idac[1]", "idac[0] iadc"),
    ("dac_bl_1v8[0] dac_bl_1v8[1]", "dac_bl_1v8[1] dac_bl_1v8[0]"), ("dac_enable_1v8", "vdd1v8"), ("col_1v8[2]", "col_1v8[3]"),
    ("sel_sense_1v8 sel_ground_1v8", "sel_ground_1v8 sel_sense_1v8"), ("fire_1v8[2]", "fire_1v8[1]"),
    ("phi_1_vpp phi_2_vpp", "phi_2_vpp phi_1_vpp"), ("vfire vref", "vref vfire"),
    ("trim_1v8[0] trim_1v8[1]", "trim_1v8[1] trim_1v8[0]"), ("test_1v8 config_1v8", "config_1v8 test_1v8"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"), [pytest.param(*pair, marks=[pytest.mark.full] if k >= 5 else []) for k, pair in enumerate(CROSSED)]
)
def test_core_lvs_sees_crossed_nets(old: str, new: str, small: Files, tmp_path: Path) -> None:
    gds, netlist = small[0], tmp_path / "crossed.spice"
    text = small[1].read_text()
    head, calls = text[: text.index("\nxdriver0 ")], text[text.index("\nxdriver0 ") :]
    assert old in calls
    netlist.write_text(head + calls.replace(old, new, 1))
    assert not run_lvs(gds, CELL, [netlist], tmp_path / "lvs").clean


@pytest.mark.parametrize("metal", ["met2", "met3", "met4"])
def test_core_lvs_sees_a_missing_wire(metal: str, small: Files, tmp_path: Path) -> None:
    must_miss_its_longest_wire(small, CELL, metal, tmp_path)
