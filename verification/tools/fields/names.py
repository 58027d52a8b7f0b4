"""A layout whose nets carry the names of the schematic, so that extractor and field solver speak of the same
ones.

LVS pairs the nets of layout and schematic; each net of the top cell that has no label of its own gets one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import klayout.db as db
from neusoc.base.errors import UserError
from neusoc.base.report import write_atomic
from neusoc.pdk.gds import read_cell, write_gds
from neusoc.pdk.layers import METALS, label_layer
from neusoc.verification.signoff.lvs import run_lvs

BELOW = "diffusion_below"
_DIFFUSION = {"nsd": "n_diff", "psd": "p_diff"}  # layer of a scene -> layer of LVS
_TAPS = ("n_tap", "p_tap")
_WIRES = ("met1", "met2", "li1", *METALS[2:])  # where a label is put, in this order


def _place(database: db.LayoutVsSchematic, net: db.Net) -> tuple[str, db.Point] | None:
    """Metal and point of a label: the middle of the largest box of the net."""
    for metal in _WIRES:
        region = database.shapes_of_net(net, database.layer_by_name(metal), True).merged()
        boxes = [piece.bbox() for piece in region.decompose_trapezoids_to_region().each()]
        if boxes:
            return metal, max(boxes, key=lambda box: (box.area(), box.left, box.bottom)).center()
    return None


def _boxes(region: db.Region, dbu: float) -> Iterator[db.DBox]:
    for piece in region.decompose_trapezoids_to_region().each():
        yield piece.bbox().to_dtype(dbu)


@dataclass(frozen=True)
class Named:
    """What LVS says of the nets of a block.

    Attributes:
        nets: those of the top cell that have a label now, sorted.
        supplies: nets of them that hold a well or the substrate.
        diffusion: sources and drains: (net, layer of the scene, box in um); those of nets below the top cell
            are called BELOW.
    """

    nets: list[str]
    supplies: list[str]
    diffusion: list[tuple[str, str, db.DBox]]


def named_layout(cell: str, gds: Path, netlist: str, out: Path) -> Named:
    """Write a copy of a layout with a label on every net of the top cell that LVS pairs.

    Args:
        cell: top cell, and subcircuit of that name.
        gds: layout.
        netlist: SPICE text of the schematic.
        out: file to write; the files of LVS lie beside it.

    Raises:
        UserError: layout and schematic do not match: no net has a name then.
    """
    reference = write_atomic(out.with_suffix(".reference.spice"), netlist)
    result = run_lvs(gds, cell, [reference], out.parent, threads=1)
    if not result.match:
        raise UserError(
            f"{cell}: layout and netlist do not match, so its nets have no names; run `neusoc lvs` on it"
            " first"
        )
    database = db.LayoutVsSchematic()
    database.read(str(result.database))
    layout, top = read_cell(gds, cell)
    named, supplies, diffusion = set(), set(), []
    left = {layer: database.layer_by_name(drawn).merged() for layer, drawn in _DIFFUSION.items()}
    for circuits in database.xref().each_circuit_pair():
        if (
            circuits.first() is None
            or circuits.second() is None
            or circuits.second().name.lower() != cell.lower()
        ):
            continue
        for pair in database.xref().each_net_pair(circuits):
            if pair.first() is None or pair.second() is None:
                continue
            net, wanted = pair.first(), pair.second().expanded_name().lower()
            if net.name and wanted in net.name.lower().split(","):
                named.add(wanted)
            elif place := _place(database, net):
                at = db.DVector(place[1].to_dtype(layout.dbu))
                top.shapes(layout.layer(*label_layer(place[0]))).insert(db.DText(wanted, db.DTrans(at)))
                named.add(wanted)
            if any(
                not database.shapes_of_net(net, database.layer_by_name(tap), True).is_empty() for tap in _TAPS
            ):
                supplies.add(wanted)
            for layer in left:
                region = database.shapes_of_net(net, database.layer_by_name(_DIFFUSION[layer]), True).merged()
                diffusion += [(wanted, layer, box) for box in _boxes(region, layout.dbu)]
                left[layer] -= region
    diffusion += [(BELOW, layer, box) for layer, region in left.items() for box in _boxes(region, layout.dbu)]
    write_gds(layout, out)
    return Named(sorted(named), sorted(supplies), diffusion)
