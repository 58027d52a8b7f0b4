"""The review's rows are whole, this chip's follow figures.json, and what was not obtained names its command."""

import json
import re

import pytest
from neusoc.base.errors import UserError
from neusoc.base.results import FIGURES, Results, read_results
from neusoc.flow import comparison, review
from neusoc.flow.comparison import CASES, ONE_ARRAY, comparison_page, prefixed
from neusoc.flow.steps import step_of_report

NAMED, LINES, SECTIONS = {"II": 8, "III": 19, "IV": 12}, {"II": 9, "III": 28, "IV": 12}, {"II": 0, "III": 4, "IV": 0}   # of the review


@pytest.fixture(scope="module")
def page():
    return comparison_page(read_results())


def planted(tmp_path, step, name, value, source=None):
    """Results of a copy of figures.json with another value."""
    data = json.loads(FIGURES.read_text())
    figures = data["steps"][step]["figures"]
    found = [f for f in figures if f["name"] == name and source in (None, f["source"])]
    assert len(found) == 1 and found[0]["value"] != value
    found[0]["value"] = value
    (copy := tmp_path / "figures.json").write_text(json.dumps(data))
    return read_results(copy)


def region(page, name):
    begin, end = comparison.markers(name)
    return page.partition(begin)[2].partition(end)[0]


def own(page, name):
    """This chip's lines of a table."""
    return [line for line in region(page, name).splitlines() if line.startswith(f"| {comparison.OWN}")]


def changed(page, other, name):
    """How many of this chip's lines differ, of tables with as many."""
    return sum(a != b for a, b in zip(own(page, name), own(other, name), strict=True))


@pytest.mark.parametrize("name", NAMED)
def test_comparison_has_every_row_of_the_review(page, name):
    one = review.review()[name]
    rows = [row for row in one.rows if row.cells]
    assert len(rows) == LINES[name] and len(one.rows) - len(rows) == SECTIONS[name]
    assert sum(bool(row.cells[0]) for row in rows) == NAMED[name]
    assert all(bool(row.cites) == bool(row.cells[0]) for row in rows)
    shown = [line for line in region(page, f"table_{name.lower()}").splitlines() if line.startswith("|")][2:]
    assert len(shown) == len(one.rows) + len(own(page, f"table_{name.lower()}"))
    for row, line in zip(one.rows, shown, strict=False):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[1:] == list(row.cells[1:] or [""] * (len(one.head) - 1)) and (row.section or row.cells[0]) in cells[0]
    assert [f"[{n}]" in region(page, f"table_{name.lower()}") for row in rows for n in row.cites].count(False) == 0


def test_comparison_rows_of_the_chip_are_as_many_as_its_cases(page):
    assert len(own(page, "table_ii")) == 3 and len(own(page, "table_iv")) == len(CASES) + len(ONE_ARRAY) + 1
    assert len(region(page, "image").strip().splitlines()) == 2 + len(CASES)


@pytest.mark.parametrize(
    ("step", "name", "source", "value", "said", "lines"),
    [
        ("digits", "64-30 stratified programmed: mean", None, 12.34, "12.34 %", {"table_iii": 1, "table_iv": 1}),
        ("digits", "64-10 last360 programmed: worst chip", None, 43.21, "43.21 %", {"table_iii": 1, "table_iv": 1}),
        ("mnist_large", "196-30 on one array programmed: mean", None, 12.34, "12.34 %", {"table_iii": 1, "table_iv": 1}),
        ("digits", "spikes an image 64-30", None, 1e5, "μJ/inference", {"table_iv": 1}),
        ("analog.neuron", "spiking_power nominal", "extracted", 7300.0, "7.3 mW", {"table_ii": 2}),
        ("analog.neuron", "energy nominal", "extracted", 640.0, "10 pJ", {"table_ii": 2, "table_iv": 1}),
        ("analog.neuron", "area", "gds", 2000.0, "2,948", {"table_ii": 2}),
        ("mixed.mini", "signed.energy_per_event", None, 3000.0, "7.49 μJ", {"table_iv": 1}),
        ("gates.tapeout", "events: power at tt 25 C 1.80 V", None, 4240.0, "μJ/inference", {"table_iv": 1}),
        ("mixed_learning.mini", "two_patterns.energy_of_a_waveform", None, 7.5, "7.5 pJ/waveform", {"table_iv": 1}),
    ],
)  # fmt: skip
def test_comparison_follows_a_planted_figure(page, tmp_path, step, name, source, value, said, lines):
    other = comparison_page(planted(tmp_path, step, name, value, source))
    found = {t: n for t in ("table_ii", "table_iii", "table_iv") if (n := changed(page, other, t))}
    assert found.keys() == lines.keys() and all(found[t] >= n for t, n in lines.items())     # more where more cases were run
    assert said in other and said not in page


