"""Gate and diffusion area on the pins of a block, measured in its layout; what a router needs to keep antennas small."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import klayout.db as db
from neusoc.pdk.layers import LABEL, LAYERS, METALS

_CONDUCTORS = ("poly", "li1", *METALS)
_CUTS = {"licon1": ("poly", "li1"), "mcon": ("li1", "met1"), "via": ("met1", "met2"), "via2": ("met2", "met3"), "via3": ("met3", "met4")}


class PinAreas(NamedTuple):
    """Areas on one net, um2."""

    gate: float
    diffusion: float


def pin_areas(layout: db.Layout, cell: str, nets: Iterable[str]) -> dict[str, PinAreas]:
    """Area of gates and of source and drain diffusion on each labelled net of a cell, its children included.

    Capacitor plates and ReRAM elements do not conduct: a via3 inside capm and a via inside a ReRAM connect nothing.

    Raises:
        KeyError: a net has no label in the cell.
    """
    database = db.LayoutToNetlist(db.RecursiveShapeIterator(layout, layout.cell(cell), []))

    def polygons(name: str) -> db.Region:
        return database.make_polygon_layer(layout.layer(*LAYERS[name]), name)

    layers = {name: polygons(name) for name in (*_CONDUCTORS, *_CUTS, "diff", "capm", "reram")}
    gate, diffusion = layers["diff"] & layers["poly"], layers["diff"] - layers["poly"]
    layers["via"], layers["via3"] = layers["via"] - layers["reram"], layers["via3"] - layers["capm"]
    for name, region in (("gate", gate), ("diffusion", diffusion), ("via_plain", layers["via"]), ("via3_plain", layers["via3"])):
        database.register(region, name)
    for region in (gate, diffusion, *(layers[name] for name in _CONDUCTORS)):
        database.connect(region)
    database.connect(gate, layers["poly"])
    for cut, (below, above) in _CUTS.items():
        database.connect(layers[below], layers[cut])
        database.connect(layers[cut], layers[above])
    database.connect(diffusion, layers["licon1"])
    for metal in METALS:
        texts = database.make_text_layer(layout.layer(LAYERS[metal][0], LABEL), f"{metal}_label")
        database.connect(layers[metal], texts)
    database.extract_netlist()
    circuit = database.netlist().circuit_by_name(cell)
    found = {name: net for net in circuit.each_net() for name in (net.name or "").split(",")}
    scale = layout.dbu**2

    def area(net: db.Net, region: db.Region) -> float:
        return round(database.shapes_of_net(net, region, True).merged().area() * scale, 4)

    return {net: PinAreas(area(found[net], gate), area(found[net], diffusion)) for net in nets}
