"""The block of neurons: rows of cells with a channel of vertical met2 lines on either side of each column.

      bl  bl  |            | spike, discharge
      |   |   +------------+   |   |
      |   +---|  neuron 1  |---+   |
      |       |============|       |        shared nets: met3 bars through cells and channels
      |       +------------+       |
      +-------|  neuron 0  |---+   |
              |============|   |   |
              +------------+   v   v        to the bottom edge
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import gdsfactory as gf
import klayout.db as db
from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.pen import Pen, Placed, outline, snap
from neusoc.layout.routing.vias import fill_cuts

INPUTS = ("bl_p", "bl_n")
OUTPUTS = ("spike_1v8", "discharge_1v8")
SHARED = ("vref", "vth", "vlk", "ibias", "phi_p_3v3", "phi_n_3v3", "vdd1v8", "vss")


@dataclass(frozen=True)
class NeuronGrid:
    """Where the neurons of a core stand, relative to the block's lower left corner.

    Attributes:
        neuron: the cell.
        count: number of neurons.
        least_pitch: of the columns, um: what stands above a column may be wider.
    """

    neuron: gf.Component
    count: int
    least_pitch: float = 0.0

    @property
    def rows(self) -> int:
        """Neurons in a full column."""
        columns = dim.NEURON_COLUMNS * (2 if self.count >= dim.NEURONS_OF_WIDE_CORE else 1)
        return -(-self.count // columns)

    @property
    def columns(self) -> int:
        return -(-self.count // self.rows)

    @property
    def cell(self) -> db.DBox:
        """The neuron's outline, um."""
        return outline(self.neuron)

    @property
    def left_channel(self) -> float:
        """Width of the channel of bit lines, um."""
        return snap((2 * self.rows - 1) * dim.BL_PITCH + 2 * dim.CHANNEL_MARGIN)

    @property
    def right_channel(self) -> float:
        """Width of the channel of spike and discharge lines and of the column selects, um."""
        return snap((4 * self.rows - 1) * dim.OUT_PITCH + 2 * dim.CHANNEL_MARGIN)

    @property
    def column_pitch(self) -> float:
        return max(snap(self.left_channel + self.cell.width() + self.right_channel), self.least_pitch)

    @property
    def row_pitch(self) -> float:
        return snap(self.cell.height() + dim.NEURON_GAP)

    @property
    def width(self) -> float:
        return snap(self.columns * self.column_pitch)

    @property
    def height(self) -> float:
        return snap(self.rows * self.row_pitch - dim.NEURON_GAP)

    def place(self, k: int) -> tuple[int, int]:
        """(column, row from the bottom) of neuron k."""
        return divmod(k, self.rows)

    def bit_lines(self) -> list[float]:
        """x of the channel line of bl[0], bl[1] ...; ascending."""
        lines = []
        for k in range(self.count):
            column, row = self.place(k)
            for i in range(2):
                lines.append(snap(column * self.column_pitch + dim.CHANNEL_MARGIN + (2 * row + i) * dim.BL_PITCH))
        return lines

    def out_lines(self, k: int) -> tuple[float, float]:
        """x of the spike and of the discharge line of neuron k."""
        column, row = self.place(k)
        first = self._right_lines(column) + 2 * row * dim.OUT_PITCH
        return snap(first), snap(first + dim.OUT_PITCH)

    def select_line(self, i: int) -> float:
        """x of the line of col_1v8[i] at the right of the outputs; ascending."""
        column, row = self.place(i // 2)
        return snap(self._right_lines(column) + (2 * self.rows + 2 * row + i % 2) * dim.OUT_PITCH)

    def _right_lines(self, column: int) -> float:
        """x of the first line in a column's right channel, um."""
        return column * self.column_pitch + self.left_channel + self.cell.width() + dim.CHANNEL_MARGIN


@dataclass
class NeuronBlock:
    """The placed block.

    Attributes:
        bars: shared net -> (y, height) of its met3 bar in each row, bottom up, um.
        spans: x0, x1 of the bars of each row: from the first to the last cell, um.
        bit_line_ends: x of each bit line at the block's top, um.
        outputs: net of the core -> x of its met2 line at the bottom edge, um.
    """

    bars: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    spans: list[tuple[float, float]] = field(default_factory=list)
    bit_line_ends: list[float] = field(default_factory=list)
    outputs: dict[str, float] = field(default_factory=dict)


def _stub(pen: Pen, line_x: float, pin_x: float, y: float) -> None:
    """met3 from a pin to a vertical met2 line, with the via2 on the line."""
    half, pad = dim.LINE / 2, dim.VIA_PAD / 2
    pen.box("met3", min(line_x - pad, pin_x), y - half, max(line_x + pad, pin_x), y + half)
    for metal in ("met2", "met3"):
        pen.box(metal, line_x - pad, y - pad, line_x + pad, y + pad)
    fill_cuts(pen, "via2", (line_x - pad, y - pad, line_x + pad, y + pad))


def _vertical(pen: Pen, x: float, y0: float, y1: float) -> None:
    pen.box("met2", x - dim.LINE / 2, min(y0, y1), x + dim.LINE / 2, max(y0, y1))


def draw_neurons(pen: Pen, grid: NeuronGrid, left: float, bottom: float, edge: float) -> NeuronBlock:
    """Place and wire all neurons.

    Args:
        pen: where to draw.
        grid: the arrangement.
        left: left side of the first channel, um.
        bottom: bottom of the lowest row, um.
        edge: y of the core's bottom edge, um.
    """
    block = NeuronBlock(bit_line_ends=[snap(left + x) for x in grid.bit_lines()])
    top = snap(bottom + grid.height)
    outlines: dict[int, list[db.DBox]] = {}
    for k in range(grid.count):
        column, row = grid.place(k)
        x = snap(left + column * grid.column_pitch + grid.left_channel)
        cell = pen.place_one(grid.neuron, x, snap(bottom + row * grid.row_pitch))
        outlines.setdefault(row, []).append(cell.box)
        for i, net in enumerate(INPUTS):
            pin, line = cell.port(net), block.bit_line_ends[2 * k + i]
            _expect(cell, net, pin.metal)
            _stub(pen, line, pin.x, pin.y)
            _vertical(pen, line, pin.y, top)
        for net, line in zip(OUTPUTS, grid.out_lines(k), strict=True):
            pin = cell.port(net)
            _expect(cell, net, pin.metal)
            _stub(pen, snap(left + line), pin.x, pin.y)
            _vertical(pen, snap(left + line), edge, pin.y)
            block.outputs[f"{net}[{k}]"] = snap(left + line)
        if column == 0:
            for net in SHARED:
                pin = cell.port(net)
                _expect(cell, net, pin.metal)
                block.bars.setdefault(net, []).append((snap(pin.y), snap(pin.width)))
    block.spans = [(cells[0].left, cells[-1].right) for cells in outlines.values()]
    for bars in block.bars.values():
        for (y, height), cells in zip(bars, outlines.values(), strict=True):
            for one, other in pairwise(cells):
                pen.box("met3", one.right, y - height / 2, other.left, y + height / 2)
    return block


def _expect(cell: Placed, net: str, metal: str) -> None:
    if metal != "met3":
        raise ValueError(f"{cell.component.name}: pin {net} is on {metal}; the core expects it on met3")
