"""The schematic's figures at three corners, the whole datasheet in the full tier, and what the benches must see."""

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.esd_clamp import benches

MISSED = {"left", "reverse"}                                                     # esd_clamp.yaml says why
QUICK = [("tt", 27), ("ss_hh", 125), ("ff_ll", 125)]


def test_esd_clamp_figures_quick():
    sheet = datasheet("esd_clamp")
    found = measure("esd_clamp", netlist_text("esd_clamp"), sheet.at(QUICK), "schematic")
    assert set(sheet.missed(found)) == MISSED


@pytest.mark.parametrize(
    ("good", "bad", "bench", "figure"),
    [
        ("w=3000 l=0.55 nf=600", "w=1500 l=0.55 nf=300", "zaps", "rail"),
        ("w=40.05 l=20 nf=9", "w=1602 l=20 nf=360", "ramps", "ramp"),             # forty times the RC fires at 10 us
        ("xn_1 rise rc vss vss", "xn_1 rise vss vss vss", "rest", "rest"),        # the first inverter cannot pull down
    ],
)  # fmt: skip
def test_esd_clamp_benches_see_faults(good, bad, bench, figure):
    sheet, dut = datasheet("esd_clamp"), netlist_text("esd_clamp")
    assert dut.count(good) == 1
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ss_hh", 125))
    value = benches.simulate(bench, dut.replace(good, bad), sheet, hot, {figure})[figure]
    assert not sheet.parameters[figure].allows(value * {"ramp": 1e6, "rest": 1e9}.get(figure, 1))
