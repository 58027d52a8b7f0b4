"""Layout of the strobe driver: five rows, each a channel of 1.8 V logic beside a row driver whose line supply
is vpp.

::

      inputs |  [channel e][row_driver]  > e_vpp      rows are mirrored in turn and share rails
      bus    |  [channel d][row_driver]  > d_vpp
      met3   |  [channel c][row_driver]  > c_vpp
             |  [channel b][row_driver]  > b_vpp
             |  [channel a][row_driver]  > a_vpp

The channel has the row driver's height, rails and tracks; its well runs into that of the row driver's
inverter.
"""

from __future__ import annotations

from typing import Literal

import gdsfactory as gf
from neusoc.analog.row_driver.layout import (
    HEIGHT,
    TRACK,
    Y_NROW_TOP,
    Y_NTAP,
    Y_PROW_BOTTOM,
    Y_PTAP,
    Y_VDD1V8,
    Y_VPP,
    Y_VSS,
    Y_VWL,
    row_driver,
)
from neusoc.analog.row_driver.layout import WIDTH as WIDTH_DRIVER
from neusoc.layout.primitives.fingers import place_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, pin, positions, strap, via_stack, xs_of
from neusoc.pdk import rules

WIDTH_N, WIDTH_P, WIDTH_LIMIT, WIDTH_LATE_N, WIDTH_LATE_P = 1.00, 1.70, 0.42, 0.60, 0.84
WIDTH_LOAD, WIDTH_HELD = 2.00, 1.70
LENGTH, LENGTH_LIMIT, LENGTH_LOAD = 0.15, 2.00, 1.50
PITCH, PITCH_LIMIT, PITCH_LOAD = (
    rules.column_pitch(length) for length in (LENGTH, LENGTH_LIMIT, LENGTH_LOAD)
)
SHIFT = 0.40  # of the p limiters to the right: both rails pass between the gates' straps
# First node of each group, PITCH behind the last node of the group before
X_FIRST = 1.10
X_LATE0 = round(X_FIRST + 5 * PITCH, 3)
X_LIMIT = round(X_LATE0 + 2 * PITCH, 3)
X_LATE1 = round(X_LIMIT + 2 * PITCH_LIMIT + SHIFT + PITCH, 3)
X_LOAD = tuple(round(X_LATE1 + 2 * PITCH + k * (PITCH_LOAD + PITCH), 3) for k in (0, 1))
X_BOTH = round(X_LOAD[1] + PITCH_LOAD + PITCH, 3)
RING = (0.47, round(X_BOTH + 3 * PITCH + 0.63, 3))
WIDTH_CHANNEL = round(
    RING[1] + 0.75, 3
)  # 0.28 of met1 and 0.38 of implant to the row driver's rails and ring
INPUTS = {"own_1v8": TRACK.inputs, "rival_a_1v8": TRACK.in_n, "rival_b_1v8": TRACK.off}

STROBES = "abcde"
RIVALS = {"a": "bc", "b": "ac", "c": "ab", "d": "e", "e": "d"}
BUS, BUS_FIRST, BUS_PITCH, BUS_LINE = 4.60, 0.80, 0.80, 0.32  # met3 lines of the inputs, left of the channels
MARGIN_RIGHT = 1.20
WIDTH, HEIGHT_ALL = (
    round(BUS + WIDTH_CHANNEL + WIDTH_DRIVER + MARGIN_RIGHT, 3),
    round(len(STROBES) * HEIGHT, 3),
)
STRAP_WIDTH = 0.80


