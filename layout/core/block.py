"""The analog core as a block of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neusoc.flow.config import Chip
from neusoc.flow.paths import ROOT
from neusoc.layout.blocks import PROCESS, Block, drawing_sources, schematic_blocks
from neusoc.layout.core.pins import CELL

if TYPE_CHECKING:
    import gdsfactory as gf


def block(chip: Chip) -> Block:
    """The analog core of a chip. gdsfactory, seconds to import, is loaded only when the layout is drawn."""

    def component() -> gf.Component:
        from neusoc.layout.core.core import analog_core

        return analog_core(chip)

    def netlist() -> str:
        from neusoc.layout.core.netlist import spice

        return spice(chip)

    folders = ("layout/core", "layout/array", "layout/routing", "layout/primitives")
    children = (source for name in schematic_blocks() for source in drawing_sources(name))
    return Block(CELL, component, netlist, (*(ROOT / folder for folder in folders), *PROCESS, *children))
