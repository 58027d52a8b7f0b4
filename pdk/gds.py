"""How every GDS of the project is written: no time stamps, a temporary name first, so that equal layouts are
equal files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic


class Component(Protocol):
    """What is needed of gdsfactory's Component."""

    kcl: Any
    kdb_cell: Any


def write_gds(layout: db.Layout, path: Path) -> Path:
    """Write a layout; an interrupted write leaves an earlier file as it was. Returns path."""
    options = db.SaveLayoutOptions()
    options.gds2_write_timestamps = False
    options.write_context_info = False
    return write_atomic(
        path, layout.write_bytes(options)
    )  # in bytes: so that a full disk is told as Python tells it


def read_cell(path: Path, name: str) -> tuple[db.Layout, db.Cell]:
    """A layout of the project's own and a cell of it.

    Raises:
        UserError: not a layout, or it has no such cell.
    """
    layout = db.Layout()
    try:
        layout.read(str(path))
    except RuntimeError as error:
        raise UserError(
            f"{path.name}: not a readable GDS ({str(error).splitlines()[0]}); build it again with `make gds`"
        ) from None
    cell = layout.cell(name)
    if cell is None:
        raise UserError(
            f"{path.name}: has no cell {name}; name one of"
            f" {', '.join(sorted(c.name for c in layout.top_cells()))}"
        )
    return layout, cell


def write_component(component: Component, path: Path) -> Path:
    """Write a component's GDS: no time stamps, cells in the order of their names, temporary name first.
    Returns path.

    The bytes depend on the component alone, not on what else was drawn before it in the same process.
    """
    source, top = component.kcl.layout, component.kdb_cell
    layout = db.Layout()
    layout.dbu = source.dbu
    cells = [source.cell(i) for i in (top.cell_index(), *top.called_cells())]
    made = {cell.cell_index(): layout.create_cell(cell.name) for cell in sorted(cells, key=lambda c: c.name)}
    layers = sorted(
        source.layer_indexes(), key=lambda i: (source.get_info(i).layer, source.get_info(i).datatype)
    )
    for cell in cells:
        target = made[cell.cell_index()]
        for index in layers:
            if not cell.shapes(index).is_empty():
                target.shapes(layout.layer(source.get_info(index))).insert(cell.shapes(index))
        arrays = []
        for instance in cell.each_inst():
            array = instance.cell_inst.dup()
            array.cell_index = made[array.cell_index].cell_index()
            arrays.append(array)
        for array in sorted(arrays, key=str):
            target.insert(array)
    return write_gds(layout, path)
