"""Generated pages and regions: figures.json gives the committed files; damage of any of them is one sentence and exit code 2."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.base import results as results_module
from neusoc.base.errors import UserError
from neusoc.base.paths import ROOT
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results, figures_text, merged, read_results
from neusoc.flow import cli, documents, reasons, regions
from neusoc.flow.documents import check_documents, generated, new_reports
from neusoc.flow.main_page import REACHED, chosen, main_page
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import (
    FOLDER,
    JOINED,
    MOST_LINES,
    NO_REASON,
    margin,
    missed_table,
    misses,
    provenance,
    readme_page,
    result_pages,
    rows,
    worst_margin,
)
from neusoc.flow.steps import step_of_report


@pytest.fixture(scope="module")
def results():
    return read_results()


def test_documents_are_what_the_figures_give(results):
    differing = [str(path.relative_to(ROOT)) for path, text in generated(results).items() if path.read_text() != text]
    assert differing == [], "run `make docs`"
    assert results_module.FIGURES.read_text() == figures_text(results)


@pytest.fixture(scope="module")
def given():
    return Reasons.load()


def test_documents_name_every_step_and_every_miss(results, given):
    page = readme_page(results, given)
    assert page.count("\n") <= MOST_LINES
    head, _, further = page.partition("\nThe others, by step:\n")
    for row in rows(results):
        assert re.search(rf"^\| .*\[{re.escape(row.step.name)}\]\(", page, re.M)
    shared = re.findall(r"^\| (\[[^|]*, [^|]*) \| (?!not run)", page, re.M)
    kinds = [set(re.findall(r"\[(\w+)", line)) for line in shared]
    assert shared and all(len(kind) == 1 and kind <= set(JOINED) for kind in kinds)         # nothing else that ran shares a line
    for miss in misses(results, given):
        in_full = rf"^\| {re.escape(miss.report)} \| ([^|]*; )?{re.escape(miss.figure)}(; [^|]*)? \| .*{re.escape(miss.reason)} \|$"
        anchor = re.sub(r"[^\w-]", "", miss.step)
        by_step = rf"\[{re.escape(miss.step)}\]\(\w+\.md#{anchor}\): [^\[]*{re.escape(miss.figure)}"
        assert re.search(in_full, head, re.M) or re.search(by_step, further), f"{miss.report} {miss.figure}"
    assert not re.search(r"\d\d:\d\d", page)


def reasons_of(page, step):
    """(figures, reason) of each line of the table of misses in a step's section of a page."""
    section = re.search(rf"(?ms)^## {re.escape(step)}$(.*?)(?=^## |\Z)", page)[1]
    return re.findall(r"(?m)^\| (.*) \| (.*) \|$", section.partition("| missed | reason |\n| --- | --- |\n")[2])


def unexplained(pages, found, everything):
    """Misses that do not stand with their reason in the section of their step, or whose reason stands there twice."""
    bad = []
    for miss in found:
        (area,) = [row.step.area for row in rows(everything) if row.step.name == miss.step]
        lines = [names for names, reason in reasons_of(pages[FOLDER / f"{area}.md"], miss.step) if reason == (miss.reason or NO_REASON)]
        if len(lines) != 1 or f"`{miss.figure}`" not in lines[0]:
            bad.append(f"{miss.report} {miss.figure}")
    return bad


def test_documents_give_every_miss_its_reason_on_its_areas_page(results, given):
    pages, found = result_pages(results), misses(results, given)
    assert len({miss.step for miss in found}) > 10 and unexplained(pages, found, results) == []
    damaged = {path: text.replace("| missed | reason |", "| missed |") for path, text in pages.items()}
    assert len(unexplained(damaged, found, results)) == len(found)


def test_documents_join_what_has_one_reason():
    figures = [Figure(name=name, value=2.0, max=1.0, source="gds") for name in ("a", "b", "c")]
    made = {report: Entry(Report(step=report, figures=figures)) for report in ("cross.bl_buffer", "cross.dac6", "formal")}
    why = Reasons({("cross.bl_buffer", "a"): "So.", ("cross.bl_buffer", "c"): "So.", ("cross.dac6", "a"): "So.", ("formal", "b"): "Else."})
    by_area = {row.step.name: missed_table(row, why).splitlines()[2:] for row in rows(Results(made))}
    both = ["| cross.bl_buffer: `a`, `c`; cross.dac6: `a` | So. |", f"| cross.bl_buffer: `b`; cross.dac6: `b`, `c` | {NO_REASON} |"]
    assert by_area["cross"] == both
    assert by_area["formal"] == [f"| `a`, `c` | {NO_REASON} |", "| `b` | Else. |"] and by_area["rtl"] == []


