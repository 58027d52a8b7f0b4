"""The controller's supplies: what is read of OpenROAD's words, and what is said without a controller."""

from __future__ import annotations

from pathlib import Path

import pytest
from neusoc.base.chip import load_chip
from neusoc.base.errors import UserError
from neusoc.digital.harden.spef import Net, Terminal, write_spef
from neusoc.verification.power.controller import check_controller, figures_of

SAID = """\
NET vccd1
[INFO PSM-0040] All shapes on net vccd1 are connected.
Worstcase voltage: 1.79e+00 V
Average IR drop  : 3.31e-05 V
Worstcase IR drop: 4.51e-04 V
NET vssd1
[INFO PSM-0040] All shapes on net vssd1 are connected.
Worstcase IR drop: 2.00e-02 V
NET power
Total                  1.00e-03   2.00e-03   3.00e-08   3.00e-03 100.0%
"""


def test_controller_figures_are_those_of_openroad() -> None:
    found = {figure.name: figure for figure in figures_of(SAID)}
    assert (found["vccd1.drop"].value, found["vssd1.drop"].value, found["power_taken"].value) == (
        0.451,
        20.0,
        3.0,
    )
    assert found["vccd1.drop"].passes and not found["vssd1.drop"].passes  # the planted one is above 18 mV
    assert (
        figures_of(SAID.replace("Total ", "Sum "))[-1].value is None
    )  # a figure that was not obtained fails


@pytest.mark.parametrize(
    "lost", ["Worstcase IR drop: 2.00e-02 V\n", "[INFO PSM-0040] All shapes on net vssd1 are connected.\n"]
)
def test_controller_tells_a_supply_without_a_drop_or_in_pieces(lost: str) -> None:
    with pytest.raises(UserError, match="no drop on vssd1"):
        figures_of(SAID.replace(lost, ""))


def test_controller_that_is_not_hardened_is_not_run(tmp_path: Path) -> None:
    report = check_controller(load_chip("mini"), tmp_path)
    assert report.verdict == "not run" and report.not_run and "make harden CHIP=mini" in report.not_run


INVERTERS, WIDE, HIGH = 40, 1.38, 2.72  # um: cells of a row
# LibreLane's vias of a strap over a rail: name, rule, cut, layers, spacing, enclosure, columns
VIAS = (
    ("low", "M1M2_PR", 150, "met1 via met2", 170, "85 165 55 85", 5),
    ("middle", "M2M3_PR", 200, "met2 via2 met3", 200, "40 85 65 65", 4),
    ("top", "M3M4_PR", 200, "met3 via3 met4", 200, "90 60 100 65", 4),
)


def macro(folder: Path, joined: bool = True) -> Path:
    """A row of inverters, one behind the other, with rails and a strap of met4 for each supply; joined:
    whether vssd1 has its vias."""
    cells = "".join(
        f"- u{i} sky130_fd_sc_hd__inv_2 + PLACED ( {round(1e3 * i * WIDE)} 0 ) N ;\n"
        for i in range(INVERTERS)
    )
    nets = "".join(f"- n{i} ( u{i - 1} Y ) ( u{i} A ) ;\n" for i in range(1, INVERTERS))
    right, height = round(1e3 * INVERTERS * WIDE), round(1e3 * HIGH)
    special, pins = "", ""
    supplies = (
        ("vccd1", "POWER", "( * VPWR ) ( * VPB )", height, 10_000),
        ("vssd1", "GROUND", "( * VGND ) ( * VNB )", 0, 40_000),
    )
    for net, use, cell_pins, y, x in supplies:
        special += (
            f"- {net} ( PIN {net} ) {cell_pins} + USE {use}\n + ROUTED met1 480 + SHAPE FOLLOWPIN ( 0 {y} ) ("
            f" {right} {y} )\n"
        )
        special += f" NEW met4 1600 + SHAPE STRIPE ( {x} -1000 ) ( {x} {height + 1000} )\n"
        if joined or net == "vccd1":
            for layer, (name, *_) in zip(("met1", "met2", "met3"), VIAS, strict=True):
                special += f" NEW {layer} 0 + SHAPE STRIPE ( {x} {y} ) {name}\n"
        special += ";\n"
        pins += f"- {net} + NET {net} + SPECIAL + DIRECTION INOUT + USE {use}"
        pins += f" + PORT + LAYER met4 ( -800 0 ) ( 800 1000 ) + PLACED ( {x} {height} ) N ;\n"
    for pin, direction, place in (("clk", "INPUT", "( 0 1000 )"), ("out", "OUTPUT", f"( {right} 1000 )")):
        pins += f"- {pin} + NET {pin} + DIRECTION {direction} + USE SIGNAL"
        pins += f" + PORT + LAYER met3 ( -150 -150 ) ( 150 150 ) + PLACED {place} N ;\n"
    vias = "".join(
        f"- {n} + VIARULE {rule} + CUTSIZE {s} {s} + LAYERS {layers} + CUTSPACING {d} {d} + ENCLOSURE {e} +"
        f" ROWCOL 1 {c} ;\n"
        for n, rule, s, layers, d, e, c in VIAS
    )
    text = f"""\
VERSION 5.8 ;
DIVIDERCHAR "/" ;
BUSBITCHARS "[]" ;
DESIGN controller ;
UNITS DISTANCE MICRONS 1000 ;
DIEAREA ( 0 -1000 ) ( {right} {height + 1000} ) ;
ROW r unithd 0 0 N DO {INVERTERS * 3} BY 1 STEP 460 0 ;
VIAS {len(VIAS)} ;
{vias}END VIAS
COMPONENTS {INVERTERS} ;
{cells}END COMPONENTS
PINS 4 ;
{pins}END PINS
SPECIALNETS 2 ;
{special}END SPECIALNETS
NETS {INVERTERS + 1} ;
- clk ( PIN clk ) ( u0 A ) ;
- out ( PIN out ) ( u{INVERTERS - 1} Y ) ;
{nets}END NETS
END DESIGN
"""
    (folder / "controller.def").write_text(text)
    (folder / "controller.sdc").write_text("create_clock -name clk -period 20 [get_ports clk]\n")
    (folder / "spef").mkdir()
    last = Terminal("I", f"u{INVERTERS - 1}:Y", "O")
    write_spef(
        folder / "spef" / "controller.nom.spef",
        "controller",
        {"out": Net((last,), ((last.node, None, 0.01),))},
    )
    return folder


def test_small_macro_has_a_drop_on_both_supplies(tmp_path: Path) -> None:
    report = check_controller(load_chip("mini"), macro(tmp_path), tmp_path / "power")
    found = {figure.name: figure.value for figure in report.figures}
    assert report.verdict == "pass" and all(value and value > 0 for value in found.values()), found


def test_planted_supply_without_vias_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="openroad: ended with code 1|no drop on vssd1"):
        check_controller(load_chip("mini"), macro(tmp_path, joined=False), tmp_path / "power")
