"""Layout of the column driver: 1.8 V inverter, level shifter, gates and switches of one bit line between a
vss and a vpp rail.

::

      y 9.75  ---- vdd1v8 ------------------------------------------------   met1, mirrored rows share it
      y 9.05  ==== vpp ===================================================   met1 over the well taps
              | p_inv |  | p_shift | inhibit | program | sense | ground | switches |
        col_1v8 >------------------ eight met2 tracks between the rings ------------
              | n_inv |  | n_off on| inhibit | program | sense | ground | switches |> bl
      y 0.00  ==== vss ===================================================   met1 over the taps

Strobes, vbl, sense_line and sl are met3 bars over the whole width: drivers side by side connect by abutment
or a short bar. All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. met4 and
above are free: bit lines run there. The lower left corner is the origin; the cell abuts its own mirror image
at y = 0 and y = 9.75.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import place_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import (
    Reference,
    bar,
    box,
    contacts,
    pin,
    positions,
    riser,
    strap,
    through_bars,
    via_stack,
    xs_of,
)
from neusoc.pdk import rules

WIDTH, HEIGHT = 34.60, 9.75
LENGTH = 0.50  # all 5 V devices but the default
WIDTH_SWITCH, WIDTH_LOGIC, WIDTH_INV, WIDTH_SHIFT = 2.00, 1.00, 1.70, 0.42
LENGTH_DEFAULT = 2.90  # its nodes stand on columns 0 and 4
X_INVERTER, X_COLUMN0 = 1.50, 6.14  # 2.0 um between the 1.8 V and the 5 V well
LAST = 34  # column of the last node
Y_NROW_TOP = 2.58
TRACKS = tuple(
    round(2.93 + 0.46 * i, 3) for i in range(8)
)  # met2; the heads of the n rows, ..., the heads of the p rows
HEAD_N, HEAD_P = TRACKS[0], TRACKS[-1]
Y_PROW_BOTTOM = round(HEAD_P + 0.35, 3)
Y_DEFAULT_BOTTOM = round(Y_PROW_BOTTOM + 1.28, 3)
Y_VSS, Y_PTAP, Y_NTAP = 0.0, 3.46, round(Y_PROW_BOTTOM - 0.83, 3)
Y_VPP, Y_VDD1V8 = round(HEIGHT - 0.70, 3), HEIGHT
VDD_RAIL_HALF = 0.15
RING_INVERTER = (0.47, 2.53)  # centres of the left and right side of each ring
X_LAST = round(X_COLUMN0 + LAST * 0.80, 3)
RING_NFETS, RING_PFETS = (5.40, round(X_LAST + 0.73, 3)), (5.48, round(X_LAST + 0.66, 3))

# first columns of the strips
INHIBIT, PROGRAM, SENSE, GROUND, GROUND_INV, SWITCHES, SWITCHES_P = 5, 9, 13, 17, 22, 24, 25
GATES = {
    "inhibit": ("unsel_inhibit_vpp", "off"),
    "program": ("sel_program_vpp", "on"),
    "sense": ("sel_sense_vpp", "on"),
}
N_SWITCHES = (
    "vss ground bl ground vss ground bl sense sense_line sense bl sense sense_line sense bl program vbl"
    " program bl inhibit sl"
)
P_SWITCHES = (
    "bl program_b vbl program_b bl program_b vbl program_b bl program_b vbl program_b bl program_b vbl"
    " program_b bl inhibit_b sl"
)
# met3 bars: net -> (y, width)
BARS = {
    "unsel_inhibit_vpp": (0.70, 0.38),
    "sel_program_vpp": (1.38, 0.38),
    "sel_sense_vpp": (2.06, 0.38),
    "sense_line": (2.90, 0.50),
    "sl": (5.46, 0.50),
    "sel_ground_vpp": (6.72, 0.38),
    "unsel_ground_vpp": (7.40, 0.38),
    "vbl": (8.15, 0.50),
}
Y_BL = 1.35  # met2 over the n row
# met2 track of each net between the rows
TRACK = {
    "ground": 0,
    "sense_b": 0,
    "sense": 1,
    "in_n": 1,
    "program": 2,
    "inhibit": 3,
    "inhibit_b": 4,
    "on": 5,
    "ground_b": 5,
    "off": 6,
    "program_b": 7,
}


def _column(index: float) -> float:
    """x of a column of the 5 V part, um."""
    return round(X_COLUMN0 + index * rules.column_pitch(LENGTH), 3)


@gf.cell
def column_driver() -> gf.Component:
    """Column driver, 34.60 x 9.75 um between its abutment lines.

    Returns:
        Component column_driver with ports col_1v8 (left, met2), bl (right, met2), the strobes, vbl,
        sense_line and sl (met3 bars, a port at the left and <net>_right), vdd1v8, vpp and vss (left, met1
        rails over the whole width). met4 and above are free.
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
            component, f"column_driver_{name}", path, polarity, first, edge, width, length, voltage
        )

    x_inverter = X_INVERTER - 0.40
    rows = {
        "n_inv": row("n_inv", "vss col_1v8 in_n", x_inverter, WIDTH_LOGIC, length=0.15, voltage=1.8),
        "p_inv": row("p_inv", "vdd1v8 col_1v8 in_n", x_inverter, WIDTH_INV, length=0.15, voltage=1.8),
        "n_off": row("n_off", "off col_1v8 vss", _column(0), WIDTH_SWITCH),
        "n_on": row("n_on", "vss in_n on", _column(3), WIDTH_SWITCH),
        "p_shift": row("p_shift", "off col_1v8 mid_off on vpp off mid_on in_n on", _column(0), WIDTH_SHIFT),
        "p_default": row(
            "p_default",
            "off vdd1v8 vpp",
            _column(0),
            WIDTH_SHIFT,
            length=LENGTH_DEFAULT,
            bottom=Y_DEFAULT_BOTTOM,
        ),
    }
    for name, first in (("inhibit", INHIBIT), ("program", PROGRAM), ("sense", SENSE)):
        strobe, selected = GATES[name]
        bar_net = f"{name}_b"
        n_path = f"{bar_net} {strobe} {name}_m {selected} vss {bar_net} {name}"
        p_path = f"vpp {strobe} {bar_net} {selected} vpp {bar_net} {name}"
        rows |= {f"n_{name}": row(f"n_{name}", n_path, _column(first), WIDTH_LOGIC)}
        rows |= {f"p_{name}": row(f"p_{name}", p_path, _column(first), WIDTH_LOGIC)}
    n_path = "vss on ground_m sel_ground_vpp ground_b unsel_ground_vpp ground_n off vss"
    p_path = "ground_w on vpp sel_ground_vpp ground_w unsel_ground_vpp ground_b off ground_w"
    rows |= {
        "n_ground": row("n_ground", n_path, _column(GROUND), WIDTH_LOGIC),
        "p_ground": row("p_ground", p_path, _column(GROUND), WIDTH_LOGIC),
        "n_ground_inv": row("n_ground_inv", "vss ground_b ground", _column(GROUND_INV), WIDTH_LOGIC),
        "p_ground_inv": row("p_ground_inv", "vpp ground_b ground", _column(GROUND_INV), WIDTH_LOGIC),
        "n_switches": row("n_switches", N_SWITCHES, _column(SWITCHES), WIDTH_SWITCH),
        "p_switches": row("p_switches", P_SWITCHES, _column(SWITCHES_P), WIDTH_SWITCH),
    }
    return rows


