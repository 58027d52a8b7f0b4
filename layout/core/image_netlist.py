"""SPICE netlist of the second core: the connection table, and the netlists of its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neusoc.analog.bench.schematic import netlist_text
from neusoc.base.chip import Chip
from neusoc.base.image_pins import CELL, DAC_CELLS, DACS, PHASES, STROBE_DRIVERS, core_pins
from neusoc.base.pins import dac_inputs
from neusoc.layout.array import netlist as array_netlist
from neusoc.layout.core.netlist import Instance, array_name, instance, merged_subcircuits, pins_of, strobes

# The level of the waveform is vpp. Between its phases lines are held at ground, where the source lines are: held at the membranes' rest
# they would draw a current from it through every cell of a row that is on.
FIRE = {"vfire": "vpp", "vref": "vss"}
CELLS = (
    "row_driver", "image_neuron", "fire_driver", "column_driver", "strobe_driver", "source_driver", "dac6", "string_dac", "bl_buffer",
    "sense_adc", "line_diodes",
)  # fmt: skip


def connections(chip: Chip, pins: Mapping[str, Sequence[str]]) -> list[Instance]:
    """The connection table of the core: every instance with the net of each of its pins.

    Args:
        chip: the variant.
        pins: pins of each cell by its name, in order.
    """
    found = [instance(f"xdriver{row}", "row_driver", pins, {"in_1v8": f"row_1v8[{row}]", "wl": f"wl[{row}]"}) for row in range(chip.rows)]
    for phase, supply in PHASES.items():
        nets = {"in_1v8": f"{phase}_1v8", "wl": f"{phase}_{supply}", "vpp": supply, "vwl": supply}
        found.append(instance(f"xdriver_{phase}", "row_driver", pins, nets))
    found.append(instance("xarray", array_name(chip), pins, {f"sl[{i}]": "sl" for i in range(chip.rows // 2)}))
    for k in range(chip.neurons):
        nets = {"bl_p": f"bl[{2 * k}]", "bl_n": f"bl[{2 * k + 1}]"}
        nets |= {net: f"{net}[{k}]" for net in ("spike_1v8", "discharge_1v8", "fire_1v8")}
        found += [instance(f"xneuron{k}", "image_neuron", pins, nets), instance(f"xfire{k}", "fire_driver", pins, nets | FIRE)]
    for i in range(chip.columns):
        found.append(instance(f"xcolumn{i}", "column_driver", pins, {"col_1v8": f"col_1v8[{i}]", "bl": f"bl[{i}]"}))
    found += [strobes(group, names, pins) for group, names in STROBE_DRIVERS.items()]
    found += [instance("xsource", "source_driver", pins, {}), instance("xdiodes", "line_diodes", pins, {})]
    for index, (name, output) in enumerate(DACS.items()):
        nets = dac_inputs(name) | {"vout": output, "vref": "vdac", "ibias": f"idac[{index}]"}
        found.append(instance(f"xdac_{name}", DAC_CELLS[name], pins, nets))
    nets = {"vin": "vbl_dac", "enable_1v8": "dac_enable_1v8", "ibias": f"idac[{len(DACS)}]", "vout": "vbl", "vsense": "vbl"}
    found.append(instance("xbuffer", "bl_buffer", pins, nets))
    found.append(instance("xadc", "sense_adc", pins, {"sense": "sense_line", "vread": "vsense", "ibias": "iadc"}))
    return found


def spice(chip: Chip) -> str:
    """Netlist of the core with everything under it.

    Raises:
        UserError: a schematic cannot be netlisted, or two subcircuits clash.
    """
    cells = {name: netlist_text(name) for name in CELLS}
    cells[array_name(chip)] = array_netlist.spice(chip.rows, chip.columns)
    pins = {name: pins_of(name, text) for name, text in cells.items()}
    lines = [array_netlist.spice_line([".subckt", CELL, *(pin.name for pin in core_pins(chip))])]
    lines += [array_netlist.spice_line([name, *nets.values(), cell]) for name, cell, nets in connections(chip, pins)]
    return merged_subcircuits(cells.values()) + "".join(lines) + f".ends {CELL}\n"
