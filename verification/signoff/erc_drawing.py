"""What the electrical rules see in a drawing alone: taps and antennas."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.antenna import antenna_limits, antenna_places, etched, worst_bare
from neusoc.verification.signoff.gds import read_layout


class Antenna(NamedTuple):
    """Of one metal: places (um) of nets over a limit, and the worst gate without diffusion: ratio over limit, place; None: no such gate."""

    over: list[tuple[float, float]]
    worst: tuple[float, tuple[float, float]] | None


def untapped(gds: Path, top: str) -> list[str]:
    """Wells without a contacted tap, and a substrate without any, a sentence each.

    How far from a tap a device may be is a design rule (lu.2, lu.3 of supplement.drc).

    Raises:
        UserError: no such file or cell.
    """
    layout = read_layout(gds, top)
    cell = layout.cell(top)

    def drawn(name: str) -> db.Region:
        return db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS[name])))

    nwell, tap, contact = drawn("nwell").merged(), drawn("tap"), drawn("licon1")
    n_tap = ((tap & drawn("nsdm")) & nwell).interacting(contact)
    p_tap = ((tap & drawn("psdm")) - nwell).interacting(contact)
    found = []
    for well in nwell.not_interacting(n_tap).each():
        center = well.bbox().to_dtype(layout.dbu).center()
        found.append(f"{top}: nwell at ({center.x:.2f}, {center.y:.2f}) um has no contacted tap")
    if p_tap.is_empty() and not ((drawn("diff") & drawn("nsdm")) - nwell).is_empty():
        found.append(f"{top}: n devices, and the substrate has no contacted tap")
    return found


def antennas(gds: Path, top: str, threads: int = 1) -> dict[str, Antenna]:
    """Metal -> what hangs on gates when it is etched.

    Raises:
        UserError: no such file or cell.
    """
    layout = read_layout(gds, top)
    found = {}
    for metal, limit in antenna_limits().items():
        extractor, layers = etched(layout, top, metal, threads)
        worst = worst_bare(extractor, layers, metal)
        share = None if worst is None else (worst[0] / limit.bare, worst[1])
        found[metal] = Antenna(antenna_places(extractor, layers, metal), share)
    return found
