"""The cells of the block that are drawn, by name: each has a subcircuit of the schematic."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gdsfactory as gf
from neusoc.analog.bench.schematic import netlist_text
from neusoc.analog.references.cells import amplifiers, bandgap, currents, levels, rest, small, string, trees
from neusoc.pdk.gds import write_component

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
    "tap_tree": trees.tap_tree,
    "tap_tree_wide": trees.wide_tree,
    "slope_tree": trees.slope_tree,
    "leak_tree": trees.leak_tree,
    "starter": small.starter,
    "supply_detector": small.supply_detector,
    "reference_pad": small.reference_pad,
    "reference_bit": small.reference_bit,
}
# cell -> subcircuit of the schematic, where a circuit is drawn twice
DRAWN_AS = {"tap_tree_wide": "tap_tree"}
# cells whose ground is in pieces that the parent joins
OPEN = ("reference_bit",)


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
