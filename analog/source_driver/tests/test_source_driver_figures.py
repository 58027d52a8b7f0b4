"""Resistances compared with the twin, and faults that the benches must see."""

import pytest
from neusoc.analog.bench.characterise import measure
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.source_driver import benches, model

NAME = "source_driver"


def test_source_driver_twin_has_the_resistances_of_the_schematic():
    sheet = datasheet(NAME)
    nominal = sheet.conditions["nominal"][0]
    ohms = measure(
        NAME,
        netlist_text(NAME),
        sheet.at([("tt", 27)]),
        "schematic",
        [f"{name}_resistance" for name in model.RESISTANCE],
    )
    assert {name: ohms[f"{name}_resistance"][nominal] for name in model.RESISTANCE} == pytest.approx(
        model.RESISTANCE, rel=0.02
    )


def test_source_driver_bench_sees_two_switches_at_once():
    """A ground switch that hangs on the program strobe: the lines never reach vpp, and the bench must say
    so."""
    sheet, drawn = datasheet(NAME), netlist_text(NAME)
    broken = drawn.replace("sl sl_ground_vpp vss vss", "sl sl_program_vpp vss vss")
    assert broken != drawn
    with pytest.raises(RuntimeError, match="does not come to"):
        benches.swap(broken, sheet, sheet.conditions["nominal"][0], set())
