"""The analog core as a block of the registry."""

from __future__ import annotations

from collections.abc import Callable
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

    return core_block(CELL, Path(__file__), component, netlist)


def core_block(cell: str, module: Path, component: Callable[[], gf.Component], netlist: Callable[[], str]) -> Block:
    """A core, whose layout and netlist depend on what its module imports and on all schematic blocks."""
    children = {source for name in schematic_blocks() for source in drawing_sources(name)}
    return Block(cell, component, netlist, tuple(sorted({*needs(module), *children})))
