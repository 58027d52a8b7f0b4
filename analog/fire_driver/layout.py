"""Layout of the fire driver: nearly as wide as the neuron, its shared nets on met3 bars through the whole
cell.

::

      y 15.55 ==== vpp ====================================   met1 over the well taps, met3 bar
              | fire_p, 30 fingers   | fire_n, 30 fingers |   drives; bl_p, bl_n leave at the left
              | heads: fire_p_b      | fire_n_b           |
              | p_inv |  | p_shift | idle | hold | p gates|
              ----------- met2 tracks between the rings ---
              | n_inv |  | n_off on| idle | hold | n gates| hold switches under the middle of the drives
      y 0.00  ==== vss ====================================   met1 over the substrate taps, met3 bar

All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. The hold switches' nodes
stand under those of the drives, so that bl_p and bl_n are one strap each. met4 and above are free.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import place_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import (
    Reference,
    bar,
    box,
    cut_array,
    pin,
    positions,
    riser,
    strap,
    through_bars,
    via_stack,
    xs_of,
)
from neusoc.pdk import rules

WIDTH = 56.6  # at most the neuron's, 59.7
LENGTH = 0.50  # all 5 V devices but the default
WIDTH_SWITCH, WIDTH_LOGIC, WIDTH_INV, WIDTH_SHIFT, WIDTH_DRIVE = (
    2.00,
    1.00,
    1.70,
    0.42,
    5.60,
)  # drives: the deck allows 5.7 (licon.12)
LENGTH_DEFAULT = 2.90  # its nodes stand on columns 0 and 4
X_INVERTER, X_COLUMN0 = 1.50, 6.14  # 2.0 um between the 1.8 V and the 5 V well
LAST = 60  # column of the last node
Y_NROW_TOP = 2.58
TRACKS = tuple(
    round(2.93 + 0.46 * i, 3) for i in range(8)
)  # met2; the heads of the n rows, ..., the heads of the p rows
HEAD_N, HEAD_P = TRACKS[0], TRACKS[-1]
Y_PROW_BOTTOM = round(HEAD_P + 0.35, 3)
Y_DEFAULT_BOTTOM = round(Y_PROW_BOTTOM + 1.28, 3)
HEAD_DRIVE = round(
    Y_PROW_BOTTOM + WIDTH_SWITCH + 0.55, 3
)  # 0.21 of poly between the gates below and these heads
Y_DRIVE = round(HEAD_DRIVE + 0.35, 3)  # lower edge of the drives
Y_VSS, Y_PTAP, Y_NTAP = 0.0, 3.46, round(Y_PROW_BOTTOM - 0.83, 3)
Y_VPP = round(Y_DRIVE + WIDTH_DRIVE + 0.55, 3)
BOTTOM, TOP = -0.60, round(Y_VPP + 0.60, 3)  # of the outline
Y_VPP_INNER = round(Y_PROW_BOTTOM + 0.21, 3)  # met2 bar to the sources of the p gates
RING_INVERTER = (0.47, 2.53)  # centres of the left and right side of each ring
X_LAST = round(X_COLUMN0 + LAST * 0.80, 3)
RING_NFETS, RING_PFETS = (5.40, round(X_LAST + 0.73, 3)), (5.48, round(X_LAST + 0.66, 3))

# first columns of the strips
IDLE, HOLD_INV, HOLD, DRIVE_P, MIDDLE, DRIVE_N = 6, 10, 12, 19, 30, 36
TRACK = {"in_n": 1, "hold": 1, "idle": 2, "fire_p_b": 3, "fire_n_b": 4, "on": 5, "hold_b": 6, "off": 6}
# met3 bars over the whole width: net -> (y, width)
BARS = {
    "vss": (0.00, 1.00),
    "phi_1_vpp": (1.30, 0.40),
    "phi_2_vpp": (2.06, 0.40),
    "vref": (4.20, 0.50),
    "vdd1v8": (5.46, 0.60),
    "vfire": (round(Y_DRIVE + 0.875, 3), 1.35),
    "vpp": (Y_VPP, 0.80),
}
Y_FIRE = 6.60  # met3 of fire_1v8, from the right
BIT_LINES = {"bl_p": round(Y_DRIVE + 2.625, 3), "bl_n": round(Y_DRIVE + 4.425, 3)}
PLATE = 1.35  # height of the met2 and met3 plates over the drives
N_LEVEL, P_LEVEL = Y_NROW_TOP - 0.21, Y_PROW_BOTTOM + 0.21  # met1 of every node reaches these


def _column(index: float) -> float:
    """x of a column of the 5 V part, um."""
    return round(X_COLUMN0 + index * rules.column_pitch(LENGTH), 3)


def _y(net: str) -> float:
    return TRACKS[TRACK[net]]


@gf.cell
def fire_driver() -> gf.Component:
    """Fire driver, 56.6 um wide.

    Returns:
        Component fire_driver with ports bl_p, bl_n (left, met3), fire_1v8 (right, met3), the bars of BARS
        (met3, a port at the left and <net>_right). met4 and above are free.
    """
    component = gf.Component()
    rows = _place_rows(component)
    _place_rings(component)
    _wire_shifter(component, rows)
    _wire_gates(component, rows)
    _wire_switches(component, rows)
    _wire_supplies(component, rows)
    _bars_and_pins(component)
    return component


def _place_rows(component: gf.Component) -> dict[str, Reference]:
    """The strips of transistors, heads of the n rows on top and of the p rows below."""

    def row(
        name: str,
        path: str,
        first: float,
        width: float,
        length: float = LENGTH,
        voltage: float = 5.0,
        bottom: float = Y_PROW_BOTTOM,
    ) -> Reference:
        polarity, edge = ("n", Y_NROW_TOP) if name.startswith("n_") else ("p", bottom)
        return place_row(
            component, f"fire_driver_{name}", path, polarity, first, edge, width, length, voltage
        )

    x_inverter = X_INVERTER - 0.40
    rows = {
        "n_inv": row("n_inv", "vss fire_1v8 fire_n", x_inverter, WIDTH_LOGIC, length=0.15, voltage=1.8),
        "p_inv": row("p_inv", "vdd1v8 fire_1v8 fire_n", x_inverter, WIDTH_INV, length=0.15, voltage=1.8),
        "n_off": row("n_off", "off fire_1v8 vss", _column(0), WIDTH_SWITCH),
        "n_on": row("n_on", "vss fire_n on off vss", _column(3), WIDTH_SWITCH),
        "p_shift": row(
            "p_shift", "off fire_1v8 mid_off on vpp off mid_on fire_n on", _column(0), WIDTH_SHIFT
        ),
        "p_default": row(
            "p_default",
            "off vdd1v8 vpp",
            _column(0),
            WIDTH_SHIFT,
            length=LENGTH_DEFAULT,
            bottom=Y_DEFAULT_BOTTOM,
        ),
        "n_idle": row("n_idle", "vss phi_1_vpp idle phi_2_vpp vss", _column(IDLE), WIDTH_LOGIC),
        "p_idle": row("p_idle", "vpp phi_1_vpp idle_m phi_2_vpp idle", _column(IDLE), WIDTH_LOGIC),
        "n_hold_inv": row("n_hold_inv", "hold hold_b vss", _column(HOLD_INV), WIDTH_LOGIC),
        "p_hold_inv": row("p_hold_inv", "hold hold_b vpp", _column(HOLD_INV), WIDTH_SHIFT),
        "n_hold": row(
            "n_hold",
            "vss fire_n_b hold_b_3 fire_p_b hold_b_2 idle hold_b_1 on hold_b",
            _column(HOLD),
            WIDTH_SHIFT,
        ),
        "p_hold": row(
            "p_hold", "vpp fire_n_b hold_b fire_p_b vpp idle hold_b on vpp", _column(HOLD), WIDTH_LOGIC
        ),
    }
    for side, phi, first in (("p", "phi_1_vpp", DRIVE_P), ("n", "phi_2_vpp", DRIVE_N)):
        out = f"fire_{side}_b"
        n_path = f"vss hold_b fire_{side}_2 {phi} fire_{side}_1 on {out}"
        p_path = f"vpp hold_b {out} {phi} vpp {phi} {out} on vpp"
        rows[f"n_drive_{side}"] = row(f"n_drive_{side}", n_path, _column(first), WIDTH_SWITCH)
        rows[f"p_drive_{side}"] = row(f"p_drive_{side}", p_path, _column(first), WIDTH_SWITCH)
    rows["n_switches"] = row("n_switches", "bl_p hold vref hold bl_n", _column(MIDDLE - 1), WIDTH_SWITCH)
    half = MIDDLE // 2
    path = "vfire " + "fire_p_b bl_p fire_p_b vfire " * half + "fire_n_b bl_n fire_n_b vfire " * half
    rows["p_switches"] = row("p_switches", path.strip(), _column(0), WIDTH_DRIVE, bottom=Y_DRIVE)
    return rows


def _place_rings(component: gf.Component) -> None:
    """A substrate ring and a well ring for either supply."""
    for name, sides, low, high, kind, rails, voltage, side_metal in (
        ("ring_n_inv", RING_INVERTER, Y_VSS, Y_PTAP, "p", "b", 1.8, True),
        ("ring_p_inv", RING_INVERTER, Y_NTAP, round(Y_PROW_BOTTOM + 2.5, 3), "n", "", 1.8, True),
        ("ring_n", RING_NFETS, Y_VSS, Y_PTAP, "p", "b", 5.0, True),
        ("ring_p", RING_PFETS, Y_NTAP, Y_VPP, "n", "t", 5.0, True),
    ):
        place_ring(
            component,
            f"fire_driver_{name}",
            sides,
            (low, high),
            kind,
            rails=rails,
            voltage=voltage,
            side_metal=side_metal,
        )
    left, right = RING_PFETS
    reach = rules.TAP_HALF + rules.WELL_TAP[5.0]
    box(component, "hvi", left - reach, Y_VSS, right + reach, Y_VPP + reach)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    for layer, x0, x1, low, high in (
        ("nsdm", _column(0), _column(DRIVE_N + 3), Y_NROW_TOP - WIDTH_SWITCH, Y_NROW_TOP),
        ("psdm", _column(0), _column(DRIVE_N + 4), Y_PROW_BOTTOM, Y_PROW_BOTTOM + WIDTH_SWITCH),
    ):
        box(component, layer, x0, low - rules.IMPLANT, x1, high + rules.IMPLANT)


def _rise(component: gf.Component, at: list[float], y0: float, y1: float) -> list[float]:
    """A riser at each x; returns them."""
    return [riser(component, x, y0, y1) for x in at]


def _to_bar(component: gf.Component, x: float, y: float) -> None:
    """From a met1 strap to the met3 bar over it, with the met2 that m2.6 asks for."""
    bar(component, y, [x], [x - 0.30, x + 0.30])
    via_stack(component, x, y, "met2", "met3", rules.VIA_PAD, rules.VIA_PAD)


def _wire_shifter(component: gf.Component, rows: dict[str, Reference]) -> None:
    """fire_1v8, its complement, on and off."""
    for row, net in (("n_inv", "fire_1v8"), ("n_off", "fire_1v8"), ("n_on", "fire_n")):
        for x in xs_of(rows[row], net, "gate"):
            strap(component, x, HEAD_N, HEAD_P)
    fire_n, off, on = xs_of(rows["n_inv"], "fire_n"), xs_of(rows["n_off"], "off"), xs_of(rows["n_on"], "on")
    for xs, high in ((fire_n, P_LEVEL), (off, positions(rows["p_default"], "off")[0][1]), (on, P_LEVEL)):
        strap(component, xs[0], N_LEVEL, high)
    fire = [x for row in ("n_inv", "n_off") for x in xs_of(rows[row], "fire_1v8", "gate")]
    bar(component, HEAD_N, fire)
    bar(component, _y("in_n"), fire_n + xs_of(rows["n_on"], "fire_n", "gate"))
    bar(component, HEAD_P, xs_of(rows["p_shift"], "on", "gate") + on)
    off += _rise(component, xs_of(rows["p_shift"], "off", "gate"), HEAD_P, _y("off"))
    bar(component, _y("off"), off + _rise(component, xs_of(rows["n_on"], "off", "gate"), HEAD_N, _y("off")))
    x = fire[0]
    _rise(component, [x], HEAD_P, Y_FIRE)
    _to_bar(component, x, Y_FIRE)
    box(
        component,
        "met3",
        x - rules.VIA_PAD / 2,
        Y_FIRE - rules.VIA_PAD / 2,
        WIDTH,
        Y_FIRE + rules.VIA_PAD / 2,
    )


def _wire_gates(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Phases from their bars; each other net on its track."""
    for name in ("n_idle", "n_drive_p", "n_drive_n"):
        for net in ("phi_1_vpp", "phi_2_vpp"):
            for x in _gates(rows[name], net):
                y = BARS[net][0]
                _rise(component, [x], HEAD_N, y)
                strap(component, x, HEAD_N, HEAD_P)
                _to_bar(component, x, y)
    for side, net in (("p", "phi_1_vpp"), ("n", "phi_2_vpp")):
        bar(component, HEAD_P, xs_of(rows[f"p_drive_{side}"], net, "gate"))
    taps: dict[str, list[float]] = {
        net: [] for net in ("on", "hold_b", "hold", "idle", "fire_p_b", "fire_n_b")
    }
    for name, row in rows.items():
        if name in ("p_shift", "p_default", "p_switches", "n_off", "n_inv", "p_inv"):
            continue
        lower = name.startswith("n_")
        for net, xs in taps.items():
            xs += _rise(component, _gates(row, net), HEAD_N if lower else HEAD_P, _y(net))
            xs += _rise(component, _nodes(row, net), N_LEVEL if lower else P_LEVEL, _y(net))
    for net, xs in taps.items():
        bar(component, _y(net), sorted(set(xs)))
    # to the heads of the drives, between the strips of the p gates
    for side, x in (("p", _column(DRIVE_P - 1)), ("n", _column(DRIVE_N - 1))):
        net = f"fire_{side}_b"
        bar(component, _y(net), [x], [xs_of(rows[f"n_drive_{side}"], net)[0]])
        strap(component, x, _y(net) - rules.BAR / 2, HEAD_DRIVE + rules.BAR / 2)
        bar(component, HEAD_DRIVE, [x, *xs_of(rows["p_switches"], net, "gate")])


