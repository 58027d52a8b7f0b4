"""Layout of the neuron: the front end, and below it a strip of latches, comparator and membrane.

::

            |                                 front end                                  |
            |    lines of the nine settings run over it: met3, then met4 to the strip    |
            +----------------------------------------------------------------------------+
    rail    |  front end's vdd1v8, n well                                                |
    rows    |  test access (p)          | nine latches: p                                |  vtest, vlk: met3
    rows    |  leak | test access (n)   |               n                                |
    taps    |  == == == == == == == == == == == == == == == == == == == == == == == == ==|
    rows    |  discharge | tail | pair  | trim | n mirrors | spike latch | enable: n     |  membrane: met3
    rows    |                   | loads |      | p mirrors |             |         p     |  of vss, capm, met4
    rail    |  vdd1v8, n well                                                            |
            +----------------------------------------------------------------------------+

met1 runs vertically, met2 horizontally, over the devices; facing rows share their heads wherever they share a
gate.
"""

from __future__ import annotations

from itertools import pairwise

import gdsfactory as gf
from neusoc.analog.front_end.layout import front_end
from neusoc.analog.front_end.rows import HALF, VSS_BAR, WIDTH
from neusoc.analog.front_end.wiring import OVER
from neusoc.analog.neuron import places
from neusoc.analog.neuron.neuron_wiring import PIN_INSET, NeuronWiring, edge_pin, line_along
from neusoc.analog.neuron.places import LATCHES, T1, T2, T4, T5, T8, T9, Latch, Row, level
from neusoc.layout.primitives.rings import tap_bar
from neusoc.layout.primitives.shapes import (
    Component,
    Reference,
    box,
    contacts,
    cut_array,
    through_bars,
    via_stack,
)
from neusoc.pdk import rules

BY_DATA = {latch.data: latch for group in LATCHES for latch in group}
BY_OUTPUT = {latch.qb: latch for latch in BY_DATA.values()}


def _latches(wiring: NeuronWiring) -> None:
    """All nine, and the line that writes them."""
    for group in LATCHES:
        first = group[0]
        left = min(latch.at(column) for latch in group for column in (0, 5))
        n = [*first.n_path, *(net for latch in group[1:] for net in latch.n_path[1:])]
        wiring.place(Row(f"{first.name}_n", " ".join(n), left, places.N_LATCH, 1.0, side="t"))
        inverse = [*first.inverse, *(net for latch in group[1:] for net in latch.inverse[1:])]
        p = [(f"{latch.name}_keep", latch.keep, min(latch.at(1), latch.at(3))) for latch in group]
        p.append(
            (f"{first.name}_inverse", inverse, min(latch.at(column) for latch in group for column in (4, 5)))
        )
        for name, nets, x in p:
            wiring.place(
                Row(name, " ".join(nets), x, round(places.P_LATCH - 0.5, 3), 0.5, side="b", polarity="p")
            )
    for latch in BY_DATA.values():
        _wire_latch(wiring, latch)
    wiring.bar("we", wiring.of("we", high=places.TAPS), places.WRITE)


def _wire_latch(wiring: NeuronWiring, latch: Latch) -> None:
    top, low = places.P_LATCH - 0.5, places.N_LATCH + 1.0
    for column, net in ((1, latch.q), (3, latch.qb), (4, f"{latch.name}_db")):
        wiring.strap(net, latch.at(column), top, low)
    for column in (2, 5):
        wiring.strap("vss", latch.at(column), places.N_LATCH, places.TAPS + OVER)
        wiring.strap("vdd1v8", latch.at(column), -0.5, places.P_LATCH)
    for net, columns, at in (
        (latch.data, (0, 4.5), places.DATA),
        (latch.qb, (1.5, 3), places.OUT),
        (latch.q, (1, 2.5), places.KEEP),
    ):
        wiring.bar(net, wiring.at(net, *(latch.at(column) for column in columns), high=places.TAPS), at)


