"""The block of neurons, each with its fire driver over it: rows of cells, channels of vertical lines on
either side of each column.

      bl  bl  |               | spike, discharge, fire
      |   |   +---------------+   |   |
      |   +---| fire driver 1 |---+   |
      |   |   |===============|   |   |        shared nets: met3 bars through cells and channels
      |   +---|    neuron 1   |---+   |
      |       |===============|       |
      |       +---------------+       |
      +-------| fire driver 0 |---+   |
      |       |===============|   |   |
      +-------|    neuron 0   |---+   |
              |===============|   |   |
              +---------------+   v   v        to the bottom edge

Bit lines are met4, the lines at the right met2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import gdsfactory as gf
import klayout.db as db
from neusoc.layout.core import dimensions as dim
from neusoc.layout.routing.cell_writer import CellWriter, Landing, Placed, outline, snap
from neusoc.layout.routing.vias import fill_cuts

INPUTS = ("bl_p", "bl_n")
CONTROLS = ("spike_1v8", "discharge_1v8")  # of a neuron
FIRE = ("fire_1v8",)  # of a fire driver
OUTS = len(CONTROLS) + len(FIRE)  # lines a neuron at its right side
FIRE_SHARED = ("phi_1_vpp", "phi_2_vpp", "vfire", "vref", "vdd1v8", "vpp", "vss")


@dataclass(frozen=True)
class NeuronGrid:
    """Where the neurons of a core and their fire drivers stand, relative to the block's lower left corner.

    Attributes:
        neuron: the cell.
        fire_driver: the cell over it, as wide.
        count: number of neurons.
        least_pitch: least pitch of the columns, um: what stands above a column may be wider.
        wide: number of neurons from which on there are twice as many columns.
        shared, fire_shared: pin of a neuron, of a fire driver -> net of the core that all of them share.
    """

    neuron: gf.Component
    fire_driver: gf.Component
    count: int
    least_pitch: float
    wide: int
    shared: Mapping[str, str]
    fire_shared: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Neurons in a full column."""
        columns = dim.NEURON_COLUMNS * (2 if self.count >= self.wide else 1)
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
        return snap((2 * self.rows - 1) * (dim.BL_LINE + dim.BL_SPACE) + 2 * dim.CHANNEL_MARGIN)

    @property
    def right_channel(self) -> float:
        """Width of the channel of spike, discharge and fire lines and of the column selects, um."""
        return snap(((OUTS + 2) * self.rows - 1) * dim.OUT_PITCH + 2 * dim.CHANNEL_MARGIN)

    @property
    def column_pitch(self) -> float:
        return max(snap(self.left_channel + self.cell.width() + self.right_channel), self.least_pitch)

    @property
    def row_pitch(self) -> float:
        return snap(self.fire_rise + outline(self.fire_driver).height() + dim.NEURON_GAP)

    @property
    def fire_rise(self) -> float:
        """From the bottom of a neuron to the bottom of its fire driver, um."""
        return snap(self.cell.height() + dim.FIRE_GAP)

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
                lines.append(
                    snap(
                        column * self.column_pitch
                        + dim.CHANNEL_MARGIN
                        + (2 * row + i) * (dim.BL_LINE + dim.BL_SPACE)
                    )
                )
        return lines

    def out_lines(self, k: int) -> list[float]:
        """x of the spike, the discharge and the fire line of neuron k."""
        column, row = self.place(k)
        return [snap(self._right_lines(column) + (OUTS * row + i) * dim.OUT_PITCH) for i in range(OUTS)]

    def select_line(self, i: int) -> float:
        """x of the line of col_1v8[i] at the right of the outputs; ascending."""
        column, row = self.place(i // 2)
        return snap(self._right_lines(column) + (OUTS * self.rows + 2 * row + i % 2) * dim.OUT_PITCH)

    def _right_lines(self, column: int) -> float:
        """x of the first line in a column's right channel, um."""
        return column * self.column_pitch + self.left_channel + self.cell.width() + dim.CHANNEL_MARGIN


class Bar(NamedTuple):
    """A met3 bar through all cells of a row, um."""

    y: float
    height: float
    left: float
    right: float


@dataclass
class NeuronBlock:
    """The placed block.

    Attributes:
        bars: shared net -> its bars, bottom up.
        bit_line_ends: x of each bit line at the block's top, um.
        outputs: net of the core -> x of its met2 line at the bottom edge, um.
    """

    bars: dict[str, list[Bar]] = field(default_factory=dict)
    bit_line_ends: list[float] = field(default_factory=list)
    outputs: dict[str, float] = field(default_factory=dict)


def _stub(
    pen: CellWriter, metal: Literal["met2", "met4"], line_x: float, pin: Landing, height: float = dim.LINE
) -> None:
    """met3 from a pin to a vertical line of a metal, with the cuts on the line."""
    half, pad = height / 2, dim.VIA_PAD / 2
    tall = max(half, pad)
    pen.box("met3", min(line_x - pad, pin.x), pin.y - half, max(line_x + pad, pin.x), pin.y + half)
    for name in ("met3", metal):
        pen.box(name, line_x - pad, pin.y - tall, line_x + pad, pin.y + tall)
    fill_cuts(
        pen, "via2" if metal == "met2" else "via3", (line_x - pad, pin.y - tall, line_x + pad, pin.y + tall)
    )


def draw_neurons(pen: CellWriter, grid: NeuronGrid, left: float, bottom: float, edge: float) -> NeuronBlock:
    """Place and wire all neurons and fire drivers.

    Args:
        pen: writer of the cell that is drawn.
        grid: the arrangement.
        left: left side of the first channel, um.
        bottom: bottom of the lowest row, um.
        edge: y of the core's bottom edge, um.
    """
    block = NeuronBlock(bit_line_ends=[snap(left + x) for x in grid.bit_lines()])
    top = snap(bottom + grid.height)
    rows: dict[int, list[tuple[Placed, Placed]]] = {}
    for k in range(grid.count):
        column, row = grid.place(k)
        x, y = (
            snap(left + column * grid.column_pitch + grid.left_channel),
            snap(bottom + row * grid.row_pitch),
        )
        cell, driver = (
            pen.place_one(grid.neuron, x, y),
            pen.place_one(grid.fire_driver, x, snap(y + grid.fire_rise)),
        )
        rows.setdefault(row, []).append((cell, driver))
        for i, net in enumerate(INPUTS):
            pin, strong, line = _port(cell, net), _port(driver, net), block.bit_line_ends[2 * k + i]
            _stub(pen, "met4", line, pin)
            _stub(pen, "met4", line, strong, strong.width)  # milliamperes
            pen.box("met4", line - dim.BL_LINE / 2, pin.y, line + dim.BL_LINE / 2, top)
        owners = (*((cell, net) for net in CONTROLS), *((driver, net) for net in FIRE))
        for (owner, net), out in zip(owners, grid.out_lines(k), strict=True):
            pin, line = _port(owner, net), snap(left + out)
            _stub(pen, "met2", line, pin)
            pen.box("met2", line - dim.LINE / 2, edge, line + dim.LINE / 2, pin.y)
            block.outputs[f"{net}[{k}]"] = line
    for cells in rows.values():
        for kind, nets in zip(zip(*cells, strict=True), (grid.shared, grid.fire_shared), strict=True):
            for name, net in nets.items():
                pin = _port(kind[0], name)
                bar = Bar(snap(pin.y), snap(pin.width), kind[0].box.left, kind[-1].box.right)
                block.bars.setdefault(net, []).append(bar)
                for one, other in pairwise(kind):
                    pen.box(
                        "met3", one.box.right, bar.y - bar.height / 2, other.box.left, bar.y + bar.height / 2
                    )
    return block


def _port(cell: Placed, net: str) -> Landing:
    """A cell's pin, which the core expects on met3.

    Raises:
        ValueError: it is on another metal.
    """
    pin = cell.port(net)
    if pin.metal != "met3":
        raise ValueError(f"{cell.component.name}: pin {net} is on {pin.metal}; the core expects it on met3")
    return pin
