"""Antennas of a layout: for each metal, what hangs on a gate when that metal is etched, that is with nothing above it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import klayout.db as db
from neusoc.base.text import must_match
from neusoc.pdk.layers import LAYERS
from neusoc.pdk.source import find_pdk

CHAIN = ("poly", "licon1", "li1", "mcon", "met1", "via", "met2", "via2", "met3", "via3", "met4", "via4", "met5")
_NEVER = 1e9                    # per um2: raises a limit out of reach
_LEAST = 1e-6                   # a limit that every gate with metal exceeds


class Limit(NamedTuple):
    """Of one metal: thickness (um), side area to gate area without diffusion, with 0.0225 um2 of it, and its rise per um2 beyond."""

    thickness: float
    bare: float
    protected: float
    slope: float


@cache
def antenna_limits() -> dict[str, Limit]:
    """Limits of met1 to met5.

    Source: tech LEF, THICKNESS and the points of ANTENNADIFFSIDEAREARATIO.
    """
    text = find_pdk().path("techlef_nom").read_text()
    found = {}
    for metal, body in re.findall(r"^LAYER (met\d)\s*$(.*?)^END \1", text, re.S | re.M):
        curve = re.search(r"ANTENNADIFFSIDEAREARATIO PWL \((.*)\) ;", body)[1]
        points = [(float(area), float(ratio)) for area, ratio in re.findall(r"\(\s*([\d.]+)\s+([\d.]+)\s*\)", curve)]
        (_, bare), _, (least, protected), (most, highest) = points
        thickness = float(re.search(r"THICKNESS ([\d.]+)", body)[1])
        found[metal] = Limit(thickness, bare, protected, (highest - protected) / (most - least))
    return found


def etched(layout: db.Layout, top: str, metal: str, threads: int) -> tuple[db.LayoutToNetlist, dict[str, db.Region]]:
    """Nets as they are when a metal is etched, that is with nothing above it, and the layers."""
    extractor = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, layout.cell(top), []))
    extractor.threads = threads
    layers = {name: extractor.make_layer(layout.layer(*LAYERS[name]), name) for name in (*CHAIN, "diff", "tap")}
    layers["gate"] = layers["poly"] & layers["diff"]
    layers["source_drain"] = layers["diff"] - layers["poly"]
    for name in ("gate", "source_drain"):
        extractor.register(layers[name], name)
    chain = [layers[name] for name in CHAIN[: CHAIN.index(metal) + 1]]
    for region in (*chain, layers["gate"], layers["source_drain"], layers["tap"]):
        extractor.connect(region)
    extractor.connect(layers["gate"], layers["poly"])
    extractor.connect(layers["source_drain"], layers["licon1"])
    extractor.connect(layers["tap"], layers["licon1"])
    for below, above in zip(chain, chain[1:], strict=False):
        extractor.connect(below, above)
    extractor.extract_netlist()
    return extractor, layers


def antenna_markers(extractor: db.LayoutToNetlist, layers: dict[str, db.Region], metal: str) -> list[db.Polygon]:
    """The metal of nets over the limit."""
    limit = antenna_limits()[metal]
    sides = (layers["gate"], 1.0, 0.0, layers[metal], 0.0, limit.thickness)
    grounded = [layers["tap"], _NEVER]
    alone = extractor.antenna_check(*sides, limit.bare, [[layers["source_drain"], _NEVER], grounded])
    protected = extractor.antenna_check(*sides, limit.protected, [[layers["source_drain"], limit.slope], grounded])
    return list((alone | protected).each())


def antenna_places(extractor: db.LayoutToNetlist, layers: dict[str, db.Region], metal: str) -> list[tuple[float, float]]:
    """Centres of antenna_markers(), um."""
    dbu = extractor.internal_layout().dbu
    centres = (marker.bbox().to_dtype(dbu).center() for marker in antenna_markers(extractor, layers, metal))
    return [(centre.x, centre.y) for centre in centres]


def worst_bare(extractor: db.LayoutToNetlist, layers: dict[str, db.Region], metal: str) -> tuple[float, tuple[float, float]] | None:
    """The highest side area over gate area of all gates that hang on no diffusion and no tap, and where that net is, um.

    None: the metal is on no such gate. Gates with diffusion have a limit of their own each: antenna_markers() holds them to it.

    Args:
        extractor, layers: results of etched().
        metal: the one that is etched.
    """
    texts, sides = db.Texts(), (layers["gate"], 1.0, 0.0, layers[metal], 0.0, antenna_limits()[metal].thickness)
    extractor.antenna_check(*sides, _LEAST, [[layers["source_drain"], _NEVER], [layers["tap"], _NEVER]], texts)
    unread = "klayout's antenna check tells no ratio; install the pinned klayout (`make setup`)"
    dbu = extractor.internal_layout().dbu
    found = []
    for text in texts.each():
        ratio, at = float(must_match(r"\bratio: ([\d.e+-]+)", text.string, unread)[1]), text.trans.disp
        found.append((ratio, (at.x * dbu, at.y * dbu)))
    return max(found, default=None)
