"""The datasheet of the chip: its tables are what the sources give, and follow them; what it names by hand is
there."""

import re

import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.model.regmap import registers
from neusoc.flow import chip_sheet
from neusoc.flow.chip_sheet import PAGE, joined, pins_table, supplies_table, tables


@pytest.fixture(scope="module")
def chip():
    return load_chip(chip_sheet.CHIP)


def _row(text, net):
    return next(line for line in text.splitlines() if line.startswith(f"| {net} |"))


def test_sheet_has_a_place_for_each_table():
    assert re.findall(r"<!-- table: (\w+) -->", PAGE.read_text()) == list(tables())


def test_sheet_shows_every_pin_that_the_chip_is_on(chip, monkeypatch):
    assert "| `io[13:7]` | output |" in pins_table(chip)
    monkeypatch.setattr(
        chip_sheet,
        "_BUSES",
        {buses: words for buses, words in chip_sheet._BUSES.items() if buses != ("user_irq",)},
    )
    with pytest.raises(
        UserError,
        match=(
            r"^flow/chip_sheet.py: pin user_irq\[0\] of the frame is not shown as it is used; correct _BUSES$"
        ),
    ):
        pins_table(chip)


def test_sheet_follows_chip_yaml(chip):
    moved = chip.model_copy(update={"pads": {**chip.pads, "vtest": "io_analog[6]"}, "clock_ns": 40.0})
    assert "`io_analog[6]`" in _row(supplies_table(moved), "vtest")
    assert "| `wb_clk_i` | input | the one clock, 25 MHz; below 10 MHz" in pins_table(moved)


def test_sheet_limits_are_the_strictest_of_the_datasheets(chip, monkeypatch):
    """Of every pin of a block on the net; and where two blocks leave no range, both are named."""

    def least(value):
        def changed(name):
            sheet = datasheet(name)
            if name != "string_dac":
                return sheet
            pins = {**sheet.pins, "vpp": {**sheet.pins["vpp"], "Vmin": value}}
            return sheet.model_copy(update={"pins": pins})

        return changed

    monkeypatch.setattr(chip_sheet, "datasheet", least(3.5))
    vpp = _row(supplies_table(chip), "vpp")
    assert "| 3.5 |" in vpp and "| [string_dac](../../analog/string_dac/README.md) |" in vpp
    monkeypatch.setattr(chip_sheet, "datasheet", least(3.7))
    with pytest.raises(
        UserError,
        match=r"^string_dac.yaml: vpp is to have 3.7 V at least, but \w+.yaml allows 3.6 V; correct one",
    ):
        supplies_table(chip)


def test_sheet_limits_are_of_the_nets_that_a_pin_is_on(chip):
    """Only the references have vdd3v3; cells count behind switches."""
    ranges = {net: {one.block: one[1:] for one in every} for net, every in chip_sheet.limits(chip).items()}
    pins = datasheet("references").pins
    assert ranges["vdd3v3"] == {"references": (pins["vdd3v3"]["Vmin"], pins["vdd3v3"]["Vmax"])}
    assert (
        ranges["vpp"]["synapse"][1] == datasheet("synapse").pins["wl"]["Vmax"]
        and "esd_clamp" in ranges["vpp"]
    )
    assert {net for net, every in ranges.items() if not every} == {"vtest"}


def test_sheet_joins_neighbouring_bits():
    assert joined(["a[0]", "a[1]", "a[3]", "b", "c[5]", "c[4]"]) == "`a[1:0]`, `a[3]`, `b`, `c[5:4]`"


def unknown_registers(text):
    """Registers, or fields of one, that a text names between backticks and that the map does not have."""
    known = registers()
    bad = []
    for register, field in re.findall(r"`([A-Z][A-Z_]*\d?)(?:\.(\w+))?`", text):
        if register.lower() not in known or field and field not in known[register.lower()].fields:
            bad.append(f"{register}.{field}".rstrip("."))
    return bad


def test_sheet_names_registers_that_are_there():
    assert unknown_registers("`CTRL.enable`, `CTRL.enabled`, `IMAGE.start`, `NONE`, `SIZE`") == [
        "CTRL.enabled",
        "NONE",
    ]
    ours = PAGE.read_text().replace("`PULSED`", "").replace("`START`", "")  # of Python
    assert unknown_registers(ours) == [] and set(chip_sheet.FIRST_LIGHT) <= set(registers())
