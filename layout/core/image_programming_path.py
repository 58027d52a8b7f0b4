"""The blocks of the second core's path, in two columns.

As in programming_path.py, but the bit lines have a DAC without a buffer, and one behind it that sources a cell's current; the source lines
have no DAC.
"""

from __future__ import annotations

from neusoc.analog.bl_buffer.layout import bl_buffer
from neusoc.analog.dac6.layout import dac6
from neusoc.analog.string_dac.layout import string_dac
from neusoc.base.pins import COLUMN_STROBES, LINE_STROBES, STROBE_DRIVERS, bus
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.programming_path import TAP, PathWriter, ProgrammingPath
from neusoc.layout.core.shared_lines import SharedLines
from neusoc.layout.routing.cell_writer import CellWriter, snap

CURRENTS = bus("idac", 3)                       # of the word lines' DAC, the bit lines', and the buffer behind it
SOURCE_STROBES = tuple(f"{net}_vpp" for net in LINE_STROBES if net != "con")
_SUPPLIES = {"vpp": 4.0, "vss": 4.0, "vdd1v8": 4.0}
# lines of the path's two columns of blocks, of what the neurons and column drivers have at the right: net -> width, um. First in the first
# column's what the source driver reaches from the left: no tap from the right crosses these
COLUMN_LINES = {"sl": 2.0, "vbl": 1.6, "sense_line": 0.6, **{f"{net}_vpp": 0.6 for net in COLUMN_STROBES}}
FIRST = {
    "sl": 2.0, "vwl_dac": 1.6, **dict.fromkeys((*SOURCE_STROBES, "con_vpp", *(f"{net}_vpp" for net in COLUMN_STROBES), "sense_line"), 0.6),
    "vref": 2.0, **_SUPPLIES, "vsense": dim.NARROW, "iadc": dim.NARROW,
}  # fmt: skip
SECOND = {"vwl_dac": 1.6, "vbl": 1.6, "vbl_dac": 0.6, **_SUPPLIES, **dict.fromkeys(("vdac", *CURRENTS), dim.NARROW)}
SPINE = {"con_vpp": 0.6, **COLUMN_LINES}
TOP_LEVELS = ("vsense", "vdac", "iadc", *CURRENTS)        # lines that are pins at the top


class _ImagePathWriter(PathWriter):
    """With the buffer, and the levels of the block references."""

    def buffer(self) -> None:
        """The buffer, turned: inputs at the right; vin and its current go over it in met4, past the end of its own met4."""
        cell, half = self.place(bl_buffer(), "R180", 3.0, 3.0), dim.LINE / 2
        right, vss = cell.box.right, cell.port("vss").y
        pin = cell.port("enable_1v8")
        self.pen.box("met2", right - 0.3, pin.y - half, right + 0.8, pin.y + half)
        self.via2(snap(right + 0.8), snap(pin.y))
        self.control("dac_enable_1v8", snap(right + 0.8), snap(pin.y))
        for net, line, x, y in (("ibias", CURRENTS[2], right + 0.8, vss - 4.6), ("vin", "vbl_dac", right + 2.0, vss - 3.2)):
            pin, x, y, end = cell.port(net), snap(x), snap(y), snap(cell.box.left - 1.0)
            self.pen.box("met2", right - 0.3, pin.y - half, x + half, pin.y + half)
            self.pen.box("met2", x - half, pin.y - half, x + half, y + half)
            self.over(x, end, y, ("met2", "met3"))
            self.spine.tap(line, end, y, TAP)
        for net in ("vout", "vsense"):
            self.tap_fan(cell, {net: "vbl"})
        for net in ("vss", "vpp"):
            self.rail(cell, net, net)


def draw_first(pen: CellWriter, lines: SharedLines, bottom: float) -> ProgrammingPath:
    """Converter and strobe drivers beside their lines; bottom: of the lowest block, um."""
    drawing = _ImagePathWriter(pen, lines, bottom)
    drawing.converter("vsense")
    for names in reversed(STROBE_DRIVERS.values()):
        drawing.strobes(names)
    return drawing.path


def draw_second(pen: CellWriter, lines: SharedLines, bottom: float) -> ProgrammingPath:
    """Both DACs and the buffer beside their lines."""
    drawing = _ImagePathWriter(pen, lines, bottom)
    drawing.dac(dac6(), "wl", "vwl_dac", CURRENTS[0])
    drawing.dac(string_dac(), "bl", "vbl_dac", CURRENTS[1])
    drawing.buffer()
    return drawing.path