@gf.cell
def strobe_channel() -> gf.Component:
    """One channel: inverter and NOR, delay with its loads, NAND and inverter; its right edge meets a row
    driver.

    Returns:
        Component strobe_channel with ports own_1v8, rival_a_1v8, rival_b_1v8 (left, met2), only_1v8 (right,
        met2), vdd1v8 and vss (met1).
    """
    component = gf.Component()

    def place(
        name: str, path: str, polarity: Literal["n", "p"], first: float, width: float, length: float = LENGTH
    ) -> Reference:
        return place_row(
            component,
            f"strobe_channel_{polarity}_{name}",
            path,
            polarity,
            first,
            Y_NROW_TOP if polarity == "n" else Y_PROW_BOTTOM,
            width,
            length,
            voltage=1.8,
        )

    gates = "own_n own_1v8 {0} own_n {1} rival_a_1v8 {2} rival_b_1v8 alone"
    rows = {
        "alone": (
            place("alone", gates.format("vss", "alone", "vss"), "n", X_FIRST, WIDTH_N),
            place("alone", gates.format("vdd1v8", "up_a", "up_b"), "p", X_FIRST, WIDTH_P),
        ),
        "late0": (
            place("late0", "late0 alone n_0", "n", X_LATE0, WIDTH_LATE_N),
            place("late0", "late0 alone p_0", "p", X_LATE0, WIDTH_LATE_P),
        ),
        "limit": (
            place("limit", "n_0 vdd1v8 vss vdd1v8 n_1", "n", X_LIMIT, WIDTH_LIMIT, LENGTH_LIMIT),
            place("limit", "p_0 vss vdd1v8 vss p_1", "p", X_LIMIT + SHIFT, WIDTH_LIMIT, LENGTH_LIMIT),
        ),
        "late1": (
            place("late1", "n_1 late0 late1", "n", X_LATE1, WIDTH_LATE_N),
            place("late1", "p_1 late0 late1", "p", X_LATE1, WIDTH_LATE_P),
        ),
        "load0": (
            place("load0", "vss late0 vss", "n", X_LOAD[0], WIDTH_LOAD, LENGTH_LOAD),
            place("held_a", "up_a vss up_a", "p", X_LOAD[0], WIDTH_HELD, LENGTH_LOAD),
        ),
        "load1": (
            place("load1", "vss late1 vss", "n", X_LOAD[1], WIDTH_LOAD, LENGTH_LOAD),
            place("held_b", "up_b vss up_b", "p", X_LOAD[1], WIDTH_HELD, LENGTH_LOAD),
        ),
        "both": (
            place("both", "only_n late1 only_m alone vss only_n only_1v8", "n", X_BOTH, WIDTH_N),
            place("both", "vdd1v8 late1 only_n alone vdd1v8 only_n only_1v8", "p", X_BOTH, WIDTH_P),
        ),
    }
    _channel_rings(component)
    _channel_wires(component, rows)
    _channel_supplies(component, rows)
    for net, y in INPUTS.items():
        pin(component, net, "met2", rules.BAR / 2, y, orientation=180)
    pin(component, "only_1v8", "met2", WIDTH_CHANNEL - rules.BAR / 2, TRACK.inputs, orientation=0)
    box(component, "prbndry", 0, 0, WIDTH_CHANNEL, HEIGHT)
    return component


def _channel_rings(component: gf.Component) -> None:
    for name, low, high, kind, rail in (("n", Y_VSS, Y_PTAP, "p", "b"), ("p", Y_NTAP, Y_VPP, "n", "t")):
        ring = component << guard_ring(
            f"strobe_channel_ring_{name}", round(RING[1] - RING[0], 3), round(high - low, 3), kind, rail
        )
        ring.move((rules.on_grid(sum(RING) / 2), rules.on_grid((low + high) / 2)))
    box(component, "nwell", RING[0] - 0.405, Y_NTAP - 0.405, WIDTH_CHANNEL, HEIGHT)
    right = round(X_BOTH + 3 * PITCH, 3)
    box(component, "nsdm", X_FIRST, Y_NROW_TOP - WIDTH_N - rules.IMPLANT, right, Y_NROW_TOP + rules.IMPLANT)
    ends = X_LOAD[0], round(X_LOAD[1] + PITCH_LOAD, 3)
    box(
        component,
        "nsdm",
        ends[0],
        Y_NROW_TOP - WIDTH_LOAD - rules.IMPLANT,
        ends[1],
        Y_NROW_TOP + rules.IMPLANT,
    )
    box(
        component,
        "psdm",
        X_FIRST,
        Y_PROW_BOTTOM - rules.IMPLANT,
        right,
        Y_PROW_BOTTOM + WIDTH_P + rules.IMPLANT,
    )


