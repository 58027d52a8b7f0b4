"""The frame of the front end: rails, rings and the bars between its halves."""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.front_end import rows
from neusoc.analog.front_end.rows import (
    BARS,
    HALF,
    N_TOP,
    PAD,
    WIDTH,
    X_D,
    X_O,
    X_RAIL,
    Y_BL,
    Y_D,
    Y_HEAD,
    Y_N,
    Y_OUT,
    Y_P,
    Y_P2,
    Y_RAIL,
    Y_TAP,
    Y_VM,
    Y_VS_LOW,
    Y_VS_STACK,
)
from neusoc.analog.front_end.wiring import Wires
from neusoc.layout.primitives.rings import place_ring, tap_bar
from neusoc.layout.primitives.shapes import bar, box, cut_array, pin, through_bars, via_stack
from neusoc.pdk import rules


def _line4(component: gf.Component, x: float, y0: float, y1: float) -> None:
    """Vertical met4."""
    box(component, "met4", x - rows.LINE / 2, y0, x + rows.LINE / 2, y1)


def between_halves(wires: Wires) -> None:
    """met4 from one half to the other and to the lower edge, with its stacks."""
    component = wires.component
    for net, x, ends in (
        ("con_vpp", 6.8, (N_TOP + 0.35, -N_TOP - 0.35)),
        ("o", X_O, (Y_OUT, -7.3)),
        ("vs", X_RAIL, (Y_VS_STACK, -Y_VS_LOW)),
        ("d", X_D, (Y_D, -Y_HEAD)),
    ):
        for y in ends:
            via_stack(component, x, y, "met2", "met4", PAD, PAD)
            wires.note("met2", net, x - PAD / 2, y - PAD / 2, x + PAD / 2, y + PAD / 2)
        _line4(component, x, *ends)
    for bit, x in enumerate((40.4, 42.0, 43.6)):
        net = f"ratio_b_1v8[{bit}]"
        for y in (Y_HEAD, -Y_HEAD):
            _stack(wires, net, x, y)
        _line4(component, x, min(-Y_HEAD, BARS[net] - rows.LINE / 2), Y_HEAD)
    for net, x in (
        ("con_vpp", 6.8),
        *((f"ratio_b_1v8[{bit}]", x) for bit, x in enumerate((40.4, 42.0, 43.6))),
    ):
        half = rules.VIA3 / 2
        box(component, "via3", x - half, BARS[net] - half, x + half, BARS[net] + half)
    for net, x, y in (
        ("vm", 45.2, Y_VM),
        *((p.net, p.x, -5.5) for i in range(5) for p in wires.of(f"trim_b_1v8[{i}]")),
    ):
        _stack(wires, net, x, y)
        _line4(component, x, -HALF, y)
        pin(component, net, "met4", x, -HALF + 0.2, rows.LINE, 0.4, orientation=270)


def _stack(wires: Wires, net: str, x: float, y: float) -> None:
    """met1 to met4; met1 is no wider than a strap."""
    bar(wires.component, y, [x])
    via_stack(wires.component, x, y, "met2", "met4", PAD, PAD)
    wires.note("met2", net, x - PAD / 2, y - PAD / 2, x + PAD / 2, y + PAD / 2)


def frame(wires: Wires) -> None:
    """Wells, taps, rails, bars and pins."""
    component = wires.component
    place_ring(component, "front_end_ring", (0.6, WIDTH - 0.6), (-Y_TAP, Y_TAP), "p")
    for sign in (1, -1):
        y0, y1 = sorted((sign * (Y_P - 0.18), sign * HALF))
        box(component, "nwell", 0.9, y0, WIDTH - 0.7, y1)
        tap_bar(component, "n", 1.6, WIDTH - 1.2, sign * Y_RAIL)
        box(
            component,
            "psdm",
            1.325,
            sign * (Y_P - rules.IMPLANT),
            58.275,
            sign * (Y_P2 + 2.0 + rules.IMPLANT),
        )
        box(component, "nsdm", 1.325, sign * (Y_N - rules.IMPLANT), 55.475, sign * (N_TOP + rules.IMPLANT))
        box(component, "hvi", 1.25, sign * (Y_N - 0.2), 6.75, sign * (N_TOP + 0.7))
        for x in range(3, int(WIDTH), 3):
            via_stack(component, x, sign * Y_RAIL, "met1", "met3", 1.2, 0.8)
        _vss(wires, sign)
    spans = {net: (y, rows.BAR) for net, y in BARS.items()}
    through_bars(component, spans, WIDTH)
    for net, (y, height) in (("vdd1v8", rows.VDD_BAR), ("vss", rows.VSS_BAR)):
        through_bars(component, {net: (y, height)}, WIDTH)
        box(component, "met3", 0, -y - height / 2, WIDTH, -y + height / 2)
    for (y, height), xs in ((rows.VDD_BAR, rows.X_VDD), (rows.VSS_BAR, rows.X_VSS)):
        for x in xs:
            box(component, "met4", x - rows.SUPPLY / 2, -y - height / 2, x + rows.SUPPLY / 2, y + height / 2)
            for middle in (y, -y):
                cut_array(
                    component,
                    ("via3",),
                    x - 0.7,
                    middle - height / 2 + 0.1,
                    x + 0.7,
                    middle + height / 2 - 0.1,
                    rules.VIA3,
                    0.4,
                )
    for net, y in (("bl_p", Y_BL), ("bl_n", -Y_BL)):
        via_stack(component, 0.7, y, "met2", "met3", 0.8, PAD)
        box(component, "met3", 0, y - 0.3, 1.1, y + 0.3)
        pin(component, net, "met3", 0.2, y, 0.4, 0.6, orientation=180)
    box(component, "prbndry", 0, -HALF, WIDTH, HALF)


def _vss(wires: Wires, sign: int) -> None:
    """Vias from the tap bar to its bar of met3, wherever no wire is in the way."""
    last = 0.0
    for step in range(int((WIDTH - 2) / 0.1)):
        x = round(1.0 + 0.1 * step, 3)
        y = sign * (Y_TAP + 0.05)
        if x - last >= 1.5 and wires.free("", x, y, PAD) and wires.tap(x, sign * Y_TAP):
            via_stack(wires.component, x, y, "met1", "met3", PAD, PAD)
            for layer in ("met1", "met2"):
                wires.note(layer, "vss", x - PAD / 2, y - PAD / 2, x + PAD / 2, y + PAD / 2)
            last = x
