"""Layout of the DAC: resistor string with its switch tree, the resistors of the buffer, and below them all other devices in two rows.

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

met1 runs vertically, met2 horizontally (tracks of the channel), met3 vertically between the parts. The channel's tracks are assigned by
neusoc.layout.routing.tracks from the places of the rows.
"""

from __future__ import annotations

from itertools import chain, pairwise

import gdsfactory as gf
from neusoc.analog.dac6 import switch_tree
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.mim import mim
from neusoc.layout.primitives.resistors import LINK, PITCH, resistor_bank
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap, via_stack
from neusoc.layout.routing.tracks import ChannelNet, ChannelRow, assign_tracks
from neusoc.pdk import rules

TRACK = 0.46
RISER, PAD = 0.40, 0.49                       # met3 between the parts, and its stack of vias
UNIT, REST, OFFSET, LONG = 6.0, 3.215, 1.82, 32.0
Y_VSS, Y_NTOP = 0.0, 5.65                     # rail; upper edge of all n diffusions
Y_NHEAD = Y_NTOP + rules.HEAD_CENTRE
Y_NRING = round(Y_NTOP + 0.88, 3)
WIDEST_P = 4.0
STRING_GAP = 0.90                             # ring of a tree half to the string: poly.9, psd.1
PINS_LEFT = (*(f"code_1v8[{i}]" for i in range(6)), "fine_1v8", "enable_1v8")
PINS_BOTTOM = ("vref", "ibias")
BITS = tuple(f"{net}[{bit}]" for bit in range(1, 6) for net in ("bit_n", "bit"))


def _inverters(polarity: str) -> list[ChannelRow]:
    rail, width = ("vss", 1.0) if polarity == "n" else ("vdd1v8", 2.0)
    inputs = [("code_1v8[0]", "code_n[0]"), ("code_1v8[1]", "code_n[1]"), ("code_1v8[2]", "code_n[2]"), ("code_1v8[3]", "code_n[3]"),
              ("code_1v8[4]", "code_n[4]"), ("code_1v8[5]", "code_n[5]"), ("enable_1v8", "en_n"), ("fine_1v8", "fine_n")]
    pairs = [inputs[i : i + 2] for i in range(0, 8, 2)]
    return [
        ChannelRow(f"inv{i}", 1.2 + 2.6 * i, f"{a[1]} {a[0]} {rail} {b[0]} {b[1]}", width, 0.15, 1.8) for i, (a, b) in enumerate(pairs)
    ]


# What holds a level, and what moves by vpp: side by side, a bit kicks the output through the reference's tap (tests: -k apart).
QUIET = ("tap_ref", "tap[21]", "tap[34]", "e5", "o5", "vin", "vfb")
LOUD = tuple(f"{bit}[{i}]" for bit in ("bit", "bit_n") for i in range(6))
X_SHIFT, SHIFT_PITCH = 20.0, 4.2
N_LOW = [
    *_inverters("n"),
    ChannelRow("coarse", 11.25, "vss fine_n low[0] fine_n vss fine_n low[0] fine_n vss tap_ref vss", 5.0, 0.15, 1.8),
    ChannelRow("tap_ref", 15.87, "tap[21] fine_n tap_ref fine_1v8 tap[34]", 0.6, 0.15, 1.8),
]
P_LOW = [*_inverters("p"), ChannelRow("hold", 11.8, "vdd1v8 tap[21] vdd1v8 tap[34] vdd1v8", 4.0, 1.5, 1.8)]
N_HIGH = [
    *(ChannelRow(f"pull{i}", X_SHIFT + SHIFT_PITCH * i, f"bit_n[{i}] code_1v8[{i}] vss code_n[{i}] bit[{i}]", 2.0, 0.5) for i in range(6)),
    ChannelRow("off", 44.8, "ibias en_n vss en_n vg", 2.0, 0.5),
    ChannelRow("bias", 47.4, "vbp ibias vss ibias ibias", 2.0, 2.0),
    ChannelRow("ref_a", 53.0, "ref_a ref_a vss ref_a vg", 2.0, 2.0),
    ChannelRow("ref_b", 58.6, "ref_p ref_b vss ref_b ref_b", 2.0, 2.0),
    ChannelRow("top", 64.2, "tap[63] vg vdd1v8 vg tap[63]", 5.0, 0.5),
    ChannelRow("last", 66.8, "e5 bit_n[0] vin bit[0] o5", 0.42, 0.54),
    ChannelRow("load", 69.6, "da vcm vss vcm db", 2.0, 0.5),
    ChannelRow("out", 72.2, "pd db vss da vout da vss da vout da vss", 2.0, 0.5),
]
P_HIGH = [
    *(
        ChannelRow(f"shift{i}", X_SHIFT + SHIFT_PITCH * i, path.format(i=i), 0.42, 0.5)
        for path in ("bit_n[{i}] code_1v8[{i}] mid_n bit[{i}] vpp bit_n[{i}] mid code_n[{i}] bit[{i}]",)
        for i in range(6)
    ),
    ChannelRow("tail", 45.45, "vpp vbp tail vbp vpp vbp tail vbp vpp vbp vbp vbp vpp vbp ref_tail", 1.0, 1.0),
    ChannelRow("ref_pair", 55.6, "ref_a vref ref_tail tap_ref ref_b tap_ref ref_tail vref ref_a", 2.0, 1.0),
    ChannelRow("ref_mirror", 62.0, "ref_p ref_p vpp ref_p vg", 2.0, 1.0),
    ChannelRow("pair", 66.0, "da vin tail vfb db vfb tail vin da", 4.0, 0.5),
    ChannelRow("source", 70.6, "pd pd vpp pd vout pd vpp pd vout pd vpp", 4.0, 0.5),
]
RING_LOW = (0.47, 18.10, 16.20)               # left; right of the n ring, of the p ring
RING_HIGH = (19.20, 77.0)                     # both rings of the 5 V rows
X_TREE = 2.5                                  # first even tap
X_BITS, BIT_PITCH = 58.2, 0.8                 # risers of the bits
X_BANK, X_LOW_BANK = 68.4, 79.0
Y_LOW_BANK = 0.60                             # clear of the vss rail
HOLD, HOLD_LENGTH, HOLD_X = 5.0, 5.0, 94.0
X_RIGHT = 112.0


