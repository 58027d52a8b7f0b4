"""Draws blocks of the path that programs and reads, one above another beside their lines (path_columns.py
says which).

      spine        blocks                control pins
      | | |   +---------------+
      | | +---|  sense_adc    |--------   met3, to the right edge
      | +-----|               |--------
      | | |   +---------------+
      | | |   |  strobe_driver|--------
       ...

Analog pins face the spine at the left, control pins the right edge; pins at the wrong side go over their
block in met4. Blocks leave free what the core's own lines cross: the bars of the column drivers and the rails
at the top.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import gdsfactory as gf
import klayout.db as db
from neusoc.analog.bl_buffer.layout import bl_buffer
from neusoc.analog.sense_adc.layout import sense_adc
from neusoc.analog.strobe_driver.layout import strobe_driver
from neusoc.base.pins import CONVERTER_OUTPUTS, bus, dac_inputs
from neusoc.layout.core import dimensions as dim
from neusoc.layout.core.diode import diode
from neusoc.layout.core.shared_lines import SharedLines
from neusoc.layout.routing.cell_writer import CellWriter, Placed, Turn, dbu, outline, snap
from neusoc.layout.routing.river import river
from neusoc.layout.routing.vias import fill_cuts, landing, stack

SHARED = ("dac_enable_1v8",)  # inputs of several blocks: a long strip joins them
CURRENTS = bus("idac", 3)  # of the word lines' DAC, the bit lines', and the buffer behind it
TAP, SUPPLY = 0.40, 1.0  # height of the taps of signals and of supplies, um


@dataclass
class ProgrammingPath:
    """The placed blocks.

    Attributes:
        controls: (net, x, y) of each met3 line toward the right edge, where it begins, um; a net may have
            several.
        right, top: edges of all blocks, um.
    """

    controls: list[tuple[str, float, float]] = field(default_factory=list)
    right: float = 0.0
    top: float = 0.0


class PathWriter:
    """Draws the blocks from the bottom up, past the zones that are taken."""

    bled: tuple[str, ...] = (
        # nets of inputs that are long on met3, or on a rail of it, before met4 joins them to a diffusion
        SHARED
    )

    def __init__(self, pen: CellWriter, spine: SharedLines, bottom: float) -> None:
        self.pen, self.spine = pen, spine
        self.left = snap(spine.right + dim.FAN)
        self.y = bottom
        self.path = ProgrammingPath()

    def place(self, block: gf.Component, turn: Turn, below: float, over: float) -> Placed:
        """The block over the one before, `below` and `over` kept free beside it, um."""
        placed = self.pen.place_one(block, self.left, snap(self.y + below), turn)
        self.y = snap(self.y + below + outline(block).height() + over)
        self.path.top = max(self.path.top, self.y)
        self.path.right = max(self.path.right, placed.box.right)
        return placed

    def via2(self, x: float, y: float) -> None:
        """met2 to met3."""
        landing(self.pen, "via2", x, y, dim.VIA_PAD)

    def up(self, x: float, y: float, bottom: str) -> None:
        """bottom (met2, met3) to met4, pads as large as met3 and met4 must be; x is their middle."""
        half, pad = dim.END_PAD / 2, dim.VIA_PAD / 2
        box = (snap(x - half), y - pad, snap(x + half), y + pad)
        self.pen.box(bottom, *box)
        self.pen.box("met4", *box)
        stack(self.pen, bottom, "met4", box)

    def fan(self, cell: Placed, nets: list[str], side: int, pitch: float) -> tuple[float, dict[str, float]]:
        """met2 from pins at one side (-1 left, 1 right) to lines a pitch apart.

        Returns:
            x where the lines end, and net -> y.
        """
        ports = sorted((snap(cell.port(net).y), net) for net in nets)
        middle = snap(sum(y for y, _ in ports) / len(ports))
        ends = [snap(middle + (i - (len(ports) - 1) / 2) * pitch) for i in range(len(ports))]
        x = cell.port(nets[0]).x
        far = snap(x + side * dim.FAN_LENGTH)
        for y, _ in ports:
            self.pen.box(
                "met2", min(x, x - side * 0.3), y - dim.LINE / 2, max(x, x - side * 0.3), y + dim.LINE / 2
            )
        river(self.pen, "met2", [y for y, _ in ports], ends, x, far, width=dim.LINE, space=0.16, along="x")
        return far, {net: y for y, (_, net) in zip(ends, ports, strict=True)}

    def tap_fan(self, cell: Placed, nets: dict[str, str], pitch: float = 0.80) -> None:
        """Pins at the left side to their lines in the spine; pin -> net."""
        x, ends = self.fan(cell, list(nets), -1, pitch)
        for pin, y in ends.items():
            self.via2(x, y)
            self.spine.tap(nets[pin], snap(x + dim.VIA_PAD / 2), y, TAP)

    def input_fan(self, cell: Placed, nets: dict[str, str], pitch: float = 0.80) -> None:
        """Pins at the right side to lines toward the right edge; pin -> net."""
        x, ends = self.fan(cell, list(nets), 1, pitch)
        for pin, y in ends.items():
            self.via2(x, y)
            self.control(nets[pin], x, y)
            if nets[pin] in self.bled:
                diode(self.pen, x, y)

    def control(self, net: str, x: float, y: float) -> None:
        """A control line begins on met3 at (x, y)."""
        self.path.controls.append((net, x, y))

    def rail(self, cell: Placed, net: str, line: str) -> None:
        """A met1 rail at the block's left side to its line."""
        port = cell.port(net)
        half = min(port.width, 0.8) / 2
        x = snap(self.left - dim.FAN / 2)
        self.pen.box("met1", x - 1.0, port.y - half, cell.box.left + 1.0, port.y + half)
        stack(self.pen, "met1", "met3", (x - 1.0, port.y - half, x + 1.0, port.y + half))
        self.spine.tap(line, x + 1.0, snap(port.y), 2 * half)

    def drop(self, cell: Placed, net: str, y: float, height: float) -> None:
        """A met3 strap that ends at a block's lower or upper edge on to a tap at y."""
        port = cell.port(net)
        half = port.width / 2
        low, high = sorted((y, port.y))
        self.pen.box(
            "met3", port.x - half, min(low, y - height / 2), port.x + half, max(high, y + height / 2)
        )
        self.spine.tap(net, port.x, y, height)

    def inner(self, cell: Placed, net: str, span: tuple[float, float], y: float, tap_y: float) -> None:
        """A met1 bar inside a block to its line: up where met2 and met3 leave room between x0 and x1, by met4
        down to a tap.

        Raises:
            ValueError: there is no room.
        """
        half, tall = 1.2, 0.3
        taken = cell.region("met2") + cell.region("met3")
        x = snap(span[0] + half)
        while x + half <= span[1]:
            pad = db.Region(
                db.Box(dbu(x - half - 0.3), dbu(y - tall - 0.3), dbu(x + half + 0.3), dbu(y + tall + 0.3))
            )
            if pad.interacting(taken).is_empty():
                break
            x = snap(x + 0.1)
        else:
            raise ValueError(
                f"{cell.component.name}: no room for a via stack on {net}; keep {2 * half} um over it free of"
                " met2 and met3"
            )
        stack(self.pen, "met1", "met4", (x - half, y - tall, x + half, y + tall))
        low, high = sorted((y, tap_y))
        self.pen.box("met4", x - half, low - SUPPLY / 2, x + half, high + SUPPLY / 2)
        fill_cuts(self.pen, "via3", (x - half, tap_y - SUPPLY / 2, x + half, tap_y + SUPPLY / 2))
        self.spine.tap(net, snap(x + half), tap_y, SUPPLY)

    def over(self, x0: float, x1: float, y: float, bottom: tuple[str, str]) -> None:
        """A met4 line from x0 to x1 with vias down at both ends, to the metals of `bottom`."""
        self.pen.box("met4", min(x0, x1), y - dim.LINE / 2, max(x0, x1), y + dim.LINE / 2)
        for x, metal in zip((x0, x1), bottom, strict=True):
            self.up(x, y, metal)

    def dac(self, block: gf.Component, name: str, output: str, current: str) -> None:
        """A DAC, turned: codes at the right, output at the left; block: with or without a buffer, which
        leaves its fine range out."""
        cell = self.place(block, "R180", 4.0, 3.5)
        pins = {port.name for port in block.ports}
        self.input_fan(cell, {pin: net for pin, net in dac_inputs(name).items() if pin in pins})
        port = cell.port("vout")
        self.spine.tap(output, snap(port.x + 0.2), snap(port.y), TAP)
        top = cell.box.top
        for net, line, y in (("vref", "vdac", top + 1.0), ("ibias", current, top + 2.0)):
            port = cell.port(net)
            self.pen.box("met3", port.x - 0.2, port.y - 0.4, port.x + 0.2, y + TAP / 2)
            self.spine.tap(line, snap(port.x + 0.2), snap(y), TAP)
        self.rail(cell, "vss", "vss")
        vpp, logic = cell.port("vpp"), cell.port("vdd1v8")
        half = vpp.width / 2
        self.inner(cell, "vpp", (vpp.x - half, vpp.x + half), snap(vpp.y + 0.3), snap(cell.box.bottom - 1.2))
        self.inner(cell, "vdd1v8", (logic.x - 10.0, logic.x), snap(logic.y), snap(cell.box.bottom - 2.8))

    def strobes(self, nets: tuple[str, ...]) -> None:
        """A strobe driver, turned: inputs at the right."""
        cell = self.place(strobe_driver(), "R180", 6.0, 1.0)
        for letter, net in zip("abcde", nets, strict=True):
            pin = cell.port(f"{letter}_1v8")
            x = snap(pin.x + 0.8)
            self.pen.box("met2", pin.x - 0.3, pin.y - dim.LINE / 2, x, pin.y + dim.LINE / 2)
            self.via2(x, snap(pin.y))
            self.control(f"{net}_1v8", x, snap(pin.y))
            pin = cell.port(f"{letter}_vpp")
            x = snap(pin.x - 0.8)
            self.pen.box("met2", x, pin.y - dim.LINE / 2, pin.x + 0.3, pin.y + dim.LINE / 2)
            self.via2(x, snap(pin.y))
            self.spine.tap(f"{net}_vpp", snap(x + dim.VIA_PAD / 2), snap(pin.y), TAP)
        for index, net in enumerate(sorted(("vss", "vpp", "vdd1v8"), key=lambda n: cell.port(n).x)):
            self.drop(cell, net, snap(cell.box.bottom - 1.2 - 1.6 * index), SUPPLY)

    def converter(self, level: str) -> None:
        """The converter, turned: most control pins at the right; level: of its sense line."""
        cell = self.place(sense_adc(), "R180", 5.0, 1.0)
        trials = [f"adc_trial_1v8[{i}]" for i in range(8)]
        left, right = cell.box.left, cell.box.right
        far, ends = self.fan(cell, ["adc_enable_1v8", *trials, "ibias"], 1, 0.92)
        for net, y in ends.items():
            if net != "ibias":
                self.via2(far, y)
                self.control(net, far, y)
        analog = {"iadc": ends["ibias"]}
        _, ends = self.fan(cell, ["sense", "vread"], 1, 0.92)
        analog |= {"sense_line": ends["sense"], level: ends["vread"]}
        for net, y in analog.items():
            x = snap(left - 1.0)
            self.over(far, x, y, ("met2", "met3"))
            self.spine.tap(net, x, y, TAP)
        far_left, ends = self.fan(cell, ["adc_sample_1v8", "adc_range_1v8"], -1, 0.92)
        ends |= {"adc_strobe_1v8": snap(cell.port("adc_strobe_1v8").y)}
        for net, y in ends.items():
            if net == "adc_strobe_1v8":
                self.pen.box("met2", far_left, y - dim.LINE / 2, left + 0.3, y + dim.LINE / 2)
            self.over(far_left, snap(right + 1.0), y, ("met2", "met3"))
            diode(self.pen, far_left, y)
            self.control(net, snap(right + 1.0), y)
        self.tap_fan(cell, {"vref": "vref"})
        for net in CONVERTER_OUTPUTS:
            y = snap(cell.port(net).y)
            self.pen.box("met2", right - 0.3, y - dim.LINE / 2, right + 1.0, y + dim.LINE / 2)
            self.via2(snap(right + 1.0), y)
            self.control(net, snap(right + 1.0), y)
        for index, net in enumerate(("vss", "vdd1v8")):
            self.drop(cell, net, snap(cell.box.bottom - 1.2 - 1.6 * index), SUPPLY)

    def buffer(self) -> None:
        """The buffer, turned: inputs at the right; vin and its current go over it in met4, past the end of
        its own met4."""
        cell, half = self.place(bl_buffer(), "R180", 3.0, 3.0), dim.LINE / 2
        right, vss = cell.box.right, cell.port("vss").y
        pin = cell.port("enable_1v8")
        self.pen.box("met2", right - 0.3, pin.y - half, right + 0.8, pin.y + half)
        self.via2(snap(right + 0.8), snap(pin.y))
        self.control("dac_enable_1v8", snap(right + 0.8), snap(pin.y))
        for net, line, x, y in (
            ("ibias", CURRENTS[2], right + 0.8, vss - 4.6),
            ("vin", "vbl_dac", right + 2.0, vss - 3.2),
        ):
            pin, x, y, end = cell.port(net), snap(x), snap(y), snap(cell.box.left - 1.0)
            self.pen.box("met2", right - 0.3, pin.y - half, x + half, pin.y + half)
            self.pen.box("met2", x - half, pin.y - half, x + half, y + half)
            self.over(x, end, y, ("met2", "met3"))
            self.spine.tap(line, end, y, TAP)
        for net in ("vout", "vsense"):
            self.tap_fan(cell, {net: "vbl"})
        for net in ("vss", "vpp"):
            self.rail(cell, net, net)