def _settings(wiring: NeuronWiring) -> None:
    """Data lines over the front end, each with met4 to its latch; from the latches to the front end's
    trim."""
    component, entry = wiring.component, level(places.ENTRY)
    for net, (corners, x) in places.OVER_FRONT_END.items():
        line_along(component, "met3", places.LINE_HEIGHT, corners)
        y = next(y0 for (x0, y0), (x1, y1) in pairwise(corners) if y0 == y1 and x0 <= x <= x1)
        cut_array(component, ("via3",), x - 0.1, y - 0.1, x + 0.1, y + 0.1, rules.VIA3, 0.4)
        box(component, "met4", x - places.LINE / 2, entry, x + places.LINE / 2, y + 0.165)
        wiring.entry(net, x)
        wiring.bar(net, wiring.at(net, BY_DATA[net].x, high=places.TAPS), places.ENTRY, x)
    for bit, (pin_x, x) in places.TRIM_PINS.items():
        net = f"pair_b[{bit}]"
        turn = level(places.TURN) if x != pin_x else entry
        line_along(component, "met4", places.LINE, ((pin_x, -HALF), (pin_x, turn)))
        if x != pin_x:
            line_along(component, "met4", places.LINE, ((pin_x, turn), (x, turn), (x, entry)))
        wiring.entry(net, x)
        latch = BY_OUTPUT[net].at(3)
        if bit != 2:
            wiring.bar(net, wiring.at(net, latch, high=places.TAPS), places.ENTRY, x)
            continue
        # the latch stands left of what it would cross at the level of the entries
        cross = places.X_CROSS
        wiring.strap(net, cross, places.ENTRY - OVER, places.OUT + OVER)
        wiring.wires.land(net, cross, level(places.OUT + OVER), level(places.ENTRY - OVER))
        wiring.bar(net, wiring.at(net, cross), places.ENTRY, x)
        wiring.bar(net, wiring.at(net, cross), places.OUT, latch)


def _upper_left(wiring: NeuronWiring) -> None:
    """Leak and test access."""
    component, x = wiring.component, places.X_LEAK
    leak, high = wiring.of("vlk"), places.TAPS
    wiring.bar("vlk", leak, places.BARS["vlk"], leak[0].x - 0.2, leak[0].x + 0.2)
    wiring.via2(leak[0].x, places.BARS["vlk"])
    box(
        component,
        "met4",
        x - places.LINE / 2,
        level(places.ENTRY),
        x + places.LINE / 2,
        places.Y_VREF + 0.165,
    )
    cut_array(
        component, ("via3",), x - 0.1, places.Y_VREF - 0.1, x + 0.1, places.Y_VREF + 0.1, rules.VIA3, 0.4
    )
    wiring.entry("vref", x)
    wiring.bar("vref", wiring.of("vref", high=high), places.ENTRY)
    wiring.bar("vm", wiring.of("vm", high=high), places.DATA)
    wiring.bar("vtest", wiring.of("vtest", high=high), places.ENTRY)
    x = places.X_TEST_N + 1.0  # between both ends; the bar comes up to it
    wiring.via2(x, places.ENTRY)
    box(component, "met3", x - 0.2, level(places.BARS["vtest"]), x + 0.2, level(places.ENTRY - 0.17))
    test = BY_DATA["test_1v8"]
    for net, column, at, gate, x_gate in (
        ("test_q", 1, places.KEEP, places.X_TEST_N + 2.15, 14.5),
        ("test_qb", 3, places.OUT, places.X_TEST_P + 2.15, 8.6),
    ):
        head = wiring.at(net, gate)[0]
        wiring.wires.land(net, x_gate, head.low, head.high)
        wiring.bar(net, wiring.at(net, x_gate), at, test.at(column))


