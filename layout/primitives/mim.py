"""MIM capacitor cap_mim_m3_1: capm over met3, reached through via3 from met4."""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box, cut_array, net_port
from neusoc.pdk import rules

SIZE_MIN, SIZE_MAX = 1.0, 30.0        # capm.1; 30 um is the longest side that the model covers (sky130_fd_pr__cap_mim_m3_1)
ASPECT_MAX = 20.0                     # capm.6
PLATE = 0.20                          # capm.3: met3 past capm by 0.14
VIA_INSET = 0.20                      # capm.4: via3 in capm by 0.14
VIA_PITCH = 0.80                      # wide: a sparse array keeps met4 resistance low enough and the drawing light
TAB = 0.60                            # met3 beside the plate that carries the bottom terminal


@gf.cell(set_name=False)
def mim(name: str, width: float = 10.0, length: float = 10.0, top: str = "top", bottom: str = "bottom") -> gf.Component:
    """Capacitor of width (x) by length (y), centred on the origin.

    ::

                 met4 ----+         top plate: capm, via3, met4
        +-----------------|---+
        | tab |   capm    |   |     bottom plate: met3, with a tab of 0.6 um at the left for vias down or up
        +---------------------+

    Ports: role "plate", nets `top` (met4, centre) and `bottom` (met3, centre of the tab). The SPICE device
    sky130_fd_pr__cap_mim_m3_1 lists the top plate (c0) first, then the bottom plate (c1).

    Args:
        name: name of the GDS cell; unique in the block.
        width: x size of capm, um, 1 to 30.
        length: y size of capm, um, 1 to 30.

    Raises:
        ValueError: a size outside the rules.

    Source: SkyWater rules capm.1 to capm.11; about 2 fF/um2 and 0.38 fF/um of edge (sky130_fd_pr__cap_mim_m3_1).
    """
    for side in (width, length):
        if not SIZE_MIN <= side <= SIZE_MAX or abs(side * 100 - round(side * 100)) > 1e-6:
            raise ValueError(f"MIM side {side}: a multiple of 0.01 um from {SIZE_MIN} to {SIZE_MAX}")
    if max(width, length) / min(width, length) > ASPECT_MAX:
        raise ValueError(f"MIM {width} x {length}: sides differ by more than {ASPECT_MAX}")
    component = gf.Component(name)
    half_w, half_l = width / 2, length / 2
    box(component, "capm", -half_w, -half_l, half_w, half_l)
    box(component, "met3", -half_w - PLATE - TAB, -half_l - PLATE, half_w + PLATE, half_l + PLATE)
    box(component, "met4", -half_w + 0.1, -half_l + 0.1, half_w - 0.1, half_l - 0.1)
    cut_array(component, ("via3",), -half_w + VIA_INSET, -half_l + VIA_INSET, half_w - VIA_INSET, half_l - VIA_INSET, rules.VIA3, VIA_PITCH)
    net_port(component, "top", top, "plate", 0, 0, "met4", 0.4)
    net_port(component, "bottom", bottom, "plate", -half_w - PLATE - TAB / 2, 0, "met3", 0.4)
    return component
