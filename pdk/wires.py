"""Wires of the process for OpenRCX and for estimates: the technology LEF, and what neighbours add to it.

The LEF has for each routing layer and wire corner a sheet resistance, a capacitance of the area and one of
the edge, both to the ground of an empty surrounding. Two neighbours at least distance make it three to four
times that. They come from a field solution of wire pairs (wire_pairs.csv, written by `neusoc truth fit
--anew`). OpenRCX wants tables: for a wire of a width, by distance of its neighbour and by what runs above and
below, resistance and capacitance a um. Each entry belongs to one of the wire's two sides:

    R = RPERSQ / width / 2,    C = (EDGECAPACITANCE + CPERSQDIST * width / 2) * what the neighbour leaves, and
                               the coupling

Source: OpenRCX's rule format as `write_rules` of OpenROAD writes it (kohm/um, pF/um).
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neusoc.base.report import write_atomic

WIRES = ("nom", "min", "max")  # corners
PAIRS = Path(__file__).with_name("wire_pairs.csv")
_NUMBER = r"([\d.Ee+-]+)"
_DISTANCES = (1, 2, 4, 12)  # of the neighbour, in spacings, on a layer that the field solution has not
# Capacitance of an average routed wire over that of the LEF: least squares over all nets of the routed
# controller of 8 x 8 (rules of rules_text() at nom), which leave a median error of 9 % a net. What is not
# drawn yet is estimated with it.
CROWDED = {"met1": 2.17, "met2": 2.08, "met3": 2.70, "met4": 2.36}


@dataclass(frozen=True)
class RoutingLayer:
    """One routing layer of a technology LEF; lengths in um.

    Attributes:
        name: name of the layer, such as met1.
        width: width of a wire.
        spacing: space between wires.
        pitch: distance of tracks in x and in y.
        offset: position of the first track in x and in y.
        sheet: resistance, ohm a square.
        area: capacitance to what is below, pF/um2.
        edge: capacitance of an edge, pF/um.
    """

    name: str
    width: float
    spacing: float
    pitch: tuple[float, float]
    offset: tuple[float, float]
    sheet: float
    area: float
    edge: float


def routing_layers(techlef: str) -> list[RoutingLayer]:
    """Routing layers from the lowest.

    Raises:
        ValueError: there is none, or one lacks a value.
    """
    found = []
    for name, body in re.findall(r"^LAYER (\S+)\n(.*?)^END \1", techlef, re.S | re.M):
        if not re.search(r"^\s*TYPE ROUTING\b", body, re.M):
            continue

        def value(pattern: str, name: str = name, body: str = body) -> list[float]:
            match = re.search(rf"^\s*{pattern}", body, re.M)
            if not match:
                raise ValueError(f"technology LEF, LAYER {name}: no {pattern.split()[0]}")
            return [float(x) for x in match.groups() if x is not None]

        pitch, offset = (value(rf"{word} {_NUMBER}(?: {_NUMBER})? ;") for word in ("PITCH", "OFFSET"))
        found.append(
            RoutingLayer(
                name=name,
                width=value(rf"WIDTH {_NUMBER} ;")[0],
                spacing=value(rf"WIDTH 0 {_NUMBER}\b")[0],
                pitch=(pitch[0], pitch[-1]),
                offset=(offset[0], offset[-1]),
                sheet=value(rf"RESISTANCE RPERSQ {_NUMBER} ;")[0],
                area=value(rf"CAPACITANCE CPERSQDIST {_NUMBER} ;")[0],
                edge=value(rf"EDGECAPACITANCE {_NUMBER} ;")[0],
            )
        )
    if not found:
        raise ValueError("technology LEF: no routing layer")
    return found


@dataclass(frozen=True)
class Neighbour:
    """One of two parallel wires of least width.

    Attributes:
        distance: gap between their edges, um.
        coupling: capacitance between them, pF/um.
        ground: capacitance to ground of a side that looks at the other wire, as a part of what a free side
            has.
    """

    distance: float
    coupling: float
    ground: float


def neighbours_of(table: Iterable[str]) -> dict[str, list[Neighbour]]:
    """By layer, ascending: what a field solution of wire pairs says.

    Args:
        table: CSV with layer, width_um, spacing_um, coupling_aF_um, ground_aF_um; the least width of each
            layer counts, and its widest spacing stands for none.
    """
    rows = [
        (
            row["layer"],
            float(row["width_um"]),
            float(row["spacing_um"]),
            float(row["coupling_aF_um"]),
            float(row["ground_aF_um"]),
        )
        for row in csv.DictReader(table)
    ]
    least = {layer: min(width for name, width, *_ in rows if name == layer) for layer, *_ in rows}
    pairs: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for layer, width, distance, coupling, ground in sorted(rows):
        if width == least[layer]:
            pairs[layer].append((distance, coupling, ground))
    free = {layer: found[-1][2] / 2 for layer, found in pairs.items()}
    return {
        layer: [
            Neighbour(distance, 1e-6 * coupling, ground / free[layer] - 1)
            for distance, coupling, ground in found
        ]
        for layer, found in pairs.items()
    }


@cache
def solved_neighbours() -> dict[str, list[Neighbour]]:
    """neighbours_of() the field solution of the process."""
    return neighbours_of(PAIRS.read_text().splitlines())


def estimate(layer: RoutingLayer) -> dict[str, float]:
    """Resistance (kohm/um) and capacitance (pF/um) of a wire of least width before its neighbours are
    known."""
    alone = layer.area * layer.width + 2 * layer.edge
    return {"res": layer.sheet / layer.width / 1000, "cap": alone * CROWDED.get(layer.name, 1.0)}


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


def _layer_rules(
    number: int, layers: list[RoutingLayer], neighbours: Mapping[str, Sequence[Neighbour]]
) -> Iterator[str]:
    layer = layers[number - 1]
    resistance = layer.sheet / layer.width / 1000
    capacitance = layer.edge + layer.area * layer.width / 2
    distances = [n * layer.spacing for n in _DISTANCES]
    side = [f"{d:g} 0 {capacitance:.6g} {resistance / 2:.6g}" for d in distances]
    if beside := neighbours.get(layer.name):
        distances = [n.distance for n in beside]
        side = [
            f"{n.distance:g} {n.coupling:.6g} {capacitance * n.ground:.6g} {resistance / 2:.6g}"
            for n in beside
        ]
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


def rules_text(layers: list[RoutingLayer]) -> str:
    """Rules of one wire corner: the layers of its technology LEF, from the lowest, with their neighbours."""
    lines = [
        "Extraction Rules for OpenRCX",
        "",
        "DIAGMODEL ON",
        "",
        f"LayerCount {len(layers)}",
        "DensityRate 1  0",
        "",
    ]
    lines += ["DensityModel 0", ""]
    for number in range(1, len(layers) + 1):
        lines += _layer_rules(number, layers, solved_neighbours())
    return "\n".join([*lines, "END DensityModel 0", ""])


def write_rules(techlefs: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """OpenRCX rules of each wire corner, written to the folder; techlefs: corner -> technology LEF."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        wires: write_atomic(folder / f"wires.{wires}.rules", rules_text(routing_layers(path.read_text())))
        for wires, path in techlefs.items()
    }
