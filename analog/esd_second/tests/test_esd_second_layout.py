"""Planted faults in the second stage's layout."""

import re

import pytest
from neusoc.analog.esd_second import layout
from neusoc.layout.core.registry import schematic_block
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs

X, Y = layout.X_STRIPE, layout.Y_P
FAULTS = {
    "marker of the p stripe": (
        lambda m: m.cut("areaid_diode", (X - 1, Y - 1, X + 3, Y + 11)),
        r"nothing in the layout is diode_pd2nw_11v0",
    ),
    "short n stripe": (
        lambda m: m.cut("diff", (X - 1, 0, X + 3, layout.Y_N + 0.5)),
        r"pw2nd_11v0 .*AREA=19, ",
    ),
    "a bar without its marker": (
        lambda m: m.cut("rpm", (1.5, 0, 2.3, 26)),
        r"poly resistor of no known kind",
    ),
    "pad and gate exchanged": (lambda m: m.rename({"pad": "gate", "gate": "pad"}), r"diode_p"),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """(GDS, netlist)."""
    return schematic_block("esd_second").write(tmp_path_factory.mktemp("esd_second"))


@pytest.mark.parametrize("fault", FAULTS)
def test_esd_second_fault_is_seen(drawn, tmp_path, fault):
    gds, netlist = drawn
    assert run_lvs(gds, "esd_second", [netlist], tmp_path).clean
    plant, expected = FAULTS[fault]
    wrong = plant(Mutant(gds, "esd_second")).write(tmp_path / "fault.gds")
    result = run_lvs(wrong, "esd_second", [netlist], tmp_path)
    assert not result.clean
    assert any(re.search(expected, message) for message in result.messages()), result.messages()
