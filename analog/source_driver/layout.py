"""Layout of the source driver: a row of n and a row of p fingers, plates of met2 and met3 over them for what
carries current.

::

      y 16.11 ==== vpp ==========================================
              | complements |  program        | full      | dac |     vwl, vwl_dac  > (met3)
        in    >------------- nine met2 tracks between the rings -
        sl    | complements |  ground                      | dac |     met3, both sides
        vss   |             |                                   |     met3, both sides
      y 0.00  ==== vss ==========================================

The drain and source nodes of the ground switch have vias along nearly half of their length each, so that its
3.5 mA never run along a finger's whole met1.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.routing.switch_rows import Plate, Strip, SwitchRows, alternating, inverters

FINGER, WIDTH_GROUND, WIDTH_INV = 5.00, 5.60, 2.00  # licon.12 (sky130 deck): 5.7 at most
GROUND_FINGERS, PROGRAM_FINGERS, FULL_FINGERS, DAC_P_FINGERS = 46, 24, 20, 4
LINES, RAIL_P, RAIL_N = 6, 33, 55  # first columns of the strips
P_RAIL = (("vwl", "wl_full_b", FULL_FINGERS, "vpp"), ("vwl", "wl_dac_b", DAC_P_FINGERS, "vwl_dac"))

ROWS = SwitchRows(
    "source_driver",
    strobes=("sl_program", "wl_dac", "wl_full", "sl_ground"),
    strips={
        **inverters("complements", 0, "sl_program wl_dac", WIDTH_INV, FINGER),
        **inverters("full", 3, "wl_full", WIDTH_INV, FINGER),
        "n_ground": Strip(alternating(("vss", "sl_ground_vpp", GROUND_FINGERS, "sl")), LINES, WIDTH_GROUND),
        "n_rail": Strip(alternating(("vwl", "wl_dac_vpp", 2, "vwl_dac")), RAIL_N, FINGER),
        "p_program": Strip(alternating(("vpp", "sl_program_b", PROGRAM_FINGERS, "sl")), LINES, FINGER),
        "p_rail": Strip(alternating(*P_RAIL), RAIL_P, FINGER),
    },
    plates={
        "vss": Plate("n_ground", 0.80, 3.10, "lr"),
        "sl": Plate("n_ground", 3.50, 5.80, "lr"),
        "vwl_dac": Plate("p_rail", 0.28, 2.08, "r"),
        "vwl": Plate("p_rail", 2.48, 4.68, "r"),
    },
    implants=(
        ("nsdm", 0, LINES, WIDTH_INV),
        ("nsdm", RAIL_N - 3, RAIL_N, FINGER),
        ("psdm", 0, LINES, FINGER),
        ("psdm", RAIL_P - 3, RAIL_P, FINGER),
    ),
)


@gf.cell
def source_driver() -> gf.Component:
    """Source driver, 48.2 x 17.5 um.

    Returns:
        Component source_driver with ports for the four strobes (left, met2), sl, sl_right, vss, vss_right
        (both edges, met3), vwl, vwl_dac (right, met3) and vpp (left, a met1 rail over the whole width, as
        that of vss). met4 and above are free.
    """
    component = gf.Component()
    ROWS.draw(component)
    return component
