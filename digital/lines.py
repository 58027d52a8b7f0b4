"""States of the array's lines, read from digital/rtl/image_pkg.sv: which switches are on in each."""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.tables import table
from neusoc.digital.pinmap import PACKAGE

LINES = PACKAGE.with_name("image_pkg.sv")


def _read(package: Path) -> tuple[tuple[tuple[str, ...], ...], dict[str, tuple[str, ...]]]:
    """Groups of switches of which one at most is on, and state -> switches that are on, in the order of
    lines_t."""
    text = package.read_text()
    struct = re.search(r"typedef struct packed \{([^}]*)\} lines_t;", text)
    if not struct:
        raise RuntimeError(f"{package.name}: no struct lines_t")
    names = re.findall(r"logic\s+(\w+);", struct[1])
    groups: list[tuple[str, ...]] = []
    states = {}
    for state, bits in re.findall(r"localparam lines_t Lines(\w+)\s*=\s*\d+'b([01_]+);", text):
        parts = bits.split("_")
        if sum(map(len, parts)) != len(names):
            raise RuntimeError(
                f"{package.name}: Lines{state} has {sum(map(len, parts))} bits, lines_t {len(names)}"
            )
        if not groups:
            ends = [sum(len(p) for p in parts[:k]) for k in range(len(parts) + 1)]
            groups = [tuple(names[a:b]) for a, b in zip(ends, ends[1:], strict=False)]
        states[state] = tuple(name for name, bit in zip(names, "".join(parts), strict=True) if bit == "1")
    return tuple(groups), states


GROUPS, STATES = _read(LINES)
SEL, UNSEL = GROUPS[:2]
IDLE, NEURON, PROGRAM, RESET, SENSE = (
    STATES[name] for name in ("Idle", "Neuron", "Program", "Reset", "Sense")
)


def lines_table() -> str:
    """The switches that are on in each state, as Markdown."""
    heads = [group[0].split("_")[0] for group in GROUPS]
    cells = [
        [", ".join(name for name in group if name in on) or "-" for group in GROUPS] for on in STATES.values()
    ]
    return table(("state", *heads), [(state, *row) for state, row in zip(STATES, cells, strict=True)])
