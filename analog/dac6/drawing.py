"""What the layouts of both DACs share: string with its switch tree, the loop that holds a tap, shifters, and
the channel that joins them.

::

      y  ^   +---------------------------+ | | |
         |   | tree of the odd taps      | | | | |
         |   | string, 63 resistors      | bits  |   what a DAC has besides
         |   | tree of the even taps     | | | | |
             +---------------------------+ | | |
             | p: inverters | shifters, mirrors, pairs  vpp |
             | channel: met2 tracks                         +------------+
             | n: inverters | shifters, mirrors, loads  vss | low end    |
             +-----------------------------------------------------------> x

met1 runs vertically, met2 horizontally (tracks of the channel), met3 vertically between the parts. The
channel's tracks are assigned by neusoc.layout.routing.tracks from the places of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import gdsfactory as gf
from neusoc.analog.dac6 import switch_tree
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.resistors import LINK, PITCH, resistor_bank
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import bar, box, pin, positions, strap, via_stack
from neusoc.layout.routing.tracks import ChannelNet, ChannelRow, assign_tracks
from neusoc.pdk import rules

TRACK = 0.46
RISER, PAD = 0.40, 0.49  # met3 between the parts, and its stack of vias
UNIT, OFFSET = 6.0, 1.82  # bodies of the string, and of what lies below tap 0
Y_VSS, Y_NTOP = 0.0, 5.65  # rail; upper edge of all n diffusions
Y_NHEAD = Y_NTOP + rules.HEAD_CENTRE
Y_NRING = round(Y_NTOP + 0.88, 3)
WIDEST_P = 4.0
STRING_GAP = 0.90  # ring of a tree half to the string: poly.9, psd.1
BITS = tuple(f"{net}[{bit}]" for bit in range(1, 6) for net in ("bit_n", "bit"))
LOUD = tuple(f"{bit}[{i}]" for bit in ("bit", "bit_n") for i in range(6))  # what moves by vpp
X_SHIFT, SHIFT_PITCH = 20.0, 4.2
X_TREE = 2.5  # first even tap
X_BITS, BIT_PITCH = 58.2, 0.8  # risers of the bits
Y_LOW_BANK = 0.60  # clear of the vss rail
HOLD, HOLD_LENGTH = 5.0, 5.0  # a finger of the gate capacitor on vg
PINS_BOTTOM = {"vref": 56.25, "ibias": 46.2}  # x, um

# n and p strips of the shifters: one inverter of their input each stands with the inverters
N_SHIFT = tuple(
    ChannelRow(
        f"pull{i}", X_SHIFT + SHIFT_PITCH * i, f"bit_n[{i}] code_1v8[{i}] vss code_n[{i}] bit[{i}]", 2.0, 0.5
    )
    for i in range(6)
)
P_SHIFT = tuple(
    ChannelRow(f"shift{i}", X_SHIFT + SHIFT_PITCH * i, path.format(i=i), 0.42, 0.5)
    for path in ("bit_n[{i}] code_1v8[{i}] mid_n bit[{i}] vpp bit_n[{i}] mid code_n[{i}] bit[{i}]",)
    for i in range(6)
)
# n strips of bias and loop
N_LOOP = (
    ChannelRow("off", 44.8, "ibias en_n vss en_n vg", 2.0, 0.5),
    ChannelRow("bias", 47.4, "vbp ibias vss ibias ibias", 2.0, 2.0),
    ChannelRow("ref_a", 53.0, "ref_a ref_a vss ref_a vg", 2.0, 2.0),
    ChannelRow("ref_b", 58.6, "ref_p ref_b vss ref_b ref_b", 2.0, 2.0),
    ChannelRow("top", 64.2, "tap[63] vg vdd1v8 vg tap[63]", 5.0, 0.5),
)


@dataclass(frozen=True)
class Plan:
    """What one DAC has of its own.

    Attributes:
        name: name of the cell, and first part of those below it.
        n_low, n_high, p_low, p_high: strips of 1.8 V and of 5 V beside the channel.
        quiet: nets that hold a level, whose tracks keep away from those of LOUD.
        pins: pins at the left edge.
        reach: x of landings on a net's track beside those that both DACs have, um.
        taps: taps of the string that have a track.
        low_end: path of the resistors below tap 0, and the lengths of their bodies, um.
        x_low_end: their first body, um.
        ring_low: left side; right sides of the n and of the p ring; um.
        ring_high: left and right side of the rings of 5 V, um.
        right: right edge of the cell, um.
    """

    name: str
    n_low: Sequence[ChannelRow]
    n_high: Sequence[ChannelRow]
    p_low: Sequence[ChannelRow]
    p_high: Sequence[ChannelRow]
    quiet: Sequence[str]
    pins: Sequence[str]
    reach: Mapping[str, Sequence[float]]
    taps: Sequence[str]
    low_end: tuple[str, tuple[float, ...]]
    x_low_end: float
    ring_low: tuple[float, float, float]
    ring_high: tuple[float, float]
    right: float

    def x_vdd(self) -> float:
        """x of the last p inverter's source, where vdd1v8 enters the channel."""
        last = [row for row in self.p_low if row.name.startswith("inv")][-1]
        return next(x for net, x in last.nodes() if net == "vdd1v8")

    def low_end_x(self, net: str) -> float:
        """x of a landing of the resistors below tap 0."""
        return round(self.x_low_end + PITCH * self.low_end[0].split().index(net) - PITCH / 2, 3)


