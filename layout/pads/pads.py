"""Protection of the analog pads, drawn: clamp in the middle, primary diodes in two rows that mirror each
other, resistors above.

::

     met4 pins at the top edge
      |  |   | met5      |  |   |      |vpp |vss |vdd1v8  |  |   |        |  |   |
      |  |   |           |  |   |      |    |    |        |  |   |        |  |   |
      | [second] ========|=[second]===== vdd1v8 ==========| [second] =====| [second]      met3
     ======================================= vss ======================================  met4
      [pad, upside down] [same]        |         |        [same]         [same]
     ================================= | clamp   | vpp ==================================  met4, two rails
      [pad]              [pad]         |         |        [pad]          [pad]
     ======================================= vss ======================================  met4

Pads of the lower row leave at the lower edge and rise in met5 over both rows. The clamp is a quarter of the
width from any diode.
"""

from __future__ import annotations

import gdsfactory as gf
from neusoc.analog.esd_clamp.layout import esd_clamp
from neusoc.analog.esd_pad.layout import EDGE, LAST, RAILS, STRAP, STRAPS, esd_pad
from neusoc.analog.esd_second.layout import esd_second
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.layout.routing.cell_writer import CellWriter, Placed, named, outline, snap
from neusoc.layout.routing.vias import fill_cuts, stack
from neusoc.pdk import rules

SIDE = 10.0  # um, left and right of the rows: met4 that joins the two rails of vss
JOIN = (1.5, 8.5)  # its x within
BELOW = 22.0  # from the lower edge to the rows
ABOVE = 52.0  # from the rows to the upper edge
# by which rails of vss reach past the rows: 0.5 ohm to the clamp is what the diodes were judged with
WIDEN = 11.0
EXIT = (12.0, 20.0)  # met3 that joins the straps of a pad, from the row's edge
SECOND = 12.0  # from the row's edge to the resistor's cell
RAIL = (40.5, 43.5)  # met3 of vdd1v8, from the row's edge
# height, and half the width, of the vias from a resistor's vss to the rail; met1 stays below 3 um (m1.3a)
CONTACT = 1.4
LANDING = 38.0  # from there on a line of met5 is met4
COLUMN = 20.0  # width of what carries a pulse
X_PAD, X_SECOND, X_GATE, X_RISE = (
    1.0,
    24.0,
    (53.0, 57.0),
    60.4,
)  # in a column: guarded pad, resistor, its gate, pad of the lower row
X_CLAMP = {"vpp": (2.0, 22.0), "vss": (26.0, 46.0), "vdd1v8": (50.0, 60.0)}
SEAM = 0.2  # half of the psdm over the seam of two cells
SEAM_END = round(EDGE - rules.TAP_HALF - rules.IMPLANT, 3)  # which ends where that of the cells does (psdm.2)
SPREAD = 0.80  # distance of cuts
VIA4_SPREAD = rules.VIAS["via4"][1]
PIN_DEPTH = 0.80