def _gates(row: Reference, net: str) -> list[float]:
    """x of a row's heads of a net; none if it has none."""
    return sorted(p.center[0] for p in row.ports if (p.info["net"], p.info["role"]) == (net, "gate"))


def _nodes(row: Reference, net: str) -> list[float]:
    return sorted(p.center[0] for p in row.ports if (p.info["net"], p.info["role"]) == (net, "node"))


def _plate(component: gf.Component, xs: list[float], y: float) -> None:
    """met2 and met3 over a net's landings, with cuts to each of them."""
    low, high = y - PLATE / 2, y + PLATE / 2
    x0, x1 = min(xs) - 0.30, max(xs) + 0.30
    for metal in ("met2", "met3"):
        box(component, metal, x0, low, x1, high)
    for x in xs:
        cut_array(component, ("via",), x - 0.08, low + 0.1, x + 0.08, high - 0.1, rules.VIA1, 0.34)
        cut_array(component, ("via2",), x - 0.2, low + 0.1, x + 0.2, high - 0.1, rules.VIA2, 0.42)


def _wire_switches(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Bit lines, vfire and vref."""
    drives = rows["p_switches"]
    _plate(component, xs_of(drives, "vfire"), BARS["vfire"][0])
    for net, y in BIT_LINES.items():
        _plate(component, xs_of(drives, net), y)
        box(component, "met3", 0, y - PLATE / 2, min(xs_of(drives, net)), y + PLATE / 2)
        x = xs_of(rows["n_switches"], net)[0]
        strap(component, x, N_LEVEL, Y_DRIVE + 0.5)
    x = xs_of(rows["n_switches"], "vref")[0]
    _rise(component, [x], N_LEVEL, BARS["vref"][0])
    _to_bar(component, x, BARS["vref"][0])


def _wire_supplies(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Sources to their rails."""
    inner = [
        x
        for name in ("p_shift", "p_idle", "p_hold_inv", "p_hold", "p_drive_p", "p_drive_n")
        for x in xs_of(rows[name], "vpp")
    ]
    for name, reference in rows.items():
        if name.startswith("n_"):
            for x in _nodes(reference, "vss"):
                strap(component, x, Y_VSS, N_LEVEL)
    bar(component, Y_VPP_INNER, [RING_PFETS[0], *inner, RING_PFETS[1]])
    (x, y), beside = positions(rows["p_default"], "vpp")[0], xs_of(rows["p_idle"], "vpp")
    bar(component, y, [x, *_rise(component, beside, P_LEVEL, y)])
    # vdd1v8: the inverter's source, its well ring and the gate of the default
    y = BARS["vdd1v8"][0]
    source, y_inv = positions(rows["p_inv"], "vdd1v8")[0]
    side = RING_INVERTER[0]
    box(component, "met1", side - rules.RING_SIDE_HALF, y_inv - 0.6, source, y_inv + 0.6)
    _rise(component, [source], y_inv, y)
    _to_bar(component, source, y)
    gate, y_gate = positions(rows["p_default"], "vdd1v8", "gate")[0]
    bar(component, y_gate, [gate, source])
    strap(component, source, y_inv, y_gate + rules.BAR / 2)
    box(component, "met1", 0, Y_VSS - rules.RAIL_HALF, WIDTH, Y_VSS + rules.RAIL_HALF)
    for rail in (Y_VSS, Y_VPP):
        box(component, "met2", RING_PFETS[0], rail - rules.RAIL_HALF, RING_PFETS[1], rail + rules.RAIL_HALF)
        for layer, size, pitch in (("via", rules.VIA1, 0.80), ("via2", rules.VIA2, 0.80)):
            cut_array(
                component,
                (layer,),
                RING_PFETS[0] + 0.2,
                rail - 0.2,
                RING_PFETS[1] - 0.2,
                rail + 0.2,
                size,
                pitch,
            )


def _bars_and_pins(component: gf.Component) -> None:
    through_bars(component, BARS, WIDTH)
    for net, y in BIT_LINES.items():
        pin(component, net, "met3", 0.3, y, 0.6, PLATE, orientation=180)
    pin(component, "fire_1v8", "met3", WIDTH - 0.3, Y_FIRE, 0.6, rules.VIA_PAD, orientation=0)
    box(component, "prbndry", 0, BOTTOM, WIDTH, TOP)
