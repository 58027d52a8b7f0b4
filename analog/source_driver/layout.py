"""Layout of the source driver: a row of n and a row of p fingers, plates of met2 and met3 over them for what carries current.

::

      y 16.11 ==== vpp ==========================================
              | complements |  program        | full      | dac |     vwl, vwl_dac  > (met3)
        in    >------------- nine met2 tracks between the rings -
        sl    | complements |  ground                      | dac |     met3, both sides
        vss   |             |                                   |     met3, both sides
      y 0.00  ==== vss ==========================================

All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. The drain and source nodes of the ground switch
have vias along nearly half of their length each, so that its 3.5 mA never run along a finger's whole met1. met4 and above are free.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import place_row
from neusoc.layout.primitives.rings import place_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, cut_array, pin, positions, riser, strap, through_bars, xs_of
from neusoc.pdk import rules
from neusoc.pdk.layers import label_layer, pin_layer

FINGER, WIDTH_GROUND, WIDTH_INV = 5.00, 5.60, 2.00     # licon.12 (sky130 deck): 5.7 at most
LENGTH = 0.50
X_COLUMN0, LAST = 1.30, 57
Y_NROW_TOP = 6.18
TRACKS = tuple(round(6.53 + 0.46 * i, 3) for i in range(9))
HEAD_N, HEAD_P = TRACKS[0], TRACKS[-1]
Y_PROW_BOTTOM = round(HEAD_P + 0.35, 3)
Y_VSS, Y_PTAP, Y_NTAP, Y_VPP = 0.0, 7.06, round(Y_PROW_BOTTOM - 0.83, 3), round(Y_PROW_BOTTOM + FINGER + 0.55, 3)
X_LAST = round(X_COLUMN0 + LAST * 0.80, 3)
WIDTH, HEIGHT = round(X_LAST + 1.30, 3), round(Y_VPP + 0.70, 3)
RING_N, RING_P = (0.56, round(X_LAST + 0.73, 3)), (0.64, round(X_LAST + 0.66, 3))
GROUND_FINGERS, PROGRAM_FINGERS, FULL_FINGERS, DAC_P_FINGERS = 46, 24, 20, 4
COMPLEMENTS, COMPLEMENT_FULL, SOURCE_LINES, RAIL_P, RAIL_N = 0, 3, 6, 33, 55      # first columns of the strips

# met2 track of each net between the rows; inputs come from the left
INPUT_TRACKS = {"sl_program_vpp": 1, "wl_dac_vpp": 2, "wl_full_vpp": 3, "sl_ground_vpp": 4}
COMPLEMENT_TRACKS = {"sl_program_b": 5, "wl_dac_b": 6, "wl_full_b": 7}
# plates over the rows: net -> (y0, y1)
PLATES = {
    "vss": (0.80, 3.10), "sl": (3.50, 5.80), "vwl_dac": (Y_PROW_BOTTOM + 0.28, Y_PROW_BOTTOM + 2.08),
    "vwl": (Y_PROW_BOTTOM + 2.48, Y_PROW_BOTTOM + 4.68),
}  # fmt: skip
THROUGH = ("vss", "sl")             # plates whose met3 reaches both edges


def _path(*parts: tuple[str, str, int, str]) -> str:
    """Euler path of alternating nodes: (first node, gate, fingers, other node) for each part; a part begins where the one before ended."""
    words = [parts[0][0]]
    for first, gate, fingers, other in parts:
        for index in range(fingers):
            words += [gate, other if index % 2 == 0 else first]
    return " ".join(words)


N_GROUND = _path(("vss", "sl_ground_vpp", GROUND_FINGERS, "sl"))
P_PROGRAM = _path(("vpp", "sl_program_b", PROGRAM_FINGERS, "sl"))
N_RAIL = _path(("vwl", "wl_dac_vpp", 2, "vwl_dac"))
P_RAIL = _path(("vwl", "wl_full_b", FULL_FINGERS, "vpp"), ("vwl", "wl_dac_b", DAC_P_FINGERS, "vwl_dac"))


def _column(index: float) -> float:
    """x of a column, um."""
    return round(X_COLUMN0 + index * rules.column_pitch(LENGTH), 3)


@gf.cell
def source_driver() -> gf.Component:
    """Source driver, 48.2 x 17.5 um.

    Returns:
        Component source_driver with ports for the four strobes (left, met2), sl, sl_right, vss, vss_right (both edges, met3), vwl, vwl_dac
        (right, met3) and vpp (left, a met1 rail over the whole width, as that of vss). met4 and above are free.
    """
    component = gf.Component()
    rows = _place_rows(component)
    _place_rings(component)
    _wire_gates(component, rows)
    _wire_lines(component, rows)
    _rails(component)
    return component


def _place_rows(component: gf.Component) -> dict[str, Reference]:
    """The strips of transistors, heads of the n rows on top and of the p rows below."""

    def row(name: str, path: str, first: int, width: float) -> Reference:
        polarity, edge = ("n", Y_NROW_TOP) if name.startswith("n_") else ("p", Y_PROW_BOTTOM)
        return place_row(component, f"source_driver_{name}", path, polarity, _column(first), edge, width, LENGTH)

    pair, single = "sl_program_b sl_program_vpp {0} wl_dac_vpp wl_dac_b", "{0} wl_full_vpp wl_full_b"
    return {
        "n_complements": row("n_complements", pair.format("vss"), COMPLEMENTS, WIDTH_INV),
        "n_full": row("n_full", single.format("vss"), COMPLEMENT_FULL, WIDTH_INV),
        "n_ground": row("n_ground", N_GROUND, SOURCE_LINES, WIDTH_GROUND),
        "n_rail": row("n_rail", N_RAIL, RAIL_N, FINGER),
        "p_complements": row("p_complements", pair.format("vpp"), COMPLEMENTS, FINGER),
        "p_full": row("p_full", single.format("vpp"), COMPLEMENT_FULL, FINGER),
        "p_program": row("p_program", P_PROGRAM, SOURCE_LINES, FINGER),
        "p_rail": row("p_rail", P_RAIL, RAIL_P, FINGER),
    }


def _place_rings(component: gf.Component) -> None:
    place_ring(component, "source_driver_ring_n", RING_N, (Y_VSS, Y_PTAP), "p", rails="b", voltage=5.0)
    place_ring(component, "source_driver_ring_p", RING_P, (Y_NTAP, Y_VPP), "n", rails="t", voltage=5.0)
    reach = rules.TAP_HALF + rules.WELL_TAP[5.0]
    box(component, "hvi", RING_P[0] - reach, Y_VSS, RING_P[1] + reach, Y_VPP)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    grow = rules.IMPLANT
    for layer, first, last, low, high in (
        ("nsdm", 0, SOURCE_LINES, Y_NROW_TOP - WIDTH_INV, Y_NROW_TOP),
        ("nsdm", RAIL_N - 3, RAIL_N, Y_NROW_TOP - FINGER, Y_NROW_TOP),
        ("psdm", 0, SOURCE_LINES, Y_PROW_BOTTOM, Y_PROW_BOTTOM + FINGER),
        ("psdm", RAIL_P - 3, RAIL_P, Y_PROW_BOTTOM, Y_PROW_BOTTOM + FINGER),
    ):
        box(component, layer, _column(first), low - grow, _column(last), high + grow)


def _wire_gates(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Strobes from the left edge to their gates, complements to theirs."""
    first: dict[str, float] = {}
    for row, net in (("n_ground", "sl_ground_vpp"), ("n_rail", "wl_dac_vpp")):
        heads = xs_of(rows[row], net, "gate")
        bar(component, HEAD_N, heads)
        first[net] = riser(component, heads[0], HEAD_N, TRACKS[INPUT_TRACKS[net]])
    inverters = {"sl_program_vpp": "complements", "wl_dac_vpp": "complements", "wl_full_vpp": "full"}
    for net, track in INPUT_TRACKS.items():
        taps = [first[net]] if net in first else []
        if net in inverters:
            x = xs_of(rows[f"n_{inverters[net]}"], net, "gate")[0]
            strap(component, x, HEAD_N, HEAD_P)
            taps.append(x)
        bar(component, TRACKS[track], taps, [0.0])
        pin(component, net, "met2", rules.BAR / 2, TRACKS[track], orientation=180)
    for net, track in COMPLEMENT_TRACKS.items():
        x = xs_of(rows["n_full" if net == "wl_full_b" else "n_complements"], net)[0]
        strap(component, x, Y_NROW_TOP - 0.5, Y_PROW_BOTTOM + 0.5)
        heads = xs_of(rows["p_program" if net == "sl_program_b" else "p_rail"], net, "gate")
        bar(component, HEAD_P, heads)
        bar(component, TRACKS[track], [x, riser(component, heads[0], HEAD_P, TRACKS[track])])


