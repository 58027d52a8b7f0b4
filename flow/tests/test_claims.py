"""Claims: a wrong number in README is told, a control that is not there or does not fail counts against its claim."""

from __future__ import annotations

from dataclasses import replace

import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results, figure_value, read_results
from neusoc.flow import claims
from neusoc.flow.claims import Claim, Graded, badge, claims_report, counts, document, graded, register
from neusoc.flow.main_page import PAGE

DIGITS, AREA = "digits told right, 20 sampled chips, 64-30: mean, just programmed", "controller: area of the macro"
JOBS = "1,000 random jobs against the twin"


def yes(_test):
    return True


@pytest.fixture
def page(tmp_path):
    """A copy of README.md."""
    (copy := tmp_path / "README.md").write_text(PAGE.read_text())
    return copy


def _grades(page, tell=yes, results=None):
    found = graded(results or read_results(), tell, page, page.with_name("no_page.html"))
    return {one.claim.says: one for one in found}


def test_claims_of_the_readme_are_what_the_reports_say(page):
    found = _grades(page)
    assert len(found) > 35 and [one.claim for one in found.values() if one.grade == "wrong"] == []
    assert found[DIGITS].grade == "holds"
    assert found[AREA].grade == "missed"
    assert found["64 x 64 chip: design rules"].grade == ("stale" if read_results().steps[_CHIP_DRC].stale else "holds")
    assert found["2.6 GB in `.venv`"].grade == "not measured"


_CHIP_DRC = "drc.tapeout.user_analog_project_wrapper"
_TOLD = f"{figure_value(read_results(), 'digits', '64-30 stratified programmed: mean'):g} %"
_MM2 = f"{figure_value(read_results(), 'harden_targets.tapeout', 'area'):g} mm2"


@pytest.mark.parametrize(
    ("old", "new", "claim", "told"),
    [
        (f">= 96.5 | {_TOLD} |", ">= 96.5 | 98.35 % |", DIGITS, "says '98.35 %'"),
        (f">= 96.5 | {_TOLD} |", f">= 90 | {_TOLD} |", DIGITS, "says '>= 90'"),
        (f"**{_MM2}**", _MM2, AREA, f"the report '**{_MM2}**"),
        (JOBS, "2,000 random jobs against the twin", JOBS, "does not say so"),
    ],
)
def test_claims_tell_a_wrong_text(page, old, new, claim, told):
    assert old in page.read_text()
    page.write_text(page.read_text().replace(old, new))
    found = _grades(page)
    assert [one.claim.says for one in found.values() if one.grade == "wrong"] == [claim] and told in found[claim].why
    assert claims_report(list(found.values()), 0.0).verdict == "fail"


def test_claims_follow_the_figure_not_the_text(page):
    """A figure that moved makes the sentence and the row wrong that still have the old one."""
    results = read_results()
    report = results.steps["jobs.mini.verilator"].report
    figures = [f.model_copy(update={"value": 999.0, "min": 1.0, "max": None}) if f.name == "jobs bit-exact" else f for f in report.figures]
    moved = Results({**results.steps, "jobs.mini.verilator": Entry(report.model_copy(update={"figures": figures}))})
    assert _grades(page, results=moved)[JOBS].why == "says 1,000, the report 999"


def test_claims_say_minutes_of_seconds(page):
    """A sentence's minutes are the report's seconds over 60, as a whole number."""
    cold = figure_value(read_results(), "bench.gds", "make gds cold with the controller")
    says = f"{cold / 60:.0f} minutes on two cores, into an empty build"
    assert _grades(page)[says].grade in ("missed", "stale")
    page.write_text(page.read_text().replace(says, f"1{says}"))
    assert _grades(page)[says].why == "README.md does not say so (any more)"       # a longer number has the shorter one in it
    rest = claims.Rest(step="x", name="y", source="measured", said="47", over=60)
    assert [rest.wanted(Figure(name="y", value=value, source="measured")) for value in (2834.4, 2700.0)] == ["47", "45"]


def test_claims_need_a_control_that_fails(page):
    found = _grades(page, tell=lambda test: "lvs" not in test and "losses" not in test)
    assert found[DIGITS].grade == "control fails"
    assert claims_report(list(found.values()), 0.0).verdict == "fail"
    bare = claims.Register(controls={}, sentences=())
    assert claims.grade(found[DIGITS].claim, read_results(), bare, yes).grade == "no control"


