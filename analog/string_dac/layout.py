"""Layout of the DAC without a buffer: what drawing.py of dac6 has of both, and the gate capacitor of the loop
in two rings.

::

      y  ^   +---------------------------+ | | | vout
         |   | tree of the odd taps      | | | |  | +------+
         |   | string, 63 resistors      | bits   | | hold |
         |   | tree of the even taps     | | | |  | | hold |
             +---------------------------+ | | |  | +------+
             | p: inverters | shifters, mirrors, pair  vpp | |
             | channel: met2 tracks                        | +-----+
             | n: inverters | shifters, mirrors, last  vss | | low |
             +-------------------------------------------------------> x
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.dac6 import drawing
from neusoc.analog.dac6.drawing import N_LOOP, N_SHIFT, OFFSET, P_SHIFT, UNIT, Y_VSS, Plan, onto, riser
from neusoc.layout.primitives.shapes import box
from neusoc.layout.routing.tracks import ChannelRow
from neusoc.pdk import rules

PINS_LEFT = (*(f"code_1v8[{i}]" for i in range(6)), "enable_1v8")
_PAIRS = [
    *([(f"code_1v8[{i}]", f"code_n[{i}]") for i in (k, k + 1)] for k in (0, 2, 4)),
    [("enable_1v8", "en_n")],
]
QUIET = ("tap[21]", "e5", "o5", "vout")  # what holds a level
LENGTH, PITCH = (
    0.5,
    2.9,
)  # of the inverters: long ones, as their leakage is all that flows when it is powered down
N_LOW = drawing.inverters("n", _PAIRS, LENGTH, PITCH)
P_LOW = [
    *drawing.inverters("p", _PAIRS, LENGTH, PITCH),
    ChannelRow("hold", 11.8, "vdd1v8 tap[21] vdd1v8 tap[21] vdd1v8", 4.0, 1.5, 1.8),
]
N_HIGH = [*N_SHIFT, *N_LOOP, ChannelRow("last", 66.8, "e5 bit_n[0] vout bit[0] o5", 0.42, 0.54)]
P_HIGH = [
    *P_SHIFT,
    ChannelRow("tail", 45.45, "vpp vbp vbp vbp vpp vbp ref_tail", 1.0, 1.0),
    ChannelRow("ref_pair", 50.6, "ref_a vref ref_tail tap[21] ref_b tap[21] ref_tail vref ref_a", 2.0, 1.0),
    ChannelRow("ref_mirror", 58.0, "ref_p ref_p vpp ref_p vg", 2.0, 4.0),
]
RING_LOW = (0.47, 16.20, 16.20)  # left; right of the n ring, of the p ring
RING_HIGH = (19.20, 69.8)  # both rings of the 5 V rows
X_LOW_BANK, X_OUT = 71.9, 66.6
HOLD_X, HOLD_COLUMNS, HOLD_GAP = 75.0, 2, 2.0
X_RIGHT = 82.0
TAPS = ("tap[0]", "tap[21]", "tap[63]")
LOW_END = (f"vss {' '.join('.' * 8)} tap[0]", (*(UNIT,) * 8, OFFSET))
PLAN = Plan(
    "string_dac",
    N_LOW,
    N_HIGH,
    P_LOW,
    P_HIGH,
    QUIET,
    PINS_LEFT,
    {"vg": [HOLD_X], "vout": [X_OUT]},
    TAPS,
    LOW_END,
    X_LOW_BANK,
    RING_LOW,
    RING_HIGH,
    X_RIGHT,
)


@gf.cell
def string_dac() -> gf.Component:
    """The DAC without a buffer.

    Returns:
        Component string_dac with ports code_1v8[0..5], enable_1v8 (left, met2), vref, ibias (bottom, met3),
        vout (top, met3), and the rails vss, vdd1v8, vpp (met1).
    """
    component = gf.Component()
    y_track, y_vpp = drawing.rows_and_channel(component, PLAN)
    drawing.string_and_trees(component, PLAN, y_track, round(y_vpp + 1.45, 3))
    drawing.low_end(component, PLAN, y_track)
    low, last = round(y_vpp + HOLD_GAP, 3), Y_VSS
    for index in range(2):
        width = drawing.hold(component, PLAN, f"_{index}", HOLD_COLUMNS, HOLD_X, low, y_track["vg"])
        last, low = low, round(drawing.hold_levels(low)[2] + HOLD_GAP, 3)
    onto(component, HOLD_X, y_track["vg"])
    x, half = rules.on_grid(HOLD_X + width / 2), rules.RING_SIDE_HALF
    box(component, "met1", x - half, Y_VSS, x + half, last)
    riser(component, X_OUT, y_track["vout"], round(component.bbox().top - 0.4, 3))
    onto(component, X_OUT, y_track["vout"])
    drawing.pins(component, PLAN, y_track, y_vpp, X_OUT)
    return component