def _comparator(wiring: NeuronWiring) -> None:
    """Pair, loads, mirrors, trim."""
    low, p_low = places.TAPS, places.LOADS_TOP + 1.5
    pair, mirror = places.X_PAIR, places.X_MIRROR
    for net, x in (
        ("d2", pair + 1.3),
        ("d1", pair + 3.9),
        ("d2", pair + 6.5),
        ("n", mirror + 1.3),
        ("fire", mirror + 3.9),
    ):
        wiring.strap(net, x, places.N_LOW - 1.0, p_low)
    wiring.bar("d1", [*wiring.of("d1", low=7.5), *wiring.at("d1", pair + 3.9, low=6.5)], T9)
    wiring.bar("d2", [*wiring.of("d2", low=7.5), *wiring.at("d2", pair + 1.3, pair + 6.5, low=6.5)], T8)
    wiring.bar("d2", wiring.of("d2", pair + 6, low=low, high=places.N_LOW), T1)  # away from vm
    wiring.strap("d2", places.X_TRIM, places.TRIM_TOP, places.N_LOW)
    wiring.bar("tail", wiring.of("tail"), T4)
    wiring.bar("n", wiring.of("n", low=low, high=P_MIDDLE), T5)
    wiring.bar("fire", [*wiring.at("fire", mirror + 3.9, low=P_MIDDLE), *wiring.of("fire", mirror + 4)], T9)
    for bit, at in ((0, T4), (1, places.TRIM), (2, places.TRIM)):
        net = f"trim_b[{bit}]"
        latch = BY_OUTPUT[net]
        wiring.bar(net, [*wiring.at(net, latch.at(3), high=low)[:1], *wiring.of(net, low=low)], at)
    for x, way in ((pair, 1), (pair + 7.8, -1), (mirror, 1), (mirror + 7.8, -1)):
        wiring.tie("vss", x + way * 0.65, places.HEAD, x, places.N_LOW)
    for x, way in ((pair, 1), (pair + 7.8, -1), (mirror, 1), (mirror + 5.2, -1)):
        wiring.tie("vdd1v8", x + way * 0.65, p_low + rules.HEAD_CENTRE, x, p_low)
    wiring.bar(
        "vm",
        [
            *wiring.of("vm", 0, 4, low),
            *wiring.at("vm", places.X_DIS_P + places.PITCH),
            *wiring.of("vm", pair, pair + 8, 5.5),
            *wiring.at("vm", places.X_LEAK + rules.column_pitch(8.0), high=low),
        ],
        T2,
        places.X_STACK,
    )


P_MIDDLE = places.P_TOP  # between the n rows' landings and those of the p rows


def _logic(wiring: NeuronWiring) -> None:
    """Spike latch, enable, discharge."""
    low, pitch = places.TAPS, places.PITCH
    spike, reset, out, enable = places.X_SET, places.X_RESET, places.X_OUT, places.X_ENABLE
    # nodes that facing rows share
    nodes = {
        "hold_b": spike + 5 * pitch,
        "q": reset,
        "spike_1v8": out + pitch,
        "we": enable,
        "dis_b": places.X_DIS_B + pitch,
    }
    for net, x in nodes.items():
        wiring.strap(net, x, places.N_LOW - 0.3, places.P_TOP + 0.3)
    wiring.bar("q", wiring.of("q", low=low), T5)
    wiring.bar("sx", wiring.of("sx"), T8)
    wiring.bar(
        "hold_b",
        [
            *wiring.at("hold_b", spike + 2.5 * pitch),
            *wiring.at("hold_b", spike + 5 * pitch, high=places.HEAD),
        ],
        T4,
    )
    # spk_b: the p node at the left by a strap beside the rows to the others
    beside = spike - 0.45
    wiring.box("met1", "spk_b", beside - rules.STRAP / 2, T9 - OVER, spike + rules.STRAP / 2, T9 + OVER)
    wiring.strap("spk_b", spike, places.P_TOP, T9 + OVER)
    wiring.strap("spk_b", beside, T2 - OVER, T9 + OVER)
    wiring.wires.land("spk_b", beside, level(T2 + OVER), level(T2 - OVER))
    wiring.bar("spk_b", [*wiring.at("spk_b", beside, spike + pitch), *wiring.of("spk_b", reset, out + 2)], T2)
    gate, ends = wiring.at("we_b", enable + pitch / 2), wiring.of("we_b", enable + pitch)
    wiring.bar("we_b", [*gate, *(p for p in ends if p.low > level(places.HEAD))], T2)
    wiring.bar("we_b", [*gate, *(p for p in ends if p.low < level(places.HEAD))], T8)
    write = BY_DATA["pair_1v8[1]"].at(3.5)
    wiring.strap("we", write, places.WRITE, T1 - 0.10)
    wiring.strap("we", enable, T1 - rules.STRAP, places.N_LOW)
    wiring.box("met1", "we", enable - rules.STRAP / 2, T1 - rules.STRAP, write + rules.STRAP / 2, T1 - 0.10)
    wiring.bar("discharge_1v8", wiring.of("discharge_1v8", 0, places.X_DIS_B + pitch, 5.5), T5)
    wiring.bar(
        "dis_b",
        [
            *wiring.at("dis_b", places.X_DIS_B + pitch, low=places.HEAD + 0.1),
            *wiring.of("dis_b", places.X_DIS_P),
        ],
        T8,
    )
    wiring.bar("vref", [*wiring.of("vref", low=low), *wiring.at("vref", places.X_LEAK, high=low)], T1)


