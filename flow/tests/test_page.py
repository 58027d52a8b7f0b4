"""The page: what it shows is what the reports say, what is absent says so, and the look at it in a browser finds planted faults."""

from __future__ import annotations

import html
import re

import klayout.db as db
import pytest
from neusoc.analog.bench.characterise import datasheet
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Figure, Report
from neusoc.base.results import Entry, Results, read_results
from neusoc.flow import npm
from neusoc.flow import shown as content
from neusoc.flow.npm import AXE, Absent, Package
from neusoc.flow.page import browser, build, layouts
from neusoc.flow.page.browser import check
from neusoc.flow.page.parts import first_words, parts_of_page
from neusoc.flow.page.plots import plots
from neusoc.flow.page.report import CHECKS, MOST_MB, report_of
from neusoc.flow.page.try_check import check_try
from neusoc.flow.reasons import Reasons
from neusoc.flow.results_pages import misses
from neusoc.flow.shown import Shown, markdown, sign_off, signed_with, standing_page, unit, with_code
from neusoc.software.network.encoding import EVENTS
from PIL import Image

CHIP = load_chip("mini")


@pytest.fixture
def apart(monkeypatch, tmp_path):
    """What is kept goes elsewhere, and npm gives nothing."""
    monkeypatch.setattr(layouts, "BUILD", tmp_path / "kept")
    monkeypatch.setattr(npm, "BUILD", tmp_path / "kept")
    monkeypatch.setattr(npm, "which", lambda name: None)
    (page := tmp_path / "page").mkdir()
    return page


def _core(folder):
    """A core with two neurons in a row and a converter in a cell of its own."""
    layout = db.Layout()
    top, neuron, middle, adc = (layout.create_cell(name) for name in (CELL, "neuron", "middle", "sense_adc"))
    met1 = layout.layer(68, 20)
    neuron.shapes(met1).insert(db.DBox(0, 0, 10, 5))
    adc.shapes(met1).insert(db.DBox(0, 0, 20, 10))
    middle.insert(db.DCellInstArray(adc.cell_index(), db.DTrans(db.DVector(0, 0))))
    top.insert(db.DCellInstArray(neuron.cell_index(), db.DTrans(db.DVector(0, 0)), db.DVector(20, 0), db.DVector(0, 0), 2, 1))
    top.insert(db.DCellInstArray(middle.cell_index(), db.DTrans(db.DVector(60, 30))))
    top.shapes(met1).insert(db.DBox(0, 0, 100, 50))
    folder.mkdir()
    layout.write(str(folder / f"{CELL}.gds"))
    return folder


def _written(page, results, tmp_path, **given):
    asked = build.Pictures(given.get("blocks", tmp_path / "none"), tmp_path / "no_chip.gds", 600, schematics=False)
    return build.write_page(page, CHIP, results, asked).read_text()


def test_page_of_nothing_says_so_everywhere(apart, tmp_path):
    text = _written(apart, Results(), tmp_path)
    for said in (
        "The whole chip in its harness: not run, its layout is not built: make gds CHIP=mini", "The analog core: not run",
        "Zooming into the layout: not run, npm is missing",
        "Running the circuits here: not run, npm is missing", "not run: make digits", "not run: make study", "not run: make mc",
        "not run: make learn-digits", "not run: make char BLOCK=neuron", "Layout: not run: make blocks CHIP=mini",
        "Time and energy of an image: not run: make digits", ">not run</data>: <small>make drc CHIP=mini</small>",
    ):  # fmt: skip
        assert said in text, said
    assert "`" not in text
    assert "None" not in text and "nan" not in text.split()
    assert not re.search(r"<td></td>\s*<td></td>\s*<td></td>", text)


FIGURE = re.compile(
    r'<data class="figure( miss)?" value="([^"]*)"\s+data-step="([^"]*)" data-name="([^"]*)" data-source="([^"]*)">([^<]*)</data>'
)
VERDICT = re.compile(r'<data value="([^"]*)" data-verdict="([^"]*)">([^<]*)</data>')


