"""Extraction rules of wires for OpenRCX, from the technology LEF.

The process's resistance and capacitance of wires that the wheels carry stand in the technology LEF: for each routing layer and wire
corner a sheet resistance, a capacitance of the area and one of the edge, both to the ground of an empty surrounding. OpenRCX wants
tables: for a wire of a width, by distance of its neighbour and by what runs above and below, resistance and capacitance a um. Each
entry belongs to one of the wire's two sides:

    R = RPERSQ / width / 2,    C = EDGECAPACITANCE + CPERSQDIST * width / 2,    coupling 0

The LEF knows no coupling and no shield, so that all tables of a layer are equal; a wire's whole capacitance goes to ground. With
`neighbours`, from a field solution, each side has its coupling by distance, and the ground that the neighbour leaves it.

Source: OpenRCX's rule format as `write_rules` of OpenROAD writes it (six decimal units: kohm/um, pF/um).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from neusoc.pdk.assemble.technology import RoutingLayer

_DISTANCES = (1, 2, 4, 12)     # of the neighbour, in spacings


@dataclass(frozen=True)
class Neighbour:
    """One of two parallel wires of least width.

    Attributes:
        distance: gap between their edges, um.
        coupling: capacitance between them, pF/um.
        ground: capacitance to ground of a side that looks at the other wire, as a part of what a free side has.
    """

    distance: float
    coupling: float
    ground: float


def neighbours_of(table: Iterable[str]) -> dict[str, list[Neighbour]]:
    """By layer, ascending: what a field solution of wire pairs says.

    Args:
        table: CSV with layer, width_um, spacing_um, coupling_aF_um, ground_aF_um; the least width of each layer counts, and its widest
            spacing stands for none.
    """
    rows = [
        (row["layer"], float(row["width_um"]), float(row["spacing_um"]), float(row["coupling_aF_um"]), float(row["ground_aF_um"]))
        for row in csv.DictReader(table)
    ]
    least = {layer: min(width for name, width, *_ in rows if name == layer) for layer, *_ in rows}
    pairs: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for layer, width, distance, coupling, ground in sorted(rows):
        if width == least[layer]:
            pairs[layer].append((distance, coupling, ground))
    free = {layer: found[-1][2] / 2 for layer, found in pairs.items()}
    return {
        layer: [Neighbour(distance, 1e-6 * coupling, ground / free[layer] - 1) for distance, coupling, ground in found]
        for layer, found in pairs.items()
    }


def _table(title: str, layer: RoutingLayer, entries: list[str]) -> Iterator[str]:
    yield f"{title}"
    yield f"DIST count {len(entries)} width {layer.width:g}"
    yield from entries
    yield "END DIST"
    yield ""


def _heading(title: str, layer: RoutingLayer, filled: bool = True) -> Iterator[str]:
    yield title
    yield f"WIDTH Table 1 entries:  {layer.width:g}" if filled else "WIDTH Table 0 entries: "
    yield ""


def _layer_rules(number: int, layers: list[RoutingLayer], neighbours: Mapping[str, Sequence[Neighbour]]) -> Iterator[str]:
    layer = layers[number - 1]
    resistance = layer.sheet / layer.width / 1000
    capacitance = layer.edge + layer.area * layer.width / 2
    distances = [n * layer.spacing for n in _DISTANCES]
    side = [f"{d:g} 0 {capacitance:.6g} {resistance / 2:.6g}" for d in distances]
    if beside := neighbours.get(layer.name):
        distances = [n.distance for n in beside]
        side = [f"{n.distance:g} {n.coupling:.6g} {capacitance * n.ground:.6g} {resistance / 2:.6g}" for n in beside]
    nothing = [f"{d:g} 0 0 {resistance / 2:.6g}" for d in (0, *distances)]
    pairs = [0.0, *distances]
    both = [f"{a:g} {b:g} 0 {resistance:.6g}" for i, a in enumerate(pairs) for b in pairs[i:]]
    below, above = range(number), range(number + 1, len(layers) + 1)
    metal = f"Metal {number}"

    yield from _heading(f"{metal} RESOVER", layer)
    for lower in below:
        yield from _table(f"{metal} RESOVER {lower}", layer, [] if lower else both)
    yield from _heading(f"{metal} OVER", layer)
    for lower in below:
        yield from _table(f"{metal} OVER {lower}", layer, side)
    yield from _heading(f"{metal} UNDER", layer, bool(above))
    for upper in above:
        yield from _table(f"{metal} UNDER {upper}", layer, side)
    yield from _heading(f"{metal} DIAGUNDER", layer, bool(above))
    for upper in above:
        yield from _table(f"{metal} DIAGUNDER {upper}", layer, nothing)
    if number > 1 and above:
        yield from _heading(f"{metal} OVERUNDER", layer)
        for lower in below[1:]:
            for upper in above:
                yield from _table(f"{metal} OVER {lower} UNDER {upper}", layer, side)


def rules_text(layers: list[RoutingLayer], neighbours: Mapping[str, Sequence[Neighbour]] | None = None) -> str:
    """Rules of one wire corner.

    Args:
        layers: layers of that corner's technology LEF, from the lowest.
        neighbours: coupling by layer; without it wires know no neighbour.
    """
    lines = ["Extraction Rules for OpenRCX", "", "DIAGMODEL ON", "", f"LayerCount {len(layers)}", "DensityRate 1  0", ""]
    lines += ["DensityModel 0", ""]
    for number in range(1, len(layers) + 1):
        lines += _layer_rules(number, layers, neighbours or {})
    return "\n".join([*lines, "END DensityModel 0", ""])
