"""Dimensions of the synapse pair and of the strap between columns, um. Names say which rule sets them.

Source: sky130 periphery rules (poly, licon, difftap, li, m1, m2, m3) and Magic's sky130B technology (ReRAM).
"""

from __future__ import annotations

from neusoc.pdk import rules
from neusoc.pdk.rules import (
    CONTACT_TO_GATE,
    CUT,
    DIFF_PAST_CUT,
    GRID,
    MET1_SPACE,
    TAP_PAST_CUT,
    TAP_TO_NDIFF,
    VIA_PAD,
)

WIDTH = 1.0  # um, channel width of the cell transistor
LENGTH = 0.5  # um, channel length: the least of a 5 V device
RERAM_SIDE = 0.32  # um; the foundry's element, 0.1024 um2

DIFF_SPACE = rules.DIFF_SPACE[5.0]
TAP_SPACE = TAP_TO_NDIFF[5.0]
LINE = 0.32  # um, width of BL and vss on met2
SL_LINE = 0.23  # um, width of SL on met1
WL_LINE = 0.33  # um, width of WL on met3

PITCH_X = WIDTH + DIFF_SPACE
GATE_LOW = round(CUT / 2 + CONTACT_TO_GATE, 3)
GATE_HIGH = round(GATE_LOW + LENGTH, 3)
DRAIN_Y = round(GATE_HIGH + CONTACT_TO_GATE + CUT / 2, 3)
HALF_PAIR = round(DRAIN_Y + CUT / 2 + DIFF_PAST_CUT + DIFF_SPACE / 2, 3)
PAIR_PITCH = round(2 * HALF_PAIR, 3)
WL_Y = round((GATE_LOW + GATE_HIGH) / 2, 3)

TAP = CUT + 2 * TAP_PAST_CUT
STRAP_COLUMNS = 16  # columns served by one strap, half of them on either side
PAD = VIA_PAD  # met1 and met2 landing of the WL contact
STRAP_PAD_X = PAD / 2
STRAP_VSS_X = round(PAD + MET1_SPACE + LINE / 2, 3)
STRAP_WIDTH = round(STRAP_VSS_X + TAP / 2 + TAP_SPACE - DIFF_SPACE / 2 + GRID, 3)
