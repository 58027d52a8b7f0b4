"""The schematic's figures at the typical condition, what its twin says of an image, and faults that the benches must see."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end.model import FrontEnd
from neusoc.analog.neuron import benches
from neusoc.analog.neuron.benches import Plane

MISSED = {name for name, parameter in datasheet("neuron").parameters.items() if parameter.missed}


@pytest.fixture(scope="module")
def sheet():
    return datasheet("neuron")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("neuron")


@pytest.mark.full
def test_neuron_figures_nominal(sheet, schematic):
    asked = ("rest", "rate", "steps", "hold", "readout", "trim")
    found = measure("neuron", schematic, sheet, "schematic", sheet.names(*asked), "nominal")
    assert set(sheet.missed(found)) <= MISSED
    assert all(len(values) == 1 for values in found.values())


@pytest.mark.full
def test_neuron_figures_at_the_extremes(sheet, schematic):
    asked = ("rest", "rate", "steps", "image", "hold", "readout")
    found = measure("neuron", schematic, sheet, "schematic", sheet.names(*asked), "quick")
    assert set(sheet.missed(found)) <= MISSED


def test_neuron_rate_wants_its_spikes(sheet, schematic, monkeypatch):
    """Power of events that make no spike is none of a spike each us."""
    monkeypatch.setattr(benches, "SPIKE_AT", 0.3)
    monkeypatch.setattr(benches, "SPIKES", 2)
    with pytest.raises(ValueError, match="not each of 2 events made a spike"):
        benches.simulate("rate", schematic, sheet, sheet.conditions["nominal"][0], {"spiking_power"})


@pytest.mark.parametrize(("positive", "negative"), [pytest.param(300e-6, 100e-6, marks=pytest.mark.full), (100e-6, 300e-6)])
def test_neuron_steps_as_the_front_end_says(sheet, schematic, positive, negative):
    nominal = sheet.conditions["nominal"][0]
    found, empty = (benches.image(schematic, sheet, nominal, [Plane(*sums, 40e-9)]) for sums in ((positive, negative), (0.0, 0.0)))
    one = benches.image(schematic, sheet, nominal, [Plane(100e-6, 0.0, 40e-9)])
    membrane = FrontEnd().charge(100e-6, 0.0, 40e-9) / (benches.step(one) - benches.step(empty))
    assert benches.step(found) - benches.step(empty) == pytest.approx(FrontEnd().charge(positive, negative, 40e-9) / membrane, rel=0.04)


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        pytest.param(
            [(r"^(xn_let set_n) hold_b ", r"\1 vdd1v8 "), (r"^(xp_held sx) hold_b ", r"\1 vdd1v8 ")], "held_spike", marks=pytest.mark.full
        ),
        ([(r"^xn_dis vref .*\n", ""), (r"^xp_dis vm .*\n", "")], "discharge_residue"),
        ([(r"^xn_trim2 d2 .*\n", "")], "trim_range"),
    ],
    ids=["hold that does not hold", "no discharge", "a trim without its largest weight"],
)
def test_neuron_benches_see_a_fault(sheet, schematic, changes, figure):
    cut = schematic
    for old, new in changes:
        cut, count = re.subn(rf"(?m){old}", new, cut)
        assert count == 1
    found = measure("neuron", cut, sheet, "schematic", [figure], "nominal")
    assert figure in sheet.missed(found)
