"""The example of librelane/: what it refuses and what its checks see; in the full tier a released array,
hardened in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.base.report import Figure
from neusoc.base.tools import tool
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.installed_check import openroad
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.pdk.source import find_pdk
from neusoc.verification.gates.simulate import DEFINES, cell_models
from neusoc.verification.release import hardened as example
from neusoc.verification.release.folder import write_manifest
from neusoc.verification.release.hardened import DESIGN, FOLDER, INSTANCE, MACRO
from neusoc.verification.release.loads import Loads
from neusoc.verification.release.macro import array_macro
from neusoc.verification.release.release import _lef, release_array, write_views

WORD_LINE = 0.02  # pF, of no array: what is measured has tests of its own


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Views of an array with a manifest, as a release has them."""
    folder, macro = tmp_path_factory.mktemp("views"), array_macro(8, 8)
    write_views(
        macro, macro.netlist(), lambda *_: Loads({"wl": WORD_LINE, "bl": 0.03, "sl": 0.01}, ""), _lef, folder
    )
    write_manifest(folder, {"name": MACRO, "supplies": list(macro.supplies)})
    return folder


@pytest.fixture
def copy(views: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(views, tmp_path / "copy"))


def _sealed(folder: Path) -> Path:
    """The manifest renewed: what is wrong then is the views' alone."""
    write_manifest(folder, {"name": MACRO, "supplies": ["vss"]})
    return folder


def test_example_takes_a_release(views: Path, tmp_path: Path) -> None:
    content = json.loads(example.write_design(views, tmp_path / "work").read_text())
    assert content["STA_CORNERS"] == list(STA_CORNERS) and content["DESIGN_NAME"] == DESIGN
    named = re.findall(r"dir::([\w./]+)", json.dumps(content))
    assert len(named) > 8 and all((tmp_path / "work" / name).is_file() for name in named), named
    less = json.loads(example.write_design(views, tmp_path / "work", without=["lib"]).read_text())
    assert set(content["MACROS"][MACRO]) - set(less["MACROS"][MACRO]) == {"lib"}


