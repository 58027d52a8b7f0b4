"""Cells of bands: three decks, both comparers, and what is refused."""

import gdsfactory as gf
import pytest
from neusoc.layout.routing.bands import draw_bands
from neusoc.layout.routing.rows import Band, Row, Strip
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs

NFET, PFET = "sky130_fd_pr__nfet_g5v0d10v5", "sky130_fd_pr__pfet_g5v0d10v5"
# a follower whose p pair has a well of its own, an inverter behind it
NETLIST = f""".subckt {{name}} a b y vss vdd3v3
x0 t a vdd3v3 vdd3v3 {PFET} w=2 l=1
x1 m a t t {PFET} w=4 l=1
x2 m b vss vss {NFET} w=2 l=0.5
x3 y m vss vss {NFET} w=1 l=0.5
x4 y m vdd3v3 vdd3v3 {PFET} w=2 l=0.5
.ends
"""
BANDS = (
    Band(Row("n", "vss", (Strip("low", "m b vss m y", 1.0, 0.5), Strip("more", "m b vss", 1.0, 0.5)))),
    Band(
        Row("p", "t", (Strip("pair", "t a m a t", 2.0, 1.0, etch=True),)),
        Row("p", "vdd3v3", (Strip("top", "t a vdd3v3", 2.0, 1.0), Strip("out", "vdd3v3 m y", 2.0, 0.5))),
    ),
)


def _drawn(name, folder, **options):
    component = gf.Component(name)
    drawn = draw_bands(component, name, BANDS, {"a": "l", "b": "r", "y": "t"}, ("vss", "vdd3v3"), **options)
    gds = folder / f"{name}.gds"
    component.write_gds(gds, with_metadata=False)
    (folder / f"{name}.spice").write_text(NETLIST.format(name=name))
    return drawn, gds, folder / f"{name}.spice"


@pytest.mark.parametrize("side", ["l", "r"])
def test_bands_lvs(side, tmp_path):
    _, gds, netlist = _drawn(f"bands_{side}", tmp_path, supply_side=side)
    result = run_lvs(gds, f"bands_{side}", [netlist], tmp_path, whole_nets=True)
    assert result.clean, result.messages()
    assert result.devices == (5, 5)


@pytest.mark.full
def test_bands_drc(tmp_path):
    _, gds, _ = _drawn("bands_drc", tmp_path)
    result = run_drc(gds, "bands_drc", tmp_path)
    assert result.clean, result


def test_bands_trunk_stands_where_it_is_wanted(tmp_path):
    drawn, _, _ = _drawn("bands_trunk", tmp_path, trunks={"y": 5.0}, right=12.0)
    assert drawn.trunks["y"] == 5.0 and drawn.right == 12.0
    low, high = drawn.spans["y"]
    assert high == drawn.top and low < drawn.bands[0].tracks["y"]


def test_bands_refuses_straps_in_a_circle():
    low = Row("n", "vss", (Strip("low", "a g b", 1.0, 0.5),))
    high = Row("n", "vss", (Strip("high", "b g a", 1.0, 0.5),))
    with pytest.raises(ValueError, match="a, b block each other"):
        draw_bands(gf.Component("bands_circle"), "bands_circle", [Band(low, high)], {}, ("vss",))
