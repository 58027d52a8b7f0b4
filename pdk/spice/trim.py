"""What a circuit uses of a corner's models: of each transistor its one bin, of other devices their subcircuit.

A whole corner is 1.8 MB, and ngspice takes all bins of a device into each of its instances. With its bin alone an instance is small, and a
circuit of a few dozen transistors starts in a fraction of the time. The cards stay as they are, and so do the figures.
"""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.base.errors import UserError
from neusoc.pdk.spice.bins import Library, chosen, library, with_bin
from neusoc.pdk.spice.vectors import NotTakenOverError, number

NOTICE = """* Device models: sky130_fd_pr, Copyright 2022 The SkyWater PDK Authors, Licensed under the Apache License, Version 2.0
* https://www.apache.org/licenses/LICENSE-2.0; devices and bins that the circuit does not use are left out
"""
BIN = re.compile(r"_bin\d+\b")          # behind a transistor's name in the circuit: the bin that it has
_INSTANCE = re.compile(r"^x.*(?:\n\+.*)*", re.M | re.I)


def trimmed(path: Path, circuit: str) -> tuple[str, str]:
    """A corner's models without what a circuit does not use, with the notice of their licence, and the circuit that names its bins.

    Args:
        path: file of neusoc.pdk.spice.models.model_file.
        circuit: SPICE text whose transistors give w, l and nf as numbers.

    Raises:
        UserError: a transistor gives no numbers or falls into no bin, or the circuit uses no device of the corner.
    """
    models = library(path)
    used: dict[str, str] = {}

    def taken(found: re.Match[str]) -> str:
        words = _words(found[0])
        device = [word for word in words if "=" not in word][-1]
        if device in models.cards:
            name, used[name] = _binned(models, device, dict(word.split("=", 1) for word in words if "=" in word))
            return re.sub(rf"(?i)\b{device}\b", name, found[0])
        if device in models.whole and device not in used:
            used[device] = models.whole[device]
            _INSTANCE.sub(taken, used[device])                  # a device may be made of others
        return found[0]

    text = _INSTANCE.sub(taken, circuit)
    if not used:
        raise UserError(f"{path.name}: the circuit uses none of its devices; look at their names")
    options = [line for line in path.read_text().splitlines() if line.lower().startswith(".option")]
    return "".join([NOTICE, models.parameters, *(f"{line}\n" for line in options), *(used[name] for name in sorted(used))]), text


def _words(statement: str) -> list[str]:
    """Words of an instance, lower case, `a = b` as one."""
    return re.sub(r"\s*=\s*", "=", statement.lower().replace("\n+", " ")).split()


def _binned(models: Library, device: str, given: dict[str, str]) -> tuple[str, str]:
    """Name and text of a transistor's subcircuit with its bin alone."""
    try:
        length, width, fingers = (number(given.get(key, "1")) for key in ("l", "w", "nf"))
    except NotTakenOverError as error:
        raise UserError(f"{device}: {error}; give its instances w, l and nf as numbers") from None
    return with_bin(models, device, chosen(models, device, length, width / fingers))
