"""The page: what it shows is the published state, what is absent says so, and the look at it in a browser
finds planted faults."""

from __future__ import annotations

import re

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Figure
from neusoc.base.results import Results
from neusoc.flow import npm
from neusoc.flow.npm import AXE, Absent, Package
from neusoc.flow.page import browser, build, layouts
from neusoc.flow.page.browser import check
from neusoc.flow.page.parts import Value, first_words, parts_of_page, unit
from neusoc.flow.page.report import CHECKS, MOST_MB, report_of
from neusoc.flow.status import Row, judged, read_status, value_of
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
    top.insert(
        db.DCellInstArray(
            neuron.cell_index(), db.DTrans(db.DVector(0, 0)), db.DVector(20, 0), db.DVector(0, 0), 2, 1
        )
    )
    top.insert(db.DCellInstArray(middle.cell_index(), db.DTrans(db.DVector(60, 30))))
    top.shapes(met1).insert(db.DBox(0, 0, 100, 50))
    folder.mkdir()
    layout.write(str(folder / f"{CELL}.gds"))
    return folder


def _written(page, rows, tmp_path, **given):
    asked = build.Pictures(
        given.get("blocks", tmp_path / "none"), tmp_path / "no_chip.gds", 600, schematics=False
    )
    return build.write_page(page, CHIP, Results(), rows, asked).read_text()


def test_page_of_nothing_says_so_everywhere(apart, tmp_path):
    text = _written(apart, {}, tmp_path)
    for said in (
        "Layout of the chip in the harness: not run: make gds CHIP=mini",
        "Layout of the analog core: not run",
        "Zooming into the layout: not run, npm is missing",
        "not run: make digits",
        "not run: make char BLOCK=neuron",
        "Layout: not run: neusoc blocks --chip mini",
    ):
        assert said in text, said
    assert "None" not in text and "nan" not in text.split()
    assert (apart / "results" / "index.html").is_file()


def test_page_shows_the_published_figures(apart, tmp_path):
    """At most ten numbers on its first screen; a miss is red."""
    rows = read_status()
    text = _written(apart, rows, tmp_path)
    row = judged().headlines[0]
    shown = Value.of(row.what, row.step, value_of(rows, row.step, row.figure))
    assert f'<span class="value">{shown.text}</span>' in text and f"limit: {shown.limit}" in text
    assert text.count('<span class="value') <= 10
    missed = {
        row.step: Row(
            verdict="fail", judged=[Figure(name=row.figure, value=3.0, max=2.0, unit="um2", source="gds")]
        )
    }
    (other := tmp_path / "other").mkdir()
    assert '<span class="value miss">3 µm²<span class="hidden"> (missed)</span>' in _written(
        other, missed, tmp_path
    )


def test_page_of_a_layout_has_tiles_and_parts(apart, tmp_path):
    text = _written(apart, {}, tmp_path, blocks=_core(tmp_path / "blocks"))
    tiles = apart / "tiles" / CELL
    with Image.open(tiles / "10" / "2_1.webp") as tile:
        assert tile.size == (600 - 2 * 256, 300 - 256)
    assert {p.name for p in tiles.iterdir() if p.is_dir()} == {"8", "9", "10"}
    assert 'href="#part-neuron" data-part="neuron" aria-label="neuron, 2 of them"' in text
    assert 'href="#part-sense_adc" data-part="sense_adc"' in text and "× 2" in text


def test_page_parts_are_those_of_the_chip():
    parts = {part.name: part for part in parts_of_page(CHIP, {"neuron": 4}, read_status())}
    assert list(parts)[:3] == ["controller", "array_8x8", "synapse"] and parts["synapse"].count == 64
    assert "controller" in parts["controller"].modules and any(
        value.what == "area" for value in parts["controller"].values
    )
    assert parts["neuron"].count == 4 and len(parts["neuron"].values) > 6
    assert parts["references"].count == 0 and list(parts) == [
        part.name for part in parts_of_page(CHIP, {}, {})
    ]


def test_page_has_the_controller_in_its_picture(apart, tmp_path):
    """A chip whose layout has it: a link in the picture, a part below with layout, diagram and modules."""
    core = _core(tmp_path / "blocks") / f"{CELL}.gds"
    layout = db.Layout()
    layout.read(str(core))
    layout.cell("middle").name = "controller"
    layout.write(str(chip := tmp_path / "chip.gds"))
    asked = build.Pictures(tmp_path / "blocks", chip, 600, schematics=False, controller=core)
    text = build.write_page(apart, CHIP, Results(), read_status(), asked).read_text()
    assert 'href="#part-controller" data-part="controller" aria-label="controller, 1 of them"' in text
    inside = text.partition('id="part-controller"')[2].partition("</details>")[0]
    for said in ('alt="Layout of controller"', "event_input", "RTL, "):
        assert said in inside, said


