"""DRC and LVS of the macro by itself: once for the same macro, also where the chip was built without them; a
broken rule is told.

A changed deck asks for them again, not for another hardening.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base import store
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report, read_report
from neusoc.digital.harden import flow, sign_off
from neusoc.verification.signoff import drc, lvs


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Steps whose checker ran; the macro exists, made from today's inputs; violations: what DRC finds."""
    ran: list[str] = []
    macro = tmp_path / "mini" / "controller"
    macro.mkdir(parents=True)
    for kind in ("gds", "cdl"):
        (macro / f"controller.{kind}").write_text(kind)

    def check(gds: Path, _cell: str, *words: object) -> None:
        ran.append(str(words[-1]))
        broken = float("broken" in gds.read_text())
        Report(
            step=ran[-1], figures=[Figure(name=f"{ran[-1][-3:]}.found", value=broken, max=0, source="gds")]
        ).write(tmp_path)

    monkeypatch.setattr(drc, "check_drc", check)
    monkeypatch.setattr(lvs, "check_lvs", check)
    monkeypatch.setattr(store, "BUILD", tmp_path)
    monkeypatch.setattr(flow, "REPORTS", tmp_path)
    monkeypatch.setattr(sign_off, "REPORTS", tmp_path)
    monkeypatch.setattr(flow, "chip_dir", lambda name: tmp_path / name)
    monkeypatch.setattr(flow, "macro_dir", lambda _: macro)
    monkeypatch.setattr(flow, "outputs", lambda *_: [macro])
    monkeypatch.setattr(flow, "_make", lambda *_: None)
    return ran


def test_harden_sign_off_follows_once(checked: list[str]) -> None:
    chip = load_chip("mini")
    flow.harden(chip, sign_off=False)
    assert checked == []
    flow.harden(chip)
    flow.harden(chip)
    assert checked == ["harden.mini.drc", "harden.mini.lvs"]


def test_harden_sign_off_tells_a_broken_macro(checked: list[str], tmp_path: Path) -> None:
    (tmp_path / "mini" / "controller" / "controller.gds").write_text("broken")
    with pytest.raises(
        UserError,
        match="harden mini: drc.found, lvs.found, drc_pass missed; see build/reports/harden.mini.drc.json",
    ):
        flow.harden(load_chip("mini"))


def test_harden_sign_off_stands_in_the_report(checked: list[str], tmp_path: Path) -> None:
    """A macro that was made without its checks has them in its report afterwards, beside what hardening
    found."""
    timing = Figure(name="setup_slack", value=1.0, unit="ns", min=0, source="sta")
    stale = Figure(name="drc.found", value=3.0, max=0, source="gds")
    Report(step="harden.mini", figures=[timing, stale], inputs_hash="0" * 64).write(tmp_path)
    flow.harden(load_chip("mini"))
    report = read_report(tmp_path / "harden.mini.json")
    found = {"drc.found": 0.0, "lvs.found": 0.0, "drc_pass": 1.0, "lvs_pass": 1.0}
    assert {f.name: f.value for f in report.figures} == {"setup_slack": 1.0, **found}
    assert report.inputs_hash == "0" * 64


def test_harden_macro_does_not_hang_on_its_checkers(checked: list[str]) -> None:
    """The decks and comparers are inputs of the checks, which run again when one changes, and not of the
    macro."""
    macro, _ = flow.report_inputs(load_chip("mini"), "wheels")
    assert Path(sign_off.__file__) in macro
    assert not {Path(drc.__file__), Path(lvs.__file__), Path(drc.__file__).with_name("supplement.drc")} & set(
        macro
    )
