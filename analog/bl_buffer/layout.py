"""Layout of the buffer: one row of n devices, one of p devices, the channel between them, and above both
divider and capacitors.

::

      y  ^  +--------------------------------------+ +----+ +----------+ +----+
         |  | divider, 32 and 48 equal resistors   | |lead| | comp     | |damp|
         |  +--------------------------------------+ +----+ +----------+ +----+
         |  ------------------------------------------------------------ vsense >
         |  ==== vpp =============================================================
         |  | enable | bias, tail | pair  A BB AA BB AA BB A | load ABBA | out |
      vin > channel: met2 tracks                                            > vout
         |  | enable | bias       | sinks A BB A   | cascodes | replicas  | out |
         |  ==== vss =============================================================
            +--------------------------------------------------------------------> x

met1 runs vertically, met2 horizontally (tracks of the channel), met3 vertically between the parts, met4 from
the capacitors' upper plates. The channel's tracks are assigned by neusoc.layout.routing.tracks from the
places of the rows.
"""

from __future__ import annotations

from itertools import chain

import gdsfactory as gf
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.resistors import PITCH, resistor_bank
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap, via_stack
from neusoc.layout.routing.tracks import ChannelNet, ChannelRow, assign_tracks
from neusoc.pdk import rules

TRACK = 0.46
RISER, PAD = 0.40, 0.49  # met3 between the parts, and its stack of vias
Y_VSS, Y_NTOP = 0.0, 5.25  # rail; upper edge of all n diffusions
Y_NHEAD = round(Y_NTOP + rules.HEAD_CENTRE, 3)
WIDEST_P = 5.5
RING = (0.60, 110.40)  # centres of the left and right side of both rings
X_RIGHT = 111.00
ALONE = "vfb"  # no track beside its own: what it sees of others slows the feedback
Y_SENSE, Y_PARTS = 1.00, 1.70  # above the rail vpp: the track of vsense, and divider and capacitors
LOWER, UPPER, UNIT = 32, 48, 12.5  # resistors of the divider and their length, um
X_BANK = 2.20  # centre of its first resistor
X_LEADS, X_COMP, X_DAMP = (72.60, 76.40), 92.10, 107.45  # their centres
TONGUE, X_TONGUE = 3.4, 102.4  # what leaves a wide plate; centre of vout's
SIZE = {"lead": (1.0, 14.5), "comp": (26.0, 18.0), "damp": (2.9, 18.0)}  # of the capacitors, um


N_ROWS = (
    ChannelRow("enable", 1.4, "off enable_1v8 vss off on", 2.0, 0.5),
    ChannelRow("off", 4.0, "ibias off vss off mesh_n", 2.0, 0.5),
    ChannelRow("bias", 6.55, "ibias ibias vss ibias vbp", 1.2, 6.0),
    ChannelRow("bias_mesh", 20.2, "mesh_p ibias vss", 0.6, 6.0),
    ChannelRow(
        "sink", 27.6, "vss dummy fold_fb ibias vss ibias fold_in ibias vss ibias fold_fb dummy vss", 4.6, 6.0
    ),
    ChannelRow("casc_fb", 66.8, "load casc fold_fb casc load casc fold_fb casc load", 3.0, 0.8),
    ChannelRow("casc_in", 72.6, "gate_n casc fold_in casc gate_n casc fold_in casc gate_n", 3.0, 0.8),
    ChannelRow("bias_casc", 78.2, "casc casc vss", 0.5, 8.0),
    ChannelRow("rest", 88.0, "vss rest_n rest_n", 1.0, 0.7),
    ChannelRow("mesh_rest", 90.4, "rest_n mesh_n mesh_n", 1.0, 0.5),
    ChannelRow("mesh", 94.4, "gate_p mesh_n gate_n mesh_n gate_p", 2.0, 0.5),
    ChannelRow("off_out", 98.8, "gate_n off vss", 2.0, 0.5),
    ChannelRow(
        "out", 103.4, "vss gate_n vout gate_n vss gate_n vout gate_n vss gate_n vout gate_n vss", 1.9, 0.7
    ),
)
_PAIR = "tail vin fold_in vin tail vfb fold_fb vfb"
P_ROWS = (
    ChannelRow("enable", 1.4, "vpp enable_1v8 off", 0.42, 8.0),
    ChannelRow("off", 10.7, "on off vpp on vbp", 2.0, 0.5),
    ChannelRow(
        "tail", 13.3, "vbp vbp vpp vbp tail vbp vpp vbp tail vbp vpp vbp tail vbp vpp vbp tail", 4.0, 1.0
    ),
    ChannelRow("bias", 25.2, "mesh_n vbp vpp vbp casc", 2.0, 1.0),
    ChannelRow(
        "pair",
        29.6,
        f"tail dummy fold_fb vfb {_PAIR} {_PAIR} tail vin fold_in vin tail vfb fold_fb dummy tail",
        5.5,
        2.0,
    ),
    ChannelRow("load", 62.8, "vpp dummy load load vpp load gate_p load vpp load load dummy vpp", 5.0, 4.8),
    ChannelRow("rest", 94.4, "vpp rest_p rest_p", 2.5, 0.5),
    ChannelRow("mesh_rest", 96.2, "rest_p mesh_p mesh_p", 2.0, 0.5),
    ChannelRow("mesh", 98.0, "gate_n mesh_p gate_p mesh_p gate_n", 4.0, 0.5),
    ChannelRow("off_out", 100.6, "mesh_p on vpp on gate_p", 2.0, 0.5),
    ChannelRow("out", 103.2, "vpp " + "gate_p vout gate_p vpp " * 4, 4.7, 0.5),
)


