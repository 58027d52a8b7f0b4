"""Outline, pins and abutment of the row driver's layout. Its own DRC and LVS run with those of all blocks (layout/tests)."""

import functools

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.row_driver.layout import HEIGHT, WIDTH, row_driver
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc


@functools.cache
def _stack():
    """Four drivers, mirrored in turn."""
    stack = gf.Component("row_driver_stack")
    for i in range(4):
        driver = stack << row_driver()
        if i % 2:
            driver.mirror_y()
        driver.move((0, HEIGHT * (i + i % 2)))
    return stack


def test_row_driver_outline():
    assert WIDTH <= 17 and HEIGHT <= 10
    ports = {p.name: (p.center, p.orientation, p.layer_info.layer) for p in row_driver().ports}
    assert ports["in_1v8"] == ((0.0, 2.93), 180, 69) and ports["wl"] == ((WIDTH, 2.93), 0, 69)
    assert {name: centre[1] for name, (centre, _, layer) in ports.items() if layer == 68} == {"vss": 0.0, "vpp": 7.72, "vdd1v8": HEIGHT}
    assert ports["vwl"] == ((0.0, 2.33), 180, 69)


def test_row_driver_leaves_met3_and_up_free():
    used = {(info.layer, info.datatype) for info in row_driver().kcl.layout.layer_infos()}
    assert LAYERS["met1"] in used
    top = row_driver()
    for layer in ("via2", "met3", "met4", "met5"):
        index = top.kcl.layout.find_layer(*LAYERS[layer])
        assert index is None or top.bbox(index).empty(), layer


@pytest.mark.full
def test_row_driver_stack_drc(tmp_path):
    gds = tmp_path / "stack.gds"
    _stack().write_gds(gds, with_metadata=False)
    result = run_drc(gds, "row_driver_stack", tmp_path / "drc")
    assert result.clean, result


def test_row_driver_stack_shares_wells_and_rails():
    flat = {name: db.Region(_stack().begin_shapes_rec(_stack().kcl.layout.layer(*LAYERS[name]))).merged() for name in ("nwell", "met1")}
    assert flat["nwell"].count() == 4                                # two pairs, each with a 1.8 V and a 5 V well
    rails = [p for p in flat["met1"].each() if p.bbox().width() * 0.001 >= WIDTH - 0.001]
    assert len(rails) == 3 + 2 + 4                                   # vss between and outside, vdd1v8 between pairs, vpp in each