def _channel_wires(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    """Gates and outputs that both rows share stand at one x: a strap each, and a met2 bar where a net needs
    more."""
    level_n, level_p = Y_NROW_TOP - WIDTH_LIMIT / 2, Y_PROW_BOTTOM + WIDTH_LIMIT / 2
    for n, p in rows.values():
        for net in sorted(_nets(n, "gate") & _nets(p, "gate")):
            for x in sorted(set(xs_of(n, net, "gate")) & set(xs_of(p, net, "gate"))):
                strap(component, x, TRACK.inputs, TRACK.on)
        for net in sorted(_nets(n, "node") & _nets(p, "node")):
            for x in sorted(set(xs_of(n, net)) & set(xs_of(p, net))):
                strap(component, x, level_n, level_p)
    alone, late0, late1, both = rows["alone"], rows["late0"], rows["late1"], rows["both"]
    for net, y in INPUTS.items():
        bar(component, y, xs_of(alone[0], net, "gate"), [0.0])
    bar(component, TRACK.on, [xs_of(alone[0], "own_n")[0], *xs_of(alone[0], "own_n", "gate")])
    node = xs_of(alone[0], "alone")
    strap(component, node[0], level_n, TRACK.inputs + rules.BAR / 2)
    bar(component, TRACK.inputs, [*node, *xs_of(late0[0], "alone", "gate"), *xs_of(both[0], "alone", "gate")])
    _limiter_wires(component, rows)
    loads = {net: xs_of(rows[f"load{k}"][0], net, "gate")[0] for k, net in enumerate(("late0", "late1"))}
    strap(component, loads["late0"], TRACK.inputs, TRACK.in_n + rules.BAR / 2)
    strap(component, loads["late1"], TRACK.inputs, TRACK.off + rules.BAR / 2)
    bar(component, TRACK.on, [*xs_of(late0[0], "late0"), *xs_of(late1[0], "late0", "gate")])
    bar(component, TRACK.in_n, [*xs_of(late1[0], "late0", "gate"), loads["late0"]])
    bar(component, TRACK.off, [*xs_of(late1[0], "late1"), loads["late1"], *xs_of(both[0], "late1", "gate")])
    _held_wires(component, rows)
    low, high = xs_of(both[0], "only_n"), xs_of(both[1], "only_n")
    strap(component, low[0], level_n, TRACK.in_n + rules.BAR / 2)
    strap(component, high[0], TRACK.in_n - rules.BAR / 2, level_p)
    bar(component, TRACK.in_n, [*low, *high, *xs_of(both[0], "only_n", "gate")])
    bar(component, TRACK.inputs, xs_of(both[0], "only_1v8"), [WIDTH_CHANNEL])


def _nets(row: Reference, role: str) -> set[str]:
    """Nets of a row's nodes or gates."""
    return {port.info["net"] for port in row.ports if port.info["role"] == role}


def _limiter_wires(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    """Limiters to their switches in met1; the gates of one kind on the rail of the other, which comes up
    through its middle node."""
    n, p = rows["limit"]
    half = rules.BAR / 2
    for row, other, net, head, track, level in (
        (n, p, "vdd1v8", TRACK.inputs, TRACK.off, Y_PROW_BOTTOM + WIDTH_LIMIT / 2),
        (p, n, "vss", TRACK.on, TRACK.in_n, Y_NROW_TOP - WIDTH_LIMIT / 2),
    ):
        gates, rail = xs_of(row, net, "gate"), xs_of(other, net)
        sign = 1 if track > head else -1
        for x in gates:
            strap(component, x, min(head, track + sign * half), max(head, track + sign * half))
        for x in rail:
            strap(component, x, min(level, track - sign * half), max(level, track - sign * half))
        bar(component, track, [*gates, *rail])
    for k, kind in ((0, "n"), (0, "p"), (1, "n"), (1, "p")):
        switch, limiter = (rows[name]["np".index(kind)] for name in (f"late{k}", "limit"))
        net = f"{kind}_{k}"
        y = Y_NROW_TOP - WIDTH_LIMIT / 2 if kind == "n" else Y_PROW_BOTTOM + WIDTH_LIMIT / 2
        ends = sorted([*xs_of(switch, net), *xs_of(limiter, net)])
        box(component, "met1", ends[0], y - 0.15, ends[-1], y + 0.15)


def _held_wires(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    """Nodes within the NOR's stack, over the p rows, to what holds them; its gates are on vss, which comes up
    through the loads' nodes."""
    for k, (net, y) in enumerate((("up_a", Y_PROW_BOTTOM + 0.45), ("up_b", Y_PROW_BOTTOM + 1.25))):
        n, p = rows[f"load{k}"]
        bar(component, y, [*xs_of(rows["alone"][1], net), *xs_of(p, net)])
        for x in xs_of(n, "vss"):
            strap(component, x, Y_NROW_TOP - WIDTH_LIMIT / 2, TRACK.on + rules.BAR / 2)
        bar(component, TRACK.on, [*xs_of(n, "vss"), *xs_of(p, "vss", "gate")])


def _channel_supplies(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    for n, p in rows.values():
        for x, y in positions(n, "vss") if "vss" in _nets(n, "node") else ():
            strap(component, x, Y_VSS, y)
        for x, y in positions(p, "vdd1v8") if "vdd1v8" in _nets(p, "node") else ():
            strap(component, x, y, Y_VPP)
    right = WIDTH_CHANNEL - 0.30  # from the row driver's vpp rail
    box(component, "met1", 0, Y_VSS - rules.RAIL_HALF, WIDTH_CHANNEL, Y_VSS + rules.RAIL_HALF)
    box(component, "met1", 0, Y_VPP - rules.RAIL_HALF, right, Y_VDD1V8 + 0.15)
    box(component, "met1", 0, Y_VDD1V8 - 0.15, WIDTH_CHANNEL, Y_VDD1V8 + 0.15)
    pin(
        component,
        "vss",
        "met1",
        WIDTH_CHANNEL / 2,
        Y_VSS,
        WIDTH_CHANNEL,
        2 * rules.RAIL_HALF,
        orientation=180,
    )
    pin(component, "vdd1v8", "met1", WIDTH_CHANNEL / 2, Y_VDD1V8, WIDTH_CHANNEL, 0.30, orientation=180)


@gf.cell
def strobe_driver() -> gf.Component:
    """Five channels with their drivers.

    Returns:
        Component strobe_driver with ports <x>_1v8 (left, met2), <x>_vpp (right, met2) for x = a to e, vdd1v8,
        vpp, vss (top, met3 straps).
    """
    component = gf.Component()
    channels, drivers = [], []
    for row in range(len(STROBES)):
        for cell, x, kept in (
            (strobe_channel(), BUS, channels),
            (row_driver(), BUS + WIDTH_CHANNEL, drivers),
        ):
            reference = component << cell
            if row % 2:
                reference.mirror_y()
            reference.move((x, rules.on_grid((row + row % 2) * HEIGHT)))
            kept.append(reference)
    _inputs(component, channels)
    _outputs(component)
    _supplies(component)
    box(component, "prbndry", 0, 0, WIDTH, HEIGHT_ALL)
    return component


def _at(row: int, y: float) -> float:
    """y of a level of the cells in a row of the block, um."""
    return rules.on_grid((row + 1) * HEIGHT - y if row % 2 else row * HEIGHT + y)


def _inputs(component: gf.Component, channels: list[Reference]) -> None:
    """Each input from the left edge to its channel, and by a met3 line to its rivals."""
    for group in ("abc", "de"):
        levels = [_at(STROBES.index(n), y) for n in group for y in INPUTS.values()]
        for index, net in enumerate(group):
            x = rules.on_grid(BUS_FIRST + index * BUS_PITCH)
            box(component, "met3", x - BUS_LINE / 2, min(levels) - 0.3, x + BUS_LINE / 2, max(levels) + 0.3)
            for other in group:
                row = STROBES.index(other)
                if other == net:
                    y = _at(row, INPUTS["own_1v8"])
                    start = 0.0
                    pin(component, f"{net}_1v8", "met2", rules.BAR / 2, y, orientation=180)
                else:
                    y = _at(row, INPUTS[("rival_a_1v8", "rival_b_1v8")[RIVALS[other].index(net)]])
                    start = x - 0.185
                box(component, "met2", start, y - rules.BAR / 2, BUS, y + rules.BAR / 2)
                via_stack(component, x, y, "met2", "met3", 0.40, 0.40)
    x = BUS - 0.80  # the pair has no second rival: vss
    for net in "de":
        row = STROBES.index(net)
        y, rail = _at(row, INPUTS["rival_b_1v8"]), _at(row, Y_VSS)
        bar(component, y, [x], [BUS])
        half = rules.BAR / 2
        strap(component, x, min(rail, y - half), max(rail, y + half))
        box(component, "met1", x - 0.4, rail - rules.RAIL_HALF, BUS, rail + rules.RAIL_HALF)


def _outputs(component: gf.Component) -> None:
    """Outputs at the right edge; the line supply of each driver tied to vpp."""
    edge = BUS + WIDTH_CHANNEL + WIDTH_DRIVER
    half = rules.BAR / 2
    for row, net in enumerate(STROBES):
        y = _at(row, TRACK.inputs)
        box(component, "met2", edge - 0.1, y - half, WIDTH, y + half)
        pin(component, f"{net}_vpp", "met2", WIDTH - half, y, orientation=0)
        x, rail = edge + 0.50, _at(row, Y_VPP)
        y = _at(row, Y_VWL)
        bar(component, y, [x], [edge - 0.1])
        strap(component, x, min(rail, y - half), max(rail, y + half))
        box(component, "met1", edge - 0.1, rail - rules.RAIL_HALF, x + 0.4, rail + rules.RAIL_HALF)


def _supplies(component: gf.Component) -> None:
    """One met3 strap each over the whole height, with vias on every rail of its net."""
    gap = BUS + WIDTH_CHANNEL + 3.95  # between the 1.8 V and the 5 V part of the row drivers
    rows = range(len(STROBES))
    rails = {
        "vss": (gap - 0.62, Y_VSS),
        "vpp": (gap + 0.62, Y_VPP),
        "vdd1v8": (BUS + WIDTH_CHANNEL / 2, Y_VDD1V8 - 0.40),
    }
    for net, (x, level) in rails.items():
        box(component, "met3", x - STRAP_WIDTH / 2, -0.25, x + STRAP_WIDTH / 2, HEIGHT_ALL)
        for y in sorted({_at(row, level) for row in rows}):
            via_stack(component, x, y, "met1", "met3", STRAP_WIDTH, 0.50)
        pin(component, net, "met3", x, HEIGHT_ALL - 0.5, STRAP_WIDTH, 1.0, orientation=90)
