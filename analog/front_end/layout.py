"""Layout of the front end: two regulators, mirror images about the axis, and on the axis what they share.

::

    y ^  ==== vdd1v8 =======================================================================
      |   p mirror of bl_p, two rows, 32 in, 8 out     | ratio | window, inverter     n well
      |   force, sense | follower | lead | bleed | wake |       | window
      |  ---- vss ------------------------------------------------------------------------
    0 |   boosters, rail (n well vs) | 47 sinks side by side under one gate    | kick
      |  ---- vss ------------------------------------------------------------------------
      |   force, sense | follower | lead | bleed | wake | n mirror, trim        | inverter
      |   p mirror of bl_n                             | ratio | rail, at rest and awake
      |  ==== vdd1v8 =======================================================================
      +-------------------------------------------------------------------------------------> x

met1 runs vertically, met2 horizontally, over the devices (wiring.py); met3: bars through the cell, one for
each line that all neurons share; met4 vertically, from one half to the other and to the lower edge.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.front_end import rows
from neusoc.analog.front_end.frame import between_halves, frame
from neusoc.analog.front_end.rows import (
    BARS,
    HALF,
    MIRROR,
    N_TOP,
    PAD,
    SWITCH,
    WIDTH,
    X_D,
    X_GAP,
    X_O,
    X_RAIL,
    X_TRIM,
    X_VS,
    X_Y,
    Y_BL,
    Y_D,
    Y_HEAD,
    Y_OUT,
    Y_P,
    Y_P2,
    Y_RAIL,
    Y_TAP,
    Y_VM,
    Y_VS,
    Y_VS_BAR,
    Y_VS_LOW,
    Y_VS_STACK,
    Row,
)
from neusoc.analog.front_end.sinks import SINK_END, X_CONTACT, X_KICK, X_SLOTS, place_kick, place_sinks
from neusoc.analog.front_end.wiring import OVER, Landing, Wires
from neusoc.layout.primitives.fingers import DUMMY, finger_row
from neusoc.layout.primitives.rings import tap_bar
from neusoc.layout.primitives.shapes import bar, box, contacts
from neusoc.pdk import rules


class Half:
    """One side of the axis, its wires by distance from it.

    Args:
        wires: wires of the component to draw into.
        sign: side of the axis, 1 above, -1 below.
        name: p or n, the line that it holds.
        out: net that its mirror's outputs go to.
    """

    def __init__(self, wires: Wires, sign: int, name: str, out: str) -> None:
        self.wires, self.sign, self.name = wires, sign, name
        self._out = out

    def net(self, local: str) -> str:
        """Net of the cell that a line's own net is."""
        if local == "out":
            return self._out
        return f"{local}_{self.name}" if local in rows.OWN else local

    def level(self, index: int) -> float:
        """Distance from the axis of a bar over the boosters and sinks: 0 nearest. Each line's first is as far
        from d as the other's."""
        return round((0.74 if self.sign > 0 else 1.10) + 0.46 * index, 3)

    def place(self, row: Row) -> None:
        """Draw a strip and take in its landings."""
        path = " ".join(self.net(net) for net in row.path.split())
        side = "t" if row.out == (self.sign > 0) else "b"
        gates = " ".join(f"{net}:{side}" for net in dict.fromkeys(path.split()[1::2]) if net != DUMMY)
        name = f"front_end_{self.name}_{row.name}"
        cell = finger_row(name, path, row.polarity, row.width, row.length, gates, row.voltage, side)
        reference = self.wires.component << cell
        fingers = len(path.split()) // 2
        reference.move(
            (
                rules.on_grid(row.x + fingers * row.pitch / 2),
                rules.on_grid(self.sign * (row.low + row.width / 2)),
            )
        )
        self.wires.row(reference, row.width, row.length)

    def of(
        self, local: str, x0: float = 0, x1: float = WIDTH, low: float = 0, high: float = HALF
    ) -> list[Landing]:
        """Landings of a net between two x and two distances from the axis."""
        y0, y1 = sorted((self.sign * low, self.sign * high))
        return self.wires.of(self.net(local), (x0, y0, x1, y1))

    def bar(
        self, local: str, landings: list[Landing], *levels: float, reach: tuple[float, ...] = ()
    ) -> float:
        """As Wires.bar."""
        return self.wires.bar(self.net(local), landings, [round(self.sign * y, 3) for y in levels], reach)

    def strap(self, local: str, x: float, low: float, high: float) -> None:
        """As Wires.strap."""
        self.wires.strap(self.net(local), x, self.sign * low, self.sign * high)

    def to_rail(self, local: str, x0: float = 0, x1: float = WIDTH) -> None:
        """Straps from all landings of a supply to its rail: vss to the tap bar, vdd1v8 outwards."""
        for landing in self.of(local, x0, x1, 4.0 if local == "vss" else Y_P):
            if local == "vss":
                self.to_tap(landing)
            else:
                self.strap(local, landing.x, abs((landing.low + landing.high) / 2), Y_RAIL)

    def to_tap(self, landing: Landing) -> None:
        """A strap from a landing to the tap bar."""
        y = self.sign * Y_TAP
        middle = (landing.low + landing.high) / 2
        self.wires.strap("vss", landing.x, middle, y + OVER if middle < y else y - OVER)
        self.wires.tap(landing.x, y)


