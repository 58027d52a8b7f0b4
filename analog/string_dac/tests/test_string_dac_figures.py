"""The schematic's figures at the typical and the worst corners, and what the benches see."""

import re

import numpy as np
import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text

# of QUICK, by the schematic; the datasheet has the reasons
MISSED = {"settle_up", "settle_down", "settle_half", "kick_carry"}
QUICK = (*MISSED, "settle_step", "settle_carry", "kick_step", "off_current", "off_level", "wake")


def test_string_dac_figures_quick():
    sheet = datasheet("string_dac")
    corners = [c for c in sheet.conditions["corners"] if (c.corner, c.temperature) in {("tt", 27), ("ss_hh", 125)}]
    few = sheet.model_copy(update={"conditions": sheet.conditions | {"corners": corners}})
    found = measure("string_dac", netlist_text("string_dac"), few, "schematic", QUICK)
    assert all(len(values) == 2 for values in found.values())
    assert set(few.missed(found)) == MISSED


@pytest.mark.full
def test_string_dac_benches_see_short_gates():
    """Gates of the least length leak, and a short mirror lets the string's level follow the supply: what the long ones are for."""
    sheet = datasheet("string_dac")
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ff_ll", 125))
    one = sheet.model_copy(update={"conditions": sheet.conditions | {"corners": [hot]}})
    drawn = netlist_text("string_dac")
    inverters, count = re.subn(r"^(x[np]_(?:inv|enable) .*) l=0.5 ", r"\1 l=0.15 ", drawn, flags=re.M)
    mirror, pairs = re.subn(r"^(xp_ref_(?:in|out) .*) l=4 ", r"\1 l=1 ", drawn, flags=re.M)
    assert (count, pairs) == (4, 2)
    for name, worse in (("off_current", inverters), ("error_most", mirror)):
        values = [next(iter(measure("string_dac", dut, one, "schematic", [name])[name].values())) for dut in (drawn, worse)]
        assert [sheet.parameters[name].allows(value) for value in values] == [True, False], (name, values)


def test_string_dac_mismatch_sees_a_bad_resistor():
    from neusoc.analog.dac6.benches import linearity, sample

    bad, count = re.subn(r"^(xr_unit\[40\] .* l=)6 ", r"\g<1>12 ", netlist_text("string_dac"), flags=re.M)
    assert count == 1
    taps = sample(bad, datasheet("string_dac").conditions["nominal"][0], 1)
    assert 0.7 < np.abs(linearity(taps, 1.0)[1]).max() < 1.3
