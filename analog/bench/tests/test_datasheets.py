"""Every datasheet against its schematic; in the full tier whole runs, which miss what their datasheets say and nothing else."""

from __future__ import annotations

import pytest
from neusoc.analog.bench.characterise import blocks, characterise, datasheet
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.report import read_report

# those whose whole datasheet takes minutes; the others' takes an hour, and `make char` runs it
WHOLE = ("bias", "bl_buffer", "dac6", "esd_clamp", "esd_pad", "esd_second", "front_end", "image_neuron", "references", "source_driver")


@pytest.mark.parametrize("name", blocks())
def test_datasheet_has_the_pins_of_its_schematic(name: str) -> None:
    assert [(net, pin["direction"]) for net, pin in datasheet(name).pins.items()] == schematic_pins(name)


@pytest.mark.full
@pytest.mark.parametrize("name", WHOLE)
def test_datasheet_misses_what_it_says(name: str, tmp_path) -> None:
    report, _ = characterise(name)
    again, parameters = read_report(report.write(tmp_path)), datasheet(name).parameters
    assert {figure.source for figure in again.figures} - {"gds"} == {source for one in parameters.values() for source in one.sources}
    assert {figure.name for figure in again.figures if not figure.passes} == {name for name, one in parameters.items() if one.missed}
