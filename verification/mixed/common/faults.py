"""Planted faults: edits of the core's netlist that the mixed test must notice."""

from __future__ import annotations

import re
from collections.abc import Callable

from neusoc.base.errors import UserError
from neusoc.base.pins import CELL, REFERENCES

Fault = Callable[[str], str]  # edits the netlist that is simulated


def _edit(netlist: str, instance: str, edit: dict[str, str], macro: str = CELL) -> str:
    """Replace nets of the instances of a macro whose cell matches."""
    joined = re.sub(r"\n\+", " ", netlist)
    lines, inside, edited = [], False, 0
    for line in joined.splitlines():
        words = line.split()
        if words[:2] == [".subckt", macro]:
            inside = True
        elif words[:1] == [".ends"]:
            inside = False
        elif inside and re.fullmatch(instance, words[-1] if words else ""):
            new = [edit.get(w, w) for w in words]
            edited += new != words
            line = " ".join(new)
        lines.append(line)
    if not edited:
        raise UserError(
            f"SPICE netlist: {macro} has no net {next(iter(edit))} on an instance of {instance}; the fault"
            " cannot be planted"
        )
    return "\n".join(lines) + "\n"


def _exchanged(one: str, other: str) -> dict[str, str]:
    """The edit that exchanges two nets."""
    return {one: other, other: one}


def open_bit_line(netlist: str) -> str:
    """The positive bit line of neuron 0 does not reach it."""
    return _edit(netlist, "neuron", {"bl[0]": "bl_open"})


def exchanged_lines(netlist: str) -> str:
    """Bit lines 0 and 1, the two of one neuron, are exchanged at the array."""
    return _edit(netlist, r"array_\d+x\d+", _exchanged("bl[0]", "bl[1]"))


def swapped_word_lines(netlist: str) -> str:
    """Word lines 0 and 4 are exchanged at the array."""
    return _edit(netlist, r"array_\d+x\d+", _exchanged("wl[0]", "wl[4]"))


def neighbour_word_lines(netlist: str) -> str:
    """Word lines 0 and 1 are exchanged at the array."""
    return _edit(netlist, r"array_\d+x\d+", _exchanged("wl[0]", "wl[1]"))


def swapped_spikes(netlist: str) -> str:
    """The comparators of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit(netlist, "neuron", _exchanged("spike_1v8[0]", "spike_1v8[1]"))


def ratio_stuck(netlist: str) -> str:
    """One unit of the mirrors' output is always on."""
    return _edit(netlist, "neuron", {"ratio_b_1v8[1]": "vss"})


def exchanged_trims(netlist: str) -> str:
    """The first lines of both trims are exchanged at all neurons."""
    return _edit(netlist, "neuron", _exchanged("pair_1v8[0]", "trim_1v8[0]"))


def threshold_bits(netlist: str) -> str:
    """Bits 2 and 4 of what is written into the references are exchanged."""
    return _edit(netlist, "references", _exchanged("reference_d_1v8[2]", "reference_d_1v8[4]"), REFERENCES)


def switch_of_source_lines(netlist: str) -> str:
    """The strobe that puts the source lines to ground never comes."""
    return _edit(netlist, "source_driver", {"sl_ground_vpp": "vss"})


def _edit_cell(netlist: str, row: int, column: int, line: str, replacement: str) -> str:
    """Replace a line of the pair of cells on an even row, its cell 0, and the next of a column alone."""
    joined = re.sub(r"\n\+", " ", netlist)
    pair = re.search(r"^\.subckt synapse_pair .*?^\.ends[^\n]*\n", joined, re.S | re.M)
    call = re.search(rf"^xpair{row // 2}_{column} .* synapse_pair$", joined, re.M)
    if not pair or not call or line not in pair[0]:
        raise UserError(
            f"SPICE netlist: no {line!r} in the cells of row {row} and column {column}; the fault cannot be"
            " planted"
        )
    own_name = f"faulty_pair_{row}_{column}"
    own = pair[0].replace("synapse_pair", own_name).replace(line, replacement)
    return joined.replace(call[0], call[0].replace("synapse_pair", own_name)).replace(pair[0], pair[0] + own)


