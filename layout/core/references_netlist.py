"""SPICE netlist of the references as a macro of the chip: the block, its pins named as the chip's nets, and
what decouples its levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.pins import REFERENCES, references_nets, references_pins
from neusoc.layout.array.netlist import spice_line
from neusoc.layout.core.netlist import Instance, instance, merged_subcircuits, pins_of

BLOCK, DECOUPLING = "references", "decoupling"


def connections(pins: Mapping[str, Sequence[str]]) -> list[Instance]:
    """Both instances; pins: of each block, in order."""
    nets = {pin: net for net, pin in references_nets().items()}
    return [instance("xreferences", BLOCK, pins, nets), instance("xdecoupling", DECOUPLING, pins, {})]


def spice() -> str:
    """Netlist of the macro with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted.
    """
    texts = {name: netlist_text(name) for name in (BLOCK, DECOUPLING)}
    lines = [spice_line([".subckt", REFERENCES, *(pin.name for pin in references_pins())])]
    pins = {name: pins_of(name, text) for name, text in texts.items()}
    lines += [spice_line([name, *nets.values(), cell]) for name, cell, nets in connections(pins)]
    return merged_subcircuits(texts.values()) + "".join(lines) + f".ends {REFERENCES}\n"
