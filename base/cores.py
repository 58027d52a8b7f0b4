"""The chip's macros and pads as the assembly, the checks and the pages see them: the one table of their
cells."""

from __future__ import annotations

from dataclasses import dataclass

from neusoc.base.chip import Chip
from neusoc.base.pins import CELL, OBSERVED, REFERENCES, Pin, core_pins, references_pins

PADS_CELL = "analog_pads"


@dataclass(frozen=True)
class Parts:
    """Macros of a chip, and its pads.

    Attributes:
        core: cell of the analog core.
        controller: module and macro that drives it.
        references: macro that makes the core's levels.
        guarded: pads with a resistor before what is behind them (lines to gates of thin oxide, or without a
            current that a kilohm would change), as they stand in the upper row of the protection.
        plain: the others, as they stand in the lower row; vpp stands there twice.
    """

    core: str = CELL
    controller: str = "controller"
    references: str = REFERENCES
    guarded: tuple[str, ...] = ("vtest", OBSERVED)
    plain: tuple[str, ...] = ("vpp", "vpp")

    def between(self, chip: Chip) -> list[Pin]:
        """Pins of core and references that a wire of the router brings from the controller or to it, seen
        from them."""
        return [pin for pin in (*core_pins(chip), *references_pins()) if pin.use == "signal"]


PARTS = Parts()


def guarded_pad(net: str) -> str:
    """The side of a guarded net toward the bond pad."""
    return f"{net}_pad"


def pads_pins(chip: Chip) -> list[Pin]:
    """Pins of analog_pads in the order of its subcircuit: a guarded net has one toward its pad and one toward
    what is behind it."""
    uses = {pin.name: pin.use for pin in (*references_pins(), *core_pins(chip))}
    pins = [Pin(guarded_pad(net) if net in PARTS.guarded else net, "inout", uses[net]) for net in chip.pads]
    pins += [Pin(net, "inout", uses[net]) for net in PARTS.guarded]
    return [*pins, Pin("vdd1v8", "inout", "power"), Pin("vss", "inout", "ground")]
