"""Layout of the line driver: a row of n and a row of p fingers, 5 um each, with the lines as plates of met2 and met3 over them.

::

      y 15.97 ==== vpp ======================================================
              | complements |          | program | | dac |  full            |     vwl  > (met3)
      vsl_dac |             |          |         | |     |                  |     vwl_dac > (met3)
        in    >---------------- ten met2 tracks between the rings ----------
        vsl   |             |        neuron                                 |     met3
        sl    | complements | ground | neuron            | program | | dac |      met3, both sides
      y 0.00  ==== vss ======================================================
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.routing.switch_rows import Plate, Strip, SwitchRows, alternating, inverters

FINGER, WIDTH_INV = 5.00, 2.00
GROUND_FINGERS, NEURON_FINGERS, PROGRAM_FINGERS = 7, 40, 4
FULL, LINES, PROGRAM_P, RAIL = 3, 6, 49, 59            # first columns of the strips
N_LINES = (
    ("vss", "sl_ground_vpp", GROUND_FINGERS, "sl"), ("sl", "sl_neuron_vpp", NEURON_FINGERS, "vsl"),
    ("sl", "sl_program_vpp", PROGRAM_FINGERS, "vsl_dac"),
)  # fmt: skip

ROWS = SwitchRows(
    "line_driver",
    strobes=("sl_program", "wl_dac", "wl_full", "sl_ground", "sl_neuron"),
    strips={
        **inverters("complements", 0, "sl_program wl_dac", WIDTH_INV, FINGER),
        **inverters("full", FULL, "wl_full", WIDTH_INV, FINGER),
        "n_source_lines": Strip(alternating(*N_LINES), LINES, FINGER),
        "n_rail": Strip(alternating(("vwl", "wl_dac_vpp", 2, "vwl_dac")), RAIL, FINGER),
        "p_source_lines": Strip(alternating(("sl", "sl_program_b", 8, "vsl_dac")), PROGRAM_P, FINGER),
        "p_rail": Strip(alternating(("vwl", "wl_dac_b", 4, "vwl_dac"), ("vwl", "wl_full_b", 8, "vpp")), RAIL, FINGER),
    },
    plates={
        "sl": Plate("n_source_lines", 0.80, 2.80, "lr", pins="l"), "vsl": Plate("n_source_lines", 3.20, 5.20, "l"),
        "vsl_dac": Plate("p_source_lines", 0.28, 2.28, "l"), "vwl_dac": Plate("p_rail", 0.28, 2.08, "r"),
        "vwl": Plate("p_rail", 2.48, 4.68, "r"),
    },
    implants=(
        ("nsdm", 0, LINES, WIDTH_INV), ("nsdm", RAIL - 3, RAIL, FINGER), ("psdm", 0, FULL, FINGER), ("psdm", RAIL - 3, RAIL, FINGER),
    ),
)  # fmt: skip


@gf.cell
def line_driver() -> gf.Component:
    """Line driver, 59.4 x 16.7 um.

    Returns:
        Component line_driver with ports for the five strobes (left, met2), sl, vsl, vsl_dac (left, met3), vwl, vwl_dac (right, met3), vpp
        and vss (left, met1 rails over the whole width). met4 and above are free.
    """
    component = gf.Component()
    ROWS.draw(component)
    return component
