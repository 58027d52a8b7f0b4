"""Layout of the second stage: the resistor at the left, its bars in parallel, both diodes at the right.

::

      y ^  = p tap ring, vss ==========+================
        |  | |=|=|=|=|=|=|=|=| gate ---|--| n tap ring |---> gate
        |  | | | | | | | | | |         |  | p stripe   |---> vdd1v8
        |  | | | | | | | | | |  20     |  +------------+
        |  | | | | | | | | | |  bars   |================
        |  | | | | | | | | | |         |    n stripe
    pad ---|-|=|=|=|=|=|=|=|=|         |
           = p tap ring, vss ==========+================> x

met1: bars of the resistor's ends, and the column over both stripes; met2: pad in from the left, gate and
    vdd1v8 out to the right.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.junctions import TAP_GAP, stripe
from neusoc.layout.primitives.resistors import LINK, PITCH, resistor_bank
from neusoc.layout.primitives.rings import place_ring, tap_box
from neusoc.layout.primitives.shapes import box, contacts, cut_array, pin, positions
from neusoc.pdk import rules

BARS, BODY = 20, 19.1  # resistor: bars side by side and their length, um
STRIPE, LENGTH = 2.0, 10.0  # of each diode, um
X_BANK, Y_BANK = 1.90, 1.00  # centre of its first bar, lower end
X_MIDDLE, Y_TOP = 19.76, 25.36  # p tap between resistor and diodes; upper side of the ring
TO_WELL = 2 * rules.TAP_HALF + rules.WELL_TO_PTAP_5V + rules.WELL_TAP[5.0]
X_WELL = round(X_MIDDLE + TO_WELL, 3)
X_STRIPE = round(X_WELL + rules.TAP_HALF + TAP_GAP["p"], 3)
X_WELL_END = round(X_STRIPE + STRIPE + TAP_GAP["p"] + rules.TAP_HALF, 3)
X_END = round(X_WELL_END + TO_WELL, 3)
Y_N = 0.705  # lower end of the n stripe
Y_MIDDLE = round(Y_N + LENGTH + TAP_GAP["n"] + rules.TAP_HALF, 3)
Y_WELL, Y_WELL_TOP = round(Y_MIDDLE + TO_WELL, 3), round(Y_TOP - TO_WELL, 3)
Y_P = rules.on_grid((Y_WELL + Y_WELL_TOP - LENGTH) / 2)
EDGE = rules.TAP_HALF + rules.HVI_TO_TAP
Y_SUPPLY, SUPPLY = 18.0, 0.60  # met2 of vdd1v8


@gf.cell
def esd_second() -> gf.Component:
    """The second stage, 25.9 um wide.

    Returns:
        Component esd_second with ports pad (left, met2), gate, vdd1v8 (right, met2) and vss (lower edge,
        met1).
    """
    component = gf.Component()
    place_ring(component, "esd_second_ring_p", (0.0, X_END), (0.0, Y_TOP), "p", rails="tb")
    place_ring(component, "esd_second_ring_n", (X_WELL, X_WELL_END), (Y_WELL, Y_WELL_TOP), "n", voltage=5.0)
    cut = rules.CUT_ROW_HALF
    tap_box(component, "p", X_MIDDLE, 0, X_MIDDLE, Y_TOP)
    contacts(component, ("licon1", "mcon"), X_MIDDLE - cut, 0.6, X_MIDDLE + cut, Y_TOP - 0.6)
    box(component, "met1", X_MIDDLE - rules.RING_SIDE_HALF, 0, X_MIDDLE + rules.RING_SIDE_HALF, Y_TOP)
    tap_box(component, "p", X_MIDDLE, Y_MIDDLE, X_END, Y_MIDDLE)
    contacts(component, ("licon1",), X_MIDDLE + 0.6, Y_MIDDLE - cut, X_END - 0.6, Y_MIDDLE + cut)
    stripe(component, "n", X_STRIPE, Y_N, X_STRIPE + STRIPE, Y_N + LENGTH)
    stripe(component, "p", X_STRIPE, Y_P, X_STRIPE + STRIPE, Y_P + LENGTH)
    box(component, "met1", X_STRIPE, Y_N, X_STRIPE + STRIPE, Y_P + LENGTH)
    _resistor(component)
    _supply(component)
    left, right = -EDGE, X_END + EDGE
    pin(component, "vss", "met1", X_END / 2, 0, X_END, 2 * rules.RAIL_HALF, orientation=270)
    for layer in ("hvi", "prbndry"):
        box(component, layer, left, -EDGE, right, Y_TOP + EDGE)
    return component


def _via_row(component: gf.Component, x0: float, x1: float, y0: float, y1: float) -> None:
    size, pitch, inset, _ = rules.VIAS["via"]
    cut_array(component, ("via",), x0 + inset, y0 + inset, x1 - inset, y1 - inset, size, pitch)


def _resistor(component: gf.Component) -> None:
    """Ends below to pad, ends above to gate, each on one bar of met1 under met2."""
    path = " ".join(("pad", "gate")[i % 2] for i in range(BARS + 1))
    bank = component << resistor_bank("esd_second_resistor", path, (BODY,) * BARS)
    bank.move((X_BANK, Y_BANK))
    for net, x0, x1 in (("pad", -EDGE, None), ("gate", None, X_END + EDGE)):
        ends = positions(bank, net)
        y0, y1 = ends[0][1] - LINK / 2, ends[0][1] + LINK / 2
        low, high = ends[0][0] - PITCH / 2, ends[-1][0] + PITCH / 2
        box(component, "met1", low, y0, high, y1)
        _via_row(component, low, high, y0, y1)
        box(component, "met2", low if x0 is None else x0, y0, high if x1 is None else x1, y1)
        x = -EDGE + 0.3 if net == "pad" else X_END + EDGE - 0.3
        pin(
            component,
            net,
            "met2",
            rules.on_grid(x),
            rules.on_grid((y0 + y1) / 2),
            0.6,
            LINK,
            orientation=180 if net == "pad" else 0,
        )
        if net == "gate":
            box(component, "met1", X_STRIPE, Y_P + LENGTH - 0.1, X_STRIPE + STRIPE, y1)
            _via_row(component, X_STRIPE, X_STRIPE + STRIPE, y0, y1)


def _supply(component: gf.Component) -> None:
    """vdd1v8 from the right side of the n ring to the edge."""
    half = SUPPLY / 2
    box(component, "met1", X_WELL_END - half, Y_SUPPLY - half, X_WELL_END + half, Y_SUPPLY + half)
    _via_row(component, X_WELL_END - half, X_WELL_END + half, Y_SUPPLY - half, Y_SUPPLY + half)
    box(component, "met2", X_WELL_END - half, Y_SUPPLY - half, X_END + EDGE, Y_SUPPLY + half)
    pin(component, "vdd1v8", "met2", rules.on_grid(X_END + EDGE - 0.3), Y_SUPPLY, 0.6, SUPPLY, orientation=0)
