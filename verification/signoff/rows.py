"""Rows of standard cells as cells of their own.

klayout joins the supplies of neighbours with a cost that grows with the square of the instances in a cell:
minutes for a controller of some ten thousand. The rows have no partner in a netlist; the comparison dissolves
them.
"""

from __future__ import annotations

import klayout.db as db

LEAST = 2000  # instances in a cell from which it pays
ROW_HEIGHT = 2.72  # um, site unithd; PDK: libs.ref/sky130_fd_sc_hd/techlef


def group_rows(layout: db.Layout, prefix: str) -> int:
    """Put the standard cells of each large cell into one child for each row. Shapes and labels stay where
    they are.

    Args:
        layout: changed in place.
        prefix: prefix of the standard cells' names.

    Returns:
        Number of rows made.
    """
    made = 0
    height = ROW_HEIGHT / layout.dbu
    for cell in list(layout.each_cell()):
        rows: dict[int, list[db.CellInstArray]] = {}
        others = []
        for instance in cell.each_inst():
            if instance.cell.name.startswith(prefix):
                rows.setdefault(int(instance.bbox().center().y // height), []).append(
                    instance.cell_inst.dup()
                )
            else:
                others.append(instance.cell_inst.dup())
        if sum(map(len, rows.values())) < LEAST:
            continue
        cell.clear_insts()
        for array in others:
            cell.insert(array)
        for number, arrays in sorted(rows.items()):
            row = layout.create_cell(f"{cell.name}_row_{number}")
            for array in arrays:
                row.insert(array)
            cell.insert(db.CellInstArray(row.cell_index(), db.Trans()))
            made += 1
    return made
