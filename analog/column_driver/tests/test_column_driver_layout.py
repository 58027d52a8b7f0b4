"""Outline and pins of the column driver's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

import pytest
from neusoc.analog.column_driver.layout import BARS, HEIGHT, WIDTH, column_driver
from neusoc.pdk.layers import LAYERS


def test_column_driver_outline():
    ports = {p.name: (p.center, p.layer_info.layer) for p in column_driver().ports}
    assert ports["col_1v8"] == ((0.0, 2.93), 69) and ports["bl"] == ((WIDTH, 1.35), 69)
    assert {name: ports[name][0][1] for name in ("vss", "vpp", "vdd1v8")} == {"vss": 0.0, "vpp": HEIGHT - 0.70, "vdd1v8": HEIGHT}


def test_column_driver_bars_run_through():
    ports = {p.name: p for p in column_driver().ports}
    for net, (y, width) in BARS.items():
        assert ports[net].center == pytest.approx((0.0, y)) and ports[f"{net}_right"].center == pytest.approx((WIDTH, y))
        assert ports[net].width == ports[f"{net}_right"].width == width


def test_column_driver_leaves_met4_and_up_free():
    top = column_driver()
    for layer in ("via3", "met4", "met5"):
        index = top.kcl.layout.find_layer(*LAYERS[layer])
        assert index is None or top.bbox(index).empty(), layer
