"""The schematic's figures at the typical and the worst corner, the whole datasheet in the full tier, and what the benches must see."""

import pytest
from neusoc.analog.bench.characterise import characterise, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.esd_pad import benches
from neusoc.base.report import read_report

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


@pytest.mark.full
def test_esd_pad_figures_of_the_datasheet(tmp_path):
    report, _ = characterise("esd_pad")
    again = read_report(report.write(tmp_path))
    assert {f.source for f in again.figures} == {"schematic", "extracted", "gds"}
    assert {f.name for f in again.figures if not f.passes} == {name for name, p in datasheet("esd_pad").parameters.items() if p.missed}


def test_esd_pad_pins_agree_with_the_datasheet():
    assert {net: pin["direction"] for net, pin in datasheet("esd_pad").pins.items()} == dict(schematic_pins("esd_pad"))
