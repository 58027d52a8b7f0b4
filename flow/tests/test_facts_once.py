"""Facts that stand in one place; where a language needs its own copy, that it is the same."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest
from neusoc.analog.bench.datasheet import datasheet
from neusoc.analog.bl_buffer import model as bl_buffer
from neusoc.analog.dac6 import model as dac6
from neusoc.analog.sense_adc import model as sense_adc
from neusoc.analog.source_driver import window
from neusoc.analog.string_dac import model as string_dac
from neusoc.analog.synapse import access, bench
from neusoc.base.paths import ROOT
from neusoc.digital.model import integer_cell, ispp
from neusoc.digital.model.regmap import registers
from neusoc.layout.array import dimensions
from neusoc.software.emulator.cells import READ_V, CellArray
from neusoc.software.emulator.code_path import CodePath

FOLDERS = ("analog", "base", "digital", "flow", "layout", "pdk", "software", "verification")
CODES = np.arange(64)
SIEMENS = np.array([0.0, 5e-6, 20e-6, 60e-6])


def _parameters(path: str) -> dict[str, float]:
    """`parameter real` of a Verilog twin."""
    return {
        name: float(value)
        for name, value in re.findall(r"parameter real (\w+)\s*= ([\d.e+-]+)", (ROOT / path).read_text())
    }


def test_dac_of_the_verilog_twin_is_that_of_the_python_twin():
    found = _parameters("analog/dac6/dac6.v")
    assert (found["Offset"], found["OffsetFine"]) == dac6.OFFSET and (
        found["Gain"],
        found["GainFine"],
    ) == dac6.GAIN
    assert (found["Slew"], found["Tau"], found["Delay"]) == pytest.approx(
        (dac6.SLEW / 1e9, dac6.TAU * 1e9, dac6.DELAY * 1e9)
    )
    text = (ROOT / "analog/dac6/dac6.v").read_text()
    fine = re.search(r"OffsetFine \+ GainFine \* \(([\d.]+) \+ ([\d.]+) \* code\)", text).groups()
    coarse = re.search(r"Offset \+ Gain \* \(([\d.]+) \+ ([\d.]+) / ([\d.]+) \* code\)", text).groups()
    assert (float(fine[0]), float(fine[1])) == dac6.FINE and (
        float(coarse[0]),
        float(coarse[1]) / float(coarse[2]),
    ) == dac6.COARSE


def test_dac_without_a_buffer_is_the_other_over_the_gain_of_the_buffer_in_every_text():
    text = (ROOT / "analog/string_dac/string_dac.v").read_text()
    *coarse, gain = (
        float(n)
        for n in re.search(r"wanted = \(([\d.]+) \+ ([\d.]+) / ([\d.]+) \* code\) / ([\d.]+);", text).groups()
    )
    assert (coarse[0], coarse[1] / coarse[2], gain) == (*dac6.COARSE, string_dac.GAIN)
    first, last = string_dac.ideal()[[0, -1]]
    for name in ("README.md", "string_dac.sch", "string_dac.yaml"):
        lines = (ROOT / "analog/string_dac" / name).read_text().splitlines()
        said = "\n".join(line for line in lines if "allowed: " not in line)  # of supplies
        ends = re.findall(r"([\d.]+) (?:to|V \+ code(?: x)?) ([\d.]+)(/63)? V", said)
        assert ends, name
        found = {
            (float(low), round(float(low) + float(high) if step else float(high), 9))
            for low, high, step in ends
        }
        assert found == {(round(float(first), 9), round(float(last), 9))}, name


def test_converter_of_the_verilog_twin_is_that_of_the_python_twin():
    found = _parameters("analog/sense_adc/sense_adc.v")
    assert (found["Offset"], found["OffsetFine"]) == sense_adc.OFFSET and (
        found["Gain"],
        found["GainFine"],
    ) == sense_adc.GAIN
    assert (found["StepUs"], found["DelayNs"]) == pytest.approx((sense_adc.STEP * 1e6, sense_adc.DELAY * 1e9))


def test_texts_of_the_registers_say_the_same_of_dac_and_converter():
    text = (ROOT / "digital/regs/controller.rdl").read_text()
    said = re.findall(r"1 = ([\d.]+) V \+ ([\d.]+) V code, 0 = ([\d.]+) V \+ code ([\d.]+)/(\d+) V", text)
    assert len(said) == 4  # of each register that has this field
    assert {(float(a), float(b), float(c), float(d) / float(e)) for a, b, c, d, e in said} == {
        (*dac6.FINE, *dac6.COARSE)
    }
    assert [float(us) for us in re.findall(r"([\d.]+) uS a step", text)] == [
        pytest.approx(sense_adc.STEP * 1e6)
    ]


def test_texts_of_the_algorithm_say_the_same_of_dac_and_converter():
    coarse = re.search(r"DACs: ([\d.]+) V \+ code \* ([\d.]+)/(\d+) V", ispp.__doc__).groups()
    assert (float(coarse[0]), float(coarse[1]) / float(coarse[2])) == dac6.COARSE
    rows = [
        row.text
        for row in ispp.register_table(ispp.load_registers())
        if row.name in ("form_fine", "set_fine", "reset_fine")
    ]
    fine = [
        match.groups()
        for text in (ispp.__doc__, *rows)
        for match in re.finditer(r"1(?: =|:) ([\d.]+) V \+ ([\d.]+) V \* code", text)
    ]
    assert len(fine) == 4
    assert {(float(first), float(step)) for first, step in fine} == {dac6.FINE}
    assert float(re.search(r"([\d.]+) uS a step", ispp.__doc__)[1]) == pytest.approx(sense_adc.STEP * 1e6)


def _block_texts() -> dict[str, list[tuple[float, ...]]]:
    """What the blocks' own texts say, by where it stands: level of code 0 and step, V; levels at the ends, V;
    step, uS, and FINER."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for name in ("README.md", "dac6.yaml", "dac6.sch", "model.py"):
        text = (ROOT / "analog/dac6" / name).read_text()
        said = re.findall(r"([\d.]+) V \+ code (?:x )?([\d.]+)(/\d+)? V", text)
        found[f"{name} coarse"] = [
            (float(first), float(whole) / float(codes[1:])) for first, whole, codes in said if codes
        ]
        found[f"{name} fine"] = [(float(first), float(step)) for first, step, codes in said if not codes]
    sheet = datasheet("dac6")
    ends = re.search(
        r"([\d.]+) to ([\d.]+) V or \(fine range\) ([\d.]+) to ([\d.]+) V", sheet.description
    ).groups()
    found["dac6.yaml ends"] = [tuple(map(float, ends))]
    firsts = [
        sheet.parameters[name].description for name in ("error_first", "error_first_fine", "error_last_fine")
    ]
    found["dac6.yaml errors"] = [
        tuple(float(re.fullmatch(r"code \d+ less ([\d.]+) V", text)[1]) for text in firsts)
    ]
    for name in ("sense_adc.yaml",):
        said = re.findall(
            r"([\d.]+) uS (?:a step|in range 0)[;,] (?:1: )?an (\w+)",
            (ROOT / "analog/sense_adc" / name).read_text(),
        )
        found[f"{name} step"] = [(float(step), {"eighth": 8}[finer]) for step, finer in said]
    said = re.findall(r"an (\w+) of (?:it|the step)\b", (ROOT / "analog/sense_adc/model.py").read_text())
    found["model.py finer"] = [({"eighth": 8}[finer],) for finer in said]
    return found


