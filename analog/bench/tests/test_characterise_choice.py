"""Datasheets and their reports: choice of benches, mistakes in a datasheet, names that benches read."""

from __future__ import annotations

import ast
import re

import pytest
from neusoc.analog.bench import characterise as module
from neusoc.analog.bench import datasheet as datasheet_of
from neusoc.analog.bench import figures_table, result_store
from neusoc.analog.bench.characterise import characterise
from neusoc.analog.bench.datasheet import ANALOG, blocks, datasheet
from neusoc.analog.bench.schematic import schematic_pins
from neusoc.base.errors import UserError


@pytest.fixture
def measured(monkeypatch):
    """Every parameter in the middle of its limits, without a simulation."""

    def measure(name, dut, sheet, source, only=None, resume=False):
        def middle(p):
            limits = [limit for limit in (p.minimum, p.maximum) if limit is not None]
            return sum(limits) / len(limits)

        wanted = {
            k: p
            for k, p in sheet.parameters.items()
            if p.bench != "layout" and source in p.sources and (only is None or k in only)
        }
        return {key: {c: middle(p) for c in sheet.conditions[str(p.conditions)]} for key, p in wanted.items()}

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "device", lambda *_: "")
    monkeypatch.setattr(figures_table, "cell_outline", lambda _: 1.0)


def test_characterise_without_a_choice_has_all_values(measured):
    report, table = characterise("sense_adc")
    assert report.verdict == "pass" and "not run" not in table


def test_characterise_tells_what_was_not_run(measured):
    report, table = characterise("sense_adc", extracted=["static"])
    rows = {line.split(":")[0].strip("| "): line for line in table.splitlines()}
    assert (
        "not run | not run" in rows["delay"]
        and "not run" not in rows["offset"]
        and "not run" not in rows["noise"]
    )
    missing = {(f.name, f.source) for f in report.figures if f.value is None}
    assert ("delay", "extracted") in missing and {source for _, source in missing} == {"extracted"}
    assert report.verdict == "fail"


def test_characterise_bad_choice():
    with pytest.raises(UserError, match="sense_adc.yaml: no bench statics; choose of"):
        characterise("sense_adc", extracted=["statics"])


def test_characterise_area_counts_the_blocks_named(measured):
    report, _ = characterise("neuron")
    areas = {f.name: f.value for f in report.figures if f.source == "gds"}
    assert areas == {"area": 1.0, "area_with_fire": 2.0}


INL = "  inl: {description: x, unit: LSB, bench: transfer, conditions: corners, maximum: 0.5}\n"
LIMIT = "maximum: 0.5}"
BAD = [
    (
        "neuron",
        "[fire_driver]",
        "[fire_drivers]",
        "area_with_fire.with_blocks has 'fire_drivers', which no folder",
    ),
    (
        "dac6",
        LIMIT,
        "maximum: 0.5, maximum: 5}",
        r":\d+: parameters.inl.maximum stands twice; remove one of the two$",
    ),
    ("dac6", LIMIT, "maximum: .nan}", "parameters.inl.maximum is nan: .*finite number; correct it"),
    ("dac6", LIMIT, "maximum: .inf}", "parameters.inl.maximum is inf: .*finite number; correct it"),
    ("dac6", f", {LIMIT}", "}", "parameters.inl has no limit; give it a minimum, a maximum or both$"),
    ("dac6", LIMIT, "maximum: null}", "parameters.inl has no limit; give it a minimum, a maximum or both$"),
    (
        "dac6",
        LIMIT,
        "minimum: 0.6, maximum: 0.5}",
        "inl has the minimum 0.6 above its maximum 0.5, which nothing keeps",
    ),
    ("dac6", " unit: LSB,", "", "parameters.inl.unit is missing; give it"),
    ("dac6", "parameters:\n", f"parameters:\n{INL}", r":\d+: parameters.inl stands twice; remove one"),
    (
        "dac6",
        "corner: ss_hh,",
        "corner: tt_mm,",
        "conditions.corners has the corner 'tt_mm'; use one of tt, ss, ff, sf,",
    ),
    ("row_driver", "conditions: corners,", "conditions: cornets,", "parameters.rise.conditions"),
    ("row_driver", "columns: 64", "columns: many", "setup.columns"),
    ("row_driver", "unit: pJ", "unit: joule", "parameters.energy.unit"),
    ("row_driver", "maximum: 140", "maximun: 140", "parameters.area.maximun"),
    ("row_driver", "pins:", "pins: [", "not a readable YAML"),
]


