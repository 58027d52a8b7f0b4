"""Outline, pins and abutment of the neuron's layout. Its own DRC and LVS run with those of all blocks (layout/tests)."""

import functools

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.neuron import configuration_strip as strip
from neusoc.analog.neuron.layout import WIDTH, Y_TOP, neuron
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc

THROUGH = {net: 0.6 for net in ("vref", "vth", "vlk", "ibias", "phi_p_3v3", "phi_n_3v3")} | {"vdd1v8": 2.0, "vss": 2.0}
THROUGH |= dict.fromkeys(strip.BARS, strip.BAR_HEIGHT)
BOTTOM = strip.Y_BOTTOM


@functools.cache
def _merged(name: str) -> db.Region:
    component = neuron()
    return db.Region(component.begin_shapes_rec(component.kcl.layout.layer(*LAYERS[name]))).merged()


def test_neuron_outline():
    box = _merged("prbndry").bbox()
    assert (box.left, box.bottom, box.right, box.top) == tuple(round(1000 * v) for v in (0, BOTTOM, WIDTH, Y_TOP))
    assert WIDTH * (Y_TOP - BOTTOM) <= 2800


def test_neuron_pin_contract():
    """Shared nets run through on met3; inputs left, outputs right; channels beside the cell stay free of met1 and met2."""
    ports = {p.name: p for p in neuron().ports}
    assert all(p.layer_info.layer == LAYERS["met3"][0] for p in ports.values())
    for net, height in THROUGH.items():
        left, right = ports[net], ports[f"{net}_right"]
        assert (left.center[0], left.orientation, right.center[0], right.orientation) == (0, 180, WIDTH, 0)
        assert left.center[1] == right.center[1] and left.width == right.width >= height
        bar = db.Region(db.DBox(0, left.center[1] - left.width / 2, WIDTH, left.center[1] + left.width / 2).to_itype(0.001))
        assert (bar - _merged("met3")).is_empty(), net
    assert all(ports[net].center[0] == 0 for net in ("bl_p", "bl_n"))
    assert all(ports[net].center[0] == WIDTH for net in ("spike_1v8", "discharge_1v8"))
    for metal in ("met1", "met2"):
        box = _merged(metal).bbox()
        assert box.left >= 300 and box.right <= round(1000 * WIDTH) - 300, metal
    assert _merged("met5").is_empty()


def test_neuron_capacitors_lie_over_nothing():
    plates = _merged("capm")
    assert plates.count() == 4                       # membrane, compensation, two of the bank
    for layer in ("nwell", "diff", "tap", "poly", "li1", "met1", "met2"):
        assert (plates & _merged(layer)).is_empty(), layer


@pytest.mark.full
def test_neuron_abutment_drc(tmp_path):
    """Two by two, outline against outline."""
    grid = gf.Component("neuron_grid")
    for column in range(2):
        for row in range(2):
            (grid << neuron()).move((column * WIDTH, round(row * (Y_TOP - BOTTOM), 3)))
    gds = tmp_path / "grid.gds"
    grid.write_gds(gds, with_metadata=False)
    result = run_drc(gds, "neuron_grid", tmp_path / "drc")
    assert result.clean, result