def _join_implants(component: gf.Component, rows: list[ChannelRow]) -> None:
    """nsdm between strips that are nearer to each other than it may be to itself (nsd.2), as high as the lower one."""
    for left, right in pairwise(rows):
        x_left, x_right = left.nodes()[-1][1], right.nodes()[0][1]
        if x_right - x_left < 2 * (rules.DIFF_END + rules.IMPLANT) + rules.IMPLANT_SPACE:
            box(component, "nsdm", x_left, Y_NTOP - min(left.width, right.width) - rules.IMPLANT, x_right, Y_NTOP + rules.IMPLANT)


def _riser(component: gf.Component, x: float, y0: float, y1: float, stacks: tuple[float, ...] = ()) -> None:
    """met3 from y0 to y1, with vias from met1 at each y of stacks."""
    low, high = min(y0, y1), max(y0, y1)
    box(component, "met3", x - RISER / 2, low - PAD / 2, x + RISER / 2, high + PAD / 2)
    for y in stacks:
        via_stack(component, x, y, "met1", "met3", PAD, PAD)


def _onto(component: gf.Component, x: float, y: float) -> None:
    """via2 between a met2 track and a riser."""
    half = rules.VIA2 / 2
    box(component, "via2", x - half, y - half, x + half, y + half)


@gf.cell
def dac6() -> gf.Component:
    """The DAC.

    Returns:
        Component dac6 with ports code_1v8[0..5], fine_1v8, enable_1v8 (left, met2), vref, ibias (bottom, met3), vout (top, met3), and the
        rails vss, vdd1v8, vpp (met1).
    """
    component = gf.Component()
    nets = _channel_nets()
    tracks = assign_tracks(nets, QUIET, LOUD)
    y_track = {name: round(Y_NHEAD + TRACK * index, 3) for name, index in tracks.items()}
    y_phead = round(Y_NHEAD + TRACK * max(tracks.values()), 3)
    y_pbottom = round(y_phead + rules.HEAD_CENTRE, 3)
    y_vpp = round(y_pbottom + WIDEST_P + 0.88, 3)
    rows = [(row, "n", row.place(component, "dac6", "n", Y_NTOP)) for row in (*N_LOW, *N_HIGH)]
    _join_implants(component, N_LOW)
    rows += [(row, "p", row.place(component, "dac6", "p", y_pbottom)) for row in (*P_LOW, *P_HIGH)]
    _rings(component, y_pbottom, y_vpp)
    rails = {"n": {"vss": Y_VSS}, "p": {"vss": Y_VSS, "vpp": y_vpp, "vdd1v8": y_vpp}}
    for row, polarity, reference in rows:
        row.wire(component, polarity, reference, rails[polarity], y_track, ("mid", "mid_n"))
    strap(component, _x_vdd(), y_track["vdd1v8"] - rules.BAR / 2, y_vpp)
    for name, net in nets.items():
        bar(component, y_track[name], sorted({*net.low, *net.high}), net.reach)
    y_parts = max(y_vpp + 1.45, _hold_levels()[3] + 1.35)
    _string_and_trees(component, y_track, y_parts)
    _buffer_resistors(component, y_track, y_parts)
    _low_end(component, y_track)
    _hold(component, y_track)
    _pins(component, y_track, y_vpp)
    return component


