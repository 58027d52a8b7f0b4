"""The twin's charges against ngspice: one line, both, each ratio, the trim."""

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end import benches
from neusoc.analog.front_end.model import FrontEnd

FULL = 0.15 * 600e-6 * benches.WINDOW / 16  # C: 600 uS at 1:16


@pytest.fixture(scope="module")
def nominal():
    sheet = datasheet("front_end")
    return netlist_text("front_end"), sheet, sheet.conditions["nominal"][0]


@pytest.mark.parametrize(
    ("positive", "negative"), [(100e-6, 0.0), (600e-6, 0.0), (0.0, 300e-6), (300e-6, 200e-6)]
)
def test_front_end_charge(nominal, positive, negative):
    zero = benches.event(*nominal, [0.0])["q0"]
    found = benches.event(*nominal, [positive], negative)["q0"] - zero
    assert found == pytest.approx(FrontEnd().charge(positive, negative, benches.WINDOW), abs=0.01 * FULL)


@pytest.mark.full
@pytest.mark.parametrize("units", [1, 4, 8])
def test_front_end_ratio(nominal, units):
    zero = benches.event(*nominal, [0.0], ratio=units)["q0"]
    found = benches.event(*nominal, [100e-6], ratio=units)["q0"] - zero
    assert found == pytest.approx(FrontEnd(units=units).charge(100e-6, 0.0, benches.WINDOW), rel=0.03)


def test_front_end_trim(nominal):
    """A code more takes from the negative line; measured at rest of the window."""
    asked = {code: ("empty", "p2", "n2", "both2") for code in (10, 16, 22)}
    found = benches.currents(*nominal, asked)
    left = [benches.difference(found[code], found[16], 2) for code in asked]
    for code, found_left in zip(asked, left, strict=True):
        twin = FrontEnd(trim=code)
        wanted = twin.charge(300e-6, 300e-6, 1.0) / twin.charge(300e-6, 0.0, 1.0)
        assert found_left - left[1] == pytest.approx(wanted, abs=0.02)


@pytest.mark.parametrize("wrong", [{"units": 0}, {"units": 9}, {"trim": 32}, {"trim": -1}])
def test_front_end_refuses(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FrontEnd(**wrong)
