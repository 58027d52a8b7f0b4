"""Single cells, as just characterised, beside the committed library, both against the foundry's.

    make liberty CELL=nand2_1 CORNER=tt
    python -m neusoc.pdk.characterise.compare_cells nand2_1 [CELL ...]

For a change whose effect is to be seen before the whole library is made anew.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD
from neusoc.pdk.characterise.build import library_of
from neusoc.pdk.characterise.compare import Comparison, compare_libraries
from neusoc.pdk.characterise.compare_check import reference_libraries
from neusoc.pdk.characterise.corner import CORNERS
from neusoc.pdk.characterise.liberty_reader import parse_liberty, read_liberty
from neusoc.pdk.characterise.wheel import full_name, short_name

KINDS = ("delay", "transition", "clk_to_q", "capacitance", "energy", "setup", "hold")
FOLDER = BUILD / "liberty" / "cells"
TT = "tt_025C_1v80"


def _errors(comparison: Comparison, kind: str, cell: str) -> str:
    """Signed median, and median and 95th percentile of |error|."""
    errors = comparison.errors(kind, full_name(cell))
    if not len(errors):
        return "-"
    return f"{np.median(errors):+.1f}; {np.median(np.abs(errors)):.1f}, {np.percentile(np.abs(errors), 95):.1f}"


def table_text(cells: Sequence[str], committed: Comparison, anew: Mapping[str, Comparison]) -> str:
    """Markdown: a line per cell and kind; percent, setup and hold in ps."""
    lines = ["| cell | kind | committed: signed median; median, 95th percentile | anew |", "| --- | --- | --- | --- |"]
    for cell in cells:
        for kind in KINDS:
            if (after := _errors(anew[cell], kind, cell)) != "-":
                lines.append(f"| {cell} | {kind} | {_errors(committed, kind, cell)} | {after} |")
    return "\n".join(lines)


def compare_cells(cells: Sequence[str], folder: Path = FOLDER) -> str:
    """The table at the typical corner.

    Raises:
        UserError: no foundry library, or a cell was not characterised.
    """
    found, _ = reference_libraries()
    if TT not in found:
        raise UserError("no installed PDK with a Liberty was found; set PDK_ROOT, or run `make setup-ciel`")
    paths = {cell: folder / f"{cell}__{TT}.lib" for cell in cells}
    if missing := [cell for cell, path in paths.items() if not path.exists()]:
        raise UserError(f"{paths[missing[0]].name}: not characterised; run `make liberty CELL={missing[0]} CORNER=tt`")
    reference = read_liberty(found[TT])
    committed = compare_libraries(parse_liberty(library_of(CORNERS[TT])), reference)
    return table_text(cells, committed, {cell: compare_libraries(read_liberty(path), reference) for cell, path in paths.items()})


def main(arguments: Sequence[str]) -> int:
    """Command line: 0, or 2 after bad input."""
    try:
        if not arguments:
            raise UserError("usage: python -m neusoc.pdk.characterise.compare_cells CELL [CELL ...]")
        print(compare_cells([short_name(cell) for cell in arguments]))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