def _levels(low: float, high: float, step: float = 0.05) -> list[float]:
    return [round(low + i * step, 3) for i in range(int((high - low) / step + 1e-6) + 1)]


def _line(half: Half) -> None:
    """Wires of one regulator."""
    half.to_rail("vdd1v8", 0, 39.0)
    half.strap("vdd1v8", 30.4, 8.25, Y_P + 0.5)
    half.to_rail("vss")
    half.bar("con_vpp", half.of("con_vpp"), N_TOP + 0.35, reach=(6.8 + PAD / 2,))
    half.bar("x", half.of("x", low=Y_P), Y_HEAD)
    for landing in half.of("x", high=N_TOP):  # the follower's drains stand under gates of the mirror
        half.strap("x", landing.x, N_TOP - 1.0, Y_HEAD)
    half.bar("y", half.of("y", 7, 17, 8.2, 8.5), N_TOP + 0.35)
    half.bar(
        "nbias",
        [
            Landing("nbias", X_CONTACT, half.sign * 2.5 - 0.1, half.sign * 2.5 + 0.1),
            *half.of("nbias", 17, 28, 6.0, 6.2),
        ],
        6.1,
    )
    half.bar("f", [*half.of("f", low=4.0), *half.of("f", low=2.5, high=3.0)], *_levels(4.6, 5.6))
    half.bar("bl", half.of("bl"), Y_BL, reach=(0.3,))
    half.bar("fw", half.of("fw"), *_levels(4.5, 5.8))
    half.bar("yc", half.of("yc"), *_levels(7.5, 7.75))
    _through(half, "yw", X_SLOTS[0])
    half.bar("s", [*half.of("s", 3, 6, 2.5, 3.0), *half.of("s", 6, 7, 6.5, 8.0)], *_levels(3.2, 3.7))


def _boosters(wires: Wires, component: gf.Component) -> None:
    """Two rows in their own well, its taps between them."""
    for sign, path in rows.BOOST.items():
        side = "t" if sign > 0 else "b"
        gates = " ".join(f"{net}:{side}" for net in dict.fromkeys(path.split()[1::2]) if net != DUMMY)
        row = component << finger_row(f"front_end_boost_{side}", path, "p", 2.0, MIRROR, gates, 1.8, side)
        row.move((rules.on_grid(X_VS + 4 * 1.6), rules.on_grid(sign * (Y_VS + 1.0))))
        wires.row(row, 2.0, MIRROR)
    end = X_VS + 8 * 1.6
    tap_bar(component, "n", X_VS + 0.2, end - 0.2, 0.0, rail=False)
    box(component, "nwell", X_VS - 0.33, -Y_VS - 2.18, end + 0.33, Y_VS + 2.18)
    cut = rules.CUT_ROW_HALF
    for landing in wires.of("vs", (0, 0, 15, 3)):
        wires.strap("vs", landing.x, -Y_VS - 1.0, Y_VS + 1.0)
        if X_VS + 0.1 < landing.x < end - 0.1:
            contacts(component, ("mcon",), landing.x - cut, -cut, landing.x + cut, cut)
    for sign in (1, -1):
        box(component, "psdm", 0.8, sign * (Y_VS - rules.IMPLANT), X_VS, sign * (Y_VS + 2.0 + rules.IMPLANT))
    for landing in wires.of("d", (0, 0, 15, 3)):
        wires.strap("d", landing.x, -Y_VS - 1.0, Y_VS + 1.0)
    for landing in wires.of("vread", (0, 0, 15, 3)):
        wires.strap("vread", landing.x, -2.825, 2.825)