def _texts_that_differ() -> set[str]:
    """Those that say something else than the models, or less or more often than they do today."""
    levels = [dac6.ideal(fine)[code] for fine in (False, True) for code in (0, -1)]
    step = (sense_adc.STEP * 1e6, sense_adc.FINER)
    wanted: dict[str, list[tuple[float, ...]]] = {
        "README.md coarse": [dac6.COARSE],
        "README.md fine": [dac6.FINE],
        "dac6.yaml coarse": [],
        "dac6.yaml fine": [dac6.FINE],
        "dac6.sch coarse": [dac6.COARSE],
        "dac6.sch fine": [dac6.FINE],
        "model.py coarse": [],
        "model.py fine": [dac6.FINE],
        "dac6.yaml ends": [tuple(levels)],
        "dac6.yaml errors": [(levels[0], levels[2], levels[3])],
        "sense_adc.yaml step": [step, step],
        "model.py finer": [(sense_adc.FINER,)],
    }
    found = _block_texts()
    assert found.keys() == wanted.keys()
    return {
        where
        for where, values in wanted.items()
        if found[where] != [pytest.approx(value) for value in values]
    }


def test_texts_of_the_blocks_say_the_same_of_dac_and_converter():
    assert _texts_that_differ() == set(), (
        "analog/dac6 or analog/sense_adc: a text says something else than model.py"
    )


