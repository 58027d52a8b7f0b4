"""Layout of the line driver: a row of n and a row of p fingers, 5 um each, with the lines as plates of met2 and met3 over them.

::

      y 15.97 ==== vpp ======================================================
              | complements |          | program | | dac |  full            |     vwl  > (met3)
      vsl_dac |             |          |         | |     |                  |     vwl_dac > (met3)
        in    >---------------- ten met2 tracks between the rings ----------
        vsl   |             |        neuron                                 |     met3
        sl    | complements | ground | neuron            | program | | dac |      met3, both sides
      y 0.00  ==== vss ======================================================

All rows stand on one column grid (0.80 um); met1 runs vertically, met2 horizontally. met4 and above are free.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.layout.primitives.fingers import finger_row
from neusoc.layout.primitives.rings import guard_ring
from neusoc.layout.primitives.shapes import Reference, bar, box, cut_array, pin, positions, strap, xs_of
from neusoc.pdk import rules

FINGER, WIDTH_INV = 5.00, 2.00
LENGTH = 0.50
X_COLUMN0, LAST = 1.30, 71
Y_NROW_TOP = 5.58
TRACKS = tuple(round(5.93 + 0.46 * i, 3) for i in range(10))
HEAD_N, HEAD_P = TRACKS[0], TRACKS[-1]
Y_PROW_BOTTOM = round(HEAD_P + 0.35, 3)
Y_VSS, Y_PTAP, Y_NTAP, Y_VPP = 0.0, 6.46, round(Y_PROW_BOTTOM - 0.83, 3), round(Y_PROW_BOTTOM + FINGER + 0.55, 3)
X_LAST = round(X_COLUMN0 + LAST * 0.80, 3)
WIDTH, HEIGHT = round(X_LAST + 1.30, 3), round(Y_VPP + 0.70, 3)
RING_N, RING_P = (0.56, round(X_LAST + 0.73, 3)), (0.64, round(X_LAST + 0.66, 3))
GROUND_FINGERS, NEURON_FINGERS, PROGRAM_FINGERS = 7, 40, 4
COMPLEMENTS, COMPLEMENT_FULL, SOURCE_LINES, PROGRAM_P, RAIL = 0, 3, 6, 49, 59     # first columns of the strips

# met2 track of each net between the rows; inputs come from the left
INPUT_TRACKS = {"sl_program_vpp": 1, "wl_dac_vpp": 2, "wl_full_vpp": 3, "sl_ground_vpp": 4, "sl_neuron_vpp": 5}
COMPLEMENT_TRACKS = {"sl_program_b": 6, "wl_dac_b": 7, "wl_full_b": 8}
# plates over the rows: net -> (y0, y1, met3 reaches the left edge, the right edge)
PLATES = {
    "sl": (0.80, 2.80, True, True), "vsl": (3.20, 5.20, True, False), "vsl_dac": (10.70, 12.70, True, False),
    "vwl_dac": (10.70, 12.50, False, True), "vwl": (12.90, 15.10, False, True),
}  # fmt: skip


def _path(*parts: tuple[str, str, int, str]) -> str:
    """Euler path of alternating nodes: (first node, gate, fingers, other node) for each part; a part begins where the one before ended."""
    words = [parts[0][0]]
    for first, gate, fingers, other in parts:
        for index in range(fingers):
            words += [gate, other if index % 2 == 0 else first]
    return " ".join(words)


N_SOURCE_LINES = _path(
    ("vss", "sl_ground_vpp", GROUND_FINGERS, "sl"), ("sl", "sl_neuron_vpp", NEURON_FINGERS, "vsl"),
    ("sl", "sl_program_vpp", PROGRAM_FINGERS, "vsl_dac"),
)  # fmt: skip
P_SOURCE_LINES = _path(("sl", "sl_program_b", 8, "vsl_dac"))
N_RAIL = _path(("vwl", "wl_dac_vpp", 2, "vwl_dac"))
P_RAIL = _path(("vwl", "wl_dac_b", 4, "vwl_dac"), ("vwl", "wl_full_b", 8, "vpp"))


def _column(index: float) -> float:
    """x of a column, um."""
    return round(X_COLUMN0 + index * rules.column_pitch(LENGTH), 3)


@gf.cell
def line_driver() -> gf.Component:
    """Line driver, 59.4 x 16.7 um.

    Returns:
        Component line_driver with ports for the five strobes (left, met2), sl, vsl, vsl_dac (left, met3), vwl, vwl_dac (right, met3), vpp
        and vss (left, met1 rails over the whole width). met4 and above are free.
    """
    component = gf.Component()
    rows = _place_rows(component)
    _place_rings(component)
    _wire_gates(component, rows)
    _wire_lines(component, rows)
    _pins(component)
    return component


def _place_rows(component: gf.Component) -> dict[str, Reference]:
    """The strips of transistors, heads of the n rows on top and of the p rows below."""

    def row(name: str, path: str, first: int, width: float) -> Reference:
        polarity, up = ("n", "t") if name.startswith("n_") else ("p", "b")
        heads = " ".join(f"{net}:{up}" for net in dict.fromkeys(path.split()[1::2]))
        reference = component << finger_row(f"line_driver_{name}", path, polarity, width, LENGTH, heads, 5.0)
        y = Y_NROW_TOP - width / 2 if polarity == "n" else Y_PROW_BOTTOM + width / 2
        reference.move((rules.on_grid(_column(first + (len(path.split()) // 2) / 2)), rules.on_grid(y)))
        return reference

    pair, single = "sl_program_b sl_program_vpp {0} wl_dac_vpp wl_dac_b", "{0} wl_full_vpp wl_full_b"
    return {
        "n_complements": row("n_complements", pair.format("vss"), COMPLEMENTS, WIDTH_INV),
        "n_full": row("n_full", single.format("vss"), COMPLEMENT_FULL, WIDTH_INV),
        "n_source_lines": row("n_source_lines", N_SOURCE_LINES, SOURCE_LINES, FINGER),
        "n_rail": row("n_rail", N_RAIL, RAIL, FINGER),
        "p_complements": row("p_complements", pair.format("vpp"), COMPLEMENTS, FINGER),
        "p_full": row("p_full", single.format("vpp"), COMPLEMENT_FULL, FINGER),
        "p_source_lines": row("p_source_lines", P_SOURCE_LINES, PROGRAM_P, FINGER),
        "p_rail": row("p_rail", P_RAIL, RAIL, FINGER),
    }


def _place_rings(component: gf.Component) -> None:
    for name, (left, right), low, high, kind, rails in (
        ("ring_n", RING_N, Y_VSS, Y_PTAP, "p", "b"), ("ring_p", RING_P, Y_NTAP, Y_VPP, "n", "t"),
    ):  # fmt: skip
        ring = component << guard_ring(f"line_driver_{name}", round(right - left, 3), round(high - low, 3), kind, rails, voltage=5.0)
        ring.move((rules.on_grid((left + right) / 2), rules.on_grid((low + high) / 2)))
    reach = rules.TAP_HALF + rules.WELL_TAP[5.0]
    box(component, "hvi", RING_P[0] - reach, Y_VSS, RING_P[1] + reach, Y_VPP)
    # implants of neighbouring strips closer than nsd.1, psd.1 (0.38): one shape
    grow = rules.IMPLANT
    for layer, x0, x1, low, high in (
        ("nsdm", _column(0), _column(SOURCE_LINES), Y_NROW_TOP - WIDTH_INV, Y_NROW_TOP),
        ("nsdm", _column(RAIL - 3), _column(RAIL), Y_NROW_TOP - FINGER, Y_NROW_TOP),
        ("psdm", _column(0), _column(COMPLEMENT_FULL), Y_PROW_BOTTOM, Y_PROW_BOTTOM + FINGER),
        ("psdm", _column(RAIL - 3), _column(RAIL), Y_PROW_BOTTOM, Y_PROW_BOTTOM + FINGER),
    ):
        box(component, layer, x0, low - grow, x1, high + grow)


def _riser(component: gf.Component, x: float, y0: float, y1: float) -> float:
    """A strap from y0 that carries a via at y1; returns x."""
    half = rules.BAR / 2
    strap(component, x, y0, y1 + (half if y1 > y0 else -half))
    return x


def _wire_gates(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Strobes from the left edge to their gates, complements to theirs."""
    gates = {"n_source_lines": ("sl_ground_vpp", "sl_neuron_vpp", "sl_program_vpp"), "n_rail": ("wl_dac_vpp",)}
    first: dict[str, float] = {}
    for row, nets in gates.items():
        for net in nets:
            heads = xs_of(rows[row], net, "gate")
            bar(component, HEAD_N, heads)
            first[net] = _riser(component, heads[0], HEAD_N, TRACKS[INPUT_TRACKS[net]])
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
        own = "full" if net == "wl_full_b" else "complements"
        x = xs_of(rows[f"n_{own}"], net)[0]
        strap(component, x, Y_NROW_TOP - 0.5, Y_PROW_BOTTOM + 0.5)
        heads = xs_of(rows["p_source_lines" if net == "sl_program_b" else "p_rail"], net, "gate")
        bar(component, HEAD_P, heads)
        bar(component, TRACKS[track], [x, _riser(component, heads[0], HEAD_P, TRACKS[track])])