def shorted_cell(netlist: str) -> str:
    """100 ohm across the cell of row 2 and column 3."""
    return _edit_cell(netlist, 2, 3, "xreram0 bl", "rshort bl drain0 100\nxreram0 bl")


def open_cell(netlist: str) -> str:
    """The cell of row 4 and column 1 hangs on its bit line by 1 Gohm."""
    return _edit_cell(netlist, 4, 1, "xreram0 bl", "ropen bl apart 1e9\nxreram0 apart")


def open_column(netlist: str) -> str:
    """Bit line 5 does not reach its column driver."""
    return _edit(netlist, "column_driver", {"bl[5]": "bl_open"})


def dead_row(netlist: str) -> str:
    """Word line 6 stays at ground, whatever its driver does."""
    return _edit(netlist, r"array_\d+x\d+", {"wl[6]": "vss"})


def stuck_row(netlist: str) -> str:
    """Word line 7 is always driven."""
    return _edit(netlist, "row_driver", {"row_1v8[7]": "vdd1v8"})


def broken(netlist: str) -> str:
    """All of these at once."""
    for fault in (shorted_cell, open_cell, open_column, dead_row, stuck_row):
        netlist = fault(netlist)
    return netlist


def exchanged_codes(netlist: str) -> str:
    """Bits 0 and 5 of the BL DAC's code are exchanged."""
    return _edit(netlist, "string_dac", _exchanged("dac_bl_1v8[0]", "dac_bl_1v8[5]"))


def stuck_word_code(netlist: str) -> str:
    """The highest bit of the WL DAC's code is 0."""
    return _edit(netlist, "dac6", {"dac_wl_1v8[5]": "vss"})


def stuck_strobe(netlist: str) -> str:
    """The strobe that connects the selected bit line to its DAC never comes."""
    return _edit(netlist, "strobe_driver", {"sel_program_1v8": "vss"})


def exchanged_phases(netlist: str) -> str:
    """phi_1 and phi_2 are exchanged at the fire drivers."""
    return _edit(netlist, "fire_driver", _exchanged("phi_1_vpp", "phi_2_vpp"))


def exchanged_fires(netlist: str) -> str:
    """The fire drivers of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit(netlist, "fire_driver", _exchanged("fire_1v8[0]", "fire_1v8[1]"))


def held_at_rest(netlist: str) -> str:
    """The lines of the neuron that fires are held at the membranes' rest between the phases."""
    joined = re.sub(r"\n\+", " ", netlist)
    head = re.search(r"^\.subckt fire_driver (.*)$", joined, re.M)
    at = head[1].split().index("vref") if head else 0
    planted, count = re.subn(
        rf"^(xfire\d+(?: \S+){{{at}}}) vss (.* fire_driver)$", r"\1 vref \2", joined, flags=re.M
    )
    if not count:
        raise UserError("SPICE netlist: no fire driver's pin vref is on vss; the fault cannot be planted")
    return planted


def full_rail(netlist: str) -> str:
    """The rail of the rows is at vpp in all states."""
    return _edit(netlist, "source_driver", {"wl_dac_vpp": "vss", "wl_full_vpp": "vpp"})


def _by_name(*faults: Fault) -> dict[str, Fault]:
    return {fault.__name__: fault for fault in faults}


# an image tells each but that of the trims, which the latches tell
IMAGE_FAULTS = _by_name(
    open_bit_line,
    exchanged_lines,
    swapped_word_lines,
    swapped_spikes,
    ratio_stuck,
    exchanged_trims,
    threshold_bits,
    switch_of_source_lines,
)
EVENT_FAULTS = _by_name(open_bit_line, neighbour_word_lines, swapped_spikes, exchanged_trims)
LEARN_FAULTS = _by_name(exchanged_phases, exchanged_fires, held_at_rest, full_rail)
# of the path: the codes of READs tell the first five, the job's figures the others
PATH_FAULTS = _by_name(
    shorted_cell, open_cell, open_column, dead_row, stuck_row, exchanged_codes, stuck_word_code, stuck_strobe
)