def _through(half: Half, net: str, slot: float) -> None:
    """From the far ends of sinks over their gate to a slot, and there out to the switch."""
    ends = half.of(net, X_CONTACT, X_KICK, -3, 3)
    y = half.level(0) - 0.24  # as far from d as in the other half
    half.bar(net, ends, y, reach=(slot + OVER,))
    bar(half.wires.component, half.sign * y, [slot])
    half.strap(net, slot, y - OVER, SWITCH[0] + OVER)
    switch = half.of(net, low=4.0)
    if abs(switch[0].x - slot) < 0.01:
        half.strap(net, slot, SWITCH[0], switch[0].low if half.sign > 0 else -switch[0].high)
    else:
        y0, y1 = sorted((half.sign * (SWITCH[0] - OVER), half.sign * (SWITCH[0] + OVER)))
        half.bar(net, [Landing(half.net(net), slot, y0, y1), *switch], SWITCH[0])


def _own(upper: Half, lower: Half) -> None:
    """Wires of what only one side has."""
    for half in (upper, lower):
        for landing in half.of("vss", X_CONTACT, X_KICK, 2.6, 3.0):
            half.to_tap(landing)
    # switches of sinks
    for half, net in ((upper, "mid"), (lower, "trim4")):
        _through(half, net, X_SLOTS[1])
    right = upper.of("d_wake", 30, high=3.0)
    upper.bar("d_wake", right, SINK_END)
    upper.bar(
        "d_wake", [*upper.of("d_wake", 0, 25.0, high=3.0), right[2], *upper.of("d_wake", low=4.0)], SWITCH[1]
    )
    for i in range(4):
        name = f"trim{i}"
        ends = lower.of(name, 25.0, high=3.0)
        if len(ends) > 1:
            lower.bar(name, ends, SINK_END)
        lower.bar(name, [ends[-1], *lower.of(name, low=4.0)], (*SWITCH, 4.2, 4.66)[i])


def _axis(upper: Half, lower: Half) -> None:
    """Boosters to senses and sinks, over the devices on the axis."""
    wires = upper.wires
    for half, other, x in ((upper, lower, 13.4), (lower, upper, 13.8)):
        # own booster fingers stand on this side at the left, on the other side at the right
        y_sinks, y_sense = half.level(0), half.level(3)
        y_cross, y_gate = -other.level(2), -other.level(1)
        half.bar("y", half.of("y", 4, 8, 0, 2.5), y_sinks, reach=(X_Y + OVER,))
        half.bar("y", [*half.of("y", 8, 13, -2.5, 0), half.of("y", X_CONTACT, X_KICK, 0, 3)[0]], y_cross)
        drains = half.of("y", X_CONTACT, X_TRIM, 0, 3)
        half.bar("y", drains, SINK_END)
        half.bar("y", drains[:1], SWITCH[0], reach=(X_Y - OVER,))
        half.bar("s", half.of("s", 5, 6, 2.5, 3), y_sense, reach=(x + OVER,))
        half.bar("s", half.of("s", 9, 13, -3, -2.5), y_gate, reach=(x + OVER,))
        half.strap("s", x, y_sense + OVER, y_gate - OVER)
        half.strap("y", X_Y, N_TOP + 0.35, y_sinks - OVER)
        for y, at in ((y_sense, x), (y_gate, x), (y_sinks, X_Y), (SWITCH[0], X_Y)):
            bar(wires.component, half.sign * y, [at])
    last = lower.of("y", 30, X_TRIM, 0, 3)[-1:]  # the trims hang on the last sink of y_n
    lower.bar("y", [*last, *lower.of("y", X_TRIM, X_KICK, -3, 3)], lower.level(1))
    wires.bar(
        "d",
        [*wires.of("d", (7, 0, 8, 3)), *wires.of("d", (X_CONTACT, -3, X_KICK, 0))],
        [Y_D],
        (X_D + PAD / 2,),
    )
    wires.bar("vs", wires.of("vs", (0, 0, X_CONTACT, 3)), [0.28])
    wires.bar("vs", wires.of("vs", (14, 0, X_CONTACT, 3)), [Y_VS_BAR], (X_GAP + OVER,))
    bar(wires.component, Y_VS_BAR, [X_GAP])
    wires.strap("vs", X_GAP, Y_VS_STACK - OVER, Y_VS_BAR + OVER)
    wires.bar(
        "vs", [Landing("vs", X_GAP, Y_VS_STACK - OVER, Y_VS_STACK + OVER)], [Y_VS_STACK], (X_RAIL - PAD / 2,)
    )
    level = wires.bar("vread", wires.of("vread", (0, 2.5, 15, 3)), [2.58])
    _up(wires.component, 7.8, level)


