"""Outline and pins of the fire driver's layout. Its DRC and LVS run with those of all blocks (layout/tests)."""

import pytest
from neusoc.analog.fire_driver.layout import BIT_LINES, WIDTH, Y_FIRE, fire_driver


def test_fire_driver_is_no_wider_than_the_neuron_and_has_its_sides():
    from neusoc.analog.neuron.layout import WIDTH as NEURON

    ports = {p.name: (p.center, p.layer_info.layer) for p in fire_driver().ports}
    assert NEURON - 5 < WIDTH <= NEURON
    for net, y in BIT_LINES.items():
        assert ports[net][0] == pytest.approx((0.0, y)) and ports[net][1] == 70
    assert ports["fire_1v8"] == (pytest.approx((WIDTH, Y_FIRE)), 70)
