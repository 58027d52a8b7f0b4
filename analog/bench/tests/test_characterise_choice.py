"""Benches that are not asked for on the extracted netlist are told as not run, and never pass."""

from __future__ import annotations

import ast
import re

import pytest
from neusoc.analog.bench import characterise as module
from neusoc.analog.bench import result_store
from neusoc.analog.bench.characterise import ANALOG, blocks, characterise, datasheet
from neusoc.base.errors import UserError


@pytest.fixture
def measured(monkeypatch):
    """Every parameter in the middle of its limits, without a simulation."""

    def measure(name, dut, sheet, source, only=None, resume=False):
        def middle(p):
            limits = [limit for limit in (p.minimum, p.maximum) if limit is not None]
            return sum(limits) / len(limits)

        wanted = {k: p for k, p in sheet.parameters.items() if p.bench != "layout" and source in p.sources and (only is None or k in only)}
        return {key: {c: middle(p) for c in sheet.conditions[str(p.conditions)]} for key, p in wanted.items()}

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "device", lambda *_: "")
    monkeypatch.setattr(module, "_outline", lambda _: 1.0)


def test_characterise_without_a_choice_has_all_values(measured):
    report, table = characterise("sense_adc")
    assert report.verdict == "pass" and "not run" not in table


def test_characterise_tells_what_was_not_run(measured):
    report, table = characterise("sense_adc", extracted=["static"])
    rows = {line.split(":")[0].strip("| "): line for line in table.splitlines()}
    assert "not run | not run" in rows["delay"] and "not run" not in rows["offset"] and "not run" not in rows["noise"]
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


def test_characterise_tells_what_was_asked(measured):
    rows = {line.split(":")[0].strip("| "): line for line in characterise("strobe_driver")[1].splitlines()}
    assert "| <= 150 (asked: above vdd1v8, whatever it is) |" in rows["stress_thin_over"] and "asked" not in rows["stress_thick"]


def test_datasheet_with_an_unknown_block(tmp_path):
    sheet = tmp_path / "neuron.yaml"
    sheet.write_text((ANALOG / "neuron" / "neuron.yaml").read_text().replace("[fire_driver]", "[fire_drivers]"))
    with pytest.raises(UserError, match="area_with_fire.with_blocks has 'fire_drivers', which no folder"):
        datasheet("neuron", sheet)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ("maximum: 0.5, maximum: 5", r"^dac6.yaml:\d+: parameters.inl.maximum stands twice; remove one of the two$"),
        ("maximum: .nan", "^dac6.yaml: parameters.inl.maximum is nan: .*finite number; correct it"),
        ("maximum: .inf", "^dac6.yaml: parameters.inl.maximum is inf: .*finite number; correct it"),
        ("minimum: -.inf, maximum: 0.5", "^dac6.yaml: parameters.inl.minimum is -inf: .*finite number; correct it"),
        ("", "^dac6.yaml: parameters.inl has no limit; give it a minimum, a maximum or both$"),
        ("maximum: null", "^dac6.yaml: parameters.inl has no limit; give it a minimum, a maximum or both$"),
        ("minimum: 0.6, maximum: 0.5", "^dac6.yaml: parameters.inl has the minimum 0.6 above its maximum 0.5, which nothing keeps"),
    ],
)
def test_datasheet_with_a_limit_that_judges_nothing(limit, told, tmp_path):
    text, sheet = (ANALOG / "dac6" / "dac6.yaml").read_text(), tmp_path / "dac6.yaml"
    first = next(line for line in text.splitlines() if line.startswith("  inl: "))
    assert first.endswith(", maximum: 0.5}")
    sheet.write_text(text.replace(first, f"{first.removesuffix(', maximum: 0.5}')}{', ' if limit else ''}{limit}}}"))
    with pytest.raises(UserError, match=told) as caught:
        datasheet("dac6", sheet)
    assert "\n" not in str(caught.value)


def test_datasheet_with_a_limit_without_a_unit(tmp_path):
    text, sheet = (ANALOG / "dac6" / "dac6.yaml").read_text(), tmp_path / "dac6.yaml"
    first = next(line for line in text.splitlines() if line.startswith("  inl: "))
    assert " unit: LSB," in first
    sheet.write_text(text.replace(first, first.replace(" unit: LSB,", "")))
    with pytest.raises(UserError, match="^dac6.yaml: parameters.inl.unit is missing; give it") as told:
        datasheet("dac6", sheet)
    assert "\n" not in str(told.value)


