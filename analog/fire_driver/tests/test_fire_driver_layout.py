"""Outline and pins of the fire driver's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

import pytest
from neusoc.analog.fire_driver.layout import BARS, BIT_LINES, WIDTH, Y_FIRE, fire_driver
from neusoc.pdk.layers import LAYERS


def test_fire_driver_has_the_neurons_width_and_sides():
    from neusoc.analog.neuron.layout import WIDTH as NEURON

    ports = {p.name: (p.center, p.layer_info.layer) for p in fire_driver().ports}
    assert WIDTH == NEURON
    for net, y in BIT_LINES.items():
        assert ports[net][0] == pytest.approx((0.0, y)) and ports[net][1] == 70
    assert ports["fire_1v8"] == (pytest.approx((WIDTH, Y_FIRE)), 70)


def test_fire_driver_bars_run_through():
    ports = {p.name: p for p in fire_driver().ports}
    for net, (y, width) in BARS.items():
        assert ports[net].center == pytest.approx((0.0, y)) and ports[f"{net}_right"].center == pytest.approx((WIDTH, y))
        assert ports[net].width == ports[f"{net}_right"].width == width


def test_fire_driver_leaves_met4_and_up_free():
    top = fire_driver()
    for layer in ("via3", "met4", "met5"):
        index = top.kcl.layout.find_layer(*LAYERS[layer])
        assert index is None or top.bbox(index).empty(), layer