def _wrong(text, results):
    """Figures, verdicts and misses of a page that are not what the reports say."""
    wrong = []
    for miss, value, step, name, source, shown in (map(html.unescape, match) for match in FIGURE.findall(text)):
        figure = results.figure(step, name, source)
        if figure is None or value != ("" if figure.value is None else str(figure.value)):
            wrong.append(f"{step}, {name}: {shown}")
        elif value and (float(shown.split()[0]), shown.partition(" ")[2]) != (pytest.approx(figure.value, rel=1e-3), unit(figure.unit)):
            wrong.append(f"{step}, {name}: {shown}")
        elif bool(miss) == figure.passes:
            wrong.append(f"{step}, {name}: red, or not")
    for value, step, shown in VERDICT.findall(text):
        report = results.report(step)
        if {value, shown} != {report.verdict if report else "not run"}:
            wrong.append(f"{step}: {shown}")
    listed = html.unescape(text.partition('id="missed"')[2])
    for miss in misses(results, Reasons.load()):
        if f"{miss.figure} <small>{miss.report}</small>" not in listed:
            wrong.append(f"{miss.report}, {miss.figure}: not in the list")
    return wrong


def test_page_shows_what_the_reports_say(apart, tmp_path):
    """All its figures are those of figures.json, misses are red; a wrong number in it is found, and so is one that is not red."""
    results = Results({name: entry for name, entry in read_results().steps.items() if name != "drc.mini.dac6"})
    text = _written(apart, results, tmp_path)
    assert "`" not in text and len(FIGURE.findall(text)) > 200 and len(VERDICT.findall(text)) > 50
    assert _wrong(text, results) == []
    missed = misses(results, Reasons.load())
    assert f'<span class="value miss">{len(missed)}</span>' in text
    name = "64-30 everything on stratified programmed: mean"
    value = results.figure("digits", name).value
    for old, new, found in (
        (f">{value:.4g} %</data>", ">99.9 %</data>", f"digits, {name}: 99.9 %"),
        (f">{value:.4g} %</data>", f">{value:.4g} V</data>", f"digits, {name}: {value:.4g} V"),
        (f'value="{value}"', 'value="99.9"', f"digits, {name}: {value:.4g} %"),
        ('<data class="figure miss"', '<data class="figure"', ": red, or not"),
        (f'data-name="{name}"', 'data-name="best ever"', "digits, best ever"),
        ('"drc.mini.front_end">pass', '"drc.mini.front_end">fail', "drc.mini.front_end: fail"),
        ('"drc.mini.dac6">not run', '"drc.mini.dac6">pass', "drc.mini.dac6: pass"),
        (f"<small>{missed[0].report}</small>", "<small>other</small>", f"{missed[0].report}, {missed[0].figure}: not in the list"),
    ):  # fmt: skip
        assert old in text, old
        assert any(found in wrong for wrong in _wrong(text.replace(old, new), results)), found


def test_page_tells_states_and_staleness(apart, tmp_path):
    def entry(commit, stale=None):
        figure = Figure(name="x", value=1.0, max=2.0, source="gds")
        return Entry(Report(step="formal", figures=[figure], commit=commit, date="2026-01-02"), stale)

    text = _written(apart, Results({"formal": entry("aaaaaaaaaaaa"), "rtl": entry("bbbbbbbbbbbb+", "Of an older core.")}), tmp_path)
    assert "Figures were taken at 2" in text and "stale: Of an older core." in text and "bbbbbbb+" in text


def test_page_of_a_layout_has_tiles_and_parts(apart, tmp_path):
    text = _written(apart, Results(), tmp_path, blocks=_core(tmp_path / "blocks"))
    tiles = apart / "tiles" / CELL
    with Image.open(tiles / "10" / "2_1.webp") as tile:
        assert tile.size == (600 - 2 * 256, 300 - 256)
    assert {p.name for p in tiles.iterdir() if p.is_dir()} == {"8", "9", "10"}
    assert 'href="#part-neuron" data-part="neuron" aria-label="neuron, 2 of them"' in text
    assert 'href="#part-sense_adc" data-part="sense_adc"' in text and "× 2" in text


