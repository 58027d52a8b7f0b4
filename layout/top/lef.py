"""What the assembly needs of a macro's LEF: size, pins with direction, use, rectangles and antenna areas."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.layout.top.shapes import Rect, nm


@dataclass
class LefPin:
    """One pin.

    Attributes:
        direction: input, output or inout.
        use: signal, analog, power, ground or clock.
        shapes: rectangles in the macro's coordinates, nm.
        gate_area: gates on the pin, um2 (ANTENNAGATEAREA).
        diffusion_area: diffusion on the pin, um2 (ANTENNADIFFAREA).
    """

    name: str
    direction: str = "inout"
    use: str = "signal"
    shapes: list[Rect] = field(default_factory=list)
    gate_area: float = 0.0
    diffusion_area: float = 0.0


@dataclass
class Macro:
    """One macro: name, width and height in nm, pins by name."""

    name: str
    path: Path
    width: int = 0
    height: int = 0
    pins: dict[str, LefPin] = field(default_factory=dict)

    def pin(self, name: str) -> LefPin:
        """The pin called name.

        Raises:
            UserError: the LEF has no such pin.
        """
        if name not in self.pins:
            raise UserError(
                f"{self.path.name}: macro {self.name} has no pin {name}; build the macro again for this chip"
            )
        return self.pins[name]


def read_macro(path: Path, name: str) -> Macro:
    """Read one macro of a LEF file.

    Raises:
        UserError: no such file, no such macro, no size, or a pin without a rectangle.
    """
    try:
        text = path.read_text()
    except OSError:
        raise UserError(
            f"{path.name}: not found in {path.parent.name}/; build it first with `make gds`"
        ) from None
    body = re.search(rf"^MACRO {re.escape(name)}\s*$(.*?)^END {re.escape(name)}\s*$", text, re.S | re.M)
    if not body:
        raise UserError(f"{path.name}: has no MACRO {name}; its name must equal the cell's")
    macro = Macro(name, path)
    pin: LefPin | None = None
    metal, in_obstruction = "", False
    for line in body[1].splitlines():
        words = line.replace(";", " ").split()
        if not words:
            continue
        key = words[0]
        if key == "SIZE":
            macro.width, macro.height = nm(float(words[1])), nm(float(words[3]))
        elif key == "OBS":
            in_obstruction = True
        elif key == "PIN" and not in_obstruction:
            pin = macro.pins[words[1]] = LefPin(words[1])
        elif key == "END" and pin and words[-1] == pin.name:
            pin = None
        elif pin is None:
            continue
        elif key == "DIRECTION":
            pin.direction = words[1].lower()
        elif key == "USE":
            pin.use = words[1].lower()
        elif key == "ANTENNAGATEAREA":
            pin.gate_area += float(words[1])
        elif key == "ANTENNADIFFAREA":
            pin.diffusion_area += float(words[1])
        elif key == "LAYER":
            metal = words[1]
        elif key == "RECT":
            pin.shapes.append(Rect(metal, *(nm(float(x)) for x in words[-4:])))
    if not macro.width or not macro.height:
        raise UserError(f"{path.name}: MACRO {name} has no SIZE; build the macro again")
    if bare := [p.name for p in macro.pins.values() if not p.shapes]:
        raise UserError(f"{path.name}: pin {bare[0]} of {name} has no rectangle; build the macro again")
    return macro