def _place_rings(component: gf.Component) -> None:
    """A substrate ring and a well ring for either supply; wells and thick oxide reach the upper abutment
    line."""
    for name, sides, low, high, kind, rails, voltage, side_metal in (
        ("ring_n_inv", RING_INVERTER, Y_VSS, Y_PTAP, "p", "b", 1.8, True),
        ("ring_p_inv", RING_INVERTER, Y_NTAP, Y_VPP, "n", "", 1.8, False),
        ("ring_n", RING_NFETS, Y_VSS, Y_PTAP, "p", "b", 5.0, True),
        ("ring_p", RING_PFETS, Y_NTAP, Y_VPP, "n", "t", 5.0, True),
    ):
        place_ring(
            component,
            f"column_driver_{name}",
            sides,
            (low, high),
            kind,
            rails=rails,
            voltage=voltage,
            side_metal=side_metal,
        )
    for (left, right), voltage in ((RING_INVERTER, 1.8), (RING_PFETS, 5.0)):
        reach = rules.TAP_HALF + rules.WELL_TAP[voltage]
        box(component, "nwell", left - reach, Y_NTAP, right + reach, HEIGHT)
        if voltage > 1.8:
            box(component, "hvi", left - reach, Y_VSS, right + reach, HEIGHT)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    top = Y_DEFAULT_BOTTOM + WIDTH_SHIFT
    for layer, x0, x1, low, high in (
        ("nsdm", _column(3), _column(SWITCHES), Y_NROW_TOP - WIDTH_LOGIC, Y_NROW_TOP),
        ("psdm", _column(3), _column(SWITCHES_P), Y_PROW_BOTTOM, Y_PROW_BOTTOM + WIDTH_LOGIC),
        ("psdm", _column(0), _column(4) + 0.275, Y_PROW_BOTTOM, top),
    ):
        box(component, layer, x0, low - rules.IMPLANT, x1, high + rules.IMPLANT)


