"""What the tests of both cores share: a core of some size as files, and a wire taken out of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gdsfactory as gf
import klayout.db as db
from neusoc.base.chip import Chip, load_chip
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.drc import run_drc
from neusoc.verification.signoff.lvs import run_lvs

Files = tuple[Path, Path]  # GDS, netlist


def sized(rows: int, columns: int) -> Chip:
    """A chip of a size that no variant has."""
    return load_chip("mini").model_copy(update={"rows": rows, "columns": columns, "neurons": columns // 2})


def written(
    chip: Chip, cell: str, draw: Callable[[Chip], gf.Component], netlist: Callable[[Chip], str], folder: Path
) -> Files:
    """Drawing and netlist of a core."""
    gds, spice = folder / f"{cell}.gds", folder / f"{cell}.spice"
    draw(chip).write_gds(gds, with_metadata=False)
    spice.write_text(netlist(chip))
    return gds, spice


def must_be_clean(files: Files, cell: str, folder: Path) -> None:
    """Three decks and LVS with whole nets."""
    drc = run_drc(files[0], cell, folder / "drc")
    assert drc.clean, drc.violations or drc.errors
    lvs = run_lvs(files[0], cell, [files[1]], folder / "lvs", whole_nets=True)
    assert lvs.clean, lvs.messages()


def must_miss_its_longest_wire(files: Files, cell: str, metal: str, folder: Path) -> None:
    """LVS tells that the longest shape of a metal, which the core itself draws, is not there."""
    gds, layout = folder / f"{cell}.gds", db.Layout()
    layout.read(str(files[0]))
    shapes = layout.cell(cell).shapes(layout.layer(*LAYERS[metal]))
    longest = max(
        shapes.each(),
        key=lambda s: (max(s.bbox().width(), s.bbox().height()), s.bbox().left, s.bbox().bottom),
    )
    shapes.erase(longest)
    layout.write(str(gds))
    assert not run_lvs(gds, cell, [files[1]], folder / "lvs", whole_nets=True).clean