def _lines(wiring: NeuronWiring) -> None:
    """Lines with pins at the edges."""
    low = places.TAPS
    own = {
        "spike_1v8": wiring.of("spike_1v8", high=places.HEAD),
        "discharge_1v8": wiring.of("discharge_1v8", places.X_DIS_B, low=5.5),
    }
    for net, (at, stub) in {**places.SHARED, **places.OUTER}.items():
        landings = own.get(net) or wiring.of(net, low=low)
        inset = PIN_INSET.get(net, 0.50)
        ends = (WIDTH - inset,) if net in own else (inset, WIDTH - inset)
        wiring.bar(net, list({p.x: p for p in landings}.values()), at, *ends)
        wiring.pins(net, at, stub, left=net not in own)
    through_bars(
        wiring.component, {net: (level(at), places.BAR_HEIGHT) for net, at in places.BARS.items()}, WIDTH
    )


def _membrane(wiring: NeuronWiring) -> None:
    """Plates, and what reaches them: vm of the front end, vm of the strip, vss."""
    component, bottom, half = wiring.component, places.CAP_TOP + places.CAP_HEIGHT, places.LINE / 2
    left, right = places.CAP_LEFT[0], places.CAP_LEFT[1] + places.CAP_WIDTH
    box(component, "met3", left - 0.2, level(bottom + 0.2), right + 0.2, level(places.PLATE_TOP))
    box(component, "met4", places.X_STACK - half, level(places.UPPER[1]), right - 0.1, level(places.UPPER[0]))
    for x in places.CAP_LEFT:
        box(component, "capm", x, level(bottom), x + places.CAP_WIDTH, level(places.CAP_TOP))
        y0, y1 = level(places.UPPER[1] - 0.1), level(places.UPPER[0] + 0.1)
        cut_array(component, ("via3",), x + 0.2, y0, x + places.CAP_WIDTH - 0.2, y1, rules.VIA3, 0.8)
    box(component, "met4", places.X_VM - half, level(places.UPPER[0]), places.X_VM + half, -HALF)
    via_stack(component, places.X_STACK, level(T2), "met2", "met4", 0.49, 0.49)
    wiring.wires.note(
        "met2", "vm", places.X_STACK - 0.245, level(T2) - 0.245, places.X_STACK + 0.245, level(T2) + 0.245
    )
    half, (y, height) = places.VSS / 2, VSS_BAR
    for x in places.X_VSS:
        box(component, "met4", x - half, level(places.CAP_TOP - 0.16), x + half, -y + height / 2)
        for y0, y1 in (
            (-y - height / 2 + 0.1, -y + height / 2 - 0.1),
            (level(places.CAP_TOP - 0.24), level(places.PLATE_TOP + 0.1)),
        ):
            cut_array(component, ("via3",), x - half + 0.1, y0, x + half - 0.1, y1, rules.VIA3, 0.4)