def _channel_nets() -> dict[str, ChannelNet]:
    """What the channel joins. Rails and the inner nodes of the shifters stay outside it; vdd1v8 enters once."""
    nets: dict[str, ChannelNet] = {}
    for rows, side in (((*N_LOW, *N_HIGH), "low"), ((*P_LOW, *P_HIGH), "high")):
        for row in rows:
            for net, x in chain(row.nodes(), row.gates()):
                if net not in ("vss", "vpp", "mid", "mid_n") and not (net == "vdd1v8" and side == "high"):
                    getattr(nets.setdefault(net, ChannelNet()), side).append(x)
    nets["vdd1v8"].high.append(_x_vdd())
    for net, xs in _reach().items():
        nets.setdefault(net, ChannelNet()).reach.extend(xs)
    return nets


def _x_vdd() -> float:
    """x of the last p inverter's source, where vdd1v8 enters the channel."""
    return next(x for net, x in _inverters("p")[-1].nodes() if net == "vdd1v8")


def _bit_x(net: str) -> float:
    return round(X_BITS + BIT_PITCH * BITS.index(net), 3)


def _tap_x(number: int) -> float:
    return round(X_TREE + PITCH * number, 3)


def _bank_x(index: int) -> float:
    """x of a landing of the buffer's resistors; index: resistors to the left of it, dummy included."""
    return round(X_BANK + PITCH * index - PITCH / 2, 3)


def _low_x(index: int) -> float:
    return round(X_LOW_BANK + PITCH * index - PITCH / 2, 3)


def _tree_out(odd: bool) -> float:
    return round(X_TREE + PITCH * odd + PITCH + switch_tree.PAIR * 8 - switch_tree.PAIR / 2, 3)


def _reach() -> dict[str, list[float]]:
    """x of the risers that meet a track, and of the pins at the left edge."""
    found = {net: [_bit_x(net)] for net in BITS}
    found |= {"tap[0]": [_tap_x(0), _low_x(37)], "tap[21]": [_tap_x(21)], "tap[34]": [_tap_x(34)], "tap[63]": [_tap_x(63)]}
    found |= {"e5": [_tree_out(False)], "o5": [_tree_out(True)], "low[0]": [_low_x(28)], "vg": [HOLD_X]}
    found |= {"da": [_bank_x(0)], "vcm": [_bank_x(12)], "db": [_bank_x(24)], "vfb": [_bank_x(35)], "vout": [_bank_x(50)]}
    found |= {net: [0.0] for net in PINS_LEFT}
    found |= {"vref": [56.25], "ibias": [46.2]}
    return {net: [x + side * RISER / 2 if x else x for x in xs for side in ((-1, 1) if x else (0,))] for net, xs in found.items()}


def _rings(component: gf.Component, y_pbottom: float, y_vpp: float) -> None:
    """A substrate ring below and a well ring above, for either voltage; rails over the whole width."""
    y_low = round(y_pbottom - 0.83, 3)
    left, n_right, p_right = RING_LOW
    for name, x0, x1, y0, y1, kind, rail, voltage in (
        ("n_low", left, n_right, Y_VSS, Y_NRING, "p", "b", 1.8),
        ("p_low", left, p_right, y_low, y_vpp, "n", "t", 1.8),
        ("n_high", *RING_HIGH, Y_VSS, Y_NRING, "p", "b", 5.0),
        ("p_high", *RING_HIGH, y_low, y_vpp, "n", "t", 5.0),
    ):
        size = round(x1 - x0, 3), round(y1 - y0, 3)
        ring = component << guard_ring(f"dac6_ring_{name}", *size, kind, rail, voltage=voltage)  # type: ignore[arg-type]
        ring.move((rules.on_grid((x0 + x1) / 2), rules.on_grid((y0 + y1) / 2)))
    box(component, "hvi", RING_HIGH[0] - 0.545, Y_VSS - 0.545, RING_HIGH[1] + 0.545, y_vpp + 0.545)
    box(component, "met1", 0, Y_VSS - rules.RAIL_HALF, X_RIGHT, Y_VSS + rules.RAIL_HALF)


