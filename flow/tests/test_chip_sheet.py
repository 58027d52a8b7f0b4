"""The datasheet of the chip: its tables are what the sources give, and follow them; what it names by hand is there."""

import re

import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.base.chip import FIRST, load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import with_marked
from neusoc.digital.model.regmap import registers
from neusoc.flow import chip_sheet, regions
from neusoc.flow.chip_sheet import PAGE, joined, markers, pins_table, supplies_table, tables
from neusoc.verification.mixed.supplies.scenarios import HIGH, LOGIC, ORDERS


@pytest.fixture(scope="module")
def chip():
    return load_chip(chip_sheet.CHIPS[FIRST])


def _row(text, net):
    return next(line for line in text.splitlines() if line.startswith(f"| {net} |"))


def test_sheet_tables_are_those_of_the_sources():
    page, made = PAGE.read_text(), {markers(name): make() for name, make in tables().items()}
    assert with_marked(page, PAGE.name, made) == page, "run `make docs`"
    damaged = page.replace("| `io[14]` | input |", "| `io[13]` | input |")
    assert damaged != page and with_marked(damaged, PAGE.name, made) == page
    assert {found for path, found, _ in regions.file_regions() if path == PAGE} == set(made)


def test_sheet_shows_every_pin_that_the_chip_is_on(chip, monkeypatch):
    assert "| `io[13:7]` | output |" in pins_table(chip)
    monkeypatch.setattr(chip_sheet, "_BUSES", {buses: words for buses, words in chip_sheet._BUSES.items() if buses != ("user_irq",)})
    with pytest.raises(UserError, match=r"^flow/chip_sheet.py: pin user_irq\[0\] of the frame is not shown as it is used; correct _BUSES$"):
        pins_table(chip)


def test_sheet_follows_chip_yaml(chip):
    moved = chip.model_copy(update={"pads": {**chip.pads, "vth": "io_analog[6]"}, "clock_ns": 40.0})
    assert "`io_analog[6]`" in _row(supplies_table(moved), "vth")
    assert "| `wb_clk_i` | input | the one clock, 25 MHz; below 10 MHz" in pins_table(moved)


def test_sheet_limits_are_the_strictest_of_the_datasheets(chip, monkeypatch):
    """Of every pin of a block on the net; and where two blocks leave no range, both are named."""

    def least(value):
        def changed(name):
            sheet = datasheet(name)
            if name != "bias":
                return sheet
            pins = {**sheet.pins, "vref": {**sheet.pins["vref"], "Vmin": value}}
            return sheet.model_copy(update={"pins": pins})

        return changed

    assert all(one.block != "bias" for one in chip_sheet.limits(chip)["vref"])
    monkeypatch.setattr(chip_sheet, "datasheet", least(0.85))
    assert "| 0.85 | 0.92 | [bias](../../analog/bias/README.md) |" in _row(supplies_table(chip), "vref")
    monkeypatch.setattr(chip_sheet, "datasheet", least(0.95))
    with pytest.raises(UserError, match=r"^bias.yaml: vref is to have 0.95 V at least, but fire_driver.yaml allows 0.92 V; correct one"):
        supplies_table(chip)


def test_sheet_limits_are_of_the_nets_that_a_pin_is_on(chip):
    """The drivers of phi_p and phi_n have vdd3v3 at their pin vpp; the DACs' vref is another net; cells count behind switches."""
    found = {net: {one.block: one[1:] for one in every} for net, every in chip_sheet.limits(chip).items()}
    driver = datasheet("row_driver").pins
    assert found["vdd3v3"] == {"row_driver": (driver["vpp"]["Vmin"], driver["vpp"]["Vmax"])} and "dac6" not in found["vref"]
    assert found["vpp"]["synapse"][1] == datasheet("synapse").pins["wl"]["Vmax"] and "esd_clamp" in found["vpp"]
    assert {net for net, every in found.items() if not every} == {"vss", "ibias", "vlk", "vtest"}


def test_sheet_joins_neighbouring_bits():
    assert joined(["a[0]", "a[1]", "a[3]", "b", "c[5]", "c[4]"]) == "`a[1:0]`, `a[3]`, `b`, `c[5:4]`"


def unknown_registers(text):
    """Registers, or fields of one, that a text names between backticks and that neither core has."""
    maps = [registers() for core in (FIRST)]
    bad = []
    for register, field in re.findall(r"`([A-Z][A-Z_]*\d?)(?:\.(\w+))?`", text):
        known = [found[register.lower()].fields for found in maps if register.lower() in found]
        if not known or field and not any(field in fields for fields in known):
            bad.append(f"{register}.{field}".rstrip("."))
    return bad


def test_sheet_names_registers_that_are_there():
    assert unknown_registers("`CTRL.enable`, `CTRL.enabled`, `IMAGE.start`, `NONE`, `SIZE`") == ["CTRL.enabled", "NONE"]
    ours = PAGE.read_text().replace("`PULSED`", "").replace("`START`", "")      # of Python
    assert unknown_registers(ours) == [] and set(chip_sheet.FIRST_LIGHT) <= set(registers())


def test_sheet_names_orders_of_the_supplies_that_are_simulated():
    """And says of them what they are."""
    said = re.findall(r"`(usual|v\w+_(?:first|lost|missing)\w*|logic_lost\w*)`", PAGE.read_text())
    assert set(said) == {"usual", "vpp_first", "logic_lost", "logic_lost_in_pulse", "vpp_lost_in_pulse"} <= set(ORDERS)
    ups = {name: [step.up for step in ORDERS[name].steps if step.up] for name in ("usual", "vpp_first")}
    assert ups == {"usual": [LOGIC, HIGH], "vpp_first": [HIGH, LOGIC]} and {"vpp", "vfire"} <= set(HIGH) and "vref" in LOGIC
    assert ORDERS["logic_lost"].steps[-1].down == LOGIC
