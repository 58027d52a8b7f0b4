"""The pads' protection as a block of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL
from neusoc.base.graph import needs
from neusoc.layout.core.registry import Block, drawing_sources
from neusoc.layout.pads.netlist import BLOCKS

if TYPE_CHECKING:
    import gdsfactory as gf


def block(chip: Chip) -> Block:
    """Protection of the analog pads. gdsfactory, seconds to import, is loaded only when the layout is drawn."""

    def component() -> gf.Component:
        from neusoc.layout.pads.pads import analog_pads

        return analog_pads(chip)

    def netlist() -> str:
        from neusoc.layout.pads.netlist import spice

        return spice(chip)

    children = {source for name in BLOCKS for source in drawing_sources(name)}
    return Block(PADS_CELL, component, netlist, tuple(sorted({*needs(Path(__file__)), *children})))
