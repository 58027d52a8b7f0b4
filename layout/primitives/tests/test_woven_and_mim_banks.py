"""Resistors in turn and capacitors side by side: three decks, both comparers, and the faults that they must
see."""

import functools
import tempfile
from pathlib import Path

import gdsfactory as gf
import pytest
from neusoc.layout.primitives.mim import ISLAND_Y, mim_bank
from neusoc.layout.primitives.resistors import HEAD, PITCH, woven_bank
from neusoc.layout.primitives.shapes import pin
from neusoc.layout.primitives.tests.compared import compared
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.layout_mutant import Mutant

COUNT, UNIT, FIT = 5, 6.0, 5.0
_R = "sky130_fd_pr__res_high_po w=0.35"


def _chain(name, nodes, lengths):
    return [
        f"x{name}{i} {a} {b} vss {_R} l={length}"
        for i, (a, b, length) in enumerate(zip(nodes[:-1], nodes[1:], lengths, strict=True))
    ]


def _netlist():
    cards = [".subckt banks a0 a5 b0 b5 c0 c2 t b"]
    for name in "ab":
        cards += _chain(name, [f"{name}{i}" for i in range(COUNT + 1)], (UNIT,) * COUNT)
    cards += _chain("c", ["c0", "c1", "c2"], (UNIT, FIT))
    return "\n".join([*cards, "xm t b sky130_fd_pr__cap_mim_m3_1 w=8 l=6 m=6", ".ends", ""])


@functools.cache
def _gds():
    folder = Path(tempfile.mkdtemp())
    top = gf.Component("banks")
    woven = top << woven_bank("banks_woven", ("a0", "a5"), ("b0", "b5"), COUNT, UNIT, "c0 . c2", (UNIT, FIT))
    plates = top << mim_bank("banks_plates", 3, 2, 8.0, 6.0, "t", "b")
    plates.move((20, 0))
    for port in woven.ports:
        pin(top, port.info["net"], "met1", *port.center, 0.26, 0.3)
    for port in plates.ports:
        pin(top, port.info["net"], "met3", *port.center, 0.4, 0.4)
    top.write_gds(folder / "banks.gds", with_metadata=False)
    return folder / "banks.gds"


@pytest.mark.full
def test_banks_drc(tmp_path):
    result = run_drc(_gds(), "banks", tmp_path)
    assert result.clean, result


def test_banks_lvs(tmp_path):
    result, second = compared(_gds(), "banks", _netlist(), tmp_path)
    assert result.clean and not second, result.messages()
    assert result.devices == (2 * COUNT + 3, 2 * COUNT + 3)


TOP = UNIT + 2 * HEAD
FAULTS = {
    "open link of the first chain": lambda mutant: mutant.cut("met1", (0.5, TOP - 0.9, 1.2, TOP - 0.1)),
    "links joined": lambda mutant: mutant.add("met1", (PITCH - 0.1, TOP - 1.9, PITCH + 0.1, TOP - 0.2)),
    "link to the neighbour": lambda mutant: mutant.add("li1", (0.0, TOP - 0.5, PITCH, TOP - 0.2)),
    "a capacitor less": lambda mutant: mutant.cut("capm", (20, 0, 29, 7.5)),
    "islands joined": lambda mutant: mutant.add("met3", (25, ISLAND_Y - 0.2, 42, ISLAND_Y + 0.2)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_banks_lvs_sees_a_planted_fault(fault, tmp_path):
    gds = FAULTS[fault](Mutant(_gds(), "banks")).write(tmp_path / "banks.gds")
    assert not compared(gds, "banks", _netlist(), tmp_path)[0].clean


@pytest.mark.parametrize(
    ("count", "middle", "lengths"), [(4, "a . b", (6.0, 6.0)), (5, "a b", (6.0,)), (5, "a . b", (6.0,))]
)
def test_woven_bank_bad_numbers(count, middle, lengths):
    with pytest.raises(ValueError, match="woven_bad"):
        woven_bank("woven_bad", ("a", "b"), ("c", "d"), count, 6.0, middle, lengths)


@pytest.mark.parametrize("sizes", [(0, 1, 8.0, 8.0), (1, 1, 3.0, 8.0), (1, 1, 8.0, 31.0)])
def test_mim_bank_bad_sizes(sizes):
    with pytest.raises(ValueError, match="mim_bad"):
        mim_bank("mim_bad", *sizes)
