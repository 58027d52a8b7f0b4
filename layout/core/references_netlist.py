"""SPICE netlist of the references as a macro of the chip: the block, its pins named as the chip's nets."""

from __future__ import annotations

from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.image_pins import REFERENCES, references_nets, references_pins
from neusoc.layout.array.netlist import spice_line
from neusoc.layout.core.netlist import Instance, instance, pins_of

BLOCK = "references"


def connections(pins: list[str]) -> list[Instance]:
    """The one instance; pins: of the block, in order."""
    return [instance("xreferences", BLOCK, {BLOCK: pins}, {pin: net for net, pin in references_nets().items()})]


def spice() -> str:
    """Netlist of the macro with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted.
    """
    text = netlist_text(BLOCK)
    lines = [spice_line([".subckt", REFERENCES, *(pin.name for pin in references_pins())])]
    lines += [spice_line([name, *nets.values(), cell]) for name, cell, nets in connections(pins_of(BLOCK, text))]
    return text.rstrip() + "\n" + "".join(lines) + f".ends {REFERENCES}\n"
