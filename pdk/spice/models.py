"""SPICE models: a self-contained cut of the PDK's combined library, one file a corner, that ngspice parses in
a tenth of a second.

The library (libs.tech/combined/sky130.lib.spice) takes seconds: it holds every device of the process. The cut
keeps the corner's parameters, the global parameters and the subcircuits of the devices of neusoc.pdk.devices,
with their text unchanged.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.base.paths import BUILD
from neusoc.base.store import Entry, content_hash
from neusoc.pdk.devices import DIODE_NWELL, DIODE_SUBSTRATE, MIM, MOSFETS, PNP_EMITTERS, RESISTORS, UNDRAWN
from neusoc.pdk.source import find_pdk

CORNERS = ("tt", "ss", "ff", "sf", "fs")
# a corner name + one of these: resistors low or high (first letter), capacitors low or high (second)
PASSIVES = ("_ll", "_lh", "_hl", "_hh")
MISMATCH = "_mm"  # corner name + this: the same corner with device mismatch on (Monte Carlo)
_INCLUDES = (
    "parameters_fet_",
    "parameters_res_",
    "parameters_cap_",
    "models_global",
    "models_fet",
    "models_capacitors",
    "models_resistors",
    "models_diodes",
    "models_bjt",
)
_OF_DEVICES = (
    "models_fet",
    "models_capacitors",
    "models_resistors",
    "models_diodes",
    "models_bjt",
)  # of these some subcircuits alone
_DEVICES = tuple(
    dict.fromkeys((*MOSFETS, MIM, *RESISTORS, DIODE_NWELL, DIODE_SUBSTRATE, *PNP_EMITTERS, *UNDRAWN))
)
_WITH_DEVICES = "sky130_fd_pr__model__parasitic__cap_p2ps"  # resistor to substrate, called by the resistor
_RESISTOR_PARAMETERS = re.compile(r"^\.param +tc[12]sky130_fd_pr__res_generic_pobody=.*\n", re.M)
_VERSION = 5  # raise when the cut itself changes


def _section(library: str, corner: str) -> str:
    found = re.search(rf"^\.lib {corner}\s*\n(.*?)^\.endl", library, re.S | re.M)
    if not found:
        raise UserError(
            f"sky130.lib.spice: corner {corner!r} is missing; install a complete open_pdks sky130B tree"
        )
    return found[1]


def _subcircuits(text: str, wanted: set[str]) -> dict[str, str]:
    """The wanted subcircuits of a model file, whole, by name."""
    blocks = re.finditer(r"^\.subckt\s+(\S+).*?^\.ends[^\n]*\n", text, re.S | re.M)
    return {block[1]: block[0] for block in blocks if block[1] in wanted}


def _bare(text: str) -> str:
    """Text without comment and empty lines."""
    return "".join(
        f"{line.rstrip()}\n" for line in text.splitlines() if line.strip() and not line.startswith("*")
    )


def _cut(corner: str) -> str:
    library = find_pdk().path("models")
    wanted = {*_DEVICES, _WITH_DEVICES}
    found: dict[str, str] = {}
    parts: list[str] = []
    for line in _section(library.read_text(), corner).splitlines():
        include = re.match(r"\.include\s+\"?([^\s\"]+)", line)
        if not include:
            parts.append(line + "\n")
            continue
        name = Path(include[1]).name
        if not name.startswith(_INCLUDES):
            continue  # legacy discrete devices
        text = (library.parent / include[1]).read_text()
        if name.startswith(_OF_DEVICES):
            blocks = _subcircuits(text, wanted)
            found |= blocks
            text = "".join([*_RESISTOR_PARAMETERS.findall(text), *blocks.values()])
        parts.append(text + "\n")
    if missing := sorted(wanted - found.keys()):
        raise UserError(
            f"sky130.lib.spice: {missing[0]} is missing from corner {corner!r}; install a complete open_pdks"
            " sky130B tree"
        )
    return f"* {library.name}, corner {corner}: the devices of neusoc.pdk.devices\n" + _bare("".join(parts))


def is_corner(name: str) -> bool:
    """Whether model_file() knows a corner, without mismatch."""
    return name in CORNERS or (name[:2] != "tt" and (name[:2], name[2:]) in product(CORNERS, PASSIVES))


@cache
def model_file(corner: str = "tt") -> Path:
    """Models of one corner; `.include` the returned path.

    Args:
        corner: tt, ss, ff, sf or fs; `_ll`, `_lh`, `_hl`, `_hh` behind ss, ff, sf or fs for resistors and MIM
            capacitors low or high (nominal otherwise); last `_mm` for Monte Carlo over device mismatch. In
            this library's numbers sf is fast NMOS with slow PMOS and fs the reverse, whatever its own
            comments say.

    Returns:
        A file under build/models/ whose name carries the hash of its contents' sources.

    Raises:
        UserError: unknown corner, or a library that lacks it.
    """
    if not is_corner(corner.removesuffix(MISMATCH)):
        raise UserError(
            f"corner {corner!r}: unknown; use one of {', '.join(CORNERS)}, or one of them with {MISMATCH}"
        )
    key = content_hash([], find_pdk().hash, sorted(_DEVICES), _VERSION)
    return Entry(BUILD / "models" / f"sky130_{corner}.spice", key).made(lambda: _cut(corner))


@cache
def subcircuit(device: str) -> str:
    """Text of a device's subcircuit in the library, from .subckt to .ends.

    Raises:
        UserError: it is not among the devices of neusoc.pdk.devices.
    """
    found = re.search(rf"^\.subckt\s+{device}\s.*?^\.ends[^\n]*\n", model_file().read_text(), re.S | re.M)
    if not found:
        raise UserError(
            f"models: {device} is not among the devices that are cut from the library; see _DEVICES"
        )
    return found[0]
