"""The second chip's core as a block of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.image_pins import CELL
from neusoc.layout.core.block import core_block
from neusoc.layout.core.registry import Block

if TYPE_CHECKING:
    import gdsfactory as gf


def block(chip: Chip) -> Block:
    """The core of a chip, not part of the chip yet. gdsfactory is loaded only when the layout is drawn."""

    def component() -> gf.Component:
        from neusoc.layout.core.image_core import image_core

        return image_core(chip)

    def netlist() -> str:
        from neusoc.layout.core.image_netlist import spice

        return spice(chip)

    return core_block(CELL, Path(__file__), component, netlist)
