"""Diodes and bipolar transistors: what is drawn is found, and each planted fault is seen by one comparer or
both."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.lvs import check_lvs, run_lvs
from neusoc.verification.signoff.netgen import run_netgen
from neusoc.verification.signoff.tests.sheets import Sheet

PNP = "sky130_fd_pr__pnp_05v5_W3p40L3p40"
PADS = (f"x_up pad vpp {DIODE_NWELL} area=30 perim=46", f"x_down vss pad {DIODE_SUBSTRATE} area=15 perim=23")


def _island(
    sheet: Sheet, layer: str, implant: str, corners: tuple[float, float, float, float], net: str
) -> None:
    """Diffusion or tap with one contact in its middle and a labelled li1."""
    x0, y0, x1, y1 = corners
    sheet.box(layer, *corners)
    sheet.box(implant, x0 - 0.13, y0 - 0.13, x1 + 0.13, y1 + 0.13)
    sheet.square("licon1", (x0 + x1) / 2, (y0 + y1) / 2, 0.17)
    sheet.square("li1", (x0 + x1) / 2, (y0 + y1) / 2, 0.40)
    sheet.square("mcon", (x0 + x1) / 2, (y0 + y1) / 2, 0.17)
    sheet.square("met1", (x0 + x1) / 2, (y0 + y1) / 2, 0.40)
    sheet.label("met1", net, (x0 + x1) / 2, (y0 + y1) / 2)


def _wire(sheet: Sheet, x0: float, x1: float, y: float) -> None:
    sheet.box("met1", x0, y - 0.2, x1, y + 0.2)


def diodes() -> Sheet:
    """Two p stripes in a well of vpp and one n stripe in the substrate, 10 x 1.5 um each, all on pad."""
    sheet = Sheet("pads")
    sheet.box("nwell", -1, -1, 7, 11)
    sheet.box("hvi", -2, -2, 12, 12)
    sheet.box("areaid_diode", -0.5, -0.5, 3.9, 10.5)
    sheet.box("areaid_diode", 8.5, -0.5, 11, 10.5)
    _island(sheet, "diff", "psdm", (0, 0, 1.5, 10), "pad")
    _island(sheet, "diff", "psdm", (2.2, 0, 3.7, 10), "pad")
    _island(sheet, "tap", "nsdm", (5, 0, 5.5, 3), "vpp")
    _island(sheet, "diff", "nsdm", (9, 0, 10.5, 10), "pad")
    _island(sheet, "tap", "psdm", (13, 0, 13.5, 3), "vss")
    _wire(sheet, 0.75, 9.75, 5)
    return sheet


def bipolar() -> Sheet:
    """Two transistors with emitters of 3.40 x 3.40 um side by side in one well, and its taps."""
    sheet = Sheet("bipolar")
    sheet.box("nwell", -2, -2, 12, 5.4)
    sheet.box("pnp", -3, -3, 13, 6.4)
    _island(sheet, "diff", "psdm", (0, 0, 3.4, 3.4), "e")
    _island(sheet, "diff", "psdm", (6, 0, 9.4, 3.4), "e")
    _wire(sheet, 1.7, 7.7, 1.7)
    _island(sheet, "tap", "nsdm", (10.5, 0, 11, 3), "b")
    _island(sheet, "tap", "psdm", (15, 0, 15.5, 3), "c")
    return sheet


def test_diodes_are_found_and_add(tmp_path: Path):
    result = diodes().compare(tmp_path, ".subckt pads pad vpp vss", *PADS)
    assert result.clean, result.messages()
    assert result.devices == (2, 2)
    assert (
        check_lvs(
            tmp_path / "sheet.gds",
            "pads",
            tmp_path / "sheet.spice",
            "pads",
            out_dir=tmp_path,
            reports=tmp_path,
        ).verdict
        == "pass"
    )


@pytest.mark.parametrize(
    "card", ["x_up pad vpp {m} area=15 perim=23 m=2", "d_up pad vpp {m} area=30e-12 perim=46e-6"]
)
def test_diode_sizes_are_read_in_every_spelling(tmp_path: Path, card: str):
    assert diodes().compare(tmp_path, ".subckt pads pad vpp vss", card.format(m=DIODE_NWELL), PADS[1]).clean


WRONG_CARDS = {
    "area": PADS[0].replace("area=30", "area=30.3"),
    "perimeter": PADS[0].replace("perim=46", "perim=46.5"),
    "terminals": PADS[0].replace("pad vpp", "vpp pad"),
    "net": PADS[0].replace("pad vpp", "pad vss"),
}


@pytest.mark.parametrize("fault", WRONG_CARDS)
def test_wrong_diode_in_the_netlist_is_seen(tmp_path: Path, fault: str):
    assert not diodes().compare(tmp_path, ".subckt pads pad vpp vss", WRONG_CARDS[fault], PADS[1]).clean


def test_diode_of_another_class_is_no_device(tmp_path: Path):
    with pytest.raises(UserError, match="neither a known device"):
        diodes().compare(tmp_path, ".subckt pads pad vpp vss", PADS[0].replace("_11v0", "_05v5"), PADS[1])


Plant = Callable[[Mutant], Mutant]
# fault -> (how it is planted, what one of the findings must say)
DRAWN: dict[str, tuple[Plant, str]] = {
    "marker of the p stripes": (
        lambda m: m.cut("areaid_diode", (-1, -1, 4, 11)),
        r"nothing in the layout is diode_pd2nw_11v0",
    ),
    "marker of the n stripe": (
        lambda m: m.cut("areaid_diode", (8, -1, 12, 11)),
        r"nothing in the layout is diode_pw2nd_11v0",
    ),
    "thick oxide over the well": (
        lambda m: m.cut("hvi", (-2, -2, 7.5, 12)),
        r"2 x diode of thin oxide in an nwell",
    ),
    "thick oxide over the substrate": (
        lambda m: m.cut("hvi", (7.5, -2, 12, 12)),
        r"diode_pw2nd_05v5 .*is diode_pw2nd_11v0",
    ),
    "marker over half a stripe": (
        lambda m: m.cut("areaid_diode", (2.2, 5, 4, 11)),
        r"pd2nw_11v0 .*AREA=22\.5",
    ),
    "short stripe": (lambda m: m.cut("diff", (0, 9.8, 1.5, 10)), r"pd2nw_11v0 .*AREA=29\.7"),
    "well without its tap": (lambda m: m.cut("tap", (4.9, -0.1, 5.6, 3.1)), r"has not the label vpp"),
    "stripe in the substrate": (
        lambda m: m.cut("nwell", (1.9, -1, 7, 11)),
        r"pd2nw_11v0 .*AREA=15, .*in the layout is .*AREA=30",
    ),
    "open stripe": (lambda m: m.cut("met1", (1.6, 4, 2.6, 6)), r"label pad is on several nets"),
}


@pytest.mark.parametrize("fault", DRAWN)
def test_diode_fault_in_the_layout_is_seen(tmp_path: Path, fault: str):
    plant, expected = DRAWN[fault]
    assert diodes().compare(tmp_path, ".subckt pads pad vpp vss", *PADS).clean
    gds = plant(Mutant(tmp_path / "sheet.gds", "pads")).write(tmp_path / "fault.gds")
    result = run_lvs(gds, "pads", [tmp_path / "sheet.spice"], tmp_path)
    assert not result.clean
    assert any(re.search(expected, message) for message in result.messages()), result.messages()


def test_bipolar_transistors_are_counted(tmp_path: Path):
    result = bipolar().compare(tmp_path, ".subckt bipolar c b e", f"x1 c b e {PNP} m=2")
    assert result.clean, result.messages()
    assert result.devices == (1, 1)
    assert PNP in result.spice[0]  # as the setup of netgen spells it
    report = check_lvs(
        tmp_path / "sheet.gds",
        "bipolar",
        tmp_path / "sheet.spice",
        "bipolar",
        out_dir=tmp_path,
        reports=tmp_path,
    )
    assert report.verdict == "pass", [(f.name, f.value) for f in report.figures]


@pytest.mark.parametrize(
    "card",
    [
        f"x1 c b e {PNP} m=3",
        f"x1 b c e {PNP} m=2",
        f"x1 c e b {PNP} m=2",
        f"x1 c b e {PNP.replace('3p40', '0p68')} m=2",
    ],
)
def test_wrong_bipolar_transistor_in_the_netlist_is_seen(tmp_path: Path, card: str):
    assert not bipolar().compare(tmp_path, ".subckt bipolar c b e", card).clean


BIPOLAR_DRAWN: dict[str, tuple[Plant, str]] = {
    "marker": (lambda m: m.cut("pnp"), r"nothing in the layout is pnp_05v5"),
    "marker of one": (lambda m: m.cut("pnp", (5, -3, 13, 7)), r"pnp_05v5.*M=1\) in the layout is .*M=2"),
    "size of an emitter": (
        lambda m: m.cut("diff", (3.3, 0, 3.4, 3.4)),
        r"1 x pnp whose emitter has no size of the library",
    ),
    "well": (lambda m: m.cut("nwell", (4.5, -2, 9.9, 5.4)), r"B=\$\d+, E=e; M=1\) in the layout"),
}


@pytest.mark.parametrize("fault", BIPOLAR_DRAWN)
def test_bipolar_fault_in_the_layout_is_seen(tmp_path: Path, fault: str):
    plant, expected = BIPOLAR_DRAWN[fault]
    assert bipolar().compare(tmp_path, ".subckt bipolar c b e", f"x1 c b e {PNP} m=2").clean
    gds = plant(Mutant(tmp_path / "sheet.gds", "bipolar")).write(tmp_path / "fault.gds")
    result = run_lvs(gds, "bipolar", [tmp_path / "sheet.spice"], tmp_path)
    assert not result.clean
    assert any(re.search(expected, message) for message in result.messages()), result.messages()


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("pads", ("area=30.000000", "area=30.300000")),
        ("pads", ("perim=46.0000", "perim=46.5000")),
        ("bipolar", ("m=2", "m=3")),
    ],
)
def test_netgen_sees_sizes(tmp_path: Path, cell: str, fault: tuple[str, str]):
    sheet, cards = (diodes(), PADS) if cell == "pads" else (bipolar(), (f"x1 c b e {PNP} m=2",))
    head = ".subckt pads pad vpp vss" if cell == "pads" else ".subckt bipolar c b e"
    layout, reference = sheet.compare(tmp_path, head, *cards).spice
    assert run_netgen(layout, reference, cell, tmp_path).mismatches == []
    assert fault[0] in layout
    assert run_netgen(layout.replace(*fault), reference, cell, tmp_path).mismatches
