"""Electrical rules on drawings: a row of digital cells, and devices drawn box by box."""

from pathlib import Path

import klayout.db as db
import pytest
from neusoc.base.errors import UserError
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.antenna import antenna_limits, antennas
from neusoc.verification.signoff.erc import check_erc
from neusoc.verification.signoff.erc_circuit import extracted
from neusoc.verification.signoff.erc_levels import NetClass
from neusoc.verification.signoff.taps import untapped
from neusoc.verification.signoff.tests.sheets import Sheet
from neusoc.verification.signoff.tests.test_signoff_devices import fingers, row

RAILS = {"vdd": NetClass("supply", 1.98), "vss": NetClass("ground", 0.0), "b": NetClass("ground", 0.0)}


def _written(sheet: Sheet, folder: Path) -> Path:
    """The sheet's cell, and what it calls, as a file."""
    path, save = folder / "sheet.gds", db.SaveLayoutOptions()
    save.select_cell(sheet.cell.cell_index())
    sheet.layout.write(str(path), save)
    return path


def _failing(sheet: Sheet, folder: Path) -> set[str]:
    def classes(circuits: object, pins: list[str]) -> dict[str, NetClass]:
        return {pin: RAILS.get(pin, NetClass("signal", 1.98, None, pin[0] not in "yhl")) for pin in pins}

    cell = sheet.cell.name
    report = check_erc(
        cell, f"erc.{cell}", classes, gds=_written(sheet, folder), out_dir=folder, reports=folder
    )
    return {figure.name for figure in report.figures if not figure.passes}


def test_erc_row_of_digital_cells_is_clean(tmp_path: Path):
    assert _failing(row()[0], tmp_path) == set()


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({"cells": ("inv_1", "a21oi_2", "fill_2")}, {"bulk", "tap"}),  # no tap cell
        ({"silent": ("A",)}, {"floating_gate"}),  # an input that nothing drives
    ],
)
def test_erc_row_with_a_fault(options: dict[str, tuple[str, ...]], rules: set[str], tmp_path: Path):
    assert rules <= _failing(row(**options)[0], tmp_path)


def test_erc_rails_that_the_well_joins(tmp_path: Path):
    """A rail that ends: its pieces meet in the well alone."""
    cells = ("tapvpwrvgnd_1", "inv_1", "tapvpwrvgnd_1", "inv_1")
    assert (
        "tap" in _failing(row(cells, gap_after="inv_1")[0], tmp_path)
        and _failing(row(cells)[0], tmp_path) == set()
    )


def test_erc_transistor_with_and_without_its_tap(tmp_path: Path):
    assert _failing(fingers(), tmp_path) == set()
    sheet = fingers()
    shapes = sheet.cell.shapes(sheet.layout.layer(*LAYERS["tap"]))
    shapes.clear()
    assert {"bulk", "tap"} <= _failing(sheet, tmp_path)


@pytest.mark.parametrize("contact", [True, False])
def test_erc_well_with_and_without_a_contact_to_its_tap(contact: bool, tmp_path: Path):
    """A well alone: no device of the substrate stands beside it."""
    sheet = Sheet("well")
    sheet.box("nwell", 0, 0, 4, 4)
    sheet.box("tap", 1, 1, 2, 2)
    sheet.box("nsdm", 0.8, 0.8, 2.2, 2.2)
    if contact:
        sheet.square("licon1", 1.5, 1.5, 0.17)
    found = untapped(_written(sheet, tmp_path), "well")
    assert found == ([] if contact else ["well: nwell at (2.00, 2.00) um has no contacted tap"])


@pytest.mark.parametrize(("label", "rules"), [("vss", set()), ("z", {"tap"}), (None, {"tap"})])
def test_erc_second_piece_of_the_substrate(label: str | None, rules: set[str], tmp_path: Path):
    """Wiring that only the substrate joins to the ground b: a ground with a pin of its own is meant, anything
    else is not."""
    sheet = fingers()
    sheet.box("tap", 13, 0, 13.5, 0.5)
    sheet.box("psdm", 12.8, -0.2, 13.7, 0.7)
    sheet.square("licon1", 13.25, 0.25, 0.17)
    sheet.box("li1", 13.1, 0, 13.4, 0.5)
    if label:
        sheet.label("li1", label, 13.25, 0.25)
    assert _failing(sheet, tmp_path) == rules


@pytest.mark.parametrize(("metal", "length"), [("met2", 600.0), ("met3", 300.0), ("met4", 300.0)])
def test_erc_antenna_of_each_metal(metal: str, length: float, tmp_path: Path):
    """A wire on one metal over a gate of 1 um2 that has nothing else: side area over gate area, by hand."""
    sheet, chain = (
        Sheet("x"),
        ("licon1", "li1", "mcon", "met1", "via", "met2", "via2", "met3", "via3", "met4"),
    )
    sheet.box("diff", -2, 0, 3, 1)
    sheet.box("poly", 0, -2, 1, 2)
    for layer in chain[: chain.index(metal) + 1]:
        sheet.square(layer, 0.5, -1.5, 0.2)
    sheet.box(metal, 0.4, -1.6, 0.4 + length, -1.4)
    found = antennas(_written(sheet, tmp_path), "x")
    limit = antenna_limits()[metal]
    ratio = 2 * (length + 0.2) * limit.thickness / 1.0
    assert found[metal].worst[0] == pytest.approx(ratio / limit.bare, rel=0.01)
    assert bool(found[metal].over) == (ratio > limit.bare) and not any(
        found[name].over for name in found if name != metal
    )


@pytest.mark.parametrize(("diffusion", "over"), [(0.0225, True), (2.0, False)])
def test_erc_antenna_of_a_gate_with_diffusion(diffusion: float, over: bool, tmp_path: Path):
    """The higher limit of a gate whose wire reaches a drain grows with that drain; the wire lies between the
    limits of the two drains."""
    limit, sheet, half = antenna_limits()["met1"], Sheet("x"), diffusion**0.5 / 2
    ratio = limit.protected + limit.slope * 1.0
    length = ratio / 2 / limit.thickness - 0.2
    assert limit.bare < limit.protected < ratio < limit.protected + limit.slope * 2.0
    sheet.box("diff", -2, 0, 3, 1)
    sheet.box("poly", 0, -2, 1, 2)
    sheet.box("diff", 10 - half, -1.5 - half, 10 + half, -1.5 + half)
    for x in (0.5, 10):
        for layer in ("licon1", "li1", "mcon"):
            sheet.square(layer, x, -1.5, 0.1)
    sheet.box("met1", 0.4, -1.6, 0.4 + length, -1.4)
    assert bool(antennas(_written(sheet, tmp_path), "x")["met1"].over) == over


def test_erc_extraction_is_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gds = _written(fingers(), tmp_path)
    first = extracted(gds, "pair")
    monkeypatch.setattr(
        "neusoc.verification.signoff.erc_circuit.extract", None
    )  # a second extraction would fail
    assert extracted(gds, "pair") == first
    changed = fingers()
    changed.box("met1", 20, 20, 30, 30)
    with pytest.raises(TypeError):
        extracted(_written(changed, tmp_path), "pair")


def test_erc_bad_layouts_are_told_in_a_sentence(tmp_path: Path):
    gds = _written(fingers(), tmp_path)
    with pytest.raises(UserError, match="TOP=other is not in it"):
        extracted(gds, "other")
    gds.write_bytes(gds.read_bytes()[:300])
    with pytest.raises(UserError, match="truncated or not a GDS file"):
        extracted(gds, "pair")
