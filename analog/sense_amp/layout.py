"""Layout of the sense amplifier: its n and p strips on either side of one routing channel
(neusoc.layout.routing.channel).

::

      vdd1v8  ==================================================================
       pair  bias  enable | out_a  in  out_b | sample | cas_in  cas_out     (p)
      --------------------------- met2 tracks -----------------------------------
       compensation  load  enable  bleed  bl  follower  hold  subtract      (n)
      vss     ==================================================================

The input device of the mirror lies between the halves of its output; pair and subtraction are interleaved.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box
from neusoc.layout.routing.channel import Strip, channel_block

FOLLOWER, LOGIC = 0.15, 0.15
MIRROR, SINK, CASCODE, COMPENSATION = 1.3, 2.9, 0.35, 7.7  # lengths, um
HOLD_OFF = 0.5  # long: it must not leak onto the held gate
BLEED_WIDTH = 3.3  # 10 % over its copies: the offset is positive in every corner

N_STRIPS = (
    Strip("cc", "vss vg vss vg vss vg vss vg vss", 3.0, COMPENSATION),
    Strip("load", "o1 o1 vss o1 vg", 2.0, SINK),
    Strip("enable_n", "en_n enable_1v8 vss en_n vg", 0.5, LOGIC),
    Strip("bleed", "vss bl sense", BLEED_WIDTH, SINK),
    Strip("bl", "bl bl vss", 3.0, SINK),
    Strip("follow", "x vg sense vg x vg sense vg x", 2.0, FOLLOWER),
    Strip("sample_n", "sample_n sample_1v8 vss", 0.5, LOGIC),
    Strip("hold", "x sample_1v8 h", 1.0, LOGIC),
    Strip("dummy", "h sample_n h", 0.5, LOGIC),
    Strip("sub_a", "r7 bl vss bl r7 bl vss bl r7 bl vss bl r7", 3.0, SINK),
    Strip("sub_b", "r7 bl vss bl sum", 3.0, SINK),
    Strip("range", "sum range_1v8 r7 range_1v8 sum", 1.0, CASCODE),
)
P_STRIPS = (
    Strip(
        "pair",
        "tail vread o1 vread tail sense vg sense tail sense vg sense tail vread o1 vread tail",
        2.0,
        MIRROR,
        shift=2,
    ),
    Strip("bias", "bl ibias vdd1v8 ibias tail ibias vdd1v8 ibias ibias", 2.0, MIRROR),
    Strip("enable_p", "en_n enable_1v8 vdd1v8 enable_1v8 ibias", 1.0, LOGIC),
    Strip("out_a", "vdd1v8 h do h vdd1v8 h do h vdd1v8", 3.0, MIRROR),
    Strip("in", "d1 x vdd1v8 x d7 x vdd1v8 x d7 x vdd1v8 x d7 x vdd1v8 x d7", 3.0, MIRROR, shift=2),
    Strip("out_b", "vdd1v8 h do h vdd1v8 h do h vdd1v8", 3.0, MIRROR),
    Strip("sample_p", "sample_n sample_1v8 vdd1v8", 1.0, LOGIC),
    Strip("hold_off", "h enable_1v8 vdd1v8", 0.5, HOLD_OFF),
    Strip(
        "cas_in",
        "d1 vss x range_1v8 d7 range_1v8 x range_1v8 d7 range_1v8 x range_1v8 d7 range_1v8 x range_1v8 d7",
        3.0,
        CASCODE,
    ),
    Strip("cas_out", "do vss sum vss do vss sum vss do vss sum vss do vss sum vss do", 3.0, CASCODE),
)
# The held gate keeps its charge while the next cell moves the mirror: ground runs between the two.
ORDER = (("vss", "h"), ("x", "vss"))
EXPORTS = {
    "sense": "l",
    "vread": "l",
    "ibias": "r",
    "enable_1v8": "l",
    "sample_1v8": "r",
    "range_1v8": "r",
    "sum": "r",
}


@gf.cell
def sense_amp() -> gf.Component:
    """Sense amplifier; left side of its rings at x = 0, centre of the vss rail at y = 0.

    Returns:
        Component sense_amp: vss and vdd1v8 as met1 rails, the other pins on met2 at the left or right edge.
    """
    component = gf.Component()
    _, levels = channel_block(component, "sense_amp", N_STRIPS, P_STRIPS, EXPORTS, over=ORDER)
    box(component, "prbndry", levels.x0, levels.vss - 0.6, levels.x1, levels.vdd + 0.8)
    return component
