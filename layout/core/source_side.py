"""What stands between the array and the trunks at the core's right side: the strap of the source lines, the
source driver, and the
blocks of the path that programs and reads, in two columns.
"""

from __future__ import annotations

from neusoc.analog.source_driver.layout import source_driver
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.path_columns import (
    FIRST,
    SECOND,
    SOURCE_STROBES,
    SPINE,
    TOP_LEVELS,
    draw_first,
    draw_second,
)
from neusoc.layout.core.programming_path import TAP, PathWriter, ProgrammingPath
from neusoc.layout.core.shared_lines import SharedLines, rail_stack
from neusoc.layout.routing.cell_writer import CellWriter, Placed, snap, up_to_multiple
from neusoc.layout.routing.vias import fill_cuts, landing, stack

Strap = tuple[float, float, float]  # x0, x1, lower end of a met4 strap, um


class SourceSide:
    """Placed when it is made; wired step by step as the core's lines become known.

    Attributes:
        lines: lines of the two columns of blocks.
        right: right side of all of it, um.
        top: upper side of the blocks, um.

    Args:
        pen: writer of the core.
        array: the placed array.
        bottom: height where the links from these lines to the spine begin, um; the blocks stand above them.
    """

    def __init__(self, pen: CellWriter, array: Placed, bottom: float) -> None:
        self._pen, self._bottom = pen, bottom
        self._strap = self._tie_source_lines(array)
        _, x1, y0 = self._strap
        self._source = pen.place_one(
            source_driver(), snap(x1 + dim.STRAP + 2 * dim.STRAP_GAP), snap(y0 - 3.0), "MY"
        )
        right = snap(self._source.box.right + dim.STRAP_GAP)
        starts = [snap(right + i * (dim.STRAP + dim.RAIL_GAP)) for i in (0, 1)]
        self._grounds = [(x, snap(x + dim.STRAP)) for x in starts]
        self._place_path(snap(self._grounds[-1][1] + dim.STRAP_GAP))

    def _place_path(self, x: float) -> None:
        """Both columns of blocks from x on."""
        bottom = snap(self._bottom + sum(SPINE.values()) + (len(SPINE) + 2) * dim.LINK_GAP)
        self.lines: list[SharedLines] = []
        self._controls: list[tuple[str, float, float]] = []
        self.top = 0.0
        for widths, draw in ((FIRST, draw_first), (SECOND, draw_second)):
            lines = SharedLines(self._pen, x, widths)
            path = draw(self._pen, lines, bottom)
            self.lines.append(lines)
            self.top = max(self.top, path.top)
            x = self._lift(path, snap(path.right + dim.FAN_LENGTH + dim.MARGIN))
        self.right = snap(x - dim.MARGIN)

    def _tie_source_lines(self, placed: Placed) -> Strap:
        """All source lines on one strap at the array's right side, met1 to met4. Returns x0, x1 and y0 of the
        strap."""
        pins = [
            placed.port(f"sl[{i}]")
            for i in range(sum(port.name.startswith("sl[") for port in placed.component.ports))
        ]
        x0, x1 = snap(pins[0].x), snap(pins[0].x + dim.WIDE)
        y0, y1 = snap(pins[0].y - 0.5), snap(pins[-1].y + 0.5)
        wide = snap(x0 + dim.WIDE)
        self._pen.box("met1", x0, y0, wide, y1)
        stack(self._pen, "met1", "met4", (x0, y0, x1, y1), landing=(x0, y0, wide, y1), pitch=dim.CUT_SPREAD)
        return x0, x1, y0

    def _lift(self, path: ProgrammingPath, left: float) -> float:
        """A met2 line to the top for each control of a column of blocks, one for each net. Returns x beyond
        them."""
        pitch, first = dim.TRACK
        x = snap(up_to_multiple(left - first, pitch) + first)
        taken: dict[str, float] = {}
        for net, at, y in path.controls:
            if net not in taken:
                taken[net] = x
                x = snap(x + 2 * pitch)
            self._controls.append((net, taken[net], y))
            self._pen.box("met3", at, y - dim.LINE / 2, taken[net] + dim.VIA_PAD / 2, y + dim.LINE / 2)
            landing(self._pen, "via2", taken[net], y, dim.VIA_PAD)
        return snap(x + dim.MARGIN)

    def link(self, spine: SharedLines) -> None:
        """Links of both columns to the spine and to each other, below the blocks."""
        first, second = self.lines
        y = self._bottom
        links = [(net, first if net in FIRST else second, spine) for net in SPINE]
        for net, one, other in (*links, ("vwl_dac", second, first)):
            height = one.x[net][1] - one.x[net][0]
            middle, between = (
                snap(y + height / 2),
                (snap(second.right + dim.MARGIN) if other is spine else snap(second.left - dim.MARGIN)),
            )
            one.tap(net, between, middle, height)
            other.tap(net, between, middle, height)
            y = snap(y + height + dim.LINK_GAP)

    def wire_source(self) -> dict[str, list[Strap]]:
        """The source driver's wires: source lines and ground to either side, the row rail and its supplies
        up, strobes to their lines.

        Returns:
            net -> straps from there to the rails at the top, not drawn yet.
        """
        pen, cell = self._pen, self._source
        straps: dict[str, list[Strap]] = {}
        box = cell.box
        sl, vss, vwl, dac, vpp = (cell.port(net) for net in ("sl", "vss", "vwl", "vwl_dac", "vpp"))
        x0, x1, _ = self._strap
        half = sl.width / 2
        pen.box("met3", x0, sl.y - half, box.left, sl.y + half)
        first = self.lines[0]
        first.tap("sl", snap(box.right - 0.3), snap(sl.y), sl.width)
        # ground: two straps of its own at the right
        half = vss.width / 2
        pen.box("met3", box.right - 0.3, vss.y - half, self._grounds[-1][1], vss.y + half)
        for low, high in self._grounds:
            fill_cuts(pen, "via3", (low, vss.y - half, high, vss.y + half))
        straps["vss"] = [(low, high, snap(vss.y - half)) for low, high in self._grounds]
        # the row rail at the left; its DAC over the driver in met4
        lane = snap(x1 + dim.STRAP_GAP)
        half = vwl.width / 2
        pen.box("met3", lane, vwl.y - half, box.left + 0.3, vwl.y + half)
        fill_cuts(pen, "via3", (lane, vwl.y - half, snap(lane + dim.STRAP), vwl.y + half))
        straps["vwl"] = [(lane, snap(lane + dim.STRAP), snap(vwl.y - half))]
        half = 0.4
        for x in (box.left + 2.0, box.right - 2.0):
            end = (snap(x - 1.0), snap(dac.y - half), snap(x + 1.0), snap(dac.y + half))
            pen.box("met3", *end)
            fill_cuts(pen, "via3", end)
        pen.box("met4", box.left + 1.0, dac.y - half, box.right - 1.0, dac.y + half)
        first.tap("vwl_dac", snap(box.right - 3.0), snap(dac.y), 2 * half)
        # vpp
        low = snap(box.right - dim.STRAP)
        rail_stack(pen, low, box.right, snap(vpp.y), vpp.width)
        straps["vpp"] = [(low, snap(box.right), snap(vpp.y - dim.RAIL_PAD / 2))]
        self._strobes(first)
        return straps

    def _strobes(self, lines: SharedLines) -> None:
        """From the source driver's strobes, at its right, to their lines."""
        drawing = PathWriter(self._pen, lines, 0.0)
        x, ends = drawing.fan(self._source, list(SOURCE_STROBES), 1, 0.80)
        for net, y in ends.items():
            drawing.via2(x, y)
            lines.tap(net, snap(x + dim.VIA_PAD / 2), y, TAP)

    def draw_controls(self, height: float) -> None:
        """Controls of the path to pins at the top edge, at height um."""
        half = dim.LINE / 2
        lowest: dict[str, tuple[float, float]] = {}
        for net, x, y in self._controls:
            lowest[net] = (x, min(y, lowest.get(net, (x, y))[1]))
        for net, (x, y) in lowest.items():
            self._pen.box("met2", x - half, y, x + half, height)
            self._pen.pin("met2", net, (x - half, height - dim.PIN_DEPTH, x + half, height), "top")

    def draw_lines(self, height: float) -> dict[str, tuple[float, float]]:
        """The lines of both columns. Returns x0, x1 of those that are pins at the top edge, at height um."""
        pins = {}
        for lines in self.lines:
            for net in (net for net in TOP_LEVELS if net in lines.x):
                lines.reach(net, height)
                pins[net] = lines.x[net]
            lines.draw()
        return pins