@pytest.mark.parametrize(("block", "old", "new", "words"), BAD)
def test_datasheet_with_a_mistake_is_refused(block, old, new, words, tmp_path):
    text, sheet = (ANALOG / block / f"{block}.yaml").read_text(), tmp_path / f"{block}.yaml"
    assert old in text
    sheet.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=rf"^{block}.yaml:? ?.*{words}") as refused:
        datasheet(block, sheet)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", blocks())
def test_datasheet_has_the_pins_of_its_schematic(name):
    assert [(net, pin["direction"]) for net, pin in datasheet(name).pins.items()] == schematic_pins(name)


@pytest.mark.parametrize("resume", [False, True])
def test_datasheet_with_a_name_that_its_bench_does_not_give(resume, tmp_path, monkeypatch):
    """Nothing is kept of such a run: the same sentence the next time."""
    sheet = tmp_path / "dac6.yaml"
    sheet.write_text(
        (ANALOG / "dac6" / "dac6.yaml")
        .read_text()
        .replace("  inl: ", "  inls: ")
        .replace("[inl, ", "[inls, ")
    )
    renamed = datasheet("dac6", sheet)
    bench = renamed.parameters["inls"].bench
    given = dict.fromkeys([*renamed.names(bench), "inl"], 0.0)
    del given["inls"]
    monkeypatch.setattr(datasheet_of.bench_module("dac6"), "simulate", lambda *_: given)
    monkeypatch.setattr(result_store, "BUILD", tmp_path)
    told = (
        rf"^dac6.yaml: parameters.inls: the bench {bench} does not give it; .* the datasheet lacks inl; .*"
        r" analog/dac6/benches.py$"
    )
    for _ in range(2):
        with pytest.raises(UserError, match=told):
            module.measure("dac6", "", renamed, "schematic", only=["inls", "dnl"], resume=resume)


@pytest.mark.parametrize("block", blocks())
def test_datasheet_with_an_unknown_bench(block, tmp_path):
    text = (ANALOG / block / f"{block}.yaml").read_text()
    sheet, used = (
        tmp_path / f"{block}.yaml",
        {p.bench for p in datasheet(block).parameters.values()} - {"layout"},
    )
    assert used == set(datasheet_of.bench_module(block).BENCHES), "a bench that nothing uses"
    bench = min(used)
    sheet.write_text(text.replace(f"bench: {bench},", f"bench: {bench}s,", 1))
    with pytest.raises(
        UserError, match=rf"^{block}.yaml: parameters.\w+.bench is '{bench}s'; use one of layout, .*{bench}"
    ) as told:
        datasheet(block, sheet)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("block", blocks())
def test_datasheet_with_a_wrong_name_in_its_setup(block, tmp_path):
    """Each name with a letter too many, then each missing."""
    sheet, place = tmp_path / f"{block}.yaml", f"SETUP of analog/{block}/benches.py"
    before, head, setup = (ANALOG / block / f"{block}.yaml").read_text().partition("\nsetup:\n")
    names = list(datasheet(block).setup)

    def says(changed: str, told: str) -> None:
        sheet.write_text(f"{before}{head}{changed}")
        with pytest.raises(UserError, match=f"^{block}.yaml: {told}$") as said:
            datasheet(block, sheet)
        assert "\n" not in str(said.value)

    for name in names:
        line = re.search(rf"^  {name}: .*\n", setup, re.MULTILINE)[0]
        typo = line.replace(name, f"{name}s", 1)
        says(
            setup.replace(line, typo, 1),
            f"setup has '{name}s', which no bench reads; rename it {name}, or name it in {place}",
        )
        rest = setup.replace(line, "" if len(names) > 1 else "  {}\n", 1)
        says(rest, f"setup lacks '{name}', which {place} names; give it")
    says(f"  much: 1\n{setup}", f"setup has 'much', which no bench reads; remove it, or name it in {place}")


@pytest.mark.parametrize("block", blocks())
def test_names_of_the_setup_are_read(block):
    """In the block's code as a string beside that in SETUP, in that of another block's part which it imports,
    or in its decks in braces."""
    files = [path for path in (ANALOG / block).rglob("*") if "tests" not in path.parts]
    trees = [ast.parse(path.read_text()) for path in files if path.suffix == ".py"]
    trees += [ast.parse(path.read_text()) for path in parts_of_others(block, trees)]
    strings = [
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    decks = "".join(path.read_text() for path in files if path.parent.name == "tb")
    unread = [
        name
        for name in datasheet_of.bench_module(block).SETUP
        if strings.count(name) < 2 and f"{{{name}" not in decks
    ]
    assert unread == []


def parts_of_others(block, trees):
    """Files bench_parts.py of other blocks that a block's modules import."""
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return [
        ANALOG / other / "bench_parts.py"
        for other in blocks()
        if other != block and f"neusoc.analog.{other}.bench_parts" in named
    ]