def inverters(
    polarity: str, pairs: Sequence[Sequence[tuple[str, str]]], length: float = 0.15, pitch: float = 2.6
) -> list[ChannelRow]:
    """Strips of one or two inverters each.

    Args:
        polarity: n or p.
        pairs: (input, output) of each inverter of each strip.
        length: length of the gates, um.
        pitch: distance from strip to strip, um.
    """
    rail, width = ("vss", 1.0) if polarity == "n" else ("vdd1v8", 2.0)
    paths = [" ".join([pair[0][1], pair[0][0], rail, *(pair[1] if len(pair) > 1 else ())]) for pair in pairs]
    return [
        ChannelRow(f"inv{i}", round(1.2 + pitch * i, 3), path, width, length, 1.8)
        for i, path in enumerate(paths)
    ]


def riser(component: gf.Component, x: float, y0: float, y1: float, stacks: tuple[float, ...] = ()) -> None:
    """met3 from y0 to y1, with vias from met1 at each y of stacks."""
    low, high = min(y0, y1), max(y0, y1)
    box(component, "met3", x - RISER / 2, low - PAD / 2, x + RISER / 2, high + PAD / 2)
    for y in stacks:
        via_stack(component, x, y, "met1", "met3", PAD, PAD)


def onto(component: gf.Component, x: float, y: float) -> None:
    """via2 between a met2 track and a riser."""
    half = rules.VIA2 / 2
    box(component, "via2", x - half, y - half, x + half, y + half)


def bit_x(net: str) -> float:
    """x of the riser of a bit or its complement."""
    return round(X_BITS + BIT_PITCH * BITS.index(net), 3)


def tap_x(number: int) -> float:
    """x of a tap's landing."""
    return round(X_TREE + PITCH * number, 3)


def tree_out(odd: bool) -> float:
    """x of the output of a half of the tree."""
    return round(X_TREE + PITCH * odd + PITCH + switch_tree.PAIR * 8 - switch_tree.PAIR / 2, 3)


def _reach(plan: Plan) -> dict[str, list[float]]:
    """x at which tracks are met from outside the rows: both edges of each riser, and the cell's left edge,
    um."""
    found: dict[str, list[float]] = {net: [bit_x(net)] for net in BITS}
    found |= {net: [tap_x(int(net[4:-1]))] for net in plan.taps}
    for net in (net for net in plan.low_end[0].split() if net not in (".", "vss")):
        found.setdefault(net, []).append(plan.low_end_x(net))
    found |= {"e5": [tree_out(False)], "o5": [tree_out(True)], **{net: [x] for net, x in PINS_BOTTOM.items()}}
    found |= {net: list(xs) for net, xs in plan.reach.items()}
    edges = {net: [x + side * RISER / 2 for x in xs for side in (-1, 1)] for net, xs in found.items()}
    return edges | {net: [0.0] for net in plan.pins}


