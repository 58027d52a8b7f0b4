"""The chip's rim against the golden frame: what lies outside the die must be the harness' and nothing else.

cf-precheck erases the inside of both layouts with Magic and lets KLayout XOR the rest. This does the same
with klayout.db, so it needs no
Magic: on each layer, shapes outside the die are compared. As there, metal is what is drawn, its pins and its
labels' shapes together, texts do not count, and the supplies' rings of the digital harness may differ: met5
left and right, met4 above and below.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import klayout.db as db
from neusoc.layout.top.frame import DIE, TOP, frame_source
from neusoc.pdk.gds import read_cell
from neusoc.pdk.layers import LAYERS, METALS, label_layer, pin_layer
from neusoc.verification.signoff.gds import read_layout

# nm: left, bottom, right, top of what the tool looks at (its erase_box.tcl), which ends within a micrometre
#   beyond the harness' own rings
SEEN = (-43_630, -38_270, 2_963_250, 3_557_950)
LayerShapes = dict[tuple[int, int], db.Region]  # (layer, datatype) -> shapes outside the die


class Difference(NamedTuple):
    """What only one of the two has: layer/datatype, and the shape's box, um."""

    layer: str
    box: str


def _rim() -> dict[str, db.Box]:
    """The four sides of the rim; the corners belong to above and below."""
    left, bottom, right, top = SEEN
    width, height = DIE
    return {
        "left": db.Box(left, 0, 0, height),
        "right": db.Box(width, 0, right, height),
        "above": db.Box(left, height, right, top),
        "below": db.Box(left, bottom, right, 0),
    }


def _erased() -> dict[str, db.Region]:
    """Metal -> where it does not count."""
    rim, (width, _) = _rim(), DIE
    between = [db.Box(0, box.bottom, width, box.top) for box in (rim["above"], rim["below"])]
    return {"met5": db.Region([rim["left"], rim["right"]]), "met4": db.Region(between)}


def rim_of(layout: db.Layout, cell: db.Cell) -> LayerShapes:
    """Shapes of a cell outside the die, layer by layer, merged."""
    purposes = {purpose(m): LAYERS[m] for m in METALS for purpose in (pin_layer, label_layer)}
    rim = db.Region(list(_rim().values()))
    found: LayerShapes = {}
    for index in layout.layer_indexes():
        kind = layout.get_info(index)
        key = (kind.layer, kind.datatype)
        shapes = db.Region()
        for box in rim.each():
            shapes += db.Region(cell.begin_shapes_rec_touching(index, box.bbox()))
        key = purposes.get(key, key)
        found[key] = found.get(key, db.Region()) + (shapes & rim)
    for metal, away in _erased().items():
        if LAYERS[metal] in found:
            found[LAYERS[metal]] -= away
    return {key: region.merged() for key, region in found.items()}


def golden_rim() -> LayerShapes:
    """The harness' own drawing in the cf-precheck wheel: what its example project fills lies inside."""
    layout, cell = read_cell(frame_source(), TOP)
    return rim_of(layout, cell)


def _differing(one: LayerShapes, other: LayerShapes) -> Iterator[Difference]:
    for key in sorted({*one, *other}):
        for polygon in (one.get(key, db.Region()) ^ other.get(key, db.Region())).each():
            yield Difference(f"{key[0]}/{key[1]}", polygon.bbox().to_dtype(0.001).to_s())


def frame_differences(gds: Path) -> list[Difference]:
    """Where a layout's rim is not the golden one.

    Raises:
        UserError: it is no layout, or has no cell of the wrapper.
    """
    layout = read_layout(gds, TOP)
    return list(_differing(rim_of(layout, layout.cell(TOP)), golden_rim()))