class _Pads:
    """Draws the cell: bond pads by column, left to right, guarded ones in the upper row; vpp has diodes of
    its own beside the clamp."""

    def __init__(self, component: gf.Component, guarded: tuple[str, ...], plain: tuple[str, ...]) -> None:
        self.pen = CellWriter(component)
        self.guarded, self.plain = guarded, plain
        self.left_of_clamp = len(plain) // 2  # columns
        self.pad, self.clamp, self.second = esd_pad(), esd_clamp(), esd_second()
        size = outline(self.pad)
        self.step, self.row = size.width(), size.height()
        self.mid = outline(self.clamp).width()
        self.lefts = [
            snap(SIDE + i * self.step + (self.mid if i >= self.left_of_clamp else 0.0))
            for i in range(len(plain))
        ]
        self.foot, self.head = BELOW, snap(BELOW + 2 * self.row)
        self.height, self.width = snap(self.head + ABOVE), snap(2 * SIDE + len(plain) * self.step + self.mid)

    def draw(self) -> None:
        self._rows()
        self._rails()
        for left, upper, lower in zip(self.lefts, self.guarded, self.plain, strict=True):
            self._guarded(upper, left)
            self._risen(lower, left)
        self._middle()
        self.pen.box("prbndry", 0, 0, self.width, self.height)

    def _rows(self) -> None:
        for left in self.lefts:
            self.pen.place_one(self.pad, left, self.foot)
            self.pen.place_one(self.pad, left, snap(self.foot + self.row), "MX")
            for x in (left, snap(left + self.step)):
                self.pen.box("psdm", x - SEAM, self.foot + SEAM_END, x + SEAM, self.head - SEAM_END)
            middle = snap(self.foot + self.row)
            self.pen.box("psdm", left + SEAM, middle - SEAM, left + self.step - SEAM, middle + SEAM)
        self.x_clamp = snap(SIDE + self.left_of_clamp * self.step)
        self.pen.place_one(self.clamp, self.x_clamp, self.foot)

    def _exit(self, left: float, edge: float, way: int) -> tuple[float, float]:
        """A pad's own straps past the row's edge to a met3 bar over the width of its line; returns the bar's
        y."""
        low, high = sorted((snap(edge + way * EXIT[0]), snap(edge + way * EXIT[1])))
        zero, pitch, half = left - outline(self.pad).left, LAST / len(STRAPS), STRAP / 2
        middles = [snap(zero + (i + 0.5) * pitch) for i, net in enumerate(STRAPS) if net == "pad"]
        for x in middles:
            self.pen.box("met3", x - half, min(edge, low), x + half, max(edge, high))
        x0, x1 = (
            (left + X_PAD, middles[-1] + half) if way > 0 else (middles[0] - half, left + X_RISE + COLUMN)
        )
        self.pen.box("met3", x0, low, x1, high)
        return low, high

    def _pin(self, net: str, x0: float, x1: float) -> None:
        self.pen.pin("met4", net, (x0, self.height - PIN_DEPTH, x1, self.height), "top")

    def _guarded(self, net: str, left: float) -> None:
        """A pad of the upper row, its resistor, and the line behind it."""
        pen, top = self.pen, self.height
        low, high = self._exit(left, self.head, 1)
        x0, x1 = snap(left + X_PAD), snap(left + X_PAD + COLUMN)
        pen.box("met4", x0, low, x1, top)
        fill_cuts(pen, "via3", (x0, low, x1, high), SPREAD)
        self._pin(guarded_pad(net), x0, x1)
        second = pen.place_one(self.second, snap(left + X_SECOND), snap(self.head + SECOND))
        self._second(second, left, x1)
        g0, g1 = snap(left + X_GATE[0]), snap(left + X_GATE[1])
        self._pin(net, g0, g1)

    def _second(self, second: Placed, left: float, pad_right: float) -> None:
        """Wires of a resistor's cell: pad at its left, gate at its right, supplies."""
        pen = self.pen
        pad, gate, supply, vss = (second.port(net) for net in ("pad", "gate", "vdd1v8", "vss"))
        half = pad.width / 2
        pen.box("met2", pad_right - 2.0, pad.y - half, pad.x + 0.5, pad.y + half)
        stack(pen, "met2", "met3", (pad_right - 2.0, pad.y - half, pad_right, pad.y + half))
        x0, x1, half = snap(left + X_GATE[0]), snap(left + X_GATE[1]), gate.width / 2
        pen.box("met2", gate.x - 0.5, gate.y - half, x1, gate.y + half)
        stack(pen, "met2", "met4", (x0, gate.y - half, x1, gate.y + half))
        pen.box("met4", x0, gate.y - half, x1, self.height)
        up, half = (snap(supply.x + 0.4), snap(supply.x + 1.6)), supply.width / 2
        pen.box("met2", supply.x - 0.5, supply.y - half, up[1], supply.y + half)
        stack(pen, "met2", "met3", (up[0], supply.y - half, up[1], supply.y + half))
        pen.box("met3", up[0], supply.y - half, up[1], snap(self.head + RAIL[1]))
        high = snap(self.head + WIDEN)
        x0, x1 = snap(vss.x - CONTACT), snap(vss.x + CONTACT)
        pen.box("met1", x0, high - CONTACT, x1, vss.y + 0.5)
        stack(pen, "met1", "met4", (x0, high - CONTACT, x1, high))

    def _risen(self, net: str, left: float) -> None:
        """A pad of the lower row and its line in met5 over both rows."""
        pen = self.pen
        low, high = self._exit(left, self.foot, -1)
        x0, x1 = snap(left + X_RISE), snap(left + X_RISE + COLUMN)
        pen.box("met4", x0, low, x1, high)
        fill_cuts(pen, "via3", (x0, low, x1, high), SPREAD)
        fill_cuts(pen, "via4", (x0, low, x1, high), VIA4_SPREAD)
        if net == "vpp":
            pen.box("met5", x0, low, x1, self.vpp[1])
            fill_cuts(pen, "via4", (x0, self.vpp[0], x1, self.vpp[1]), VIA4_SPREAD)
        else:
            self._land(net, x0, x1, low)

    def _land(self, net: str, x0: float, x1: float, low: float) -> None:
        """met5 from low to the top, where it becomes a met4 pin."""
        pen, top = self.pen, self.height
        pen.box("met5", x0, low, x1, top)
        landing = snap(self.head + LANDING)
        pen.box("met4", x0, landing, x1, top)
        fill_cuts(pen, "via4", (x0, landing, x1, top - 1.0), VIA4_SPREAD)
        self._pin(net, x0, x1)

    def _rails(self) -> None:
        """Rails of vss wider than in the rows, joined at both sides; the two of vpp as one; vdd1v8."""
        pen = self.pen
        inset = -outline(self.pad).bottom
        self.vss_low = (snap(self.foot - WIDEN), snap(self.foot + inset + RAILS["vss"][1]))
        self.vss_high = (snap(self.head - inset - RAILS["vss"][1]), snap(self.head + WIDEN))
        self.vpp = (snap(self.foot + inset + RAILS["vpp"][0]), snap(self.head - inset - RAILS["vpp"][0]))
        for low, high in (self.vss_low, self.vss_high):
            pen.box("met4", JOIN[0], low, self.width - JOIN[0], high)
        for x0, x1 in (JOIN, (self.width - JOIN[1], self.width - JOIN[0])):
            pen.box("met4", x0, self.vss_low[0], x1, self.vss_high[1])
        pen.box("met4", SIDE, self.vpp[0], self.width - SIDE, self.vpp[1])
        pen.box("met3", SIDE + X_SECOND, self.head + RAIL[0], self.width - SIDE - X_PAD, self.head + RAIL[1])

    def _middle(self) -> None:
        """Supplies over the clamp, to the top edge."""
        pen = self.pen
        spans = {net: (snap(self.x_clamp + x0), snap(self.x_clamp + x1)) for net, (x0, x1) in X_CLAMP.items()}
        x0, x1 = spans["vpp"]
        fill_cuts(pen, "via4", (x0, self.vpp[0], x1, self.vpp[1]), VIA4_SPREAD)
        self._land("vpp", x0, x1, self.vpp[0])
        x0, x1 = spans["vss"]
        pen.box("met4", x0, self.vss_high[0], x1, self.height)
        pen.box("met5", x0, self.vss_low[0], x1, self.vss_high[1])
        for low, high in (self.vss_low, self.vss_high):
            fill_cuts(pen, "via4", (x0, low, x1, high), VIA4_SPREAD)
        self._pin("vss", x0, x1)
        x0, x1 = spans["vdd1v8"]
        low, high = snap(self.head + RAIL[0]), snap(self.head + RAIL[1])
        pen.box("met4", x0, low, x1, self.height)
        fill_cuts(pen, "via3", (x0, low, x1, high), SPREAD)
        self._pin("vdd1v8", x0, x1)


def analog_pads(chip: Chip) -> gf.Component:
    """Diodes, clamp and resistors of all analog pads of a chip; lower left corner at the origin.

    Returns:
        Component analog_pads with a port for each pin of base.cores.pads_pins, met4 at the upper edge.
    """
    return named(_pads(guarded=PARTS.guarded, plain=PARTS.plain), PADS_CELL, pads_pins(chip))


@gf.cell(set_name=False)
def _pads(*, guarded: tuple[str, ...], plain: tuple[str, ...]) -> gf.Component:
    component = gf.Component(f"{PADS_CELL}_{len(plain)}")
    _Pads(component, guarded, plain).draw()
    return component
