"""The array as a block of the registry."""

from neusoc.flow.config import Chip
from neusoc.flow.paths import ROOT
from neusoc.layout.array.array import array
from neusoc.layout.array.netlist import spice
from neusoc.layout.array.plan import Plan
from neusoc.layout.blocks import Block


def block(chip: Chip) -> Block:
    """The synapse array of a chip."""
    return Block(
        name=Plan(chip.rows, chip.columns).name,
        component=lambda: array(rows=chip.rows, columns=chip.columns),
        netlist=lambda: spice(chip.rows, chip.columns),
        sources=(ROOT / "layout" / "array", ROOT / "layout" / "routing", ROOT / "pdk"),
    )