def _rise(component: gf.Component, at: list[float], y0: float, y1: float) -> list[float]:
    """A riser at each x; returns them."""
    return [riser(component, x, y0, y1) for x in at]


def _y(net: str) -> float:
    return TRACKS[TRACK[net]]


N_LEVEL, P_LEVEL = Y_NROW_TOP - 0.5, Y_PROW_BOTTOM + WIDTH_SHIFT / 2  # met1 of every node reaches these


def _wire_shifter(component: gf.Component, rows: dict[str, Reference]) -> None:
    """col_1v8, its complement, on and off up to the gates that take them."""
    for row, net in (("n_inv", "col_1v8"), ("n_off", "col_1v8"), ("n_on", "in_n")):
        for x in xs_of(rows[row], net, "gate"):
            strap(component, x, HEAD_N, HEAD_P)
    in_n, off, on = xs_of(rows["n_inv"], "in_n"), xs_of(rows["n_off"], "off"), xs_of(rows["n_on"], "on")
    for xs, high in ((in_n, P_LEVEL), (off, positions(rows["p_default"], "off")[0][1]), (on, P_LEVEL)):
        strap(component, xs[0], N_LEVEL, high)
    bar(
        component,
        HEAD_N,
        [x for row in ("n_inv", "n_off") for x in xs_of(rows[row], "col_1v8", "gate")],
        [0.0],
    )
    bar(component, _y("in_n"), in_n + xs_of(rows["n_on"], "in_n", "gate"))
    bar(component, HEAD_P, xs_of(rows["p_shift"], "on", "gate") + on)
    shift_off = _rise(component, xs_of(rows["p_shift"], "off", "gate"), HEAD_P, _y("off"))
    taken = {
        net: [x for row in ("inhibit", "program", "sense", "ground") for x in _gates(rows, row, net)]
        for net in ("on", "off")
    }
    for net in ("on", "off"):
        for x in taken[net]:
            strap(component, x, HEAD_N, HEAD_P)
    bar(component, _y("on"), on + taken["on"])
    bar(component, _y("off"), off + shift_off + taken["off"])


def _gates(rows: dict[str, Reference], name: str, net: str) -> list[float]:
    """x of the heads of a net in a gate's n row, none if it takes no such net."""
    try:
        return xs_of(rows[f"n_{name}"], net, "gate")
    except KeyError:
        return []


