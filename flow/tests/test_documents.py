"""status.json and what is made of it: the committed files are what their sources give; damage is one sentence
and exit code 2."""

import re
import sys

import pytest
from neusoc.analog.bench.datasheet import blocks, datasheet
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Results
from neusoc.flow import cli, documents, status
from neusoc.flow.documents import check_documents, generated
from neusoc.flow.page.review import review_text
from neusoc.flow.page.site import area_text, html, pages, write_site
from neusoc.flow.status import (
    FILE,
    Row,
    headlines_table,
    judged,
    key_table,
    published,
    read_status,
    row_of,
    status_text,
    value_of,
    wanted,
)
from neusoc.flow.steps import AREAS, registry


@pytest.fixture(scope="module")
def rows():
    return read_status()


def _figure(name="a", value=1.0, limit=2.0, source="gds"):
    return Figure(name=name, value=value, max=limit, source=source)


def test_documents_are_what_their_sources_give(rows):
    differing = [
        str(path.relative_to(ROOT)) for path, text in generated(rows).items() if path.read_text() != text
    ]
    assert differing == [], "run `neusoc publish`"


def test_status_has_every_step_and_the_figures_of_judged_yaml(rows):
    assert set(rows) <= set(registry())
    named = {row.step for row in judged().headlines} | set(judged().others)
    assert named <= set(registry())
    for name, row in rows.items():
        assert row.verdict == "not run" or [figure.name for figure in row.judged] == wanted(name), (
            f"{name}: run `neusoc publish`"
        )
    assert 100 < sum(len(row.judged) for row in rows.values()) < 500
    assert FILE.stat().st_size < 100_000


def test_status_of_a_step_counts_limits_and_takes_the_strongest_source():
    step = registry()["drc"]
    first, second = step.reports[:2]
    figures = [
        _figure("drc.mr", 0.0, 0.0),
        _figure("drc.sky130", 1.0, 0.0),
        Figure(name="memory", value=9.0, source="measured"),
    ]
    reports = [
        Report(step=first, figures=figures, commit="a", date="2026-01-01"),
        Report(step=second, figures=figures[:1], commit="b", date="2026-01-02"),
        Report(step="x", not_run="no tool"),
    ]
    row = row_of(step, reports)
    assert (row.verdict, row.figures, row.missed, row.commit) == ("fail", 3, 1, "b")
    assert row_of(step, reports[1:]).verdict == "pass" and row_of(step, reports[2:]) == Row(verdict="not run")
    block = registry()["analog.dac6"]
    key = [
        _figure(name, 1.0, source=source)
        for name in datasheet("dac6").key
        for source in ("schematic", "extracted")
    ]
    assert {figure.source for figure in row_of(block, [Report(step=block.name, figures=key)]).judged} == {
        "extracted"
    }
    with pytest.raises(
        UserError, match=r"^judged.yaml: analog.dac6 has no figure 'inl_3_sigma'; correct the name"
    ):
        row_of(block, [Report(step=block.name, figures=key[2:])])


def test_status_takes_whole_steps_alone():
    """A step of which this machine has a part of the reports keeps what is known; a step that is gone
    goes."""
    first, *others = registry()["drc"].reports
    known = {
        "drc": Row(verdict="fail", figures=7, missed=1),
        "formal": Row(verdict="pass", figures=2),
        "gone": Row(verdict="pass"),
    }
    part = published({first: Report(step=first, figures=[_figure()])}, known)
    assert part == {"drc": known["drc"], "formal": known["formal"]}
    whole = published({name: Report(step=name, figures=[_figure()]) for name in (first, *others)}, known)
    assert whole["drc"].verdict == "pass" and whole["drc"].figures == len(others) + 1


