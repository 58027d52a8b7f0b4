"""Banks of precision resistors: three decks, sizes as extracted, both comparers, and the faults that they
must see."""

import functools
import tempfile
from pathlib import Path

import gdsfactory as gf
import pytest
from neusoc.layout.primitives.resistors import SPACE, resistor_bank
from neusoc.layout.primitives.shapes import pin
from neusoc.layout.primitives.tests.compared import compared
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs

PATH, LENGTHS = "a . b c | d e", (6.0, 6.0, 8.785, 3.0)
NETLIST = """.subckt bank a b c d e
x1 a n vss sky130_fd_pr__res_high_po w=0.35 l=6 m=1
x2 n b vss sky130_fd_pr__res_high_po w=0.35 l=6 m=1
x3 b c vss sky130_fd_pr__res_high_po w=0.35 l=8.785 m=1
x4 d e vss sky130_fd_pr__res_high_po w=0.35 l=3 m=1
.ends
"""


# sheet and width of the other banks: each is compared with the same netlist in its own names
KINDS = (("xhigh", 0.35), ("high", 1.41), ("xhigh", 2.85), ("high", 5.73))


def _name(sheet="high", width=0.35):
    return "bank" if (sheet, width) == ("high", 0.35) else f"bank_{sheet}_{100 * width:.0f}"


def _gds(sheet="high", width=0.35):
    return _drawn(sheet, width)


@functools.cache
def _drawn(sheet, width):
    folder, name = Path(tempfile.mkdtemp()), _name(sheet, width)
    top = gf.Component(name)
    for port in (top << resistor_bank(f"{name}_resistors", PATH, LENGTHS, width=width, sheet=sheet)).ports:
        pin(top, port.info["net"], "met1", *port.center, 0.26, 0.9)
    top.write_gds(folder / "bank.gds", with_metadata=False)
    return folder / "bank.gds"


def _lvs(gds, netlist, out, top="bank"):
    result, second = compared(gds, top, netlist, out)
    return bool(result.match and not result.problems and not result.messages()), result, second


def _of(sheet, width):
    text = NETLIST.replace("res_high_po", f"res_{sheet}_po").replace("w=0.35", f"w={width}")
    return text.replace("subckt bank", f"subckt {_name(sheet, width)}")


@pytest.mark.full
@pytest.mark.parametrize(("sheet", "width"), [("high", 0.35), *KINDS])
def test_resistor_bank_drc(sheet, width, tmp_path):
    result = run_drc(_gds(sheet, width), _name(sheet, width), tmp_path)
    assert result.clean, result


@pytest.mark.parametrize(
    ("layer", "rule"), [pytest.param("licon1", "licon.1b/c", marks=pytest.mark.full), ("urpm", "rpm.3")]
)
def test_resistor_bank_drc_sees_faults_of_the_higher_sheet(layer, rule, tmp_path):
    """Under urpm the deck asks what it asks under rpm."""
    mutant = Mutant(_gds("xhigh"), _name("xhigh"))
    if layer == "licon1":
        mutant.add("licon1", (-0.105, 0.05, 0.105, 2.11))  # a bar of 0.21 x 2.06 um
    else:
        mutant.cut("urpm", (-2.0, -1.0, -0.3, 20.0))
    result = run_drc(mutant.write(tmp_path / "bank.gds"), _name("xhigh"), tmp_path)
    assert rule in {violation.rule for violation in result.violations if violation.deck == "sky130"}


@pytest.mark.parametrize(("sheet", "width"), KINDS)
def test_resistor_bank_lvs_of_every_kind(sheet, width, tmp_path):
    match, result, second = _lvs(_gds(sheet, width), _of(sheet, width), tmp_path, _name(sheet, width))
    assert match and not second and result.devices == (4, 4)


@pytest.mark.parametrize("fault", ["sheet", "width", "length"])
def test_resistor_bank_lvs_sees_another_sheet_or_size(fault, tmp_path):
    netlist = _of("xhigh", 0.35)
    wrong = {
        "sheet": netlist.replace("x2 n b vss sky130_fd_pr__res_xhigh", "x2 n b vss sky130_fd_pr__res_high"),
        "width": netlist.replace("w=0.35 l=3", "w=0.69 l=3"),
        "length": netlist.replace("l=8.785", "l=8.795"),
    }[fault]
    assert wrong != netlist
    match, _, second = _lvs(_gds("xhigh"), wrong, tmp_path, _name("xhigh"))
    assert not match and second


@pytest.mark.parametrize("fault", ["no marker", "both markers", "the other marker", "no implant"])
def test_resistor_bank_lvs_sees_a_wrong_marker(fault, tmp_path):
    mutant = Mutant(_gds("xhigh"), _name("xhigh"))
    whole = (-3.0, -1.0, 10.0, 20.0)
    if fault == "no implant":
        mutant.cut("psdm")
    elif fault != "both markers":
        mutant.cut("urpm")
    if fault in ("both markers", "the other marker"):
        mutant.add("rpm", whole)
    match, result, _ = _lvs(mutant.write(tmp_path / "bank.gds"), _of("xhigh", 0.35), tmp_path, _name("xhigh"))
    assert not match
    assert any("poly resistor of no known kind" in problem for problem in result.problems) == (
        fault != "the other marker"
    )


@pytest.mark.parametrize("width", [0.35, 1.41, 5.73])
def test_resistor_bank_landings_are_a_pitch_apart(width):
    ports = sorted(
        port.center[0]
        for port in resistor_bank(f"bank_pitch_{100 * width:.0f}", "a b c d", (6.0,) * 3, width=width).ports
    )
    assert [round(b - a, 3) for a, b in zip(ports, ports[1:], strict=False)] == [round(width + SPACE, 3)] * 3


def test_resistor_bank_lvs(tmp_path):
    match, result, second = _lvs(_gds(), NETLIST, tmp_path)
    assert match and not second and result.devices == (4, 4)


@pytest.mark.parametrize(
    ("old", "new", "both"),
    # netgen takes no offence at a resistor with a loose end; the first comparer does
    [
        ("l=8.785", "l=8.8", True),
        ("x3 b c", "x3 b d", True),
        ("w=0.35 l=3", "w=0.69 l=3", True),
        ("x2 n b", "x2 a b", False),
    ],
)
def test_resistor_bank_lvs_sees_a_wrong_netlist(old, new, both, tmp_path):
    match, _, second = _lvs(_gds(), NETLIST.replace(old, new), tmp_path)
    assert not match
    assert second or not both


@pytest.mark.parametrize("fault", ["open", "short", "bypass", "longer"])
def test_resistor_bank_lvs_sees_a_planted_fault(fault, tmp_path):
    mutant = Mutant(_gds(), "bank")
    if fault == "open":
        mutant.cut("li1", (0.2, 8.0, 0.6, 11.0))  # the joint of the first two
    elif fault == "short":
        mutant.add("met1", (-0.5, 0.2, 1.4, 0.5))  # a to b
    elif fault == "bypass":
        mutant.add("li1", (-0.15, 2.0, 0.15, 8.5))  # over the first resistor, head to head
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
    ("path", "lengths", "width", "words"),
    [
        ("a b", (6.0, 6.0), 0.35, "one for each"),
        ("a b", (0.5,), 0.35, "length 0.5"),
        ("a", (), 0.35, "one for each"),
        ("a b", (6.0,), 2.0, "width 2.0"),
    ],
)
def test_resistor_bank_bad_sizes(path, lengths, width, words):
    with pytest.raises(ValueError, match=words):
        resistor_bank("bank_bad", path, lengths, width=width)
