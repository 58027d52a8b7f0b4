"""Files for KLayout and netgen."""

from __future__ import annotations

import re
from pathlib import Path

from neusoc.pdk.assemble.wheels import Wheel
from neusoc.pdk.layers import LABEL, LAYERS, METALS, PIN

_DRAWN = "NET,SPNET,PIN,LEFPIN,VIA"
_DRAWN_LI1 = "NET,SPNET,VIA"
_OBSTRUCTION = 4  # datatype that no deck reads


def layer_map_text() -> str:
    """KLayout's map from DEF and LEF to GDS: wires and vias drawn, pins on their own datatype too, names as
    labels."""
    lines = []
    for metal in ("li1", *METALS):
        number, drawing = LAYERS[metal]
        drawn = _DRAWN if metal in METALS else _DRAWN_LI1
        lines += [f"{metal} {drawn} {number} {drawing}", f"{metal} LEFPIN,PIN {number} {PIN}"]
        if metal in METALS:
            lines.append(f"{metal} LEFOBS {number} {_OBSTRUCTION}")
        lines.append(f"NAME {metal}/LABEL,{metal}/LEFPIN {number} {LABEL}")
    for cut in ("mcon", "via", "via2", "via3", "via4"):
        number, drawing = LAYERS[cut]
        lines.append(f"{cut} VIA,LEFPIN,PIN {number} {drawing}")
    for well, number in (("nwell", LAYERS["nwell"][0]), ("pwell", 122)):
        lines += [f"{well} LEFPIN {number} {PIN}", f"NAME {well}/LABEL,{well}/LEFPIN {number} {LABEL}"]
    number, datatype = LAYERS["prbndry"]
    return "\n".join([*lines, f"DIEAREA ALL {number} {datatype}", ""])


def write_tools(wheels: dict[str, Wheel], tree: Path) -> None:
    """Fill libs.tech/klayout (technology, layer properties and map, DRC deck) and libs.tech/netgen."""
    pex, precheck = wheels["klayout-pex"], wheels["cf-precheck"]
    source = "klayout_pex/pdk/sky130A/libs.tech/kpex/sky130A"  # the layers of A and B are the same
    technology = re.sub("sky130A", "sky130B", pex.text(f"{source}.lyt"))
    texts = {
        "klayout/tech/sky130B.lyp": pex.text(f"{source}.lyp"),
        "klayout/tech/sky130B.lyt": technology,
        "klayout/tech/sky130B.map": layer_map_text(),
        "klayout/drc/sky130B_mr.drc": precheck.text("cf_precheck/drc_scripts/sky130B_mr.drc"),
        "netgen/sky130B_setup.tcl": precheck.text("cf_precheck/be_checks/tech/sky130B/sky130B_setup.tcl"),
    }
    for name, text in texts.items():
        path = tree / "libs.tech" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
