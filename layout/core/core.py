"""The analog core: everything placed and wired; README.md draws the floorplan.

levels: vref vth vlk vread nbias cbias    vsense vdac iadc idac     met4, to the top edge
  +-------------------------------------------------------------------------------+
  |  [row drivers] ~~ [array] sl [source driver] ===|==|== spine   [converter]    |
  |                                                 |  |           [strobes] x 2  |
  |                                         [line diodes]          [bl_buffer]    |
  |  [column drivers] ==============================|==|==         [both DACs]    |
  |  [fire] [image neuron] ... =====================|==|=== con                   |
  +-------------------------------------------------------------------------------+
"""

from __future__ import annotations

from collections import defaultdict

import gdsfactory as gf
from neusoc.analog.column_driver.layout import column_driver
from neusoc.analog.fire_driver.layout import fire_driver
from neusoc.analog.line_diodes.layout import line_diodes
from neusoc.analog.neuron.layout import neuron
from neusoc.analog.row_driver.layout import row_driver
from neusoc.base.chip import Chip
from neusoc.base.pins import CELL, EVENT_LINES, PHASES, SETTINGS, core_pins
from neusoc.layout.array.array import RAIL as RING_RAIL
from neusoc.layout.array.array import array
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.bank import Bank, bank_size, draw_bank, first_row, row_tracks
from neusoc.layout.core.columns import ColumnBank, draw_columns, least_column_pitch
from neusoc.layout.core.diode import diode
from neusoc.layout.core.netlist import FIRE
from neusoc.layout.core.neurons import FIRE_SHARED, NeuronBlock, NeuronGrid, draw_neurons
from neusoc.layout.core.path_columns import SPINE
from neusoc.layout.core.shared_lines import SharedLines, rail_stack
from neusoc.layout.core.source_side import SourceSide
from neusoc.layout.routing.cell_writer import (
    CellWriter,
    Placed,
    named,
    outline,
    placed_at,
    snap,
    up_to_multiple,
)
from neusoc.layout.routing.river import River, river
from neusoc.layout.routing.vias import fill_cuts, landing, stack
from neusoc.pdk.rules import RAIL_HALF

SHARED = ("vref", "vread", "vth", "vlk", "nbias", "cbias", "vtest", "con_vpp", "vdd1v8", "vss", *SETTINGS)
WIDE_FROM = 32  # neurons, from which on twice as many columns make the core lower
LEFT_TRUNKS = ("vss", "vdd1v8", "vpp", *(f"{phase}_{supply}" for phase, supply in PHASES.items()))
RIGHT_TRUNKS = ("vtest", "vss", "vdd1v8", "vref", "vth", "vlk", "vread", "nbias", "cbias", "vpp")
NARROW = ("vtest", "vth", "vlk", "vread", "nbias", "cbias")  # trunks with no current worth a wide one
# settings that lead to gates alone: each of their bars needs a diode until met4 is there
GATES_ONLY = (*EVENT_LINES, "config_1v8")
TOP_RAILS = ("vref", "vdd1v8", "vss", "vwl", "vpp")  # bottom up: a pin strap rises from the highest only


def analog_core(chip: Chip) -> gf.Component:
    """The analog core of a chip; lower left corner at the origin.

    Returns:
        Component analog_core with a port for each pin of base.pins.

    Raises:
        UserError: the chip's size is odd or out of range.
    """
    return named(
        _sized_core(rows=chip.rows, columns=chip.columns, neurons=chip.neurons), CELL, core_pins(chip)
    )


@gf.cell(set_name=False)
def _sized_core(*, rows: int, columns: int, neurons: int) -> gf.Component:
    component = gf.Component(f"{CELL}_{rows}x{columns}")
    Core(component, rows, columns, neurons).draw()
    return component


