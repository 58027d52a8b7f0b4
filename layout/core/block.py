"""The analog core as a block of the registry."""

from neusoc.flow.config import Chip
from neusoc.flow.paths import ROOT
from neusoc.layout.blocks import Block
from neusoc.layout.core.core import analog_core
from neusoc.layout.core.netlist import spice
from neusoc.layout.core.pins import CELL


def block(chip: Chip) -> Block:
    """The analog core of a chip."""
    return Block(
        name=CELL,
        component=lambda: analog_core(chip),
        netlist=lambda: spice(chip),
        sources=tuple(ROOT / folder for folder in ("layout/core", "layout/array", "layout/routing", "layout/primitives", "analog", "pdk")),
    )
