"""Layout of the DAC: what drawing.py has of both DACs, the resistors of the buffer, and the gate capacitor of
the loop.

::

      y  ^   +---------------------------+ | | | +---------------------+
         |   | tree of the odd taps      | | | | | resistors of the    |
         |   | string, 63 resistors      | bits  | buffer              |
         |   | tree of the even taps     | | | | |                     |
             +---------------------------+ | | | +---------------------+
             | p: inverters | shifters, mirrors, pairs  vpp | hold       |
             | channel: met2 tracks                          +-----------+
             | n: inverters | shifters, mirrors, loads  vss  | low end of the string
             +----------------------------------------------------------> x
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.dac6 import drawing
from neusoc.analog.dac6.drawing import (
    N_LOOP,
    N_SHIFT,
    OFFSET,
    P_SHIFT,
    RISER,
    UNIT,
    Y_LOW_BANK,
    Y_VSS,
    Plan,
    onto,
    riser,
)
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.resistors import PITCH, resistor_bank
from neusoc.layout.primitives.shapes import box, positions, via_stack
from neusoc.layout.routing.tracks import ChannelRow
from neusoc.pdk import rules

REST, LONG = 3.215, 32.0  # bodies: what the fine range has beside whole units; of the buffer's resistors
PINS_LEFT = (*(f"code_1v8[{i}]" for i in range(6)), "fine_1v8", "enable_1v8")
_PAIRS = [
    (
        [(f"code_1v8[{i}]", f"code_n[{i}]") for i in range(6)][k : k + 2]
        if k < 6
        else [("enable_1v8", "en_n"), ("fine_1v8", "fine_n")]
    )
    for k in range(0, 8, 2)
]

# What holds a level: beside what moves by vpp, a bit kicks the output through the reference's tap (tests: -k
#   apart).
QUIET = ("tap_ref", "tap[21]", "tap[34]", "e5", "o5", "vin", "vfb")
N_LOW = [
    *drawing.inverters("n", _PAIRS),
    ChannelRow(
        "coarse", 11.25, "vss fine_n low[0] fine_n vss fine_n low[0] fine_n vss tap_ref vss", 5.0, 0.15, 1.8
    ),
    ChannelRow("tap_ref", 15.87, "tap[21] fine_n tap_ref fine_1v8 tap[34]", 0.6, 0.15, 1.8),
]
P_LOW = [
    *drawing.inverters("p", _PAIRS),
    ChannelRow("hold", 11.8, "vdd1v8 tap[21] vdd1v8 tap[34] vdd1v8", 4.0, 1.5, 1.8),
]
N_HIGH = [
    *N_SHIFT,
    *N_LOOP,
    ChannelRow("last", 66.8, "e5 bit_n[0] vin bit[0] o5", 0.42, 0.54),
    ChannelRow("load", 69.6, "da vcm vss vcm db", 2.0, 0.5),
    ChannelRow("out", 72.2, "pd db vss da vout da vss da vout da vss", 2.0, 0.5),
]
P_HIGH = [
    *P_SHIFT,
    ChannelRow("tail", 45.45, "vpp vbp tail vbp vpp vbp tail vbp vpp vbp vbp vbp vpp vbp ref_tail", 1.0, 1.0),
    ChannelRow("ref_pair", 55.6, "ref_a vref ref_tail tap_ref ref_b tap_ref ref_tail vref ref_a", 2.0, 1.0),
    ChannelRow("ref_mirror", 62.0, "ref_p ref_p vpp ref_p vg", 2.0, 1.0),
    ChannelRow("pair", 66.0, "da vin tail vfb db vfb tail vin da", 4.0, 0.5),
    ChannelRow("source", 70.6, "pd pd vpp pd vout pd vpp pd vout pd vpp", 4.0, 0.5),
]
RING_LOW = (0.47, 18.10, 16.20)  # left; right of the n ring, of the p ring
RING_HIGH = (19.20, 77.0)  # both rings of the 5 V rows
X_BANK, X_LOW_BANK = 68.4, 79.0
HOLD_X, HOLD_COLUMNS = 94.0, 4
X_RIGHT = 112.0
TAPS = ("tap[0]", "tap[21]", "tap[34]", "tap[63]")
LOW_END = (
    f"vss {' '.join('.' * 27)} low[0] {' '.join('.' * 8)} tap[0]",
    (*(UNIT,) * 27, REST, *(UNIT,) * 8, OFFSET),
)


def _plan() -> Plan:
    reach = {
        net: [_bank_x(index)]
        for net, index in (("da", 0), ("vcm", 12), ("db", 24), ("vfb", 35), ("vout", 50))
    } | {"vg": [HOLD_X]}
    return Plan(
        "dac6",
        N_LOW,
        N_HIGH,
        P_LOW,
        P_HIGH,
        QUIET,
        PINS_LEFT,
        reach,
        TAPS,
        LOW_END,
        X_LOW_BANK,
        RING_LOW,
        RING_HIGH,
        X_RIGHT,
    )


@gf.cell
def dac6() -> gf.Component:
    """The DAC.

    Returns:
        Component dac6 with ports code_1v8[0..5], fine_1v8, enable_1v8 (left, met2), vref, ibias (bottom,
        met3), vout (top, met3), and the rails vss, vdd1v8, vpp (met1).
    """
    component = gf.Component()
    plan = _plan()
    y_track, y_vpp = drawing.rows_and_channel(component, plan)
    low = round(Y_LOW_BANK + UNIT + 2 * 2.16 + 0.95, 3)  # of the gate capacitor, over the low end
    y_parts = max(y_vpp + 1.45, drawing.hold_levels(low)[2] + 1.35)
    drawing.string_and_trees(component, plan, y_track, y_parts)
    _buffer_resistors(component, y_track, y_parts)
    drawing.low_end(component, plan, y_track)
    x = HOLD_X - drawing.hold(component, plan, "", HOLD_COLUMNS, HOLD_X, low, y_track["vg"]) / 2
    onto(component, HOLD_X, y_track["vg"])
    box(component, "met1", x - rules.RING_SIDE_HALF, Y_VSS, x + rules.RING_SIDE_HALF, low)
    drawing.pins(component, plan, y_track, y_vpp, _bank_x(50))
    return component


def _bank_x(index: int) -> float:
    """x of a landing of the buffer's resistors; index: resistors to the left of it, dummy included."""
    return round(X_BANK + PITCH * index - PITCH / 2, 3)


