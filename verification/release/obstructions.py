"""Obstructions of a released macro's LEF, for routers that know nothing of the macro: whatever is drawn is a
pin or obstructed.

The project's own assembly leads wires straight away from pins, and a rectangle inset from the outline is
enough for it. A router of another design also goes along the edge. There lie rings and stubs, so each metal
drawn outside of the rectangle is obstructed by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.layout.core.lef import OBSTRUCTED, OBSTRUCTION_INSET, drawn_pins
from neusoc.pdk.layers import LAYERS

_OBS = "  OBS\n"


def drawn_outside(layout: db.Layout, cell: str, metal: str, covered: db.Region) -> db.Region:
    """What is drawn on a metal, the children's included, outside of a region; merged, database units.

    Args:
        layout: holds the cell.
        cell: top.
        metal: name in LAYERS.
        covered: rectangles, database units.
    """
    top = layout.cell(cell)
    searched = db.Region(top.bbox()) - covered
    found = db.RecursiveShapeIterator(layout, top, layout.layer(*LAYERS[metal]), searched, True)
    return (db.Region(found).merged() - covered).merged()


def with_obstructions(text: str, layout: db.Layout, cell: str, insets: Mapping[str, float]) -> str:
    """A LEF whose obstructions hold all metal that is no pin.

    Args:
        text: LEF of one macro, as lef_text() wrote it.
        layout: holds its cell, the outline (prbndry) at the origin.
        cell: name of both.
        insets: metal -> um from the outline's upper and lower edge, where another than OBSTRUCTION_INSET.

    Raises:
        UserError: the LEF has no obstructions.
    """
    head, found, _ = text.partition(_OBS)
    if not found:
        raise UserError(f"{cell}: its LEF has no OBS; write the macro again")
    outline = layout.cell(cell).bbox(layout.layer(*LAYERS["prbndry"]))
    pins = [shape for shapes in drawn_pins(layout, cell).values() for shape in shapes]
    lines = []
    for metal in OBSTRUCTED:
        across, along = (
            round(inset / layout.dbu) for inset in (OBSTRUCTION_INSET, insets.get(metal, OBSTRUCTION_INSET))
        )
        inner = outline.enlarged(-across, -along)
        covered = db.Region(inner)
        covered += db.Region([box.to_itype(layout.dbu) for on, box in pins if on == metal])
        rest = drawn_outside(layout, cell, metal, covered.merged()).decompose_trapezoids_to_region()
        boxes = [inner, *sorted(polygon.bbox() for polygon in rest.each())]
        lines.append(f"    LAYER {metal} ;")
        for box in (box.to_dtype(layout.dbu) for box in boxes):
            lines.append(f"      RECT {box.left:.3f} {box.bottom:.3f} {box.right:.3f} {box.top:.3f} ;")
    return "\n".join([f"{head}{_OBS.rstrip()}", *lines, "  END", f"END {cell}", "", "END LIBRARY", ""])