def test_status_text_is_read_back(tmp_path):
    rows = {
        "b": Row(verdict="fail", figures=2, missed=1, judged=[_figure(value=3e-05), _figure("n", None)]),
        "a": Row(verdict="not run"),
    }
    (path := tmp_path / "status.json").write_text(status_text(rows))
    assert read_status(path) == rows and status_text(read_status(path)) == path.read_text()
    for text, words in (
        ("{", "not a readable"),
        ('{"a": {}}', "a.verdict is missing"),
        ('{"a": {"verdict": "fine"}}', "is 'fine'"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=f"^status.json: .*{words}") as error:
            read_status(path)
        assert "\n" not in str(error.value)


def test_tables_mark_what_misses_and_name_what_was_not_run(rows):
    row = judged().headlines[0]
    table = headlines_table({row.step: Row(verdict="fail", judged=[_figure(row.figure, 3.0)])})
    assert (
        f"| {row.what} | <= 2 | **3** | `{row.step}` |" in table
        and table.count("not run") == len(judged().headlines) - 1
    )
    assert headlines_table(rows).count("\n") <= 17
    for block in blocks():
        assert 6 <= len(datasheet(block).key) <= 12 and key_table(rows, block).count("\n") <= 14, block


def test_review_has_this_chips_rows_from_the_status(rows):
    text = review_text(rows)
    assert text.count("\n## Table") == 3 and "Saxena 2020 [124]" in text
    accuracy = value_of(rows, "digits", "64-30 everything on stratified programmed: mean").value
    assert f"8x8 UCI | {accuracy:g} % |" in text
    assert "not run: make digits" in review_text({})


def test_site_shows_all_figures_and_what_was_not_run(tmp_path):
    figures = [_figure("drc.mr", 0.0, 0.0), _figure("drc.sky130", 1.0, 0.0)]
    results = Results({name: Report(step=name, figures=figures) for name in registry()["drc"].reports})
    write_site(tmp_path / "site", results, {})
    made = {path.stem: path.read_text() for path in (tmp_path / "site").glob("*.html")}
    assert set(made) == {name for name, _, _ in pages(results, {})} and {
        "index",
        "review",
        "registers",
        *AREAS,
    } <= set(made)
    assert made["layout"].count('<strong class="miss">1</strong>') == len(registry()["drc"].reports)
    assert "Not run on this machine" in made["verification"] and "LIMITS_CODES" in made["registers"]
    assert "vdd1v8" in made["datasheet"] and "<!-- table" not in made["datasheet"]
    for name, text in made.items():
        ids = {name: set(re.findall(r' id="([^"]+)"', text)) for name, text in made.items()}
        links = [link.partition("#") for link in re.findall(r'href="([^":]+)"', text)]
        dead = [
            f"{page}#{place}"
            for page, _, place in links
            if place and page and place not in ids[page.removesuffix(".html")]
        ]
        assert dead == [], name


def test_site_escapes_and_marks():
    text = html("| a | b |\n| --- | --- |\n| **3 V** | <script> |\n\n[x](../y.md) [z](#q)\n")
    assert (
        '<strong class="miss">3 V</strong>' in text
        and "&lt;script&gt;" in text
        and "y.md" not in text
        and 'href="#q"' in text
    )
    assert area_text("speed", Results()).count("Not run on this machine") == sum(
        s.area == "speed" for s in registry().values()
    )


def _called(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["neusoc", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code, capsys.readouterr().err


def test_hand_edit_of_a_table_is_one_sentence(monkeypatch, capsys, tmp_path):
    text = documents.README.read_text()
    (page := tmp_path / "README.md").write_text(
        text.replace(documents.STATUS[1], f"typed\n{documents.STATUS[1]}")
    )
    monkeypatch.setattr(documents, "README", page)
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    monkeypatch.setattr(documents, "blocks", lambda: [])
    monkeypatch.setattr(documents, "FILE", tmp_path / "status.json")
    monkeypatch.setattr(documents, "MAP_FILE", tmp_path / "map.json")
    monkeypatch.setattr(documents.router, "NUMBERS", tmp_path / "numbers.json")
    for path, made in generated(read_status()).items():
        if path != page:
            path.write_text(made)
    code, said = _called(monkeypatch, capsys, "publish", "--check")
    assert (
        code == 2 and said == "error: README.md: edited by hand; edit the source, then run `neusoc publish`\n"
    )
    page.write_text(text.replace(documents.STATUS[1], ""))
    code, said = _called(monkeypatch, capsys, "publish", "--check")
    assert code == 2 and said.startswith("error: README.md: lacks the line") and said.count("\n") == 1
    page.unlink()
    assert _called(monkeypatch, capsys, "publish", "--check")[1].startswith(
        "error: README.md: cannot be read"
    )


def test_report_of_another_schema_is_one_sentence(monkeypatch, capsys, tmp_path):
    from neusoc.flow.page import site

    (tmp_path / "formal.json").write_text("{")
    monkeypatch.setattr(site.build_site, "__defaults__", (tmp_path / "site", tmp_path))
    code, said = _called(monkeypatch, capsys, "docs")
    assert (
        code == 2 and "formal.json: not a report of this schema" in said and not (tmp_path / "site").exists()
    )


def test_check_documents_passes_on_the_tree():
    check_documents()
    assert status.FILE.exists()
