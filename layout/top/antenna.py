"""Antenna figures of the chip: the router's report, and a check of the drawn gates themselves on the finished
GDS.

The router knows of gates only what the macros' LEFs say, and nothing of the drawn straps. antenna_places()
looks at every
gate in the layout: for each metal, what hangs on it when that metal is etched, that is with nothing above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import klayout.db as db
from neusoc.base.report import Figure
from neusoc.layout.top.shapes import Rect
from neusoc.verification.signoff.antenna import CHAIN, Etched, antenna_places
from neusoc.verification.signoff.gds import read_layout


def antenna_violations(report: str) -> Counter[str]:
    """Violations a layer in the text of OpenROAD's check_antennas -verbose."""
    layers: Counter[str] = Counter()
    layer = ""
    for line in report.splitlines():
        if match := re.search(r"Layer\W+(\w+)", line):
            layer = match[1]
        layers[layer] += "VIOL" in line
    return +layers


def terminals_with_antennas[T](
    gds: Path, top: str, metals: Iterable[str], terminals: Mapping[T, Rect]
) -> set[T]:
    """Terminals whose nets are over the limit on one of the metals.

    Args:
        gds: the chip.
        top: its top cell.
        metals: metals on which antenna_places() has something.
        terminals: terminal -> one of its pin's rectangles, nm in the top cell.
    """
    layout = read_layout(gds, top)
    marked = set()
    for metal in metals:
        etched = Etched(layout, top, metal, threads=2)
        insides = [
            next(iter(db.Region(m).decompose_trapezoids_to_region().each())).bbox().center()
            for m in etched.markers()
        ]
        over = {_net_at(etched, metal, inside) for inside in insides} - {None}
        for terminal, rect in terminals.items():
            at = db.Point((rect.left + rect.right) // 2, (rect.bottom + rect.top) // 2)
            if rect.metal in CHAIN[: CHAIN.index(metal) + 1] and _net_at(etched, rect.metal, at) in over:
                marked.add(terminal)
    return marked


def _net_at(etched: Etched, layer: str, at: db.Point) -> tuple[str, int] | None:
    """Circuit and number of the topmost net at a point."""
    net = etched.extractor.probe_net(etched.layers[layer], at)
    return (net.circuit().name, net.cluster_id) if net else None


def _halves(at: tuple[float, float], x: int = 0, y: int = 0) -> tuple[int, int]:
    """A place (um) moved by x and y (nm) in halves of 1 nm, where centres of boxes lie: whole numbers, which
    compare."""
    return round(2000 * at[0]) + 2 * x, round(2000 * at[1]) + 2 * y


def antenna_figures(
    gds: Path, top: str, macros: Iterable[tuple[str, Path, int, int]], routed: Container[str] = ()
) -> list[Figure]:
    """Markers of antenna_places() on the nets that the top makes and inside each macro (0 wanted; told only
    for routed macros).

    OpenROAD, which routed a macro, takes each piece of a metal for itself; here all pieces of a metal that
    hang on a gate add.

    Args:
        gds: the chip.
        top: its top cell.
        macros: (cell, its GDS, x and y of its origin in nm).
        routed: macros that OpenROAD routed.
    """
    found = antenna_places(gds, top)
    figures, inside = [], {}
    for name, path, x, y in macros:
        own = antenna_places(path, name)
        places = [(metal, *_halves(at, x, y)) for metal, ats in own.items() for at in ats]
        inside[name] = set(places)
        limit = None if name in routed else 0
        figures.append(
            Figure(name=f"antenna_markers_inside_{name}", value=len(places), max=limit, source="gds")
        )
    known = set().union(*inside.values())
    for metal, ats in found.items():
        added = [at for at in ats if (metal, *_halves(at)) not in known]
        for x_um, y_um in added[:5]:
            print(f"  antenna: {metal} at {x_um:.2f}, {y_um:.2f} um")
        figures.append(Figure(name=f"antenna_markers_{metal}", value=len(added), max=0, source="gds"))
    return figures
