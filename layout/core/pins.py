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
