"""What a size takes of the frame, on LEFs that are sizes alone: areas, limits, and what does not fit."""

from __future__ import annotations

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.cores import PADS_CELL
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL
from neusoc.base.report import Report
from neusoc.digital.harden.synthesis import Synthesis
from neusoc.layout.top.floorplan import PADS_GAP
from neusoc.verification.size.fit import figures_of, fit_report, fitted

LARGE = load_chip("large")
SMALL = Synthesis(100_000.0, 600.0, 640.0, 1.0)


def _lef(folder, name, width, height):
    path = folder / f"{name}.lef"
    path.write_text(f"MACRO {name}\n  SIZE {width} BY {height} ;\nEND {name}\n")
    return path


@pytest.fixture
def macros(tmp_path):
    return _lef(tmp_path, CELL, 900.68, 1298.46), _lef(tmp_path, PADS_CELL, 300.15, 200.26)


def _figures(chip, macros, synthesis, hardened=None):
    return {figure.name: figure for figure in figures_of(chip, *macros, synthesis, hardened)}


def test_fit_areas_add_up(macros):
    found = _figures(LARGE, macros, SMALL, 0.32)
    assert found["core: area"].value == pytest.approx(900.68 * 1298.46 / 1e6, abs=1e-4)
    assert found["core: area a cell"].value == pytest.approx(900.68 * 1298.46 / (256 * 128), abs=1e-4)
    whole = 900.68 * 1298.46 + 300.15 * 200.26 + 600 * 640
    assert found["all in: area a cell, controller estimated"].value == pytest.approx(whole / (256 * 128), abs=1e-3)
    assert found["controller: estimated area over the hardened one"].value == pytest.approx(0.384 / 0.32, abs=1e-4)
    assert Report(step="x", figures=list(found.values())).verdict == "pass"
    assert found["left at the right, straps apart"].value > 0 and found["left at the top, straps apart"].value > 0
    assert "controller: estimated area over the hardened one" not in _figures(LARGE, macros, SMALL)


def test_fit_limit_of_the_area_is_that_of_large_alone(macros):
    wide = Synthesis(300_000.0, 1000.0, 1100.0, 1.0)
    name = "all in: area a cell, controller estimated"
    found = _figures(LARGE, macros, wide)
    assert found[name].value > 70 and not found[name].passes
    assert _figures(load_chip("tapeout"), macros, wide)[name].passes


def test_fit_sees_what_the_frame_does_not_hold(macros, tmp_path):
    beside = _figures(LARGE, macros, Synthesis(1e6, 2200.0, 640.0, 1.0))
    assert not beside["fits the frame beside the estimated controller"].passes and beside["left at the right, straps apart"].value < 0
    fits = fitted(LARGE, *macros, (600.0, 640.0))
    assert fits.holds and fits.top > 0
    assert fitted(LARGE, *macros, (600.0, 640.0 + fits.top - 1)).holds
    stacked = beside["left at the right with the core above the controller"]
    assert stacked.value > 0 and stacked.passes, "the width of the controller does not count there"
    above = fitted(LARGE, *macros, (600.0, 640.0 + fits.top + 1))
    assert not above.holds and -2 < above.top < 0 and above.right == fits.right
    with pytest.raises(UserError, match="absent.lef: not found"):
        fitted(LARGE, tmp_path / "absent.lef", macros[1], (600.0, 640.0))


def test_fit_has_the_pads_over_the_controller_where_the_right_is_full(macros):
    """As the floorplan does: what is left at the right is then left beside the core."""
    before = fitted(LARGE, *macros, (600.0, 640.0))
    width = 600.0 + before.right + 20
    after = fitted(LARGE, *macros, (width, 640.0))
    assert after.holds and after.right == pytest.approx(before.right + PADS_GAP / 1000 + 300.15 - (width - 600), abs=8)
    assert not fitted(LARGE, *macros, (width + after.right + 20, 640.0)).holds


def test_fit_refuses_the_image_core():
    with pytest.raises(UserError, match=r"chip.yaml: variants.image64.core \(value 'image'\): the estimate of a size knows the first core"):
        fit_report(load_chip("image64"))


@pytest.mark.full
def test_fit_estimates_the_die_that_hardening_takes(mini_chip):
    """Of mini: the die of its hardened macro, which is made if it is not there, is the estimated one."""
    from neusoc.digital.harden.flow import harden
    from neusoc.digital.harden.synthesis import synthesised
    from neusoc.layout.top.lef import read_macro
    from neusoc.verification.size.fit import CONTROLLER

    mini = load_chip("mini")
    found = synthesised(mini)
    assert synthesised(mini) == found and found.cell_area < 0.4 * found.area
    macro = read_macro(harden(mini, sign_off=False) / "controller.lef", CONTROLLER)
    assert (macro.width / 1000, macro.height / 1000) == pytest.approx((found.width, found.height))
