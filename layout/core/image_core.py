"""The second chip's analog core: neurons that take whole images, the source driver beside the array, levels from the block references.

What differs from core.py, which draws the rest:

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

import gdsfactory as gf
from neusoc.analog.fire_driver.layout import fire_driver
from neusoc.analog.image_neuron.layout import image_neuron
from neusoc.analog.line_diodes.layout import line_diodes
from neusoc.analog.source_driver.layout import source_driver
from neusoc.base.chip import Chip
from neusoc.base.image_pins import CELL, EVENT_LINES, PHASES, SETTINGS, core_pins
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.bank import Bank
from neusoc.layout.core.columns import least_column_pitch
from neusoc.layout.core.core import Core, named, up_to_multiple
from neusoc.layout.core.image_netlist import FIRE
from neusoc.layout.core.image_programming_path import FIRST, SECOND, SOURCE_STROBES, SPINE, TOP_LEVELS, draw_first, draw_second
from neusoc.layout.core.neurons import FIRE_SHARED, NeuronBlock, NeuronGrid
from neusoc.layout.core.programming_path import TAP, PathWriter, ProgrammingPath
from neusoc.layout.core.shared_lines import SharedLines, rail_stack
from neusoc.layout.routing.cell_writer import Placed, outline, snap
from neusoc.layout.routing.vias import fill_cuts, landing
from neusoc.pdk.rules import RAIL_HALF

SHARED = ("vref", "vread", "vth", "vlk", "nbias", "cbias", "vtest", "con_vpp", "vdd1v8", "vss", *SETTINGS)
WIDE_FROM = 32                  # neurons, from which on twice as many columns make the core lower


def image_core(chip: Chip) -> gf.Component:
    """The second core of a chip; lower left corner at the origin.

    Returns:
        Component image_core with a port for each pin of base.image_pins.

    Raises:
        UserError: the chip's size is odd or out of range.
    """
    return named(_sized_core(rows=chip.rows, columns=chip.columns, neurons=chip.neurons), CELL, core_pins(chip))


@gf.cell(set_name=False)
def _sized_core(*, rows: int, columns: int, neurons: int) -> gf.Component:
    component = gf.Component(f"{CELL}_{rows}x{columns}")
    _ImageCore(component, rows, columns, neurons).draw()
    return component


class _ImageCore(Core):
    left_trunks = ("vss", "vdd1v8", "vpp", *(f"{phase}_{supply}" for phase, supply in PHASES.items()))
    right_trunks = ("vtest", "vss", "vdd1v8", "vref", "vth", "vlk", "vread", "nbias", "cbias", "vpp")
    narrow = ("vtest", "vth", "vlk", "vread", "nbias", "cbias")
    settings_of = SETTINGS
    gates_only = (*EVENT_LINES, "config_1v8")
    top_rails = ("vref", "vdd1v8", "vss", "vwl", "vpp")
    spine_lines = SPINE
    supplies = PHASES
    source_strap_width = dim.WIDE               # not wide metal (m3.3d): a narrower bar leaves it

    def _grid(self, neurons: int) -> NeuronGrid:
        fire = {net: FIRE.get(net, net) for net in FIRE_SHARED}
        shared = {net: net for net in SHARED}
        return NeuronGrid(image_neuron(), fire_driver(), neurons, least_column_pitch(self.column_cell), WIDE_FROM, shared, fire)

    def _beside_array(self, placed: Placed) -> float:
        """Strap of the source lines, source driver, turned so that its strobes face the path, and the path's two columns of blocks."""
        pen = self.pen
        self.source_strap = self._tie_source_lines(placed)
        _, x1, y0 = self.source_strap
        self.source = pen.place_one(source_driver(), snap(x1 + dim.STRAP + 2 * dim.STRAP_GAP), snap(y0 - 3.0), "MY")
        right = snap(self.source.box.right + dim.STRAP_GAP)
        starts = [snap(right + i * (dim.STRAP + dim.RAIL_GAP)) for i in (0, 1)]
        self.grounds = [(x, snap(x + dim.STRAP)) for x in starts]
        bottom = snap(self.bit_river[0] + dim.MARGIN + sum(SPINE.values()) + (len(SPINE) + 2) * dim.LINK_GAP)
        x, self.controls = snap(self.grounds[-1][1] + dim.STRAP_GAP), []
        for widths, draw in ((FIRST, draw_first), (SECOND, draw_second)):
            lines = SharedLines(pen, x, widths)
            path = draw(pen, lines, bottom)
            self.inner.append(lines)
            self.inner_top = max(self.inner_top, path.top)
            x = snap(path.right + dim.FAN_LENGTH + dim.MARGIN)
            x = self._lift(path, x)
        return snap(x - dim.MARGIN)

    def _lift(self, path: ProgrammingPath, left: float) -> float:
        """A met2 line to the top for each control of a column of blocks, one for each net. Returns x beyond them."""
        pitch, first = dim.TRACK
        x = snap(up_to_multiple(left - first, pitch) + first)
        taken: dict[str, float] = {}
        for net, at, y in path.controls:
            if net not in taken:
                taken[net] = x
                x = snap(x + 2 * pitch)
            self.controls.append((net, taken[net], y))
            self.pen.box("met3", at, y - dim.LINE / 2, taken[net] + dim.VIA_PAD / 2, y + dim.LINE / 2)
            landing(self.pen, "via2", taken[net], y, dim.VIA_PAD)
        return snap(x + dim.MARGIN)

    def _path(self, spine: SharedLines, zones: list[tuple[float, float]]) -> ProgrammingPath:
        """The path stands already; its links to the lines at the right, below its blocks."""
        first, second = self.inner
        y = snap(self.bit_river[0] + dim.MARGIN)
        links = [(net, first if net in FIRST else second, spine) for net in SPINE]
        for net, one, other in (*links, ("vwl_dac", second, first)):
            height = one.x[net][1] - one.x[net][0]
            middle, between = snap(y + height / 2), snap(second.right + dim.MARGIN) if other is spine else snap(second.left - dim.MARGIN)
            one.tap(net, between, middle, height)
            other.tap(net, between, middle, height)
            y = snap(y + height + dim.LINK_GAP)
        return ProgrammingPath(right=spine.right, top=self.inner_top)

    def _plan_strips(self, path: ProgrammingPath, spine: SharedLines) -> None:
        self.width = up_to_multiple(spine.right + dim.MARGIN, dim.SITE[0])

    def _draw_controls(self, path: ProgrammingPath, vss_rail: tuple[float, float]) -> None:
        """Controls of the path to pins at the top edge."""
        half = dim.LINE / 2
        lowest: dict[str, tuple[float, float]] = {}
        for net, x, y in self.controls:
            lowest[net] = (x, min(y, lowest.get(net, (x, y))[1]))
        for net, (x, y) in lowest.items():
            self.pen.box("met2", x - half, y, x + half, self.height)
            self.pen.pin("met2", net, (x - half, self.height - dim.PIN_DEPTH, x + half, self.height), "top")

    def _array_straps(self, placed: Placed, spine: SharedLines) -> dict[str, list[tuple[float, float, float]]]:
        """The source driver's wires: source lines and ground to either side, the row rail and its supplies up, strobes to the spine."""
        pen, cell, straps = self.pen, self.source, {}
        box = cell.box
        sl, vss, vwl, dac, vpp = (cell.port(net) for net in ("sl", "vss", "vwl", "vwl_dac", "vpp"))
        x0, x1, _ = self.source_strap
        half = sl.width / 2
        pen.box("met3", x0, sl.y - half, box.left, sl.y + half)
        first = self.inner[0]
        first.tap("sl", snap(box.right - 0.3), snap(sl.y), sl.width)
        # ground: two straps of its own at the right
        half = vss.width / 2
        pen.box("met3", box.right - 0.3, vss.y - half, self.grounds[-1][1], vss.y + half)
        for low, high in self.grounds:
            fill_cuts(pen, "via3", (low, vss.y - half, high, vss.y + half))
        straps["vss"] = [(low, high, snap(vss.y - half)) for low, high in self.grounds]
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
        drawing = PathWriter(self.pen, lines, 0.0, [])
        x, ends = drawing.fan(self.source, list(SOURCE_STROBES), 1, 0.80)
        for net, y in ends.items():
            drawing.via2(x, y)
            lines.tap(net, snap(x + dim.VIA_PAD / 2), y, TAP)

    def _top_straps(
        self, block: NeuronBlock, bank: Bank, vpp_rail: tuple[float, float], spine: SharedLines
    ) -> dict[str, tuple[float, float]]:
        for y, height, _, last in block.bars["con_vpp"]:
            spine.tap("con_vpp", last, y, height)
        self._line_diodes(block)
        found = {}
        for lines in self.inner:
            for net in (net for net in TOP_LEVELS if net in lines.x):
                lines.reach(net, self.height)
                found[net] = lines.x[net]
            lines.draw()
        return found

    def _line_diodes(self, block: NeuronBlock) -> None:
        """Under the trunks of both gate lines, just over the neurons, where nothing of the core crosses them."""
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