def rows_and_channel(component: gf.Component, plan: Plan) -> tuple[dict[str, float], float]:
    """Draw the strips, their rings, and the tracks between them.

    Returns:
        y of each net's track, and of the rails of vpp and vdd1v8, um.
    """
    nets = _channel_nets(plan)
    tracks = assign_tracks(nets, plan.quiet, LOUD)
    y_track = {name: round(Y_NHEAD + TRACK * index, 3) for name, index in tracks.items()}
    y_phead = round(Y_NHEAD + TRACK * max(tracks.values()), 3)
    y_pbottom = round(y_phead + rules.HEAD_CENTRE, 3)
    y_vpp = round(y_pbottom + WIDEST_P + 0.88, 3)
    rows = [(row, "n", row.place(component, plan.name, "n", Y_NTOP)) for row in (*plan.n_low, *plan.n_high)]
    _join_implants(component, plan.n_low)
    rows += [
        (row, "p", row.place(component, plan.name, "p", y_pbottom)) for row in (*plan.p_low, *plan.p_high)
    ]
    _rings(component, plan, y_pbottom, y_vpp)
    rails = {"n": {"vss": Y_VSS}, "p": {"vss": Y_VSS, "vpp": y_vpp, "vdd1v8": y_vpp}}
    for row, polarity, reference in rows:
        row.wire(component, polarity, reference, rails[polarity], y_track, ("mid", "mid_n"))  # type: ignore[arg-type]
    strap(component, plan.x_vdd(), y_track["vdd1v8"] - rules.BAR / 2, y_vpp)
    for name, net in nets.items():
        bar(component, y_track[name], sorted({*net.low, *net.high}), net.reach)
    return y_track, y_vpp


def _join_implants(component: gf.Component, rows: Sequence[ChannelRow]) -> None:
    """nsdm between strips that are nearer to each other than it may be to itself (nsd.2), as high as the
    lower one."""
    for left, right in pairwise(rows):
        x_left, x_right = left.nodes()[-1][1], right.nodes()[0][1]
        if x_right - x_left < 2 * (rules.DIFF_END + rules.IMPLANT) + rules.IMPLANT_SPACE:
            box(
                component,
                "nsdm",
                x_left,
                Y_NTOP - min(left.width, right.width) - rules.IMPLANT,
                x_right,
                Y_NTOP + rules.IMPLANT,
            )


def _channel_nets(plan: Plan) -> dict[str, ChannelNet]:
    """What the channel joins. Rails and the inner nodes of the shifters stay outside it; vdd1v8 enters
    once."""
    nets: dict[str, ChannelNet] = {}
    for rows, side in (((*plan.n_low, *plan.n_high), "low"), ((*plan.p_low, *plan.p_high), "high")):
        for row in rows:
            for net, x in chain(row.nodes(), row.gates()):
                if net not in ("vss", "vpp", "mid", "mid_n") and not (net == "vdd1v8" and side == "high"):
                    getattr(nets.setdefault(net, ChannelNet()), side).append(x)
    nets.setdefault("vdd1v8", ChannelNet()).high.append(plan.x_vdd())
    for net, xs in _reach(plan).items():
        nets.setdefault(net, ChannelNet()).reach.extend(xs)
    return nets


