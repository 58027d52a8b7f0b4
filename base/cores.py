"""What each kind of analog core is to the chip around it: the one table of its cells, its controller and its pads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neusoc.base import image_pins, pins
from neusoc.base.chip import FIRST, IMAGE, Chip, Core
from neusoc.base.pins import Pin

PADS_CELL = "analog_pads"


@dataclass(frozen=True)
class Parts:
    """Macros of a chip with this core, and its pads.

    Attributes:
        core: cell of the analog core.
        controller: module and macro that drives it.
        pins: pins of the core in the order of its subcircuit.
        guarded: pads with a resistor before what is behind them (lines to gates of thin oxide, or without a current that a kilohm would
            change), as they stand in the upper row of the protection.
        plain: the others, as they stand in the lower row; vpp may stand there more than once.
        references: macro that makes the core's levels on the chip; none where pads bring them.
        references_pins: pins of that macro.
    """

    core: str
    controller: str
    pins: Callable[[Chip], list[Pin]]
    guarded: tuple[str, ...]
    plain: tuple[str, ...]
    references: str | None = None
    references_pins: Callable[[], list[Pin]] = list

    def between(self, chip: Chip) -> list[Pin]:
        """Pins of core and references that a wire of the router brings from the controller or to it, seen from them."""
        return [pin for pin in (*self.pins(chip), *self.references_pins()) if pin.use == "signal"]


PARTS: dict[Core, Parts] = {
    FIRST: Parts(pins.CELL, "controller", pins.core_pins, ("vtest", "vth", "ibias", "vlk"), ("vref", "vfire", "vsl", "vpp")),
    IMAGE: Parts(
        image_pins.CELL, "image_controller", image_pins.core_pins, ("vtest", image_pins.OBSERVED), ("vpp", "vpp"),
        image_pins.REFERENCES, image_pins.references_pins,
    ),
}  # fmt: skip


def parts_of(chip: Chip) -> Parts:
    """Parts of a variant."""
    return PARTS[chip.core]


def guarded_pad(net: str) -> str:
    """The side of a guarded net toward the bond pad."""
    return f"{net}_pad"


def pads_pins(chip: Chip) -> list[Pin]:
    """Pins of analog_pads in the order of its subcircuit: a guarded net has one toward its pad and one toward what is behind it."""
    parts = parts_of(chip)
    uses = {pin.name: pin.use for pin in (*parts.references_pins(), *parts.pins(chip))}
    found = [Pin(guarded_pad(net) if net in parts.guarded else net, "inout", uses[net]) for net in chip.pads]
    found += [Pin(net, "inout", uses[net]) for net in parts.guarded]
    return [*found, Pin("vdd1v8", "inout", "power"), Pin("vss", "inout", "ground")]