@pytest.mark.parametrize(
    ("model", "name", "value", "where"),
    [
        (
            dac6,
            "COARSE",
            (0.5, 3.0 / 63),
            {"README.md coarse", "dac6.sch coarse", "dac6.yaml ends", "dac6.yaml errors"},
        ),
        (dac6, "COARSE", (0.4, 3.1 / 63), {"README.md coarse", "dac6.sch coarse", "dac6.yaml ends"}),
        (
            dac6,
            "FINE",
            (0.72, 0.021),
            {f"{n} fine" for n in ("README.md", "dac6.yaml", "dac6.sch", "model.py")}
            | {"dac6.yaml ends", "dac6.yaml errors"},
        ),
        (sense_adc, "STEP", 0.354e-6, {"sense_adc.yaml step"}),
        (sense_adc, "FINER", 4, {"sense_adc.yaml step", "model.py finer"}),
    ],
)
def test_texts_of_the_blocks_that_a_change_leaves_behind_are_named(model, name, value, where, monkeypatch):
    monkeypatch.setattr(model, name, value)
    assert _texts_that_differ() == where


def test_datasheet_of_the_converter_measures_the_step_of_its_twin():
    setup = datasheet("sense_adc").setup
    assert (setup["step"], setup["vread"], setup["ibias"]) == (sense_adc.STEP, sense_adc.READ, sense_adc.BIAS)


def test_cells_are_read_at_the_converters_voltage_and_toy_cells_have_the_dacs_levels():
    assert READ_V == sense_adc.READ
    old = [[400 + code * 3000 // 63 for code in range(64)], [720 + 20 * code for code in range(64)]]
    assert [list(levels) for levels in integer_cell.WL_MV] == old


def _shown() -> list[float]:
    """All that the path makes of codes and conductances, both ranges, both kinds."""
    found: list[float] = []
    for ideal in (False, True):
        path = CodePath(CellArray(1, 1), ideal=ideal)
        for fine in (0, 1):
            found += [*path.wl_volts(CODES, fine), *path.line_volts(CODES), *path._adcs[fine].held(SIEMENS)]
    return found


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (dac6, "OFFSET", (0.08, 0.0633)),
        (dac6, "OFFSET", (0.0726, 0.07)),
        (dac6, "GAIN", (0.9683, 0.99)),
        (dac6, "COARSE", (0.5, 0.04)),
        (dac6, "FINE", (0.7, 0.03)),
        (sense_adc, "OFFSET", (1.0, 9.0)),
        (sense_adc, "GAIN", (1.0, 0.9)),
        (sense_adc, "STEP", 0.4e-6),
        (sense_adc, "FINER", 4),
    ],
)
def test_path_follows_a_changed_constant_of_the_twins(model, name, value, monkeypatch):
    before = _shown()
    monkeypatch.setattr(model, name, value)
    assert _shown() != before
    monkeypatch.undo()
    assert _shown() == before


