"""Cells drawn box by box, for tests of the extraction."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
from neusoc.pdk.layers import LAYERS, label_layer
from neusoc.verification.signoff.lvs import LvsResult, run_lvs


class Sheet:
    """A cell drawn box by box."""

    def __init__(self, name: str, base: db.Layout | None = None):
        self.layout = base.dup() if base else db.Layout()
        self.cell = self.layout.create_cell(name)

    def box(self, layer: str, *corners: float) -> None:
        self.cell.shapes(self.layout.layer(*LAYERS[layer])).insert(db.DBox(*corners))

    def square(self, layer: str, x: float, y: float, side: float) -> None:
        self.box(layer, x - side / 2, y - side / 2, x + side / 2, y + side / 2)

    def label(self, layer: str, name: str, x: float, y: float) -> None:
        self.cell.shapes(self.layout.layer(*label_layer(layer))).insert(
            db.DText(name, db.DTrans(db.DVector(x, y)))
        )

    def compare(self, folder: Path, *netlist: str, **options: object) -> LvsResult:
        path, text = folder / "sheet.gds", folder / "sheet.spice"
        save = db.SaveLayoutOptions()
        save.select_cell(self.cell.cell_index())
        self.layout.write(str(path), save)
        text.write_text("\n".join(netlist) + "\n.ends\n")
        return run_lvs(path, self.cell.name, [text], folder, **options)