def _plate(component: gf.Component, net: str, xs: list[float]) -> None:
    """met2 and met3 over the fingers of a net, a column of vias on each of its nodes."""
    y0, y1, left, right = PLATES[net]
    x0, x1 = min(xs) - 0.30, max(xs) + 0.30
    box(component, "met2", x0, y0, x1, y1)
    for x in xs:
        cut_array(component, ("via",), x - rules.VIA1 / 2, y0 + 0.10, x + rules.VIA1 / 2, y1 - 0.10, rules.VIA1, 0.32)
    cut_array(component, ("via2",), x0 + 0.10, y0 + 0.10, x1 - 0.10, y1 - 0.10, rules.VIA2, 0.60)
    ends = (0.0 if left else x0, WIDTH if right else x1)
    box(component, "met3", ends[0], y0, ends[1], y1)
    y = (y0 + y1) / 2
    if left:
        pin(component, net, "met3", 0.3, y, 0.6, y1 - y0, orientation=180)
    else:
        pin(component, net, "met3", WIDTH - 0.3, y, 0.6, y1 - y0, orientation=0)


def _wire_lines(component: gf.Component, rows: dict[str, Reference]) -> None:
    """Nodes of one net in both rows joined, plates over them, sources to their rails."""
    n, p = rows["n_source_lines"], rows["p_source_lines"]
    for low, high, nets in ((n, p, ("sl", "vsl_dac")), (rows["n_rail"], rows["p_rail"], ("vwl", "vwl_dac"))):
        for net in nets:
            for x in set(xs_of(low, net)) & set(xs_of(high, net)):
                strap(component, x, Y_NROW_TOP - 0.5, Y_PROW_BOTTOM + 0.5)
    _plate(component, "sl", xs_of(n, "sl"))
    _plate(component, "vsl", xs_of(n, "vsl"))
    _plate(component, "vsl_dac", xs_of(p, "vsl_dac"))
    _plate(component, "vwl_dac", xs_of(rows["p_rail"], "vwl_dac"))
    _plate(component, "vwl", xs_of(rows["p_rail"], "vwl"))
    for row in ("n_complements", "n_full", "n_source_lines"):
        for x, y in positions(rows[row], "vss"):
            strap(component, x, Y_VSS, y)
    for row in ("p_complements", "p_full", "p_rail"):
        for x, y in positions(rows[row], "vpp"):
            strap(component, x, y, Y_VPP)


def _pins(component: gf.Component) -> None:
    for net, y in (("vss", Y_VSS), ("vpp", Y_VPP)):
        box(component, "met1", 0, y - rules.RAIL_HALF, WIDTH, y + rules.RAIL_HALF)
        pin(component, net, "met1", WIDTH / 2, y, WIDTH, 2 * rules.RAIL_HALF, orientation=180)
    box(component, "prbndry", 0, Y_VSS - 0.70, WIDTH, HEIGHT)
