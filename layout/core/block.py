"""The analog core as a block of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.pins import CELL
from neusoc.layout.core.registry import Block, drawing_sources, schematic_blocks

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

    children = {source for name in schematic_blocks() for source in drawing_sources(name)}
    return Block(CELL, component, netlist, tuple(sorted({*needs(Path(__file__)), *children})))
