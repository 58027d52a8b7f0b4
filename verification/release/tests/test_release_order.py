"""The order of a release, with its long checks answered at once: what they are asked, what is written, and
that a failure leaves nothing.

The long checks themselves run in test_release_macros.py, in the full tier.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
import typer
from neusoc.base.report import Figure, Report
from neusoc.flow.verbs import _released, release_check
from neusoc.layout.array.netlist import spice
from neusoc.verification.release import release
from neusoc.verification.release.folder import MANIFEST
from neusoc.verification.release.loads import Loads
from neusoc.verification.release.release import VERDICTS, NotReleasedError, check_release, release_array
from neusoc.verification.release.views import ENDINGS
from neusoc.verification.signoff import drc, lvs

NAME = "array_8x8"
FILES = sorted([*(f"{NAME}{ending}" for ending in ENDINGS.values()), VERDICTS, MANIFEST])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """Calls of the two checks, whose arguments must fit their own signatures; `lvs` fails if the netlist says
    so."""
    found: dict[str, dict[str, object]] = {}

    def answer(module, name: str) -> None:
        signature = inspect.signature(getattr(module, name))

        def check(*arguments, **named) -> Report:
            call = found[name] = dict(signature.bind(*arguments, **named).arguments)
            assert call["gds"].exists() and call["reports"].is_dir()
            wrong = name == "check_lvs" and "xpair0_0 bl[1]" in call["netlist"].read_text()
            figures = [Figure(name=name, value=float(wrong), max=0, source="gds")]
            return Report(step=call["step"], figures=figures, seconds=1.0, inputs_hash="x")

        monkeypatch.setattr(module, name, check)

    answer(drc, "check_drc")
    answer(lvs, "check_lvs")
    monkeypatch.setattr(
        release,
        "array_loads",
        lambda *_: Loads({"wl": 0.02, "bl": 0.03, "sl": 0.01}, "(not measured here)\n"),
    )
    return found


def test_release_asks_the_checks_of_its_own_files(asked, tmp_path: Path) -> None:
    reports = release_array(8, 8, tmp_path / "out")
    assert [report.verdict for report in reports] == ["pass"] * 3
    assert (
        asked["check_drc"]["top"] == asked["check_lvs"]["top"] == NAME
        and asked["check_lvs"]["whole_nets"] is True
    )
    assert asked["check_lvs"]["netlist"].name == f"{NAME}.spice"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert check_release(tmp_path / "out") == {NAME: []}
    verdicts = json.loads((tmp_path / "out" / VERDICTS).read_text())
    assert [v["step"] for v in verdicts] == [f"drc.{NAME}", f"lvs.{NAME}", f"views.{NAME}"]
    assert not {"seconds", "files", "inputs_hash"} & set().union(*verdicts)
    page = (tmp_path / "out" / f"{NAME}.md").read_text()
    assert "13.120 x 10.060 um" in page and "FAIL" not in page and "`wl[7:0]`" in page and "left" in page
    (tmp_path / "out" / f"{NAME}.lib").write_text("")
    with pytest.raises(typer.Exit):
        release_check(tmp_path / "out")


def test_release_with_a_failed_check_leaves_nothing(asked, tmp_path: Path) -> None:
    text = spice(8, 8).replace("xpair0_0 bl[0] wl[0]", "xpair0_0 bl[1] wl[0]", 1)
    (tmp_path / "wrong.spice").write_text(text)
    with pytest.raises(NotReleasedError) as caught:
        release_array(8, 8, tmp_path / "out", tmp_path / "wrong.spice")
    assert [report.verdict for report in caught.value.reports] == ["pass", "fail", "pass"]
    with pytest.raises(typer.Exit) as ended:
        _released(lambda: release_array(8, 8, tmp_path / "out", tmp_path / "wrong.spice"))
    assert ended.value.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.spice"]