def _string_and_trees(component: gf.Component, y_track: dict[str, float], y0: float) -> None:
    """Tree of the even taps (upside down), the string, tree of the odd taps; risers of the bits to the right."""
    y_even = round(y0 + switch_tree.HEIGHT, 3)                              # bar of its ring next to the string
    y_string = round(y_even + STRING_GAP, 3)
    height = UNIT + 2 * 2.16
    y_odd = round(y_string + height + STRING_GAP, 3)
    depth = STRING_GAP + LINK / 2
    even, odd = component << switch_tree.tree_half("dac6_tree_even", depth), component << switch_tree.tree_half("dac6_tree_odd", depth)
    even.mirror_y()
    even.move((X_TREE, y_even))
    odd.move((X_TREE + PITCH, y_odd))
    taps = " ".join(f"tap[{i}]" for i in range(64))
    string = component << resistor_bank("dac6_string", taps, (UNIT,) * 63)
    string.move((X_TREE + PITCH / 2, y_string))
    for net in ("tap[0]", "tap[21]", "tap[34]", "tap[63]"):
        x, y = positions(string, net)[0]
        _riser(component, x, y_track[net], y, (y,))
        _onto(component, x, y_track[net])
    for half, net in ((even, "e5"), (odd, "o5")):
        x, y = positions(half, "out")[0]
        _riser(component, x, y_track[net], y)
        box(component, "met2", x - RISER / 2, y - rules.BAR / 2, x + RISER / 2, y + rules.BAR / 2)
        for level in (y, y_track[net]):
            _onto(component, x, level)
    for net in BITS:
        x = _bit_x(net)
        ends = [positions(half, net)[0] for half in (even, odd)]
        _riser(component, x, y_track[net], max(y for _, y in ends))
        _onto(component, x, y_track[net])
        for x_end, y in ends:
            box(component, "met2", x_end - 0.2, y - rules.BAR / 2, x + RISER / 2, y + rules.BAR / 2)
            _onto(component, x, y)
    # both rings to vss: met1 beside the string, one riser to the rail
    left, upper = X_TREE + switch_tree.RING_LEFT, X_TREE + PITCH + switch_tree.RING_LEFT
    half = rules.RING_SIDE_HALF
    box(component, "met1", left - half, y_even - half, left + half, y_odd + half)
    box(component, "met1", left - half, y_odd - half, upper + half, y_odd + half)
    _riser(component, left, Y_VSS, y_even, (Y_VSS, y_even))
    right = X_TREE + PITCH + switch_tree.RING_RIGHT + 0.545
    box(component, "hvi", left - 0.545, y0 - 0.545, right, y_odd + switch_tree.HEIGHT + 0.545)
    box(component, "hvi", RING_HIGH[0] - 0.545, y0 - 1.5, right, y0)


def _buffer_resistors(component: gf.Component, y_track: dict[str, float], y0: float) -> None:
    """Two chains of 12 from da and db to vcm; the divider of 10 and 15, with its lead capacitor."""
    dots = " ".join("." * 11)
    path = f"da {dots} vcm {dots} db | vss {' '.join('.' * 9)} vfb {' '.join('.' * 14)} vout"
    bank = component << resistor_bank("dac6_buffer_resistors", path, (LONG,) * 49)
    bank.move((X_BANK, y0))
    for net in ("da", "vcm", "db", "vfb", "vout"):
        x, y = positions(bank, net)[0]
        _riser(component, x, y_track[net], y, (y,))
        _onto(component, x, y_track[net])
    x, y = positions(bank, "vss")[0]
    _riser(component, x, Y_VSS, y, (Y_VSS, y))
    _lead(component, *positions(bank, "vfb")[0], *positions(bank, "vout")[0])


def _lead(component: gf.Component, x_vfb: float, y_vfb: float, x_vout: float, y_vout: float) -> None:
    """MIM between vfb and vout above the bank: nothing of met2 or lower under it, by choice; its plates below 3 um (m3.3ab, m4.5ab)."""
    y = y_vout + 4.0
    capacitor = component << mim("dac6_lead", 4.8, 2.4, "vout", "vfb")
    x = x_vout - 5.2
    capacitor.move((rules.on_grid(x), rules.on_grid(y)))
    (x_top, y_top), (x_tab, y_tab) = positions(capacitor, "vout", "plate")[0], positions(capacitor, "vfb", "plate")[0]
    box(component, "met3", x_vfb - RISER / 2, y_vfb, x_vfb + RISER / 2, y_tab + RISER / 2)
    box(component, "met3", x_vfb - RISER / 2, y_tab - RISER / 2, x_tab, y_tab + RISER / 2)
    box(component, "met4", x_top, y_top - 0.3, x_vout + 0.3, y_top + 0.3)
    via_stack(component, x_vout, y_top, "met3", "met4", 0.6, 0.6)
    box(component, "met3", x_vout - RISER / 2, y_vout, x_vout + RISER / 2, y + 3.0)


