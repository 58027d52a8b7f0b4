"""Rectangles, labels, pins and instance arrays in one cell, in um, by PDK layer name; no polygon passes
through Python twice."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import gdsfactory as gf
import klayout.db as db
from kfactory.cross_section import SymmetricalCrossSection
from kfactory.port import BasePort
from neusoc.base.pins import Pin
from neusoc.pdk.layers import LABEL, LAYERS, PIN
from neusoc.pdk.rules import GRID

DBU = 0.001  # um
_METAL_OF = {layer: name for name, layer in LAYERS.items()}
Side = Literal["left", "right", "top", "bottom"]
Turn = Literal["R0", "MX", "R180", "MY"]
_TURNS = {"R0": (0, False), "MX": (0, True), "R180": (2, False), "MY": (2, True)}
_QUARTERS = {"right": 0, "top": 1, "left": 2, "bottom": 3}


def dbu(um: float) -> int:
    """um in database units, rounded."""
    return round(um / DBU)


def snap(um: float) -> float:
    """um on the 5 nm manufacturing grid."""
    return round(round(um / GRID) * GRID, 3)


def up_to_multiple(um: float, step: float) -> float:
    """um, up to the next multiple of a step."""
    return round(math.ceil(um / step - 1e-6) * step, 3)


def named(component: gf.Component, cell: str, pins: Iterable[Pin]) -> gf.Component:
    """A macro by its cell's name, its pins compared with the table.

    Raises:
        ValueError: a pin is drawn and not in the table, or in the table and not drawn.
    """
    holder = component.kcl.layout.cell(cell)
    if (
        holder is not None and holder.cell_index() != component.cell_index()
    ):  # a macro of another size, drawn earlier
        holder.name = f"{cell}_of_another_size_{holder.cell_index()}"
    component.kdb_cell.name = cell
    if difference := {port.name for port in component.ports} ^ {pin.name for pin in pins}:
        raise ValueError(f"{cell}: table of pins and drawing disagree on {min(difference)}")
    return component


@dataclass(frozen=True)
class Landing:
    """Where a placed cell offers a net.

    Attributes:
        x: horizontal position on the edge of the pin shape, um.
        y: vertical position, um.
        width: width of the metal, across the direction of access, um.
        metal: PDK name.
    """

    x: float
    y: float
    width: float
    metal: str


@dataclass(frozen=True)
class Placed:
    """A child cell and where it stands; all positions that parents use come from here."""

    component: gf.Component
    trans: db.Trans

    @property
    def box(self) -> db.DBox:
        """Its outline (prbndry), um in the parent."""
        index = self.component.kcl.layer(db.LayerInfo(*LAYERS["prbndry"]))
        return self.component.kdb_cell.bbox(index).transformed(self.trans).to_dtype(DBU)

    def port(self, net: str) -> Landing:
        """The child's port of that net."""
        port = self.component.ports[net]
        at = self.trans * port.trans.disp.to_p()
        metal = _METAL_OF[port.layer_info.layer, port.layer_info.datatype]
        return Landing(at.x * DBU, at.y * DBU, port.width, metal)

    def region(self, metal: str) -> db.Region:
        """All its shapes on a layer, in the parent, database units."""
        index = self.component.kcl.layer(db.LayerInfo(*LAYERS[metal]))
        return db.Region(self.component.kdb_cell.begin_shapes_rec(index)).transformed(self.trans)


def outline(child: gf.Component) -> db.DBox:
    """Outline (prbndry) of a cell in its own coordinates, um."""
    return Placed(child, db.Trans()).box


def placed_at(child: gf.Component, x: float, y: float, turn: Turn = "R0") -> Placed:
    """A child as it would stand with the lower left corner of its outline at (x, y) after the turn, um;
    nothing is drawn."""
    turned = db.Trans(*_TURNS[turn], 0, 0)
    corner = Placed(child, turned).box.p1
    return Placed(child, db.Trans(*_TURNS[turn], dbu(x - corner.x), dbu(y - corner.y)))


