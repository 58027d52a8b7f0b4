"""Antennas of a layout: for each metal, what hangs on a gate when that metal is etched, that is with nothing
above it."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.base.text import must_match
from neusoc.pdk.layers import LAYERS
from neusoc.pdk.source import find_pdk
from neusoc.verification.signoff.gds import read_layout

CHAIN = (
    "poly",
    "licon1",
    "li1",
    "mcon",
    "met1",
    "via",
    "met2",
    "via2",
    "met3",
    "via3",
    "met4",
    "via4",
    "met5",
)
_NEVER = 1e9  # per um2: raises a limit out of reach
_LEAST = 1e-6  # a limit that every gate with metal exceeds
Place = tuple[float, float]  # um


class Limit(NamedTuple):
    """Of one metal: thickness (um), side area to gate area without diffusion, with 0.0225 um2 of it, and its
    rise per um2 beyond."""

    thickness: float
    bare: float
    protected: float
    slope: float


class Antenna(NamedTuple):
    """Of one metal: places of nets over a limit, and the worst gate without diffusion: ratio over limit,
    place; None: no such gate."""

    over: list[Place]
    worst: tuple[float, Place] | None


@cache
def antenna_limits() -> dict[str, Limit]:
    """Limits of met1 to met5.

    Source: tech LEF, THICKNESS and the points of ANTENNADIFFSIDEAREARATIO.
    """
    text = find_pdk().path("techlef_nom").read_text()
    limits = {}
    for metal, body in re.findall(r"^LAYER (met\d)\s*$(.*?)^END \1", text, re.S | re.M):
        curve = re.search(r"ANTENNADIFFSIDEAREARATIO PWL \((.*)\) ;", body)[1]
        points = [
            (float(area), float(ratio)) for area, ratio in re.findall(r"\(\s*([\d.]+)\s+([\d.]+)\s*\)", curve)
        ]
        (_, bare), _, (least, protected), (most, highest) = points
        thickness = float(re.search(r"THICKNESS ([\d.]+)", body)[1])
        limits[metal] = Limit(thickness, bare, protected, (highest - protected) / (most - least))
    return limits


class Etched:
    """Nets of a cell as they are when a metal is etched.

    Args:
        layout: layout that holds the cell.
        top: cell.
        metal: met1 to met5.
        threads: processor cores.
    """

    def __init__(self, layout: db.Layout, top: str, metal: str, threads: int = 1) -> None:
        self.metal, self._layout = metal, layout
        self.extractor = extractor = db.LayoutToNetlist(
            db.RecursiveShapeIterator(layout, layout.cell(top), [])
        )
        extractor.threads = threads
        self.layers = layers = {
            name: extractor.make_layer(layout.layer(*LAYERS[name]), name) for name in (*CHAIN, "diff", "tap")
        }
        layers["gate"] = layers["poly"] & layers["diff"]
        layers["source_drain"] = layers["diff"] - layers["poly"]
        for name in ("gate", "source_drain"):
            extractor.register(layers[name], name)
        chain = CHAIN[: CHAIN.index(metal) + 1]
        for name in (*chain, "gate", "source_drain", "tap"):
            extractor.connect(layers[name])
        for one, other in (("gate", "poly"), ("source_drain", "licon1"), ("tap", "licon1"), *pairwise(chain)):
            extractor.connect(layers[one], layers[other])
        extractor.extract_netlist()
        self._sides = (layers["gate"], 1.0, 0.0, layers[metal], 0.0, antenna_limits()[metal].thickness)

    def markers(self) -> list[db.Polygon]:
        """The metal of nets over the limit."""
        limit, grounded = antenna_limits()[self.metal], [self.layers["tap"], _NEVER]
        alone = self.extractor.antenna_check(
            *self._sides, limit.bare, [[self.layers["source_drain"], _NEVER], grounded]
        )
        protected = self.extractor.antenna_check(
            *self._sides, limit.protected, [[self.layers["source_drain"], limit.slope], grounded]
        )
        return list((alone | protected).each())

    def places(self) -> list[Place]:
        """Centres of markers()."""
        centres = (marker.bbox().to_dtype(self._layout.dbu).center() for marker in self.markers())
        return [(centre.x, centre.y) for centre in centres]

    def worst(self) -> tuple[float, Place] | None:
        """The highest side area over gate area of all gates on no diffusion and no tap, over its limit, and
        where that net is.

        None: the metal is on no such gate. Gates with diffusion have a limit of their own each, which
            markers() applies.
        """
        texts = db.Texts()
        self.extractor.antenna_check(
            *self._sides, _LEAST, [[self.layers["source_drain"], _NEVER], [self.layers["tap"], _NEVER]], texts
        )
        unread = "klayout's antenna check gives no ratio; install the pinned klayout (`make setup`)"
        scale, limit = self._layout.dbu, antenna_limits()[self.metal].bare
        ratios = [
            (float(must_match(r"\bratio: ([\d.e+-]+)", t.string, unread)[1]), t.trans.disp)
            for t in texts.each()
        ]
        return max(((ratio / limit, (at.x * scale, at.y * scale)) for ratio, at in ratios), default=None)


def antenna_places(gds: Path, top: str) -> dict[str, list[Place]]:
    """Metal -> places of nets whose side area of that metal is over the limit.

    Side area is the perimeter times the thickness. A net without diffusion may have 400 times its gate area,
    one with diffusion 2609 times and what the rule adds for each um2 beyond 0.0225; one with a tap (a supply,
    or what conb ties to one) is discharged.

    Raises:
        UserError: no such file or cell.
    """
    layout = read_layout(gds, top)
    return {metal: Etched(layout, top, metal, threads=2).places() for metal in antenna_limits()}


def antennas(gds: Path, top: str) -> dict[str, Antenna]:
    """Metal -> what hangs on gates when it is etched.

    Raises:
        UserError: no such file or cell.
    """
    layout = read_layout(gds, top)
    etched = [Etched(layout, top, metal) for metal in antenna_limits()]
    return {one.metal: Antenna(one.places(), one.worst()) for one in etched}
