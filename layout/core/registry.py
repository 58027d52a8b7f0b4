"""The registry of blocks: every cell that has a layout and a netlist. Tests, DRC, LVS and pictures walk it.

A block in analog/<name>/ is found by its folder: layout.py has a function <name>() and <name>.sch is its
schematic.
Cells that depend on the chip are generated: layout.array, layout.core and layout.pads.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL
from neusoc.base.graph import needs
from neusoc.base.paths import ROOT
from neusoc.base.pins import CELL, REFERENCES
from neusoc.base.report import write_atomic
from neusoc.layout.array.plan import Plan

if TYPE_CHECKING:
    import gdsfactory as gf

OF_REFERENCES, OF_PADS = ("references", "decoupling"), ("esd_clamp", "esd_pad", "esd_second")


@dataclass(frozen=True)
class Block:
    """One cell.

    Attributes:
        name: cell name in GDS and subcircuit name in SPICE.
        component: () -> gdsfactory Component whose cell is called name.
        netlist: () -> SPICE text: .subckt name and the subcircuits under it, devices as X calls of PDK
            models.
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
        return write_component(self.component(), folder / f"{self.name}.gds"), write_atomic(
            folder / f"{self.name}.spice", self.netlist()
        )


def schematic_blocks() -> list[str]:
    """Names of the blocks under analog/ that have a layout and a schematic."""
    return sorted(
        p.parent.name
        for p in (ROOT / "analog").glob("*/layout.py")
        if (p.parent / f"{p.parent.name}.sch").exists()
    )


def report_name(kind: str, chip: str, cell: str) -> str:
    """Name of the report of a check of a cell: a block that is alike in all variants is checked once, for all
    of them."""
    return f"{kind}.{cell}" if cell in schematic_blocks() else f"{kind}.{chip}.{cell}"


def drawing_sources(name: str) -> tuple[Path, ...]:
    """What layout and netlist of a schematic block, its child blocks included, depend on: not benches, limits
    and twins."""
    folder, analog = ROOT / "analog" / name, ROOT / "analog"
    views = {
        *needs(folder / "layout.py", analog / "bench" / "schematic.py"),
        *folder.glob("*.sch"),
        *folder.glob("*.sym"),
    }
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


def _chip_block(
    name: str, drawing: str, netlist: str, children: Iterable[str], *given: object, **sizes: int
) -> Block:
    """A cell that depends on the chip.

    Args:
        name: cell name.
        drawing, netlist: `module:function` below layout/; a module, seconds to import, is loaded only when it
            is called.
        children: blocks under analog/ that the cell takes in.
        given, sizes: arguments of both functions.
    """

    def call(where: str) -> Any:
        module, _, function = where.partition(":")
        return getattr(importlib.import_module(f"neusoc.layout.{module}"), function)(*given, **sizes)

    files = [
        ROOT / "layout" / f"{where.partition(':')[0].replace('.', '/')}.py" for where in (drawing, netlist)
    ]
    sources = {*needs(*files), *(source for child in children for source in drawing_sources(child))}
    return Block(name, partial(call, drawing), partial(call, netlist), tuple(sorted(sources)))


def blocks(chip: Chip) -> dict[str, Block]:
    """All blocks of a chip below the top, children before parents."""
    names, array = schematic_blocks(), Plan(chip.rows, chip.columns).name
    found = [
        *map(schematic_block, names),
        _chip_block(
            array, "array.array:array", "array.netlist:spice", (), rows=chip.rows, columns=chip.columns
        ),
        _chip_block(CELL, "core.core:analog_core", "core.netlist:spice", names, chip),
        _chip_block(
            REFERENCES,
            "core.analog_references:analog_references",
            "core.references_netlist:spice",
            OF_REFERENCES,
        ),
        _chip_block(PADS_CELL, "pads.pads:analog_pads", "pads.netlist:spice", OF_PADS, chip),
    ]
    return {block.name: block for block in found}
