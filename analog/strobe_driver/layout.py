"""Layout of the strobe driver: five rows, each a channel of 1.8 V logic beside a row driver whose line supply is vpp.

::

      inputs |  [channel e][row_driver]  > e_vpp      rows are mirrored in turn and share rails
      bus    |  [channel d][row_driver]  > d_vpp
      met3   |  [channel c][row_driver]  > c_vpp
             |  [channel b][row_driver]  > b_vpp
             |  [channel a][row_driver]  > a_vpp

The channel has the row driver's height, rails and tracks; its well runs into that of the row driver's inverter.
"""

from __future__ import annotations

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
from neusoc.layout.primitives import rules
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, pin, positions, strap, via_stack, xs_of

WIDTH_N, WIDTH_P, WIDTH_LATE_N, WIDTH_LATE_P = 1.00, 1.70, 0.42, 0.84
LENGTH, LENGTH_LATE = 0.15, 1.50
X_FIRST = 1.10                          # first node of the channel
X_LATE0 = round(X_FIRST + 5 * 0.80, 3)  # first nodes of its strips
X_LATE1 = round(X_LATE0 + 2 * (LENGTH_LATE + rules.GATE_GAP) + 0.80, 3)
X_BOTH = round(X_LATE1 + 2 * (LENGTH_LATE + rules.GATE_GAP) + 0.80, 3)
RING = (0.47, round(X_BOTH + 3 * 0.80 + 0.63, 3))
WIDTH_CHANNEL = round(RING[1] + 0.75, 3)    # 0.28 of met1 and 0.38 of implant to the row driver's rails and ring
INPUTS = {"own_1v8": TRACK.inputs, "rival_a_1v8": TRACK.in_n, "rival_b_1v8": TRACK.off}

STROBES = "abcde"
RIVALS = {"a": "bc", "b": "ac", "c": "ab", "d": "e", "e": "d"}
BUS, BUS_FIRST, BUS_PITCH, BUS_LINE = 4.60, 0.80, 0.80, 0.32       # met3 lines of the inputs, left of the channels
MARGIN_RIGHT = 1.20
WIDTH, HEIGHT_ALL = round(BUS + WIDTH_CHANNEL + WIDTH_DRIVER + MARGIN_RIGHT, 3), round(len(STROBES) * HEIGHT, 3)
STRAP_WIDTH = 0.80


