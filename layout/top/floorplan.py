"""Where the two macros stand in the die: the controller above the Wishbone pins, the core up and to the right of it.

    +--------------------------------------------------+
    |vtest vlk ibias vfire  vth   vsl    vref       vpp|
    | |   |     |     |       |     |      |      +----+ vccd1
    | |   |     |     |       |     |      |      |    | vdda1
    | +---+-----+-----+[tracks]-----+------+------+    |
    |              | | | | |                           |
    |            +-----------+                         |
    |    row_1v8 |   core    |                         |
    | +---------+|           |                         | vssd1
    | |controller+-----------+                         | vssa1
    | +---------+ spikes                               |
    |  Wishbone    logic analyser                      |
    +--------------------------------------------------+

The Wishbone inputs then stay short (antenna), and core rows and spikes meet the controller's corner.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.pins import CELL as CORE
from neusoc.layout.top.frame import DIE
from neusoc.layout.top.lef import Macro, read_macro
from neusoc.layout.top.netlist import CONTROLLER
from neusoc.layout.top.shapes import Rect, nm

SNAP = (920, 680)               # nm: common multiples of the vertical (met2, met4) and horizontal (met1, met3) track pitches
CONTROLLER_CORNER = (nm(250), nm(110))
CHANNEL = (nm(100), nm(60))     # between the controller's upper right corner and the core's lower left one


@dataclass(frozen=True)
class Placed:
    """A macro and its lower left corner in nm."""

    macro: Macro
    x: int
    y: int

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.x + self.macro.width, self.y + self.macro.height

    def pin_shapes(self, pin: str) -> list[Rect]:
        """Rectangles of a pin in the die's coordinates."""
        return [r.moved(self.x, self.y) for r in self.macro.pin(pin).shapes]


def _snapped(x: int, y: int) -> tuple[int, int]:
    return -(-x // SNAP[0]) * SNAP[0], -(-y // SNAP[1]) * SNAP[1]


def place(controller_lef: Path, core_lef: Path, reserve: int) -> dict[str, Placed]:
    """Place both macros by their sizes.

    Args:
        controller_lef: LEF of the controller.
        core_lef: LEF of analog_core.
        reserve: nm that must stay free above the core for the straps.

    Returns:
        Placed macros by name.

    Raises:
        UserError: they do not fit into the die.
    """
    controller, core = read_macro(controller_lef, CONTROLLER), read_macro(core_lef, CORE)
    at = _snapped(*CONTROLLER_CORNER)
    corner = _snapped(at[0] + controller.width + CHANNEL[0], at[1] + controller.height + CHANNEL[1])
    placed = {CONTROLLER: Placed(controller, *at), CORE: Placed(core, *corner)}
    right, top = placed[CORE].box[2:]
    if right > DIE[0] - reserve or top > DIE[1] - reserve:
        size = f"{core.width / 1000:.0f} x {core.height / 1000:.0f} um"
        raise UserError(f"{core_lef.name}: SIZE {size} does not fit into the harness frame; choose fewer rows or columns in chip.yaml")
    return placed
