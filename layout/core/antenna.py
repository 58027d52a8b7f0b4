"""Gate and diffusion area on the pins of a block, measured in its layout; what a router needs to keep
antennas small."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import klayout.db as db
from neusoc.pdk.layers import LABEL, LAYERS, METALS

_CONDUCTORS = ("poly", "li1", *METALS)
_CUTS = {
    "licon1": ("poly", "li1"),
    "mcon": ("li1", "met1"),
    "via": ("met1", "met2"),
    "via2": ("met2", "met3"),
    "via3": ("met3", "met4"),
}


class PinAreas(NamedTuple):
    """Areas on one net, um2."""

    gate: float
    diffusion: float


class Nets(NamedTuple):
    """What conducts in a cell, its children included.

    Attributes:
        database: KLayout's database of the shapes.
        layers: layer, `gate` or `diffusion` -> its shapes.
        by_label: label on a metal -> net.
        scale: um2 of a square database unit.
    """

    database: db.LayoutToNetlist
    layers: dict[str, db.Region]
    by_label: dict[str, db.Net]
    scale: float

    def shapes(self, net: str, layer: str) -> db.Region:
        """Merged shapes of a labelled net on one layer.

        Raises:
            KeyError: no such label.
        """
        return self.database.shapes_of_net(self.by_label[net], self.layers[layer], True).merged()

    def area(self, net: str, layer: str) -> float:
        """um2; errors as of shapes()."""
        return round(self.shapes(net, layer).area() * self.scale, 4)


def nets_of(layout: db.Layout, cell: str, through_resistors: bool = True) -> Nets:
    """Connect a cell. Capacitor plates and ReRAM elements do not conduct: a via3 inside capm and a via inside
    a ReRAM connect nothing.

    Args:
        layout: layout that holds the cell.
        cell: name of the cell.
        through_resistors: choice of taking the ends of a polysilicon resistor for one net; for antennas they
            are.
    """
    database = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, layout.cell(cell), []))

    def polygons(name: str) -> db.Region:
        return database.make_polygon_layer(layout.layer(*LAYERS[name]), name)

    layers = {name: polygons(name) for name in (*_CONDUCTORS, *_CUTS, "diff", "capm", "reram")}
    layers["gate"], layers["diffusion"] = layers["diff"] & layers["poly"], layers["diff"] - layers["poly"]
    layers["via"], layers["via3"] = layers["via"] - layers["reram"], layers["via3"] - layers["capm"]
    if not through_resistors:
        layers["poly"] = layers["poly"] - polygons("poly_res")
        database.register(layers["poly"], "poly_cut")
    for name, region in (
        ("gate", "gate"),
        ("diffusion", "diffusion"),
        ("via_plain", "via"),
        ("via3_plain", "via3"),
    ):
        database.register(layers[region], name)
    for name in ("gate", "diffusion", *_CONDUCTORS):
        database.connect(layers[name])
    database.connect(layers["gate"], layers["poly"])
    for cut, (below, above) in _CUTS.items():
        database.connect(layers[below], layers[cut])
        database.connect(layers[cut], layers[above])
    database.connect(layers["diffusion"], layers["licon1"])
    for metal in METALS:
        texts = database.make_text_layer(layout.layer(LAYERS[metal][0], LABEL), f"{metal}_label")
        database.connect(layers[metal], texts)
    database.extract_netlist()
    circuit = database.netlist().circuit_by_name(cell)
    by_label = {name: net for net in circuit.each_net() for name in (net.name or "").split(",")}
    return Nets(database, layers, by_label, layout.dbu**2)


def pin_areas(layout: db.Layout, cell: str, nets: Iterable[str]) -> dict[str, PinAreas]:
    """Area of gates and of source and drain diffusion on each labelled net of a cell, its children included.

    Raises:
        KeyError: a net has no label in the cell.
    """
    found = nets_of(layout, cell)
    return {net: PinAreas(found.area(net, "gate"), found.area(net, "diffusion")) for net in nets}
