"""The schematic's figures at the typical condition and the worst two, the twin beside them; the whole datasheet in the full tier."""

import pytest
from neusoc.analog.bench.characterise import characterise, datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.line_driver import benches, model
from neusoc.analog.line_driver.layout import ROWS, line_driver
from neusoc.base.report import read_report

QUICK = [("tt", 27), ("ss", 125), ("ff", 125)]


def test_line_driver_static_figures_quick():
    sheet = datasheet("line_driver")
    found = measure("line_driver", netlist_text("line_driver"), sheet.at(QUICK), "schematic", sheet.names("static"))
    assert {c.corner for c in found["leak_open"]} == {"tt", "ss", "ff"}
    assert not sheet.missed(found)
    nominal = sheet.conditions["nominal"][0]
    assert {name: found[f"{name}_resistance"][nominal] for name in model.RESISTANCE} == pytest.approx(model.RESISTANCE, rel=0.02)


def test_line_driver_break_before_make_quick():
    sheet = datasheet("line_driver")
    assert not sheet.missed(measure("line_driver", netlist_text("line_driver"), sheet, "schematic", sheet.names("swap"), "nominal"))


def test_line_driver_bench_sees_two_switches_at_once():
    """A ground switch that hangs on the program strobe: the bench must show what the DAC then drives into ground."""
    sheet = datasheet("line_driver")
    broken = netlist_text("line_driver").replace("sl sl_ground_vpp vss vss", "sl sl_program_vpp vss vss")
    assert broken != netlist_text("line_driver")
    with pytest.raises(RuntimeError, match="does not rise"):
        benches.swap(broken, sheet, sheet.conditions["nominal"][0])


@pytest.mark.full
def test_line_driver_figures_extracted(tmp_path):
    report, _ = characterise("line_driver")
    again = read_report(report.write(tmp_path))
    assert again.verdict == "pass", [f for f in again.figures if not f.passes]


def test_line_driver_pins_lie_on_the_edges():
    ports = {p.name: p.center for p in line_driver().ports}
    assert {name for name, (x, _) in ports.items() if x == ROWS.width} == {"vwl", "vwl_dac"}
    assert all(x in (0.0, ROWS.width) and 0 <= y <= ROWS.height for x, y in ports.values())
