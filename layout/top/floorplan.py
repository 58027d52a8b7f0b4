"""Where the macros stand in the die: the controller above the Wishbone pins, the core up and to the right of
it, pads beside it.

    +--------------------------------------------------+
    |vtest vlk ibias  vpp   vth   vsl    vref     vfire|
    | |   |     |     |       |     |      |      +----+ vccd1
    | |   |     |     |       |     |      |      |    | vdda1
    | +---+-----+-----+[tracks]-----+------+------+    |
    |              | | | | |   | | | |                 |
    |            +-----------++-------+                |
    |    row_1v8 |   core    || pads  |                |
    | +---------+|           |+-------+                | vssd1
    | |controller+-----------+                         | vssa1
    | +---------+ spikes                               |
    |  Wishbone    logic analyser                      |
    +--------------------------------------------------+

The Wishbone inputs then stay short (antenna), and core rows and spikes meet the controller's corner. The
protection of the pads has its pins at the height of the core's, so one track serves both; no column of
another net comes down between its pins. So have the references, which stand right of the pads. Where the die
is too narrow for that, the pads stand left of the core and the references in their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.cores import PARTS
from neusoc.base.errors import UserError
from neusoc.layout.top.frame import DIE, frame
from neusoc.layout.top.lef import Macro, read_macro
from neusoc.layout.top.netlist import analog_macros, macros, top_nets
from neusoc.layout.top.shapes import Rect, nm

SNAP = (
    920,
    680,
)  # nm: common multiples of the vertical (met2, met4) and horizontal (met1, met3) track pitches
CONTROLLER_CORNER = (nm(250), nm(110))
CHANNEL = (
    nm(100),
    nm(60),
)  # between the controller's upper right corner and the core's lower left one, at least
TRACK = nm(
    1.1
)  # height of the channel for each wire in it: a track of met3 (0.68 um) for two wires of three, and corners
PADS_GAP = nm(60)  # between core and pads, at least
COLUMN = nm(20)  # width of the straps' met4/met5 columns
COLUMN_SPACE = nm(2)  # from a column to a pin of the pads


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


def north_column(pad: Rect) -> int:
    """Left edge of the column under a pad at the upper edge, nm."""
    return (pad.center_x - COLUMN // 2) // 5 * 5


def north_pads(chip: Chip) -> list[Rect]:
    """The met3 pads at the upper edge under which a column comes down."""
    names = [net.frame_pins[0] for net in top_nets(chip) if net.drawn and net.frame_pins]
    return [r for name in names for r in frame().pins[name].shapes if r.metal == "met3" and r.top > DIE[1]]


def _beside(chip: Chip, macro: Macro, other: Placed, top: int, way: int = 1) -> Placed:
    """Right of another macro (way 1) or left of it (-1), upper edges level, as near as the columns of the
    pads allow."""
    columns = [north_column(pad) for pad in north_pads(chip)]
    pins = [r for pin in macro.pins.values() for r in pin.shapes if r.metal == "met4"]
    y = (top - macro.height) // SNAP[1] * SNAP[1]
    x = (
        _snapped(other.box[2] + PADS_GAP, 0)[0]
        if way > 0
        else (other.x - CHANNEL[0] - macro.width) // SNAP[0] * SNAP[0]
    )
    reach = COLUMN + COLUMN_SPACE
    while any(
        column - (x + r.right) < COLUMN_SPACE and (x + r.left) - column < reach
        for column in columns
        for r in pins
    ):
        x += way * SNAP[0]
    return Placed(macro, x, y)


def _analog(chip: Chip, read: dict[str, Macro], core: Placed, right: int) -> dict[str, Placed]:
    """Pads and references right of the core; the pads left of it, over the controller, where the last would
    end beyond `right`."""
    pads, *others = analog_macros(chip)[1:]
    for way in (1, -1):
        found = {pads: _beside(chip, read[pads], core, core.box[3], way)}
        last = found[pads] if way > 0 else core
        for name in others:
            last = found[name] = _beside(chip, read[name], last, core.box[3])
        if last.box[2] <= right:
            break
    return found


def place(chip: Chip, lefs: dict[str, Path], reserve: tuple[int, int]) -> dict[str, Placed]:
    """Place the macros by their sizes.

    Args:
        chip: the variant; its pads say where columns come down.
        lefs: LEF of each macro.
        reserve: nm that must stay free above the core for the straps, and right of the last macro for the
            columns at that side.

    Returns:
        Placed macros by name.

    Raises:
        UserError: they do not fit into the die.
    """
    read = {name: read_macro(lefs[name], name) for name in macros(chip)}
    controller, core = read[PARTS.controller], read[PARTS.core]
    at = _snapped(*CONTROLLER_CORNER)
    # Rows go up at the core's left; all other wires between macros run along the channel below it, on met3 if
    # it is high enough.
    wires = sum(net.between_macros for net in top_nets(chip)) - chip.rows
    corner = _snapped(
        at[0] + controller.width + CHANNEL[0], at[1] + controller.height + max(CHANNEL[1], TRACK * wires)
    )
    placed = {PARTS.controller: Placed(controller, *at), PARTS.core: Placed(core, *corner)}
    right, top = DIE[0] - reserve[1], placed[PARTS.core].box[3]
    analog = _analog(chip, read, placed[PARTS.core], right)
    placed |= analog
    wide = any(one.x < at[0] or one.box[2] > right for one in (placed[PARTS.core], *analog.values()))
    # what stands left of the core stands over the controller and leaves the channel free
    low = any(one.y < (corner[1] if one.x < corner[0] else 0) for one in analog.values())
    if wide or low or top > DIE[1] - reserve[0]:
        size = f"{core.width / 1000:.0f} x {core.height / 1000:.0f} um"
        advice = "does not fit into the harness frame; choose fewer rows or columns in chip.yaml"
        raise UserError(f"{lefs[PARTS.core].name}: SIZE {size} {advice}")
    return placed
