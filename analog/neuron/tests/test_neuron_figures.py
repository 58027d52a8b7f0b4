"""Steps of the neuron compared with the front end's model, and spikes that do not come."""

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.neuron import benches, circuit
from neusoc.analog.neuron.circuit import Plane


@pytest.fixture(scope="module")
def sheet():
    return datasheet("neuron")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("neuron")


def test_neuron_rate_wants_its_spikes(sheet, schematic, monkeypatch):
    """Power of events that make no spike is none of a spike each us."""
    monkeypatch.setattr(benches, "SPIKE_AT", 0.3)
    monkeypatch.setattr(benches, "SPIKES", 2)
    with pytest.raises(ValueError, match="not each of 2 events made a spike"):
        benches.simulate("rate", schematic, sheet, sheet.conditions["nominal"][0], {"spiking_power"})


@pytest.mark.parametrize(
    ("positive", "negative"), [pytest.param(300e-6, 100e-6, marks=pytest.mark.full), (100e-6, 300e-6)]
)
def test_neuron_steps_as_the_front_end_says(sheet, schematic, positive, negative):
    nominal = sheet.conditions["nominal"][0]
    found, empty = (
        circuit.image(schematic, sheet, nominal, [Plane(*sums, 40e-9)])
        for sums in ((positive, negative), (0.0, 0.0))
    )
    one = circuit.image(schematic, sheet, nominal, [Plane(100e-6, 0.0, 40e-9)])
    membrane = FrontEnd().charge(100e-6, 0.0, 40e-9) / (benches.step(one) - benches.step(empty))
    assert benches.step(found) - benches.step(empty) == pytest.approx(
        FrontEnd().charge(positive, negative, 40e-9) / membrane, rel=0.04
    )