def test_page_parts_open_with_figures_or_a_word():
    """Array with its cell's figures, the cell, and the controller are parts like the blocks; none opens on nothing."""
    reasons = Reasons.load()
    shown, empty = ({one.name: one for one in parts_of_page(CHIP, {}, results, reasons)} for results in (read_results(), Results()))
    assert list(shown)[:3] == ["controller", "array_8x8", "synapse"] and "neuron" in shown
    for parts in (shown, empty):
        assert [name for name, one in parts.items() if not one.lines and not one.not_measured] == []
    controller, array, cell = list(shown.values())[:3]
    assert {"area of the array over its cells", "g_off"} <= {line.name for line in array.lines} and cell.count == 64
    assert [line.name for line in cell.lines] == list(datasheet("synapse").key)
    area = next(line for line in controller.lines if line.name == "area")
    assert area.values[0].figure == read_results().figure("harden_targets.mini", "area") and controller.heads == ("hardened macro",)
    assert "event_input" in controller.diagram and "digital/rtl/controller.sv" in controller.diagram_says
    assert empty["controller"].not_measured.startswith("not run: make harden CHIP=mini")
    assert empty["array_8x8"].not_measured == (
        "Figures of the drawing: not run: make blocks CHIP=mini. Figures of its cell: not run: make char BLOCK=synapse"
    )


def test_page_has_the_controller_in_its_picture(apart, tmp_path):
    """A chip whose layout has it: a link in the picture, a part below with layout, diagram and modules."""
    core = _core(tmp_path / "blocks") / f"{CELL}.gds"
    layout = db.Layout()
    layout.read(str(core))
    layout.cell("middle").name = "controller"
    layout.write(str(chip := tmp_path / "chip.gds"))
    asked = build.Pictures(tmp_path / "blocks", chip, 600, schematics=False, controller=core)
    text = build.write_page(apart, CHIP, read_results(), asked).read_text()
    assert 'href="#part-controller" data-part="controller" aria-label="controller, 1 of them"' in text
    inside = text.partition('id="part-controller"')[2].partition("</details>")[0]
    for said in ('alt="Layout of controller"', "event_input", "RTL, digital/rtl/controller.sv", "hardened macro", "harden_targets.mini"):
        assert said in inside, said


def test_layout_places_are_counted_from_the_upper_left(tmp_path):
    width, height, parts = layouts.placed(_core(tmp_path / "blocks") / f"{CELL}.gds", {"neuron", "sense_adc"})
    assert (width, height) == (100, 50)
    assert parts["neuron"] == [layouts.Box(0, 90, 10, 10), layouts.Box(20, 90, 10, 10)]
    assert parts["sense_adc"] == [layouts.Box(60, 20, 20, 20)]


def test_page_with_a_damaged_report_is_none(tmp_path, monkeypatch):
    (reports := tmp_path / "reports").mkdir()
    (reports / "formal.json").write_text("{")
    monkeypatch.setattr(build, "build_blocks", lambda chip: pytest.fail("long work before the input was read"))
    with pytest.raises(UserError, match="formal.json: not a report of this schema"):
        build.build_page(CHIP, tmp_path / "page", reports)
    assert [p.name for p in tmp_path.iterdir()] == ["reports"]


def test_page_words():
    assert first_words("# a\n\n![b](c)\n\nOne of [two](x.md) `a`. Two. Three.\n\nfour") == "One of two a. Two."
    assert (unit("um2"), unit("uW"), unit("us"), unit("ohm"), unit("%")) == ("µm²", "µW", "µs", "Ω", "%")
    html = markdown("| a | b |\n| --- | --- |\n| **This chip** | **3 V** <script> |\n")
    assert "<strong>This chip</strong>" in html and '<strong class="miss">3 V</strong>' in html and "&lt;script&gt;" in html
    assert with_code("`a<b`, c & `d`") == "<code>a&lt;b</code>, c &amp; <code>d</code>"
    shown = Shown("x", Figure(name="x", value=3.0, max=2.0, unit="um2", source="gds"))
    assert (shown.text, shown.limit, shown.missed) == ("3 µm²", "≤ 2 µm²", True)


