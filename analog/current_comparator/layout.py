"""Layout of the current comparator: its n and p strips on either side of one routing channel
(neusoc.layout.routing.channel).

::

      vdd1v8  ==========================================================
       reset  strobe  delay  fire | precharge  cross | valid  latch   (p)
      ----------------------- met2 tracks --------------------------------
       reset  strobe  go  ramp  delay  fire | tail  pair  cross | ... (n)
      vss     ==========================================================

The pair is interleaved (A B B A); the cross-coupled devices mirror each other.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.shapes import box
from neusoc.layout.routing.channel import Strip, channel_block

SHORT, RAMP = 0.15, 1.3  # lengths, um

N_STRIPS = (
    Strip("reset_n", "sum st_n vref st_n hold st_n vref st_n sum", 1.0, SHORT),
    Strip("strobe_n", "st_n strobe_1v8 vss", 1.0, SHORT),
    Strip("go", "vdd1v8 st_n ibias strobe_1v8 ramp", 1.0, SHORT),
    Strip("ramp", "vss ramp vss ramp vss", 1.9, RAMP),
    Strip("delay_n", "fire_n ramp vss fire_n f2", 0.5, SHORT),
    Strip("fire_n", "vss f2 fire", 1.0, SHORT),
    Strip("tail", "t fire vss fire t", 2.0, SHORT),
    Strip("hold", "vss hold vss hold vss", 1.4, RAMP),
    Strip("pair", "xa sum t hold xb hold t sum xa", 2.0, SHORT),
    Strip("cross_a", "xa qb qa", 2.0, SHORT),
    Strip("cross_b", "qb qa xb", 2.0, SHORT),
    Strip("valid_n", "valid_1v8 qa vv qb vss", 2.0, SHORT),
    Strip("latch_above", "above_1v8 above_n va", 2.0, SHORT),
    Strip("latch_n", "va qa vss qb vb", 0.42, SHORT),
    Strip("latch_below", "vb above_1v8 above_n", 2.0, SHORT),
)
P_STRIPS = (
    Strip("reset_p", "sum strobe_1v8 vref strobe_1v8 hold strobe_1v8 vref strobe_1v8 sum", 2.0, SHORT),
    Strip("strobe_p", "st_n strobe_1v8 vdd1v8 strobe_1v8 ramp", 2.0, SHORT),
    Strip("delay_p", "fire_n ramp vdd1v8 fire_n f2", 1.0, SHORT),
    Strip("fire_p", "vdd1v8 f2 fire", 2.0, SHORT),
    Strip("pre_x", "xa fire vdd1v8 fire xb", 1.0, SHORT, shift=3),
    Strip("pre_q", "qa fire vdd1v8 fire qb", 1.0, SHORT),
    Strip("cross_p", "qa qb vdd1v8 qa qb", 2.0, SHORT, shift=2),
    Strip("valid_p", "valid_1v8 qa vdd1v8 qb valid_1v8", 2.0, SHORT),
    Strip("latch_a", "above_1v8 qa vdd1v8 above_n above_1v8", 2.0, SHORT),
    Strip("latch_b", "above_n qb vdd1v8 above_1v8 above_n", 2.0, SHORT, shift=2),
)
# `sum` and `hold` run side by side next to the pair, with the same neighbours; `ramp` is far from both.
ORDER = (
    ("ramp", "above_1v8"),
    ("st_n", "fire_n"),
    ("st_n", "f2"),
    ("hold", "strobe_1v8"),
    ("t", "hold"),
    ("sum", "t"),
    ("xb", "sum"),
    ("qa", "xb"),
)
EXPORTS = {"sum": "l", "vref": "l", "ibias": "l", "strobe_1v8": "l", "valid_1v8": "r", "above_1v8": "r"}


@gf.cell
def current_comparator() -> gf.Component:
    """Current comparator; left side of its rings at x = 0, centre of the vss rail at y = 0.

    Returns:
        Component current_comparator: vss and vdd1v8 as met1 rails, the other pins on met2 at the left or
            right edge.
    """
    component = gf.Component()
    _, levels = channel_block(component, "current_comparator", N_STRIPS, P_STRIPS, EXPORTS, over=ORDER)
    box(component, "prbndry", levels.x0, levels.vss - 0.6, levels.x1, levels.vdd + 0.8)
    return component
