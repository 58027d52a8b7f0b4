"""Antenna jumpers: short met5 bridges in long nets, right beside the gate they protect.

Until met5 is made, the long wire on met1 to met4 hangs on the frame's side of the bridge and no gate of this
chip is on it. The router sees the bridge as a macro with two pins and the net as two nets.

        met5    +--------------------+
        via4    [ ]                [ ]
        met4    [a]                [b]     a: long wire from the frame, b: short wire to the macro's pin

Source: tech LEF, ANTENNADIFFSIDEAREARATIO and THICKNESS of each layer; met5.1, met5.4 and m4 / via4 rules for
    the shapes.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

import klayout.db as db
import numpy as np
from neusoc.layout.top.floorplan import SNAP, Placed
from neusoc.layout.top.frame import DIE, frame
from neusoc.layout.top.lef import LefPin
from neusoc.layout.top.netlist import Terminal, TopNet
from neusoc.layout.top.shapes import Rect, near, nm
from neusoc.layout.top.straps import SPACE, Straps
from neusoc.pdk.layers import LAYERS
from neusoc.verification.signoff.antenna import antenna_limits

CELL = "antenna_jumper"
SPAN = 5 * SNAP[1]  # between the two pins' centres, on the router's horizontal tracks
PAD, CUT, BRIDGE = nm(1.18), nm(0.8), nm(1.6)
SIZE = (BRIDGE, SPAN + nm(1.42))
PINS = ("a", "b")
USE_OF_LIMIT = (
    0.25  # wires longer than this part of the allowed length get a jumper: a third of a pin's gates may be
)
# all that met3 reaches inside the macro
NEAR = nm(4)  # from the macro's edge to the nearest jumper
RINGS, SHIFTS = 30, 10  # places that are tried: away from the macro, and along its edge to both sides
ROUTER_METALS = ("met1", "met2", "met3", "met4")


@dataclass(frozen=True)
class Jumper:
    """One bridge: the net it cuts, its branch to the terminal it protects, that terminal, its lower left
    corner."""

    net: str
    branch: str
    terminal: Terminal
    x: int
    y: int

    @property
    def name(self) -> str:
        return f"u_jumper_{re.sub(r'[^0-9a-zA-Z]+', '_', self.branch).strip('_')}_{self.terminal.macro}"

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.x, self.y, self.x + SIZE[0], self.y + SIZE[1]


def _pin_boxes() -> dict[str, tuple[int, int, int, int]]:
    """The two met4 pads in the cell's coordinates; a is the lower one."""
    low = (SIZE[1] - SPAN) // 2
    half = PAD // 2
    middle = SIZE[0] // 2
    return {
        pin: (middle - half, y - half, middle + half, y + half)
        for pin, y in zip(PINS, (low, low + SPAN), strict=True)
    }


def jumper_lef() -> str:
    """LEF of the bridge."""
    size = " BY ".join(f"{v / 1000:.3f}" for v in SIZE)
    text = (
        f'VERSION 5.8 ;\nBUSBITCHARS "[]" ;\nDIVIDERCHAR "/" ;\nMACRO {CELL}\n  CLASS BLOCK ;\n  FOREIGN'
        f' {CELL} 0 0 ;\n  SIZE {size} ;\n'
    )
    for pin, box in _pin_boxes().items():
        rect = " ".join(f"{v / 1000:.3f}" for v in box)
        port = f"    PORT\n      LAYER met4 ;\n        RECT {rect} ;\n    END\n"
        text += f"  PIN {pin}\n    DIRECTION INOUT ;\n    USE SIGNAL ;\n{port}  END {pin}\n"
    return f"{text}END {CELL}\nEND LIBRARY\n"


def draw_jumper(layout: db.Layout, cell: db.Cell) -> None:
    """Draw the bridge into a cell."""
    cell.shapes(layout.layer(*LAYERS["met5"])).insert(db.Box(0, 0, *SIZE))
    for left, bottom, right, top in _pin_boxes().values():
        cell.shapes(layout.layer(*LAYERS["met4"])).insert(db.Box(left, bottom, right, top))
        x, y = (left + right - CUT) // 2, (bottom + top - CUT) // 2
        cell.shapes(layout.layer(*LAYERS["via4"])).insert(db.Box(x, y, x + CUT, y + CUT))


def allowed_length(pin: LefPin) -> float:
    """Longest wire (um) on one metal that the pin's gates stand; infinite without gate.

    The diffusion in the LEF does not count: inside the macro it may join the gate by a higher metal only.
    """
    if not pin.gate_area:
        return float("inf")
    limits = [antenna_limits()[metal] for metal in ROUTER_METALS]
    return min(limit.bare * pin.gate_area / (2 * limit.thickness) for limit in limits)


