"""Resistances compared with the twin, and faults that the benches must see."""

import pytest
from neusoc.analog.bench.characterise import datasheet, measure
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.source_driver import benches, model
from neusoc.analog.tests.netlists import resized

NAME = "source_driver"


def test_source_driver_static_figures_quick():
    sheet = datasheet(NAME)
    found = measure(NAME, netlist_text(NAME), sheet.at([("tt", 27), ("ss", 125), ("ff", 125)]), "schematic", sheet.names("static"))
    assert {c.corner for c in found["leak_open"]} == {"tt", "ss", "ff"}
    assert not sheet.missed(found)
    nominal = sheet.conditions["nominal"][0]
    assert {name: found[f"{name}_resistance"][nominal] for name in model.RESISTANCE} == pytest.approx(model.RESISTANCE, rel=0.02)


def test_source_driver_bench_sees_two_switches_at_once():
    """A ground switch that hangs on the program strobe: the lines never reach vpp, and the bench must say so."""
    sheet, drawn = datasheet(NAME), netlist_text(NAME)
    broken = drawn.replace("sl sl_ground_vpp vss vss", "sl sl_program_vpp vss vss")
    assert broken != drawn
    with pytest.raises(RuntimeError, match="does not come to"):
        benches.swap(broken, sheet, sheet.conditions["nominal"][0], set())


def test_source_driver_bench_sees_a_slow_complement():
    """An inverter that lets the p switch go too late: the gap between the switches of the source lines is gone."""
    sheet = datasheet(NAME)
    slow = resized(netlist_text(NAME), xp_sl_program_inv=0.42)
    gap = benches.swap(slow, sheet, sheet.conditions["nominal"][0], {"gap"})["gap"]
    assert gap < 0.5e-9 < benches.swap(netlist_text(NAME), sheet, sheet.conditions["nominal"][0], {"gap"})["gap"]