def test_reasons_for_what_is_met_are_told(results, given):
    """Of steps that ran; of those that nobody ran the reasons wait."""
    assert given.unused(results, [(miss.report, miss.figure) for miss in misses(results, given)]) == [], "take them out of their files"
    passing = Results({"formal": Entry(Report(step="formal", figures=[Figure(name="x", value=1.0, max=2.0, source="gds")]))})
    why = Reasons({("formal", "x"): "So.", ("rtl", "x"): "So."})
    assert "\nReasons given for what its last run does not miss: formal x.\n" in readme_page(passing, why)
    assert "Reasons given" not in readme_page(passing, Reasons({("rtl", "x"): "So."}))


def test_documents_lose_no_step(results):
    assert set(results.steps) <= {name for row in rows(results) for name in row.step.reports}


def test_documents_show_what_was_not_run():
    page = readme_page(Results(), Reasons({}))
    assert " 0 pass, 0 pass as far as they were run,\n0 fail, " in page
    [line] = [line for line in page.splitlines() if "| not run |" in line]                  # nobody ran anything: one line names all
    for step, area in (("analog.dac6", "analog"), *((f"release.{chip}", "layout") for chip in ("mini", "tapeout"))):
        assert f"[{step}]({area}.md#{step.replace('.', '')})" in line and f"`{step_of_report()[step].command}`" in line
    shown = readme_page(Results({"formal": Entry(Report(step="formal", not_run="yosys is missing"))}), Reasons({}))
    assert "[formal](digital.md#formal) | not run |  |  | yosys is missing |" in shown


def test_documents_stay_short_with_many_misses():
    figures = [Figure(name=f"f{i}", value=2.0, max=1.0, source="gds") for i in range(500)]
    page = readme_page(Results({"formal": Entry(Report(step="formal", figures=figures))}), Reasons({}))
    assert page.count("\n") <= MOST_LINES and "500 figures miss" in page
    assert "\nThe others, by step:\n\n- Controller. [formal](digital.md#formal): f" in page and ", f499.\n" in page


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "wanted"),
    [
        (9.0, None, 10.0, "ns", 0.1), (12.0, None, 10.0, "ns", -0.2), (-9.0, -10.0, 20.0, "mV", 0.1), (5.0, 4.0, None, "dB", 0.25),
        (1.0, None, 0.0, "ns", None), (3.0, 1.0, None, "rules", None), (3.0, 3.0, None, "", None), (None, 3.0, None, "V", None),
        (4.0, None, 2.0, "LSB", -1.0), (5.0, 5.0, 5.0, "um", None),
    ],
)  # fmt: skip
def test_documents_margin(value, low, high, unit, wanted):
    found = margin(Figure(name="x", value=value, min=low, max=high, unit=unit, source="gds"))
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_documents_hand_edit_is_told(monkeypatch, tmp_path):
    page = tmp_path / "README.md"
    page.write_text("typed in\n")
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    monkeypatch.setattr(documents, "generated", lambda results: {page: "written\n"})
    with pytest.raises(UserError, match="^README.md: not what `make docs` writes; .*run `make docs`$"):
        check_documents()
    page.write_text("written\n")
    check_documents()


def test_documents_deleted_markers_are_told(monkeypatch, tmp_path, results):
    page = tmp_path / "README.md"
    shutil.copyfile(ROOT / "analog" / "dac6" / "README.md", page)
    page.write_text(page.read_text().replace(regions.characterise.END, ""))
    region = next(r for r in regions.regions() if r.report == "analog.dac6")
    monkeypatch.setattr(regions, "ROOT", tmp_path)
    monkeypatch.setattr(regions, "regions", lambda: [regions.Region(page, region.markers, region.report, region.table)])
    with pytest.raises(UserError, match="^README.md: lacks the line .*put both back$"):
        regions.region_pages(results)


@pytest.mark.parametrize("name", ["README.md", "analog/dac6/README.md", "docs/02-chip/controller.md"])
def test_docs_command_tells_a_page_that_is_gone(name, monkeypatch, capsys):
    read = Path.read_text

    def gone(path, *arguments, **named):
        return read(ROOT / "no such file" if path == ROOT / name else path, *arguments, **named)

    monkeypatch.setattr(Path, "read_text", gone)
    code, told = _main(monkeypatch, capsys, "--check")
    assert code == 2 and told == f"error: {name}: cannot be read (No such file or directory); restore it: git checkout {name}\n"


