"""The blocks of the path that programs and reads, in two columns, drawn by programming_path.py.

The bit lines have a DAC without a buffer, and one behind it that sources a cell's current; the source lines
have no DAC.
"""

from __future__ import annotations

from neusoc.analog.dac6.layout import dac6
from neusoc.analog.string_dac.layout import string_dac
from neusoc.base.pins import COLUMN_STROBES, LINE_STROBES, STROBE_DRIVERS
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.programming_path import CURRENTS, PathWriter, ProgrammingPath
from neusoc.layout.core.shared_lines import SharedLines
from neusoc.layout.routing.cell_writer import CellWriter

SOURCE_STROBES = tuple(f"{net}_vpp" for net in LINE_STROBES if net != "con")
_SUPPLIES = {"vpp": 4.0, "vss": 4.0, "vdd1v8": 4.0}
# lines of the path's two columns of blocks, of what the neurons and column drivers have at the right: net ->
# width, um. First in the first column's what the source driver reaches from the left: no tap from the right
# crosses these
COLUMN_LINES = {"sl": 2.0, "vbl": 1.6, "sense_line": 0.6, **{f"{net}_vpp": 0.6 for net in COLUMN_STROBES}}
FIRST = {
    "sl": 2.0,
    "vwl_dac": 1.6,
    **dict.fromkeys(
        (*SOURCE_STROBES, "con_vpp", *(f"{net}_vpp" for net in COLUMN_STROBES), "sense_line"), 0.6
    ),
    "vref": 2.0,
    **_SUPPLIES,
    "vsense": dim.NARROW,
    "iadc": dim.NARROW,
}
SECOND = {
    "vwl_dac": 1.6,
    "vbl": 1.6,
    "vbl_dac": 0.6,
    **_SUPPLIES,
    **dict.fromkeys(("vdac", *CURRENTS), dim.NARROW),
}
SPINE = {"con_vpp": 0.6, **COLUMN_LINES}
TOP_LEVELS = ("vsense", "vdac", "iadc", *CURRENTS)  # lines that are pins at the top


def draw_first(pen: CellWriter, lines: SharedLines, bottom: float) -> ProgrammingPath:
    """Converter and strobe drivers beside their lines; bottom: of the lowest block, um."""
    drawing = PathWriter(pen, lines, bottom)
    drawing.converter("vsense")
    for names in reversed(STROBE_DRIVERS.values()):
        drawing.strobes(names)
    return drawing.path


def draw_second(pen: CellWriter, lines: SharedLines, bottom: float) -> ProgrammingPath:
    """Both DACs and the buffer beside their lines."""
    drawing = PathWriter(pen, lines, bottom)
    drawing.dac(dac6(), "wl", "vwl_dac", CURRENTS[0])
    drawing.dac(string_dac(), "bl", "vbl_dac", CURRENTS[1])
    drawing.buffer()
    return drawing.path
