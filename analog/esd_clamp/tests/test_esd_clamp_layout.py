"""Columns and ring of the clamp's layout."""

import klayout.db as db
import pytest
from neusoc.analog.esd_clamp import layout
from neusoc.pdk.layers import LAYERS


def test_esd_clamp_columns_of_the_channel_carry_one_net():
    """Straps from above and below that stand in one column are of one net: tracks in any order."""
    columns = [
        (x, net)
        for rows in (layout.N_ROWS, layout.P_ROWS)
        for row in rows
        for net, x in (*row.nodes(), *row.gates())
    ]
    inner = [(x, net) for x, net in columns if net in layout.NETS]
    for x, net in inner:
        assert {other for at, other in inner if abs(at - x) < 0.39} == {net}


def test_esd_clamp_stands_in_one_ring_of_taps():
    component = layout.esd_clamp()
    cell, file = component.kdb_cell, component.kcl.layout
    of = {
        name: db.Region(cell.begin_shapes_rec(file.layer(*LAYERS[name]))).merged()
        for name in ("diff", "nwell", "tap", "psdm")
    }
    taps = ((of["tap"] & of["psdm"]) - of["nwell"]).merged()
    assert taps.count() == 1
    hulls = db.Region([db.Polygon(list(polygon.each_point_hull())) for polygon in taps.each()])
    assert ((of["diff"] + of["nwell"]) - hulls).is_empty()
    assert component.bbox().width() == pytest.approx(66.0, abs=0.1)