class Core:
    """Draws one core; the floorplan is fixed before anything is drawn."""

    def __init__(self, component: gf.Component, rows: int, columns: int, neurons: int) -> None:
        self.pen = CellWriter(component)
        self.rows, self.columns = rows, columns
        self.driver, self.array_cell = row_driver(), array(rows=rows, columns=columns)
        self.column_cell = column_driver()
        self.grid = self._grid(neurons)
        self.trunks: dict[tuple[str, str], tuple[float, float]] = {}  # (side, net) -> x0, x1
        self.left = self._plan_left_trunks()  # of bank and neurons
        self.neurons_bottom = dim.MARGIN

    def draw(self) -> None:
        """Everything, from the bottom up."""
        block = draw_neurons(self.pen, self.grid, self.left, self.neurons_bottom, 0.0)
        above = snap(self.neurons_bottom + self.grid.height)
        columns = draw_columns(self.pen, self.column_cell, self.grid, self.left, above)
        bank, placed = self._place_bank_and_array(columns)
        self._wire_bit_lines(columns, placed)
        self._wire_word_lines(bank, placed)
        side = SourceSide(self.pen, placed, snap(self.bit_river[0] + dim.MARGIN))
        self._plan_right_trunks(side.right)
        plate_top = snap(placed.port("vss").y - RING_RAIL + dim.WIDE)
        rails = self._plan_rails(max(bank.top, plate_top, side.top))
        highest = rails[TOP_RAILS[-1]][1]
        spine = SharedLines(self.pen, snap(self.trunks["right", RIGHT_TRUNKS[-1]][1] + dim.STRAP_GAP), SPINE)
        side.link(spine)
        self.width = up_to_multiple(spine.right + dim.MARGIN, dim.SITE[0])
        self.height = up_to_multiple(max(highest, side.top) + dim.MARGIN, dim.SITE[1])
        straps = defaultdict(list, bank.straps)
        for net, strap in side.wire_source().items():
            straps[net] += strap
        self._draw_rails(rails, straps, [spine, *side.lines])
        self._draw_trunks(block, bank, rails)
        self._join_columns(columns, spine)
        side.draw_controls(self.height)
        self._ground_array(placed, plate_top, rails["vss"])
        for y, height, _, last in block.bars["con_vpp"]:
            spine.tap("con_vpp", last, y, height)
        self._line_diodes()
        top = side.draw_lines(self.height)
        spine.draw()
        self._pin_edges(block, columns, bank, top)
        self.pen.box("prbndry", 0, 0, self.width, self.height)

    def _grid(self, neurons: int) -> NeuronGrid:
        fire = {net: FIRE.get(net, net) for net in FIRE_SHARED}
        shared = {net: net for net in SHARED}
        return NeuronGrid(
            neuron(), fire_driver(), neurons, least_column_pitch(self.column_cell), WIDE_FROM, shared, fire
        )

    def _plan_left_trunks(self) -> float:
        """Trunks of the settings, whose pins are on tracks of the router, then the others. Returns where what
        they lead to begins."""
        pitch, first = dim.TRACK
        middle = snap(up_to_multiple(dim.MARGIN + dim.SETTING_LINE / 2 - first, pitch) + first)
        self.settings = {net: snap(middle + i * dim.SETTING_PITCH) for i, net in enumerate(SETTINGS)}
        for net, x in self.settings.items():
            self.trunks["left", net] = (snap(x - dim.SETTING_LINE / 2), snap(x + dim.SETTING_LINE / 2))
        x = snap(self.trunks["left", SETTINGS[-1]][1] + dim.SETTING_GAP)
        for net in LEFT_TRUNKS:
            self.trunks["left", net] = (x, snap(x + dim.STRAP))
            x = snap(x + dim.STRAP + dim.STRAP_GAP)
        return snap(x - dim.STRAP_GAP + dim.MARGIN)

    def _place_bank_and_array(self, columns: ColumnBank) -> tuple[Bank, Placed]:
        """The bank above the river of bit lines; the array right of the river of word lines, in the middle of
        the bank's rows."""
        width, height = bank_size(self.driver, self.rows)
        below, size = first_row(self.driver), outline(self.array_cell)
        rise = snap(below + (height - below - size.height()) / 2)  # bank's bottom to array's bottom

        flat = placed_at(self.array_cell, 0.0, rise)
        word_ends = tuple(snap(flat.port(f"wl[{i}]").y) for i in range(self.rows))
        word_river = River(
            tuple(row_tracks(self.driver, self.rows, 0.0)), word_ends, dim.LINE, dim.LINE_SPACE
        )
        self.word_river = max(snap(word_river.length), dim.STRAP + 2 * dim.MARGIN)
        array_left = snap(self.left + width + self.word_river)

        starts = tuple(snap(flat.port(f"bl[{i}]").x + array_left) for i in range(self.columns))
        bit_river = River(starts, tuple(columns.line_tops), dim.BL_LINE, dim.BL_SPACE)
        far = columns.top
        self.bit_river = (snap(far + bit_river.length + 2 * dim.MARGIN), far)  # its near and its far side
        bottom = snap(self.bit_river[0] - min(0.0, rise) + dim.MARGIN)
        bank = draw_bank(self.pen, self.driver, self.rows, self.left, bottom, 0.0)
        return bank, self.pen.place_one(self.array_cell, array_left, snap(bottom + rise))

    def _wire_bit_lines(self, columns: ColumnBank, placed: Placed) -> None:
        near, far = self.bit_river
        starts = [placed.port(f"bl[{i}]") for i in range(self.columns)]
        for pin in starts:
            low, high = snap(pin.y - dim.BL_END[1]), snap(pin.y - dim.BL_END[0])
            box = (pin.x - dim.VIA_PAD / 2, low, pin.x + dim.VIA_PAD / 2, high)
            self.pen.box("met2", *box)
            stack(self.pen, "met2", "met4", box)
            self.pen.box("met2", pin.x - dim.LINE / 2, low, pin.x + dim.LINE / 2, pin.y)
            self.pen.box("met4", pin.x - dim.BL_LINE / 2, near, pin.x + dim.BL_LINE / 2, high)
        river(
            self.pen,
            "met4",
            [snap(p.x) for p in starts],
            columns.line_tops,
            near,
            far,
            width=dim.BL_LINE,
            space=dim.BL_SPACE,
            along="y",
        )

    def _wire_word_lines(self, bank: Bank, placed: Placed) -> None:
        ends = [placed.port(f"wl[{i}]") for i in range(self.rows)]
        river(
            self.pen,
            "met3",
            bank.row_tracks,
            [snap(p.y) for p in ends],
            bank.right,
            ends[0].x,
            width=dim.LINE,
            space=dim.LINE_SPACE,
            along="x",
        )

    def _plan_right_trunks(self, right: float) -> None:
        x = snap(max(self.left + self.grid.width, right) + dim.MARGIN)
        for net in RIGHT_TRUNKS:
            self.trunks["right", net] = (x, snap(x + (dim.NARROW if net in NARROW else dim.STRAP)))
            x = snap(self.trunks["right", net][1] + dim.STRAP_GAP)

    def _plan_rails(self, above: float) -> dict[str, tuple[float, float]]:
        """net -> (y0, y1) of the met3 rails at the top."""
        rails, y = {}, snap(above + dim.MARGIN)
        for net in TOP_RAILS:
            rails[net] = (y, snap(y + dim.TOP_RAIL))
            y = snap(y + dim.TOP_RAIL + dim.RAIL_GAP)
        return rails

    def _draw_rails(
        self,
        rails: dict[str, tuple[float, float]],
        straps: dict[str, list[tuple[float, float, float]]],
        shared: list[SharedLines],
    ) -> None:
        """Rails as far as what they join: trunks, straps from below (x0, x1, lower end), shared lines."""
        for net, (y0, y1) in rails.items():
            joined = []
            for lines in shared:
                if net in lines.x:
                    joined.append(lines.x[net])
                    lines.reach(net, y0, y1)
            for x0, x1, low in straps.get(net, []):
                self.pen.box("met4", x0, low, x1, y1)
                joined.append((x0, x1))
            for x0, x1 in joined:
                fill_cuts(self.pen, "via3", (x0, y0, x1, y1), dim.CUT_SPREAD)
            joined += [x for (_, other), x in self.trunks.items() if other == net]
            ends = [x for pair in joined for x in pair]
            self.pen.box("met3", min(ends), y0, max(ends), y1)

    def _join_columns(self, columns: ColumnBank, spine: SharedLines) -> None:
        """Bars of the column drivers to the spine, their rails to trunks and spine."""
        x0, x1 = columns.span
        for net, bars in columns.bars.items():
            for y, height in bars:
                self.pen.box("met3", x0, y - height / 2, x1, y + height / 2)
                spine.tap(net, x1, y, height)
        for (net, y), height in columns.rails.items():
            lines = [x for (_, other), x in self.trunks.items() if other == net]
            for left, right in lines:
                rail_stack(self.pen, left, right, y, height)
            if net not in RIGHT_TRUNKS:
                spine.rail_tap(net, y, height)
                lines.append(spine.x[net])
            ends = [x0, x1, *(x for line in lines for x in line)]
            self.pen.box("met1", min(ends), y - height / 2, max(ends), y + height / 2)

    def _draw_trunks(self, block: NeuronBlock, bank: Bank, rails: dict[str, tuple[float, float]]) -> None:
        """Trunks at both sides of the neurons, joined to the bars of their net in every row and to the rails
        at the top."""
        pen = self.pen
        outputs = {f"{phase}_{PHASES[phase]}": y for phase, y in bank.phase_outputs.items()}
        for (side, net), (x0, x1) in self.trunks.items():
            bars = [bar._replace(height=max(bar.height, dim.CUT_ROOM)) for bar in block.bars[net]]
            low, top = (
                min(bar.y - bar.height / 2 for bar in bars),
                max(bar.y + bar.height / 2 for bar in bars),
            )
            if net in SETTINGS:
                low = dim.SETTING_END
            elif side == "right":
                top = self.height
            else:
                top = rails[net][1] if net in rails else outputs[net] + dim.STRAP / 2
            pen.box("met4", x0, low, x1, top)
            for y, height, first, last in block.bars[net]:
                reach = (x0, first) if side == "left" else (last, x1)
                pen.box("met3", reach[0], y - height / 2, reach[1], y + height / 2)
                half = max(height, dim.CUT_ROOM) / 2
                fill_cuts(pen, "via3", (x0, y - half, x1, y + half))
                if net in GATES_ONLY:
                    x, half = (
                        snap(first - dim.CHANNEL_MARGIN / 2),
                        dim.VIA_PAD / 2,
                    )  # near the neuron's substrate taps
                    diode(pen, x, y)
                    fill_cuts(pen, "via2", (x - half, y - half, x + half, y + half))
            if net in rails:
                fill_cuts(pen, "via3", (x0, rails[net][0], x1, rails[net][1]), dim.CUT_SPREAD)
            elif net in outputs:
                y, half = outputs[net], dim.VIA_PAD / 2
                pen.box("met3", x0, y - dim.LINE / 2, self.left, y + dim.LINE / 2)
                pen.box("met3", x0, y - half, x1, y + half)
                fill_cuts(pen, "via3", (x0, y - half, x1, y + half))

    def _ground_array(self, placed: Placed, plate_top: float, rail: tuple[float, float]) -> None:
        """met1 plate along the array's vss rail, and met4 straps from it to the vss rail at the top."""
        pen, pin, box = self.pen, placed.port("vss"), placed.box
        inset = 1.0  # from the met1 of the source lines
        pen.box("met1", box.left, pin.y, box.right - inset, plate_top)
        count = max(2, int(box.width() / 20))
        for i in range(count):
            middle = snap(box.left + (i + 0.5) * (box.width() - inset) / count)
            x0, x1 = snap(middle - dim.STRAP / 2), snap(middle + dim.STRAP / 2)
            stack(pen, "met1", "met4", (x0, box.top, x1, plate_top), pitch=dim.CUT_SPREAD)
            pen.box("met4", x0, box.top, x1, rail[1])
            fill_cuts(pen, "via3", (x0, rail[0], x1, rail[1]), dim.CUT_SPREAD)

    def _line_diodes(self) -> None:
        """Under the trunks of both gate lines, just over the neurons, where nothing of the core crosses
        them."""
        pen, (nbias, cbias) = self.pen, (self.trunks["right", net] for net in ("nbias", "cbias"))
        diodes, pad = line_diodes(), dim.VIA_PAD / 2
        left = snap((nbias[1] + cbias[0] - outline(diodes).width()) / 2)
        cell = self.pen.place_one(diodes, left, snap(self.neurons_bottom + self.grid.height + 1.0))
        for net, (x0, x1), side in (("nbias", nbias, -1), ("cbias", cbias, 1)):
            port = cell.port(net)
            y = snap(port.y)
            x = snap(port.x + side * 0.6)
            pen.box("met2", min(x - pad, port.x), y - dim.LINE / 2, max(x + pad, port.x), y + dim.LINE / 2)
            landing(pen, "via2", x, y, dim.VIA_PAD)
            pen.box("met3", min(x - pad, x0), y - pad, max(x + pad, x1), y + pad)
            fill_cuts(pen, "via3", (x0, y - pad, x1, y + pad))
        y = snap(cell.port("vss").y)
        left, right = self.trunks["right", "vss"]
        pen.box("met1", left, y - RAIL_HALF, cell.box.left + 1.0, y + RAIL_HALF)
        rail_stack(pen, left, right, y, 2 * RAIL_HALF)

    def _pin_edges(
        self, block: NeuronBlock, columns: ColumnBank, bank: Bank, top: dict[str, tuple[float, float]]
    ) -> None:
        """Pins at the left, bottom and top edge."""
        half, depth = dim.LINE / 2, dim.PIN_DEPTH
        inputs = {f"row_1v8[{i}]": y for i, y in enumerate(bank.row_tracks)}
        inputs |= {f"{phase}_1v8": y for phase, y in bank.phase_inputs.items()}
        for net, y in inputs.items():
            self.pen.pin("met3", net, (0.0, y - half, depth, y + half), "left")
        selects = {f"col_1v8[{i}]": x for i, x in enumerate(columns.selects)}
        for x in self.settings.values():
            end = (
                x - dim.VIA_PAD / 2,
                dim.SETTING_END,
                x + dim.VIA_PAD / 2,
                snap(dim.SETTING_END + dim.END_PAD),
            )
            self.pen.box("met2", x - half, 0.0, x + half, end[1])
            self.pen.box("met2", *end)
            stack(self.pen, "met2", "met4", end)
        for net, x in (block.outputs | selects | self.settings).items():
            self.pen.pin("met2", net, (x - half, 0.0, x + half, depth), "bottom")
        straps = top | {net: x for (side, net), x in self.trunks.items() if side == "right"}
        for net, (x0, x1) in straps.items():
            self.pen.pin("met4", net, (x0, self.height - depth, x1, self.height), "top")
