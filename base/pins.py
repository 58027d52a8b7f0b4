"""Pins of the analog core and of the references beside it: the one table from which LEF, SPICE order, Verilog
and GDS labels follow.

Pins of the pads: cores.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from neusoc.base.chip import Chip

CELL = "analog_core"
REFERENCES = (  # the block references as a macro of the chip, its pins named as the chip's nets
    "analog_references"
)


class Pin(NamedTuple):
    """One pin of a block: net name, direction seen from the block, use."""

    name: str
    direction: Literal["input", "output", "inout"]
    use: Literal["signal", "analog", "power", "ground"]


def bus(name: str, width: int) -> list[str]:
    """Names of a bus from bit 0 up."""
    return [f"{name}[{i}]" for i in range(width)]


# strobes of columns and lines, in the order of the controller's ports; <strobe>_1v8 comes from the
# controller, <strobe>_vpp goes on. con connects the neurons to their bit lines
COLUMN_STROBES = ("sel_program", "sel_sense", "sel_ground", "unsel_ground", "unsel_inhibit")
LINE_STROBES = ("sl_program", "sl_ground", "con", "wl_dac", "wl_full")
# The two strobe drivers, strobes in the order of their inputs a to e: of a to c one at a time passes, and of
# d and e. While con is on the source lines are at ground and the row rail is full, but no column is held.
STROBE_DRIVERS = {
    "selected": ("sel_program", "sel_sense", "sel_ground", "sl_program", "sl_ground"),
    "others": ("unsel_ground", "unsel_inhibit", "con", "wl_dac", "wl_full"),
}
DACS = {"wl": "vwl_dac", "bl": "vbl_dac"}  # DAC -> its output; a buffer makes vbl of the second
DAC_CELLS = {"wl": "dac6", "bl": "string_dac"}  # the second has no buffer of its own
LEARN_ROWS = 8  # rows that the learning waveform drives at once, as in image_pkg.sv; the others follow
PHASES = {"phi_1": "vpp", "phi_2": "vpp"}  # of the learning waveform: phase -> supply of its driver
CONVERTER_INPUTS = (
    "adc_enable_1v8",
    "adc_range_1v8",
    "adc_sample_1v8",
    *bus("adc_trial_1v8", 8),
    "adc_strobe_1v8",
)
CONVERTER_OUTPUTS = ("adc_valid_1v8", "adc_above_1v8")

# lines of all neurons that move while an image is computed, then data of the latches and the line that opens
# them
EVENT_LINES = ("wake_1v8", "integ_1v8", *bus("ratio_b_1v8", 3), "hold_1v8")
SETTINGS = (*EVENT_LINES, *bus("pair_1v8", 5), *bus("trim_1v8", 3), "test_1v8", "config_1v8")
# levels and currents of the block references, as they come to the core
LEVELS = ("vref", "vread", "vth", "vlk", "nbias", "cbias", "vsense", "vdac", "iadc", *bus("idac", 3))
# What the controller writes of the block references: data of all words, a write line a word, and a line that
#   is high in jobs.
REFERENCE_WORDS, THRESHOLD_WORD = 6, 2
REFERENCE_INPUTS = {
    **dict(zip(bus("reference_d_1v8", 6), bus("d_1v8", 6), strict=True)),
    **dict(zip(bus("reference_write_1v8", REFERENCE_WORDS), bus("write_1v8", REFERENCE_WORDS), strict=True)),
    "reference_job_1v8": "job_1v8",
}  # output of the controller -> pin of references
OBSERVED = "vobserve"  # pad that looks at a level of the references, or drives it: their pin `pad`


def strobe_inputs(strobes: Sequence[str]) -> dict[str, str]:
    """Input of a strobe driver -> pin of the core."""
    return {f"{letter}_1v8": f"{net}_1v8" for letter, net in zip("abcde", strobes, strict=True)}


def dac_inputs(dac: str) -> dict[str, str]:
    """Input of a DAC of DACS -> pin of the core. One pin enables both; only the word lines' codes have the
    fine half step."""
    codes = dict(zip(bus("code_1v8", 6), bus(f"dac_{dac}_1v8", 6), strict=True))
    return codes | {"fine_1v8": "dac_wl_fine_1v8" if dac == "wl" else "vss", "enable_1v8": "dac_enable_1v8"}


def path_inputs(chip: Chip) -> list[str]:
    """Control inputs of the path that programs and reads, in the order of the controller's ports."""
    strobes = [pin for group in (COLUMN_STROBES, LINE_STROBES) for pin in strobe_inputs(group).values()]
    codes = dict.fromkeys(
        pin for dac in DACS for pin in dac_inputs(dac).values() if pin not in ("vss", "dac_enable_1v8")
    )
    return [*bus("col_1v8", chip.columns), *strobes, *codes, "dac_enable_1v8", *CONVERTER_INPUTS]


def core_pins(chip: Chip) -> list[Pin]:
    """Pins of the core in the order of its subcircuit."""
    inputs = [
        *bus("row_1v8", chip.rows),
        *(f"{phase}_1v8" for phase in PHASES),
        *bus("discharge_1v8", chip.neurons),
        *bus("fire_1v8", chip.neurons),
        *SETTINGS,
        *path_inputs(chip),
    ]
    return [
        *(Pin(name, "input", "signal") for name in inputs),
        *(Pin(name, "output", "signal") for name in (*bus("spike_1v8", chip.neurons), *CONVERTER_OUTPUTS)),
        *(Pin(name, "inout", "analog") for name in (*LEVELS, "vtest")),
        *(Pin(name, "inout", "power") for name in ("vpp", "vdd1v8")),
        Pin("vss", "inout", "ground"),
    ]


def references_nets() -> dict[str, str]:
    """Pin of the macro of the references, a net of the chip -> pin of the block references."""
    return (
        REFERENCE_INPUTS
        | {level: level for level in LEVELS}
        | {OBSERVED: "pad"}
        | {net: net for net in ("vdd3v3", "vdd1v8", "vss")}
    )


def references_pins() -> list[Pin]:
    """Pins of the macro of the references in the order of its subcircuit."""
    kinds: dict[str, Literal["power", "ground"]] = {"vdd3v3": "power", "vdd1v8": "power", "vss": "ground"}
    return [
        *(Pin(name, "input", "signal") for name in REFERENCE_INPUTS),
        *(Pin(name, "inout", "analog") for name in (*LEVELS, OBSERVED)),
        *(Pin(name, "inout", use) for name, use in kinds.items()),
    ]


def learning_groups(rows: int) -> int:
    """Groups of rows in which the learning waveform runs, one after the other."""
    return -(-rows // LEARN_ROWS)


def learning_rows(rows: int, group: int | None = None) -> tuple[int, ...]:
    """Rows of a group, at most LEARN_ROWS; without a group those of the last row's."""
    groups = learning_groups(rows)
    return tuple(range((rows - 1) % groups if group is None else group, rows, groups))
