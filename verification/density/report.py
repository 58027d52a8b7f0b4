"""`neusoc density`: how much of each layer is drawn, over the user's area and in every window of it, and what
the harness' fill would add.

build/reports/density.<chip>.json has six figures a layer: drawn and filled, each over the whole area, in the
emptiest window and in the fullest. Least densities are asked of the filled layers alone, most densities of
both: what is drawn beyond one, no fill takes away.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from neusoc.base.graph import needs
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.layout.top.frame import DIE, TOP
from neusoc.pdk.layers import LAYERS, METALS, pin_layer
from neusoc.pdk.source import find_pdk
from neusoc.verification.density.rectangles import (
    Grid,
    Rectangles,
    Windows,
    area_in,
    area_within,
    rectangles,
    touching,
    windows,
)
from neusoc.verification.density.style import REACH, TILE, Layer, Tile, read_style, style_file
from neusoc.verification.signoff.gds import read_layout

WINDOW, STEP = 700_000, 70_000  # nm
Gds = tuple[int, int]


class Measured(NamedTuple):
    """A layer whose density is asked.

    Attributes:
        drawn: names of the style that make it up.
        fill: layer of the style that fills it.
        least, most: densities asked in each window, %; None: none is.
    """

    drawn: tuple[str, ...]
    fill: str
    least: float | None
    most: float | None


# Source: scripts/check_density.py of efabless/caravel, which judges the filled die in windows of 700 um. It
# steps them by 70 um (fom), 350 um (metals) or 700 um (poly) from the corner of the die; here all go by 70 um
# from that of the user's area.
MEASURED = {
    "fom": Measured(("alldiff",), "FOMFILL", 33.0, 57.0),
    "poly": Measured(("allpoly",), "POLYFILL", None, None),
    "li1": Measured(("allli",), "LIFILL", 35.0, 60.0),
    **{f"met{n}": Measured((f"allm{n}",), f"MET{n}FILL", 35.0, 60.0) for n in range(1, 5)},
    "met5": Measured(("allm5",), "MET5FILL", 45.0, 76.0),
}
_FILL = (36, 41, 34, 51, 59)  # GDS layers of fill of the metals
# Source: the cifinput section of sky130B.tech. Name in the style -> layers of the GDS; fill that is drawn
#   already counts as drawn.
_GDS: dict[str, tuple[Gds, ...]] = {
    "alldiff": (LAYERS["diff"], LAYERS["tap"], (23, 28)),
    "allpoly": (LAYERS["poly"], (28, 28)),
    "allnwell": (LAYERS["nwell"],),
    "nwell": (LAYERS["nwell"],),
    "pnp": (LAYERS["pnp"],),
    "npn": ((82, 20),),
    "allli": (LAYERS["li1"], pin_layer("li1"), (56, 28)),
    **{
        f"allm{n}": (LAYERS[metal], pin_layer(metal), (fill, 28))
        for n, (metal, fill) in enumerate(zip(METALS, _FILL, strict=True), 1)
    },
    "obsactive": ((22, 24), (33, 24)),
    **{
        f"obsm{n}": (layer,)
        for n, layer in enumerate(((62, 24), (105, 52), (107, 24), (112, 4), (117, 4)), 1)
    },
    "glass": ((76, 20),),
}
_BOTH: dict[str, tuple[Gds, Gds]] = {
    "alldiffmv": (LAYERS["diff"], LAYERS["hvi"]),
    "rpw": ((64, 13), LAYERS["dnwell"]),
}  # where both are


def drawn_layers(gds: Path, top: str = TOP) -> dict[str, Rectangles]:
    """What is drawn within the user's area and near its edge, by the names of the style.

    Raises:
        UserError: no layout, no such cell, or slanted edges.
    """
    layout = read_layout(gds, top)
    if layout.dbu != 0.001:
        raise UserError(f"GDS={gds}: database unit {layout.dbu} um; write it with 0.001 um")
    cell, near = layout.cell(top), db.Box(-REACH, -REACH, DIE[0] + REACH, DIE[1] + REACH)

    def region(layer: Gds) -> db.Region:
        index = layout.find_layer(*layer)
        return db.Region() if index is None else db.Region(cell.begin_shapes_rec_touching(index, near))

    found = {
        name: rectangles(sum((region(layer) for layer in layers), db.Region()), name)
        for name, layers in _GDS.items()
    }
    return found | {
        name: rectangles(region(one) & region(other), name) for name, (one, other) in _BOTH.items()
    }


def filled_layers(style: list[Layer], drawn: dict[str, Rectangles]) -> dict[str, Rectangles]:
    """What the style adds to each layer that it writes, tile by tile from the corner of the user's area."""
    made: dict[str, list[Rectangles]] = {}
    empty: dict[tuple[int, int], dict[str, Rectangles]] = {}
    for left in range(0, DIE[0], TILE):
        for bottom in range(0, DIE[1], TILE):
            box = db.Box(left, bottom, min(left + TILE, DIE[0]), min(bottom + TILE, DIE[1]))
            size, corner = (box.width(), box.height()), np.array([left, bottom] * 2)
            if any(len(touching(found, box.enlarged(REACH, REACH))) for found in drawn.values()):
                written = Tile(style, drawn, box).written
            else:  # all tiles without a shape are alike
                if size not in empty:
                    empty[size] = Tile(style, {}, db.Box(0, 0, *size)).written
                written = {name: found + corner for name, found in empty[size].items()}
            for name, found in written.items():
                made.setdefault(name, []).append(found)
    return {name: np.concatenate(parts) for name, parts in made.items()}


