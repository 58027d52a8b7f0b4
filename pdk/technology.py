"""What the process says of its wires, read from its technology LEF."""

from __future__ import annotations

import re
from functools import cache

from neusoc.pdk.source import find_pdk


@cache
def sheet_resistance() -> dict[str, float]:
    """Ohm per square of each metal, nominal (tech LEF, RESISTANCE RPERSQ)."""
    text = find_pdk().path("techlef_nom").read_text()
    layers = re.findall(r"^LAYER (met\d)\s*$(.*?)^END \1", text, re.S | re.M)
    return {name: float(re.search(r"RESISTANCE RPERSQ ([\d.]+)", body)[1]) for name, body in layers}