def _up(component: gf.Component, x: float, y: float) -> None:
    """via2 from a bar of met2 to the met3 over it."""
    half = rules.VIA2 / 2
    box(component, "via2", x - half, y - half, x + half, y + half)


def _to_bar(wires: Wires, net: str, x: float, off: float = 0.0) -> None:
    """From met1 at x, which runs under the net's bar of met3, to this bar; off: from the bar's middle, um."""
    y = round(BARS[net] + off, 3)
    bar(wires.component, y, [x], (x - 0.25, x + 0.25))
    wires.note("met2", net, x - 0.25, y - OVER, x + 0.25, y + OVER)
    _up(wires.component, x, y)


def _out(half: Half) -> None:
    """Outputs of a mirror through the switches of the ratio."""
    half.bar("u3", [*half.of("u3", 0, 20), *half.of("u3", 40)], Y_P2 + 1.5)
    half.bar("u2", [*half.of("u2", 18, 19), *half.of("u2", 40)], Y_P2 + 1.04)
    half.bar("u0", half.of("u0"), Y_P2 + 0.58)
    half.bar("u3", [*half.of("u3", 20)], Y_P + 1.08)
    half.bar("u2", [*half.of("u2", 20)], Y_P + 0.62)
    half.bar("u1", half.of("u1"), Y_P + 0.16)
    half.bar("ratio_b_1v8[2]", half.of("ratio_b_1v8[2]"), Y_HEAD)


def _window(half: Half) -> None:
    """Switches of the membrane and the inverter of their gate line."""
    wires = half.wires
    half.bar("integ_1v8", half.of("integ_1v8", high=8.5), N_TOP + 0.35)
    half.bar("integ_1v8", half.of("integ_1v8", low=8.5), Y_HEAD)
    half.strap("integ_1v8", 48.0, BARS["integ_1v8"] - OVER, Y_HEAD)
    _to_bar(wires, "integ_1v8", 48.0)
    half.bar("integ_b", half.of("integ_b", high=8.5), 6.9)
    half.bar("integ_b", half.of("integ_b", low=8.5), Y_HEAD + 0.6)
    half.strap("integ_b", 47.6, N_TOP - 0.5, Y_P + 1.5)
    for net, x, low in (
        ("vm", 45.2, Y_VM - PAD / 2),
        ("o", 46.0, N_TOP - 0.3),
        ("vref", 46.8, BARS["vref"] - OVER),
    ):
        wires.strap(net, x, low, Y_P + 1.4)
    _to_bar(wires, "vref", 46.8)
    half.bar("out", [*half.of("out", 39, 47, 8.5)], Y_OUT, reach=(X_O - PAD / 2,))