def _plate(component: gf.Component, net: str, xs: list[float]) -> None:
    """met2 and met3 over the fingers of a net, a column of vias on each of its nodes; met3 reaches both edges or the right one."""
    y0, y1 = PLATES[net]
    x0, x1 = min(xs) - 0.30, max(xs) + 0.30
    box(component, "met2", x0, y0, x1, y1)
    for x in xs:
        cut_array(component, ("via",), x - rules.VIA1 / 2, y0 + 0.10, x + rules.VIA1 / 2, y1 - 0.10, rules.VIA1, 0.32)
    cut_array(component, ("via2",), x0 + 0.10, y0 + 0.10, x1 - 0.10, y1 - 0.10, rules.VIA2, 0.60)
    y, height = (y0 + y1) / 2, y1 - y0
    if net in THROUGH:
        through_bars(component, {net: (y, height)}, WIDTH)
    else:
        box(component, "met3", x0, y0, WIDTH, y1)
        pin(component, net, "met3", WIDTH - 0.3, y, 0.6, height, orientation=0)


def _wire_lines(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Nodes of one net in both rows joined, plates over them, sources to their rails."""
    for low, high, nets in ((rows["n_ground"], rows["p_program"], ("sl",)), (rows["n_rail"], rows["p_rail"], ("vwl", "vwl_dac"))):
        for net in nets:
            for x in set(xs_of(low, net)) & set(xs_of(high, net)):
                strap(component, x, Y_NROW_TOP - 0.5, Y_PROW_BOTTOM + 0.5)
    for net, row in (("sl", "n_ground"), ("vss", "n_ground"), ("vwl", "p_rail"), ("vwl_dac", "p_rail")):
        _plate(component, net, xs_of(rows[row], net))
    for row in ("n_complements", "n_full", "n_ground"):
        for x, y in positions(rows[row], "vss"):
            strap(component, x, Y_VSS, y)
    for row in ("p_complements", "p_full", "p_program", "p_rail"):
        for x, y in positions(rows[row], "vpp"):
            strap(component, x, y, Y_VPP)


def _rails(component: gf.Component) -> None:
    """vss and vpp over the whole width; the port vss is that of the plate."""
    for y in (Y_VSS, Y_VPP):
        box(component, "met1", 0, y - rules.RAIL_HALF, WIDTH, y + rules.RAIL_HALF)
    pin(component, "vpp", "met1", WIDTH / 2, Y_VPP, WIDTH, 2 * rules.RAIL_HALF, orientation=180)
    box(component, pin_layer("met1"), 0, Y_VSS - rules.RAIL_HALF, WIDTH, Y_VSS + rules.RAIL_HALF)
    component.add_label("vss", position=(rules.on_grid(WIDTH / 2), Y_VSS), layer=label_layer("met1"))
    box(component, "prbndry", 0, Y_VSS - 0.70, WIDTH, HEIGHT)