def test_comparison_of_nothing_is_not_run():
    page = comparison_page(Results())
    for name in ("table_ii", "table_iii", "table_iv"):
        assert own(page, name) and not re.search(r"\d %|\d [fpnμm]?[JW]\b|\dHz", " ".join(own(page, name)))
    for step in ("digits", "mnist", "mnist_large", "study", "learning_digits", "analog.neuron", "mixed_learning.mini", "device"):
        assert f"not run (`{step_of_report()[step].command}`)" in page
    assert "nJ" not in region(page, "image") and "`make gates CHIP=tapeout`" in region(page, "image")


def test_comparison_without_the_controller_has_the_analog_part(page):
    results = read_results()
    other = comparison_page(Results({name: entry for name, entry in results.steps.items() if name != "gates.tapeout"}))
    row = own(other, "table_iv")[0]
    assert "total: not run (`make gates CHIP=tapeout`)" in row
    assert re.search(r"analog: [\d.]+ pJ/SynOp, [\d.]+ nJ/inference", row)[0] in own(page, "table_iv")[0]


def test_comparison_shows_a_miss_and_what_is_worse(page, tmp_path):
    def line(text):
        return next(x for x in region(text, "beside").splitlines() if x.startswith("| energy an inference, total"))

    assert line(page).endswith("| **worse** |")
    results = planted(tmp_path, "gates.tapeout", "events: power at tt 25 C 1.80 V", 1e-6)
    assert float(re.search(r"([\d.]+) times", line(comparison_page(results)))[1]) < float(re.search(r"([\d.]+) times", line(page))[1])
    accurate = comparison_page(planted(tmp_path, "digits", "64-10 last360 programmed: mean", 99.0))
    said = next(x for x in region(accurate, "beside").splitlines() if "unknown writers" in x)
    assert "| 99 % | Li 2018 |" in said and said.endswith("| +7.3 points | better |")
    missed = comparison_page(planted(tmp_path, "digits", "64-10 last360 programmed: mean", 70.0))
    assert "**70 %** †" in missed


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("180pJ/SynOp", 180e-12), ("20-30pJ/SynOp", 20e-12), ("16.2 μW ‡", 16.2e-6), ("5,625", 5625), ("8x8 UCI, 91.7%", 91.7),
        ("MNIST, 98.3% † CIFAR-10, 87.5% †", 98.3), ("4fJ", 4e-15),
    ],
)  # fmt: skip
def test_review_amount(cell, wanted):
    assert review.amount(cell) == pytest.approx(wanted)


def test_review_bad_cells_are_told():
    with pytest.raises(UserError, match="holds no amount"):
        review.amount("Custom patterns")
    with pytest.raises(UserError, match="table IV has no 'Nobody 2020' with 'Energy-efficiency'"):
        review.cell_of("IV", "Nobody 2020", "Energy-efficiency")


def test_review_damaged_file_is_told(tmp_path):
    text = review.FILE.read_text()
    damaged = (text.replace(', "20nJ/inference"]', "]"), text.partition("IV:\n")[0], "II: [", text.replace("cites: [187]", "cites: [one]"))
    for k, broken in enumerate(damaged):
        assert broken != text
        (path := tmp_path / f"review{k}.yaml").write_text(broken)
        with pytest.raises(UserError, match=f"^review{k}.yaml: ") as told:
            review.review(path)
        assert "\n" not in str(told.value)


def test_prefixed_amounts():
    assert [prefixed(v, "J") for v in (5.8e-12, 999.4e-12, 999.6e-12, 6.9e-7, 2.0)] == ["5.8 pJ", "999 pJ", "1 nJ", "690 nJ", "2 J"]
