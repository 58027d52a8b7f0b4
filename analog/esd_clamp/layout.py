"""Layout of the clamp: eight rows of the wide n device below, over them the gates that are the capacitor, the
inverters, the resistor.

::

      y ^  = p tap ring, vss ====================================
        |  | | | | | | | | | |  resistor, 64 bars in series  | | |
        |  | +- n tap ring, vpp -------------------------------+ |
        |  | |  p devices of the inverters                     | |
        |  | +-------------------------------------------------+ |
        |  |    channel: rc rise fall gate                       |
        |  |    n devices                                        |
        |  |=============================================== vss =|
        |  |    capacitor: three rows of three n gates of 20 um  |
        |  |=============================================== vss =|
        |  |    75 fingers                                       | \\
        |  |--- gate --------------------------------------------|  four times
        |  |    75 fingers                                       | /
           = p tap ring, vss ====================================> x

met1: fingers, doubled in width where nothing passes; met2: a band of vss and one of vpp across each row;
met3: upright straps over all of it, the gate's in the middle; met4: rails of vss and vpp at the heights of
esd_pad's, so that clamp and pads stand side by side. No strip of diffusion with a gate is wider than 5.7 um,
as sky130.lydrc reads licon.12.
"""

from __future__ import annotations

from itertools import chain

import gdsfactory as gf
from neusoc.analog.esd_pad.layout import RAILS
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.resistors import HEAD, resistor_bank
from neusoc.layout.primitives.rings import place_ring, tap_bar
from neusoc.layout.primitives.shapes import bar, box, cut_array, pin, positions, strap, via_stack
from neusoc.layout.routing.tracks import ChannelRow
from neusoc.pdk import rules

FINGERS, FINGER, LENGTH, PAIRS = (
    75,
    5.0,
    0.55,
    4,
)  # fingers of a row of the wide device, their width and length, um; pairs of rows
COLUMN = rules.column_pitch(LENGTH)
WIDE = round(FINGERS * COLUMN, 3)
X_RING = (-0.73, round(WIDE + 0.73, 3))  # sides of the p ring: 0.37 from the n diffusion
TO_TAP = 0.575  # n diffusion to the centre line of a bar
TO_BAR = 0.75  # centre of heads to a bar with its rail
HEADS = 0.56  # between the heads of two rows that face each other
PAIR = round(2 * (TO_TAP + FINGER + rules.HEAD_CENTRE) + HEADS, 3)  # from bar to bar
Y_OVER = round(PAIRS * PAIR, 3)  # bar over the wide device
CAPACITOR = ChannelRow("capacitor", 1.4, "vss rc vss rc vss rc vss", 4.45, 20.0)
CAPACITORS, Y_STEP = 3, round(TO_TAP + CAPACITOR.width + rules.HEAD_CENTRE + TO_BAR, 3)
Y_RC = [round(Y_OVER + (i + 1) * Y_STEP - TO_BAR, 3) for i in range(CAPACITORS)]  # their heads
Y_VSS = round(Y_OVER + CAPACITORS * Y_STEP, 3)  # bar over the capacitor, source of the inverters' n devices
Y_NTOP = round(Y_VSS + 5.60, 3)
TRACK = 0.46
NETS = (
    "rc",
    "rise",
    "fall",
    "gate",
)  # tracks of the channel, from below; every strap meets its own net in its column
Y_TRACK = {net: round(Y_NTOP + rules.HEAD_CENTRE + TRACK * (i + 1), 3) for i, net in enumerate(NETS)}
Y_PBOTTOM = round(Y_TRACK["gate"] + TRACK + rules.HEAD_CENTRE, 3)
Y_VPP = round(Y_PBOTTOM + 5.0 + 0.88, 3)
TO_WELL = (
    2 * rules.TAP_HALF + rules.WELL_TO_PTAP_5V + rules.WELL_TAP[5.0]
)  # p tap to the n tap of a well beside it
BARS, BODY, X_BANK, Y_BANK = 64, 6.88, 5.80, round(Y_VPP + 1.30, 3)  # resistor
Y_TOP = round(Y_BANK + BODY + 2 * HEAD + 0.93, 2)  # half of it on the grid: a ring is placed by its centre
N_ROWS = (
    ChannelRow("1", 1.4, "vss rc rise", 2.0, 0.5),
    ChannelRow("2", 4.6, "vss rise fall rise vss rise fall rise vss rise fall rise vss", 5.0, 0.5),
    ChannelRow("3", 30.2, "vss " + "fall gate fall vss " * 4, 5.0, 0.5),
)
P_ROWS = (
    ChannelRow("1", 1.4, "vpp rc rise rc vpp", 5.0, 0.5),
    ChannelRow("2", 5.4, "fall rise vpp rise fall rise vpp rise fall", 5.0, 0.5),
    ChannelRow("3", 11.0, "vpp " + "fall gate fall vpp " * 30, 5.0, 0.5),
)
X_WELL = (round(X_RING[0] + TO_WELL, 3), 59.67)  # sides of the n ring
X_RC = 0.60  # met2 from the capacitor to the channel
X_DOWN = 61.20  # met1 from the resistor to the channel, between well and p ring
X_GATE = rules.on_grid(WIDE / 2)
BAND, SPACE = 2.30, 0.40  # met2, two bands across a row
STRAPS, STRAP_GAP, GATE_STRAP = 12, 0.50, 2.0  # met3; m3.3ab: 0.40
EDGE = rules.TAP_HALF + rules.HVI_TO_TAP