def _buffer_resistors(component: gf.Component, y_track: dict[str, float], y0: float) -> None:
    """Two chains of 12 from da and db to vcm; the divider of 10 and 15, with its lead capacitor."""
    dots = " ".join("." * 11)
    path = f"da {dots} vcm {dots} db | vss {' '.join('.' * 9)} vfb {' '.join('.' * 14)} vout"
    bank = component << resistor_bank("dac6_buffer_resistors", path, (LONG,) * 49)
    bank.move((X_BANK, y0))
    for net in ("da", "vcm", "db", "vfb", "vout"):
        x, y = positions(bank, net)[0]
        riser(component, x, y_track[net], y, (y,))
        onto(component, x, y_track[net])
    x, y = positions(bank, "vss")[0]
    riser(component, x, Y_VSS, y, (Y_VSS, y))
    _lead(component, *positions(bank, "vfb")[0], *positions(bank, "vout")[0])


def _lead(component: gf.Component, x_vfb: float, y_vfb: float, x_vout: float, y_vout: float) -> None:
    """MIM between vfb and vout above the bank: nothing of met2 or lower under it, by choice; its plates below
    3 um (m3.3ab, m4.5ab)."""
    y = y_vout + 4.0
    capacitor = component << mim("dac6_lead", 4.8, 2.4, "vout", "vfb")
    x = x_vout - 5.2
    capacitor.move((rules.on_grid(x), rules.on_grid(y)))
    (x_top, y_top), (x_tab, y_tab) = (
        positions(capacitor, "vout", "plate")[0],
        positions(capacitor, "vfb", "plate")[0],
    )
    box(component, "met3", x_vfb - RISER / 2, y_vfb, x_vfb + RISER / 2, y_tab + RISER / 2)
    box(component, "met3", x_vfb - RISER / 2, y_tab - RISER / 2, x_tab, y_tab + RISER / 2)
    box(component, "met4", x_top, y_top - 0.3, x_vout + 0.3, y_top + 0.3)
    via_stack(component, x_vout, y_top, "met3", "met4", 0.6, 0.6)
    box(component, "met3", x_vout - RISER / 2, y_vout, x_vout + RISER / 2, y + 3.0)
