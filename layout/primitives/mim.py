"""MIM capacitor cap_mim_m3_1: capm over met3, reached through via3 from met4."""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box, cut_array, net_port, via_stack
from neusoc.pdk import rules

SIZE_MIN, SIZE_MAX = (
    1.0,
    30.0,
)  # capm.1; 30 um is the longest side that the model covers (sky130_fd_pr__cap_mim_m3_1)
PLATE = 0.20  # capm.3: met3 past capm by 0.14
VIA_INSET = 0.20  # capm.4: via3 in capm by 0.14
VIA_PITCH = 0.80  # wide: a sparse array keeps met4 resistance low enough and the drawing light
TONGUE = 1.75  # half width of what leaves a top plate of a bank: 3 um or more (m4.5ab)
TAB = 0.60  # met3 beside the plate that carries the bottom terminal


@gf.cell(set_name=False)
def mim(
    name: str, width: float = 10.0, length: float = 10.0, top: str = "top", bottom: str = "bottom"
) -> gf.Component:
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

    Lower layers may lie below, but no via2 (capm.8); other met3 stays 1.2 um from the bottom plate (capm.2b).
    capm.10 has no value.

    Source: SkyWater rules capm.1 to capm.11; about 2 fF/um2 and 0.38 fF/um of edge
        (sky130_fd_pr__cap_mim_m3_1).
    """
    for side in (width, length):
        if not SIZE_MIN <= side <= SIZE_MAX or abs(side * 100 - round(side * 100)) > 1e-6:
            raise ValueError(f"MIM side {side}: a multiple of 0.01 um from {SIZE_MIN} to {SIZE_MAX}")
    if max(width, length) / min(width, length) > rules.MIM_ASPECT_MAX:
        raise ValueError(f"MIM {width} x {length}: sides differ by more than {rules.MIM_ASPECT_MAX}")
    component = gf.Component(name)
    half_w, half_l = width / 2, length / 2
    box(component, "capm", -half_w, -half_l, half_w, half_l)
    box(component, "met3", -half_w - PLATE - TAB, -half_l - PLATE, half_w + PLATE, half_l + PLATE)
    box(component, "met4", -half_w + 0.1, -half_l + 0.1, half_w - 0.1, half_l - 0.1)
    cut_array(
        component,
        ("via3",),
        -half_w + VIA_INSET,
        -half_l + VIA_INSET,
        half_w - VIA_INSET,
        half_l - VIA_INSET,
        rules.VIA3,
        VIA_PITCH,
    )
    net_port(component, "top", top, "plate", 0, 0, "met4", 0.4)
    net_port(component, "bottom", bottom, "plate", -half_w - PLATE - TAB / 2, 0, "met3", 0.4)
    return component


BANK_GAP, BANK_STRIP = (
    1.00,
    1.20,
)  # capm to capm (capm.2a: 0.84); bottom plate without capm, along the lower side
ISLAND = (1.60, 0.60)  # met3 that carries a terminal down
ISLAND_Y = -2.60  # its centre under the bottom plate: 1.2 um away (MR_capm.SP.2)


@gf.cell(set_name=False)
def mim_bank(
    name: str,
    columns: int,
    rows: int,
    width: float = 25.0,
    length: float = 25.0,
    top: str = "top",
    bottom: str = "bottom",
    islands: tuple[float, float] | None = None,
    via_pitch: float = VIA_PITCH,
) -> gf.Component:
    """Equal capacitors in parallel over one bottom plate, under one top plate; the lower left corner of the
    bottom plate is the origin.

    ::

        +-----------------------+
        | +-----+ +-----+ +---+ |       capm on met3; met4 over all of it
        | |     | |     | |   | |
        | +-----+ +-----+ +---+ |
        +-----------------------+       strip of the bottom plate, via2
           |  met4  |      met2
           [  top   ]    [bottom]       islands of met3

    Ports: role "plate", nets `top` and `bottom`, both on islands of met3 below the plates. A wide plate is
        left by a strip as wide, or
    through another metal: a narrow tongue on the same metal counts as a second shape (m3.3ab, m4.5ab).

    Args:
        name: name of the GDS cell; unique in the block.
        columns, rows: number of capacitors.
        width, length: size of each capacitor, um: 4 to 30.
        islands: x of both islands, top and bottom, um; at a quarter and three quarters of the width without.
        via_pitch: distance of the cuts on a plate, um; a large bank takes fewer.

    Raises:
        ValueError: a size outside the rules, or no capacitor.

    Source: as mim.
    """
    if columns < 1 or rows < 1 or not all(4.0 <= side <= SIZE_MAX for side in (width, length)):
        raise ValueError(
            f"{name}: {columns} x {rows} capacitors of {width} x {length} um; sides of 4 to {SIZE_MAX:g} um"
        )
    component = gf.Component(name)
    right = round(2 * PLATE + columns * (width + BANK_GAP) - BANK_GAP, 3)
    upper = round(BANK_STRIP + rows * (length + BANK_GAP) - BANK_GAP + PLATE, 3)
    box(component, "met3", 0, 0, right, upper)
    for i in range(columns):
        for j in range(rows):
            x, y = PLATE + i * (width + BANK_GAP), BANK_STRIP + j * (length + BANK_GAP)
            box(component, "capm", x, y, x + width, y + length)
            inset = VIA_INSET
            cut_array(
                component,
                ("via3",),
                x + inset,
                y + inset,
                x + width - inset,
                y + length - inset,
                rules.VIA3,
                via_pitch,
            )
    box(component, "met4", PLATE + 0.1, BANK_STRIP + 0.1, right - PLATE - 0.1, upper - PLATE - 0.1)
    half, tall = ISLAND[0] / 2, ISLAND[1] / 2
    x_top, x_bottom = islands or (rules.on_grid(right / 4), rules.on_grid(3 * right / 4))
    tongue = min(TONGUE, right / 4 - 0.5)
    box(component, "met4", x_top - tongue, ISLAND_Y - tall, x_top + tongue, BANK_STRIP + 1.0)
    via_stack(component, x_top, ISLAND_Y, "met3", "met4", *ISLAND)
    via_stack(component, x_bottom, BANK_STRIP / 2, "met2", "met3", *ISLAND)
    box(component, "met2", x_bottom - half, ISLAND_Y - tall, x_bottom + half, BANK_STRIP / 2)
    via_stack(component, x_bottom, ISLAND_Y, "met2", "met3", *ISLAND)
    net_port(component, "top", top, "plate", x_top, ISLAND_Y, "met3", 0.4)
    net_port(component, "bottom", bottom, "plate", x_bottom, ISLAND_Y, "met3", 0.4)
    return component
