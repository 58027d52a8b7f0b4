"""Banks of precision resistors: three decks, sizes as extracted, both comparers, and the faults that they must see."""

import functools
import tempfile
from pathlib import Path

import gdsfactory as gf
import pytest
from neusoc.layout.primitives.resistors import resistor_bank
from neusoc.layout.primitives.shapes import pin
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import run_netgen
from neusoc.verification.signoff.planted_faults import Mutant

PATH, LENGTHS = "a . b c | d e", (6.0, 6.0, 8.785, 3.0)
NETLIST = """.subckt bank a b c d e
x1 a n vss sky130_fd_pr__res_high_po w=0.35 l=6 m=1
x2 n b vss sky130_fd_pr__res_high_po w=0.35 l=6 m=1
x3 b c vss sky130_fd_pr__res_high_po w=0.35 l=8.785 m=1
x4 d e vss sky130_fd_pr__res_high_po w=0.35 l=3 m=1
.ends
"""


@functools.cache
def _gds():
    folder = Path(tempfile.mkdtemp())
    top = gf.Component("bank")
    for port in (top << resistor_bank("bank_resistors", PATH, LENGTHS)).ports:
        pin(top, port.info["net"], "met1", *port.center, 0.26, 0.9)
    top.write_gds(folder / "bank.gds", with_metadata=False)
    return folder / "bank.gds"


def _lvs(gds, netlist, out):
    path = out / "bank.spice"
    path.write_text(netlist)
    result = run_lvs(gds, "bank", [path], out)
    return bool(result.match and not result.problems and not result.messages()), result, run_netgen(*result.spice, "bank", out).mismatches


@pytest.mark.full
def test_resistor_bank_drc(tmp_path):
    result = run_drc(_gds(), "bank", tmp_path)
    assert result.clean, result


def test_resistor_bank_lvs(tmp_path):
    match, result, second = _lvs(_gds(), NETLIST, tmp_path)
    assert match and not second and result.devices == (4, 4)


@pytest.mark.parametrize(
    ("old", "new", "both"),
    # netgen takes no offence at a resistor with a loose end; the first comparer does
    [("l=8.785", "l=8.8", True), ("x3 b c", "x3 b d", True), ("w=0.35 l=3", "w=0.69 l=3", True), ("x2 n b", "x2 a b", False)],
)
def test_resistor_bank_lvs_sees_a_wrong_netlist(old, new, both, tmp_path):
    match, _, second = _lvs(_gds(), NETLIST.replace(old, new), tmp_path)
    assert not match
    assert second or not both


@pytest.mark.parametrize("fault", ["open", "short", "bypass", "longer"])
def test_resistor_bank_lvs_sees_a_planted_fault(fault, tmp_path):
    mutant = Mutant(_gds(), "bank")
    if fault == "open":
        mutant.cut("li1", (0.2, 8.0, 0.6, 11.0))                    # the joint of the first two
    elif fault == "short":
        mutant.add("met1", (-0.5, 0.2, 1.4, 0.5))                   # a to b
    elif fault == "bypass":
        mutant.add("li1", (-0.15, 2.0, 0.15, 8.5))                  # over the first resistor, head to head
    else:
        mutant.cut("poly_res", (-0.5, 2.0, 0.5, 3.0))
    match, _, _ = _lvs(mutant.write(tmp_path / "bank.gds"), NETLIST, tmp_path)
    assert not match


def test_resistor_bank_without_its_implant_is_a_problem(tmp_path):
    mutant = Mutant(_gds(), "bank").cut("rpm")
    (tmp_path / "bank.spice").write_text(NETLIST)
    result = run_lvs(mutant.write(tmp_path / "bank.gds"), "bank", [tmp_path / "bank.spice"], tmp_path)
    assert any("poly resistor of no known kind" in problem for problem in result.problems)


@pytest.mark.parametrize(
    ("path", "lengths", "words"), [("a b", (6.0, 6.0), "one for each"), ("a b", (0.5,), "length 0.5"), ("a", (), "one for each")]
)
def test_resistor_bank_bad_sizes(path, lengths, words):
    with pytest.raises(ValueError, match=words):
        resistor_bank("bank_bad", path, lengths)
