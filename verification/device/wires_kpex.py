"""Wires of the technology LEF beside klayout-pex: how much the layer values leave out where wires are close.

    neusoc wires

The extraction rules (`pdk/assemble/wires.py`) know a wire by itself over the substrate. kpex (2.5D engine) draws its own
conclusions from the process stack: it knows neighbours and what crosses above and below. Three surroundings bracket a routed
wire:

    alone      one wire of minimum width
    beside     a neighbour on each side, one track away
    crowded    the same, and every second track of the layers above and below taken
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import klayout.db as kdb
from neusoc.base.errors import UserError
from neusoc.base.tables import table
from neusoc.pdk.assemble.build import assemble
from neusoc.pdk.assemble.technology import RoutingLayer, routing_layers
from neusoc.pdk.characterise.wheel import LIBRARY
from neusoc.pdk.gds import write_gds
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.pex import capacitors, raw_netlist

SURROUNDINGS = ("alone", "beside", "crowded")
LENGTH = 60.0                  # um, of the measured wire: its two ends are below 1 % of it
_OVERHANG = 5.0                # um, of the crossing wires on both sides
_PIN, _LABEL = 16, 5           # datatypes of pins and their labels
_MARK = 0.05                   # um, half of a pin's edge
_TIMEOUT = 300.0               # s, for one run of kpex


@dataclass(frozen=True)
class Wire:
    """Capacitance of a wire, fF/um.

    Attributes:
        layer: such as met1.
        surrounding: name in SURROUNDINGS.
        lef: area and edge values of the technology LEF.
        kpex: capacitance that klayout-pex extracts.
    """

    layer: str
    surrounding: str
    lef: float
    kpex: float


def lef_capacitance(layer: RoutingLayer) -> float:
    """2 EDGECAPACITANCE + CPERSQDIST w of a wire of the layer's width, fF/um."""
    return 1e3 * (2 * layer.edge + layer.area * layer.width)


def draw(layers: list[RoutingLayer], number: int, surrounding: str, gds: Path) -> None:
    """Write the layout of one wire in its surrounding; top cell `wires`, net `wire`.

    Args:
        layers: layers from the lowest.
        number: index of the measured wire's layer in layers.
        surrounding: name in SURROUNDINGS.
        gds: file to be written.

    Raises:
        UserError: unknown surrounding.
    """
    if surrounding not in SURROUNDINGS:
        raise UserError(f"surrounding {surrounding}: not known; take one of {', '.join(SURROUNDINGS)}")
    layout = kdb.Layout()
    top = layout.create_cell("wires")
    layer = layers[number]

    def box(on: RoutingLayer, left: float, bottom: float, right: float, upper: float) -> None:
        top.shapes(layout.layer(*LAYERS[on.name])).insert(kdb.DBox(left, bottom, right, upper))

    def along(y: float, net: str) -> None:
        box(layer, 0, y, LENGTH, y + layer.width)
        metal, x, middle = LAYERS[layer.name][0], 1.0, y + layer.width / 2
        top.shapes(layout.layer(metal, _PIN)).insert(kdb.DBox(x - _MARK, middle - _MARK, x + _MARK, middle + _MARK))
        top.shapes(layout.layer(metal, _LABEL)).insert(kdb.DText(net, kdb.DTrans(kdb.DVector(x, middle))))

    along(0.0, "wire")
    if surrounding != "alone":
        pitch = max(layer.pitch)
        along(-pitch, "below")
        along(pitch, "above")
    if surrounding == "crowded":
        for other in layers[max(number - 1, 0):number] + layers[number + 1:number + 2]:
            step = 2 * max(other.pitch)
            for k in range(int(LENGTH / step)):
                x = (k + 0.5) * step
                box(other, x, -_OVERHANG, x + other.width, _OVERHANG)
    write_gds(layout, gds)


def net_capacitance(netlist: str, net: str) -> float:
    """Sum of the capacitors on a net of kpex's netlist, fF: to the substrate and to the other nets.

    Raises:
        UserError: there is none, or one has no value that is understood.
    """
    of_net = [femto for one, other, femto in capacitors(netlist) if net in (one, other)]
    if not of_net:
        raise UserError(f"kpex: no capacitor on net {net}; check its label and metal in the layout")
    return sum(of_net)


def measure(layers: list[RoutingLayer], name: str, surrounding: str) -> Wire:
    """Extract one wire in its surrounding.

    Args:
        layers: layers of a technology LEF, from the lowest.
        name: name of the wire's layer.
        surrounding: name in SURROUNDINGS.

    Raises:
        UserError: unknown layer or surrounding, kpex is missing or failed.
    """
    names = [layer.name for layer in layers]
    if name not in names:
        raise UserError(f"layer {name}: not in the technology LEF; it has {', '.join(names)}")
    number = names.index(name)
    with tempfile.TemporaryDirectory() as folder:
        gds = Path(folder) / "wires.gds"
        draw(layers, number, surrounding, gds)
        found = net_capacitance(raw_netlist("wires", gds, "CC", _TIMEOUT), "wire")
    return Wire(name, surrounding, lef_capacitance(layers[number]), found / LENGTH)


def table_text(wires: list[Wire]) -> str:
    """Markdown table, one line a layer."""
    lines = []
    for layer in dict.fromkeys(wire.layer for wire in wires):
        of_layer = {wire.surrounding: wire for wire in wires if wire.layer == layer}
        cells = [f"{w.kpex:.4f} ({100 * (w.kpex / w.lef - 1):+.0f} %)" for w in (of_layer[s] for s in SURROUNDINGS)]
        lines.append([layer, f"{of_layer['alone'].lef:.4f}", *cells])
    head = ["layer", "LEF, fF/um", *(f"kpex, {s}" for s in SURROUNDINGS)]
    return table(head, lines, right=range(1, len(head))).rstrip("\n")


def report_text() -> str:
    """The table for the layers that the controller is routed on, as Markdown."""
    tree = assemble() / "sky130B"
    layers = routing_layers((tree / "libs.ref" / LIBRARY / "techlef" / f"{LIBRARY}__nom.tlef").read_text())
    return table_text([measure(layers, f"met{n}", s) for n in range(1, 5) for s in SURROUNDINGS])
