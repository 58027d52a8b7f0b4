"""Outline, pins and symmetry of the ADC's layout. DRC and LVS of it and its three parts run with those of all blocks (layout/tests)."""

import functools

import klayout.db as db
import pytest
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.current_dac.layout import COLUMN, _row_y
from neusoc.analog.sense_adc.layout import sense_adc
from neusoc.pdk.layers import LAYERS


@functools.cache
def _merged(name: str) -> db.Region:
    component = sense_adc()
    return db.Region(component.begin_shapes_rec(component.kcl.layout.layer(*LAYERS[name]))).merged()


def test_sense_adc_outline_holds_everything():
    outline = _merged("prbndry").bbox()
    assert (outline.left, outline.bottom) == (0, 0) and outline.area() * 1e-6 <= 10000
    for layer in ("nwell", "met1", "met2", "met3"):
        assert outline.contains(_merged(layer).bbox().p1) and outline.contains(_merged(layer).bbox().p2), layer
    for layer in ("met4", "met5", "capm"):
        assert _merged(layer).is_empty(), layer


def test_sense_adc_pins_stand_at_the_edges():
    width = _merged("prbndry").bbox().right * 1e-3
    ports = {p.name: p for p in sense_adc().ports}
    assert set(ports) == {net for net, _ in schematic_pins("sense_adc")}
    for net, port in ports.items():
        if net not in ("vdd1v8", "vss"):
            assert port.center[0] in (0, pytest.approx(width)), net


def test_current_dac_units_have_one_centre():
    """Every net of the matrix: the mean of its units lies between columns 1 and 3 and between rows 0 and 18."""
    last = len(COLUMN)
    middle = (_row_y(0) + _row_y(last - 1)) / 2
    for net in set(COLUMN):
        left = [_row_y(i) for i, n in enumerate(COLUMN) if n == net]
        right = [_row_y(last - 1 - i) for i, n in enumerate(COLUMN) if n == net]
        assert len(left) == len(right)
        assert sum(left + right) / (2 * len(left)) == pytest.approx(middle, abs=0.13), net
