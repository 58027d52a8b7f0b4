"""Nets of a drawn core: their shapes, their pins, and the channels and cells whose currents enter them.

A net is found by its label in the top cell, or by that of a block's pin. Only metal, li1, polysilicon and
contacts connect here: what a well or the substrate alone holds together is in pieces, as it is for a current.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import klayout.db as db
import numpy as np
from neusoc.base.errors import UserError
from neusoc.layout.core.antenna import Nets, nets_of
from neusoc.pdk.layers import LAYERS as DRAWN
from neusoc.pdk.layers import METALS, label_layer, pin_layer
from neusoc.verification.power.grid import JOINS, LAYERS, Finder, middles, overlapping, rectangles
from scipy.spatial import cKDTree

CELL_METAL = "met2"  # the ReRAM's top electrode, which is on the bit line


@dataclass(frozen=True)
class Terminals:
    """Where a current enters a net.

    Attributes:
        layer: layer of the grid.
        points: (points, 2), dbu.
        weights: (points,), share of the current; they add up to 1.
    """

    layer: str
    points: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class _Channels:
    """Every channel's edge on a diffusion.

    Attributes:
        finder: finder of the rectangles of all source and drain diffusions.
        diffusion: (rectangles,), number of the diffusion that each is of.
        gate, side: (edges,), the gate and the diffusion at one of its sides.
        width: (edges,), dbu.
        contacts: (contacts, 2), dbu.
        under: (contacts,), the diffusion under each; -1 elsewhere.
    """

    finder: Finder
    diffusion: np.ndarray
    gate: np.ndarray
    side: np.ndarray
    width: np.ndarray
    contacts: np.ndarray
    under: np.ndarray


class CoreNets:
    """The nets of one cell of a layout."""

    def __init__(self, layout: db.Layout, cell: str) -> None:
        """Raises UserError if the layout has no such cell."""
        top = layout.cell(cell)
        if top is None:
            raise UserError(f"layout: has no cell {cell}; build it with `make blocks`")
        self.layout, self.top, self.dbu = layout, top, layout.dbu
        self._nets: Nets = nets_of(layout, cell, through_resistors=False)

    # nets and shapes

    def instances(self, cell: str) -> list[db.ICplxTrans]:
        """Placements of a block directly in the top, in the order of its rows from the bottom, left to
        right."""
        found = [
            t for i in self.top.each_inst() if i.cell.name == cell for t in i.cell_inst.each_cplx_trans()
        ]
        return sorted(found, key=lambda t: (t.disp.y, t.disp.x))

    def box(self, cell: str, place: db.ICplxTrans) -> db.Box:
        """Of a placed block, dbu."""
        return place * self.layout.cell(cell).bbox()

    def boxes(self, cell: str) -> list[db.Box]:
        """Of all placements of a block, dbu."""
        return [self.box(cell, place) for place in self.instances(cell)]

    def labels(self, cell: str, net: str) -> list[tuple[str, db.Point]]:
        """(metal, place in the cell) of a label."""
        own = self.layout.cell(cell)
        return [
            (metal, shape.text.position())
            for metal in ("li1", *METALS)
            for shape in own.shapes(self.layout.layer(*label_layer(metal))).each(db.Shapes.STexts)
            if shape.text.string == net
        ]

    def net(self, name: str) -> db.Net:
        """By a label of the top cell.

        Raises:
            UserError: there is none.
        """
        found = self._nets.by_label.get(name)
        if found is None:
            raise UserError(
                f"{self.top.name}: no metal carries the label {name}; build the cell again with `make blocks`"
            )
        return found

    def net_at(self, cell: str, net: str) -> db.Net:
        """The net on a block's pin, of the block's first placement.

        Raises:
            UserError: there is no such block, label or metal.
        """
        places, texts = self.instances(cell), self.labels(cell, net)
        if not places or not texts:
            what = "is not placed" if not places else f"has no label {net}"
            raise UserError(f"{self.top.name}: {cell} {what}; its power cannot be looked at")
        found = self.probe(places[0], *texts[0])
        if found is None:
            raise UserError(f"{self.top.name}: the label {net} of {cell} lies on no metal; draw it again")
        return found

    def probe(self, place: db.ICplxTrans, metal: str, point: db.Point) -> db.Net | None:
        """The net at a point of a placed block."""
        return self._nets.database.probe_net(self._nets.layers[metal], place * point)

    def shapes(self, net: db.Net) -> dict[str, db.Region]:
        """What the grid is made of."""
        layers = {name: self._nets.layers[name] for name in (*LAYERS, *JOINS) if name in self._nets.layers}
        return {name: self._nets.database.shapes_of_net(net, layer, True) for name, layer in layers.items()}

    def pins(self, name: str) -> list[tuple[str, db.Box]]:
        """(metal, box) of the top cell's pins of a net."""
        found = []
        for metal in METALS:
            texts = [point for own, point in self.labels(self.top.name, name) if own == metal]
            for shape in self.top.shapes(self.layout.layer(*pin_layer(metal))).each():
                if any(shape.bbox().contains(point) for point in texts):
                    found.append((metal, shape.bbox()))
        return found

    # devices

    def _flat(self, layer: str) -> db.Region:
        return db.Region(self.top.begin_shapes_rec(self.layout.layer(*DRAWN[layer])))

    @cached_property
    def _channels(self) -> _Channels:
        diff, poly = self._flat("diff"), self._flat("poly")
        sides, gates = (diff - poly).merged(), (diff & poly).merged()
        rects, diffusion = _rectangles_of(sides, "diff")
        gate_rects, gate_of = _rectangles_of(gates, "gate")
        gate, side, width = [], [], []
        for along, across in ((0, 1), (1, 0)):  # channel edges that stand upright, and that lie
            for end, begin in ((along + 2, along), (along, along + 2)):
                pairs = overlapping(gate_rects, rects, end, begin, across)
                a, b = gate_rects[pairs[:, 0]], rects[pairs[:, 1]]
                gate.append(gate_of[pairs[:, 0]])
                side.append(diffusion[pairs[:, 1]])
                width.append(
                    np.minimum(a[:, across + 2], b[:, across + 2]) - np.maximum(a[:, across], b[:, across])
                )
        contacts = middles(self._flat("licon1"))
        finder = Finder(rects)
        where = finder.at(contacts)
        under = np.where(where < 0, -1, diffusion[where])
        return _Channels(
            finder,
            diffusion,
            np.concatenate(gate),
            np.concatenate(side),
            np.concatenate(width),
            contacts,
            under,
        )

    def diffusions(self, net: db.Net) -> np.ndarray:
        """Numbers of a net's source and drain diffusions."""
        own = self._nets.database.shapes_of_net(net, self._nets.layers["diffusion"], True)
        points = middles(own.decompose_trapezoids_to_region(db.Polygon.TD_htrapezoids))
        found = self._channels.finder.at(points)
        return np.unique(self._channels.diffusion[found[found >= 0]])

    def channel_ends(
        self, net: np.ndarray, other: np.ndarray | None = None, within: db.Box | None = None
    ) -> Terminals | None:
        """Contacts of a net's channels, each with its share of their width.

        Args:
            net: numbers of its diffusions.
            other: those at the other side of the channels; None: any but the net's own.
            within: only channels whose diffusion lies there, dbu.

        Returns:
            None if there is no such channel with a contact.
        """
        c = self._channels
        mine = np.isin(c.side, net)
        across = ~mine if other is None else np.isin(c.side, other) & ~mine
        chosen = mine & np.isin(c.gate, c.gate[across])
        width = np.bincount(c.side[chosen], c.width[chosen], int(c.diffusion.max()) + 1)
        here = (c.under >= 0) & (width[c.under] > 0)
        if within is not None:
            x, y = c.contacts[:, 0], c.contacts[:, 1]
            here &= (x >= within.left) & (x <= within.right) & (y >= within.bottom) & (y <= within.top)
        if not here.any():
            return None
        under = c.under[here]
        share = width[under] / np.bincount(under)[under]
        return Terminals("li1", c.contacts[here], share / share.sum())

    def cells_on(self, net: db.Net) -> np.ndarray:
        """(cells, 2): middles of the ReRAMs whose top electrode a net is, from the bottom up, left to right;
        dbu."""
        metal = self._nets.database.shapes_of_net(net, self._nets.layers[CELL_METAL], True).merged()
        found = middles(self._flat("reram").merged().interacting(metal))
        return found[np.lexsort((found[:, 0], found[:, 1]))]

    def nearest_contacts(self, net: np.ndarray, points: np.ndarray) -> list[np.ndarray]:
        """For each point (points, 2) the contacts (contacts, 2) of the diffusion of a net that is nearest to
        it; dbu."""
        c = self._channels
        own = np.flatnonzero(np.isin(c.under, net))
        near = own[cKDTree(c.contacts[own]).query(points)[1]]
        order = own[np.argsort(c.under[own], kind="stable")]
        groups = c.under[order]
        first, last = (
            np.searchsorted(groups, c.under[near], "left"),
            np.searchsorted(groups, c.under[near], "right"),
        )
        return [c.contacts[order[a:b]] for a, b in zip(first, last, strict=True)]


def _corners(box: db.Box) -> tuple[int, int, int, int]:
    return box.left, box.bottom, box.right, box.top


def _rectangles_of(region: db.Region, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(corners of rectangles, dbu; number of the polygon that each is a part of)."""
    parts = [
        rectangles(db.Region(p), name) if not p.is_box() else np.array([_corners(p.bbox())])
        for p in region.each()
    ]
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])
