"""The bank of column drivers: stacks of cells over the columns of neurons, two stacks each, a driver for
every bit line.

       bl[0] bl[1] ...                                 met4 river from the array
         |     |
      +--o-----o--------+   +-----------------+
      |  |     | [bl 1] |===| [bl 3]          |===    lines of all columns: met3 bars
      |  |     | [bl 0] |===| [bl 2]          |===    (to verticals at the right); rails: met1
      +--o-----o--o--o--+   +-----------------+
         |     |  |  |                                bl: met4 river to the neurons' left channels
         |     | col_1v8                              col_1v8: met3 river to their right channels

Over a stack run one met4 line for each bl and one for each col_1v8; met2 in the gap beside the cell and met3
between two of its bars join a driver's pin to its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import gdsfactory as gf
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.neurons import NeuronGrid
from neusoc.layout.routing.cell_writer import CellWriter, Placed, outline, placed_at, snap
from neusoc.layout.routing.river import River, river
from neusoc.layout.routing.vias import fill_cuts, landing

BARS = (
    "sel_program_vpp",
    "sel_sense_vpp",
    "sel_ground_vpp",
    "unsel_ground_vpp",
    "unsel_inhibit_vpp",
    "vbl",
    "sense_line",
    "sl",
)
RAILS = ("vss", "vpp", "vdd1v8")
# met3 tracks across a driver, from its vss rail, um: between the bars of sense_line and sl
TRACKS = {"bl": 3.65, "col_1v8": 4.65}


@dataclass
class ColumnBank:
    """A placed bank.

    Attributes:
        bottom, top: outline; between them no river runs, um.
        line_tops: x of the met4 line of each bit line, ascending, um.
        selects: x of the met2 line of each column select at the lower edge, ascending, um.
        bars: net -> (y, height) of its met3 bar in each row, um.
        rails: net, y -> height of its met1 rail, um.
        span: x0, x1 of bars and rails, um.
    """

    bottom: float
    top: float
    line_tops: list[float] = field(default_factory=list)
    selects: list[float] = field(default_factory=list)
    bars: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    rails: dict[tuple[str, float], float] = field(default_factory=dict)
    span: tuple[float, float] = (0.0, 0.0)


class _Plan:
    """Where drivers and lines stand, before anything is drawn."""

    def __init__(self, driver: gf.Component, grid: NeuronGrid, left: float) -> None:
        self.driver, self.grid, self.left = driver, grid, left
        self.size = outline(driver)
        self.columns = 2 * grid.count

    def place(self, i: int) -> tuple[int, int]:
        """(stack, row from the bottom) of the driver of bit line i."""
        return divmod(i, self.grid.rows)

    def stack_left(self, number: int) -> float:
        """Left side of the cells of a stack, um."""
        column, half = divmod(number, 2)
        return snap(
            self.left
            + column * self.grid.column_pitch
            + (half + 0.5) * dim.COLUMN_GAP
            + half * self.size.width()
        )

    def line(self, i: int, net: str) -> float:
        """x of the met4 line of bit line i: bl at the left of its stack, col_1v8 at the right."""
        number, row = self.place(i)
        slots = 2 * self.grid.rows
        first = (self.size.width() - (slots - 1) * dim.LINE_PITCH) / 2
        slot = row if net == "bl" else self.grid.rows + row
        return snap(self.stack_left(number) + first + slot * dim.LINE_PITCH)

    def lines(self, net: str) -> list[float]:
        return [self.line(i, net) for i in range(self.columns)]

    def rivers(self) -> tuple[River, River]:
        """Bit lines and column selects between the stacks and the channels of the neurons."""
        into = tuple(snap(self.left + x) for x in self.grid.bit_lines())
        out = tuple(snap(self.left + self.grid.select_line(i)) for i in range(self.columns))
        return (
            River(tuple(self.lines("bl")), into, dim.BL_LINE, dim.BL_SPACE),
            River(tuple(self.lines("col_1v8")), out, dim.LINE, dim.LINE_SPACE),
        )


def least_column_pitch(driver: gf.Component) -> float:
    """Width of two stacks, um."""
    return snap(2 * (outline(driver).width() + dim.COLUMN_GAP))


def _end(pen: CellWriter, x: float, y: float) -> None:
    """Vias from met4 down to met3 at a line's end; y is the lower edge of the pads, which are as large as
    met3 must be (m3.6)."""
    half = dim.VIA_PAD / 2
    box = (x - half, y, x + half, snap(y + dim.END_PAD))
    for metal in ("met3", "met4"):
        pen.box(metal, *box)
    fill_cuts(pen, "via3", box)


def _tap(pen: CellWriter, cell: Placed, net: str, side: int, line_x: float) -> None:
    """From a driver's pin by met2 into the gap (side -1: left, 1: right), by met3 over the cell to its met4
    line."""
    pin, half, pad = cell.port(net), dim.LINE / 2, dim.VIA_PAD / 2
    upright = not cell.trans.is_mirror()
    y = snap(cell.box.bottom + TRACKS[net]) if upright else snap(cell.box.top - TRACKS[net])
    x = snap(pin.x + side * dim.COLUMN_HOP)
    pen.box(
        "met2",
        min(pin.x - side * half, x - half),
        pin.y - half,
        max(pin.x - side * half, x + half),
        pin.y + half,
    )
    pen.box("met2", x - half, min(pin.y - half, y - pad), x + half, max(pin.y + half, y + pad))
    landing(pen, "via2", x, y, dim.VIA_PAD)
    pen.box("met3", min(x, line_x), y - half, max(x, line_x), y + half)
    landing(pen, "via3", line_x, y, dim.VIA_PAD)


def draw_columns(
    pen: CellWriter, driver: gf.Component, grid: NeuronGrid, left: float, above: float
) -> ColumnBank:
    """Place and wire all drivers, and wire them to the neurons' channels.

    Args:
        pen: writer of the cell that is drawn.
        driver: the column driver cell.
        grid: the arrangement of the neurons below.
        left: left side of the neurons' block, um.
        above: top of the neurons, um; their bit lines end there.
    """
    plan = _Plan(driver, grid, left)
    to_bl, to_select = plan.rivers()
    far = snap(above + 2 * dim.VIA_PAD)
    near = snap(far + max(to_bl.length, to_select.length))
    cells_bottom = snap(near + dim.END_PAD + 2 * dim.MARGIN / 3)
    height = plan.size.height()
    rows = min(grid.rows, plan.columns)
    cells_top = snap(cells_bottom + rows * height)
    bank = ColumnBank(near, snap(cells_top + 2 * dim.MARGIN / 3), plan.lines("bl"), list(to_select.ends))

    last = plan.place(plan.columns - 1)[0]
    bank.span = (plan.stack_left(0), snap(plan.stack_left(last) + plan.size.width()))
    half = dim.LINE / 2
    for i in range(plan.columns):
        number, row = plan.place(i)
        cell = placed_at(
            driver, plan.stack_left(number), snap(cells_bottom + row * height), "MX" if row % 2 else "R0"
        )
        pen.insert(cell)
        bl, select = plan.line(i, "bl"), plan.line(i, "col_1v8")
        _tap(pen, cell, "bl", 1, bl)
        _tap(pen, cell, "col_1v8", -1, select)
        pen.box("met4", bl - dim.BL_LINE / 2, near, bl + dim.BL_LINE / 2, bank.top)
        pen.box("met4", select - half, near, select + half, cell.box.top)
        _end(pen, select, near)
        if number == 0:
            for net in BARS:
                bar = cell.port(net)
                bank.bars.setdefault(net, []).append((snap(bar.y), snap(bar.width)))
            for net in RAILS:
                rail = cell.port(net)
                bank.rails[net, snap(rail.y)] = rail.width
    _wire_down(pen, plan, to_bl, to_select, near, far, above)
    return bank


def _wire_down(
    pen: CellWriter, plan: _Plan, to_bl: River, to_select: River, near: float, far: float, above: float
) -> None:
    """Both rivers; bit lines end at the neurons' own lines, column selects go on beside the neurons' outputs
    to the bottom edge."""
    half, pad = dim.LINE / 2, dim.VIA_PAD / 2
    for metal, flow in (("met4", to_bl), ("met3", to_select)):
        river(pen, metal, flow.starts, flow.ends, near, far, width=flow.width, space=flow.space, along="y")
    for x in to_bl.ends:
        pen.box("met4", x - dim.BL_LINE / 2, above, x + dim.BL_LINE / 2, far)
    for x in to_select.ends:
        for metal in ("met2", "met3"):
            pen.box(metal, x - pad, far - dim.VIA_PAD, x + pad, far)
        fill_cuts(pen, "via2", (x - pad, far - dim.VIA_PAD, x + pad, far))
        pen.box("met2", x - half, 0.0, x + half, far)
