"""Layout files as a user may hand them in: read, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError


def read_layout(gds: Path, top: str | None = None) -> db.Layout:
    """Read a GDS (or OASIS) file and check that it holds the cell top.

    Args:
        gds: the file.
        top: a cell that must be in it and not be empty; None for any.

    Raises:
        UserError: the file does not exist, is truncated or no layout at all, or has no such cell.
    """
    if not gds.is_file():
        raise UserError(f"GDS={gds}: no such file; give the path of a GDS file, or build it with `make gds`")
    layout = db.Layout()
    try:
        layout.read(str(gds))
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"GDS={gds}: truncated or not a GDS file ({reason}); write it again") from None
    if top is None:
        return layout
    cell = layout.cell(top)
    if cell is None:
        names = sorted(c.name for c in layout.top_cells())
        way_out = (
            f"choose a cell of the file, for instance TOP={names[0]}"
            if names
            else "the file has no cells; write it again"
        )
        raise UserError(f"GDS={gds}: TOP={top} is not in it; {way_out}")
    if cell.bbox().empty():
        raise UserError(f"GDS={gds}: TOP={top} is empty; draw it, or choose another cell")
    return layout


def only_top(gds: Path) -> str:
    """Name of the file's single top cell.

    Raises:
        UserError: no top cell, or several.
    """
    layout = read_layout(gds)
    names = sorted(c.name for c in layout.top_cells())
    if len(names) != 1:
        found = ", ".join(names[:5]) or "none"
        raise UserError(f"GDS={gds}: has {len(names)} top cells ({found}); name one with TOP=")
    return names[0]
