"""What the process says of its wires, read from its technology LEF."""

from __future__ import annotations

import re
from functools import cache

from neusoc.base.text import must_match
from neusoc.pdk.source import find_pdk

POLY_OHM = 48.2     # ohm per square of gate polysilicon (SkyWater's device parameters; the tech LEF has metals alone)


@cache
def sheet_resistance() -> dict[str, float]:
    """Ohm per square of each metal, nominal (tech LEF, RESISTANCE RPERSQ)."""
    path = find_pdk().path("techlef_nom")
    text = path.read_text()
    layers = re.findall(r"^LAYER (met\d)\s*$(.*?)^END \1", text, re.S | re.M)
    lacks = f"{path.name}: layer {{}} has no RESISTANCE RPERSQ; restore the PDK (`make pdk`)"
    return {name: float(must_match(r"RESISTANCE RPERSQ ([\d.]+)", body, lacks.format(name))[1]) for name, body in layers}
