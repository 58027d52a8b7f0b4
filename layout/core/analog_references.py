"""The block references as a macro of the chip: turned over, so that its pins face the chip's straps, and
fanned out to them.

::

       vdd1v8 vdd3v3 vss       levels, vobserve       reference_*
          |     |     |     |   |   |   |   |   |      | | | | |     met4 straps, met2 lines, to the top edge
        +-+-----+-----+-----+---+---+---+---+---+------+-+-+-+-+-----------------+
        | bars of met3: vss, vref, vth, vread ===============================+ |
        | rivers of met3                                       |  |      |     | |
        | references, MX                                       |  decoupling     |
        +------------------------------------------------------+-----------------+
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.decoupling.layout import decoupling
from neusoc.analog.references.layout import references
from neusoc.base.pins import REFERENCE_INPUTS, REFERENCES, references_nets, references_pins
from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.cell_writer import CellWriter, Landing, Placed, named, snap, up_to_multiple
from neusoc.layout.routing.river import River, river
from neusoc.layout.routing.vias import fill_cuts, landing

SUPPLIES = ("vdd1v8", "vdd3v3", "vss")
SUPPLY_PITCH, LEVEL_PITCH = dim.STRAP + dim.STRAP_GAP, dim.NARROW + dim.STRAP_GAP
ROOM = 2.0  # height of the vias between a river and a strap
SUPPLY_SPACE = 0.40  # between the block's own lines of the supplies
DECOUPLED = (
    "vss",
    "vref",
    "vth",
    "vread",
)  # pins of the decoupling from the left; the bar of the first lies lowest, so none crosses
BAR, BAR_SPACE = (
    2.80,
    0.60,
)  # met3 that joins them with the straps: below 3 um (m3.3ab), as it passes the feet of others


def analog_references() -> gf.Component:
    """The macro; lower left corner at the origin.

    Returns:
        Component analog_references with a port for each pin of base.pins.references_pins, at the top edge.
    """
    return named(_turned(), REFERENCES, references_pins())


@gf.cell(set_name=False)
def _turned() -> gf.Component:
    component = gf.Component(f"{REFERENCES}_drawn")
    _Macro(component).draw()
    return component


class _Macro:
    """Draws the macro."""

    def __init__(self, component: gf.Component) -> None:
        self.pen = CellWriter(component)
        cell = references()
        self.block: Placed = self.pen.place_one(cell, dim.MARGIN, dim.MARGIN, "MX")
        self.capacitors = self.pen.place_one(
            decoupling(), snap(self.block.box.right + dim.MARGIN), dim.MARGIN
        )
        self.near = self.block.box.top
        at = {net: self.block.port(pin) for net, pin in references_nets().items()}
        self.supplies = _from_left({net: at[net] for net in SUPPLIES})
        self.inputs = _from_left({net: at[net] for net in REFERENCE_INPUTS})
        self.levels = _from_left(
            {net: land for net, land in at.items() if net not in (*SUPPLIES, *REFERENCE_INPUTS)}
        )

    def draw(self) -> None:
        """Rivers, straps and pins."""
        pen, line = self.pen, next(iter(self.levels.values())).width
        pitch, first = dim.TRACK
        start = snap(up_to_multiple(next(iter(self.inputs.values())).x - first, pitch) + first)
        ends = [snap(start + i * dim.OUT_PITCH) for i in range(len(self.inputs))]
        right = snap(ends[0] - dim.STRAP_GAP - dim.NARROW / 2)
        last = min(right, snap(list(self.levels.values())[-1].x))
        level_ends = [snap(last - (len(self.levels) - 1 - i) * LEVEL_PITCH) for i in range(len(self.levels))]
        begin = next(iter(self.supplies.values()))
        supply_ends = [snap(begin.x + dim.STRAP / 2 + i * SUPPLY_PITCH) for i in range(len(self.supplies))]
        groups = (
            (self.supplies, supply_ends, begin.width, SUPPLY_SPACE),
            (self.levels, level_ends, line, dim.LINE_SPACE),
            (self.inputs, ends, line, dim.LINE_SPACE),
        )
        rivers = [
            River(tuple(snap(land.x) for land in lands.values()), tuple(to), wide, space)
            for lands, to, wide, space in groups
        ]
        far = snap(self.near + max(found.length for found in rivers) + dim.MARGIN)
        for found in rivers:
            river(
                pen,
                "met3",
                found.starts,
                found.ends,
                self.near,
                far,
                width=found.width,
                space=found.space,
                along="y",
            )
        bars = snap(far + ROOM + len(DECOUPLED) * (BAR_SPACE + BAR))
        self.height = up_to_multiple(bars + dim.MARGIN, dim.SITE[1])
        self.width = up_to_multiple(max(self.capacitors.box.right, ends[-1]) + dim.MARGIN, dim.SITE[0])
        for net, x in zip(self.supplies, supply_ends, strict=True):
            self._strap(net, x, far, dim.STRAP)
        for net, x in zip(self.levels, level_ends, strict=True):
            self._strap(net, x, far, dim.NARROW)
        ways = dict(zip((*self.supplies, *self.levels), (*supply_ends, *level_ends), strict=True))
        for i, net in enumerate(DECOUPLED):
            level = snap(far + ROOM + BAR_SPACE + i * (BAR_SPACE + BAR))
            self._bar(net, ways[net], level, dim.STRAP if net in self.supplies else dim.NARROW)
        half = dim.LINE / 2
        for net, x in zip(self.inputs, ends, strict=True):
            landing(pen, "via2", x, far, dim.VIA_PAD)
            pen.box("met2", x - half, far, x + half, self.height)
            pen.pin("met2", net, (x - half, self.height - dim.PIN_DEPTH, x + half, self.height), "top")
        pen.box("prbndry", 0, 0, self.width, self.height)

    def _strap(self, net: str, x: float, y: float, width: float) -> None:
        """A met4 strap from the end of a river to its pin."""
        pen, x0, x1 = self.pen, snap(x - width / 2), snap(x + width / 2)
        pen.box("met3", x0, y, x1, y + ROOM)
        fill_cuts(pen, "via3", (x0, y, x1, y + ROOM))
        pen.box("met4", x0, y, x1, self.height)
        pen.pin("met4", net, (x0, self.height - dim.PIN_DEPTH, x1, self.height), "top")

    def _bar(self, net: str, x: float, y: float, width: float) -> None:
        """met3 from a strap, where that has its vias, to the decoupling's pin of the net."""
        pen, port = self.pen, self.capacitors.port(net)
        top = snap(y + BAR)
        box = (snap(x - width / 2), y, snap(x + width / 2), top)
        pen.box("met3", box[0], y, port.x + BAR / 2, top)
        fill_cuts(pen, "via3", box)
        pen.box("met3", port.x - BAR / 2, port.y, port.x + BAR / 2, top)


def _from_left(lands: dict[str, Landing]) -> dict[str, Landing]:
    return dict(sorted(lands.items(), key=lambda entry: entry[1].x))
