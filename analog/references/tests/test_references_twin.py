"""The twin's levels and codes against ngspice."""

import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references import benches, model
from neusoc.analog.references.netlists import Codes


@pytest.fixture(scope="module")
def nominal():
    sheet = datasheet("references")
    return netlist_text("references"), sheet, sheet.conditions["nominal"][0]


@pytest.mark.parametrize(
    ("scale", "current", "slope", "rest", "threshold", "leak"),
    [(32, 32, 4, 0, 32, None), (28, 28, 4, 1, 63, 0), (4, 60, 1, 0, 0, 16), (60, 4, 7, 1, 16, 31)],
)
def test_references_levels(nominal, scale, current, slope, rest, threshold, leak):
    twin = model.References(scale, current, slope, rest)
    found = benches.levels(*nominal, Codes(scale=scale, current=current, slope=slope, rest=rest, threshold=threshold, leak=leak))
    assert found["level"] == pytest.approx(twin.level, rel=1e-3)
    assert found["vref"] == pytest.approx(twin.vref, abs=2e-3)
    assert found["vth"] == pytest.approx(twin.vth(threshold), abs=8e-3)
    assert found["vlk"] == pytest.approx(twin.vlk(leak), abs=4e-3)
    assert found["vread"] == pytest.approx(15 * twin.unit, abs=0.5e-3)
    assert found["nbias"] == pytest.approx(twin.line, rel=0.01)


def test_references_codes_of_a_typical_chip(nominal):
    """What the test finds from ngspice's readings is what the twin says of itself, and it is right within half a code."""
    codes = benches.trimmed(*nominal)
    twin = model.References()
    assert codes.slope == model.slope_for(model.STEEP) == model.SLOPE_MIDDLE
    assert abs(codes.scale - model.scale_for(twin.level)) <= 1
    trimmed = model.References(codes.scale, codes.current, codes.slope)
    assert trimmed.level == pytest.approx(model.LEVEL * model.BOW, rel=0.7e-3)
    assert trimmed.line == pytest.approx(model.CURRENT * model.CURRENT_BOW, rel=6e-3)


@pytest.mark.parametrize("wrong", [{"scale": 64}, {"current": -1}, {"slope": 8}, {"rest": 2}])
def test_references_refuses(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        model.References(**wrong)
