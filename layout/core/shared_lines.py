"""Vertical met4 lines that nets of the path share, and met3 taps to them from both sides.

bars of the column drivers          blocks of the path
------------+  |  |  |
            |  |  +--|---------------  met3 taps, via3 on their own line
---------------+  |  +---------------
            |  |  |  |                 met4, each as long as its taps ask
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.cell_writer import CellWriter, snap
from neusoc.layout.routing.vias import fill_cuts, stack


class SharedLines:
    """The lines, left to right.

    Args:
        pen: writer of the cell that is drawn.
        left: left side of the first line, um.
        widths: net -> width of its line, um; in order.
    """

    def __init__(self, pen: CellWriter, left: float, widths: Mapping[str, float]) -> None:
        self._pen = pen
        self.x: dict[str, tuple[float, float]] = {}
        self._reach: dict[str, list[float]] = defaultdict(list)
        x = left
        for net, width in widths.items():
            self.x[net] = (x, snap(x + width))
            x = snap(x + width + dim.SPINE_GAP)
        self.left, self.right = left, snap(x - dim.SPINE_GAP)

    def tap(self, net: str, x: float, y: float, height: float) -> None:
        """met3 from (x, y), on either side, over the whole width of the net's line, with cuts; um."""
        x0, x1 = self.x[net]
        low, high = snap(y - height / 2), snap(y + height / 2)
        self._pen.box("met3", min(x, x0), low, max(x, x1), high)
        fill_cuts(self._pen, "via3", (x0, low, x1, high))
        self.reach(net, low, high)

    def rail_tap(self, net: str, y: float, height: float) -> None:
        """Vias up from a met1 rail that runs under the line; um."""
        x0, x1 = self.x[net]
        rail_stack(self._pen, x0, x1, y, height)
        self.reach(net, snap(y - dim.RAIL_PAD / 2), snap(y + dim.RAIL_PAD / 2))

    def reach(self, net: str, *levels: float) -> None:
        """The line goes as far as these y, um."""
        self._reach[net] += levels

    def draw(self) -> None:
        """The lines, once all taps are known."""
        for net, (x0, x1) in self.x.items():
            levels = self._reach[net]
            if not levels:
                raise ValueError(f"spine: nothing is on {net}; leave it out")
            self._pen.box("met4", x0, min(levels), x1, max(levels))


def rail_stack(pen: CellWriter, x0: float, x1: float, y: float, height: float) -> None:
    """Vias from a met1 rail of a height to a met4 line between x0 and x1; the line is the caller's; um."""
    tall = dim.RAIL_PAD / 2
    low = min(height, dim.RAIL_PAD) / 2
    stack(pen, "met1", "met4", (x0, y - tall, x1, y + tall), landing=(x0, y - low, x1, y + low))
