"""Pins of the analog core: the one table from which LEF, SPICE order, Verilog stub and GDS labels of `analog_core` follow."""

from __future__ import annotations

from typing import Literal, NamedTuple

from neusoc.flow.config import Chip

CELL = "analog_core"


class Pin(NamedTuple):
    """One pin of a block: net name, direction seen from the block, use."""

    name: str
    direction: Literal["input", "output", "inout"]
    use: Literal["signal", "analog", "power", "ground"]


def bus(name: str, width: int) -> list[str]:
    """Names of a bus from bit 0 up."""
    return [f"{name}[{i}]" for i in range(width)]


# strobes of the two strobe drivers, in the order of their inputs a to e; <strobe>_1v8 comes from the controller, <strobe>_vpp goes on
COLUMN_STROBES = ("sel_program", "sel_sense", "sel_ground", "unsel_ground", "unsel_inhibit")
LINE_STROBES = ("sl_program", "sl_ground", "sl_neuron", "wl_dac", "wl_full")
DACS = {"wl": "vwl_dac", "bl": "vbl", "sl": "vsl_dac"}      # DAC -> its output
CONVERTER_OUTPUTS = ("adc_valid_1v8", "adc_above_1v8")
TIED_HIGH = ("sl_neuron_1v8", "wl_full_1v8")


def path_inputs(chip: Chip) -> list[str]:
    """Control inputs of the path that programs and reads.

    The controller does not have them yet. In the core they are tied so that the array belongs to its neurons: source lines on vsl, word
    lines at vpp (TIED_HIGH), every other input low.
    """
    strobes = [f"{n}_1v8" for n in (*COLUMN_STROBES, *LINE_STROBES)]
    codes = [*bus("dac_wl_1v8", 6), "dac_wl_fine_1v8", *bus("dac_bl_1v8", 6), *bus("dac_sl_1v8", 6), "dac_enable_1v8"]
    converter = ["adc_enable_1v8", "adc_range_1v8", "adc_sample_1v8", *bus("adc_trial_1v8", 8), "adc_strobe_1v8"]
    return [*bus("col_1v8", chip.columns), *strobes, *codes, *converter]


def core_pins(chip: Chip) -> list[Pin]:
    """Pins of analog_core in the order of its subcircuit."""
    return [
        *(Pin(n, "input", "signal") for n in bus("row_1v8", chip.rows)),
        Pin("phi_p_1v8", "input", "signal"),
        Pin("phi_n_1v8", "input", "signal"),
        *(Pin(n, "input", "signal") for n in bus("discharge_1v8", chip.neurons)),
        *(Pin(n, "output", "signal") for n in bus("spike_1v8", chip.neurons)),
        *(Pin(n, "inout", "analog") for n in ("vref", "vsl", "vth", "ibias", "vlk")),
        Pin("vpp", "inout", "power"),
        Pin("vdd1v8", "inout", "power"),
        Pin("vdd3v3", "inout", "power"),
        Pin("vss", "inout", "ground"),
    ]
