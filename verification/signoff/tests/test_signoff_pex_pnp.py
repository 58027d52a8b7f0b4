"""Extracted netlists: bipolar transistors on the nets of their emitters, also where these have no name; both
sheets of resistors."""

import gdsfactory as gf
import pytest
from neusoc.base.errors import UserError
from neusoc.layout.primitives.junctions import PNP_PITCH, pnp_array
from neusoc.layout.primitives.resistors import resistor_bank
from neusoc.layout.primitives.shapes import box, pin, positions
from neusoc.pdk.devices import PNP, RES_HIGH, RES_XHIGH
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.gds import read_layout
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.pex import extracted_text
from neusoc.verification.signoff.pex_pnp import without_pnps


def _drawn(folder, name, named):
    """Three of one net about one of another; `named`: which of the two nets have a pin."""
    top = gf.Component(name)
    array = top << pnp_array(f"{name}_array", ("many many", "one many"))
    for net in named:
        pin(top, net, "met1", *positions(array, net)[-1])
    pin(top, "vss", "met1", *positions(array, "vss")[0])
    top.write_gds(folder / f"{name}.gds", with_metadata=False)
    return folder / f"{name}.gds"


def test_signoff_pex_puts_pnps_back(tmp_path):
    gds = _drawn(tmp_path, "pex_pnps", ("one", "many"))
    text = extracted_text("pex_pnps", gds, ["one", "many", "vss"], mode="CC")
    found = sorted(line.split(" ", 1)[1] for line in text.splitlines() if PNP.lower() in line)
    assert found == [f"vss vss many {PNP.lower()} m=3", f"vss vss one {PNP.lower()} m=1"]
    assert "one many" in text or "many one" in text  # coupled, and not one net


def test_signoff_pex_tells_both_sheets_and_widths(tmp_path):
    top = gf.Component("pex_sheets")
    for i, (sheet, width) in enumerate((("high", 1.41), ("xhigh", 0.35))):
        bank = top << resistor_bank(f"pex_sheets_{sheet}", f"a{i} b{i}", (6.0,), width=width, sheet=sheet)
        bank.move((20.0 * i, 0))
        for port in bank.ports:
            pin(top, port.info["net"], "met1", *port.center, 0.26, 0.9)
    pin(top, "vss", "met1", -10, 0)
    for layer, half in (
        ("tap", 0.3),
        ("psdm", 0.45),
        ("licon1", 0.085),
        ("li1", 0.2),
        ("mcon", 0.085),
        ("met1", 0.2),
    ):
        box(top, layer, -10 - half, -half, -10 + half, half)
    top.write_gds(tmp_path / "pex_sheets.gds", with_metadata=False)
    text = extracted_text(
        "pex_sheets", tmp_path / "pex_sheets.gds", ["a0", "b0", "a1", "b1", "vss"], mode="CC"
    )
    found = {
        model: next(line for line in text.splitlines() if model in line) for model in (RES_HIGH, RES_XHIGH)
    }
    assert "w=1.41" in found[RES_HIGH] and "w=0.35" in found[RES_XHIGH]
    assert all("l=6" in line for line in found.values())


def test_signoff_pnps_without_their_marker(tmp_path):
    """A net without a name gets one; the marker is gone, all else is as drawn."""
    gds = _drawn(tmp_path, "pex_inner", ("one",))
    cards = without_pnps(gds, "pex_inner", "vss", tmp_path / "plain.gds")
    assert sorted(card.split(" ", 1)[1] for card in cards) == [
        f"vss vss one {PNP.lower()} m=1",
        f"vss vss pnp_e0 {PNP.lower()} m=3",
    ]
    before, after = (read_layout(path, "pex_inner") for path in (gds, tmp_path / "plain.gds"))
    assert (
        after.find_layer(*LAYERS["pnp"]) is None
        or after.cell("pex_inner").bbox_per_layer(after.find_layer(*LAYERS["pnp"])).empty()
    )
    assert after.cell("pex_inner").bbox_per_layer(after.layer(*LAYERS["met1"])) == before.cell(
        "pex_inner"
    ).bbox_per_layer(before.layer(*LAYERS["met1"]))


def test_signoff_pnp_without_metal_is_refused(tmp_path):
    gds = _drawn(tmp_path, "pex_open", ("one", "many"))
    half = PNP_PITCH
    fault = Mutant(gds, "pex_open").cut("met1", (-half, -half, 0, 0)).write(tmp_path / "fault.gds")
    with pytest.raises(UserError, match="without met1"):
        without_pnps(fault, "pex_open", "vss", tmp_path / "plain.gds")
