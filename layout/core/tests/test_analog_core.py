"""The core: clean on sizes that no variant has, no antennas; crossed and missing wires are seen; pins lie at
their edges."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.pins import CELL
from neusoc.layout.core.core import analog_core
from neusoc.layout.core.netlist import spice
from neusoc.layout.core.tests.core_files import (
    Files,
    must_be_clean,
    must_miss_its_longest_wire,
    sized,
    written,
)
from neusoc.verification.signoff.lvs import run_lvs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A core of 8 x 8 as GDS and netlist; tests leave both as they are."""
    return written(sized(8, 8), CELL, analog_core, spice, tmp_path_factory.mktemp("analog_core"))


@pytest.mark.parametrize(
    ("rows", "columns"),
    [pytest.param(*s, marks=pytest.mark.full) for s in ((10, 14), (8, 40), (24, 16), (128, 128))],
)
def test_analog_core_signoff_is_clean(rows: int, columns: int, tmp_path: Path) -> None:
    must_be_clean(written(sized(rows, columns), CELL, analog_core, spice, tmp_path), CELL, tmp_path)


CROSSED = [  # the first three also in the fast tier
    ("nbias cbias", "cbias nbias"),
    ("con_vpp wake_1v8", "wake_1v8 con_vpp"),
    ("vdac idac[0]", "idac[0] vdac"),
    ("bl[4] bl[5]", "bl[5] bl[4]"),
    ("spike_1v8[2]", "spike_1v8[1]"),
    ("vsense", "vread"),
    ("pair_1v8[0] pair_1v8[1]", "pair_1v8[1] pair_1v8[0]"),
    ("hold_1v8", "integ_1v8"),
    ("dac_enable_1v8", "vdd1v8"),
    ("phi_1_vpp phi_2_vpp", "phi_2_vpp phi_1_vpp"),
    ("sl_ground_vpp", "sl_program_vpp"),
]


@pytest.mark.parametrize(
    ("old", "new"),
    [pytest.param(*pair, marks=[pytest.mark.full] if k >= 3 else []) for k, pair in enumerate(CROSSED)],
)
def test_analog_core_lvs_sees_crossed_nets(old: str, new: str, small: Files, tmp_path: Path) -> None:
    gds, netlist = small[0], tmp_path / "crossed.spice"
    text = small[1].read_text()
    start = text.index("\nxdriver0 ")
    head, calls = text[:start], text[start:].replace("\n+", "").splitlines(keepends=True)  # a call a line
    found = next((i for i, call in enumerate(calls) if f" {old} " in call), None)
    assert found is not None, f"{old}: in no call"
    calls[found] = calls[found].replace(old, new, 1)
    netlist.write_text(head + "".join(calls))
    assert not run_lvs(gds, CELL, [netlist], tmp_path / "lvs").clean


@pytest.mark.parametrize("metal", ["met2", "met3", "met4"])
def test_analog_core_lvs_sees_a_missing_wire(metal: str, small: Files, tmp_path: Path) -> None:
    must_miss_its_longest_wire(small, CELL, metal, tmp_path)
