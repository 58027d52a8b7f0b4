"""The registry of blocks: every cell that has a layout and a netlist. Tests, DRC, LVS and pictures walk it.

A block in analog/<name>/ is found by its folder: layout.py has a function <name>() and <name>.sch is its schematic.
Cells that depend on the chip are generated: layout.array, layout.core and layout.pads.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neusoc.base.chip import Chip
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.report import write_atomic

if TYPE_CHECKING:
    import gdsfactory as gf


@dataclass(frozen=True)
class Block:
    """One cell.

    Attributes:
        name: cell name in GDS and subcircuit name in SPICE.
        component: () -> gdsfactory Component whose cell is called name.
        netlist: () -> SPICE text: .subckt name and the subcircuits under it, devices as X calls of PDK models.
        sources: files and folders on which layout and netlist depend.
    """

    name: str
    component: Callable[[], gf.Component]
    netlist: Callable[[], str]
    sources: tuple[Path, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """GDS and SPICE in a folder, which is made if need be; returns their paths."""
        from neusoc.pdk.gds import write_component

        folder.mkdir(parents=True, exist_ok=True)
        return write_component(self.component(), folder / f"{self.name}.gds"), write_atomic(folder / f"{self.name}.spice", self.netlist())


def schematic_blocks() -> list[str]:
    """Names of the blocks under analog/ that have a layout and a schematic."""
    return sorted(p.parent.name for p in (ROOT / "analog").glob("*/layout.py") if (p.parent / f"{p.parent.name}.sch").exists())


def report_name(kind: str, chip: str, cell: str) -> str:
    """Name of the report of a check of a cell: a block that is alike in all variants is checked once, for all of them."""
    return f"{kind}.{cell}" if cell in schematic_blocks() else f"{kind}.{chip}.{cell}"


def drawing_sources(name: str) -> tuple[Path, ...]:
    """What layout and netlist of a schematic block, its child blocks included, depend on: not benches, limits and twins."""
    folder, analog = ROOT / "analog" / name, ROOT / "analog"
    views = {*needs(folder / "layout.py", analog / "bench" / "schematic.py"), *folder.glob("*.sch"), *folder.glob("*.sym")}
    used = set(re.findall(r"^C \{(\w+)/\w+\.sym\}", (folder / f"{name}.sch").read_text(), re.M))
    for child in (used & set(schematic_blocks())) - {name}:
        views |= set(drawing_sources(child))
    return tuple(sorted(views | {analog / "symbols", analog / "xschemrc"}))


def schematic_block(name: str) -> Block:
    """One of schematic_blocks()."""

    def component() -> gf.Component:
        return getattr(importlib.import_module(f"neusoc.analog.{name}.layout"), name)()

    def netlist() -> str:
        from neusoc.analog.bench.schematic import netlist_text

        return netlist_text(name)

    return Block(name, component, netlist, drawing_sources(name))


def blocks(chip: Chip) -> dict[str, Block]:
    """All blocks of a chip below the top, children before parents."""
    found = {name: schematic_block(name) for name in schematic_blocks()}
    for module in (f"neusoc.layout.{name}" for name in ("core.array_block", "core.block", "core.references_block", "pads.block")):
        block = importlib.import_module(module).block(chip)
        found[block.name] = block
    return found