def test_path_follows_a_changed_inl(monkeypatch):
    bits = CodePath(CellArray(1, 1))._adcs[0].bit_errors
    for name, value in (("BIT_ERRORS", (0.1,) * sense_adc.BITS), ("UNIT_SIGMA", 0.1)):
        monkeypatch.setattr(sense_adc, name, value)
        assert not np.array_equal(CodePath(CellArray(1, 1))._adcs[0].bit_errors, bits)
        assert not CodePath(CellArray(1, 1), ideal=True)._adcs[0].bit_errors.any()
        monkeypatch.undo()


def _transfer_again(text: str) -> list[str]:
    """Where a Python text has numbers of the DAC's or the converter's transfer: their constants, or a
    constant over 63 or 255 codes."""
    numbers = {*dac6.OFFSET, *dac6.GAIN, dac6.FINE[0], *dac6.COARSE[1:], dac6.SLEW, dac6.TAU, dac6.DELAY}
    numbers |= {
        sense_adc.STEP,
        *sense_adc.GAIN,
        round(sense_adc.STEP * 1e6, 9),
        round(sense_adc.STEP * 1e9, 6),
    }
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and type(node.value) is float and node.value in numbers:
            found.append(f"line {node.lineno}: {node.value}")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv):
            over = isinstance(node.right, ast.Constant) and node.right.value in (63, 255)
            if over and any(isinstance(part, ast.Constant) for part in ast.walk(node.left)):
                found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def test_no_other_module_has_the_transfer_of_dac_or_converter():
    homes = {ROOT / "analog" / "dac6", ROOT / "analog" / "sense_adc"}
    modules = [
        p
        for folder in FOLDERS
        for p in (ROOT / folder).rglob("*.py")
        if "tests" not in p.parts and not homes & set(p.parents)
    ]
    assert len(modules) > 200
    assert {
        str(p.relative_to(ROOT)): again for p in modules if (again := _transfer_again(p.read_text()))
    } == {}
    assert all(
        _transfer_again(f"first = 1\n{planted}\n") for planted in ("v = 0.72 + step * code", "slew = 44e6")
    )
    copies = (
        "v = 0.0726 + 0.9683 * ideal",
        "V = (0.4, 3.0 / 63)",
        "mv = 400 + code * 3000 // 63",
        "S = 90e-6 / 255",
        "us = 0.353 * c",
    )
    for planted in copies:
        assert _transfer_again(f"first = 1\n{planted}\n")


def _driver_texts() -> dict[str, tuple[float, ...]]:
    """What the datasheets of the drivers say of the DAC's range, V: where -> numbers."""
    found: dict[str, tuple[float, ...]] = {}
    for name in ("row_driver", "source_driver"):
        sheet = datasheet(name)
        for pin, fields in sheet.pins.items():
            if said := re.search(r"DAC, ([\d.]+) to ([\d.]+) V", fields["description"]):
                found[f"{name}.{pin}"] = (float(said[1]), float(said[2]))
                found[f"{name}.{pin} least"] = (fields["Vmin"],)
                if pin.endswith("_dac"):
                    found[f"{name}.{pin} most"] = (fields["Vmax"],)
        for key, parameter in sheet.parameters.items():
            if said := re.search(r"worst of ([\d.]+), [\d.]+.* V", parameter.description):
                found[f"{name}.{key}"] = (float(said[1]),)
    rail = [condition.vwl for condition in datasheet("row_driver").conditions["rail"]]
    return found | {"row_driver.rail": (min(rail), max(rail))}


