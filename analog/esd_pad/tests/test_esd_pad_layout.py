"""Double rings and abutment of the diodes' layout."""

import functools

import klayout.db as db
import pytest
from neusoc.analog.esd_clamp import layout as clamp
from neusoc.analog.esd_pad import layout
from neusoc.pdk.layers import LAYERS


@functools.cache
def _regions() -> dict[str, db.Region]:
    component = layout.esd_pad()
    cell, file = component.kdb_cell, component.kcl.layout
    return {
        n: db.Region(cell.begin_shapes_rec(file.layer(*LAYERS[n]))).merged()
        for n in ("diff", "tap", "nwell", "nsdm", "psdm", "met4")
    }


def _inside_a_ring(region: db.Region, ring: db.Region) -> bool:
    """Whether all of region lies in holes of ring's polygons."""
    return (region - ring.holes()).is_empty()


def test_esd_pad_stripes_stand_in_two_rings_each():
    r = _regions()
    n_diff, p_diff = (r["diff"] & r["nsdm"]) - r["nwell"], r["diff"] & r["psdm"] & r["nwell"]
    p_tap, n_tap = (r["tap"] & r["psdm"]) - r["nwell"], r["tap"] & r["nsdm"] & r["nwell"]
    assert n_diff.count() == p_diff.count() == 2 * layout.PAIRS
    assert n_diff.area() == p_diff.area() == round(32 * 20 * 1.5 * 1e6)
    assert (
        _inside_a_ring(n_diff, p_tap.merged())
        and _inside_a_ring(n_diff, r["nwell"])
        and _inside_a_ring(n_diff, n_tap.merged())
    )
    assert _inside_a_ring(p_diff, n_tap.merged()) and _inside_a_ring(p_diff, p_tap.merged())
    assert _inside_a_ring(r["nwell"], p_tap.merged())


def test_esd_pad_rails_meet_those_of_its_neighbours():
    box = layout.esd_pad().bbox()
    assert box.bottom == pytest.approx(clamp.esd_clamp().bbox().bottom, abs=0.02)
    for net, (low, high) in layout.RAILS.items():
        rail = db.Region(db.DBox(box.left, low, box.right, high).to_itype(0.001))
        assert (rail - _regions()["met4"]).is_empty(), net
    assert _regions()["met4"].count() == len(layout.RAILS)
