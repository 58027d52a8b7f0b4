"""SPICE netlist of the pads' protection: its cells' own netlists and the connections between them."""

from __future__ import annotations

from neusoc.analog.bench.schematic import netlist_text, schematic_pins
from neusoc.base.chip import Chip
from neusoc.base.cores import PADS_CELL, PARTS, guarded_pad, pads_pins
from neusoc.layout.array.netlist import spice_line
from neusoc.layout.core.netlist import Instance, merged_subcircuits

CLAMP, DIODES, RESISTOR = "esd_clamp", "esd_pad", "esd_second"
BLOCKS = (CLAMP, DIODES, RESISTOR)


def connections(chip: Chip) -> list[Instance]:
    """Every instance with the net of each of its pins: diodes at each pad, vpp too, a resistor at each
    guarded one, one clamp."""

    def instance(name: str, cell: str, **nets: str) -> Instance:
        return Instance(name, cell, {pin: nets.get(pin, pin) for pin, _ in schematic_pins(cell)})

    found = [instance("xclamp", CLAMP)]
    for net in chip.pads:
        pad = guarded_pad(net) if net in PARTS.guarded else net
        found.append(instance(f"xdiodes_{net}", DIODES, pad=pad))
        found += [instance(f"xdiodes_{net}_{i}", DIODES, pad=pad) for i in range(1, PARTS.plain.count(net))]
        if net in PARTS.guarded:
            found.append(instance(f"xresistor_{net}", RESISTOR, pad=pad, gate=net))
    return found


def spice(chip: Chip) -> str:
    """Netlist of analog_pads with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted.
    """
    lines = [spice_line([".subckt", PADS_CELL, *(pin.name for pin in pads_pins(chip))])]
    lines += [spice_line([name, *nets.values(), cell]) for name, cell, nets in connections(chip)]
    return merged_subcircuits(netlist_text(name) for name in BLOCKS) + "".join(lines) + f".ends {PADS_CELL}\n"
