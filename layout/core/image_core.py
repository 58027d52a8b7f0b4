"""The second chip's analog core: neurons that take whole images, the source driver beside the array, levels from the block references.

What differs from core.py, which draws the rest:

    levels: vref vth vlk vread nbias cbias    vsense vdac iadc idac     met4, to the top edge
      +-------------------------------------------------------------------------------+
      |  [row drivers] ~~ [array] sl [source driver] ===|==|== spine   [converter]    |
      |                                                 |  |           [strobes] x 2  |
      |                                         [line diodes]          [bl_buffer]    |
      |  [column drivers] ==============================|==|==         [dac6] x 2     |
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
from neusoc.layout.core.core import Core
from neusoc.layout.core.image_path import SPINE, TOP_LEVELS, draw_image_path
from neusoc.layout.core.neurons import FIRE_SHARED, NeuronBlock, NeuronGrid
from neusoc.layout.core.path import TAP, Path
from neusoc.layout.core.shared_lines import SharedLines, rail_stack
from neusoc.layout.routing.cell_writer import Placed, snap
from neusoc.layout.routing.river import river
from neusoc.layout.routing.vias import fill_cuts

SHARED = ("vref", "vread", "vth", "vlk", "nbias", "cbias", "vtest", "con_vpp", "vdd1v8", "vss", *SETTINGS)
WIDE_FROM = 32                  # neurons, from which on twice as many columns make the core lower


def image_core(chip: Chip) -> gf.Component:
    """The second core of a chip; lower left corner at the origin.

    Returns:
        Component image_core with a port for each pin of base.image_pins.

    Raises:
        UserError: the chip's size is odd or out of range.
    """
    component = _sized_core(rows=chip.rows, columns=chip.columns, neurons=chip.neurons)
    holder = component.kcl.layout.cell(CELL)
    if holder is not None and holder.cell_index() != component.cell_index():        # a core of another size, drawn earlier
        holder.name = f"{CELL}_of_another_size_{holder.cell_index()}"
    component.kdb_cell.name = CELL
    drawn, wanted = {port.name for port in component.ports}, {pin.name for pin in core_pins(chip)}
    if drawn != wanted:
        raise ValueError(f"{CELL}: base.image_pins and layout.core.image_core disagree on {min(drawn ^ wanted)}")
    return component


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
        fire = {net: "vpp" if net == "vfire" else net for net in FIRE_SHARED}
        shared = {net: net for net in SHARED}
        return NeuronGrid(image_neuron(), fire_driver(), neurons, least_column_pitch(self.column_cell), WIDE_FROM, shared, fire)

    def _path(self, spine: SharedLines, zones: list[tuple[float, float]]) -> Path:
        return draw_image_path(self.pen, spine, dim.MARGIN, zones)

    def _beside_array(self, placed: Placed) -> float:
        """The strap of the source lines, and the source driver to its right, turned so that its strobes face the spine."""
        self.source_strap = self._tie_source_lines(placed)
        x0, x1, y0 = self.source_strap
        self.source = self.pen.place_one(source_driver(), snap(x1 + dim.STRAP + 2 * dim.STRAP_GAP), snap(y0 - 3.0), "MY")
        box = self.source.box
        self.taken.append((snap(box.bottom - 1.0), snap(box.top + 1.0)))
        return snap(box.right + 2 * dim.STRAP + 2 * dim.STRAP_GAP)

    def _array_straps(self, placed: Placed, spine: SharedLines) -> dict[str, list[tuple[float, float, float]]]:
        """The source driver's wires: source lines and ground to either side, the row rail and its supplies up, strobes to the spine."""
        pen, cell, straps = self.pen, self.source, {}
        box = cell.box
        sl, vss, vwl, dac, vpp = (cell.port(net) for net in ("sl", "vss", "vwl", "vwl_dac", "vpp"))
        x0, x1, _ = self.source_strap
        half = sl.width / 2
        pen.box("met3", x0, sl.y - half, box.left, sl.y + half)
        spine.tap("sl", snap(box.right - 0.3), snap(sl.y), sl.width)
        # ground: two straps of its own at the right, and the trunk
        half = vss.width / 2
        first = snap(box.right + dim.STRAP_GAP)
        grounds = [(snap(first + i * (dim.STRAP + dim.RAIL_GAP)), snap(first + i * (dim.STRAP + dim.RAIL_GAP) + dim.STRAP)) for i in range(2)]
        grounds.append(self.trunks["right", "vss"])
        pen.box("met3", box.right - 0.3, vss.y - half, grounds[-1][1], vss.y + half)
        for low, high in grounds:
            fill_cuts(pen, "via3", (low, vss.y - half, high, vss.y + half))
        straps["vss"] = [(low, high, snap(vss.y - half)) for low, high in grounds[:-1]]
        # the row rail at the left; its DAC over the driver in met4
        lane = snap(x1 + dim.STRAP_GAP)
        half = vwl.width / 2
        pen.box("met3", lane, vwl.y - half, box.left + 0.3, vwl.y + half)
        fill_cuts(pen, "via3", (lane, vwl.y - half, snap(lane + dim.STRAP), vwl.y + half))
        straps["vwl"] = [(lane, snap(lane + dim.STRAP), snap(vwl.y - half))]
        half = 0.4
        for x in (box.left + 2.0, box.right - 2.0):
            pen.box("met3", x - 1.0, dac.y - half, x + 1.0, dac.y + half)
            fill_cuts(pen, "via3", (snap(x - 1.0), snap(dac.y - half), snap(x + 1.0), snap(dac.y + half)))
        pen.box("met4", box.left + 1.0, dac.y - half, box.right - 1.0, dac.y + half)
        spine.tap("vwl_dac", snap(box.right - 3.0), snap(dac.y), 2 * half)
        # vpp
        low = snap(box.right - dim.STRAP)
        rail_stack(pen, low, box.right, snap(vpp.y), vpp.width)
        straps["vpp"] = [(low, snap(box.right), snap(vpp.y - dim.RAIL_PAD / 2))]
        self._strobes(spine)
        return straps

    def _strobes(self, spine: SharedLines) -> None:
        """met2 from the source driver's strobes to lines 0.70 um apart, then taps."""
        cell = self.source
        ports = sorted((snap(cell.port(f"{net}_vpp").y), f"{net}_vpp") for net in ("sl_program", "sl_ground", "wl_dac", "wl_full"))
        x = cell.port(ports[0][1]).x
        far, middle = snap(x + dim.FAN_LENGTH), sum(y for y, _ in ports) / len(ports)
        ends = [snap(middle + (i - (len(ports) - 1) / 2) * 0.80) for i in range(len(ports))]
        for y, _ in ports:
            self.pen.box("met2", x - 0.3, y - dim.LINE / 2, x, y + dim.LINE / 2)
        river(self.pen, "met2", [y for y, _ in ports], ends, x, far, width=dim.LINE, space=0.16, along="x")
        pad = dim.VIA_PAD / 2
        for y, (_, net) in zip(ends, ports, strict=True):
            for metal in ("met2", "met3"):
                self.pen.box(metal, far - pad, y - pad, far + pad, y + pad)
            fill_cuts(self.pen, "via2", (far - pad, y - pad, far + pad, y + pad))
            spine.tap(net, snap(far + pad), y, TAP)

    def _top_straps(
        self, block: NeuronBlock, bank: Bank, vpp_rail: tuple[float, float], spine: SharedLines
    ) -> dict[str, tuple[float, float]]:
        for y, height, _, last in block.bars["con_vpp"]:
            spine.tap("con_vpp", last, y, height)
        self._line_diodes(block)
        for net in TOP_LEVELS:
            spine.reach(net, self.height)
        return {net: spine.x[net] for net in TOP_LEVELS}

    def _line_diodes(self, block: NeuronBlock) -> None:
        """Under the trunks of both gate lines, just over the neurons, where nothing of the core crosses them."""
        pen, (nbias, cbias) = self.pen, (self.trunks["right", net] for net in ("nbias", "cbias"))
        middle = snap((nbias[1] + cbias[0]) / 2)
        cell = self.pen.place_one(line_diodes(), snap(middle - 11.05), snap(self.neurons_bottom + self.grid.height + 1.0))
        pad = dim.VIA_PAD / 2
        for net, (x0, x1), side in (("nbias", nbias, -1), ("cbias", cbias, 1)):
            port = cell.port(net)
            y = snap(port.y)
            x = snap(port.x + side * 0.6)
            pen.box("met2", min(x - pad, port.x), y - dim.LINE / 2, max(x + pad, port.x), y + dim.LINE / 2)
            for metal in ("met2", "met3"):
                pen.box(metal, x - pad, y - pad, x + pad, y + pad)
            fill_cuts(pen, "via2", (x - pad, y - pad, x + pad, y + pad))
            pen.box("met3", min(x - pad, x0), y - pad, max(x + pad, x1), y + pad)
            fill_cuts(pen, "via3", (x0, y - pad, x1, y + pad))
        y = snap(cell.port("vss").y)
        left, right = self.trunks["right", "vss"]
        pen.box("met1", left, y - 0.4, cell.box.left + 1.0, y + 0.4)
        rail_stack(pen, left, right, y, 0.8)


