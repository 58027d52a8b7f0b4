"""The schematic's figures at the typical condition and two extremes, the spread of a few samples, and faults that the benches must see."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.front_end import benches

MISSED = {name for name, parameter in datasheet("front_end").parameters.items() if parameter.missed}
FAST = ("static", "loop", "event")


@pytest.fixture(scope="module")
def sheet():
    return datasheet("front_end")


@pytest.fixture(scope="module")
def schematic():
    return netlist_text("front_end")


def test_front_end_figures_nominal(sheet, schematic):
    found = measure("front_end", schematic, sheet, "schematic", sheet.names(*FAST), "nominal")
    assert set(sheet.missed(found)) <= MISSED
    assert all(len(values) == 1 for values in found.values())


@pytest.mark.full
def test_front_end_figures_at_the_extremes(sheet, schematic):
    found = measure("front_end", schematic, sheet, "schematic", sheet.names(*FAST, "timing", "range", "ratio", "trim"), "quick")
    assert set(sheet.missed(found)) <= MISSED


def test_front_end_spread_of_a_few_samples(sheet, schematic):
    nominal = sheet.conditions["nominal"][0]
    first, other, again = (benches.sample(schematic, sheet, nominal, seed) for seed in (1, 2, 1))
    assert first == again and first["untrimmed"] != other["untrimmed"]
    assert all(abs(one["left2"]) < 2 for one in (first, other))


@pytest.mark.parametrize(
    ("device", "figure"),
    [("xn_kick", "bias_kick"), ("xn_lead_c", "margin_64"), ("xp_rail_wake", "line_awake")],
    ids=["no charge given back", "no lead", "a rail that does not wake"],
)
def test_front_end_benches_see_a_device_that_lacks(sheet, schematic, device, figure):
    cut, count = re.subn(rf"(?m)^{device} .*\n", "", schematic)
    assert count == 1
    found = measure("front_end", cut, sheet, "schematic", [figure], "nominal")
    assert figure in sheet.missed(found)


@pytest.mark.parametrize(("width", "left"), [("0.42", False), ("0.84", True)])
def test_front_end_rail_leaves_saturation_with_a_wider_device(sheet, schematic, width, left):
    """At fs, 85 C, 1.98 V; prints what README.md says of the wider one."""
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("fs", 85))
    cut, count = re.subn(r"(?m)^(xp_rail_wake .*) w=0\.42 ", rf"\1 w={width} ", schematic)
    assert count == 1
    line = benches.simulate("static", cut, sheet, hot, set())["line_awake"]
    print(f"xp_rail_wake {width} um: lines at {1e3 * (sheet.setup['vread'] + line):.0f} mV")
    assert (line > 5e-3) == left