@pytest.mark.parametrize("marker", REACHED)
def test_documents_main_page_without_a_marker(results, tmp_path, marker):
    """Told before a row is read: without its end the table goes on to the next one."""
    page = tmp_path / "README.md"
    page.write_text((ROOT / "README.md").read_text().replace(f"{marker}\n", ""))
    with pytest.raises(UserError, match="^README.md: lacks the line .*put both back$") as said:
        main_page(results, page)
    assert marker in str(said.value)
    with pytest.raises(UserError, match="^README.md: lacks the line .*put both back$"):
        chosen(page.read_text(), results)


def test_documents_main_page_shows_what_was_asked(results, tmp_path):
    """Where the judged limit is another: as on the block's own page."""
    said = {(row.step, row.name): row.said[0] for row in chosen((ROOT / "README.md").read_text(), results)}
    targets = {
        (step, name): datasheet(step.removeprefix("analog.")).parameters[name].target for step, name in said if step.startswith("analog.")
    }
    assert targets["analog.sense_adc", "enob_sine"]
    for key, target in targets.items():
        assert said[key].endswith(f" (asked: {target})") if target else "asked" not in said[key]


def test_documents_region_of_a_step_that_was_not_run():
    region = next(r for r in regions.regions() if r.report == "analog.dac6")
    assert region.text(Results(), Reasons({})) == "Not run: `make char BLOCK=dac6`, then `make docs`.\n"


def test_documents_leave_out_reports_of_own_files(tmp_path):
    for step in ("drc.my_cell", "formal"):
        Report(step=step, figures=[Figure(name="x", value=1.0, source="gds")]).write(tmp_path)
    found, foreign = new_reports(tmp_path)
    assert [r.step for r in found] == ["formal"] and foreign == ["drc.my_cell"]


def test_documents_new_report_reaches_the_page(results):
    figure = Figure(name="settle_up", value=999.5, unit="ns", max=100, source="schematic", at="sf, -40 C")
    others = [f for f in results.steps["analog.dac6"].report.figures if (f.name, f.source) != (figure.name, figure.source)]
    after = merged(results, [Report(step="analog.dac6", figures=[figure, *others], commit="abc", date="2026-12-01")])
    pages = generated(after)
    assert "**999.5** (missed)" in pages[ROOT / "analog" / "dac6" / "README.md"]
    assert "| 999.5 (schematic), " in readme_page(after, Reasons({}))


def test_documents_main_page_row_of_no_figure(results, tmp_path):
    page = tmp_path / "README.md"
    page.write_text((ROOT / "README.md").read_text().replace("| enob_sine | extracted |", "| enob_sin | extracted |"))
    with pytest.raises(UserError, match="^README.md: 'converter: effective bits': the report .* has no figure 'enob_sin'"):
        main_page(results, page)


def test_results_worst_margin_shows_a_miss_without_margin():
    slack = Figure(name="slack", value=-1.238, unit="ns", min=0, source="sta")
    assert worst_margin([Figure(name="ratio", value=2.1, max=4, source="sta"), slack]) == "-1.238 ns: slack"


def test_documents_judge_by_the_limits_of_today():
    figures = [Figure(name="settle_up", value=v, unit="ns", max=200, source="schematic") for v in (150.0, 90.0)]
    entry = Entry(Report(step="analog.dac6", figures=figures), "old", "Before.")
    judged = reasons.judged_today(Results({"analog.dac6": entry, "formal": Entry(Report(step="formal"))}))
    told = judged.steps["analog.dac6"]
    assert [f.passes for f in told.report.figures] == [False, True] and told.report.verdict == "fail" and told.stale == "old"
    assert told.note == "Before. Judged by limits that the datasheet got after the run: `settle_up`."
    assert reasons.judged_today(judged) == judged


