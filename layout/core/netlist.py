"""SPICE netlist of the analog core: its cells' own netlists and the connections between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neusoc.analog.schematic import netlist_text
from neusoc.flow.config import Chip
from neusoc.flow.errors import UserError
from neusoc.layout.array import netlist as array_netlist
from neusoc.layout.array.plan import Plan
from neusoc.layout.core.bank import PHASES
from neusoc.layout.core.pins import CELL, core_pins

DRIVER, NEURON = "row_driver", "neuron"


def merged_subcircuits(texts: Iterable[str]) -> str:
    """The subcircuits of several netlists, each once, in order.

    Raises:
        UserError: two netlists define a subcircuit of one name differently.
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in re.finditer(r"^\.subckt\s+(\S+).*?^\.ends[^\n]*$", text, re.S | re.M | re.I):
            name, body = match[1], match[0]
            if found.setdefault(name, body) != body:
                raise UserError(f"{name}: two netlists define this subcircuit differently; rename one of the cells")
    return "".join(body + "\n" for body in found.values())


def _pins_of(name: str, text: str) -> list[str]:
    """Pins of a subcircuit in order."""
    unfolded = re.sub(r"\n\+", " ", text)
    match = re.search(rf"^\.subckt\s+{re.escape(name)}\s+(.*)$", unfolded, re.M | re.I)
    if not match:
        raise UserError(f"{name}: its netlist has no .subckt {name}; name the schematic as the cell")
    return match[1].split()


def _call(instance: str, name: str, text: str, nets: dict[str, str]) -> str:
    """One instance; a pin keeps its name as its net unless nets says otherwise."""
    return array_netlist.spice_line([instance, *(nets.get(pin, pin) for pin in _pins_of(name, text)), name])


def core_text(chip: Chip, driver: str, neuron: str, array: str) -> str:
    """The subcircuit analog_core alone, given the netlists of its cells."""
    plan = Plan(chip.rows, chip.columns)
    lines = [array_netlist.spice_line([".subckt", CELL, *(pin.name for pin in core_pins(chip))])]
    for row in range(chip.rows):
        lines.append(_call(f"xdriver{row}", DRIVER, driver, {"in_1v8": f"row_1v8[{row}]", "wl": f"wl[{row}]", "vwl": "vpp"}))
    for phase in PHASES:
        nets = {"in_1v8": f"{phase}_1v8", "wl": f"{phase}_3v3", "vpp": "vdd3v3", "vwl": "vdd3v3"}
        lines.append(_call(f"xdriver_{phase}", DRIVER, driver, nets))
    lines.append(_call("xarray", plan.name, array, {f"sl[{i}]": "vsl" for i in range(chip.rows // 2)}))
    for k in range(chip.neurons):
        nets = {
            "bl_p": f"bl[{2 * k}]", "bl_n": f"bl[{2 * k + 1}]", "spike_1v8": f"spike_1v8[{k}]", "discharge_1v8": f"discharge_1v8[{k}]"
        }  # fmt: skip
        lines.append(_call(f"xneuron{k}", NEURON, neuron, nets))
    lines.append(f".ends {CELL}\n")
    return "".join(lines)


def spice(chip: Chip) -> str:
    """Netlist of the core with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted, or two subcircuits clash.
    """
    driver, neuron, array = netlist_text(DRIVER), netlist_text(NEURON), array_netlist.spice(chip.rows, chip.columns)
    return merged_subcircuits([driver, neuron, array]) + core_text(chip, driver, neuron, array)
