"""Symmetry and counts of the decoupling's layout, and planted faults in it."""

import re

import klayout.db as db
import pytest
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.decoupling import layout
from neusoc.analog.references.loads import Loads, loads
from neusoc.base.errors import UserError
from neusoc.layout.core.registry import schematic_block
from neusoc.layout.primitives.mim import BANK_GAP, BANK_STRIP, PLATE
from neusoc.pdk import rules
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs

MIDDLE = PLATE + (layout.COLUMNS * (layout.SIDE + BANK_GAP) - BANK_GAP) / 2
FIRST_ROW = layout.Y_RING - (layout.counts(loads()).gates + 1) * layout.PITCH

HEAD = layout.TO_TAP + layout.WIDTH + rules.HEAD_CENTRE  # from a row's lower bar to the heads of its gates


def _around(x: float, y: float, half_x: float, half_y: float) -> tuple[float, float, float, float]:
    return (x - half_x, y - half_y, x + half_x, y + half_y)


def _head(column: int) -> tuple[float, float, float, float]:
    """Over the head of a gate of the lowest row; column 0 is its first."""
    x = MIDDLE + (column - (layout.FINGERS - 1) / 2) * rules.column_pitch(layout.LENGTH)
    return _around(x, FIRST_ROW + HEAD, layout.LENGTH / 2, 0.17)


def _plate(column: int, row: int) -> tuple[float, float, float, float]:
    step = layout.SIDE + BANK_GAP
    x, y = PLATE + column * step, -BANK_STRIP - row * step
    return (x, y - layout.SIDE, x + layout.SIDE, y)


FAULTS = {
    "one finger cut off": lambda m: m.cut("licon1", _head(1)),
    "one plate cut off": lambda m: m.cut("via3", _plate(2, 7)),
    "a plate too small": lambda m: m.cut(
        "capm", (_plate(0, 3)[0], _plate(0, 3)[1], _plate(0, 3)[0] + 2, _plate(0, 3)[3])
    ),
    "the gate of vth cut off": lambda m: m.cut(
        "met1", _around(MIDDLE + 12, layout.Y_RING - layout.PITCH + HEAD, 1.0, 0.3)
    ),
    "vref and vread exchanged": lambda m: m.rename({"vref": "vread", "vread": "vref"}),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """(GDS, netlist)."""
    return schematic_block("decoupling").write(tmp_path_factory.mktemp("decoupling"))


def test_decoupling_is_its_own_mirror_image(drawn):
    """Plates, gates, diffusions and taps; what leads out is not."""
    found = db.Layout()
    found.read(str(drawn[0]))
    cell = found.cell("decoupling")
    for name in ("capm", "poly", "diff", "tap", "li1"):
        region = db.Region(cell.begin_shapes_rec(found.layer(*LAYERS[name]))).merged()
        turned = region.transformed(db.Trans(db.Trans.M90, round(2 * MIDDLE / found.dbu), 0))
        assert not region.is_empty() and (region ^ turned).is_empty(), name


@pytest.mark.parametrize("fault", FAULTS)
def test_decoupling_fault_is_seen(drawn, tmp_path, fault):
    gds, netlist = drawn
    wrong = FAULTS[fault](Mutant(gds, "decoupling")).write(tmp_path / "fault.gds")
    assert not run_lvs(wrong, "decoupling", [netlist], tmp_path, whole_nets=True).clean


def test_decoupling_rows_are_those_of_the_schematic_and_of_what_the_levels_want():
    text, wanted = netlist_text("decoupling"), loads()
    rows = layout.counts(wanted)
    assert int(re.search(r"^xn_vref .* nf=(\d+)", text, re.M)[1]) == rows.gates * layout.FINGERS
    assert int(re.search(r"^xn_vth .* nf=(\d+)", text, re.M)[1]) == rows.fingers
    assert len(re.findall(r"^xc_vread\[", text, re.M)) == rows.plates * layout.COLUMNS
    assert layout.counts(Loads(2 * wanted.vref, 4 * wanted.vread, wanted.vth)).plates > rows.plates


def test_decoupling_refuses_gates_that_do_not_fit_under_the_plates():
    with pytest.raises(
        UserError,
        match=r"decoupling: 500 pF of gates do not fit under 100 pF of plates; choose a smaller vref_load",
    ):
        layout.counts(Loads(500e-12, 100e-12, 1e-12))
    with pytest.raises(
        UserError, match=r"decoupling: 6 pF for the threshold are more than its one row of 7 gates; choose"
    ):
        layout.counts(Loads(100e-12, 200e-12, 6e-12))


@pytest.mark.parametrize(
    "value", ["", "vref_load: no", "vref_load: -1.0", "vref_load: .nan", "vref_load: true"]
)
def test_decoupling_refuses_a_load_that_is_none(tmp_path, value):
    path = tmp_path / "references.yaml"
    path.write_text(f"setup:\n  vread_load: 2.0e-10\n{'  ' + value if value else ''}\n")
    with pytest.raises(
        UserError, match=r"references.yaml: setup.vref_load is .*; give the farads that decouple vref"
    ):
        loads(path)
