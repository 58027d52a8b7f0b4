"""Planted faults: edits of the core's netlist that the mixed test must notice."""

from __future__ import annotations

import re

from neusoc.base import image_pins
from neusoc.base.errors import UserError
from neusoc.base.pins import CELL


def _edit_core(netlist: str, instance: str, edit: dict[str, str], core: str = CELL) -> str:
    """Replace nets of the instances of a core whose cell matches."""
    joined = re.sub(r"\n\+", " ", netlist)
    lines, inside, edited = [], False, 0
    for line in joined.splitlines():
        words = line.split()
        if words[:2] == [".subckt", core]:
            inside = True
        elif words[:1] == [".ends"]:
            inside = False
        elif inside and re.fullmatch(instance, words[-1] if words else ""):
            new = [edit.get(w, w) for w in words]
            edited += new != words
            line = " ".join(new)
        lines.append(line)
    if not edited:
        raise UserError(f"SPICE netlist: {core} has no net {next(iter(edit))} on an instance of {instance}; the fault cannot be planted")
    return "\n".join(lines) + "\n"


def _exchanged(one: str, other: str) -> dict[str, str]:
    """The edit that exchanges two nets."""
    return {one: other, other: one}


def open_bit_line(netlist: str) -> str:
    """Bit line 0 does not reach its neuron."""
    return _edit_core(netlist, "neuron", {"bl[0]": "bl_open"})


def swapped_word_lines(netlist: str) -> str:
    """Word lines 0 and 1 are exchanged at the array."""
    return _edit_core(netlist, r"array_\d+x\d+", _exchanged("wl[0]", "wl[1]"))


def swapped_spikes(netlist: str) -> str:
    """The comparators of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit_core(netlist, "neuron", _exchanged("spike_1v8[0]", "spike_1v8[1]"))


def exchanged_settings(netlist: str) -> str:
    """The first lines of trim and bank are exchanged at all neurons."""
    return _edit_core(netlist, "neuron", _exchanged("trim_1v8[0]", "bank_1v8[0]"))


def _edit_cell(netlist: str, line: str, replacement: str) -> str:
    """Replace a line of the pair of cells on rows 2 and 3 of column 3 alone; row 2 is its cell 0."""
    joined = re.sub(r"\n\+", " ", netlist)
    pair = re.search(r"^\.subckt synapse_pair .*?^\.ends[^\n]*\n", joined, re.S | re.M)
    call = re.search(r"^xpair1_3 .* synapse_pair$", joined, re.M)
    if not pair or not call or line not in pair[0]:
        raise UserError(f"SPICE netlist: no {line!r} in the cells of row 2 and column 3; the fault cannot be planted")
    own = pair[0].replace("synapse_pair", "faulty_pair").replace(line, replacement)
    return joined.replace(call[0], call[0].replace("synapse_pair", "faulty_pair")).replace(pair[0], pair[0] + own)


def shorted_cell(netlist: str) -> str:
    """100 ohm across the cell of row 2 and column 3."""
    return _edit_cell(netlist, "xreram0 bl", "rshort bl drain0 100\nxreram0 bl")


def open_cell(netlist: str) -> str:
    """The cell of row 2 and column 3 hangs on its bit line by 1 Gohm."""
    return _edit_cell(netlist, "xreram0 bl", "ropen bl apart 1e9\nxreram0 apart")


def open_column(netlist: str) -> str:
    """Bit line 3 does not reach its column driver."""
    return _edit_core(netlist, "column_driver", {"bl[3]": "bl_open"})


def dead_row(netlist: str) -> str:
    """Word line 2 stays at ground, whatever its driver does."""
    return _edit_core(netlist, r"array_\d+x\d+", {"wl[2]": "vss"})


def stuck_row(netlist: str) -> str:
    """Word line 1 is always driven."""
    return _edit_core(netlist, "row_driver", {"row_1v8[1]": "vdd1v8"})


def exchanged_codes(netlist: str) -> str:
    """Bits 0 and 5 of the BL DAC's code are exchanged."""
    return _edit_core(netlist, "dac6", _exchanged("dac_bl_1v8[0]", "dac_bl_1v8[5]"))


def stuck_strobe(netlist: str) -> str:
    """The strobe that connects the selected bit line to its DAC never comes."""
    return _edit_core(netlist, "strobe_driver", {"sel_program_1v8": "vss"})


def exchanged_phases(netlist: str) -> str:
    """phi_1 and phi_2 are exchanged at the fire drivers."""
    return _edit_core(netlist, "fire_driver", _exchanged("phi_1_vpp", "phi_2_vpp"))