def test_page_beside_the_page_stands_alone(apart, tmp_path):
    """The datasheet: its own headings can be linked to, of other links the words are left, misses are red."""
    text = "# A\n\n[b](#b-c), [d](d.md#e), [f](https://f.x)\n\n## B, `c`\n\n**No.**\n\n| g |\n| --- |\n| <!--= h -->**3 V**<!--=--> |\n"
    title, html = standing_page(tmp_path / "a.md", text)
    assert title == "A" and "<h1>" not in html and '<h2 id="b-c">' in html
    assert '<a href="#b-c">b</a>, d, <a href="https://f.x">f</a>' in html
    assert '<td><strong class="miss">3 V</strong></td>' in html and "<strong>No.</strong>" in html
    assert 'aria-label="Table 1" tabindex="0"><table>' in html and "</table></div>" in html
    with pytest.raises(UserError, match="a.md: has no title; give it one"):
        standing_page(tmp_path / "a.md", "no title\n")
    index = _written(apart, Results(), tmp_path)
    sheet = (apart / browser.BESIDE).read_text()
    assert f'<a href="{browser.BESIDE}">datasheet of the chip</a>' in index and "Wishbone classic" in sheet
    assert "<!--" not in sheet


def test_page_sign_off_names_what_fails_and_what_was_not_run():
    bad = Report(step="drc.mini.dac6", figures=[Figure(name="drc.mr", value=3.0, max=0.0, source="gds")])
    results = Results({"drc.mini.dac6": Entry(bad)})
    row = next(row for row in sign_off(results, CHIP) if row.cell == "dac6")
    assert row.verdicts == (("fail", "drc.mr"), ("not run", "make lvs CHIP=mini"), ("not run", "make erc CHIP=mini"))
    assert build._signed(Results(), load_chip("large")) == []                     # not published: what was checked alone
    process = {"pdk_hash": "0123456789abcdef", "pdk_source": "wheels"}
    taken = bad.model_copy(update={"tools": {"klayout": "1.2"}, "date": "2026-01-02", **process})
    drc, *others = signed_with(Results({"drc.mini.dac6": Entry(bad), "drc.mini.front_end": Entry(taken)}), CHIP)
    assert drc == ("DRC", 2, "klayout 1.2", "0123456789ab (wheels)", "2026-01-02")
    assert others == [(name, 0, content.NONE, content.NONE, content.NONE) for name in ("LVS", "ERC")]


def test_page_marks_a_stale_figure_where_it_stands():
    figure = Figure(name="drc.mr", value=0.0, max=0.0, source="gds")
    results = Results({"drc.mini.dac6": Entry(Report(step="drc.mini.dac6", figures=[figure]), "Of an older DAC.")})
    assert Shown.of(results, "drc.mini.dac6", figure).stale == "Of an older DAC."
    row = next(row for row in sign_off(results, CHIP) if row.cell == "dac6")
    assert row.verdicts[0] == ("pass", "stale: Of an older DAC.")


def _study(days):
    """A report of the study with some of its cases, accuracies just programmed and `days` later, %."""
    cases = ("everything on", "without relaxation", "at 85 C", "5 % of the cells stuck", f"by {EVENTS} events")
    values = {f"64-30 {case} {split} {age}: mean": days if age == "1 day" else 97.0
              for case in cases for split in ("stratified", "last360") for age in ("programmed", "1 s", "1 day")}  # fmt: skip
    return {name: Figure(name=name, value=value, unit="%", source="simulation") for name, value in values.items()}


def test_plots_follow_a_planted_figure_and_repeat():
    figures = _study(95.0)

    def drawn(changed=None):
        some = figures | ({changed: figures[changed].model_copy(update={"value": 50.0})} if changed else {})
        study = Entry(Report(step="study", figures=list(some.values())))
        return [plot.svg for plot in plots(Results({**read_results().steps, "study": study}))]

    first = drawn()
    assert all(first) and first == drawn() and all("#0" not in svg for svg in first)
    for changed, other in (("without relaxation", 2), ("at 85 C", 4), (f"by {EVENTS} events", 1)):
        planted = drawn(f"64-30 {changed} stratified 1 day: mean")
        assert [number for number in range(5) if planted[number] != first[number]] == [other]
    assert [plot.svg for plot in plots(Results())] == [""] * 5