def _lower(half: Half) -> None:
    """n mirror, and what feeds the rail: bars of the lower half alone."""
    wires = half.wires
    half.bar("out", [*half.of("out", 35, 48, 6, 8.5)], N_TOP + 0.3)
    half.bar("out", half.of("out", 39, 45, 9), Y_OUT)
    half.strap("out", 42.4, N_TOP + 0.3, Y_P + 1.5)
    wires.bar("o", wires.of("o", (35, -8, 48, -6)), [-7.3], (X_O - PAD / 2,))
    # xp_rail_rest: a gate of 15.7 um, contacted on the head of xp_rail_wake
    component, x0, x1, y = wires.component, 42.0, 58.0, -Y_P2 - 0.5
    box(component, "diff", x0 - 0.15, y - 0.21, x1 + 0.15, y + 0.21)
    box(component, "poly", x0 + 0.15, y - 0.21 - rules.ENDCAP, x1 - 0.15, y + 0.21 + rules.ENDCAP)
    box(component, "poly", 48.4 - 0.25, y, 48.4 + 0.25, -Y_HEAD)
    cut, met1 = rules.CUT_ROW_HALF, rules.STRAP / 2
    for net, x in (("vs", x0), ("vdd1v8", x1)):
        contacts(
            component,
            ("licon1", "mcon"),
            x - cut,
            y - 0.21 + rules.CUT_INSET,
            x + cut,
            y + 0.21 - rules.CUT_INSET,
        )
        box(component, "li1", x - cut, y - 0.21, x + cut, y + 0.21)
        box(component, "met1", x - met1, y - 0.21, x + met1, y + 0.21)
        wires.land(net, x, y - 0.21, y + 0.21)
    vs = half.bar("vs", half.of("vs", 47, 49), Y_VS_LOW, reach=(X_RAIL - OVER,))
    wires.bar("vs", [Landing("vs", x0, y - 0.21, y + 0.21), Landing("vs", X_RAIL, vs - OVER, vs + OVER)], [y])
    bar(component, vs, [X_RAIL])
    half.bar("rail_wake", half.of("rail_wake"), Y_P + 1.79)
    half.bar("d", half.of("d", 47, 49, 10), Y_HEAD, reach=(X_D + PAD / 2,))
    half.strap("wake_b", 54.4, N_TOP - 0.5, Y_P + 1.5)
    half.bar(
        "wake_b", [*half.of("wake_b", 49, 51), *half.of("wake_b", 54, 55, 9)], *_levels(Y_P + 1.1, Y_P + 1.6)
    )
    half.strap("wake_1v8", 54.8, N_TOP + 0.35, Y_HEAD)


def _wake(upper: Half, lower: Half) -> None:
    wires = upper.wires
    xs = sorted({p.x for p in wires.of("wake_1v8", (X_KICK, -3, WIDTH, 3))})
    for half in (upper, lower):
        kick = half.of("wake_1v8", 53, WIDTH, 2.5, 3)  # the first stands in the way of a trim's switch
        heads = half.of("wake_1v8", 0, 53, 6) + half.of("wake_1v8", 54, 55, 8, 8.5)
        half.bar("wake_1v8", [*heads, *kick], 6.25)
    for x in xs:
        wires.strap("wake_1v8", x, -SINK_END, SINK_END)
        _to_bar(wires, "wake_1v8", x)


@gf.cell
def front_end() -> gf.Component:
    """The front end, 59.7 x 29.5 um, its axis at y = 0.

    Returns:
        Component front_end with ports bl_p and bl_n (left, met3), the shared lines and supplies by net name
        (left) and as <net>_right (met3 bars), vm and trim_b_1v8[0] to [4] (lower edge, met4).
    """
    component = gf.Component()
    wires = Wires(component)
    halves = [Half(wires, 1, "p", "o"), Half(wires, -1, "n", "m")]
    for half, own in zip(halves, (rows.UPPER_ROWS, rows.LOWER_ROWS), strict=True):
        for row in (*rows.LINE_ROWS, *rows.LINE_P_ROWS, *own):
            half.place(row)
    _boosters(wires, component)
    place_sinks(wires)
    place_kick(wires)
    for half in halves:
        _line(half)
    _own(*halves)
    _axis(*halves)
    for half in halves:
        _out(half)
    _window(halves[0])
    _lower(halves[1])
    for half in halves:
        half.to_rail("vdd1v8", 44.5)
    _wake(*halves)
    between_halves(wires)
    _to_bar(wires, "nbias", X_CONTACT, -0.1)
    frame(wires)
    return component
