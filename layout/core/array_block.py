"""The array as a block of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.registry import Block

if TYPE_CHECKING:
    import gdsfactory as gf


def block(chip: Chip) -> Block:
    """The synapse array of a chip. gdsfactory, seconds to import, is loaded only when the layout is drawn."""

    def component() -> gf.Component:
        from neusoc.layout.array.array import array

        return array(rows=chip.rows, columns=chip.columns)

    def netlist() -> str:
        from neusoc.layout.array.netlist import spice

        return spice(chip.rows, chip.columns)

    return Block(Plan(chip.rows, chip.columns).name, component, netlist, tuple(needs(Path(__file__))))