PATH = "vss " + "gate vpp gate vss " * (FINGERS // 2) + "gate vpp"


@gf.cell(set_name=False)
def _vias() -> gf.Component:
    """Vias of one finger's met1 on one band, from the origin upward."""
    component = gf.Component("esd_clamp_vias")
    size, pitch, inset, _ = rules.VIAS["via"]
    cut_array(component, ("via",), -0.235, inset, 0.235, BAND - inset, size, pitch)
    return component


@gf.cell
def esd_clamp() -> gf.Component:
    """The clamp, 66.0 um wide.

    Returns:
        Component esd_clamp with ports vss and vpp (met4, from edge to edge).
    """
    component = gf.Component()
    _rings(component)
    bands = []
    for i in range(PAIRS):
        bands += _wide_pair(component, i)
    _capacitor(component)
    _inverters(component)
    _resistor(component)
    _straps(component, bands)
    for layer in ("hvi", "prbndry"):
        box(component, layer, X_RING[0] - EDGE, -EDGE, X_RING[1] + EDGE, Y_TOP + EDGE)
    return component


def _rings(component: gf.Component) -> None:
    """The p ring with its bars, and the n ring round the p devices."""
    place_ring(component, "esd_clamp_ring_p", X_RING, (0.0, Y_TOP), "p", rails="tb", voltage=1.8)
    bars = [*(i * PAIR for i in range(1, PAIRS)), *(Y_OVER + i * Y_STEP for i in range(CAPACITORS + 1))]
    for y in bars:
        tap_bar(component, "p", X_RING[0] + 0.6, X_RING[1] - 0.6, rules.on_grid(y))
        for layer, half in (("tap", rules.TAP_HALF), ("li1", rules.TAP_LI_HALF), ("met1", rules.RAIL_HALF)):
            box(component, layer, X_RING[0], y - half, X_RING[1], y + half)
    place_ring(
        component,
        "esd_clamp_ring_n",
        X_WELL,
        (round(Y_PBOTTOM - 0.83, 3), Y_VPP),
        "n",
        rails="t",
        voltage=5.0,
    )


def _wide_pair(component: gf.Component, index: int) -> list[tuple[str, float, float]]:
    """Two rows of the wide device, heads to each other, their gate's met1 and met2; returns the bands (net,
    y0, y1)."""
    bar_low, bar_high = index * PAIR, (index + 1) * PAIR
    found = []
    sides = (
        ("t", bar_low + TO_TAP, ("vss", "vpp"), bar_low),
        ("b", bar_high - TO_TAP - FINGER, ("vpp", "vss"), bar_high),
    )
    for side, low, nets, rail in sides:
        row = component << finger_row(
            f"esd_clamp_big_{side}", PATH, "n", FINGER, LENGTH, f"gate:{side}", 5.0, "t"
        )
        row.move((WIDE / 2, rules.on_grid(low + FINGER / 2)))
        for net, y0 in zip(nets, (low, low + BAND + SPACE), strict=True):
            found.append((net, rules.on_grid(y0), rules.on_grid(y0 + BAND)))
            box(component, "met2", -0.3, y0, WIDE + 0.3, y0 + BAND)
            for x, _ in positions(row, net):
                (component << _vias()).move((x, rules.on_grid(y0)))
        for net in ("vss", "vpp"):
            for x, y in positions(row, net):
                box(component, "met1", x - 0.30, low, x + 0.30, low + FINGER)
                if net == "vss":
                    strap(component, x, y, rail)
    middle = rules.on_grid((bar_low + bar_high) / 2)
    half = HEADS / 2 + 0.16
    box(component, "npc", 0, middle - half, WIDE, middle + half)  # of all heads: npc.2
    box(component, "met1", COLUMN / 2, middle - half, WIDE - COLUMN / 2, middle + half)
    via_stack(component, X_GATE, middle, "met1", "met3", GATE_STRAP, 2 * half)
    return found


def _capacitor(component: gf.Component) -> None:
    """Gates rc above, sources and drains on the bar below each row."""
    for i, head in enumerate(Y_RC):
        row = CAPACITOR.place(component, "esd_clamp", "n", head - rules.HEAD_CENTRE)
        for x, y in positions(row, "vss"):
            strap(component, x, y, Y_OVER + i * Y_STEP)
        box(component, "met1", X_RC - 0.16, head - 0.16, positions(row, "rc", "gate")[-1][0], head + 0.16)
        via_stack(component, X_RC, head, "met1", "met2", rules.VIA_PAD, rules.VIA_PAD)
    box(component, "met2", X_RC - rules.BAR / 2, Y_RC[0], X_RC + rules.BAR / 2, Y_TRACK["rc"] + rules.BAR / 2)


def _inverters(component: gf.Component) -> None:
    """Both rows and the channel between."""
    taps: dict[str, list[float]] = {net: [] for net in NETS}
    for rows, polarity, edge in ((N_ROWS, "n", Y_NTOP), (P_ROWS, "p", Y_PBOTTOM)):
        for row in rows:
            row.wire(
                component,
                polarity,
                row.place(component, "esd_clamp", polarity, edge),
                {"vss": Y_VSS, "vpp": Y_VPP},
                Y_TRACK,
            )
            for net, x in chain(row.nodes(), row.gates()):
                if net in taps:
                    taps[net].append(x)
    for net, y in Y_TRACK.items():
        bar(
            component,
            y,
            sorted({*taps[net], *([X_DOWN] if net == "rc" else [])}),
            [X_RC] if net == "rc" else [],
        )


def _resistor(component: gf.Component) -> None:
    """From vpp at its left to rc at its right, both ends below; rc leads down beside the well to its
    track."""
    path = " ".join(["vpp", *["."] * (BARS - 1), "rc"])
    bank = component << resistor_bank("esd_clamp_resistor", path, (BODY,) * BARS)
    bank.move((X_BANK, Y_BANK))
    x, y = positions(bank, "vpp")[0]
    strap(component, x, Y_VPP, y)
    (x, y), half = positions(bank, "rc")[0], rules.STRAP / 2
    box(component, "met1", x - half, y - half, X_DOWN + half, y + half)
    strap(component, X_DOWN, Y_TRACK["rc"] - rules.BAR / 2, y + half)


def _straps(component: gf.Component, bands: list[tuple[str, float, float]]) -> None:
    """met3 over bands and rails, met4 rails, pins."""
    pitch = (WIDE - GATE_STRAP - STRAP_GAP) / STRAPS
    half = rules.on_grid((pitch - STRAP_GAP) / 2 - rules.GRID)
    for i in range(STRAPS):
        net = ("vss", "vpp")[i % 2]
        x = rules.on_grid((i + 0.5) * pitch + (GATE_STRAP + STRAP_GAP) * (i >= STRAPS // 2))
        box(component, "met3", x - half, -EDGE, x + half, Y_TOP + EDGE)
        crossings = [("via2", y0, y1) for name, y0, y1 in bands if name == net] + [("via3", *RAILS[net])]
        for cut, y0, y1 in crossings:
            size, step, inset, _ = rules.VIAS[cut]
            cut_array(
                component, (cut,), x - half + inset, y0 + inset, x + half - inset, y1 - inset, size, step
            )
        if net == "vss" or x + half < X_WELL[1]:  # the last one ends beside the well
            via_stack(
                component, x, Y_VPP if net == "vpp" else Y_TOP, "met1", "met3", 2 * half, 2 * rules.RAIL_HALF
            )
    box(component, "met3", X_GATE - GATE_STRAP / 2, PAIR / 2, X_GATE + GATE_STRAP / 2, Y_TRACK["gate"] + 0.5)
    via_stack(
        component, X_GATE, rules.on_grid(Y_TRACK["gate"] + 0.045), "met2", "met3", GATE_STRAP, rules.VIA_PAD
    )
    for net in ("vss", "vpp"):
        y0, y1 = RAILS[net]
        left, right = X_RING[0] - EDGE, X_RING[1] + EDGE
        box(component, "met4", left, y0, right, y1)
        pin(component, net, "met4", (left + right) / 2, (y0 + y1) / 2, right - left, y1 - y0, orientation=180)
