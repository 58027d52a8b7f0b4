"""DRC and LVS of the macro by itself: once for the same macro, also where the chip was built without them; a broken rule is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base import store
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.digital.harden import flow
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
        Report(step=ran[-1], figures=[Figure(name=f"{ran[-1][-3:]}.found", value=broken, max=0, source="gds")]).write(tmp_path)

    monkeypatch.setattr(drc, "check_drc", check)
    monkeypatch.setattr(lvs, "check_lvs", check)
    monkeypatch.setattr(store, "BUILD", tmp_path)
    monkeypatch.setattr(flow, "REPORTS", tmp_path)
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
    with pytest.raises(UserError, match="harden mini: drc.found, lvs.found, drc_pass missed; see build/reports/harden.mini.drc.json"):
        flow.harden(load_chip("mini"))