class CellWriter:
    """Draws into one component.

    Args:
        component: the cell to draw into.
    """

    def __init__(self, component: gf.Component) -> None:
        self.component = component
        self._cell = component.kdb_cell
        self._shapes: dict[tuple[str, int | None], db.Shapes] = {}
        self._profiles: dict[tuple[str, int], SymmetricalCrossSection] = {}

    def shapes(self, name: str, datatype: int | None = None) -> db.Shapes:
        """Shape container of a layer; datatype replaces the drawing datatype (pin, label)."""
        found = self._shapes.get((name, datatype))
        if found is None:
            layer, drawn = LAYERS[name]
            index = self.component.kcl.layer(db.LayerInfo(layer, drawn if datatype is None else datatype))
            found = self._shapes[name, datatype] = self._cell.shapes(index)
        return found

    def box(self, name: str, x0: float, y0: float, x1: float, y1: float) -> None:
        """Rectangle between two corners, um."""
        self.shapes(name).insert(db.Box(dbu(x0), dbu(y0), dbu(x1), dbu(y1)))

    def square(self, name: str, x: float, y: float, side: float) -> None:
        """Square about a centre, um."""
        self.box(name, x - side / 2, y - side / 2, x + side / 2, y + side / 2)

    def path(self, name: str, points: list[tuple[float, float]], width: float) -> None:
        """Line of constant width along points, um; it ends at its first and last point."""
        centre = [db.Point(dbu(x), dbu(y)) for x, y in points]
        self.shapes(name).insert(db.Path(centre, dbu(width)).polygon())

    def label(self, name: str, text: str, x: float, y: float) -> None:
        """Net name on a metal (datatype 5), um."""
        self.shapes(name, LABEL).insert(db.Text(text, dbu(x), dbu(y)))

    def pin(self, metal: str, net: str, box: tuple[float, float, float, float], side: Side) -> None:
        """Pin of the cell: shape on datatype 16, label, and a port named as the net at the cell's edge.

        Args:
            metal: the metal it stands on; the metal itself is drawn by the caller.
            net: net name.
            box: x0, y0, x1, y1 of the pin shape, um.
            side: the side of the cell that it faces; the port lies on that edge of the box.
        """
        x0, y0, x1, y1 = box
        self.shapes(metal, PIN).insert(db.Box(dbu(x0), dbu(y0), dbu(x1), dbu(y1)))
        self.label(metal, net, (x0 + x1) / 2, (y0 + y1) / 2)
        self._port(net, metal, box, side)

    def _port(self, net: str, metal: str, box: tuple[float, float, float, float], side: Side) -> None:
        """Port on one edge of a box. Made below kfactory's create_port, which takes 70 us a port and an array
        has hundreds."""
        x0, y0, x1, y1 = (dbu(v) for v in box)
        upright = side in ("left", "right")
        width = (y1 - y0 if upright else x1 - x0) // 2 * 2
        profile = self._profiles.get((metal, width))
        if profile is None:
            wanted = {"layer": db.LayerInfo(*LAYERS[metal]), "width": width * DBU, "unit": "um"}
            profile = self._profiles[metal, width] = self.component.kcl.get_dcross_section(wanted).base
        x = {"left": x0, "right": x1}.get(side, (x0 + x1) // 2)
        y = {"bottom": y0, "top": y1}.get(side, (y0 + y1) // 2)
        port = BasePort(
            name=net,
            kcl=self.component.kcl,
            cross_section=profile,
            trans=db.Trans(_QUARTERS[side], False, x, y),
            port_type="electrical",
        )
        self.component.base.ports.append(port)

    def place(
        self,
        child: gf.Component,
        x: float,
        y: float,
        *,
        columns: int = 1,
        rows: int = 1,
        dx: float = 0.0,
        dy: float = 0.0,
    ) -> None:
        """Instance, or regular array of instances, with its first origin at (x, y), um."""
        at = db.Trans(dbu(x), dbu(y))
        if columns * rows == 1:
            self._cell.insert(db.CellInstArray(child.cell_index(), at))
        elif columns * rows > 1:
            self._cell.insert(
                db.CellInstArray(
                    child.cell_index(), at, db.Vector(dbu(dx), 0), db.Vector(0, dbu(dy)), columns, rows
                )
            )

    def place_one(self, child: gf.Component, x: float, y: float, turn: Turn = "R0") -> Placed:
        """One instance whose outline (prbndry) has its lower left corner at (x, y) after the turn, um."""
        placed = placed_at(child, x, y, turn)
        self.insert(placed)
        return placed

    def insert(self, placed: Placed) -> None:
        """The instance that a Placed describes."""
        self._cell.insert(db.CellInstArray(placed.component.cell_index(), placed.trans))