def test_npm_package_of_another_content_is_refused(tmp_path, monkeypatch):
    def pack(command, **_):
        (command[-1] / "axe.tgz").write_bytes(b"something else")

    monkeypatch.setattr(npm, "BUILD", tmp_path)
    monkeypatch.setattr(npm, "which", lambda name: name)
    monkeypatch.setattr(npm, "run", pack)
    with pytest.raises(UserError, match="axe-core@4.14.1: the registry gives another archive"):
        AXE.place()
    assert not (tmp_path / "npm" / AXE.name).exists()
    monkeypatch.setattr(npm, "run", lambda command, **_: (_ for _ in ()).throw(UserError("no network")))
    with pytest.raises(Absent, match="npm did not give some@1 "):
        Package("some@1", "0", ()).place()


def test_page_report_has_a_row_for_each_check(tmp_path):
    (index := tmp_path / "page" / "index.html").parent.mkdir()
    index.write_text("x")
    report = report_of(index, "Chromium is missing", 1.0)
    assert set(report.texts) == set(CHECKS.values()) and report.verdict == "fail" and report.figures[0].max == MOST_MB
    found = browser.Found(axe=["light: image-alt: img (1)"])
    report = report_of(index, found, 1.0)
    assert report.verdict == "fail" and [f.name for f in report.figures if not f.passes] == [CHECKS["axe"]]


PLANTED = """<!doctype html><html lang="en"><head><title>t</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"></head><body><main id="main"><h1>A page</h1>
<a href="#main">Skip</a> <a href="#nowhere">no place</a> <a href="absent.html">no file</a>
<a href="datasheet.html">datasheet</a> <a href="datasheet.html#nowhere">no place there</a> <img src="absent.png">
<div style="width:600px">wide</div><details class="part"><summary>part</summary><p>inside</p></details>
<script>console.error("planted"); document.querySelector("summary").addEventListener("click", e => e.preventDefault());</script>
</main></body></html>"""


@pytest.mark.full
def test_browser_finds_planted_faults(tmp_path):
    """A link and a picture that are absent, an error, a picture without words, a block that is too wide, a part that does not open."""
    (index := tmp_path / "page" / "index.html").parent.mkdir()
    index.write_text(PLANTED)
    beside = '<a href="#gone">no heading</a><img src="absent.png" alt=""><div style="width:700px">wide</div>'
    index.with_name(browser.BESIDE).write_text(re.sub(r"(?s)<a href=\"#main.*</script>", beside, PLANTED))
    found = check(index)
    assert found.links == ["#nowhere", "absent.html", "datasheet.html#nowhere", "#gone"] and found.pictures == ["absent.png", "absent.png"]
    assert any("planted" in line for line in found.errors) and any("absent.png" in line for line in found.errors)
    assert any("does not open a part" in line for line in found.keyboard)
    assert "div." in found.narrow[0] and any(line.startswith("datasheet.html, narrow: ") for line in found.narrow)
    assert {line.partition(":")[0] for line in found.axe if "image-alt" in line} >= {says for says, *_ in browser.WINDOWS}


def test_browser_without_a_page_or_a_program(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no page is there; run `make page` first"):
        check(index := tmp_path / "index.html")
    with pytest.raises(UserError, match="no page is there"):
        check_try(index)
    index.write_text("")
    monkeypatch.setattr(browser, "which", lambda name: None)
    with pytest.raises(Absent, match="Chromium is missing; `apt-get install chromium-headless-shell`"):
        with browser.browser(index):
            pass


@pytest.mark.full
def test_page_whole(tmp_path):
    """Drawn, written and looked at: 64 x 64."""
    from neusoc.flow.page.report import page_report

    _, reports = page_report(load_chip("tapeout"), tmp_path)
    for report in reports:
        assert report.verdict == "pass", report.texts or [(f.name, f.value) for f in report.figures if not f.passes]