@gf.cell
def strobe_channel() -> gf.Component:
    """One channel: inverter and NOR, delay, NAND and inverter; its right edge meets a row driver.

    Returns:
        Component strobe_channel with ports own_1v8, rival_a_1v8, rival_b_1v8 (left, met2), only_1v8 (right, met2), vdd1v8 and vss (met1).
    """
    component = gf.Component()

    def pair(name: str, n_path: str, p_path: str, first: float, wide: tuple[float, float], length: float) -> tuple[Reference, Reference]:
        found = []
        for polarity, path, width in (("n", n_path, wide[0]), ("p", p_path, wide[1])):
            heads = " ".join(f"{net}:{'t' if polarity == 'n' else 'b'}" for net in dict.fromkeys(path.split()[1::2]))
            row = component << finger_row(f"strobe_channel_{polarity}_{name}", path, polarity, width, length, heads)
            middle = first + (len(path.split()) // 2) * rules.column_pitch(length) / 2
            row.move((rules.on_grid(middle), rules.on_grid(Y_NROW_TOP - width / 2 if polarity == "n" else Y_PROW_BOTTOM + width / 2)))
            found.append(row)
        return found[0], found[1]

    logic, late = (WIDTH_N, WIDTH_P), (WIDTH_LATE_N, WIDTH_LATE_P)
    gates = "own_n own_1v8 {0} own_n {1} rival_a_1v8 {2} rival_b_1v8 alone"
    rows = {
        "alone": pair("alone", gates.format("vss", "alone", "vss"), gates.format("vdd1v8", "up_a", "up_b"), X_FIRST, logic, LENGTH),
        "late0": pair("late0", "late0 alone vss late0 late1", "late0 alone vdd1v8 late0 late1", X_LATE0, late, LENGTH_LATE),
        "late2": pair("late2", "late2 late1 vss late2 late3", "late2 late1 vdd1v8 late2 late3", X_LATE1, late, LENGTH_LATE),
        "both": pair(
            "both", "only_n late3 only_m alone vss only_n only_1v8", "vdd1v8 late3 only_n alone vdd1v8 only_n only_1v8",
            X_BOTH, logic, LENGTH,
        ),  # fmt: skip
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
        ring = component << guard_ring(f"strobe_channel_ring_{name}", round(RING[1] - RING[0], 3), round(high - low, 3), kind, rail)
        ring.move((rules.on_grid(sum(RING) / 2), rules.on_grid((low + high) / 2)))
    box(component, "nwell", RING[0] - 0.405, Y_NTAP - 0.405, WIDTH_CHANNEL, HEIGHT)
    right = round(X_BOTH + 3 * 0.80, 3)
    box(component, "nsdm", X_FIRST, Y_NROW_TOP - WIDTH_N - rules.IMPLANT, right, Y_NROW_TOP + rules.IMPLANT)
    box(component, "psdm", X_FIRST, Y_PROW_BOTTOM - rules.IMPLANT, right, Y_PROW_BOTTOM + WIDTH_P + rules.IMPLANT)


def _channel_wires(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    """Every gate and every output has the same x in both rows: one strap each, and a met2 bar where a net needs more."""
    level_n, level_p = Y_NROW_TOP - WIDTH_LATE_N / 2, Y_PROW_BOTTOM + WIDTH_LATE_N / 2
    for n, p in rows.values():
        for net in dict.fromkeys(port.info["net"] for port in n.ports if port.info["role"] == "gate"):
            for x in xs_of(n, net, "gate"):
                strap(component, x, TRACK.inputs, TRACK.on)
        shared = {port.info["net"] for port in n.ports if port.info["role"] == "node"} - {"vss"}
        for net in shared & {port.info["net"] for port in p.ports if port.info["role"] == "node"}:
            for x in set(xs_of(n, net)) & set(xs_of(p, net)):
                strap(component, x, level_n, level_p)
    alone, late0, late2, both = rows["alone"], rows["late0"], rows["late2"], rows["both"]
    for net, y in INPUTS.items():
        bar(component, y, xs_of(alone[0], net, "gate"), [0.0])
    bar(component, TRACK.on, [xs_of(alone[0], "own_n")[0], *xs_of(alone[0], "own_n", "gate")])
    node = xs_of(alone[0], "alone")
    strap(component, node[0], level_n, TRACK.inputs + rules.BAR / 2)
    bar(component, TRACK.inputs, [*node, *xs_of(late0[0], "alone", "gate"), *xs_of(both[0], "alone", "gate")])
    bar(component, TRACK.in_n, [*xs_of(late0[0], "late0"), *xs_of(late0[0], "late0", "gate")])
    bar(component, TRACK.off, [*xs_of(late0[0], "late1"), *xs_of(late2[0], "late1", "gate")])
    bar(component, TRACK.in_n, [*xs_of(late2[0], "late2"), *xs_of(late2[0], "late2", "gate")])
    bar(component, TRACK.off, [*xs_of(late2[0], "late3"), *xs_of(both[0], "late3", "gate")])
    low, high = xs_of(both[0], "only_n"), xs_of(both[1], "only_n")
    strap(component, low[0], level_n, TRACK.in_n + rules.BAR / 2)
    strap(component, high[0], TRACK.in_n - rules.BAR / 2, level_p)
    bar(component, TRACK.in_n, [*low, *high, *xs_of(both[0], "only_n", "gate")])
    bar(component, TRACK.inputs, xs_of(both[0], "only_1v8"), [WIDTH_CHANNEL])


def _channel_supplies(component: gf.Component, rows: dict[str, tuple[Reference, Reference]]) -> None:
    for n, p in rows.values():
        for x, y in positions(n, "vss"):
            strap(component, x, Y_VSS, y)
        for x, y in positions(p, "vdd1v8"):
            strap(component, x, y, Y_VPP)
    right = WIDTH_CHANNEL - 0.30                                         # from the row driver's vpp rail
    box(component, "met1", 0, Y_VSS - rules.RAIL_HALF, WIDTH_CHANNEL, Y_VSS + rules.RAIL_HALF)
    box(component, "met1", 0, Y_VPP - rules.RAIL_HALF, right, Y_VDD1V8 + 0.15)
    box(component, "met1", 0, Y_VDD1V8 - 0.15, WIDTH_CHANNEL, Y_VDD1V8 + 0.15)
    pin(component, "vss", "met1", WIDTH_CHANNEL / 2, Y_VSS, WIDTH_CHANNEL, 2 * rules.RAIL_HALF, orientation=180)
    pin(component, "vdd1v8", "met1", WIDTH_CHANNEL / 2, Y_VDD1V8, WIDTH_CHANNEL, 0.30, orientation=180)


@gf.cell
def strobe_driver() -> gf.Component:
    """Five channels with their drivers.

    Returns:
        Component strobe_driver with ports <x>_1v8 (left, met2), <x>_vpp (right, met2) for x = a to e, vdd1v8, vpp, vss (top, met3 straps).
    """
    component = gf.Component()
    channels, drivers = [], []
    for row in range(len(STROBES)):
        for cell, x, kept in ((strobe_channel(), BUS, channels), (row_driver(), BUS + WIDTH_CHANNEL, drivers)):
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
    x = BUS - 0.80                                                        # the pair has no second rival: vss
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
    gap = BUS + WIDTH_CHANNEL + 3.95                                      # between the 1.8 V and the 5 V part of the row drivers
    rows = range(len(STROBES))
    rails = {
        "vss": (gap - 0.62, Y_VSS), "vpp": (gap + 0.62, Y_VPP), "vdd1v8": (BUS + WIDTH_CHANNEL / 2, Y_VDD1V8 - 0.40),
    }  # fmt: skip
    for net, (x, level) in rails.items():
        box(component, "met3", x - STRAP_WIDTH / 2, -0.25, x + STRAP_WIDTH / 2, HEIGHT_ALL)
        for y in sorted({_at(row, level) for row in rows}):
            via_stack(component, x, y, "met1", "met3", STRAP_WIDTH, 0.50)
        pin(component, net, "met3", x, HEIGHT_ALL - 0.5, STRAP_WIDTH, 1.0, orientation=90)
