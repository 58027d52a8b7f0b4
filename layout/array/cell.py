"""The 1T1R synapse pair and the strap that stands between eight columns on either side.

One synapse is a 5 V NMOS under a ReRAM element. Two synapses, mirrored, share their source:

    y = +H  -----------------  cell edge, half the spacing between diffusions
      BL >  [ReRAM] met1 pad   drain, ReRAM between met1 (bottom electrode) and met2 (BL, vertical)
      WL >  ==== poly ====     and the same line on met3
    y = 0   ==== met1 ====     SL, horizontal, contacts the shared source
      WL >  ==== poly ====
      BL >  [ReRAM] met1 pad
    y = -H  -----------------

Every distance is the least that the rules allow for the drawn device; the names say which rule.
Source: sky130 periphery rules (poly, licon, difftap, li, m1, m2, m3) and Magic's sky130B technology (ReRAM).
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.array.dimensions import (
    DIFF_SPACE,
    DRAIN_Y,
    GATE_HIGH,
    GATE_LOW,
    HALF_PAIR,
    LINE,
    PAD,
    PITCH_X,
    RERAM_SIDE,
    SL_LINE,
    STRAP_PAD_X,
    STRAP_VSS_X,
    STRAP_WIDTH,
    TAP,
    WIDTH,
    WL_LINE,
    WL_Y,
)
from neusoc.layout.routing.cell_writer import CellWriter
from neusoc.pdk.rules import CUT, CUT_INSET, IMPLANT, STRAP, TAP_LI_HALF, VIA2
from neusoc.pdk.rules import VIA1 as VIA


@gf.cell
def synapse_pair() -> gf.Component:
    """Two synapses, mirrored at their shared source; origin at the source's centre.

    Returns:
        Component of PITCH_X by PAIR_PITCH um. Nets: bl, wl[0] (below), wl[1] (above), sl.
    """
    pair = gf.Component()
    pen = CellWriter(pair)
    half, edge = WIDTH / 2, PITCH_X / 2
    drain_end = HALF_PAIR - DIFF_SPACE / 2
    pen.box("diff", -half, -drain_end, half, drain_end)
    pen.box("nsdm", -edge, -HALF_PAIR, edge, HALF_PAIR)
    pen.box("hvi", -edge, -HALF_PAIR, edge, HALF_PAIR)
    pen.box("met2", -LINE / 2, -HALF_PAIR, LINE / 2, HALF_PAIR)
    pen.box("met1", -edge, -SL_LINE / 2, edge, SL_LINE / 2)
    for side in (-1, 1):
        pen.box("poly", -edge, side * GATE_LOW, edge, side * GATE_HIGH)
        pen.box("met1", -0.505, side * DRAIN_Y - STRAP / 2, 0.505, side * DRAIN_Y + STRAP / 2)
        pen.square("via", 0, side * DRAIN_Y, VIA)
        pen.square("reram", 0, side * DRAIN_Y, RERAM_SIDE)
    for y in (-DRAIN_Y, 0, DRAIN_Y):
        pen.box("li1", -0.505, y - CUT / 2, 0.505, y + CUT / 2)
        for x in (-0.34, 0, 0.34):
            pen.square("licon1", x, y, CUT)
        for x in (-0.30, 0.30):
            pen.square("mcon", x, y, CUT)
    pen.label("met2", "bl", 0, 0.4)
    pen.label("met1", "sl", 0, 0)
    pen.label("poly", "wl[0]", 0, -WL_Y)
    pen.label("poly", "wl[1]", 0, WL_Y)
    return pair


@gf.cell
def word_line_strap() -> gf.Component:
    """Ties the polysilicon of two word lines to their met3 and lets vss pass on met2; origin at the left end,
    on the source line."""
    strap = gf.Component()
    pen = CellWriter(strap)
    pen.box("hvi", 0, -HALF_PAIR, STRAP_WIDTH, HALF_PAIR)
    pen.box("met1", 0, -SL_LINE / 2, STRAP_WIDTH, SL_LINE / 2)
    pen.box("met2", STRAP_VSS_X - LINE / 2, -HALF_PAIR, STRAP_VSS_X + LINE / 2, HALF_PAIR)
    li_half = CUT / 2 + CUT_INSET  # li.5
    for side in (-1, 1):
        y = side * WL_Y
        pen.box("poly", 0, side * GATE_LOW, STRAP_WIDTH, side * GATE_HIGH)
        pen.square("npc", STRAP_PAD_X, y, PAD)
        pen.square("licon1", STRAP_PAD_X, y, CUT)
        pen.box("li1", STRAP_PAD_X - li_half, y - CUT / 2, STRAP_PAD_X + li_half, y + CUT / 2)
        pen.square("mcon", STRAP_PAD_X, y, CUT)
        pen.box("met1", 0, y - STRAP / 2, PAD, y + STRAP / 2)
        pen.square("via", STRAP_PAD_X, y, VIA)
        pen.box("met2", 0, y - WL_LINE / 2, PAD, y + WL_LINE / 2)
        pen.square("via2", STRAP_PAD_X, y, VIA2)
        pen.box(
            "met3", STRAP_PAD_X - WL_LINE / 2, y - WL_LINE / 2, STRAP_PAD_X + WL_LINE / 2, y + WL_LINE / 2
        )
    return strap


@gf.cell
def substrate_tap() -> gf.Component:
    """Substrate tap between two pairs, contacted up to met2 (vss); origin at its centre."""
    tap = gf.Component()
    pen = CellWriter(tap)
    pen.square("tap", 0, 0, TAP)
    pen.square("psdm", 0, 0, TAP + 2 * IMPLANT)
    pen.box("li1", -TAP_LI_HALF, -CUT / 2, TAP_LI_HALF, CUT / 2)
    pen.square("met1", 0, 0, LINE)
    pen.square("met2", 0, 0, LINE)
    for layer, side in (("licon1", CUT), ("mcon", CUT), ("via", VIA)):
        pen.square(layer, 0, 0, side)
    return tap


@gf.cell
def ring_tap_li1() -> gf.Component:
    """One tap contact of the ring where only li1 lies over it; origin at its centre."""
    contact = gf.Component()
    CellWriter(contact).square("licon1", 0, 0, CUT)
    return contact


@gf.cell
def ring_tap_met1() -> gf.Component:
    """One tap contact of the ring under met1; origin at its centre."""
    contact = gf.Component()
    pen = CellWriter(contact)
    pen.square("licon1", 0, 0, CUT)
    pen.square("mcon", 0, 0, CUT)
    return contact