def _rings(component: gf.Component, plan: Plan, y_pbottom: float, y_vpp: float) -> None:
    """A substrate ring below and a well ring above, for either voltage; rails over the whole width."""
    y_low = round(y_pbottom - 0.83, 3)
    left, n_right, p_right = plan.ring_low
    for name, x0, x1, y0, y1, kind, rail, voltage in (
        ("n_low", left, n_right, Y_VSS, Y_NRING, "p", "b", 1.8),
        ("p_low", left, p_right, y_low, y_vpp, "n", "t", 1.8),
        ("n_high", *plan.ring_high, Y_VSS, Y_NRING, "p", "b", 5.0),
        ("p_high", *plan.ring_high, y_low, y_vpp, "n", "t", 5.0),
    ):
        size = round(x1 - x0, 3), round(y1 - y0, 3)
        ring = component << guard_ring(f"{plan.name}_ring_{name}", *size, kind, rail, voltage=voltage)  # type: ignore[arg-type]
        ring.move((rules.on_grid((x0 + x1) / 2), rules.on_grid((y0 + y1) / 2)))
    box(component, "hvi", plan.ring_high[0] - 0.545, Y_VSS - 0.545, plan.ring_high[1] + 0.545, y_vpp + 0.545)
    box(component, "met1", 0, Y_VSS - rules.RAIL_HALF, plan.right, Y_VSS + rules.RAIL_HALF)


def string_and_trees(component: gf.Component, plan: Plan, y_track: Mapping[str, float], y0: float) -> None:
    """Tree of the even taps (upside down), the string, tree of the odd taps; risers of the bits to the right;
    y0: lower edge, um."""
    y_even = round(y0 + switch_tree.HEIGHT, 3)  # bar of its ring next to the string
    y_string = round(y_even + STRING_GAP, 3)
    height = UNIT + 2 * 2.16
    y_odd = round(y_string + height + STRING_GAP, 3)
    depth = STRING_GAP + LINK / 2
    even, odd = (
        component << switch_tree.tree_half(f"{plan.name}_tree_{half}", depth) for half in ("even", "odd")
    )
    even.mirror_y()
    even.move((X_TREE, y_even))
    odd.move((X_TREE + PITCH, y_odd))
    string = component << resistor_bank(
        f"{plan.name}_string", " ".join(f"tap[{i}]" for i in range(64)), (UNIT,) * 63
    )
    string.move((X_TREE + PITCH / 2, y_string))
    for net in plan.taps:
        x, y = positions(string, net)[0]
        riser(component, x, y_track[net], y, (y,))
        onto(component, x, y_track[net])
    for half, net in ((even, "e5"), (odd, "o5")):
        x, y = positions(half, "out")[0]
        riser(component, x, y_track[net], y)
        box(component, "met2", x - RISER / 2, y - rules.BAR / 2, x + RISER / 2, y + rules.BAR / 2)
        for level in (y, y_track[net]):
            onto(component, x, level)
    for net in BITS:
        x = bit_x(net)
        ends = [positions(half, net)[0] for half in (even, odd)]
        riser(component, x, y_track[net], max(y for _, y in ends))
        onto(component, x, y_track[net])
        for x_end, y in ends:
            box(component, "met2", x_end - 0.2, y - rules.BAR / 2, x + RISER / 2, y + rules.BAR / 2)
            onto(component, x, y)
    # both rings to vss: met1 beside the string, one riser to the rail
    left, upper = X_TREE + switch_tree.RING_LEFT, X_TREE + PITCH + switch_tree.RING_LEFT
    side = rules.RING_SIDE_HALF
    box(component, "met1", left - side, y_even - side, left + side, y_odd + side)
    box(component, "met1", left - side, y_odd - side, upper + side, y_odd + side)
    riser(component, left, Y_VSS, y_even, (Y_VSS, y_even))
    right = X_TREE + PITCH + switch_tree.RING_RIGHT + 0.545
    box(component, "hvi", left - 0.545, y0 - 0.545, right, y_odd + switch_tree.HEIGHT + 0.545)
    box(component, "hvi", plan.ring_high[0] - 0.545, y0 - 1.5, right, y0)