def test_datasheet_with_a_parameter_twice(tmp_path):
    text, sheet = (ANALOG / "dac6" / "dac6.yaml").read_text(), tmp_path / "dac6.yaml"
    first = next(line for line in text.splitlines() if line.startswith("  inl: "))
    sheet.write_text(f"{text}{first}\n")
    with pytest.raises(UserError, match=rf"^dac6.yaml:{len(text.splitlines()) + 1}: parameters.inl stands twice; remove one"):
        datasheet("dac6", sheet)


@pytest.mark.parametrize("corner", ["sx", "tt_ll", "ff_lx", "tt_mm", "ffhh"])
def test_datasheet_with_an_unknown_corner(corner, tmp_path):
    text, sheet = (ANALOG / "dac6" / "dac6.yaml").read_text(), tmp_path / "dac6.yaml"
    assert "corner: ss_hh," in text
    sheet.write_text(text.replace("corner: ss_hh,", f"corner: {corner},", 1))
    told = rf"^dac6.yaml: conditions.\w+ has the corner '{corner}'; use one of tt, ss, ff, sf, fs, but for tt also with _ll, _lh, "
    with pytest.raises(UserError, match=told):
        datasheet("dac6", sheet)
    sheet.write_text(text.replace("corner: ss_hh,", "corner: ss_hl,", 1))
    assert any(c.corner == "ss_hl" for every in datasheet("dac6", sheet).conditions.values() for c in every)


@pytest.mark.parametrize("resume", [False, True])
def test_datasheet_with_a_name_that_its_bench_does_not_give(resume, tmp_path, monkeypatch):
    """Nothing is kept of such a run: the same sentence the next time."""
    sheet = tmp_path / "dac6.yaml"
    sheet.write_text((ANALOG / "dac6" / "dac6.yaml").read_text().replace("  inl: ", "  inls: ").replace("[inl, ", "[inls, "))
    renamed = datasheet("dac6", sheet)
    bench = renamed.parameters["inls"].bench
    given = dict.fromkeys([*renamed.names(bench), "inl"], 0.0)
    del given["inls"]
    monkeypatch.setattr(module._benches("dac6"), "simulate", lambda *_: given)
    monkeypatch.setattr(result_store, "BUILD", tmp_path)
    told = rf"^dac6.yaml: parameters.inls: the bench {bench} does not give it; .* the datasheet lacks inl; .* analog/dac6/benches.py$"
    for _ in range(2):
        with pytest.raises(UserError, match=told):
            module.measure("dac6", "", renamed, "schematic", only=["inls", "dnl"], resume=resume)


@pytest.mark.parametrize("block", blocks())
def test_datasheet_with_an_unknown_bench(block, tmp_path):
    text = (ANALOG / block / f"{block}.yaml").read_text()
    sheet, used = tmp_path / f"{block}.yaml", {p.bench for p in datasheet(block).parameters.values()} - {"layout"}
    assert used == set(module._benches(block).BENCHES), "a bench that nothing uses"
    bench = min(used)
    sheet.write_text(text.replace(f"bench: {bench},", f"bench: {bench}s,", 1))
    with pytest.raises(UserError, match=rf"^{block}.yaml: parameters.\w+.bench is '{bench}s'; use one of layout, .*{bench}") as told:
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
        says(setup.replace(line, typo, 1), f"setup has '{name}s', which no bench reads; rename it {name}, or name it in {place}")
        rest = setup.replace(line, "" if len(names) > 1 else "  {}\n", 1)
        says(rest, f"setup lacks '{name}', which {place} names; give it")
    says(f"  much: 1\n{setup}", f"setup has 'much', which no bench reads; remove it, or name it in {place}")


@pytest.mark.parametrize("block", blocks())
def test_names_of_the_setup_are_read(block):
    """In the block's code as a string beside that in SETUP, in that of another block's part which it imports, or in its decks in braces."""
    files = [path for path in (ANALOG / block).rglob("*") if "tests" not in path.parts]
    trees = [ast.parse(path.read_text()) for path in files if path.suffix == ".py"]
    trees += [ast.parse(path.read_text()) for path in parts_of_others(block, trees)]
    strings = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    decks = "".join(path.read_text() for path in files if path.parent.name == "tb")
    unread = [name for name in module._benches(block).SETUP if strings.count(name) < 2 and f"{{{name}" not in decks]
    assert unread == []


def parts_of_others(block, trees):
    """Files bench_parts.py of other blocks that a block's modules import."""
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named = {f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return [ANALOG / other / "bench_parts.py" for other in blocks() if other != block and f"neusoc.analog.{other}.bench_parts" in named]
