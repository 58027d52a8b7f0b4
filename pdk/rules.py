"""Design rules, and the drawing dimensions that follow from them, in um: each with the rule that asks for it.

Source: SkyWater periphery rules (skywater-pdk documentation, `rules/periphery`), as checked by
sky130B_mr.drc, sky130.lydrc and the project's supplement. All values lie on the 5 nm grid.
"""

from __future__ import annotations

GRID = 0.005  # x.1b, all layers used here

CUT = 0.17  # licon.1, ct.1: licon1 and mcon are squares of this size
CUT_PITCH = 0.36  # ct.2: mcon 0.19 apart (licon.2 asks 0.17); licon1 and mcon share one grid
CUT_ROW_HALF = 0.085  # half a row of cuts

CONTACT_TO_GATE = 0.055  # licon.11
GATE_GAP = 0.30  # licon.11: 0.055 from licon1 to the gate on either side of a 0.17 cut, rounded up to 0.065
COLUMN_PITCH = (
    0.80  # least pitch at which a strap (0.26), a gate head (0.26 or more) and met1 spaces (m1.2, 0.14) fit
)
DIFF_END = 0.15  # licon.5c: diffusion past the centre of its last contact (0.085 + 0.065)
CUT_INSET = 0.08  # licon.5c, m1.5: first cut behind the edge of diffusion, li1 and met1
HEAD_CENTRE = 0.35  # licon.14: poly contact 0.19 from diffusion; here 0.265
MCON_END = 0.06  # m1.5: met1 past an mcon along one axis
POLY_END = 0.08  # licon.8a: poly past a contact
HEAD_HALF = 0.17  # poly head past the centre of its contact: licon.8 0.05 and licon.8a 0.08
HEAD_WIDTH = 0.33  # licon.8a: 0.17 + 2 x 0.08
ENDCAP = 0.13  # poly.8: gate past diffusion where there is no head
NPC_HALF = 0.185  # licon.15: npc 0.1 past a poly contact
DIFF_PAST_CUT = 0.04  # licon.5a: diffusion past a contact
TAP_PAST_CUT = 0.12  # licon.7: tap past a contact along one axis
IMPLANT = 0.125  # nsd.5a, psd.5a: implant past diffusion and tap
IMPLANT_SPACE = 0.38  # nsd.2, psd.2
THICK_OXIDE = (
    0.20  # hvi encloses diffusion by 0.18 (difftap.25 on the other side: hvi 0.18 from thin-oxide diffusion)
)

TAP_HALF = (
    0.205  # half width of a tap bar: tap 0.41 wide holds one row of cuts (licon.7 0.12 in one direction)
)
TAP_LI_HALF = 0.165  # li1 on a tap bar: 0.08 past the cut (li.5)
WELL_TAP = {1.8: 0.20, 5.0: 0.34}  # nwell past n-tap and p-diffusion: difftap.10 0.18, difftap.19 0.33
RING_SIDE_HALF = 0.20  # half width of met1 over the sides of a ring
RAIL_HALF = 0.40  # half width of a supply rail

STRAP = 0.26  # vertical met1: via 0.15 + 2 x 0.055 (via.4a)
BAR = 0.32  # horizontal met2: via 0.15 + 2 x 0.085 (via.5a, m2.5)
VIA1, VIA2, VIA3 = 0.15, 0.20, 0.20
VIA_PAD = 0.37  # via2 with the met2 and met3 around it: via2.4a, m3.4
# cut -> side, least distance of neighbours' centres, enclosure by both metals along one axis and along the
# other: via.1a, via.2, via.4a, via.5a, m2.5; via2.1a, via2.2, via2.4, via2.4a, via2.5, m3.4; via3.1, via3.2,
# via3.4, via3.5, m4.3; via4.1a, via4.2, via4.4, m5.3
VIAS = {
    "via": (VIA1, 0.32, 0.085, 0.06),
    "via2": (VIA2, 0.40, 0.085, 0.065),
    "via3": (VIA3, 0.40, 0.09, 0.065),
    "via4": (0.80, 1.60, 0.31, 0.31),
}

DIFF_SPACE = {1.8: 0.27, 5.0: 0.30}  # difftap.3, difftap.15a
TAP_TO_NDIFF = {
    1.8: 0.27,
    5.0: 0.37,
}  # difftap.3, supplement difftap.15b: edge to edge, p-tap bar to n-diffusion
TAP_TO_POLY = 0.055  # poly.5: field poly to tap, edge to edge
WELL_TO_NDIFF = 0.34  # difftap.9
WELL_TO_PTAP = 0.13  # difftap.11
WELL_TO_PTAP_5V = 0.43  # hvdifftap.20: a 5 V well to a p tap
HVI_TO_TAP = 0.18  # hvdifftap.22: thick oxide past a tap
WELL_TO_WELL_5V = 2.0  # nwell.8: a 5 V well to another well
# layer -> least width, least spacing (poly.1a, poly.2, li.1, li.3, m1.1, m1.2, m2.1, m2.2, m3.1, m3.2, m4.1,
# m4.2, m5.1, m5.2)
LEAST = {
    "poly": (0.15, 0.21),
    "li1": (0.17, 0.17),
    "met1": (0.14, 0.14),
    "met2": (0.14, 0.14),
    "met3": (0.3, 0.3),
    "met4": (0.3, 0.3),
    "met5": (1.6, 1.6),
}
MET1_SPACE, MET2_SPACE, MET3_SPACE, MET4_SPACE = (LEAST[f"met{i}"][1] for i in range(1, 5))

MIM_ASPECT_MAX = 20.0  # capm.6
GATE_LENGTH_MIN = {1.8: 0.15, 5.0: 0.50}  # poly.1a, poly.13
WIDTH_MIN = 0.42  # difftap.2


def column_pitch(length: float) -> float:
    """Distance between neighbouring nodes of a finger row, um: gate length plus a contact, or what the metal
    above needs."""
    return round(max(length + GATE_GAP, COLUMN_PITCH), 3)


def on_grid(value: float) -> float:
    """Value snapped to the 5 nm grid, um."""
    return round(round(value / GRID) * GRID, 4)