def low_end(component: gf.Component, plan: Plan, y_track: Mapping[str, float]) -> None:
    """The resistors under tap 0."""
    path, lengths = plan.low_end
    bank = component << resistor_bank(f"{plan.name}_low_end", path, lengths)
    bank.move((plan.x_low_end, Y_LOW_BANK))
    x, y = positions(bank, "vss")[0]
    strap(component, x, Y_VSS, y)
    for net in (net for net in path.split() if net not in (".", "vss")):
        x, y = positions(bank, net)[0]
        riser(component, x, y_track[net], y, (y,))
        onto(component, x, y_track[net])


def hold_levels(low: float) -> tuple[float, float, float]:
    """y of the lower and of the upper heads of a gate capacitor, and of its ring's upper bar; low: of the
    lower bar; um."""
    heads = round(low + 0.65 + HOLD + rules.HEAD_CENTRE, 3)
    return heads, round(heads + 0.75, 3), round(heads + 0.75 + rules.HEAD_CENTRE + HOLD + 0.65, 3)


def hold(
    component: gf.Component, plan: Plan, name: str, columns: int, centre: float, low: float, y_vg: float
) -> float:
    """Gate capacitor on vg: two strips head to head, in a ring of their own (licon.12: no diffusion wider
    than 5.7 um).

    Args:
        component, plan: cell, and its plan.
        name: part of its cells' names behind the plan's.
        columns: fingers of a strip, an even number.
        centre: x of its centre, where vg comes in, um.
        low: y of the ring's lower bar, um.
        y_vg: y that its riser reaches, um; where the channel's track is, if that is below it.

    Returns:
        Width of the ring between the centres of its sides, um.
    """
    head_low, head_high, high = hold_levels(low)
    width = round(columns * rules.column_pitch(HOLD_LENGTH) + 1.6, 3)
    for half, side, y_head in (("low", "t", head_low), ("high", "b", head_high)):
        sign = 1 if side == "t" else -1
        path = " vg ".join(["vss"] * (columns + 1))
        row = component << finger_row(
            f"{plan.name}_hold{name}_{half}", path, "n", HOLD, HOLD_LENGTH, f"vg:{side}", 5.0
        )
        row.move((centre, rules.on_grid(y_head - sign * (rules.HEAD_CENTRE + HOLD / 2))))
        for x, y in positions(row, "vss"):
            strap(component, x, low if side == "t" else high, y)
        bar(component, y_head, [x for x, _ in positions(row, "vg", "gate")])
        onto(component, centre, y_head)
    ring = component << guard_ring(
        f"{plan.name}_ring_hold{name}", width, round(high - low, 3), "p", "tb", voltage=5.0
    )
    ring.move((centre, rules.on_grid((low + high) / 2)))
    riser(component, centre, min(y_vg, head_low), head_high)
    return width


def pins(
    component: gf.Component, plan: Plan, y_track: Mapping[str, float], y_vpp: float, x_out: float
) -> None:
    """Pins and outline; vout at the top, at x_out, um."""
    for net in plan.pins:
        pin(component, net, "met2", rules.BAR / 2, y_track[net], orientation=180)
    for net, x in PINS_BOTTOM.items():
        riser(component, x, Y_VSS, y_track[net])
        onto(component, x, y_track[net])
        pin(component, net, "met3", x, Y_VSS, RISER, RISER, orientation=270)
    top, low_right, high_right = component.bbox().top, plan.ring_low[2], plan.ring_high[1]
    pin(component, "vout", "met3", x_out, round(top - 0.4, 3), RISER, RISER, orientation=90)
    pin(component, "vss", "met1", plan.right / 2, Y_VSS, plan.right, 2 * rules.RAIL_HALF, orientation=180)
    pin(component, "vdd1v8", "met1", low_right / 2, y_vpp, low_right - 1.0, 0.6, orientation=180)
    pin(component, "vpp", "met1", high_right - 10.0, y_vpp, 18.0, 0.6, orientation=90)
    box(component, "prbndry", 0, Y_VSS - 0.55, plan.right, round(top + 0.2, 3))