@gf.cell
def bl_buffer() -> gf.Component:
    """The buffer, 115 um wide.

    Returns:
        Component bl_buffer with ports vin, enable_1v8, ibias (left, met2), vout, vsense (right, met2), and
        the rails vss and vpp (met1, over the whole width).
    """
    component = gf.Component()
    nets = _channel_nets()
    tracks = assign_tracks(nets, (ALONE,), nets.keys() - {ALONE})
    # a track's distance between the heads of either row and the tracks: heads of long gates are wide, straps
    # to the other side pass there
    y_track = {name: round(Y_NHEAD + TRACK * (index + 1), 3) for name, index in tracks.items()}
    y_phead = round(Y_NHEAD + TRACK * (max(tracks.values()) + 2), 3)
    y_pbottom = round(y_phead + rules.HEAD_CENTRE, 3)
    y_vpp = round(y_pbottom + WIDEST_P + 0.88, 3)
    for rows, polarity, edge in ((N_ROWS, "n", Y_NTOP), (P_ROWS, "p", y_pbottom)):
        for row in rows:
            row.wire(
                component,
                polarity,
                row.place(component, "bl_buffer", polarity, edge),
                {"vss": Y_VSS, "vpp": y_vpp},
                y_track,
            )
    for name, net in nets.items():
        bar(component, y_track[name], sorted({*net.low, *net.high}), net.reach)
    _rings(component, y_pbottom, y_vpp)
    _divider(component, y_track, y_vpp)
    _capacitors(component, y_track, y_vpp)
    _pins(component, y_track, y_vpp)
    return component


def _channel_nets() -> dict[str, ChannelNet]:
    """What the channel joins: all but the rails."""
    nets: dict[str, ChannelNet] = {}
    for rows, side in ((N_ROWS, "low"), (P_ROWS, "high")):
        for row in rows:
            for net, x in chain(row.nodes(), row.gates()):
                if net not in ("vss", "vpp"):
                    getattr(nets.setdefault(net, ChannelNet()), side).append(x)
    for net, xs in _reach().items():
        nets[net].reach.extend(xs)
    return nets


def _bank_x(index: int) -> float:
    """x of a landing of the divider; index: resistors to the left of it."""
    return round(X_BANK + PITCH * index - PITCH / 2, 3)


def _risers() -> dict[str, list[float]]:
    """x of the met3 that leaves the channel upwards, of each net."""
    return {"vfb": [_bank_x(LOWER), *X_LEADS], "fold_in": [X_COMP], "gate_p": [X_DAMP], "vout": [X_TONGUE]}


def _reach() -> dict[str, list[float]]:
    """x of the risers that meet a track, and of the pins at both edges."""
    found = {net: [x + side * RISER / 2 for x in xs for side in (-1, 1)] for net, xs in _risers().items()}
    found["vout"] += [X_RIGHT]
    return found | {net: [0.0] for net in ("vin", "enable_1v8", "ibias")}


def _rings(component: gf.Component, y_pbottom: float, y_vpp: float) -> None:
    """A substrate ring below and a well ring above, with their rails."""
    y_low, y_high = round(y_pbottom - 0.83, 3), round(Y_NTOP + 0.88, 3)
    place_ring(component, "bl_buffer_ring_n", RING, (Y_VSS, y_high), "p", rails="b", voltage=5.0)
    place_ring(component, "bl_buffer_ring_p", RING, (y_low, y_vpp), "n", rails="t", voltage=5.0)
    box(component, "hvi", RING[0] - 0.545, Y_VSS - 0.545, RING[1] + 0.545, y_vpp + 0.545)
    for y in (Y_VSS, y_vpp):
        box(component, "met1", 0, y - rules.RAIL_HALF, X_RIGHT, y + rules.RAIL_HALF)