def _length(net: TopNet, placed: dict[str, Placed]) -> float:
    """Estimate (um) of a net's wire: half the perimeter of the box around its pins."""
    ends = [frame().pins[name].shapes[0].clipped(*DIE) for name in net.frame_pins]
    ends += [placed[t.macro].pin_shapes(t.pin)[0] for t in net.terminals]
    xs, ys = [r.center_x for r in ends], [(r.bottom + r.top) // 2 for r in ends]
    return (max(xs) - min(xs) + max(ys) - min(ys)) / 1000


def _branch(net: TopNet, terminal: Terminal) -> str:
    """What tells the branches of a net apart: the macro, or the pin where a net meets a macro at several."""
    return net.name if sum(t.macro == terminal.macro for t in net.terminals) == 1 else terminal.pin


def _candidates(placed: Placed, pin: Rect) -> Iterable[tuple[int, int]]:
    """Places before a pin, outside its macro's edge, nearest first; each puts the pads on tracks of met4 and
    met3."""
    left, bottom, right, top = placed.box
    distances = {
        (-1, 0): pin.left - left,
        (1, 0): right - pin.right,
        (0, -1): pin.bottom - bottom,
        (0, 1): top - pin.top,
    }
    way = min(distances, key=lambda w: abs(distances[w]))
    step_x, step_y = SNAP[0] * 4, SIZE[1] + nm(2)
    for ring in range(RINGS):
        for shift in sorted(range(-SHIFTS, SHIFTS + 1), key=abs):
            if way[0]:
                x = (left - NEAR - SIZE[0] - ring * step_x) if way[0] < 0 else right + NEAR + ring * step_x
                y = (pin.bottom + pin.top) // 2 + shift * step_y
            else:
                x = pin.center_x + shift * step_x
                y = (bottom - NEAR - SIZE[1] - ring * step_y) if way[1] < 0 else top + NEAR + ring * step_y
            # met4 tracks lie at 460 + k 920, met3 tracks at 340 + k 680 (tracks.info)
            center = round((x + SIZE[0] // 2 - 460) / SNAP[0]) * SNAP[0] + 460
            low = round((y + (SIZE[1] - SPAN) // 2 - 340) / SNAP[1]) * SNAP[1] + 340
            yield center - SIZE[0] // 2, low - (SIZE[1] - SPAN) // 2


def _wanted(
    nets: list[TopNet], placed: dict[str, Placed], also: Container[Terminal]
) -> list[tuple[TopNet, Terminal]]:
    """Pins that get a jumper: those of `also` first, then the least gates, since the wire from jumper to pin
    hangs on them."""
    wanted: list[tuple[bool, float, TopNet, Terminal]] = []
    for net in (net for net in nets if not net.drawn):
        length = _length(net, placed)
        for terminal in net.terminals:
            allowed = allowed_length(placed[terminal.macro].macro.pin(terminal.pin))
            if terminal in also or length > USE_OF_LIMIT * allowed:
                wanted.append((terminal not in also, allowed, net, terminal))
    return [entry[2:] for entry in sorted(wanted, key=lambda entry: entry[:2])]


def plan_jumpers(
    nets: list[TopNet], placed: dict[str, Placed], straps: Straps, also: Container[Terminal] = ()
) -> list[Jumper]:
    """A jumper before each macro pin with gates that the net's wire may be too long for; those of `also` get
    one first, nearest.

    Raises:
        ValueError: no free place beside a pin.
    """
    space = SPACE["met5"] + nm(0.4)
    metals = ("met3", "met4", "met5")
    taken = np.array(
        [r[1:] for _, r in straps.bars if r.metal in metals] + [macro.box for macro in placed.values()]
    )
    chosen: list[Jumper] = []
    for net, terminal in _wanted(nets, placed, also):
        macro = placed[terminal.macro]
        for x, y in _candidates(macro, macro.pin_shapes(terminal.pin)[0]):
            jumper = Jumper(net.name, _branch(net, terminal), terminal, x, y)
            inside = x >= 0 and y >= 0 and x + SIZE[0] <= DIE[0] and y + SIZE[1] <= DIE[1]
            if inside and not near(taken, jumper.box, space).any():
                chosen.append(jumper)
                taken = np.vstack([taken, jumper.box])
                break
        else:
            raise ValueError(f"no free place for an antenna jumper beside {terminal.macro}.{terminal.pin}")
    return chosen
