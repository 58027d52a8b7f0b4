"""Dimensions that the core chooses itself; everything else follows from the ports and outlines of its cells.
All in um."""

from __future__ import annotations

from neusoc.pdk.rules import MET3_SPACE, MET4_SPACE

# lines
LINE = 0.30  # met2 and met3 signal lines
LINE_SPACE = MET3_SPACE  # met2 asks less
# bars 0.32 high carry a via3 too: m4.3 asks 0.065 of the met4 that runs past, via3.4 0.06 of the bar
CUT_ROOM = 0.33
VIA_PAD = 0.38  # met2 or met3 under and over one via2
BL_LINE = (
    0.60  # bit lines: met4 from the array to the neurons, as a fire driver sends milliamperes through them
)
BL_SPACE = MET4_SPACE
BL_END = (0.60, 2.06)  # from the array down to the vias between its lines and these: three cuts of each kind
OUT_PITCH = 0.92  # spike, discharge and fire lines: two met2 tracks of the router
SETTING_LINE = 0.60  # met4 trunks of the neurons' settings
SETTING_PITCH = 1.38  # of these: three met2 tracks of the router
SETTING_GAP = 2.0  # from them to the trunks of the supplies, in which vias stand
SETTING_END = (
    1.20  # from the bottom edge to the vias between trunk and pin, which lie inside the obstructions
)
TRACK = (0.46, 0.23)  # met2 tracks of the router: pitch, first
PIN_DEPTH = 0.80  # of a pin shape; 0.3 x 0.8 is the least area of met3 (m3.6)

# column drivers
COLUMN_GAP = 2.0  # between neighbours: 2.0 between wells (nwell.8), and two met2 hops
COLUMN_HOP = 0.5  # from a driver's side to its met2 hop
LINE_PITCH = 0.90  # met4 lines over a stack: bit lines 0.30 apart
# height of the pads at the ends of the other lines: 0.38 x 0.66 is more than the least area of met3 (m3.6)
END_PAD = 0.66

# path: blocks at the right
SPINE_GAP = 0.60  # between the met4 lines of the spine
LINK_GAP = 0.60  # between the lines that join its columns to the right
FAN = 10.0  # from the spine to the blocks
FAN_LENGTH = 4.0  # met2 from pins 0.46 um apart to lines 0.70 um or more apart
STRIP = 2.0  # met4 strips of nets with several control lines

# bank of row drivers
BANK_COLUMNS = 4
BANK_GAP = 3.0  # between columns: two met2 hops, and 2.0 between wells (nwell.8)
PHASE_GAP = 2.0  # between the bank and the phase drivers, which are turned and so share no rail with it
HOP = 0.6  # from a driver's side to its met2 hop
TRACK_MARGIN = 0.80  # from a supply rail to the nearest met3 track
RAIL_STRAP = 1.6  # met4 straps over the drivers
RAIL_PAD = 0.40  # height of the via stacks on the drivers' rails

# supplies
STRAP = 4.0  # met4 trunks and pins
NARROW = 2.0  # of those that lead to gates, or carry microamperes
STRAP_GAP = 3.0  # between trunks; the router of the chip asks 2
WIDE = 2.8  # met1 plates that narrower met1 meets stay below 3 um (m1.3a)
TOP_RAIL = 4.0  # met3 rails above bank and array
RAIL_GAP = 1.0  # between those rails
CUT_SPREAD = 0.80  # distance of cuts in large overlaps

# neurons
NEURON_COLUMNS = 4
FIRE_GAP = 1.0  # from a neuron to its fire driver: capm to foreign met3 (capm.2b) is kept inside the outlines
NEURON_GAP = 3.0  # between rows
CHANNEL_MARGIN = 1.60  # from the channel's lines to the cells beside it

MARGIN = 3.0  # between the parts of the floorplan, and to the edge
SITE = (0.46, 0.34)  # the core's size is a multiple of the standard cells' site (sky130_fd_sc_hd)
