"""READMEs of the blocks: the sections are those of add-a-block.md, in its order; key figures and pins are the datasheet's."""

import re

import pytest
from neusoc.analog.bench import readme
from neusoc.analog.bench.characterise import blocks, datasheet
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results, read_results
from neusoc.flow import regions
from neusoc.flow.reasons import Reasons

PICTURE = "![schematic](schematic.svg)"


def stated_order():
    """(name of a section, whether it may be absent), of the list in add-a-block.md."""
    page = (ROOT / "docs" / "03-develop" / "add-a-block.md").read_text().partition("## The README")[2].partition("\n## ")[0]
    return [(name, "(may be absent)" in rest) for name, rest in re.findall(r"(?m)^\d+\. `([^`]+)`(.*)$", page)]


def faults(page, order):
    """What is wrong with the title, the first lines and the sections of a README."""
    head, *parts = re.split(r"(?m)^## ", page)
    found = [part.partition("\n")[0] for part in parts]
    names = [name for name, _ in order]
    told = [f"{name} is not in the list" for name in found if name not in names]
    told += [f"{name} is missing" for name, may_be_absent in order if name not in found and not may_be_absent]
    if [name for name in found if name in names] != [name for name in names if name in found]:
        told.append(f"order is {', '.join(found)}")
    if not re.fullmatch(rf"# \w+\n\n{re.escape(PICTURE)}\n\n[^#!|\n][^#!|]*\n\n", head):
        told.append("does not begin with title, schematic and what it does")
    sections = dict(zip(found, parts, strict=True))
    regions_of = {"Key figures": readme.KEY, "Pins": readme.PINS}
    told += [f"{name} lacks {mark}" for name, marks in regions_of.items() for mark in marks if mark not in sections.get(name, mark)]
    return told


def test_block_readmes_have_the_order_that_is_stated():
    order = stated_order()
    assert len(order) == 9 and order[0] == ("Key figures", False) and ("In use", True) in order
    bad = {name: told for name in blocks() if (told := faults((ROOT / "analog" / name / "README.md").read_text(), order))}
    assert bad == {}


def _swapped(page):
    before, layout, files = re.split(r"(?m)^(?=## (?:Layout|Files)$)", page)
    return before + files.rstrip("\n") + "\n\n" + layout


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (_swapped, "order is .*, Files, Layout"),
        (lambda page: page.replace("## Sizing", "## Hand calculation"), "Hand calculation is not in the list"),
        (lambda page: page.replace("## Sizing\n", ""), "Sizing is missing"),
        (lambda page: page.replace("## Files", "## Layout"), "order is .*, Layout, Layout"),
        (lambda page: page.replace(f"{PICTURE}\n\n", "", 1), "does not begin"),
        (lambda page: page.replace("## Key figures", "| pin | direction |\n\n## Key figures"), "does not begin"),
        (lambda page: page.replace(readme.PINS[0], "").replace("## How", f"## How\n{readme.PINS[0]}"), "Pins lacks"),
    ],
)
def test_block_readme_with_a_planted_fault_is_told(change, wanted):
    page = (ROOT / "analog" / "dac6" / "README.md").read_text()
    order = stated_order()
    assert faults(page, order) == [] and change(page) != page
    assert any(re.match(wanted, told) for told in faults(change(page), order))


def test_key_figures_are_about_eight_with_misses_among_them():
    results = read_results()
    for name in blocks():
        sheet = datasheet(name)
        figures = results.steps[f"analog.{name}"].report.figures
        missed = {figure.name.removesuffix(" nominal") for figure in figures if not figure.passes}
        assert 6 <= len(sheet.key) == len(set(sheet.key)) <= 10, name
        assert not missed or missed & set(sheet.key), f"{name}: key has none of what is missed: {', '.join(sorted(missed))}"


def test_key_figures_show_limits_misses_and_what_was_not_run():
    figures = [
        Figure(name="error_first", value=12.0, unit="mV", min=-48, max=48, source="schematic"),
        Figure(name="error_first", value=113.9, unit="mV", min=-48, max=48, source="extracted"),
        Figure(name="area", value=1432.6, unit="um2", max=1500, source="gds"),
    ]
    lines = readme.key_table("dac6", Report(step="analog.dac6", figures=figures)).splitlines()
    assert lines[2] == "| figure | unit | limit | schematic | extracted |"
    assert lines[5] == "| error_first: code 0 less 0.4 V | mV | >= -48, <= 48 | 12 | **113.9** (missed) |"
    assert "| area: of the cell's outline | um2 | <= 8000 | 1432.6 | 1432.6 |" in lines
    assert any(line.startswith("| inl_3_sigma: ") and line.endswith("| not run | - |") for line in lines)
    assert [line[2:].partition(":")[0] for line in lines[4:]] == list(datasheet("dac6").key)