def _low_end(component: gf.Component, y_track: dict[str, float]) -> None:
    """The resistors under tap 0: 27.6 units that the coarse range shorts, and 8.4."""
    fine, low = " ".join("." * 27), " ".join("." * 8)
    bank = component << resistor_bank("dac6_low_end", f"vss {fine} low[0] {low} tap[0]", (*(UNIT,) * 27, REST, *(UNIT,) * 8, OFFSET))
    bank.move((X_LOW_BANK, Y_LOW_BANK))
    x, y = positions(bank, "vss")[0]
    strap(component, x, Y_VSS, y)
    for net in ("low[0]", "tap[0]"):
        x, y = positions(bank, net)[0]
        _riser(component, x, y_track[net], y, (y,))
        _onto(component, x, y_track[net])


def _hold_levels() -> tuple[float, float, float, float]:
    """y of the ring's lower bar, of the lower and of the upper heads, and of the upper bar, um."""
    low = round(Y_LOW_BANK + UNIT + 2 * 2.16 + 0.95, 3)
    heads = round(low + 0.65 + HOLD + rules.HEAD_CENTRE, 3)
    return low, heads, round(heads + 0.75, 3), round(heads + 0.75 + rules.HEAD_CENTRE + HOLD + 0.65, 3)


def _hold(component: gf.Component, y_track: dict[str, float]) -> None:
    """Gate capacitor on vg: two strips head to head, in a ring of their own (licon.12: no diffusion wider than 5.7 um)."""
    low, head_low, head_high, high = _hold_levels()
    x_ring = round(4 * rules.column_pitch(HOLD_LENGTH) + 1.6, 3)
    for name, side, y_head in (("low", "t", head_low), ("high", "b", head_high)):
        sign = 1 if side == "t" else -1
        row = component << finger_row(f"dac6_hold_{name}", " vg ".join(["vss"] * 5), "n", HOLD, HOLD_LENGTH, f"vg:{side}", 5.0)
        row.move((HOLD_X, rules.on_grid(y_head - sign * (rules.HEAD_CENTRE + HOLD / 2))))
        for x, y in positions(row, "vss"):
            strap(component, x, low if side == "t" else high, y)
        bar(component, y_head, [x for x, _ in positions(row, "vg", "gate")])
        _onto(component, HOLD_X, y_head)
    ring = component << guard_ring("dac6_ring_hold", x_ring, round(high - low, 3), "p", "tb", voltage=5.0)
    ring.move((HOLD_X, rules.on_grid((low + high) / 2)))
    _riser(component, HOLD_X, min(y_track["vg"], head_low), head_high)
    _onto(component, HOLD_X, y_track["vg"])
    x = HOLD_X - x_ring / 2
    box(component, "met1", x - rules.RING_SIDE_HALF, Y_VSS, x + rules.RING_SIDE_HALF, low)


def _pins(component: gf.Component, y_track: dict[str, float], y_vpp: float) -> None:
    for net in PINS_LEFT:
        pin(component, net, "met2", rules.BAR / 2, y_track[net], orientation=180)
    for net, x in (("vref", 56.25), ("ibias", 46.2)):
        _riser(component, x, Y_VSS, y_track[net])
        _onto(component, x, y_track[net])
        pin(component, net, "met3", x, Y_VSS, RISER, RISER, orientation=270)
    top = component.bbox().top
    pin(component, "vout", "met3", _bank_x(50), round(top - 0.4, 3), RISER, RISER, orientation=90)
    pin(component, "vss", "met1", X_RIGHT / 2, Y_VSS, X_RIGHT, 2 * rules.RAIL_HALF, orientation=180)
    pin(component, "vdd1v8", "met1", RING_LOW[2] / 2, y_vpp, RING_LOW[2] - 1.0, 0.6, orientation=180)
    pin(component, "vpp", "met1", RING_HIGH[1] - 10.0, y_vpp, 18.0, 0.6, orientation=90)
    box(component, "prbndry", 0, Y_VSS - 0.55, X_RIGHT, round(top + 0.2, 3))