def exchanged_fires(netlist: str) -> str:
    """The fire drivers of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit_core(netlist, "fire_driver", _exchanged("fire_1v8[0]", "fire_1v8[1]"))


def image_open_bit_line(netlist: str) -> str:
    """The positive bit line of neuron 0 does not reach it."""
    return _edit_core(netlist, "image_neuron", {"bl[0]": "bl_open"}, image_pins.CELL)


def image_exchanged_lines(netlist: str) -> str:
    """Bit lines 0 and 1, the two of one neuron, are exchanged at the array."""
    return _edit_core(netlist, r"array_\d+x\d+", _exchanged("bl[0]", "bl[1]"), image_pins.CELL)


def image_swapped_word_lines(netlist: str) -> str:
    """Word lines 0 and 4 are exchanged at the array."""
    return _edit_core(netlist, r"array_\d+x\d+", _exchanged("wl[0]", "wl[4]"), image_pins.CELL)


def image_swapped_spikes(netlist: str) -> str:
    """The comparators of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit_core(netlist, "image_neuron", _exchanged("spike_1v8[0]", "spike_1v8[1]"), image_pins.CELL)


def image_ratio_stuck(netlist: str) -> str:
    """One unit of the mirrors' output is always on."""
    return _edit_core(netlist, "image_neuron", {"ratio_b_1v8[1]": "vss"}, image_pins.CELL)


def image_exchanged_trims(netlist: str) -> str:
    """The first lines of both trims are exchanged at all neurons."""
    return _edit_core(netlist, "image_neuron", _exchanged("pair_1v8[0]", "trim_1v8[0]"), image_pins.CELL)


def image_threshold_bits(netlist: str) -> str:
    """Bits 2 and 4 of what is written into the references are exchanged."""
    return _edit_core(netlist, "references", _exchanged("reference_d_1v8[2]", "reference_d_1v8[4]"), image_pins.REFERENCES)


def image_switch_of_source_lines(netlist: str) -> str:
    """The strobe that puts the source lines to ground never comes."""
    return _edit_core(netlist, "source_driver", {"sl_ground_vpp": "vss"}, image_pins.CELL)


def image_broken(netlist: str) -> str:
    """The cell of row 2 and column 3 is shorted, bit line 5 does not reach its column driver, word line 6 stays at ground."""
    apart = _edit_core(shorted_cell(netlist), "column_driver", {"bl[5]": "bl_open"}, image_pins.CELL)
    return _edit_core(apart, r"array_\d+x\d+", {"wl[6]": "vss"}, image_pins.CELL)


def image_exchanged_phases(netlist: str) -> str:
    """phi_1 and phi_2 are exchanged at the fire drivers of the image core."""
    return _edit_core(netlist, "fire_driver", _exchanged("phi_1_vpp", "phi_2_vpp"), image_pins.CELL)


def image_exchanged_fires(netlist: str) -> str:
    """The fire drivers of neurons 0 and 1 are exchanged at the image core's pins."""
    return _edit_core(netlist, "fire_driver", _exchanged("fire_1v8[0]", "fire_1v8[1]"), image_pins.CELL)


def image_held_at_rest(netlist: str) -> str:
    """The lines of the neuron that fires are held at the membranes' rest between the phases, as the first core's are."""
    joined = re.sub(r"\n\+", " ", netlist)
    head = re.search(r"^\.subckt fire_driver (.*)$", joined, re.M)
    at = head[1].split().index("vref") if head else 0
    planted, count = re.subn(rf"^(xfire\d+(?: \S+){{{at}}}) vss (.* fire_driver)$", r"\1 vref \2", joined, flags=re.M)
    if not count:
        raise UserError("SPICE netlist: no fire driver's pin vref is on vss; the fault cannot be planted")
    return planted


def image_full_rail(netlist: str) -> str:
    """The rail of the rows is at vpp in all states."""
    return _edit_core(netlist, "source_driver", {"wl_dac_vpp": "vss", "wl_full_vpp": "vpp"}, image_pins.CELL)


FAULTS = {f.__name__: f for f in (open_bit_line, swapped_word_lines, swapped_spikes, exchanged_settings)}
# of learning
LEARN_FAULTS = {f.__name__: f for f in (exchanged_phases, exchanged_fires)}
IMAGE_LEARN_FAULTS = {f.__name__: f for f in (image_exchanged_phases, image_exchanged_fires, image_held_at_rest, image_full_rail)}
# of the path: a READ must tell the first five, the job's figures the others
PATH_FAULTS = {f.__name__: f for f in (shorted_cell, open_cell, open_column, dead_row, stuck_row, exchanged_codes, stuck_strobe)}
# of the image core; an image tells each but that of the trims, which the latches tell
IMAGE_FAULTS = {
    f.__name__: f
    for f in (
        image_open_bit_line, image_exchanged_lines, image_swapped_word_lines, image_swapped_spikes, image_ratio_stuck,
        image_exchanged_trims, image_threshold_bits, image_switch_of_source_lines,
    )
}  # fmt: skip
