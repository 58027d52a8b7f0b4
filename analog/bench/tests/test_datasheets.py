"""Every datasheet against its schematic; in the full tier whole runs, which miss what their datasheets say and nothing else."""

from __future__ import annotations

import pytest
from neusoc.analog.bench.characterise import Datasheet, blocks, characterise, datasheet
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.report import read_report

# those whose whole datasheet takes minutes; the others' takes an hour, and `make char` runs it
WHOLE = (
    "bl_buffer", "dac6", "esd_clamp", "esd_pad", "esd_second", "front_end", "neuron", "references", "source_driver",
    "string_dac",
)  # fmt: skip


@pytest.mark.parametrize("name", blocks())
def test_datasheet_has_the_pins_of_its_schematic(name: str) -> None:
    assert [(net, pin["direction"]) for net, pin in datasheet(name).pins.items()] == schematic_pins(name)


# What was asked of the chip -> parameter -> its words in `target`, where the limit is another; the others keep what was asked.
ASKED = {
    "front_end": {"power": "2 uW of the whole neuron", "balance": "at most 1 % after trim", "repeat": "160 ns apart"},
    "neuron": {"power": "2 uW at rest", "spiking_power": "8 uW at 1 MHz", "threshold_trimmed": "10 mV between neurons"},
    "references": {
        **dict.fromkeys(("level", "rest", "vread", "vsense", "vdac", "nbias", "cbias", "iadc", "idac", "idac_most"), "0.3 % after trim"),
        **dict.fromkeys(("level_3_sigma", "nbias_3_sigma"), "mismatch of 3 sigma included"),
        **dict.fromkeys(
            ("rejection", "rejection_vth", "rejection_logic", "rejection_logic_vth", "rejection_iadc"), "over 40 dB to 1 MHz"
        ),
    },
}  # fmt: skip
# Levels whose limits are 0.3 %, V or mV; the least phase margin of whatever is a loop, deg.
WITHIN, LEAST_MARGIN = {"vread": 150.0, "vsense": 200.0, "vdac": 560.0}, 45


def _unsaid(name: str, sheet: Datasheet) -> set[str]:
    """Parameters that do not say what was asked, or with a limit looser than their siblings' without a word."""
    found = {key for key, words in ASKED.get(name, {}).items() if words not in (sheet.parameters[key].target or "")}
    for key, middle in WITHIN.items() if name == "references" else ():
        parameter = sheet.parameters[key]
        found |= {key} if (parameter.minimum, parameter.maximum) != pytest.approx((0.997 * middle, 1.003 * middle)) else set()
    margins = {key: one for key, one in sheet.parameters.items() if one.unit == "deg" and "phase margin" in one.description}
    return found | {key for key, one in margins.items() if (one.minimum or 0) < LEAST_MARGIN and not one.target}


@pytest.mark.parametrize("name", blocks())
def test_datasheet_says_what_was_asked(name: str) -> None:
    assert _unsaid(name, datasheet(name)) == set()


def test_a_limit_that_was_moved_without_a_word_is_found() -> None:
    front_end, neuron, references = (datasheet(name) for name in ("front_end", "neuron", "references"))

    def moved(sheet: Datasheet, key: str, **fields: object) -> Datasheet:
        parameters = {**sheet.parameters, key: sheet.parameters[key].model_copy(update=fields)}
        return sheet.model_copy(update={"parameters": parameters})

    assert _unsaid("front_end", moved(front_end, "margin_64", minimum=25)) == {"margin_64"}
    assert _unsaid("neuron", moved(neuron, "spiking_power", target=None)) == {"spiking_power"}
    assert _unsaid("references", moved(references, "vread", minimum=149)) == {"vread"}
    assert _unsaid("references", moved(references, "nbias", target="1 %")) == {"nbias"}


@pytest.mark.full
@pytest.mark.parametrize("name", WHOLE)
def test_datasheet_misses_what_it_says(name: str, tmp_path) -> None:
    report, _ = characterise(name)
    again, parameters = read_report(report.write(tmp_path)), datasheet(name).parameters
    assert {figure.source for figure in again.figures} - {"gds"} == {source for one in parameters.values() for source in one.sources}
    assert {figure.name for figure in again.figures if not figure.passes} == {name for name, one in parameters.items() if one.missed}
