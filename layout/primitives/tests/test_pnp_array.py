"""Arrays of bipolar transistors: three decks, both comparers, and the faults that they must see."""

import functools
import tempfile
from pathlib import Path

import gdsfactory as gf
import pytest
from neusoc.layout.primitives.junctions import PNP_PITCH, pnp_array
from neusoc.layout.primitives.shapes import bar, pin, positions, via_stack
from neusoc.layout.primitives.tests.compared import compared
from neusoc.pdk.devices import PNP
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.layout_mutant import Mutant

NETLIST = f""".subckt pnps one many vss
x1 vss vss one {PNP} m=1
x2 vss vss many {PNP} m=8
.ends
"""


@functools.cache
def _gds():
    """Eight about one."""
    folder = Path(tempfile.mkdtemp())
    top = gf.Component("pnps")
    array = top << pnp_array("pnps_array", ("many many many", "many one many", "many many many"))
    ((x, y),) = positions(array, "one")
    via_stack(top, x, y, "met1", "met2", 0.5, 0.5)
    bar(top, y, [x], [2 * PNP_PITCH])
    pin(top, "one", "met2", 2 * PNP_PITCH - 0.2, y)
    pin(top, "many", "met1", *positions(array, "many")[0])
    pin(top, "vss", "met1", *positions(array, "vss")[0])
    top.write_gds(folder / "pnps.gds", with_metadata=False)
    return folder / "pnps.gds"


@pytest.mark.full
def test_pnp_array_drc(tmp_path):
    result = run_drc(_gds(), "pnps", tmp_path)
    assert result.clean, result


def test_pnp_array_lvs(tmp_path):
    result, second = compared(_gds(), "pnps", NETLIST, tmp_path, whole_nets=True)
    assert result.clean and not second, result.messages()
    assert result.devices == (2, 2)


def test_pnp_array_lvs_sees_a_wrong_number(tmp_path):
    result, second = compared(_gds(), "pnps", NETLIST.replace("m=8", "m=7"), tmp_path, whole_nets=True)
    assert not result.clean and second


P, PAD = PNP_PITCH, 1.5
FAULTS = {
    "an emitter cut off": lambda mutant: mutant.cut(
        "met1", (PAD, -P - PAD, P - PAD, -P + PAD), (P - PAD, -P + PAD, P + PAD, -PAD)
    ),
    "both emitters joined": lambda mutant: mutant.add("met1", (0, -0.2, P, 0.2)),
    "a base off its taps": lambda mutant: mutant.cut(
        "licon1",
        (P - 3, P - 3, P - 2, P + 3),
        (P + 2, P - 3, P + 3, P + 3),
        (P - 3, P - 3, P + 3, P - 2),
        (P - 3, P + 2, P + 3, P + 3),
    ),
    "a small emitter": lambda mutant: mutant.cut("diff", (1.6, -2, 2, 2)),
    "no marker": lambda mutant: mutant.cut("pnp", (-3, -3, 3, 3)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_pnp_array_lvs_sees_a_planted_fault(fault, tmp_path):
    gds = FAULTS[fault](Mutant(_gds(), "pnps")).write(tmp_path / "pnps.gds")
    assert not compared(gds, "pnps", NETLIST, tmp_path, whole_nets=True)[0].clean


@pytest.mark.parametrize("rows", [(), ("a b", "a"), ("", "")])
def test_pnp_array_bad_rows(rows):
    with pytest.raises(ValueError, match="pnps_bad"):
        pnp_array("pnps_bad", rows)