def _riser(component: gf.Component, x: float, y0: float, y1: float) -> None:
    """met3 from a track at y0, with its via2, to y1."""
    half = rules.VIA2 / 2
    box(component, "met3", x - RISER / 2, y0 - PAD / 2, x + RISER / 2, y1)
    box(component, "via2", x - half, y0 - half, x + half, y0 + half)


def _divider(component: gf.Component, y_track: dict[str, float], y_vpp: float) -> None:
    """vss at its left end, vfb above the pair, vsense at its right end: all landings below, dummies at the
    sides."""
    dots = (" ".join("." * (count - 1)) for count in (LOWER, UPPER))
    path = "vss {} vfb {} vsense".format(*dots)
    bank = component << resistor_bank("bl_buffer_divider", path, (UNIT,) * (LOWER + UPPER))
    bank.move((X_BANK, rules.on_grid(y_vpp + Y_PARTS)))
    x, y = positions(bank, "vfb")[0]
    _riser(component, x, y_track["vfb"], y + PAD / 2)
    via_stack(component, x, y, "met1", "met3", PAD, PAD)
    x, y = positions(bank, "vss")[0]
    box(component, "met3", x - RISER / 2, Y_VSS - PAD / 2, x + RISER / 2, y + PAD / 2)
    for level in (Y_VSS, y):
        via_stack(component, x, level, "met1", "met3", PAD, PAD)
    x, y = positions(bank, "vsense")[0]
    sense = y_vpp + Y_SENSE
    strap(component, x, sense - rules.BAR / 2, y)
    bar(component, sense, [x], [X_RIGHT])


def _capacitors(component: gf.Component, y_track: dict[str, float], y_vpp: float) -> None:
    """Side by side above the rail, lower plates (met3) to vsense and vout, upper plates (met4) to vfb,
    fold_in and gate_p.

    comp and damp share their lower plate. Nothing of met2 or below lies under a plate, by choice. What leaves
    a plate wider than 3 um on the plate's own metal is as wide, and goes on in another metal: m3.3ab and
    m4.5ab see a narrow tongue on a wide shape as two shapes.
    """
    low = rules.on_grid(y_vpp + Y_PARTS + 1.2)
    end = low - 1.60  # of the risers below upper plates: 1.2 um from the lower ones (MR_capm.SP.2)
    for name, x, top, bottom in (
        *(("lead", x, "vfb", "vsense") for x in X_LEADS),
        ("comp", X_COMP, "fold_in", "vout"),
        ("damp", X_DAMP, "gate_p", "vout"),
    ):
        plate = component << mim(f"bl_buffer_{name}", *SIZE[name], top, bottom)
        plate.move((x, rules.on_grid(low + SIZE[name][1] / 2)))
        _riser(component, x, y_track[top], end + PAD / 2)
        via_stack(component, x, end, "met3", "met4", PAD, PAD)
        half = TONGUE / 2 if SIZE[name][0] > TONGUE else PAD / 2
        box(component, "met4", x - half, end - PAD / 2, x + half, low + 1.0)
        x_tab, sense = positions(plate, bottom, "plate")[0][0], y_vpp + Y_SENSE
        if bottom == "vsense":
            via_stack(component, x_tab, sense, "met2", "met3", PAD, PAD)
            box(component, "met3", x_tab - RISER / 2, sense - PAD / 2, x_tab + RISER / 2, low)
    x = X_TONGUE
    box(component, "met3", x - TONGUE / 2, end - PAD / 2, x + TONGUE / 2, low)
    via_stack(component, x, end, "met3", "met4", 3 * PAD, PAD)
    box(component, "met4", x - RISER / 2, y_track["vout"] - PAD / 2, x + RISER / 2, end)
    _riser(component, x, y_track["vout"], y_track["vout"] + PAD / 2)
    via_stack(component, x, y_track["vout"], "met3", "met4", PAD, PAD)


def _pins(component: gf.Component, y_track: dict[str, float], y_vpp: float) -> None:
    for net in ("vin", "enable_1v8", "ibias"):
        pin(component, net, "met2", rules.BAR / 2, y_track[net], orientation=180)
    for net, y in (("vout", y_track["vout"]), ("vsense", y_vpp + Y_SENSE)):
        pin(component, net, "met2", X_RIGHT - rules.BAR / 2, rules.on_grid(y), orientation=0)
    for net, y in (("vss", Y_VSS), ("vpp", y_vpp)):
        pin(component, net, "met1", X_RIGHT / 2, y, X_RIGHT, 2 * rules.RAIL_HALF, orientation=180)
    top = component.bbox().top
    box(component, "prbndry", 0, Y_VSS - 0.55, X_RIGHT, round(top + 0.2, 3))