def test_example_refuses_a_lef_whose_pin_is_elsewhere(copy: Path, tmp_path: Path) -> None:
    lef = copy / f"{MACRO}.lef"
    text = lef.read_text()
    moved = re.sub(
        r"(PIN wl\[3\].*?RECT 0\.000 )4\.200 0\.810 4\.530",
        r"\g<1>4.800 0.810 5.130",
        text,
        count=1,
        flags=re.S,
    )
    assert moved != text
    lef.write_text(moved)
    with pytest.raises(
        UserError, match=r"array_8x8\.lef is not what the manifest says; make the release again"
    ):
        example.write_design(copy, tmp_path / "work")
    with pytest.raises(
        UserError, match=r"pin wl\[3\]: met3 rectangle .* is in .* only; make the release again"
    ):
        example.write_design(_sealed(copy), tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_example_refuses_a_release_without_liberty(copy: Path, tmp_path: Path) -> None:
    (copy / f"{MACRO}.lib").unlink()
    with pytest.raises(
        UserError, match=r"array_8x8\.lib is in the manifest but not in the folder; make the release again"
    ):
        example.write_design(copy, tmp_path / "work")
    with pytest.raises(
        UserError, match=r"array_8x8\.lib: not in copy/; write the macro again; make the release again"
    ):
        example.write_design(_sealed(copy), tmp_path / "work")


def test_example_refuses_what_is_no_release_of_its_array(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"manifest\.json cannot be read"):
        example.write_design(tmp_path / "nothing", tmp_path / "work")
    write_manifest(copy, {"name": "array_8x10", "supplies": ["vss"]})
    with pytest.raises(
        UserError, match=r"holds array_8x10, not array_8x8; make it with `neusoc array 8 8 -o FOLDER`"
    ):
        example.write_design(copy, tmp_path / "work")


def test_example_finds_the_macro_where_it_was_told(views: Path, tmp_path: Path) -> None:
    content = json.loads(example.write_design(views, tmp_path / "work").read_text())
    there = (
        f"UNITS DISTANCE MICRONS 1000 ;\n    - _1_ cell + PLACED ( 1 2 ) N ;\n    - {INSTANCE} {MACRO} +"
        " FIXED ( 41400 38080 ) N ;\n"
    )
    assert example.placed(there, content) == 1
    for old, new in (
        ("41400", "41405"),
        (" N ;\n", " FS ;\n"),
        ("FIXED", "PLACED"),
        (MACRO, "array_8x10"),
        (INSTANCE, "u_other"),
    ):
        wrong = there.replace(old, new) if old != " N ;\n" else there[: -len(old)] + new
        assert wrong != there and example.placed(wrong, content) == 0
    assert example.placed("", content) == 0


PATH = """\
     2    0.024448    0.233662    0.460349    0.696465 ^ _42_/Q (sky130_fd_sc_hd__dfrtp_1)
                                                         row_q[7] (net)
                      0.233664    0.001203    0.697668 ^ u_array/wl[7] (array_8x8)
                                              0.697668   data arrival time
"""
READING = "Reading cell library for the 'nom_tt_025C_1v80' corner at '/x/array_8x8/array_8x8.lib'…\n"


def _judged(folder: Path, liberty: Path, texts: Sequence[str]) -> list[Figure]:
    shutil.rmtree(folder, ignore_errors=True)
    for corner, text in zip(STA_CORNERS, texts, strict=False):
        log = folder / "50-openroad-stapostpnr" / corner / "sta.log"
        log.parent.mkdir(parents=True)
        log.write_text(text)
    return example.liberty_figures(folder, liberty)


def test_example_sees_whether_sta_knew_the_liberty(views: Path, tmp_path: Path) -> None:
    liberty, good = views / f"{MACRO}.lib", READING + PATH
    found = _judged(tmp_path / "run", liberty, [good] * 9)
    assert (
        [f.value for f in found] == [9, 9, 0.024448]
        and all(f.passes for f in found)
        and found[2].min == WORD_LINE
    )
    for texts, fails in (
        ([good] * 8, [True, True, False]),  # a corner without a log
        ([*[good] * 8, PATH], [True, False, False]),  # its log does not name it
        ([*[good] * 8, READING], [False, True, False]),  # no word line is timed there
        (
            [*[good] * 8, good.replace("0.024448", "0.004448")],
            [False, False, True],
        ),  # named, but its pin weighs nothing
        ([], [True, True, True]),
    ):
        assert [not f.passes for f in _judged(tmp_path / "run", liberty, texts)] == fails, texts


def _simulated(folder: Path, files: Sequence[Path], *defines: str) -> str:
    folder.mkdir(exist_ok=True)
    command = [
        tool("iverilog"),
        "-g2012",
        *(f"-D{one}" for one in defines),
        "-s",
        f"{DESIGN}_tb",
        "-o",
        folder / "tb.vvp",
        *files,
    ]
    subprocess.run(command, check=True, timeout=120)
    return subprocess.run(
        ["vvp", "-n", folder / "tb.vvp"], check=True, capture_output=True, text=True, timeout=120
    ).stdout


def test_example_opens_one_row_at_a_time(views: Path, tmp_path: Path) -> None:
    rtl, bench, box = FOLDER / f"{DESIGN}.sv", FOLDER / f"{DESIGN}_tb.sv", views / f"{MACRO}.v"
    assert "rows told: 0 wrong" in _simulated(tmp_path, [rtl, bench, box])
    for old, new in (
        ("8'b1 << address_q", "8'b1 << (address_q ^ 3'd1)"),
        ("row_q     <= '0;", "row_q     <= 8'd2;"),
        ("|row_q", "|row_q[6:0]"),
        (".wl(row_q)", ".wl({row_q[7:2], row_q[0], row_q[1]})"),
    ):
        assert rtl.read_text().count(old) == 1
        (tmp_path / rtl.name).write_text(rtl.read_text().replace(old, new))
        assert "WRONG" in _simulated(tmp_path, [tmp_path / rtl.name, bench, box]), new


def _read_by_opensta(folder: Path, place: Path) -> str:
    place.mkdir()
    lines = [
        f"read_lef {find_pdk().path('techlef_nom')}",
        f"read_lef {folder}/{MACRO}.lef",
        f"read_liberty {folder}/{MACRO}.lib",
    ]
    lines.append(f'puts "CAPACITANCE [get_property [get_lib_pins {MACRO}/wl[7]] capacitance]"')
    return openroad("\n".join([*lines, ""]), place, "read")


def test_example_needs_a_liberty_that_opensta_reads(views: Path, copy: Path, tmp_path: Path) -> None:
    """By a reader that shares nothing with the writer; without thresholds it refuses the library."""
    found = re.search(r"^CAPACITANCE ([\d.e-]+)", _read_by_opensta(views, tmp_path / "good"), re.M)
    assert found and float(found[1]) == pytest.approx(WORD_LINE)
    lib = copy / f"{MACRO}.lib"
    lib.write_text(re.sub(r"^ input_threshold_pct_rise .*\n", "", lib.read_text(), flags=re.M))
    with pytest.raises(UserError, match="openroad"):
        _read_by_opensta(copy, tmp_path / "bad")


# --- the full tier: a released array, hardened


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / MACRO
    assert {report.verdict for report in release_array(8, 8, out)} == {"pass"}
    return out


@pytest.fixture(scope="module")
def work(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example hardened; all its reports pass."""
    work = tmp_path_factory.mktemp("hardened") / "work"
    reports = example.harden_example(released, work)
    assert [report.verdict for report in reports] == ["pass"] * 3, [
        f for r in reports for f in r.figures if not f.passes
    ]
    return work


@pytest.mark.full
def test_example_is_hardened_with_a_released_array(work: Path) -> None:
    """Its netlist does what its RTL does, at the pins of the array."""
    netlist = work / "runs" / example.TAG / "final" / "nl" / f"{DESIGN}.nl.v"
    files = [*cell_models(), netlist, FOLDER / f"{DESIGN}_tb.sv", work / MACRO / f"{MACRO}.v"]
    assert "rows told: 0 wrong" in _simulated(work / "simulated", files, *DEFINES)


@pytest.mark.full
def test_example_lvs_sees_a_pin_that_is_elsewhere_than_the_lef_says(work: Path, tmp_path: Path) -> None:
    """The router went where the LEF has the pin; the drawing has its stub somewhere else."""
    gds, cdl, _ = example.views(work / "runs" / example.TAG)
    layout = db.Layout()
    layout.read(str(gds))
    cell, met3 = layout.cell(MACRO), layout.layer(*LAYERS["met3"])
    stubs = [shape for shape in cell.shapes(met3).each() if shape.dbbox().right < 1.0]
    stub = min(stubs, key=lambda shape: abs(shape.dbbox().center().y - 4.365))
    assert stub.dbbox().left == 0 and len(stubs) == 8
    stub.transform(db.DTrans(db.DVector(0, 0.6)))
    moved = write_gds(layout, tmp_path / gds.name)
    assert example.by_netlist(gds, cdl, work / MACRO / f"{MACRO}.cdl", tmp_path).verdict == "pass"
    assert example.by_netlist(moved, cdl, work / MACRO / f"{MACRO}.cdl", tmp_path).verdict == "fail"


@pytest.mark.full
def test_example_sta_without_the_liberty_is_seen(released: Path, work: Path, tmp_path: Path) -> None:
    """The last STA again, from the same routes, by a configuration that names no Liberty of the macro."""
    before = next((work / "runs" / example.TAG).glob("*-openroad-stapostpnr/state_in.json"))
    shutil.copy(before, tmp_path / "state.json")
    example.write_design(released, tmp_path / "work", without=["lib"])
    options = [
        "--with-initial-state",
        str(tmp_path / "state.json"),
        "--from",
        example.STA,
        "--to",
        example.STA,
    ]
    steps = example.run_librelane(tmp_path / "work", options)
    assert not any(figure.passes for figure in example.liberty_figures(steps, released / f"{MACRO}.lib")[::2])
