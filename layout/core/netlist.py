"""SPICE netlist of the analog core: its cells' own netlists and the connections between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.chip import Chip
from neusoc.base.errors import UserError
from neusoc.base.pins import (
    CELL,
    DAC_CELLS,
    DACS,
    PHASES,
    STROBE_DRIVERS,
    core_pins,
    dac_inputs,
    strobe_inputs,
)
from neusoc.layout.array import netlist as array_netlist
from neusoc.layout.array.plan import Plan

# The level of the waveform is vpp. Between its phases lines are held at ground, where the source lines are:
# held at the membranes' rest they would draw a current from it through every cell of a row that is on.
FIRE = {"vfire": "vpp", "vref": "vss"}
CELLS = (
    "row_driver",
    "neuron",
    "fire_driver",
    "column_driver",
    "strobe_driver",
    "source_driver",
    "dac6",
    "string_dac",
    "bl_buffer",
    "sense_adc",
    "line_diodes",
)


class Instance(NamedTuple):
    """One instance in the core: its name, its cell, pin -> net in the order of the cell's pins."""

    name: str
    cell: str
    nets: dict[str, str]


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
                raise UserError(
                    f"{name}: two netlists define this subcircuit differently; rename one of the cells"
                )
    return "".join(body + "\n" for body in found.values())


def pins_of(name: str, text: str) -> list[str]:
    """Pins of a subcircuit in order."""
    unfolded = re.sub(r"\n\+", " ", text)
    match = re.search(rf"^\.subckt\s+{re.escape(name)}\s+(.*)$", unfolded, re.M | re.I)
    if not match:
        raise UserError(f"{name}: its netlist has no .subckt {name}; name the schematic as the cell")
    return match[1].split()


def instance(name: str, cell: str, pins: Mapping[str, Sequence[str]], nets: Mapping[str, str]) -> Instance:
    """One instance; a pin keeps its name as its net unless nets says otherwise."""
    return Instance(name, cell, {pin: nets.get(pin, pin) for pin in pins[cell]})


def strobes(group: str, names: Sequence[str], pins: Mapping[str, Sequence[str]]) -> Instance:
    """The strobe driver of a group of strobes."""
    nets = strobe_inputs(names) | {
        f"{letter}_vpp": f"{net}_vpp" for letter, net in zip("abcde", names, strict=True)
    }
    return instance(f"xstrobes_{group}", "strobe_driver", pins, nets)


def connections(chip: Chip, pins: Mapping[str, Sequence[str]]) -> list[Instance]:
    """The connection table of the core: every instance with the net of each of its pins.

    Args:
        chip: the variant.
        pins: pins of each cell by its name, in order.
    """
    found = [
        instance(f"xdriver{row}", "row_driver", pins, {"in_1v8": f"row_1v8[{row}]", "wl": f"wl[{row}]"})
        for row in range(chip.rows)
    ]
    for phase, supply in PHASES.items():
        nets = {"in_1v8": f"{phase}_1v8", "wl": f"{phase}_{supply}", "vpp": supply, "vwl": supply}
        found.append(instance(f"xdriver_{phase}", "row_driver", pins, nets))
    found.append(
        instance("xarray", array_name(chip), pins, {f"sl[{i}]": "sl" for i in range(chip.rows // 2)})
    )
    for k in range(chip.neurons):
        nets = {"bl_p": f"bl[{2 * k}]", "bl_n": f"bl[{2 * k + 1}]"}
        nets |= {net: f"{net}[{k}]" for net in ("spike_1v8", "discharge_1v8", "fire_1v8")}
        found += [
            instance(f"xneuron{k}", "neuron", pins, nets),
            instance(f"xfire{k}", "fire_driver", pins, nets | FIRE),
        ]
    for i in range(chip.columns):
        found.append(
            instance(f"xcolumn{i}", "column_driver", pins, {"col_1v8": f"col_1v8[{i}]", "bl": f"bl[{i}]"})
        )
    found += [strobes(group, names, pins) for group, names in STROBE_DRIVERS.items()]
    found += [instance("xsource", "source_driver", pins, {}), instance("xdiodes", "line_diodes", pins, {})]
    for index, (name, output) in enumerate(DACS.items()):
        nets = dac_inputs(name) | {"vout": output, "vref": "vdac", "ibias": f"idac[{index}]"}
        found.append(instance(f"xdac_{name}", DAC_CELLS[name], pins, nets))
    nets = {
        "vin": "vbl_dac",
        "enable_1v8": "dac_enable_1v8",
        "ibias": f"idac[{len(DACS)}]",
        "vout": "vbl",
        "vsense": "vbl",
    }
    found.append(instance("xbuffer", "bl_buffer", pins, nets))
    found.append(
        instance("xadc", "sense_adc", pins, {"sense": "sense_line", "vread": "vsense", "ibias": "iadc"})
    )
    return found


def array_name(chip: Chip) -> str:
    """Cell of the array."""
    return Plan(chip.rows, chip.columns).name


def spice(chip: Chip) -> str:
    """Netlist of the core with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted, or two subcircuits clash.
    """
    cells = {name: netlist_text(name) for name in CELLS}
    cells[array_name(chip)] = array_netlist.spice(chip.rows, chip.columns)
    pins = {name: pins_of(name, text) for name, text in cells.items()}
    lines = [array_netlist.spice_line([".subckt", CELL, *(pin.name for pin in core_pins(chip))])]
    lines += [
        array_netlist.spice_line([name, *nets.values(), cell]) for name, cell, nets in connections(chip, pins)
    ]
    return merged_subcircuits(cells.values()) + "".join(lines) + f".ends {CELL}\n"
