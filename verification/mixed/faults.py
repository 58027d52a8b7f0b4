"""Planted faults: edits of the core's netlist that the mixed test must notice."""

from __future__ import annotations

import re

from neusoc.flow.errors import UserError
from neusoc.layout.core.pins import CELL


def _edit_core(netlist: str, instance: str, edit: dict[str, str]) -> str:
    """Replace nets of the instances of the core whose name or cell matches."""
    joined = re.sub(r"\n\+", " ", netlist)
    lines, inside, edited = [], False, 0
    for line in joined.splitlines():
        words = line.split()
        if words[:2] == [".subckt", CELL]:
            inside = True
        elif words[:1] == [".ends"]:
            inside = False
        elif inside and re.fullmatch(instance, words[-1] if words else ""):
            new = [edit.get(w, w) for w in words]
            edited += new != words
            line = " ".join(new)
        lines.append(line)
    if not edited:
        raise UserError(f"SPICE netlist: {CELL} has no net {next(iter(edit))} on an instance of {instance}; the fault cannot be planted")
    return "\n".join(lines) + "\n"


def open_bit_line(netlist: str) -> str:
    """Bit line 0 does not reach its neuron."""
    return _edit_core(netlist, "neuron", {"bl[0]": "bl_open"})


def swapped_word_lines(netlist: str) -> str:
    """Word lines 0 and 1 are exchanged at the array."""
    return _edit_core(netlist, r"array_\d+x\d+", {"wl[0]": "wl[1]", "wl[1]": "wl[0]"})


def swapped_spikes(netlist: str) -> str:
    """The comparators of neurons 0 and 1 are exchanged at the core's pins."""
    return _edit_core(netlist, "neuron", {"spike_1v8[0]": "spike_1v8[1]", "spike_1v8[1]": "spike_1v8[0]"})


FAULTS = {f.__name__: f for f in (open_bit_line, swapped_word_lines, swapped_spikes)}
