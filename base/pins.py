"""Pins of the analog core: the one table from which LEF, SPICE order, Verilog and GDS labels follow; of the pads: cores.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from neusoc.base.chip import Chip

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
CONVERTER_INPUTS = ("adc_enable_1v8", "adc_range_1v8", "adc_sample_1v8", *bus("adc_trial_1v8", 8), "adc_strobe_1v8")
CONVERTER_OUTPUTS = ("adc_valid_1v8", "adc_above_1v8")


# phase -> supply of its driver, in the order of the drivers: phi_1 and phi_2 are of the learning waveform, phi_p and phi_n of the neurons
PHASES = {"phi_1": "vpp", "phi_2": "vpp", "phi_p": "vdd3v3", "phi_n": "vdd3v3"}


def phase_line(phase: str) -> str:
    """Net behind the driver of a phase, named after the level it has: phi_p_3v3, phi_1_vpp."""
    return f"{phase}_{PHASES[phase].removeprefix('vdd')}"


def strobe_inputs(strobes: Sequence[str]) -> dict[str, str]:
    """Input of a strobe driver -> pin of the core."""
    return {f"{letter}_1v8": f"{net}_1v8" for letter, net in zip("abcde", strobes, strict=True)}


def dac_inputs(dac: str) -> dict[str, str]:
    """Input of a DAC of DACS -> pin of the core. One pin enables all three; only the word lines' codes have the fine half step."""
    codes = dict(zip(bus("code_1v8", 6), bus(f"dac_{dac}_1v8", 6), strict=True))
    return codes | {"fine_1v8": "dac_wl_fine_1v8" if dac == "wl" else "vss", "enable_1v8": "dac_enable_1v8"}


# what all neurons share: data of their configuration latches, and the line that opens the latches of those which are discharged
SETTINGS = (*bus("trim_1v8", 3), *bus("bank_1v8", 2), "test_1v8", "config_1v8")


def path_inputs(chip: Chip, lines: Sequence[str] = LINE_STROBES, dacs: Iterable[str] = tuple(DACS)) -> list[str]:
    """Control inputs of the path that programs and reads, in the order of the controller's ports; strobes of the lines and DACs as here."""
    strobes = [pin for group in (COLUMN_STROBES, lines) for pin in strobe_inputs(group).values()]
    codes = dict.fromkeys(pin for dac in dacs for pin in dac_inputs(dac).values() if pin not in ("vss", "dac_enable_1v8"))
    return [*bus("col_1v8", chip.columns), *strobes, *codes, "dac_enable_1v8", *CONVERTER_INPUTS]


def core_pins(chip: Chip) -> list[Pin]:
    """Pins of analog_core in the order of its subcircuit."""
    return [
        *(Pin(n, "input", "signal") for n in bus("row_1v8", chip.rows)),
        *(Pin(f"{phase}_1v8", "input", "signal") for phase in PHASES),
        *(Pin(n, "input", "signal") for n in bus("discharge_1v8", chip.neurons)),
        *(Pin(n, "output", "signal") for n in bus("spike_1v8", chip.neurons)),
        *(Pin(n, "input", "signal") for n in bus("fire_1v8", chip.neurons)),
        *(Pin(n, "input", "signal") for n in SETTINGS),
        *(Pin(n, "input", "signal") for n in path_inputs(chip)),
        *(Pin(n, "output", "signal") for n in CONVERTER_OUTPUTS),
        *(Pin(n, "inout", "analog") for n in ("vref", "vsl", "vth", "ibias", "vlk", "vtest")),
        Pin("vfire", "inout", "power"),
        Pin("vpp", "inout", "power"),
        Pin("vdd1v8", "inout", "power"),
        Pin("vdd3v3", "inout", "power"),
        Pin("vss", "inout", "ground"),
    ]