def _drivers_that_differ() -> set[str]:
    """Texts and limits that say another range than the DAC's model, or are missing."""
    least, top = dac6.FINE[0], float(dac6.ideal(False)[-1])
    wanted = {
        "row_driver.vwl": (least, top),
        "row_driver.vwl least": (least,),
        "row_driver.rail": (least, top),
        "source_driver.vwl_dac": (least, top),
        "source_driver.vwl_dac least": (least,),
        "source_driver.vwl_dac most": (top,),
        "source_driver.wl_dac_resistance": (least,),
    }
    found = _driver_texts()
    assert found.keys() == wanted.keys()
    return {where for where, values in wanted.items() if found[where] != pytest.approx(values)}


def test_datasheets_of_the_drivers_say_the_range_of_the_dac():
    assert _drivers_that_differ() == set(), (
        "row_driver.yaml or source_driver.yaml: another range than dac6/model.py"
    )


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        (
            "FINE",
            (0.7, 0.02),
            {
                "row_driver.vwl",
                "row_driver.vwl least",
                "row_driver.rail",
                "source_driver.vwl_dac",
                "source_driver.vwl_dac least",
                "source_driver.wl_dac_resistance",
            },
        ),
        (
            "COARSE",
            (0.4, 3.1 / 63),
            {"row_driver.vwl", "row_driver.rail", "source_driver.vwl_dac", "source_driver.vwl_dac most"},
        ),
    ],
)
def test_datasheets_of_the_drivers_that_a_change_leaves_behind_are_named(name, value, where, monkeypatch):
    monkeypatch.setattr(dac6, name, value)
    assert _drivers_that_differ() == where


def test_window_of_a_reset_is_judged_as_cells_are_read():
    """Erased is level 0 of the grid after reset, in codes of the converter, at the converter's voltage."""
    assert window.ERASED_CODE == registers()["grid"].fields["base"].reset
    assert (
        pytest.approx(window.ERASED, rel=0.005) == window.ERASED_CODE * sense_adc.STEP
        and window.READ is sense_adc.READ
    )


def test_strap_of_a_word_line_is_that_of_the_row_driver():
    assert bench.STRAP_OHM == datasheet("row_driver").setup["strap_ohm"]


def test_page_of_the_controller_says_the_same_of_dac_and_converter():
    text = (ROOT / "docs/02-chip/controller.md").read_text()
    coarse = re.search(r"codes: ([\d.]+) V \+ code ([\d.]+)/(\d+) V", text).groups()
    fine = re.search(r"WL DAC: ([\d.]+) V \+ ([\d.]+) V code", text).groups()
    assert (float(coarse[0]), float(coarse[1]) / float(coarse[2])) == dac6.COARSE and tuple(
        map(float, fine)
    ) == dac6.FINE
    step, finer = re.search(r"0: ([\d.]+) uS a step, 1: one (\w+)", text).groups()
    assert float(step) == pytest.approx(sense_adc.STEP * 1e6) and {"eighth": 8}[finer] == sense_adc.FINER


def test_transistor_of_the_table_is_the_one_that_is_drawn():
    assert (access.WIDTH_UM, access.LENGTH_UM) == (dimensions.WIDTH, dimensions.LENGTH)


def test_buffer_of_the_bit_lines_takes_what_its_dac_gives():
    """Ends of the DAC's levels in the buffer's twin and datasheet; times its gain, those of the column
    drivers' pins."""
    ends = string_dac.ideal()[[0, -1]]
    assert (bl_buffer.LOWEST, bl_buffer.HIGHEST) == pytest.approx(tuple(ends))
    said = re.search(r"([\d.]+) to ([\d.]+) V", datasheet("bl_buffer").pins["vin"]["description"])
    assert (float(said[1]), float(said[2])) == pytest.approx(tuple(ends))
    top = float(np.round(string_dac.GAIN * ends[1], 3))
    driver = datasheet("column_driver").pins
    assert driver["vbl"]["Vmax"] == driver["sl"]["Vmax"] == top and driver["bl"]["description"].endswith(
        f"0 to {top:g} V"
    )
