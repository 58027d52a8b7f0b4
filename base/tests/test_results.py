"""figures.json: what goes in comes out, a step that was not run stays, damage is one sentence."""

import json

import pytest
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report, read_report, with_marked
from neusoc.base.results import Entry, Results, figure_value, figures_text, is_older, merged, read_results, write_results
from neusoc.base.tables import limit_list, marked_number, number, table


def _report(step, value=1.0, **fields):
    return Report(step=step, figures=[Figure(name="x", value=value, unit="V", max=2.0, source="extracted", at="ss, 125 C")], **fields)


@pytest.fixture
def path(tmp_path):
    results = merged(Results(), [_report("a", commit="1f", date="2026-01-02"), Report(step="b", not_run="docker is missing")])
    return write_results(results, tmp_path / "figures.json")


def test_results_round_trip(path):
    results = read_results(path)
    assert results.report("a") == _report("a", commit="1f", date="2026-01-02") and results.report("b").verdict == "not run"
    assert figures_text(results) == path.read_text()
    assert "with about half of it" in results.steps["a"].stale and results.steps["b"].stale is None
    assert figure_value(results, "a", "x") == 1.0
    with pytest.raises(UserError, match="has no figure 'y'"):
        figure_value(results, "a", "y")


def test_results_keep_what_was_not_run(path):
    results = merged(read_results(path), [_report("c")])
    assert sorted(results.steps) == ["a", "b", "c"]
    assert merged(results, [_report("a", 3.0)]).report("a").verdict == "fail"


def test_results_same_report_keeps_its_note():
    entry = Entry(_report("a"), note="from a page")
    assert merged(Results({"a": entry}), [_report("a")]).steps["a"] == entry


def test_results_name_no_machine():
    told = Report(step="a", not_run=f"another run works in {ROOT}/build", files={"gds": f"{ROOT}/build/a.gds"})
    assert str(ROOT) not in figures_text(merged(Results(), [told]))


def test_results_of_one_scenario_keep_the_others():
    def figures(**values):
        return [Figure(name=name.replace("_", "."), value=value, source="simulation") for name, value in values.items()]

    before = Results({"m": Entry(Report(step="m", figures=figures(one_x=1, two_x=2), commit="1f"))})
    one = Report(step="m", figures=figures(one_x=5), commit="2e")
    after = merged(before, [one], by_scenario=["m"])
    assert [f.value for f in after.report("m").figures] == [5, 2] and "(commit 1f): two" in after.steps["m"].note
    assert merged(after, [one], by_scenario=["m"]) == after
    assert [f.value for f in merged(before, [one]).report("m").figures] == [5]


def test_results_tell_an_older_report(path):
    results = read_results(path)
    assert is_older(results, _report("a", date="2026-01-01"))
    assert not is_older(results, _report("a", date="2026-01-02")) and not is_older(results, _report("a"))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-40], "cannot be read"),
        (lambda text: "[]", "not a file of format"),
        (lambda text: text.replace('"format": 1', '"format": 0'), "not a file of format"),
        (lambda text: text.replace('"value":1.0', '"value":3.0'), "contradicts its figures"),
        (lambda text: text.replace('"value":1.0', '"value": "much"'), "a: not a report of this schema.*figures.0.value"),
        (lambda text: text.replace('"unit"', '"colour"'), "a: not a report of this schema.*colour"),
        (lambda text: json.dumps(json.loads(text) | {"steps": {"a": 1}}), "a has no fields"),
    ],
)
def test_results_damaged(path, damage, words):
    path.write_text(damage(path.read_text()))
    with pytest.raises(UserError, match=f"figures.json.*{words}.*git checkout") as told:
        read_results(path)
    assert "\n" not in str(told.value)


def test_results_absent(tmp_path):
    with pytest.raises(UserError, match="cannot be read.*git checkout"):
        read_results(tmp_path / "figures.json")


def test_report_of_an_older_schema_is_read_or_refused_in_one_sentence(tmp_path):
    path = tmp_path / "a.json"
    figure = {"name": "x", "value": 1, "unit": "", "min": None, "max": None, "source": "gds", "pass": True}
    path.write_text(json.dumps({"step": "a", "verdict": "pass", "figures": [figure]}))
    assert read_report(path).figures[0].at is None and read_report(path).commit is None
    path.write_text(json.dumps({"step": "a", "verdict": "pass", "figures": [{**figure, "limit": 2}]}))
    with pytest.raises(UserError, match="a.json: not a report of this schema.*limit.*run its step again"):
        read_report(path)


def test_marked_page_without_its_markers():
    assert with_marked("a\n<b>\nold\n</b>\nc", "p", {("<b>", "</b>"): "new\n"}) == "a\n<b>\nnew\n</b>\nc"
    for page in ("", "<b>", "</b>\n<b>"):
        with pytest.raises(UserError, match="p: lacks the line"):
            with_marked(page, "p", {("<b>", "</b>"): ""})


@pytest.mark.parametrize(
    ("page", "line", "marker"),
    [
        ("a\n<b>\nold\n</b>\nc\n<b>\n2 V\n</b>\n", 6, "<b>"),                # a second region that would never be compared
        ("<b>\nold\n<b>\n</b>\n", 3, "<b>"),
        ("<b>\nold\n</b>\nby hand\n</b>\n", 5, "</b>"),
    ],
)
def test_marked_page_with_a_marker_twice(page, line, marker):
    with pytest.raises(UserError, match=f"^p:{line}: the line '{marker}' stands twice; remove one of the two, with the text"):
        with_marked(page, "p", {("<b>", "</b>"): "new\n"})


def test_table_escapes_bars_and_counts_cells():
    assert table(("a", "b"), [("1 | 2", "3 \\| 4")], right=[1]) == "| a | b |\n| --- | ---: |\n| 1 \\| 2 | 3 \\| 4 |\n"
    with pytest.raises(ValueError, match="a row of 1 cells"):
        table(("a", "b"), [("1",)])
    assert (limit_list(0, 2), limit_list(2, 2), limit_list(None, 2), limit_list(None, None)) == (">= 0, <= 2", "= 2", "<= 2", "")
    assert marked_number(Figure(name="x", value=3.0, max=2.0, source="gds")) == "**3** (missed)"
    values = {1.23456: "1.235", 1432.61: "1432.6", 12345.0: "12345", 70074.02: "70074", 1.23456e9 + 0.5: "1.235e+09", -3.0: "-3", 0.0: "0"}
    assert {v: number(v) for v in values} == values
    assert marked_number(Figure(name="x", value=None, source="gds")) == "**missing** (missed)"