def _figures(
    name: str, found: Grid, whole: float, over: Windows, limits: tuple[float | None, float | None]
) -> list[Figure]:
    """Figures of a layer: over the area, in the window that has the least and in the one that has the
    most."""
    share = 100 * found / over.size**2

    def figure(
        what: str, value: float, at: str | None = None, least: float | None = None, most: float | None = None
    ) -> Figure:
        return Figure(name=what, value=round(value, 3), unit="%", min=least, max=most, source="gds", at=at)

    def window(place: int) -> str:
        x, y = np.unravel_index(place, share.shape)
        return f"{over.size / 1000:g} um at {over.left[x] / 1000:g}, {over.bottom[y] / 1000:g} um"

    least, most = int(share.argmin()), int(share.argmax())
    return [
        figure(name, 100 * whole / (DIE[0] * DIE[1]), None, *limits),
        figure(f"{name}_least", float(share.flat[least]), window(least), least=limits[0]),
        figure(f"{name}_most", float(share.flat[most]), window(most), most=limits[1]),
    ]


def density_figures(gds: Path, top: str = TOP) -> list[Figure]:
    """Densities of a layout, drawn and filled.

    Raises:
        UserError: as of drawn_layers() and read_style().
    """
    style, drawn = read_style(style_file()), drawn_layers(gds, top)
    filled, over, inside = filled_layers(style, drawn), windows(DIE, WINDOW, STEP), db.Box(0, 0, *DIE)
    found = []
    for name, (parts, fill, least, most) in MEASURED.items():
        mine = touching(np.concatenate([drawn[part] for part in parts]), inside)
        area, whole = area_in(mine, over), area_within(mine, DIE)
        found += _figures(f"{name}.drawn", area, whole, over, (None, most))
        found += _figures(
            f"{name}.filled",
            area + area_in(filled[fill], over),
            whole + area_within(filled[fill], DIE),
            over,
            (least, most),
        )
    return found


def report_inputs(gds: Path) -> list[Path]:
    """What its report is made of, for the hash that it keeps."""
    return [gds, *needs(Path(__file__))]


def check_density(gds: Path, step: str, reports: Path | None = None) -> Report:
    """Measure, write the report.

    Args:
        gds: layout of the wrapper.
        step: name of the report.
        reports: folder of the report; build/reports by default.

    Raises:
        UserError: as of density_figures().
    """
    watch, pdk = Stopwatch(), find_pdk()
    report = Report(
        step=step,
        figures=density_figures(gds),
        tools=versions("klayout", "cf-precheck", "numpy"),
        pdk_source=pdk.source,
        pdk_hash=pdk.hash,
        inputs_hash=made_by(__name__, gds),
        seconds=watch.seconds,
        files={"gds": gds.name},
    )
    report.write(reports)
    return report