def _wire_gates(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Strobes from their bars, the outputs of the gates and their inverters."""
    for name, (strobe, _) in GATES.items():
        _strobe(component, rows[f"n_{name}"], strobe)
        net = f"{name}_b"
        y = _y(net)
        gate = xs_of(rows[f"n_{name}"], net, "gate")
        strap(component, gate[0], HEAD_N, HEAD_P)
        low = _rise(component, xs_of(rows[f"n_{name}"], net), N_LEVEL, y)
        high = _rise(component, xs_of(rows[f"p_{name}"], net), P_LEVEL, y)
        bar(component, y, low + high + gate)
        out = xs_of(rows[f"n_{name}"], name)
        strap(component, out[0], N_LEVEL, P_LEVEL)
    for strobe in ("sel_ground_vpp", "unsel_ground_vpp"):
        _strobe(component, rows["n_ground"], strobe)
    y = _y("ground_b")
    gate = xs_of(rows["n_ground_inv"], "ground_b", "gate")
    strap(component, gate[0], HEAD_N, HEAD_P)
    low = _rise(component, xs_of(rows["n_ground"], "ground_b"), N_LEVEL, y)
    high = _rise(component, xs_of(rows["p_ground"], "ground_b"), P_LEVEL, y)
    bar(component, y, low + high + gate)
    strap(component, xs_of(rows["n_ground_inv"], "ground")[0], N_LEVEL, P_LEVEL)
    y = BARS["vbl"][0]
    bar(component, y, _rise(component, xs_of(rows["p_ground"], "ground_w"), P_LEVEL, y))


def _strobe(component: gf.Component, row: Reference, net: str) -> None:
    """Both gates of a strobe on one strap, and over the transistors on to its bar."""
    x, y = xs_of(row, net, "gate")[0], BARS[net][0]
    strap(component, x, HEAD_N, HEAD_P)
    _rise(component, [x], HEAD_N if y < HEAD_N else HEAD_P, y)
    bar(component, y, [x], [x - 0.30, x + 0.30])
    via_stack(component, x, y, "met2", "met3", rules.VIA_PAD, rules.VIA_PAD)


def _wire_switches(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Gates of the switches from their tracks; bit line, rails and lines."""
    n, p = rows["n_switches"], rows["p_switches"]
    for net, gate_row in (
        ("ground", "n_ground_inv"),
        ("sense", "n_sense"),
        ("program", "n_program"),
        ("inhibit", "n_inhibit"),
    ):
        heads = (
            _rise(component, xs_of(n, net, "gate"), HEAD_N, _y(net))
            if _y(net) > HEAD_N
            else xs_of(n, net, "gate")
        )
        bar(component, _y(net), xs_of(rows[gate_row], net) + heads)
    bar(component, HEAD_P, xs_of(p, "program_b", "gate"), [_column(PROGRAM)])
    bar(
        component,
        _y("inhibit_b"),
        _rise(component, xs_of(p, "inhibit_b", "gate"), HEAD_P, _y("inhibit_b")),
        [_column(INHIBIT)],
    )
    for net in ("bl", "sl"):
        for x in set(xs_of(n, net)) & set(xs_of(p, net)):
            strap(component, x, N_LEVEL, P_LEVEL)
    strap(component, xs_of(n, "vbl")[0], N_LEVEL, P_LEVEL)
    bar(component, Y_BL, xs_of(n, "bl"), [WIDTH])

    y = BARS["vbl"][0]
    vbl = xs_of(p, "vbl")
    bar(component, y, vbl)
    for x in vbl:
        via_stack(component, x, y, "met2", "met3", rules.VIA_PAD, rules.VIA_PAD)
    y = BARS["sense_line"][0]
    sense = _rise(component, xs_of(n, "sense_line"), N_LEVEL, y)
    bar(component, y, sense)
    for x in sense:
        via_stack(component, x, y, "met2", "met3", rules.VIA_PAD, rules.VIA_PAD)
    x, y = xs_of(n, "sl")[0], BARS["sl"][0]
    bar(component, y, [x], [x - 0.30, x + 0.30])
    via_stack(component, x, y, "met2", "met3", rules.VIA_PAD, rules.VIA_PAD)


def _wire_supplies(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Sources to their rails, and the rails over the whole width."""
    for name, reference in rows.items():
        net, rail = ("vss", Y_VSS) if name.startswith("n_") else ("vpp", Y_VPP)
        if name in ("p_inv", "p_shift", "p_switches"):
            continue
        for x, y in positions(reference, net):
            strap(component, x, y, rail)
    bar(component, P_LEVEL, xs_of(rows["p_shift"], "vpp") + xs_of(rows["p_inhibit"], "vpp")[:1])

    # vdd1v8: met2 links over the vpp rail, from the inverter's source (which also ties its well ring) and
    #   from the default's gate
    source, y_inv = positions(rows["p_inv"], "vdd1v8")[0]
    side, half, via = RING_INVERTER[0], rules.BAR / 2, rules.VIA1 / 2
    box(component, "met1", side - rules.RING_SIDE_HALF, y_inv - 0.6, source, y_inv + 0.6)
    contacts(
        component, ("mcon",), side - rules.CUT_ROW_HALF, y_inv - 0.54, side + rules.CUT_ROW_HALF, y_inv + 0.54
    )
    gate, y_gate = positions(rows["p_default"], "vdd1v8", "gate")[0]
    for x, y in ((source, y_inv), (gate, y_gate)):
        box(component, "met2", x - half, y - half, x + half, Y_VDD1V8 + half)
        for level in (y, Y_VDD1V8):
            box(component, "via", x - via, level - via, x + via, level + via)
    for net, y, half in (
        ("vss", Y_VSS, rules.RAIL_HALF),
        ("vpp", Y_VPP, rules.RAIL_HALF),
        ("vdd1v8", Y_VDD1V8, VDD_RAIL_HALF),
    ):
        box(component, "met1", 0, y - half, WIDTH, y + half)
        pin(component, net, "met1", WIDTH / 2, y, WIDTH, 2 * half, orientation=180)


def _bars_and_pins(component: gf.Component) -> None:
    through_bars(component, BARS, WIDTH)
    pin(component, "col_1v8", "met2", rules.BAR / 2, HEAD_N, orientation=180)
    pin(component, "bl", "met2", WIDTH - rules.BAR / 2, Y_BL, orientation=0)
    box(component, "prbndry", 0, 0, WIDTH, HEIGHT)
