"""The cells of the block that are drawn, by name: each has a subcircuit of the schematic.

`neusoc reference-cells [FOLDER]` prints their sizes; with a folder, it writes GDS and netlist of each there,
for `neusoc drc` and `neusoc lvs`, and a picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gdsfactory as gf
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.cells import amplifiers, bandgap, currents, levels, rest, small, string, trees
from neusoc.base.report import writable
from neusoc.layout.primitives.render import render
from neusoc.pdk.gds import write_component
from rich.table import Table

# cell -> what draws it
CELLS: dict[str, Callable[[], gf.Component]] = {
    "level_ota": amplifiers.level_ota,
    "rest_ota": amplifiers.rest_ota,
    "reference_ota": amplifiers.reference_ota,
    "threshold_buffer": amplifiers.threshold_buffer,
    "bandgap_core": bandgap.bandgap_core,
    "reference_string": string.reference_string,
    "reference_currents": currents.reference_currents,
    "vref_buffer": rest.vref_buffer,
    "rest_level": rest.rest_level,
    "leak_level": levels.leak_level,
    "threshold_level": levels.threshold_level,
    "tap_tree_narrow": trees.tap_tree,
    "tap_tree_wide": trees.wide_tree,
    "slope_tree": trees.slope_tree,
    "leak_tree": trees.leak_tree,
    "starter": small.starter,
    "supply_detector": small.supply_detector,
    "reference_pad": small.reference_pad,
    "reference_bit": small.reference_bit,
}
# cell -> subcircuit of the schematic, where one is drawn twice; no cell may then have its name
DRAWN_AS = dict.fromkeys(("tap_tree_narrow", "tap_tree_wide"), "tap_tree")


def written(cell: str, folder: Path) -> tuple[Path, Path]:
    """A cell's GDS and the netlist that it is compared with, both in a folder.

    Raises:
        KeyError: no such cell.
    """
    gds = write_component(CELLS[cell](), folder / f"{cell}.gds")
    netlist = folder / f"{cell}.spice"
    circuit = DRAWN_AS.get(cell, cell)
    netlist.write_text(netlist_text("references").replace(f".subckt {circuit} ", f".subckt {cell} "))
    return gds, netlist


def sizes() -> Table:
    """Width, height (um) and area (um2) of each cell."""
    found = Table("cell", "um", "um2", title="cells of the references")
    for name, draw in CELLS.items():
        outline = draw().dbbox()
        found.add_row(
            name,
            f"{outline.width():.1f} x {outline.height():.1f}",
            f"{outline.width() * outline.height():.0f}",
        )
    return found


def write_all(folder: Path) -> list[Path]:
    """GDS, netlist and picture of every cell in a folder; returns the GDS.

    Raises:
        UserError: the folder is a file, or nothing can be written there.
    """
    found = []
    for cell in CELLS:
        writable(folder / f"{cell}.gds")
        gds, _ = written(cell, folder)
        render(gds, folder / f"{cell}.png", top=cell)
        found.append(gds)
    return found
