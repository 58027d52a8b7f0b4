"""What hangs together in a flat drawing, by a union-find of its own: no netlist extractor takes part, so that
it can contradict one.

Ends are what a net joins: source and drain pieces, gates, taps, ends of resistors, plates, electrodes,
labels. Two drawings whose ends are the same, and are joined alike, are the same circuit, however their wires
run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import klayout.db as db
from neusoc.pdk.layers import LAYERS, METALS, label_layer

# cut layer -> layers that it joins: each below with the one above
JOINS = {
    "licon1": (("poly", "source_drain", "tap"), "li1"),
    "mcon": (("li1",), "met1"),
    "via": (("met1",), "met2"),
    "via2": (("met2",), "met3"),
    "via3": (("met3", "capm"), "met4"),
    "via4": (("met4",), "met5"),
}
NODES = ("source_drain", "tap", "poly", "li1", *METALS, "capm")
_LABELLED = ("poly", "li1", *METALS)
# what of a mask makes devices: (layer, those under which it counts)
_DEVICES = (
    ("nsdm", ("diff", "tap", "body")),
    ("psdm", ("diff", "tap", "body")),
    ("hvi", ("diff", "tap")),
    ("hvtp", ("diff",)),
    ("lvtn", ("diff",)),
    ("rpm", ("body",)),
    ("urpm", ("body",)),
    ("areaid_diode", ("diff",)),
    ("pnp", ("diff",)),
    ("npc", ("head",)),
)
_WHOLE = ("diff", "nwell", "dnwell", "capm", "reram")
End = tuple[str, ...]


def masks(layout: db.Layout, top: str) -> dict[str, db.Region]:
    """Drawn layers of a cell by name, merged."""
    cell = layout.cell(top)
    return {name: db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS[name]))).merged() for name in LAYERS}


@dataclass(frozen=True)
class Node:
    """A polygon that conducts: number, layer, shape."""

    number: int
    layer: str
    polygon: db.Polygon


class Conductors:
    """Nets of a flat cell.

    Args:
        layout: read.
        top: cell, without instances.
    """

    def __init__(self, layout: db.Layout, top: str) -> None:
        self.dbu, self.masks = layout.dbu, masks(layout, top)
        drawn = self.masks
        self.bodies = (drawn["poly"] & (drawn["poly_res"] + drawn["poly_short"])).merged()
        conducting = {
            "source_drain": drawn["diff"] - drawn["poly"],
            "poly": drawn["poly"] - self.bodies,
            **{name: drawn[name] for name in ("tap", "li1", "capm", *METALS)},
        }
        self.nodes: list[Node] = []
        self._shapes: dict[str, db.Shapes] = {}
        for name in NODES:
            self._shapes[name] = db.Shapes()
            for polygon in conducting[name].merged().each():
                self._shapes[name].insert(db.PolygonWithProperties(polygon, {"n": len(self.nodes)}))
                self.nodes.append(Node(len(self.nodes), name, polygon))
        self._above = list(range(len(self.nodes)))
        self.cuts: dict[str, list[tuple[db.Polygon, int, int]]] = {}
        for name, (below, above) in JOINS.items():
            self.cuts[name] = list(self._joined(name, below, above))
            for _, low, high in self.cuts[name]:
                self._above[self.net(low)] = self.net(high)
        self.labels = [
            (shape.text_string, name, db.Point(shape.text.x, shape.text.y))
            for name in _LABELLED
            for shape in layout.cell(top).shapes(layout.layer(*label_layer(name))).each()
            if shape.is_text()
        ]

    def _joined(self, name: str, below: tuple[str, ...], above: str) -> Iterator[tuple[db.Polygon, int, int]]:
        """Each contact or via with a node below and one above; none inside a ReRAM, which is no wire."""
        for polygon in self.masks[name].each():
            if name == "via" and not (db.Region(polygon) & self.masks["reram"]).is_empty():
                continue
            high = self.at(above, polygon.bbox())
            low = [number for layer in below for number in self.at(layer, polygon.bbox())]
            if name == "via3" and any(self.nodes[n].layer == "capm" for n in low):
                low = [n for n in low if self.nodes[n].layer == "capm"]  # the plate's via ends on the plate
            for one in low:
                for other in high:
                    yield polygon, one, other

    def at(self, layer: str, box: db.Box) -> list[int]:
        """Nodes of a layer that a box overlaps or touches."""
        shapes = self._shapes[layer].each_touching(box)
        return sorted(shape.property("n") for shape in shapes if shape.polygon.touches(box))

    def net(self, number: int) -> int:
        """The representative of a node's net."""
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    @cached_property
    def ends(self) -> dict[End, int]:
        """What a net joins -> its net."""
        found: dict[End, int] = {}
        for node in self.nodes:
            if node.layer in ("source_drain", "tap", "capm"):
                found[node.layer, str(node.polygon)] = self.net(node.number)
        gates = (self.masks["poly"] & self.masks["diff"]).merged()
        for what, region, layers in (
            ("gate", gates, ("poly",)),
            ("resistor", self.bodies, ("poly",)),
            ("reram", self.masks["reram"], ("met1", "met2")),
            ("mim", self.masks["capm"], ("met3",)),
        ):
            for polygon in region.each():
                reached = [number for layer in layers for number in self._reached(layer, polygon)]
                for position, number in enumerate(reached):
                    found[what, str(polygon), str(position)] = self.net(number)
        for text, layer, point in self.labels:
            for number in self.at(layer, db.Box(point, point)):
                found["label", text, str(point)] = self.net(number)
        return found

    def _reached(self, layer: str, polygon: db.Polygon) -> list[int]:
        """Nodes of a layer that a polygon touches, from the left, from below."""
        body = db.Region(polygon)
        near = [
            n
            for n in self.at(layer, polygon.bbox())
            if not db.Region(self.nodes[n].polygon).interacting(body).is_empty()
        ]
        return sorted(
            near, key=lambda n: (self.nodes[n].polygon.bbox().left, self.nodes[n].polygon.bbox().bottom)
        )

    def joined(self, without: frozenset[End] = frozenset()) -> frozenset[frozenset[End]]:
        """The ends, those of a net together; nets of floating metal have none and do not count."""
        groups: dict[int, set[End]] = defaultdict(set)
        for end, net in self.ends.items():
            if end not in without:
                groups[net].add(end)
        return frozenset(frozenset(group) for group in groups.values())

    @cached_property
    def devices(self) -> dict[str, db.Region]:
        """What of the masks makes devices, by name."""
        drawn = self.masks
        poly_contact = (drawn["licon1"] & drawn["poly"]).merged()
        places = {"diff": drawn["diff"], "tap": drawn["tap"], "body": self.bodies, "head": poly_contact}
        found = {name: drawn[name] for name in _WHOLE}
        for name, where in _DEVICES:
            under = db.Region()
            for place in where:
                under += places[place]
            found[name] = (drawn[name] & under).merged()
        found["gate"] = (drawn["poly"] & drawn["diff"]).merged()
        found["body"] = self.bodies
        found["via in a reram"] = (drawn["via"] & drawn["reram"]).merged()
        found["plates with a via"] = drawn["capm"].interacting(drawn["via3"])
        return found
