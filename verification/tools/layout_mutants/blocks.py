"""The blocks that are damaged: together they have every mask that an analog block of the chip uses, up to
met4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import load_chip
from neusoc.layout.top.build import blocks_dir, build_blocks
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.reader import Subcircuit, read_reference, read_subcircuits
from neusoc.verification.tools.layout_mutants.conductors import Conductors

# cell -> (block in whose files it stands, faults of each kind): few where a verdict takes long
BLOCKS = {
    "row_driver": ("row_driver", 9),  # transistors of 1.8 and 5 V
    "array_8x8": ("array_8x8", 9),  # ReRAM
    "column_driver": ("column_driver", 6),  # transistors up to met3
    "esd_second": ("esd_second", 4),  # diodes, resistors
    "bias": ("bias", 3),  # resistors, matched pairs
    "neuron": ("neuron", 2),  # MIM, met4
    "bandgap_core": ("references", 1),  # pnp, resistors of both sheets
}


@dataclass(frozen=True)
class Sound:
    """A block as it is: cell, flat layout, netlist, its subcircuits, conductors, faults of each kind."""

    cell: str
    gds: Path
    netlist: Path
    circuits: Mapping[str, Subcircuit]
    conductors: Conductors
    count: int

    def drawing(self) -> Mutant:
        """A copy to damage."""
        return Mutant(self.gds, self.cell)


def sound(cell: str, gds: Path, netlist: Path, folder: Path, count: int) -> Sound:
    """A block, flattened: a fault in one of several equal cells is a fault in one place.

    Args:
        cell: top.
        gds, netlist: its files.
        folder: folder for the flat layout.
        count: faults of each kind.
    """
    flat = Mutant(gds, cell)
    path = flat.write(folder / f"{cell}.gds")
    used = read_reference([netlist], cell)
    circuits = {name: circuit for name, circuit in read_subcircuits([netlist]).items() if name in used}
    return Sound(cell, path, netlist, circuits, Conductors(flat.layout, cell), count)


def all_blocks(folder: Path) -> list[Sound]:
    """Every block of BLOCKS, built when stale."""
    chip = load_chip("mini")
    build_blocks(chip)
    files = blocks_dir(chip)
    return [
        sound(cell, files / f"{block}.gds", files / f"{block}.spice", folder, count)
        for cell, (block, count) in BLOCKS.items()
    ]
