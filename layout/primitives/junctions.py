"""Junctions: diodes that are drawn as such, stripes of diffusion under areaid.diode, and arrays of bipolar
transistors."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import gdsfactory as gf
from neusoc.layout.primitives.rings import tap_box
from neusoc.layout.primitives.shapes import box, contacts, net_port
from neusoc.pdk import rules
from neusoc.pdk.devices import PNP, PNP_EMITTERS

MARKER = 0.10  # areaid.diode past the stripe; no rule, it must cover it
TAP_GAP = {
    "n": rules.TAP_TO_NDIFF[5.0],
    "p": 0.31,
}  # stripe to the tap beside it; p in its well: difftap.3 asks less


def stripe(
    component: gf.Component, kind: Literal["n", "p"], x0: float, y0: float, x1: float, y1: float
) -> None:
    """One stripe of an 11 V diode: n in the substrate (diode_pw2nd_11v0) or p in a well (diode_pd2nw_11v0),
    with li1 and the cuts to met1.

    Met1, well, hvi and the taps around are the caller's.

    Source: SkyWater rules difftap.1, licon.5c, li.5, m1.4, nsd.5a, psd.5a; areaid.diode as read by
        neusoc.verification.signoff.extraction.
    """
    for layer, grow in (
        ("diff", 0.0),
        ("nsdm" if kind == "n" else "psdm", rules.IMPLANT),
        ("areaid_diode", MARKER),
        ("li1", 0.0),
    ):
        box(component, layer, x0 - grow, y0 - grow, x1 + grow, y1 + grow)
    inset = rules.CUT_INSET
    contacts(component, ("licon1", "mcon"), x0 + inset, y0 + inset, x1 - inset, y1 - inset)


PNP_PITCH = 6.70  # emitter to emitter, as of the library's cells side by side; nwell.2a asks 6.58
PNP_BASE = 2.25  # centre of the base's taps, from the middle of the emitter: as in the library's cell
PNP_WELL = 2.655  # edge of the well
PNP_PAD, PNP_JOINT = 1.45, 0.80  # half sizes of an emitter's met1 (below 3 um: m1.3ab) and of what joins two


@gf.cell(set_name=False)
def pnp_array(name: str, emitters: tuple[str, ...], ground: str = "vss") -> gf.Component:
    """Vertical pnp transistors, 3.40 x 3.40 um each, whose bases and collectors are one net; the centre is
    the origin.

    ::

        emitters ("c c c", "c a c", "c c c")     one string a row, from above

           +---------+---------+---------+
           | +-----+ | +-----+ | +-----+ |       collector: p-taps between all, li1 over all taps
           | |  c  |===|  c  |===|  c  | |       met1 joins neighbours of one net
           | +-----+ | +-----+ | +-----+ |
           +----|----+---------+----|----+
           | +-----+ | +-----+ | +-----+ |
           | |  c  | | |  a  | | |  c  | |

    Ports: one for each emitter, role "node", on met1; `ground` at the middle of the left and right side, on
        met1.

    Args:
        name: name of the GDS cell; unique in the block.
        emitters: net of each, row by row.
        ground: net of base and collector.

    Raises:
        ValueError: rows of unequal length.

    Source: sizes of sky130_fd_pr__rf_pnp_05v5_W3p40L3p40; marker pnp as read by
        neusoc.verification.signoff.extraction.
    """
    rows = [row.split() for row in emitters]
    if not rows or len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError(
            f"{name}: rows of {', '.join(str(len(row)) for row in rows)} emitters; give each as many"
        )
    component = gf.Component(name)
    columns, half = len(rows[0]), PNP_PITCH / 2
    nets = {(i, j): net for j, row in enumerate(rows) for i, net in enumerate(row)}
    middle = {
        (i, j): ((i - (columns - 1) / 2) * PNP_PITCH, ((len(rows) - 1) / 2 - j) * PNP_PITCH) for i, j in nets
    }
    for (i, j), (x, y) in middle.items():
        _transistor(component, x, y)
        net_port(component, f"emitter{i}_{j}", nets[i, j], "node", x, y)
        for other in ((i + 1, j), (i, j + 1)):
            if nets.get(other) == nets[i, j]:
                far_x, far_y = middle[other]
                box(component, "met1", x - PNP_JOINT, y + PNP_JOINT, far_x + PNP_JOINT, far_y - PNP_JOINT)
    right, top = columns * half, len(rows) * half
    xs = [round(-right + i * PNP_PITCH, 3) for i in range(columns + 1)]
    ys = [round(-top + j * PNP_PITCH, 3) for j in range(len(rows) + 1)]
    for x in xs:
        tap_box(component, "p", x, -top, x, top)
    for y in ys:
        tap_box(component, "p", -right, y, right, y)
    cut, side = rules.CUT_ROW_HALF, rules.RING_SIDE_HALF
    for x in xs:
        outer = abs(x) == right
        for low, high in pairwise(ys):
            contacts(
                component,
                ("licon1", "mcon") if outer else ("licon1",),
                x - cut,
                low + 0.28,
                x + cut,
                high - 0.28,
            )
        if outer:
            box(component, "met1", x - side, -top - side, x + side, top + side)
            net_port(component, f"ground_{'left' if x < 0 else 'right'}", ground, "node", x, 0)
    for y in ys:
        contacts(component, ("licon1",), -right - cut, y - cut, right + cut, y + cut)
    box(component, "pnp", -right, -top, right, top)
    return component


def _transistor(component: gf.Component, x: float, y: float) -> None:
    """Emitter, and round it the base's taps, joined in li1 to where the collector's are."""
    edge = PNP_EMITTERS[PNP] / 2
    for layer, reach in (
        ("nwell", PNP_WELL),
        ("diff", edge),
        ("psdm", edge + rules.IMPLANT),
        ("li1", edge),
        ("met1", PNP_PAD),
    ):
        box(component, layer, x - reach, y - reach, x + reach, y + reach)
    for layer, reach in (("licon1", edge - 0.12), ("mcon", PNP_PAD - rules.MCON_END)):
        contacts(component, (layer,), x - reach, y - reach, x + reach, y + reach)
    cut, ring = rules.CUT_ROW_HALF, PNP_BASE
    for a in (-ring, ring):
        tap_box(component, "n", x - ring, y + a, x + ring, y + a)
        tap_box(component, "n", x + a, y - ring, x + a, y + ring)
        contacts(component, ("licon1",), x - ring - cut, y + a - cut, x + ring + cut, y + a + cut)
        contacts(component, ("licon1",), x + a - cut, y - ring + 0.28, x + a + cut, y + ring - 0.28)
        inner, outer = sorted((a - a / ring * rules.TAP_LI_HALF, a / ring * PNP_PITCH / 2))
        box(component, "li1", x - PNP_PITCH / 2, y + inner, x + PNP_PITCH / 2, y + outer)
        box(component, "li1", x + inner, y - PNP_PITCH / 2, x + outer, y + PNP_PITCH / 2)
