"""Faults planted into a finished layout, to show that the checkers see them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.gds import read_layout

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 in um


class Mutant:
    """A flat copy of a cell that can be damaged.

    Args:
        gds: the sound layout.
        top: its cell.
    """

    def __init__(self, gds: Path, top: str):
        self._layout = read_layout(gds, top)
        self._cell = self._layout.cell(top)
        for index in self._cell.called_cells():  # labels of inner cells would become the top's
            for layer in self._layout.layer_indexes():
                for text in [s for s in self._layout.cell(index).shapes(layer).each() if s.is_text()]:
                    text.delete()
        self._cell.flatten(True)

    def _shapes(self, layer: str) -> db.Shapes:
        return self._cell.shapes(self._layout.layer(*LAYERS[layer]))

    def _region(self, box: Box) -> db.Region:
        return db.Region(db.DBox(*box).to_itype(self._layout.dbu))

    def add(self, layer: str, *boxes: Box) -> Mutant:
        """Draw boxes."""
        for box in boxes:
            self._shapes(layer).insert(db.DBox(*box))
        return self

    def cut(self, layer: str, *boxes: Box) -> Mutant:
        """Take away what lies in boxes; the whole layer without boxes.

        Raises:
            UserError: nothing lay there: the fault would be none.
        """
        shapes = self._shapes(layer)
        before = db.Region(shapes)
        gone = db.Region()
        for box in boxes:
            gone += self._region(box)
        after = before - gone if boxes else db.Region()
        if (before - after).is_empty():
            raise UserError(
                f"planted fault: no {layer} in {boxes or 'the cell'}; choose a place where there is some"
            )
        shapes.clear()
        shapes.insert(after)
        return self

    def change(self, layer: str, gone: Iterable[db.Polygon], drawn: Iterable[db.Polygon]) -> Mutant:
        """Take polygons away and draw others, in database units; what is left is merged."""
        shapes = self._shapes(layer)
        left = (db.Region(shapes) - db.Region(list(gone))) + db.Region(list(drawn))
        shapes.clear()
        shapes.insert(left.merged())
        return self

    @property
    def layout(self) -> db.Layout:
        """The drawing as it is."""
        return self._layout

    def _texts(self, name: str) -> list[db.Shape]:
        found = [
            s
            for i in self._layout.layer_indexes()
            for s in self._cell.shapes(i).each()
            if s.is_text() and s.text_string == name
        ]
        if not found:
            raise UserError(f"planted fault: no label {name} in {self._cell.name}; choose one that is there")
        return found

    def rename(self, changes: dict[str, str]) -> Mutant:
        """Give labels other names, all at once (a swap needs no third name)."""
        for text, new in [(text, new) for old, new in changes.items() for text in self._texts(old)]:
            text.text_string = new
        return self

    def unlabel(self, name: str) -> Mutant:
        """Remove a label."""
        for text in self._texts(name):
            text.delete()
        return self

    def write(self, path: Path) -> Path:
        """Write the mutant as GDS."""
        return write_gds(self._layout, path)
