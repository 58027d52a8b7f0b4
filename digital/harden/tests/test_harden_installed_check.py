"""OpenRCX extracts what the rules say; the comparison with an installed PDK shows every planted
difference."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.base.report import Figure, Report
from neusoc.digital.harden import installed_check
from neusoc.digital.harden.installed_check import SLACK, extract, slack_figures, table_text
from neusoc.digital.harden.spef import net_capacitances
from neusoc.pdk.source import Pdk, wheels_pdk
from neusoc.pdk.wires import routing_layers, solved_neighbours, write_rules

LENGTH = 100.0  # um
ROUTED = f"""VERSION 5.8 ;
DIVIDERCHAR "/" ;
BUSBITCHARS "[]" ;
DESIGN three ;
UNITS DISTANCE MICRONS 1000 ;
DIEAREA ( 0 0 ) ( 200000 200000 ) ;
COMPONENTS 4 ;
 - a sky130_fd_sc_hd__inv_2 + PLACED ( 4600 2720 ) N ;
 - b sky130_fd_sc_hd__inv_2 + PLACED ( 4600 163200 ) N ;
 - c sky130_fd_sc_hd__inv_2 + PLACED ( 46000 2720 ) N ;
 - d sky130_fd_sc_hd__inv_2 + PLACED ( 46000 163200 ) N ;
END COMPONENTS
NETS 4 ;
 - high ( a Y ) ( b A ) + ROUTED met2 ( 50140 20060 ) ( 50140 {20060 + int(LENGTH * 1000)} ) ;
 - wide ( b Y ) ( a A ) + ROUTED met3 ( 20060 150140 ) ( {20060 + int(LENGTH * 1000)} 150140 ) ;
 - left ( c Y ) ( d A ) + ROUTED met2 ( 100140 20060 ) ( 100140 {20060 + int(LENGTH * 1000)} ) ;
 - right ( d Y ) ( c A ) + ROUTED met2 ( 100420 20060 ) ( 100420 {20060 + int(LENGTH * 1000)} ) ;
END NETS
END DESIGN
"""
CORNER = "nom_tt_025C_1v80"


def test_extraction_sees_wires_alone_and_neighbours(tmp_path: Path) -> None:
    """A wire far from any has what the technology LEF says, one beside another at least distance as much as
    the rules say."""
    pdk = wheels_pdk()
    (tmp_path / "three.def").write_text(ROUTED)
    rules = write_rules({"nom": pdk.path("techlef_nom")}, tmp_path)["nom"]
    result = net_capacitances(extract(pdk, tmp_path / "three.def", "nom", tmp_path, rules))
    layers = {layer.name: layer for layer in routing_layers(pdk.path("techlef_nom").read_text())}
    for net, name in (("high", "met2"), ("wide", "met3")):
        layer = layers[name]
        per_um = 2 * layer.edge + layer.area * layer.width
        # the router's wire ends lie half a width beyond its points
        assert result[net] == pytest.approx(per_um * LENGTH, rel=0.01)
    near = next(n for n in solved_neighbours()["met2"] if n.distance == pytest.approx(0.14))
    alone = layers["met2"].edge + layers["met2"].area * layers["met2"].width / 2
    for net in ("left", "right"):
        assert result[net] == pytest.approx(LENGTH * (alone * (1 + near.ground) + near.coupling), rel=0.03)


def _failing(figures: list[Figure]) -> list[str]:
    return [f.name for f in figures if not f.passes]


@pytest.fixture
def slacks() -> dict[str, float]:
    return {f"{check}.{CORNER}": value for check, value in (("setup", 3.0), ("hold", 0.1))}


def test_installed_check_finds_a_slack_that_differs(slacks: dict[str, float]) -> None:
    assert not _failing(slack_figures(slacks, slacks, slacks))
    off = {name: value + SLACK + 0.001 for name, value in slacks.items()}
    assert _failing(slack_figures(slacks, slacks, off)) == [
        f"hold_difference.{CORNER}",
        f"setup_difference.{CORNER}",
    ]


def test_installed_check_must_reproduce_librelane(slacks: dict[str, float]) -> None:
    off = {name: value + 0.01 for name, value in slacks.items()}
    assert _failing(slack_figures(off, slacks, slacks)) == ["librelane_reproduced"]
    assert _failing(slack_figures({}, slacks, slacks)) == ["librelane_reproduced"]


def test_installed_check_table(slacks: dict[str, float]) -> None:
    off = {name: value + 0.1 for name, value in slacks.items()}
    text = table_text(Report(step="x", figures=slack_figures(slacks, slacks, off)))
    assert f"| setup {CORNER} | 3.000 | 3.100 | -0.100 |" in text
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