def test_layout_places_are_counted_from_the_upper_left(tmp_path):
    width, height, parts = layouts.placed(_core(tmp_path / "blocks") / f"{CELL}.gds", {"neuron", "sense_adc"})
    assert (width, height) == (100, 50)
    assert parts["neuron"] == [layouts.Box(0, 90, 10, 10), layouts.Box(20, 90, 10, 10)]
    assert parts["sense_adc"] == [layouts.Box(60, 20, 20, 20)]


def test_page_with_a_damaged_report_is_none(tmp_path, monkeypatch):
    (reports := tmp_path / "reports").mkdir()
    (reports / "formal.json").write_text("{")
    monkeypatch.setattr(
        build, "build_blocks", lambda chip: pytest.fail("long work before the input was read")
    )
    with pytest.raises(UserError, match="formal.json: not a report of this schema"):
        build.build_page(CHIP, tmp_path / "page", reports)
    assert [p.name for p in tmp_path.iterdir()] == ["reports"]


def test_page_words():
    assert (
        first_words("# a\n\n![b](c)\n\nOne of [two](x.md) `a`. Two. Three.\n\nfour") == "One of two a. Two."
    )
    assert (unit("um2"), unit("uW"), unit("us"), unit("ohm"), unit("%")) == ("µm²", "µW", "µs", "Ω", "%")
    shown = Value.of("x", "formal", Figure(name="x", value=3.0, max=2.0, unit="um2", source="gds"))
    assert (shown.text, shown.limit, shown.missed) == ("3 µm²", "≤ 2", True)


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
    assert (
        set(report.texts) == set(CHECKS.values())
        and report.verdict == "fail"
        and report.figures[0].max == MOST_MB
    )
    found = browser.Found(axe=["light: image-alt: img (1)"])
    report = report_of(index, found, 1.0)
    assert report.verdict == "fail" and [f.name for f in report.figures if not f.passes] == [CHECKS["axe"]]


PLANTED = """<!doctype html><html lang="en"><head><title>t</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"></head><body><main id="main"><h1>A page</h1>
<a href="#main">Skip</a> <a href="#nowhere">no place</a> <a href="absent.html">no file</a>
<a href="results/datasheet.html">datasheet</a> <a href="results/datasheet.html#nowhere">no place there</a>
<img src="absent.png">
<div style="width:600px">wide</div><details class="part"><summary>part</summary><p>inside</p></details>
<script>console.error("planted");
document.querySelector("summary").addEventListener("click", e => e.preventDefault());</script>
</main></body></html>"""


@pytest.mark.full
def test_browser_finds_planted_faults(tmp_path):
    """A link and a picture that are absent, an error, a picture without words, a block that is too wide, a
    part that does not open."""
    (index := tmp_path / "page" / "index.html").parent.mkdir()
    index.write_text(PLANTED)
    beside = '<a href="#gone">no heading</a><img src="absent.png" alt=""><div style="width:700px">wide</div>'
    (sheet := index.parent / "results" / "datasheet.html").parent.mkdir()
    sheet.write_text(re.sub(r"(?s)<a href=\"#main.*</script>", beside, PLANTED))
    found = check(index)
    assert found.links == ["#nowhere", "absent.html", "results/datasheet.html#nowhere", "#gone"]
    assert found.pictures == ["absent.png", "absent.png"]
    assert any("planted" in line for line in found.errors) and any(
        "absent.png" in line for line in found.errors
    )
    assert any("does not open a part" in line for line in found.keyboard)
    assert "div." in found.narrow[0] and any(
        line.startswith("datasheet.html, narrow: ") for line in found.narrow
    )
    assert {line.partition(":")[0] for line in found.axe if "image-alt" in line} >= {
        says for says, *_ in browser.WINDOWS
    }


def test_browser_without_a_page_or_a_program(tmp_path, monkeypatch):
    with pytest.raises(UserError, match="no page is there; run `make page` first"):
        check(tmp_path / "index.html")
    (index := tmp_path / "index.html").write_text("")
    monkeypatch.setattr(browser, "which", lambda name: None)
    with pytest.raises(Absent, match="Chromium is missing; `apt-get install chromium-headless-shell`"):
        with browser.browser(index):
            pass


@pytest.mark.full
def test_page_whole(tmp_path):
    """Drawn, written and looked at: 64 x 64."""
    from neusoc.flow.page.report import page_report

    _, report = page_report(load_chip("tapeout"), tmp_path)
    assert report.verdict == "pass", report.texts or [
        (f.name, f.value) for f in report.figures if not f.passes
    ]
