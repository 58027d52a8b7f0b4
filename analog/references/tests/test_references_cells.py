"""The drawn cells: both comparers against the schematic, three decks, planted faults, symmetry of what must
match."""

import functools
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from neusoc.analog.references.cells.catalogue import CELLS, written
from neusoc.analog.references.cells.currents import reference_currents
from neusoc.layout.primitives.shapes import positions
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import run_lvs
from neusoc.verification.signoff.netgen import run_netgen


@functools.cache
def _made(cell):
    return written(cell, Path(tempfile.mkdtemp()))


def _lvs(cell, gds, out):
    result = run_lvs(gds, cell, [_made(cell)[1]], out, whole_nets=True)
    return result, run_netgen(*result.spice, cell, out).mismatches


@pytest.mark.parametrize("cell", CELLS)
def test_references_cell_lvs(cell, tmp_path):
    result, second = _lvs(cell, _made(cell)[0], tmp_path)
    assert result.clean and not second, result.messages()


@pytest.mark.full
@pytest.mark.parametrize("cell", CELLS)
def test_references_cell_drc(cell, tmp_path):
    result = run_drc(_made(cell)[0], cell, tmp_path)
    assert result.clean, result


def _between(first, second):
    """A bar from one pin of the currents to another, um."""
    (x, y0), (_, y1) = (reference_currents().ports[pin].center for pin in (first, second))
    return x - 0.1, min(y0, y1), x + 0.1, max(y0, y1)


# what is cut or added, um: a tap's trunk, the strap of a tail's well, two trunks joined, a gate's head
FAULTS = {
    "open trunk": ("tap_tree_narrow", lambda mutant: mutant.cut("via2", (1.0, 0.0, 2.2, 46.0))),
    "loose well": ("level_ota", lambda mutant: mutant.cut("met1", (-0.5, 15.0, 45.0, 16.5))),
    "taps joined": ("slope_tree", lambda mutant: mutant.add("met3", (1.4, 10.0, 3.7, 10.4))),
    "currents joined": (
        "reference_currents",
        lambda mutant: mutant.add("met2", _between("idac[1]", "idac[2]")),
    ),
    "short finger": ("rest_ota", lambda mutant: mutant.cut("poly", (2.0, 0.0, 3.0, 5.0))),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_references_cell_lvs_sees_a_planted_fault(fault, tmp_path):
    cell, plant = FAULTS[fault]
    gds = plant(Mutant(_made(cell)[0], cell)).write(tmp_path / "fault.gds")
    assert not _lvs(cell, gds, tmp_path)[0].clean


def _centroid(instance, net):
    """Mean x of the gates of a net in a strip, um."""
    xs = [x for x, _ in positions(instance, net, "gate")]
    return sum(xs) / len(xs)


@pytest.mark.parametrize("cell", ["level_ota", "rest_ota", "reference_ota", "threshold_buffer"])
def test_references_pairs_have_one_centre(cell):
    component = CELLS[cell]()
    pairs = [i for i in component.insts if "_pair" in i.cell.name]
    assert pairs
    for pair in pairs:
        assert _centroid(pair, "inp") == pytest.approx(_centroid(pair, "inm"), abs=1e-6)


def _units(block):
    """Current -> centres of its units as drawn, um."""
    found = {}
    for row in (i for i in block.insts if "_units" in i.cell.name):
        nodes = sorted((*p.center, p.info["net"]) for p in row.ports if p.info["role"] == "node")
        for (x, y, one), (x_next, _, other) in pairwise(nodes):
            found.setdefault(other if one == "vdd3v3" else one, []).append(((x + x_next) / 2, y))
    return found


def test_references_units_of_each_current_have_nearly_one_centre():
    (block,) = (i.cell for i in reference_currents().insts if i.cell.name == "reference_currents_units")
    found = _units(block)
    assert {net: len(places) for net, places in found.items()} == {
        "r": 6,
        "nbias": 3,
        "cbias": 3,
        "bbias": 3,
        "itest": 3,
        "s_iadc": 15,
        "s_idac0": 7,
        "s_idac1": 7,
        "s_idac2": 7,
    }
    every = [place for places in found.values() for place in places]
    for net, places in found.items():
        for axis, away in ((0, 3.5), (1, 1.0)):
            assert mean(p[axis] for p in places) == pytest.approx(mean(p[axis] for p in every), abs=away), (
                net,
                axis,
            )


def test_references_taps_stand_as_the_strings_have_them():
    for cell, pitch in (
        ("tap_tree_narrow", 0.84),
        ("leak_tree", 1.68),
        ("tap_tree_wide", 1.90),
        ("slope_tree", 1.90),
    ):
        xs = {p.name: p.center[0] for p in CELLS[cell]().ports if p.name.startswith("in[")}
        assert len(xs) in (8, 32, 64)
        for k in range(1, len(xs)):
            assert xs[f"in[{k}]"] - xs[f"in[{k - 1}]"] == pytest.approx(pitch, abs=1e-6)
