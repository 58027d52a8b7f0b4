"""The comparison with an installed PDK: what the rules say is what OpenRCX extracts, and every planted difference shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.digital.harden import installed_check
from neusoc.digital.harden.installed_check import SLACK, capacitance_figures, extract, slack_figures, table_text
from neusoc.digital.harden.spef import net_capacitances
from neusoc.pdk.assemble.technology import routing_layers
from neusoc.pdk.source import Pdk, wheels_pdk

LENGTH = 100.0       # um
ROUTED = f"""VERSION 5.8 ;
DIVIDERCHAR "/" ;
BUSBITCHARS "[]" ;
DESIGN two ;
UNITS DISTANCE MICRONS 1000 ;
DIEAREA ( 0 0 ) ( 200000 200000 ) ;
COMPONENTS 2 ;
 - a sky130_fd_sc_hd__inv_2 + PLACED ( 4600 2720 ) N ;
 - b sky130_fd_sc_hd__inv_2 + PLACED ( 4600 163200 ) N ;
END COMPONENTS
NETS 2 ;
 - high ( a Y ) ( b A ) + ROUTED met2 ( 50140 20060 ) ( 50140 {20060 + int(LENGTH * 1000)} ) ;
 - wide ( b Y ) ( a A ) + ROUTED met3 ( 20060 150140 ) ( {20060 + int(LENGTH * 1000)} 150140 ) ;
END NETS
END DESIGN
"""
CORNER = "nom_tt_025C_1v80"


@dataclass(frozen=True)
class Other(Pdk):
    """A process with other rules."""

    rules: Path = Path()

    def path(self, key: str) -> Path:
        return self.rules if key.startswith("rcx") else super().path(key)


@pytest.fixture(scope="module")
def own() -> Pdk:
    return wheels_pdk()


def test_installed_check_extracts_what_the_rules_say(own: Pdk, tmp_path: Path) -> None:
    (tmp_path / "two.def").write_text(ROUTED)
    found = net_capacitances(extract(own, tmp_path / "two.def", "nom", tmp_path))
    layers = {layer.name: layer for layer in routing_layers(own.path("techlef_nom").read_text())}
    for net, name in (("high", "met2"), ("wide", "met3")):
        layer = layers[name]
        per_um = 2 * layer.edge + layer.area * layer.width
        # the router's wire ends lie half a width beyond its points
        assert found[net] == pytest.approx(per_um * LENGTH, rel=0.01)

    # other rules, twice the capacitance: found, and the comparison fails
    doubled = re.sub(r"^(\S+ 0 )(\S+)( \S+)$", lambda m: f"{m[1]}{2 * float(m[2]):g}{m[3]}", own.path("rcx_nom").read_text(), flags=re.M)
    (tmp_path / "doubled.rules").write_text(doubled)
    other = Other(own.root, "doubled", "", tmp_path / "doubled.rules")
    (tmp_path / "other").mkdir()
    twice = net_capacitances(extract(other, tmp_path / "two.def", "nom", tmp_path / "other"))
    assert twice["high"] == pytest.approx(2 * found["high"], rel=0.01)
    assert not _failing(capacitance_figures(found, found))
    assert _failing(capacitance_figures(found, twice)) == ["wires.capacitance_median_error"]


def _failing(figures: list[Figure]) -> list[str]:
    return [f.name for f in figures if not f.passes]


def test_installed_check_misses_no_net() -> None:
    ours = {"a": 0.1, "b": 0.2}
    assert _failing(capacitance_figures(ours, {"a": 0.1})) == ["wires.nets_in_one_only"]
    assert set(_failing(capacitance_figures({}, {}))) == {
        "wires.nets", "wires.capacitance_median_error", "wires.capacitance_95th_error", "wires.capacitance_mean_error",
    }


@pytest.fixture
def slacks() -> dict[str, float]:
    return {f"{check}.{CORNER}": value for check, value in (("setup", 3.0), ("hold", 0.1))}


def test_installed_check_finds_a_slack_that_differs(slacks: dict[str, float]) -> None:
    assert not _failing(slack_figures(slacks, slacks, slacks, slacks))
    off = {name: value + SLACK + 0.001 for name, value in slacks.items()}
    assert _failing(slack_figures(slacks, slacks, off, off)) == [f"hold_difference.{CORNER}", f"setup_difference.{CORNER}"]
    assert not _failing(slack_figures(slacks, slacks, slacks, off))        # both other: informs


def test_installed_check_must_reproduce_librelane(slacks: dict[str, float]) -> None:
    off = {name: value + 0.01 for name, value in slacks.items()}
    assert _failing(slack_figures(off, slacks, slacks, slacks)) == ["librelane_reproduced"]
    assert _failing(slack_figures({}, slacks, slacks, slacks)) == ["librelane_reproduced"]


def test_installed_check_table(slacks: dict[str, float]) -> None:
    off = {name: value + 0.1 for name, value in slacks.items()}
    text = table_text(Report(step="x", figures=slack_figures(slacks, slacks, off, slacks)))
    assert f"| setup {CORNER} | 3.000 | 3.100 | -0.100 | 3.000 |" in text
    assert table_text(Report(step="x", not_run="none")) == ""


def test_installed_check_without_an_installed_pdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_check, "installed_pdk", lambda: None)
    report = installed_check.check_hardened(load_chip("mini"))
    assert report.verdict == "not run" and "PDK_ROOT" in report.not_run


@pytest.mark.parametrize(
    ("source", "digest", "words"),
    [
        ("shared/pdk", "h", "hardened from shared/pdk, not from the assembled"),
        ("wheels", "old", "has changed since"),
        (None, "", "not hardened yet"),
    ],
)
def test_installed_check_wants_a_controller_from_wheels(
    source: str | None, digest: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pdk = Pdk(tmp_path, "wheels", "h")
    monkeypatch.setattr(installed_check, "installed_pdk", lambda: pdk)
    monkeypatch.setattr(installed_check, "wheels_pdk", lambda: pdk)
    monkeypatch.setattr(installed_check, "REPORTS", tmp_path)
    if source:
        figure = Figure(name="setup_slack.nom", value=1.0, source="sta")
        Report(step="harden.mini", figures=[figure], pdk_source=source, pdk_hash=digest).write(tmp_path)
    with pytest.raises(UserError, match=f"{words}.*NEUSOC_PDK=wheels make harden CHIP=mini"):
        installed_check.check_hardened(load_chip("mini"))
