"""Layout of the line diodes: both side by side in one ring of substrate taps, gates of the length that they
set elsewhere.

::

    nbias <-- met2 --+-------+-------+          +--+-- met2 --> cbias
                  [ 5.3 ] [ 5.3 ] [ 5.3 ]      [1.0]
    ====================== vss, met1 ======================
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import place_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap, xs_of
from neusoc.pdk import rules

X_FRONT, EDGE = 1.30, 3.20
X_COMPARATOR = round(X_FRONT + 3 * rules.column_pitch(5.3) + 1.40, 3)
X_LAST = round(X_COMPARATOR + rules.column_pitch(1.0), 3)
WIDTH, Y_TOP = round(X_LAST + 1.30, 3), 4.60
RING = (0.56, round(WIDTH - 0.56, 3))
HEAD = round(EDGE + rules.HEAD_CENTRE, 3)


@gf.cell
def line_diodes() -> gf.Component:
    """Line diodes, 22.1 x 5.6 um.

    Returns:
        Component line_diodes with ports nbias (left, met2), cbias (right, met2) and vss (a met1 rail over the
        whole width).
    """
    component = gf.Component()
    rows = {
        "nbias": place_row(
            component,
            "line_diodes_front",
            "vss nbias nbias nbias vss nbias nbias",
            "n",
            X_FRONT,
            EDGE,
            0.42,
            5.3,
            1.8,
        ),
        "cbias": place_row(
            component, "line_diodes_comparator", "vss cbias cbias", "n", X_COMPARATOR, EDGE, 2.0, 1.0, 1.8
        ),
    }
    place_ring(component, "line_diodes_ring", RING, (0.0, Y_TOP), "p", rails="b")
    for net, row in rows.items():
        for x, y in positions(row, "vss"):
            strap(component, x, 0.0, y)
        for x, y in positions(row, net):
            strap(component, x, y, HEAD + rules.BAR / 2)
        end = 0.0 if net == "nbias" else WIDTH
        bar(component, HEAD, [*xs_of(row, net), *xs_of(row, net, "gate")], [end])
        inner = rules.BAR / 2 if net == "nbias" else WIDTH - rules.BAR / 2
        pin(component, net, "met2", inner, HEAD, orientation=180 if net == "nbias" else 0)
    box(component, "met1", 0, -rules.RAIL_HALF, WIDTH, rules.RAIL_HALF)
    pin(component, "vss", "met1", WIDTH / 2, 0.0, WIDTH, 2 * rules.RAIL_HALF, orientation=180)
    box(component, "prbndry", 0, -0.60, WIDTH, Y_TOP + 0.40)
    return component