def test_documents_judge_a_macro_by_what_is_asked_today_from_its_own_run_alone():
    """The slack that was asked later is in the report of the same hardening; one of another run says nothing of it."""
    run = {"inputs_hash": "1" * 64, "commit": "a" * 12, "seconds": 5.0}
    found = [Figure(name="die_area", value=2e5, source="gds"), Figure(name="setup_slack_flip_flops_worst", value=0.7, min=0, source="sta")]
    area = Figure(name="area", value=0.2, unit="mm2", max=0.18, source="gds")
    asked = Entry(Report(step="harden_targets.tapeout", figures=[area], **run))

    def judged(**other):
        whole = Report(step="harden.tapeout", figures=found, **{**run, **other})
        return reasons.judged_today(Results({"harden.tapeout": Entry(whole), "harden_targets.tapeout": asked}))

    told = judged().steps["harden_targets.tapeout"]
    slack = told.report.figures[1]
    assert told.report.figures[0] == area and (slack.value, slack.min, slack.passes) == (0.7, 1.0, False)
    assert told.note == "Judged by what was asked after the run: `setup_slack_flip_flops_worst`." and told.report.commit == "a" * 12
    assert reasons.judged_today(judged()) == judged()
    for other in ({"inputs_hash": "2" * 64}, {"commit": "b" * 12}, {"seconds": 6.0}, {"inputs_hash": None}):
        assert judged(**other).steps["harden_targets.tapeout"] == asked
    assert reasons.judged_today(Results({"harden_targets.tapeout": asked})).steps["harden_targets.tapeout"] == asked


def test_documents_tell_that_limits_have_changed():
    figure = Figure(name="settle_up", value=1.0, unit="ns", max=200, source="schematic")
    entry = Entry(Report(step="analog.dac6", figures=[figure]))
    assert "changed since: `settle_up`." in provenance(entry)
    assert "| unknown, stale |" in readme_page(Results({"analog.dac6": entry}), Reasons({}))


def test_reasons(monkeypatch, tmp_path):
    path = tmp_path / "reasons.yaml"
    path.write_text("formal: {proofs: a solver is missing}\n")
    given = Reasons.load(path)
    assert given.of("formal", "proofs") == "a solver is missing" and given.of("formal", "other") is None
    made = Results({"formal": Entry(Report(step="formal"))})
    assert given.unused(made, []) == ["formal proofs"] and given.unused(made, [("formal", "proofs")]) == given.unused(Results(), []) == []
    wrong = (("formal: [", "not a map"), ("formal: {proofs: 3}", "write a sentence"), ("analog.dac6: {inl: so}", "dac6.yaml"))
    for text, words in (*wrong, ("formal: {proofs: one reason, proofs: another}", "formal.proofs stands twice")):
        path.write_text(text)
        with pytest.raises(UserError, match=f"reasons.yaml.*{words}") as told:
            Reasons.load(path)
        assert "\n" not in str(told.value)


def test_reasons_of_the_repository_load():
    assert reasons.REASONS.exists() and isinstance(Reasons.load().given, dict)


def _main(monkeypatch, capsys, *arguments):
    """Exit code and what the command says of an error."""
    monkeypatch.setattr(sys, "argv", ["neusoc", "docs", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code, capsys.readouterr().err


def test_docs_command_refuses_damaged_figures(monkeypatch, capsys, tmp_path):
    damaged = tmp_path / "figures.json"
    damaged.write_text(results_module.FIGURES.read_text()[:-1000])
    monkeypatch.setattr(results_module, "FIGURES", damaged)
    for arguments in ((), ("--check",)):
        code, told = _main(monkeypatch, capsys, *arguments)
        assert code == 2 and told.count("\n") == 1 and "figures.json: cannot be read" in told and "git checkout" in told


def test_docs_command_refuses_a_page_without_markers(monkeypatch, capsys):
    monkeypatch.setattr(regions.characterise, "END", "<!-- not there -->")
    code, told = _main(monkeypatch, capsys, "--check")
    assert code == 2 and told.count("\n") == 1 and "analog/bl_buffer/README.md: lacks the line" in told


def test_docs_command_tells_a_hand_edit(monkeypatch, capsys):
    page = ROOT / "docs" / "03-develop" / "tools.md"
    monkeypatch.setattr(documents, "generated", lambda results: {page: page.read_text() + "typed in\n"})
    code, told = _main(monkeypatch, capsys, "--check")
    assert code == 2 and told.count("\n") == 1 and "docs/03-develop/tools.md: not what `make docs` writes" in told


def test_docs_command_refuses_a_report_of_another_schema(monkeypatch, capsys, tmp_path):
    (tmp_path / "formal.json").write_text('{"step": "formal", "verdict": "pass", "results": []}')
    monkeypatch.setattr(documents.write_documents, "__defaults__", (tmp_path,))
    before = results_module.FIGURES.read_bytes()
    code, told = _main(monkeypatch, capsys)
    assert code == 2 and told.count("\n") == 1 and "formal.json: not a report of this schema" in told
    assert results_module.FIGURES.read_bytes() == before
