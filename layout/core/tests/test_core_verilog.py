"""The behavioural core: connections are those of the SPICE netlist, twins have the pins of their schematics,
bad tables are told."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.analog.reram.osdi import subcircuits
from neusoc.base.chip import CORE_PADS, Chip, load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, LEVELS, REFERENCES, core_pins, references_pins
from neusoc.base.tools import tool
from neusoc.layout.core import references_netlist, verilog
from neusoc.layout.core.netlist import CELLS, array_name, spice
from neusoc.layout.core.verilog import (
    ARRAY,
    PAD_VOLTS,
    behavioural_core,
    behavioural_references,
    core_table,
    core_twins,
    given_levels,
    taken_levels,
    twin,
    twin_path,
)

Calls = dict[str, dict[str, str]]
OF_REFERENCES = (references_netlist.BLOCK, references_netlist.DECOUPLING)


@pytest.fixture(scope="module")
def chip() -> Chip:
    return load_chip("mini")


def verilog_calls(text: str) -> Calls:
    """Instance -> pin bit -> net bit, as read from the generated Verilog."""
    found: Calls = {}
    for name, ports in re.findall(r"^  \w+(?: #\(.*?\))? (x\w+) \((\..*)\);$", text, re.M):
        pins: dict[str, str] = {}
        for port, bits, net in re.findall(r"\.(\w+)\((?:\{([^}]*)\}|([^)]*))\)", ports):
            names = bits.split(", ") if bits else [net]
            pins |= {f"{port}[{i}]" if bits else port: word for i, word in enumerate(reversed(names))}
        found[name] = pins
    return found


def spice_calls(text: str, cell: str) -> Calls:
    """The same of a cell in a netlist."""
    known = subcircuits(text)
    return {words[0]: dict(zip(known[words[-1]][0], words[1:-1], strict=True)) for words in known[cell][1]}


def test_core_verilog_connects_what_spice_connects(chip: Chip) -> None:
    wanted = spice_calls(spice(chip), CELL)
    text = behavioural_core(chip)
    assert verilog_calls(text) == wanted
    turned = text.replace("xcolumn3 (.col_1v8(col_1v8[3])", "xcolumn3 (.col_1v8(col_1v8[4])")
    assert {name for name, pins in verilog_calls(turned).items() if pins != wanted[name]} == {"xcolumn3"}
    assert verilog_calls(behavioural_references(chip)) == spice_calls(references_netlist.spice(), REFERENCES)


@pytest.mark.parametrize("block", list(dict.fromkeys((*CELLS, *OF_REFERENCES))))
def test_core_twin_has_the_pins_of_its_schematic(block: str) -> None:
    header = re.sub(r"//.*", "", twin_path(block).read_text()).partition(");\n")[0]
    ports: dict[str, str] = {}
    for direction, high, name in re.findall(
        r"\b(input|output|inout)\s+(?:wire|reg)\s+(?:\[(\d+):0\]\s*)?(\w+)", header
    ):
        ports |= {f"{name}[{i}]": direction for i in range(int(high) + 1)} if high else {name: direction}
    assert ports == dict(schematic_pins(block))


@pytest.mark.parametrize("name", ["mini", pytest.param("tapeout", marks=pytest.mark.full)])
def test_core_verilog_compiles(name: str, tmp_path: Path) -> None:
    """With and without supply pins, without a warning."""
    chip = load_chip(name)
    texts = {CELL: behavioural_core(chip), REFERENCES: behavioural_references(chip)}
    for module, text in texts.items():
        source = tmp_path / f"{module}.v"
        source.write_text(text)
        for defines in ([], ["-DUSE_POWER_PINS"]):
            command = [
                tool("iverilog"),
                "-g2012",
                "-Wall",
                "-s",
                module,
                "-o",
                tmp_path / "core.vvp",
                *defines,
                source,
                *core_twins(chip),
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            assert done.returncode == 0 and not done.stderr, done.stderr[:2000]


def test_core_verilog_takes_levels_from_the_references(chip: Chip) -> None:
    """Lines, and pins of blocks that want to know: a level of the references is a real of the module, a pad's
    one of its parameters."""
    text = behavioural_core(chip)
    assert taken_levels(chip) == ["vref", "vread", "vth", "vlk", "vsense"] and set(taken_levels(chip)) < set(
        given_levels(chip)
    )
    assert set(given_levels(chip)) == {level for level in LEVELS if level.startswith("v")}
    assert (
        text.count("  real vth_volts;\n") == 1
        and "  always @(vth_volts) xneuron3.vth_volts = vth_volts;\n" in text
    )
    assert (
        "xneuron2.bl_n_on_vread === 1'b1 ? vread_volts"
        in text.partition("volts_bl_5 = ")[2].partition(";")[0]
    )
    assert (
        "always @(volts_vbl_dac) xbuffer.vin_volts = volts_vbl_dac;" in text
        and "parameter real vpp_low" in text
    )


def test_core_verilog_follows_switches_through_the_table(chip: Chip) -> None:
    """A bit line has the level of what its own driver closes; the converter sees a line through that line's
    driver alone."""
    text = behavioural_core(chip)
    assert "xcolumn5.bl_on_vbl === 1'b1 ? volts_vbl" in text.partition("volts_bl_5 = ")[2].partition(";")[0]
    assert "(xcolumn5.bl_on_sense_line === 1'b1 ? xarray.bl_ua[5] : 0.0)" in text
    assert "xneuron2.bl_n_ua = xarray.bl_ua[5];" in text
    table = [
        i._replace(nets=i.nets | {"bl": "bl[1]"}) if i.name == "xcolumn5" else i for i in core_table(chip)
    ]
    moved = behavioural_core(chip, table)
    assert "xcolumn5.bl_on_vbl" not in moved.partition("volts_bl_5 = ")[2].partition(";")[0]
    assert "(xcolumn5.bl_on_sense_line === 1'b1 ? xarray.bl_ua[1] : 0.0)" in moved


def test_core_verilog_pads_are_pins_of_the_core() -> None:
    pins = {pin.name for pin in (*core_pins(load_chip("mini")), *references_pins()) if pin.use != "signal"}
    assert set(PAD_VOLTS) <= pins and "vpp" in CORE_PADS
    assert all(low < high for low, high in PAD_VOLTS.values())


def test_core_verilog_refuses_a_line_without_level(chip: Chip) -> None:
    loose = [
        i._replace(nets=i.nets | {"bl[3]": "bl_open"}) if i.cell == array_name(chip) else i
        for i in core_table(chip)
    ]
    with pytest.raises(UserError, match="bl_open: no block and no pad gives this net a level; connect it"):
        behavioural_core(chip, loose)


def test_core_verilog_refuses_a_converter_without_line(chip: Chip) -> None:
    loose = [
        i._replace(nets=i.nets | {"sense": "sense_open"}) if i.name == "xadc" else i for i in core_table(chip)
    ]
    with pytest.raises(
        UserError,
        match="sense_open: xadc takes a current from this net, which no bit line reaches; connect it",
    ):
        # The level of the line that is left open is told first unless something gives it one.
        giver = next(
            i._replace(name="xgiver", nets=i.nets | {"vout": "sense_line"})
            for i in loose
            if i.name == "xdac_bl"
        )
        behavioural_core(chip, [*loose, giver])


def test_core_verilog_refuses_bad_twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        UserError,
        match=r"row_driver.v: a switch names rail, which is no pin of row_driver; call it <pin>_on_<pin>",
    ):
        verilog._told("row_driver", "    wire wl_on_rail = wl;\n", ["wl", "vwl"])
    monkeypatch.setattr(verilog, "ROOT", tmp_path)
    twin.cache_clear()
    with pytest.raises(UserError, match="analog/dac6/dac6.v: not found; write the block's Verilog twin"):
        twin("dac6")
    twin.cache_clear()
    assert twin_path(ARRAY).name == "synapse_array.v"
