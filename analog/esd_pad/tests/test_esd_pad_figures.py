"""The schematic's figures at the typical and the worst corner, the whole datasheet in the full tier, and what the benches must see."""

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.esd_pad import benches

QUICK = [("tt", 27), ("ss_hh", 125)]


def test_esd_pad_figures_quick():
    sheet = datasheet("esd_pad")
    found = measure("esd_pad", netlist_text("esd_pad"), sheet.at(QUICK), "schematic")
    assert sheet.missed(found) == {}
    assert all(len(values) == len(QUICK) for values in found.values())


@pytest.mark.parametrize(
    ("good", "bad", "bench", "figure"),
    [
        ("m=32\nxd_down", "m=4\nxd_down", "zaps", "pad_vss"),
        ("m=32\n.ends", "m=4\n.ends", "zaps", "pad_below"),
        ("xd_up pad vpp", "xd_up vpp pad", "zaps", "pad_vpp"),
        ("m=32\nxd_down", "m=96\nxd_down", "rest", "capacitance"),
    ],
)  # fmt: skip
def test_esd_pad_benches_see_faults(good, bad, bench, figure):
    sheet, dut = datasheet("esd_pad"), netlist_text("esd_pad")
    assert dut.count(good) == 1
    hot = next(c for c in sheet.conditions["corners"] if (c.corner, c.temperature) == ("ss_hh", 125))
    value = benches.simulate(bench, dut.replace(good, bad), sheet, hot, {figure})[figure]
    assert not sheet.parameters[figure].allows(value * {"capacitance": 1e15}.get(figure, 1))