def test_claims_without_a_report_are_not_run(page):
    """An empty figures.json: every row says `not run` there, so the text is wrong until `make docs` wrote it."""
    assert _grades(page, results=Results())[DIGITS].why == f"says '>= 96.5', the report ''; says '{_TOLD}', the report 'not run'"
    page.write_text(page.read_text().replace(f">= 96.5 | {_TOLD} |", " | not run |"))
    assert (_grades(page, results=Results())[DIGITS].grade, _grades(page, results=Results())[DIGITS].why) == ("not run", "`make digits`")


def test_claims_with_a_control_that_is_no_test(tmp_path):
    for test in ("flow/tests/test_claims.py::test_that_nobody_wrote", "flow/tests/nowhere.py::test_x", "flow/tests/test_claims.py"):
        (file := tmp_path / "claims.yaml").write_text(f"controls: {{drc.: '{test}'}}\nsentences: []\n")
        with pytest.raises(UserError, match="^claims.yaml: controls.drc.: there is no test .*; name one that plants a fault"):
            register(file)
    file.write_text("controls: {}\n")
    with pytest.raises(UserError, match="^claims.yaml: sentences is missing"):
        register(file)


def test_claims_control_is_run_once(tmp_path, monkeypatch):
    asked = []

    def run(command, **_):
        asked.append(command[-1])
        return "1 passed in 0.1s" if "first" in command[-1] else "1 skipped in 0.1s" if "second" in command[-1] else "no tests ran"

    monkeypatch.setattr(claims, "BUILD", tmp_path)
    monkeypatch.setattr(claims, "run", run)
    here = "flow/tests/test_claims.py::test_"
    told = [claims.told_fault(f"{here}{name}") for name in ("first", "first", "second", "second", "third")]
    assert told == [True, True, False, False, False]
    assert [test.removeprefix(here) for test in asked] == ["first", "second", "second", "third"]


def test_claims_control_may_limit_its_own_tools(tmp_path, monkeypatch):
    """A control gets no limit of processor time: without rights none within it could set a higher one, as the decks do."""
    asked = {}
    monkeypatch.setattr(claims, "BUILD", tmp_path)
    monkeypatch.setattr(claims, "run", lambda command, **given: asked.update(given) or "1 passed in 0.1s")
    assert claims.told_fault("flow/tests/test_claims.py::test_claims_document_and_badge")
    assert asked["timeout"] == claims.CONTROL_S and "wall" not in asked


def test_claims_document_has_no_link_of_another_folder(page):
    first = next(iter(_grades(page).values()))
    said = replace(first.claim, says="what it [found](verification/chip/README.md#found) is mended")
    assert "| what it found is mended |" in document([replace(first, claim=said)])


def test_claims_document_and_badge(page):
    found = list(_grades(page).values())
    text = document(found)
    assert "| holds |" in text and "| **missed** |" in text
    assert sum(counts(found).values()) == len(found)
    assert ">3 of 7 hold</text>" in badge(3, 7) and 'aria-label="claims: 3 of 7 hold"' in badge(3, 7)
    values = {figure.name: figure.value for figure in claims_report(found, 0.0).figures}
    by = counts(found)
    assert {name: by.get(grade, 0) for grade, (name, _) in claims.GRADE_FIGURES.items()}.items() <= values.items()
    assert len({badge(k, 4).split('height="20" fill="')[2][:7] for k in (0, 3, 4)}) == 3


