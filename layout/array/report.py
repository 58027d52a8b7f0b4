"""Area of the array over its cells, measured in the drawn layout, as a report.

neusoc area [--chip NAME]
"""

from __future__ import annotations

import klayout.db as db
from neusoc.base.chip import Chip
from neusoc.base.report import Figure, Report, Stopwatch
from neusoc.base.store import made_by
from neusoc.base.tools import versions
from neusoc.layout.array import cell
from neusoc.layout.array.array import array
from neusoc.pdk.layers import LAYERS

MOST_PER_CELL = 1.65  # um2, straps, taps and ring counted
FROM_ROWS = (
    64  # the limit is one of the 64 x 64 array and larger ones: in small ones the ring weighs too much
)


def area_report(chip: Chip) -> Report:
    """Outline of the array over the number of its ReRAM elements, both taken from the layout; written to
    build/reports/.

    The outline holds the straps, the taps and the ring.
    """
    watch = Stopwatch()
    component = array(rows=chip.rows, columns=chip.columns)

    def layer(name: str) -> int:
        return component.kcl.layer(db.LayerInfo(*LAYERS[name]))

    outline = component.kdb_cell.dbbox_per_layer(layer("prbndry"))
    # merged: of an unmerged region KLayout 0.30 counts the shapes of the whole layout, other arrays included
    count = db.Region(component.kdb_cell.begin_shapes_rec(layer("reram"))).merged().count()
    limit = MOST_PER_CELL if min(chip.rows, chip.columns) >= FROM_ROWS else None
    alone = cell.synapse_pair().dbbox().area() / 2
    cells = chip.rows * chip.columns
    figures = [
        Figure(name="cells", value=count, min=cells, max=cells, source="gds"),
        Figure(
            name="area of the array over its cells",
            value=round(outline.area() / count, 4),
            unit="um2",
            max=limit,
            source="gds",
        ),
        Figure(name="area of the cell alone", value=round(alone, 4), unit="um2", source="gds"),
        Figure(name="width", value=round(outline.width(), 3), unit="um", source="gds"),
        Figure(name="height", value=round(outline.height(), 3), unit="um", source="gds"),
    ]
    report = Report(
        step=f"array.{chip.name}",
        figures=figures,
        tools=versions("klayout", "gdsfactory"),
        inputs_hash=made_by(__name__, chip),
        seconds=watch.seconds,
    )
    report.write()
    return report
