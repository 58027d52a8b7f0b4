"""Blocks whose shared nets are met3 bars: the bars run through, the metals above are free."""

import pytest
from neusoc.analog.column_driver import layout as column
from neusoc.analog.fire_driver import layout as fire
from neusoc.pdk.layers import LAYERS

BLOCKS = [pytest.param(column, column.column_driver, id="column_driver"), pytest.param(fire, fire.fire_driver, id="fire_driver")]


@pytest.mark.parametrize(("drawing", "block"), BLOCKS)
def test_bars_run_through(drawing, block):
    ports = {p.name: p for p in block().ports}
    for net, (y, width) in drawing.BARS.items():
        left, right = ports[net], ports[f"{net}_right"]
        assert left.center == pytest.approx((0.0, y)) and right.center == pytest.approx((drawing.WIDTH, y))
        assert left.width == right.width == width


@pytest.mark.parametrize(("drawing", "block"), BLOCKS)
def test_bars_leave_met4_and_up_free(drawing, block):
    top = block()
    for layer in ("via3", "met4", "met5"):
        index = top.kcl.layout.find_layer(*LAYERS[layer])
        assert index is None or top.bbox(index).empty(), layer