def _frame(wiring: NeuronWiring) -> None:
    """Wells, implants, taps, rails, outline."""
    component = wiring.component
    box(component, "nwell", 0.9, level(places.WELL_TOP), WIDTH - 0.7, level(-0.3))
    box(component, "nwell", 0.9, places.BOTTOM, WIDTH - 0.7, level(places.WELL))
    for layer, top, low in (
        ("psdm", places.P_LATCH - 0.5, places.P_LATCH),
        ("nsdm", places.N_LATCH, places.N_LATCH + 1.0),
        ("nsdm", places.N_LOW - 2.0, places.N_LOW),
        ("psdm", places.P_TOP, places.P_TOP + 2.0),
    ):
        box(component, layer, 1.1, level(low + rules.IMPLANT), 58.7, level(top - rules.IMPLANT))
    for net, end in (("vdd1v8", places.RAIL), ("vss", places.TAPS)):
        for p in wiring.of(net, low=places.TAPS):
            if p.high - p.low > 2 * OVER + 0.01:  # a node; heads of dummies are tied to it
                wiring.strap(net, p.x, min(end - OVER, -HALF - p.high), max(end + OVER, -HALF - p.low))
    y = level(places.RAIL)
    tap_bar(component, "n", 1.6, WIDTH - 1.2, y, rail=False)
    for x0, x1 in wiring.clear("vdd1v8", places.RAIL, places.RAIL_HALF, 0.45, 59.1):
        wiring.box("met1", "vdd1v8", x0, places.RAIL - places.RAIL_HALF, x1, places.RAIL + places.RAIL_HALF)
        left, right = max(x0 + rules.MCON_END, 1.5), min(x1 - rules.MCON_END, WIDTH - 1.1)
        contacts(component, ("mcon",), left, y - rules.CUT_ROW_HALF, right, y + rules.CUT_ROW_HALF)
    for x0, x1, reach in ((0.45, 0.85, 1.3), (58.7, 59.1, 58.5)):  # to the front end's rail
        wiring.box("met1", "vdd1v8", x0, -0.6, x1, places.RAIL)
        wiring.box("met1", "vdd1v8", min(x0, reach), -0.6, max(x1, reach), -0.2)
    y = level(places.TAPS)
    tap_bar(component, "p", 1.6, WIDTH - 1.2, y, rail=False)
    for x0, x1 in wiring.clear("vss", places.TAPS, 0.2, 1.5, WIDTH - 1.2):
        wiring.box("met1", "vss", x0, places.TAPS - 0.2, x1, places.TAPS + 0.2)
        contacts(
            component,
            ("mcon",),
            x0 + rules.MCON_END,
            y - rules.CUT_ROW_HALF,
            x1 - rules.MCON_END,
            y + rules.CUT_ROW_HALF,
        )
    _to_plate(wiring)
    box(component, "prbndry", 0, places.BOTTOM, WIDTH, HALF)


def _to_plate(wiring: NeuronWiring) -> None:
    """Stacks from the rail of the taps to the membrane's lower plate, wherever no wire is in the way."""
    last, y, pad = 0.0, level(places.TAPS), rules.VIA_PAD / 2
    for step in range(int(10 * (places.CAP_WIDTH * 2))):
        x = round(places.CAP_LEFT[0] + 0.1 * step, 3)
        if (
            x - last >= 2.5
            and wiring.wires.free("vss", x, y, rules.VIA_PAD)
            and wiring.covered("vss", x, places.TAPS)
        ):
            via_stack(wiring.component, x, y, "met1", "met3", rules.VIA_PAD, rules.VIA_PAD)
            for metal in ("met1", "met2"):
                wiring.wires.note(metal, "vss", x - pad, y - pad, x + pad, y + pad)
            last = x


def _front_pins(component: Component, front: Reference) -> None:
    """Pins of the front end that are the neuron's, and those of the lines over it."""
    for port in front.ports:
        net, (_, y) = port.info["net"], port.center
        if port.orientation in (0, 180):
            edge_pin(component, net, y, port.width, right=port.orientation == 0, second=True)
    for net, (corners, _) in places.OVER_FRONT_END.items():
        for right in (False, True):
            edge_pin(component, net, corners[0][1], places.LINE_HEIGHT, right=right, second=True)


@gf.cell
def neuron() -> gf.Component:
    """The neuron, 59.7 x 38.5 um, the axis of its front end at y = 0.

    Returns:
        Component neuron. Ports, all of met3: bl_p and bl_n (left); what all neurons share by net name (left)
        and as <net>_right, at the same y; spike_1v8 and discharge_1v8 (right).
    """
    component = gf.Component()
    front = component << front_end()
    wiring = NeuronWiring(component)
    _latches(wiring)
    for row in (*places.UPPER_ROWS, *places.COMPARATOR_ROWS, *places.LOGIC_ROWS):
        wiring.place(row)
    for draw in (_settings, _upper_left, _comparator, _logic, _lines, _membrane, _frame):
        draw(wiring)
    _front_pins(component, front)
    return component
