"""Starter, detector of the logic's supply, the pad's switches, one bit of a word: cells of one or two
bands."""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.routing.bands import draw_bands
from neusoc.layout.routing.rows import FIRST, Band, Row, Strip

SUPPLIES = ("vss", "vdd3v3")


@gf.cell
def starter() -> gf.Component:
    """The core's starter, and the guard that keeps it from a second state; out, pg above (met3), supplies at
    the left."""
    component = gf.Component()
    low = Row(
        "n",
        "vss",
        (
            Strip("stop", "start out vss", 4.0, 1.0),
            Strip("start", "start start vss", 2.0, 4.0),
            Strip("pull", "vss start pg", 0.5, 4.0),
            Strip("over", "over out over1 over1 over2 over2 vss", 0.42, 4.0),
        ),
    )
    high = Row(
        "p",
        "vdd3v3",
        (
            Strip("weak", "start vss weak2 vss weak1 vss vdd3v3", 0.42, 20.0),
            Strip("over_out", "vdd3v3 over pg over vdd3v3", 4.0, 1.0),
            Strip("over_in", "vdd3v3 over over", 1.0, 1.0),
        ),
    )
    draw_bands(component, "starter", [Band(low, high)], {"out": "t", "pg": "t"}, SUPPLIES)
    return component


@gf.cell
def supply_detector() -> gf.Component:
    """High while vdd1v8 is away; vdd1v8, off above (met3), supplies at the left."""
    component = gf.Component()
    low = Row("n", "vss", (Strip("present", "off vdd1v8 vss", 2.0, 0.5),))
    high = Row("p", "vdd3v3", (Strip("long", "vdd3v3 vdd1v8 long1 vdd1v8 long2 vdd1v8 off", 0.42, 20.0),))
    draw_bands(component, "supply_detector", [Band(low, high)], {"vdd1v8": "t", "off": "t"}, SUPPLIES)
    return component


@gf.cell
def reference_pad() -> gf.Component:
    """Switches to the pad; all pins above (met3), vss at the left."""
    component = gf.Component()
    row = Row(
        "n",
        "vss",
        (
            Strip("low", "level pick[0] pad pick[1] vref_in", 4.0, 0.5),
            Strip("high", "vth_in pick[2] pad pick[3] vread", 4.0, 0.5),
            Strip("current", "itest pick[4] pad", 4.0, 0.5),
        ),
    )
    nets = ("level", "vref_in", "vth_in", "vread", "itest", "pad", *(f"pick[{i}]" for i in range(5)))
    draw_bands(component, "reference_pad", [Band(row)], dict.fromkeys(nets, "t"), ("vss",), right=11.2)
    return component


@gf.cell
def reference_bit() -> gf.Component:
    """A latch and a shifter to vdd3v3; q, q_b, off at the left, d, write and supplies at the right, for a
    column of bits."""
    component = gf.Component()
    # the latch's p transistors stand over their n partners, node by node
    latch = Band(
        Row(
            "p",
            "vdd1v8",
            (
                Strip("keep", "state state_b vdd1v8 state state_b", 0.5, 0.15, x=FIRST + 0.8),
                Strip("inverse", "db d vdd1v8", 0.5, 0.15, x=FIRST + 3.2),
            ),
            1.8,
        ),
        Row(
            "n",
            "vss",
            (Strip("latch", "d write state state_b vss state state_b write db d vss", 1.0, 0.15, x=FIRST),),
            1.8,
        ),
    )
    shifter = Band(
        Row(
            "n",
            "vss",
            (Strip("pull", "q_b state vss state_b q", 2.0, 0.5), Strip("default", "vss off q", 1.0, 0.5)),
        ),
        Row("p", "vdd3v3", (Strip("cross", "q_b state mid_b q vdd3v3 q_b mid state_b q", 0.42, 0.5),)),
    )
    exports = dict.fromkeys(("q", "q_b", "off"), "l") | dict.fromkeys(("d", "write"), "r")
    draw_bands(
        component, "reference_bit", [latch, shifter], exports, ("vss", "vdd1v8", "vdd3v3"), supply_side="r"
    )
    return component
