"""SPICE models: a self-contained cut of the PDK's combined library, one file a corner, that ngspice parses in a tenth of a second.

The library (libs.tech/combined/sky130.lib.spice) takes seconds: it holds every device of the process. The cut keeps the corner's
parameters, the global parameters and the subcircuits of the devices of neusoc.pdk.devices, with their text unchanged.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from neusoc.flow.errors import UserError
from neusoc.flow.paths import BUILD
from neusoc.flow.report import write_atomic
from neusoc.pdk.devices import MIM, MOSFETS
from neusoc.pdk.source import find_pdk

CORNERS = ("tt", "ss", "ff", "sf", "fs")
MISMATCH = "_mm"                     # corner name + this: the same corner with device mismatch on (Monte Carlo)
_INCLUDES = ("parameters_fet_", "parameters_res_", "parameters_cap_", "models_global", "models_fet", "models_capacitors")
_VERSION = 2                         # raise when the cut itself changes


def _section(library: str, corner: str) -> str:
    found = re.search(rf"^\.lib {corner}\s*\n(.*?)^\.endl", library, re.S | re.M)
    if not found:
        raise UserError(f"sky130.lib.spice: corner {corner!r} is missing; install a complete open_pdks sky130B tree")
    return found[1]


def _subcircuits(text: str, wanted: set[str]) -> dict[str, str]:
    """The wanted subcircuits of a model file, whole, by name."""
    blocks = re.finditer(r"^\.subckt\s+(\S+).*?^\.ends[^\n]*\n", text, re.S | re.M)
    return {block[1]: block[0] for block in blocks if block[1] in wanted}


def _bare(text: str) -> str:
    """Text without comment and empty lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines() if line.strip() and not line.startswith("*"))


def _cut(corner: str) -> str:
    library = find_pdk().path("models")
    wanted = {*MOSFETS, MIM}
    found: dict[str, str] = {}
    parts: list[str] = []
    for line in _section(library.read_text(), corner).splitlines():
        include = re.match(r"\.include\s+\"?([^\s\"]+)", line)
        if not include:
            parts.append(line + "\n")
            continue
        name = Path(include[1]).name
        if not name.startswith(_INCLUDES):
            continue                 # diodes, resistors, bipolars, legacy discrete devices
        text = (library.parent / include[1]).read_text()
        if "models_fet" in name or "models_capacitors" in name:
            blocks = _subcircuits(text, wanted)
            found |= blocks
            text = "".join(blocks.values())
        parts.append(text + "\n")
    if missing := sorted(wanted - found.keys()):
        raise UserError(f"sky130.lib.spice: {missing[0]} is missing from corner {corner!r}; install a complete open_pdks sky130B tree")
    return f"* {library.name}, corner {corner}: the devices of neusoc.pdk.devices\n" + _bare("".join(parts))


@cache
def model_file(corner: str = "tt") -> Path:
    """Models of one corner; `.include` the returned path.

    Args:
        corner: tt, ss, ff, sf or fs, or one of them with `_mm` for Monte Carlo over device mismatch. In this library's numbers
            sf is fast NMOS with slow PMOS and fs the reverse, whatever its own comments say. The MIM capacitor is nominal in all five.

    Returns:
        A file under build/models/ whose name carries the hash of its contents' sources.

    Raises:
        UserError: unknown corner, or a library that lacks it.
    """
    if corner.removesuffix(MISMATCH) not in CORNERS:
        raise UserError(f"corner {corner!r}: unknown; use one of {', '.join(CORNERS)}, or one of them with {MISMATCH}")
    key = hashlib.sha256(f"{find_pdk().hash} {sorted((*MOSFETS, MIM))} {_VERSION}".encode()).hexdigest()[:12]
    path = BUILD / "models" / f"sky130_{corner}_{key}.spice"
    if not path.exists():
        write_atomic(path, _cut(corner))
    return path
