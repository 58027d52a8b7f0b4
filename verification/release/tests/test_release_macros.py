"""Whole releases: an array twice, byte by byte; a damaged one; a failed check; core and array of mini."""

from __future__ import annotations

import json
from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PARTS
from neusoc.base.report import read_report
from neusoc.layout.array.netlist import spice
from neusoc.verification.release.folder import MANIFEST
from neusoc.verification.release.release import (
    VERDICTS,
    NotReleasedError,
    check_release,
    release_array,
    release_chip,
)
from neusoc.verification.release.views import ENDINGS

pytestmark = pytest.mark.full
NAME = "array_8x8"
FILES = sorted([*(f"{NAME}{ending}" for ending in ENDINGS.values()), VERDICTS, MANIFEST])


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / "out"
    reports = release_array(8, 8, out)
    assert [report.verdict for report in reports] == ["pass"] * 3, reports
    return out


def test_release_of_an_array_is_whole(released: Path) -> None:
    assert sorted(path.name for path in released.iterdir()) == FILES
    assert [path.name for path in released.parent.iterdir()] == ["out"]
    assert check_release(released) == {NAME: []}
    verdicts = json.loads((released / VERDICTS).read_text())
    assert [v["step"] for v in verdicts] == [f"drc.{NAME}", f"lvs.{NAME}", f"views.{NAME}"]
    assert {v["verdict"] for v in verdicts} == {"pass"}
    facts = json.loads((released / MANIFEST).read_text())
    assert facts["rows"] == facts["columns"] == 8 and set(facts["sha256"]) == set(FILES) - {MANIFEST}
    assert facts["process"]["sha256"] and all(facts["tools"].values())
    page = (released / f"{NAME}.md").read_text()
    assert "13.120 x 10.060 um" in page and "FAIL" not in page and "`wl[7:0]`" in page


def test_release_of_an_array_is_the_same_twice(released: Path, tmp_path: Path) -> None:
    release_array(8, 8, tmp_path / "again")
    assert [
        name for name in FILES if (released / name).read_bytes() != (tmp_path / "again" / name).read_bytes()
    ] == []


def test_release_is_read_by_opensta(released: Path, tmp_path: Path) -> None:
    """Liberty and LEF as a tool takes them that shares nothing with the writer."""
    import openroad

    tech = openroad.Tech()
    from neusoc.pdk.source import find_pdk

    tech.readLef(str(find_pdk().path("techlef_nom")))
    tech.readLef(str(released / f"{NAME}.lef"))
    tech.readLiberty(str(released / f"{NAME}.lib"))
    master = next(lib.findMaster(NAME) for lib in tech.getDB().getLibs() if lib.findMaster(NAME))
    assert (master.getWidth(), master.getHeight()) == (13120, 10060) and len(master.getMTerms()) == 21


def test_release_with_a_wrong_netlist_is_none(tmp_path: Path) -> None:
    text = spice(8, 8).replace("xpair0_0 bl[0] wl[0]", "xpair0_0 bl[1] wl[0]", 1)
    (tmp_path / "wrong.spice").write_text(text)
    with pytest.raises(NotReleasedError) as caught:
        release_array(8, 8, tmp_path / "out", tmp_path / "wrong.spice")
    assert [report.verdict for report in caught.value.reports] == ["pass", "fail", "pass"]
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.spice"]


@pytest.mark.parametrize("chip", ["mini", "tapeout"])
def test_release_of_a_chip(chip: str, tmp_path: Path) -> None:
    report = release_chip(load_chip(chip), tmp_path / "out")
    assert report.verdict == "pass", [f.name for f in report.figures if not f.passes]
    cores = [PARTS.core, PARTS.references]
    assert check_release(tmp_path / "out") == dict.fromkeys([*cores, NAME], [])
    for core in cores:
        layout = db.Layout()
        layout.read(str(tmp_path / "out" / core / f"{core}.gds"))
        assert [cell.name for cell in layout.top_cells()] == [core]
    from neusoc.base.paths import REPORTS

    assert read_report(REPORTS / f"release.{chip}.json").verdict == "pass"
