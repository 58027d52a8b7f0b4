"""SPICE netlist of the analog core: its cells' own netlists and the connections between them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, COLUMN_STROBES, DACS, LINE_STROBES, PHASES, core_pins, dac_inputs, phase_line, strobe_inputs
from neusoc.layout.array import netlist as array_netlist
from neusoc.layout.array.plan import Plan

DRIVER, NEURON, FIRE_DRIVER = "row_driver", "neuron", "fire_driver"
PATH_BLOCKS = ("column_driver", "strobe_driver", "line_driver", "dac6", "sense_adc", "bias")


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


def _call(instance: str, name: str, cells: dict[str, str], nets: dict[str, str]) -> str:
    """One instance; a pin keeps its name as its net unless nets says otherwise."""
    return array_netlist.spice_line([instance, *(nets.get(pin, pin) for pin in _pins_of(name, cells[name])), name])


def _path_calls(chip: Chip, cells: dict[str, str]) -> list[str]:
    """The instances of the path."""
    lines = []
    for i in range(chip.columns):
        lines.append(_call(f"xcolumn{i}", "column_driver", cells, {"col_1v8": f"col_1v8[{i}]", "bl": f"bl[{i}]"}))
    for group, strobes in (("columns", COLUMN_STROBES), ("lines", LINE_STROBES)):
        nets = strobe_inputs(strobes)
        nets |= {f"{letter}_vpp": f"{net}_vpp" for letter, net in zip("abcde", strobes, strict=True)}
        lines.append(_call(f"xstrobes_{group}", "strobe_driver", cells, nets))
    lines.append(_call("xlines", "line_driver", cells, {}))
    for index, (name, output) in enumerate(DACS.items()):
        nets = dac_inputs(name) | {"vout": output, "vref": "vdac", "ibias": f"idac[{index}]"}
        lines.append(_call(f"xdac_{name}", "dac6", cells, nets))
    lines.append(_call("xadc", "sense_adc", cells, {"sense": "sense_line", "ibias": "iadc"}))
    lines.append(_call("xbias", "bias", cells, {}))
    return lines


def core_text(chip: Chip, cells: dict[str, str]) -> str:
    """The subcircuit analog_core alone, given the netlists of its cells by name."""
    array = Plan(chip.rows, chip.columns).name
    lines = [array_netlist.spice_line([".subckt", CELL, *(pin.name for pin in core_pins(chip))])]
    for row in range(chip.rows):
        lines.append(_call(f"xdriver{row}", DRIVER, cells, {"in_1v8": f"row_1v8[{row}]", "wl": f"wl[{row}]"}))
    for phase, supply in PHASES.items():
        nets = {"in_1v8": f"{phase}_1v8", "wl": phase_line(phase), "vpp": supply, "vwl": supply}
        lines.append(_call(f"xdriver_{phase}", DRIVER, cells, nets))
    lines.append(_call("xarray", array, cells, {f"sl[{i}]": "sl" for i in range(chip.rows // 2)}))
    for k in range(chip.neurons):
        nets = {"bl_p": f"bl[{2 * k}]", "bl_n": f"bl[{2 * k + 1}]"}
        nets |= {net: f"{net}[{k}]" for net in ("spike_1v8", "discharge_1v8", "fire_1v8")}
        lines.append(_call(f"xneuron{k}", NEURON, cells, nets))
        lines.append(_call(f"xfire{k}", FIRE_DRIVER, cells, nets))
    lines += _path_calls(chip, cells)
    lines.append(f".ends {CELL}\n")
    return "".join(lines)


def spice(chip: Chip) -> str:
    """Netlist of the core with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted, or two subcircuits clash.
    """
    cells = {name: netlist_text(name) for name in (DRIVER, NEURON, FIRE_DRIVER)}
    cells[Plan(chip.rows, chip.columns).name] = array_netlist.spice(chip.rows, chip.columns)
    cells |= {name: netlist_text(name) for name in PATH_BLOCKS}
    return merged_subcircuits(cells.values()) + core_text(chip, cells)
