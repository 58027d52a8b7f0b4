"""Pins of image_core, the second chip's analog core, and of the references beside it: the one table from which both follow."""

from __future__ import annotations

from typing import Literal

from neusoc.base.chip import Chip
from neusoc.base.pins import CONVERTER_OUTPUTS, Pin, bus, path_inputs

CELL = "image_core"
REFERENCES = "image_references"                 # the block references as a macro of the chip, its pins named as the chip's nets
# strobes beside those of the columns (base/pins.py), in the order of the controller's ports; con connects the neurons to their bit lines
LINE_STROBES = ("sl_program", "sl_ground", "con", "wl_dac", "wl_full")
# The two strobe drivers, strobes in the order of their inputs a to e: of a to c one at a time passes, and of d and e. While con is on the
# source lines are at ground and the row rail is full, but no column is held.
STROBE_DRIVERS = {
    "selected": ("sel_program", "sel_sense", "sel_ground", "sl_program", "sl_ground"),
    "others": ("unsel_ground", "unsel_inhibit", "con", "wl_dac", "wl_full"),
}
DACS = {"wl": "vwl_dac", "bl": "vbl_dac"}       # DAC -> its output; a buffer makes vbl of the second
DAC_CELLS = {"wl": "dac6", "bl": "string_dac"}  # the second has no buffer of its own
PHASES = {"phi_1": "vpp", "phi_2": "vpp"}       # of the learning waveform: phase -> supply of its driver

# lines of all neurons that move while an image is computed, then data of the latches and the line that opens them
EVENT_LINES = ("wake_1v8", "integ_1v8", *bus("ratio_b_1v8", 3), "hold_1v8")
SETTINGS = (*EVENT_LINES, *bus("pair_1v8", 5), *bus("trim_1v8", 3), "test_1v8", "config_1v8")
# levels and currents of the block references, as they come to the core
LEVELS = ("vref", "vread", "vth", "vlk", "nbias", "cbias", "vsense", "vdac", "iadc", *bus("idac", 3))
# What the controller of this core writes of the block references: data of all words, a write line a word, and a line that is high in jobs.
REFERENCE_WORDS, THRESHOLD_WORD = 6, 2
REFERENCE_INPUTS = {
    **dict(zip(bus("reference_d_1v8", 6), bus("d_1v8", 6), strict=True)),
    **dict(zip(bus("reference_write_1v8", REFERENCE_WORDS), bus("write_1v8", REFERENCE_WORDS), strict=True)),
    "reference_job_1v8": "job_1v8",
}  # output of the controller -> pin of references
OBSERVED = "vobserve"                           # pad that looks at a level of the references, or drives it: their pin `pad`


def core_pins(chip: Chip) -> list[Pin]:
    """Pins of image_core in the order of its subcircuit."""
    inputs = [
        *bus("row_1v8", chip.rows), *(f"{phase}_1v8" for phase in PHASES), *bus("discharge_1v8", chip.neurons),
        *bus("fire_1v8", chip.neurons), *SETTINGS, *path_inputs(chip, LINE_STROBES, DACS),
    ]  # fmt: skip
    return [
        *(Pin(name, "input", "signal") for name in inputs),
        *(Pin(name, "output", "signal") for name in (*bus("spike_1v8", chip.neurons), *CONVERTER_OUTPUTS)),
        *(Pin(name, "inout", "analog") for name in (*LEVELS, "vtest")),
        *(Pin(name, "inout", "power") for name in ("vpp", "vdd1v8")),
        Pin("vss", "inout", "ground"),
    ]


def references_nets() -> dict[str, str]:
    """Pin of the macro image_references, a net of the chip -> pin of the block references."""
    return REFERENCE_INPUTS | {level: level for level in LEVELS} | {OBSERVED: "pad"} | {net: net for net in ("vdd3v3", "vdd1v8", "vss")}


def references_pins() -> list[Pin]:
    """Pins of image_references in the order of its subcircuit."""
    kinds: dict[str, Literal["power", "ground"]] = {"vdd3v3": "power", "vdd1v8": "power", "vss": "ground"}
    return [
        *(Pin(name, "input", "signal") for name in REFERENCE_INPUTS),
        *(Pin(name, "inout", "analog") for name in (*LEVELS, OBSERVED)),
        *(Pin(name, "inout", use) for name, use in kinds.items()),
    ]
