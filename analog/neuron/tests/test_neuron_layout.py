"""Matching and shielding of the neuron's layout."""

import functools

import gdsfactory as gf
import klayout.db as db
import pytest
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.neuron import places
from neusoc.analog.neuron.layout import neuron
from neusoc.analog.neuron.neuron_wiring import NeuronWiring
from neusoc.analog.neuron.places import LATCHES, PITCH, level
from neusoc.pdk.layers import LAYERS


@functools.cache
def _merged(name: str) -> db.Region:
    component = neuron()
    return db.Region(component.begin_shapes_rec(component.kcl.layout.layer(*LAYERS[name]))).merged()


def _box(x0: float, y0: float, x1: float, y1: float) -> db.Region:
    return db.Region(db.DBox(x0, y0, x1, y1).to_itype(0.001))


def _centre(tokens: list[str], gate: str) -> float:
    found = [i for i, net in enumerate(tokens[1::2]) if net == gate]
    return sum(found) / len(found)


def test_neuron_comparator_is_common_centroid():
    """Both inputs, their loads and the n mirrors share a centre each, between dummies; what meets below it
    has the same columns."""
    rows = {row.name: row for row in places.COMPARATOR_ROWS}
    pair, loads, mirror, mirror_p = (
        rows[name].path.split() for name in ("pair", "loads", "mirror_n", "mirror_p")
    )
    assert _centre(pair, "vth") == _centre(pair, "vm") == _centre(loads, "d1") == _centre(loads, "d2") == 2.5
    assert [net for net in mirror[2:11:2]] == "n vss fire vss n".split()
    for tokens, supply in ((pair, "vss"), (loads, "vdd1v8"), (mirror, "vss"), (mirror_p, "vdd1v8")):
        assert tokens[:2] == tokens[-2:] == [supply] * 2
    for upper, lower, nets in (("pair", "loads", ("d1", "d2")), ("mirror_n", "mirror_p", ("n", "fire"))):
        assert rows[upper].x == rows[lower].x
        for net in nets:
            nodes = [
                {i for i, node in enumerate(rows[name].path.split()[::2]) if node == net}
                for name in (upper, lower)
            ]
            assert nodes[0] & nodes[1], net


def test_neuron_latches_take_each_setting_once():
    latches = [latch for group in LATCHES for latch in group]
    settings = {net for net, _ in schematic_pins("neuron") if net.startswith(("pair", "trim", "test"))}
    assert len(latches) == 9 and {latch.data for latch in latches} == settings == set(places.OVER_FRONT_END)
    assert all(abs(latch.at(1) - latch.x) == pytest.approx(PITCH) for latch in latches)


def test_neuron_membrane_is_shielded():
    """Below the upper plate lies vss everywhere, and no via2 (capm.8); the plates end 1.2 um from other met3,
    also the neighbours'."""
    plates, metal = _merged("capm"), _merged("met3")
    assert plates.count() == 2 and plates.area() == round(2e6 * places.CAP_WIDTH * places.CAP_HEIGHT)
    lower = metal.interacting(plates)
    assert lower.count() == 1 and (plates.sized(200) - lower).is_empty()
    assert (_merged("via2") & plates.sized(140)).is_empty()
    assert (plates.sized(1340) & (metal - lower)).is_empty()
    bounds, box = plates.sized(1340).bbox(), _merged("prbndry").bbox()
    assert (
        bounds.left >= 0 and bounds.right <= box.right and bounds.bottom >= box.bottom - 150
    )  # met3 begins 0.15 inside of outlines


def test_neuron_wiring_names_a_missing_landing():
    wiring = NeuronWiring(gf.Component())
    wiring.wires.land("a", 1.0, level(1.4), level(1.0))
    assert len(wiring.at("a", 1.0)) == 1
    with pytest.raises(KeyError, match="no landing of a at 2.0"):
        wiring.at("a", 1.0, 2.0)


def test_neuron_wiring_leaves_gaps_in_a_rail():
    wiring = NeuronWiring(gf.Component())
    wiring.strap("a", 5.0, 0.0, 4.0)
    wiring.strap("vss", 7.0, 0.0, 4.0)
    assert wiring.clear("vss", 2.0, 0.2, 0.0, 10.0) == [(0.0, 4.73), (5.27, 10.0)]
