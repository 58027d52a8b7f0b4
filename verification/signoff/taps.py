"""Wells without a tap, and supplies that only a well or the substrate holds together.

Wells and substrate conduct, so a broken rail still matches the netlist through its taps; it just does not
work. Here the wires
alone are looked at: all taps of the substrate, and all taps in one well, must hang on one net of metal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import klayout.db as db
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.gds import read_layout


@dataclass(frozen=True)
class SoftConnection:
    """Separate wiring that only a well or the substrate joins.

    Attributes:
        cell: the cell that was looked at.
        through: "the substrate" or "a well".
        labels: label of each piece of wiring; "$..." is a piece without label.
    """

    cell: str
    through: str
    labels: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.cell}: {len(self.labels)} pieces of wiring joined only by {self.through}:"
            f" {', '.join(self.labels)}"
        )


def _bearing(database: db.LayoutToNetlist, layer: db.Region) -> dict[str, list[db.Net]]:
    """Circuit -> its nets that hold shapes of a layer, in itself or in cells below, and that no parent
    connects."""
    layout, index = database.internal_layout(), database.layer_index(layer)
    layout_layer = (
        next(i for i in layout.layer_indexes() if i == index) if index in layout.layer_indexes() else None
    )
    below: dict[str, set[str]] = {}
    roots: dict[str, list[db.Net]] = {}
    for circuit in database.netlist().each_circuit_bottom_up():
        bearing: set[str] = set()
        roots[circuit.name] = []
        own = layout_layer is None or not layout.cell(circuit.cell_index).shapes(layout_layer).is_empty()
        for net in circuit.each_net():
            holds = own and not database.shapes_of_net(net, layer, False).is_empty()
            if not holds:
                for pin in net.each_subcircuit_pin():
                    child = pin.subcircuit().circuit_ref()
                    inner = child.net_for_pin(pin.pin().id())
                    if inner is not None and inner.expanded_name() in below[child.name]:
                        holds = True
                        break
            if holds:
                bearing.add(net.expanded_name())
                if net.pin_count() == 0:
                    roots[circuit.name].append(net)
        below[circuit.name] = bearing
    return roots


def _label(database: db.LayoutToNetlist, net: db.Net, layer: db.Region, top: str) -> str:
    """The net's labels; without any, or inside a cell below the top, where it is."""
    circuit = net.circuit().name
    if net.name and circuit == top:
        return net.name
    shape = next(database.shapes_of_net(net, layer, True).each())
    center = shape.bbox().to_dtype(database.internal_layout().dbu).center()
    return f"${net.name or 'unlabelled'} at ({center.x:.3f}, {center.y:.3f}) um in {circuit}"


def _places(database: db.LayoutToNetlist, top: str, cell: str) -> list[db.ICplxTrans]:
    """Where a cell stands in the top: one transformation for each of its instances, hierarchy multiplied
    out."""
    if cell == top:
        return [db.ICplxTrans()]
    layout = database.internal_layout()
    instances = db.RecursiveInstanceIterator(layout, layout.cell(top))
    instances.targets = [layout.cell(cell).cell_index()]
    return [item.trans() * db.ICplxTrans(item.inst_trans()) for item in instances.each()]


def soft_connections(
    database: db.LayoutToNetlist,
    top: str,
    n_tap: db.Region,
    p_tap: db.Region,
    nwell: db.Region,
    p_diff: db.Region,
) -> list[SoftConnection]:
    """Pieces of wiring that meet in the substrate or in one well only.

    A well of an inner cell may stand on a net of that cell's own (a pair in a well tied to its tail): then
    its wiring reaches a source or drain there. Taps whose wiring does not are wired to nothing.

    Args:
        database: extracted without any connection from taps to wells or substrate.
        top: cell.
        n_tap, p_tap, nwell, p_diff: its layers.
    """
    found = []
    roots = [net for nets in _bearing(database, p_tap).values() for net in nets]
    if len(roots) > 1:
        found.append(
            SoftConnection(
                top, "the substrate", tuple(sorted(_label(database, n, p_tap, top) for n in roots))
            )
        )
    bearing = _bearing(database, n_tap)
    wells = nwell.merged()
    labels: dict[db.Polygon, list[str]] = {}
    for cell, nets in bearing.items():
        idle = [net for net in nets if cell != top and database.shapes_of_net(net, p_diff, True).is_empty()]
        found += [SoftConnection(top, "a well", (_label(database, net, n_tap, top),)) for net in idle]
        # a net that no parent connects, of a cell below, is one piece at each place of this cell
        for net, place in product(
            (net for net in nets if net not in idle), _places(database, top, cell) if nets else []
        ):
            for polygon in (
                wells.interacting(database.shapes_of_net(net, n_tap, True).transformed(place))
                .flatten()
                .each()
            ):
                labels.setdefault(polygon, []).append(_label(database, net, n_tap, top))
    groups: dict[tuple[str, ...], int] = {}
    for names in labels.values():
        if len(names) > 1:
            key = tuple(sorted(names))
            groups[key] = groups.get(key, 0) + 1
    found += [
        SoftConnection(top, "a well" if count == 1 else f"{count} wells", key)
        for key, count in sorted(groups.items())
    ]
    return found


def untapped(gds: Path, top: str) -> list[str]:
    """Wells without a contacted tap, and a substrate without any, a sentence each.

    How far from a tap a device may be is a design rule (lu.2, lu.3 of supplement.drc).

    Raises:
        UserError: no such file or cell.
    """
    layout = read_layout(gds, top)
    cell = layout.cell(top)
    layers = {
        name: db.Region(cell.begin_shapes_rec(layout.layer(*LAYERS[name])))
        for name in ("nwell", "tap", "licon1", "nsdm", "psdm", "diff")
    }
    nwell, contact = layers["nwell"].merged(), layers["licon1"]
    n_tap = ((layers["tap"] & layers["nsdm"]) & nwell).interacting(contact)
    p_tap = ((layers["tap"] & layers["psdm"]) - nwell).interacting(contact)
    centers = [well.bbox().to_dtype(layout.dbu).center() for well in nwell.not_interacting(n_tap).each()]
    sentences = [
        f"{top}: nwell at ({center.x:.2f}, {center.y:.2f}) um has no contacted tap" for center in centers
    ]
    if p_tap.is_empty() and not ((layers["diff"] & layers["nsdm"]) - nwell).is_empty():
        sentences.append(f"{top}: n devices, and the substrate has no contacted tap")
    return sentences