def test_key_figures_tell_when_they_are_stale_or_nobody_ran_them():
    region = next(r for r in regions.regions() if r.report == "analog.dac6" and r.markers == readme.KEY)
    report = Report(step="analog.dac6", figures=[Figure(name="error_first", value=2.2, source="schematic")])
    assert region.text(Results({"analog.dac6": Entry(report, "Too old.")}), Reasons({})).endswith("|\n\nToo old.\n")
    assert region.text(Results({"analog.dac6": Entry(report)}), Reasons({})).endswith("|\n")
    assert region.text(Results(), Reasons({})) == "Not run: `make char BLOCK=dac6`, then `make docs`.\n"


def _sheet(tmp_path, old, new):
    path = tmp_path / "dac6.yaml"
    text = (ROOT / "analog" / "dac6" / "dac6.yaml").read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_datasheet_key_that_is_no_parameter_is_told(tmp_path):
    with pytest.raises(UserError, match=r"^dac6.yaml: key has 'inl_3_sgima', which is no name in parameters; correct it$"):
        datasheet("dac6", _sheet(tmp_path, "key: [inl_3_sigma,", "key: [inl_3_sgima,"))
    with pytest.raises(UserError, match=r"^dac6.yaml: key is missing; give it"):
        datasheet("dac6", _sheet(tmp_path, "\nkey: [inl_3_sigma,", "\n# key: [inl_3_sigma,"))


def test_pins_are_all_of_the_datasheet():
    for name in blocks():
        rows = [line.strip("| ").split(" | ") for line in readme.pins_table(name).splitlines()[2:]]
        said = []
        for pins, kind, words in rows:
            for pin in pins.split(", "):
                high, low = (int(bit) for bit in re.findall(r"\d+", pin.partition("[")[2])) if ":" in pin else (0, 0)
                bus = pin.partition("[")[0]
                said += [(f"{bus}[{bit}]" if ":" in pin else pin, kind, words) for bit in range(low, high + 1)]
        sheet = datasheet(name)
        assert sorted(pin for pin, *_ in said) == sorted(sheet.pins)
        for pin, kind, words in said:
            facts = sheet.pins[pin]
            assert kind == (facts["direction"] if facts["type"] == "signal" else facts["type"]) and words.startswith(facts["description"])


def test_pins_table_joins_what_is_alike(monkeypatch):
    bit = {"description": "code", "type": "signal", "direction": "input"}
    supply = {"description": "supply", "type": "power", "direction": "inout", "Vmin": 1.62, "Vmax": 1.98}
    pins = {"d[0]": bit, "d[1]": bit, "e": bit, "f[3]": {**bit, "direction": "output", "Vmax": 3.63}, "vdd": supply}
    monkeypatch.setattr(readme, "datasheet", lambda name: datasheet("dac6").model_copy(update={"pins": pins}))
    assert readme.pins_table("x").splitlines()[2:] == [
        "| d[1:0], e | input | code |",
        "| f[3] | output | code; allowed: at most 3.63 V |",
        "| vdd | power | supply; allowed: 1.62 to 1.98 V |",
    ]


@pytest.mark.parametrize(
    ("pin", "wanted"),
    [
        ({"type": "signal", "direction": "input"}, r"^x.yaml: pins.a.description is missing; give it$"),
        ({"description": "code", "direction": "input"}, r"^x.yaml: pins.a.type is missing; give it$"),
        ({"description": "rail", "at most vpp": None, "type": "power", "direction": "inout"}, r"^x.yaml: pins.a has a field 'at most vpp'"),
    ],
)
def test_pins_table_tells_a_pin_that_is_wrong(monkeypatch, pin, wanted):
    monkeypatch.setattr(readme, "datasheet", lambda name: datasheet("dac6").model_copy(update={"pins": {"a": pin}}))
    with pytest.raises(UserError, match=wanted):
        readme.pins_table("x")
