"""The schematic's figures at three corners, the whole datasheet in the full tier, and what the benches must see."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.esd_second import benches

QUICK = [("tt", 27), ("ss_hh", 125), ("ff_ll", -40)]


def test_esd_second_figures_quick():
    sheet = datasheet("esd_second")
    found = measure("esd_second", netlist_text("esd_second"), sheet.at(QUICK), "schematic")
    assert sheet.missed(found) == {}


@pytest.mark.parametrize(
    ("good", "bad", "bench", "figure"),
    [
        (r"xd_up gate vdd1v8", "xd_up vdd1v8 gate", "zaps", "gate"),
        (r"xd_down vss gate", "xd_down gate vss", "zaps", "gate_below"),
        (r"w=0\.35 l=19\.1", "w=0.35 l=2.8", "zaps", "gate"),                     # 200 ohm: not enough
        (r"xr_s\[1?[1-9]\] .*\n", "", "rest", "resistance_most"),
    ],
)  # fmt: skip
def test_esd_second_benches_see_faults(good, bad, bench, figure):
    sheet, dut = datasheet("esd_second"), netlist_text("esd_second")
    wrong = re.sub(good, bad, dut)
    assert wrong != dut
    cold = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ff_ll", -40))
    value = benches.simulate(bench, wrong, sheet, cold, {figure})[figure]
    assert not sheet.parameters[figure].allows(value)
