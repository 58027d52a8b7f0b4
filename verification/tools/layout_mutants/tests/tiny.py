"""A transistor with its tap, drawn box by box: small enough for a verdict in a second."""

from __future__ import annotations

from pathlib import Path

from neusoc.pdk.devices import NFET_01V8
from neusoc.verification.signoff.layout_mutant import Mutant
from neusoc.verification.signoff.tests.sheets import Sheet
from neusoc.verification.tools.layout_mutants.blocks import Sound, sound
from neusoc.verification.tools.layout_mutants.conductors import Conductors

CELL = "tiny"
# source left, drain right, the gate's contact above; two straps of met1 from the tap to the source
SHAPES = (
    ("diff", 0, 0, 2, 1),
    ("nsdm", -0.2, -0.2, 2.2, 1.2),
    ("poly", 0.925, -0.3, 1.075, 1.5),
    ("poly", 0.8, 1.4, 1.2, 1.8),
    ("npc", 0.7, 1.3, 1.3, 1.9),
    ("licon1", 0.915, 1.515, 1.085, 1.685),
    ("li1", 0.8, 1.4, 1.2, 1.8),
    ("licon1", 0.315, 0.415, 0.485, 0.585),
    ("li1", 0.2, 0, 0.6, 1),
    ("licon1", 1.515, 0.415, 1.685, 0.585),
    ("li1", 1.4, 0, 1.8, 1),
    ("mcon", 1.515, 0.415, 1.685, 0.585),
    ("met1", 1.4, 0.3, 4, 0.7),
    ("tap", -2, 0, -1.5, 1),
    ("psdm", -2.2, -0.2, -1.3, 1.2),
    ("licon1", -1.835, 0.415, -1.665, 0.585),
    ("li1", -2, 0, -1.5, 1),
    ("mcon", -1.835, 0.115, -1.665, 0.285),
    ("mcon", -1.835, 0.715, -1.665, 0.885),
    ("mcon", 0.315, 0.115, 0.485, 0.285),
    ("mcon", 0.315, 0.715, 0.485, 0.885),
    ("met1", -2, 0, 0.6, 0.3),
    ("met1", -2, 0.7, 0.6, 1),
)
LABELS = (("li1", "g", 1, 1.6), ("met1", "d", 3, 0.5), ("met1", "vss", -1, 0.85))
NETLIST = f".subckt {CELL} d g vss\nx1 d g vss vss {NFET_01V8} w=1 l=0.15\n.ends\n"


def written(folder: Path) -> tuple[Path, Path]:
    """Its GDS and its netlist."""
    sheet = Sheet(CELL)
    for layer, *corners in SHAPES:
        sheet.box(layer, *corners)
    for label in LABELS:
        sheet.label(*label)
    gds, netlist = folder / "drawn.gds", folder / f"{CELL}.spice"
    sheet.layout.write(str(gds))
    netlist.write_text(NETLIST)
    return gds, netlist


def tiny(folder: Path, count: int = 1) -> Sound:
    """The block as campaigns take it."""
    return sound(CELL, *written(folder), folder, count)


def conductors(mutant: Mutant) -> Conductors:
    """Of a damaged copy."""
    return Conductors(mutant.layout, CELL)