def test_claims_of_the_page_are_rows_and_count(page):
    """A row each, long lists of reports and hashes cut; the report and the badge count them with those of the README."""
    own = list(_grades(page).values())
    steps = tuple(f"drc.mini.{name}" for name in "abcde")
    shown = [Graded(Claim("page", f"2 figures of {grade}", steps, ()), grade, "", "", "", "") for grade in ("holds", "stale", "holds")]
    text = document([*own, *shown])
    assert f"|\n\n{len(own) + 3} claims: {len(own)} of README.md, 3 of the page.\n\n| where | claim |" in text
    assert "| page | 2 figures of stale | **stale** | `drc.mini.a`, `drc.mini.b` and 3 more | - |" in text
    assert f"{len(own)} claims: all of README.md: there is no page, run `make page` first.\n\n| where |" in document(own)
    report = claims_report([*own, *shown], 0.0)
    held = sum(one.grade == "holds" for one in own)
    assert claims.counted(Results({"claims": Entry(report)})) == (held + 2, len(own) + 3)
    assert claims.shown_document(Results({"claims": Entry(report)})) == document([*own, *shown])
    assert claims.shown_document(Results()).endswith("\n\nNot run: `make claims`, then `make docs`.\n")
    older = report.model_copy(update={"texts": {}})
    assert f"{held + 2} of {len(own) + 3} held when" in claims.shown_document(Results({"claims": Entry(older)}))
    assert set(claims_report(own, 0.0).texts) == {"rows", "claims of the page"} and claims.counted(Results()) == (None, None)
    assert ">not run</text>" in badge(*claims.counted(Results()))


VERDICTS = """<td><data value="pass" data-verdict="drc.mini.neuron">pass</data></td>
<td><data value="x" data-verdict="drc.mini.bias">fail</data></td>
<td><data value="not run" data-verdict="erc.mini.bias">not run</data></td>
<data class="figure" value="3.0" data-step="claims" data-name="claims" data-source="simulation">3</data>"""


def test_claims_of_verdicts_on_the_page(tmp_path):
    """Those of a check on a chip are one claim; what was not run is none; the number of claims is none."""
    (index := tmp_path / "index.html").write_text(VERDICTS)
    figure = Figure(name="drc.mr", value=0.0, max=0.0, source="gds")
    bad = figure.model_copy(update={"value": 2.0})
    known = {f"drc.mini.{name}": Entry(Report(step=f"drc.mini.{name}", figures=[f])) for name, f in (("neuron", figure), ("bias", bad))}
    (claim,) = claims.of_page(Results(known), index)
    assert (claim.says, claim.steps, claim.wrong) == ("2 verdicts of drc.mini", ("drc.mini.neuron", "drc.mini.bias"), "")
    assert claims.grade(claim, Results(known), register(), yes).grade == "missed"
    (claim,) = claims.of_page(Results({name: entry for name, entry in known.items() if "bias" not in name}), index)
    assert "drc.mini.bias: says 'fail', the report 'not run'" in claim.wrong
    late = Results({**known, "erc.mini.bias": Entry(Report(step="erc.mini.bias", figures=[figure]))})
    assert [one.says for one in claims.of_page(late, index) if one.wrong] == ["1 verdicts of erc.mini"]


SHOWN = '<data class="figure{}" value="{}" data-step="drc.mini.neuron" data-name="{}" data-source="gds">{}</data>'


def test_claims_of_a_report_that_misses_once_hold_for_the_rest(tmp_path):
    """Figures of the page that keep their limits are one claim, those that do not another; red where it should not be is wrong."""
    figures = [Figure(name=name, value=value, max=1.0, source="gds") for name, value in (("near", 0.0), ("far", 1.0), ("over", 2.0))]
    results = Results({"drc.mini.neuron": Entry(Report(step="drc.mini.neuron", figures=figures))})
    (index := tmp_path / "index.html").write_text(
        SHOWN.format("", "0.0", "near", "0") + SHOWN.format("", "1.0", "far", "1") + SHOWN.format(" miss", "2.0", "over", "2")
    )
    kept, missed = claims.of_page(results, index)
    assert (kept.says, missed.says) == ("2 figures of drc.mini.neuron", "1 figures of drc.mini.neuron, missed")
    assert [claims.grade(one, results, register(), yes).grade for one in (kept, missed)] == ["holds", "missed"]
    index.write_text(SHOWN.format("", "2.0", "over", "2") + SHOWN.format(" miss", "0.0", "near", "0"))
    kept, missed = claims.of_page(results, index)
    assert kept.wrong.startswith("near: red;") and missed.wrong.startswith("over: not red;")


def test_claims_evidence_is_of_text_and_report(page):
    before = _grades(page)[AREA]
    results = read_results()
    report = results.steps["harden_targets.tapeout"].report
    other = report.model_copy(update={"seconds": report.seconds + 1})
    entry = replace(results.steps["harden_targets.tapeout"], report=other)
    after = _grades(page, results=Results({**results.steps, "harden_targets.tapeout": entry}))[AREA]
    assert before.evidence != after.evidence and before.grade == after.grade
