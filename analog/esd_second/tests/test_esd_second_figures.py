"""The schematic's figures at three corners, the whole datasheet in the full tier, and what the benches must see."""

import re

import pytest
from neusoc.analog.bench.characterise import characterise, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.analog.esd_second import benches
from neusoc.base.report import read_report

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


@pytest.mark.full
def test_esd_second_figures_of_the_datasheet(tmp_path):
    report, _ = characterise("esd_second")
    again = read_report(report.write(tmp_path))
    assert {f.source for f in again.figures} == {"schematic", "extracted", "gds"}
    assert {f.name for f in again.figures if not f.passes} == {name for name, p in datasheet("esd_second").parameters.items() if p.missed}


def test_esd_second_pins_agree_with_the_datasheet():
    assert {net: pin["direction"] for net, pin in datasheet("esd_second").pins.items()} == dict(schematic_pins("esd_second"))
