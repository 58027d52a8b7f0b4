"""Slacks of flip-flops and latches, apart: read from a text, and found by OpenSTA on a netlist whose latch
borrows."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.digital.harden.config import STA_CORNERS
from neusoc.digital.harden.endpoints import KINDS, endpoint_figures, read_slacks, time_endpoints
from neusoc.digital.harden.flow import unusable
from neusoc.digital.harden.installed_check import WIRES, Macro, sign_off_lines, worst_slacks
from neusoc.pdk.source import wheels_pdk

LOG = """OpenROAD
[WARNING STA-1173] line
ENDPOINTS flip_flops.nom_tt_025C_1v80 2736 0.147000
ENDPOINTS latches.nom_tt_025C_1v80 1371 0.000000
ENDPOINTS flip_flops.max_ss_100C_1v60 2736 none
ENDPOINTS latches.max_ss_100C_1v60 0 1e+30
"""


def test_endpoints_read_what_is_printed() -> None:
    slacks, counts = read_slacks(LOG)
    assert slacks == {"flip_flops.nom_tt_025C_1v80": 0.147, "latches.nom_tt_025C_1v80": 0.0}
    assert counts["flip_flops.max_ss_100C_1v60"] == 2736 and counts["latches.max_ss_100C_1v60"] == 0
    assert read_slacks("nothing of it") == ({}, {})


def _all(value: float) -> tuple[dict[str, float], dict[str, int]]:
    slacks = {
        f"{kind}.{corner}": value if kind == "flip_flops" else 0.0 for kind in KINDS for corner in STA_CORNERS
    }
    return slacks, dict.fromkeys(slacks, 7)


def test_endpoints_figures_keep_flip_flops_apart() -> None:
    slacks, counts = _all(0.5)
    slacks["flip_flops.max_ss_100C_1v60"] = 0.147
    figures = {f.name: f for f in endpoint_figures(slacks, counts)}
    assert figures["setup_slack_flip_flops_worst"].value == 0.147
    assert figures["setup_slack_latches.max_ss_100C_1v60"].value == 0.0
    assert all(f.passes for f in figures.values()) and len(figures) == 2 * len(STA_CORNERS) + 1

    slacks["flip_flops.max_ss_100C_1v60"] = -0.01
    missed = [f for f in endpoint_figures(slacks, counts) if not f.passes]
    assert {f.name for f in missed} == {
        "setup_slack_flip_flops.max_ss_100C_1v60",
        "setup_slack_flip_flops_worst",
    }
    assert unusable(missed) == [], "a missed limit of timing leaves a macro"

    del slacks["flip_flops.max_ss_100C_1v60"]
    missed = [f for f in endpoint_figures(slacks, counts) if not f.passes]
    assert unusable(missed) == [f.name for f in missed] and len(missed) == 2, (
        "a slack that is absent leaves none"
    )


NETLIST = """module controller (clk, d, q, l);
  input clk, d;
  output q, l;
  wire a, b, c;
  sky130_fd_sc_hd__dfxtp_1 launch (.CLK(clk), .D(d), .Q(a));
  sky130_fd_sc_hd__inv_2 first (.A(a), .Y(b));
  sky130_fd_sc_hd__inv_2 second (.A(b), .Y(c));
  sky130_fd_sc_hd__dfxtp_1 capture (.CLK(clk), .D(c), .Q(q));
{latch}endmodule
"""
LATCH = "  sky130_fd_sc_hd__dlxtp_1 open (.GATE(clk), .D(c), .Q(l));\n"
SPEF = """*SPEF "ieee 1481-1999"
*DESIGN "controller"
*DATE "-"
*VENDOR "-"
*PROGRAM "-"
*VERSION "-"
*DESIGN_FLOW "-"
*DIVIDER /
*DELIMITER :
*BUS_DELIMITER []
*T_UNIT 1 NS
*C_UNIT 1 PF
*R_UNIT 1 OHM
*L_UNIT 1 HENRY

*D_NET c {load}
*CONN
*I second:Y O
*I capture:D I
*CAP
1 second:Y {load}
*END
"""


def timed_macro(folder: Path, latch: str) -> Path:
    """A macro of two flip-flops with an inverter between two nets, and wires for each corner, that can be
    timed."""
    (folder / "spef").mkdir(parents=True)
    (folder / "controller.nl.v").write_text(NETLIST.format(latch=latch))
    (folder / "controller.sdc").write_text("create_clock -name clk -period 10 [get_ports clk]\n")
    for wires, load in zip(WIRES, (0.05, 0.02, 0.1), strict=True):
        (folder / f"spef/controller.{wires}.spef").write_text(SPEF.format(load=load))
    return folder


def test_endpoints_of_a_latch_that_borrows(tmp_path: Path) -> None:
    """The latch is at 0, the flip-flop behind the same path is not; the heaviest wires at ss are the
    worst."""
    figures = {
        f.name: f.value
        for f in time_endpoints(
            wheels_pdk(), Macro(timed_macro(tmp_path / "macro", LATCH)), tmp_path / "work"
        )
    }
    flops = {name: value for name, value in figures.items() if name.startswith("setup_slack_flip_flops.")}
    assert {value for name, value in figures.items() if "latches" in name} == {0.0}
    assert all(value is not None and 0.5 < value < 10 for value in flops.values()), flops
    assert min(flops, key=flops.get) == "setup_slack_flip_flops.max_ss_100C_1v60"
    assert figures["setup_slack_flip_flops_worst"] == min(flops.values())
    without = time_endpoints(wheels_pdk(), Macro(timed_macro(tmp_path / "other", "")), tmp_path / "work")
    assert not [f.name for f in without if "latches" in f.name] and all(f.passes for f in without)


def test_endpoints_silence_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neusoc.digital.harden.endpoints.openroad", lambda *_: "no such line")
    with pytest.raises(UserError, match="nothing was printed for flip_flops"):
        time_endpoints(wheels_pdk(), Macro(timed_macro(tmp_path / "macro", LATCH)), tmp_path / "work")


def test_macro_is_timed_as_sign_off_does(tmp_path: Path) -> None:
    """The macro carries the constraints of place and route, which aim at more than sign-off asks: both ways
    to time it leave that out."""
    assert "set_clock_uncertainty -setup 0.25 [get_clocks clk]" in sign_off_lines()
    macro = Macro(timed_macro(tmp_path / "macro", ""))
    spefs = {wires: macro.spef(wires) for wires in WIRES}
    sdc = macro.file("controller.sdc")
    sign_off = worst_slacks(wheels_pdk(), macro, spefs, tmp_path)
    sdc.write_text(
        sdc.read_text() + "set_clock_uncertainty -setup 3 clk\nset_clock_uncertainty -hold 2 clk\n"
    )
    assert worst_slacks(wheels_pdk(), macro, spefs, tmp_path) == sign_off
    flops = {f.name: f.value for f in time_endpoints(wheels_pdk(), macro, tmp_path / "work")}
    corners = [name.removeprefix("setup.") for name in sign_off if name.startswith("setup.")]
    assert len(corners) == len(STA_CORNERS)
    for corner in corners:
        assert flops[f"setup_slack_flip_flops.{corner}"] == pytest.approx(
            sign_off[f"setup.{corner}"], abs=1e-4
        )
