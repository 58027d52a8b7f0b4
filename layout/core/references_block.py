"""The references, as a macro, as a block of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.pins import REFERENCES
from neusoc.layout.core.references_netlist import BLOCK, DECOUPLING
from neusoc.layout.core.registry import Block, drawing_sources

if TYPE_CHECKING:
    import gdsfactory as gf


def block(chip: Chip) -> Block:
    """The same for every chip that has it. gdsfactory is loaded only when the layout is drawn."""

    def component() -> gf.Component:
        from neusoc.layout.core.analog_references import analog_references

        return analog_references()

    def netlist() -> str:
        from neusoc.layout.core.references_netlist import spice

        return spice()

    children = {source for name in (BLOCK, DECOUPLING) for source in drawing_sources(name)}
    return Block(REFERENCES, component, netlist, tuple(sorted({*needs(Path(__file__)), *children})))
